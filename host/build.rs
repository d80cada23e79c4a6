//! Tells the server which commit it is built from, for `GET /`, by reading git's own files.

use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-env-changed=COFFERDAM_COMMIT");
    let git = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.git");
    let commit = std::env::var("COFFERDAM_COMMIT").ok().or_else(|| head(&git)).unwrap_or_default();
    let digits: String = commit.chars().filter(char::is_ascii_hexdigit).take(16).collect();
    println!("cargo::rustc-env=COFFERDAM_COMMIT={digits:0<16}");
}

/// The commit that is checked out; `None` outside of a clone, or before the first commit.
fn head(git: &Path) -> Option<String> {
    let head = read(git.join("HEAD"))?;
    let Some(reference) = head.strip_prefix("ref: ") else { return Some(head) };
    if let Some(commit) = read(git.join(reference)) {
        return Some(commit);
    }
    let packed = read(git.join("packed-refs"))?;
    packed.lines().find_map(|line| line.strip_suffix(reference).map(|commit| commit.trim().to_owned()))
}

/// A file's text, watched from now on; a file that is not there is not watched, as cargo would then build every time.
fn read(path: PathBuf) -> Option<String> {
    let text = std::fs::read_to_string(&path).ok()?;
    println!("cargo::rerun-if-changed={}", path.display());
    Some(text.trim().to_owned())
}
