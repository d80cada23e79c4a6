//! The content of source trees as one hash, so that guests are built once per content.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// Directories that are results, not sources.
const RESULTS: [&str; 4] = ["target", "__pycache__", ".venv", "node_modules"];

/// Hashes files and directories: names relative to `root` and contents, in a fixed order.
pub fn of(root: &Path, sources: &[PathBuf]) -> Result<String> {
    let mut files = Vec::new();
    for source in sources {
        collect(source, &mut files)?;
    }
    files.sort();
    let mut hasher = blake3::Hasher::new();
    for file in files {
        let content = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let name = file.strip_prefix(root).unwrap_or(&file).to_string_lossy().into_owned();
        hasher.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes());
        hasher.update(&(content.len() as u64).to_le_bytes()).update(&content);
    }
    Ok(hasher.finalize().to_hex().to_string())
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
        return Ok(());
    }
    if !path.exists() {
        return Ok(());
    }
    let entries = std::fs::read_dir(path).with_context(|| format!("cannot list {}", path.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot list {}", path.display()))?;
        let name = entry.file_name();
        if !RESULTS.iter().any(|result| name == *result) && !name.to_string_lossy().ends_with(".wasm") {
            collect(&entry.path(), files)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn names_and_contents_count_results_do_not() {
        let dir = tempfile::tempdir().unwrap();
        let sources = [dir.path().join("src")];
        std::fs::create_dir_all(dir.path().join("src/target")).unwrap();
        std::fs::write(dir.path().join("src/a"), "1").unwrap();
        let first = of(dir.path(), &sources).unwrap();
        std::fs::write(dir.path().join("src/target/x"), "2").unwrap();
        assert_eq!(of(dir.path(), &sources).unwrap(), first);
        std::fs::rename(dir.path().join("src/a"), dir.path().join("src/b")).unwrap();
        let renamed = of(dir.path(), &sources).unwrap();
        assert_ne!(renamed, first);
        std::fs::write(dir.path().join("src/b"), "2").unwrap();
        assert_ne!(of(dir.path(), &sources).unwrap(), renamed);
    }
}
