//! Where the built guests, the server and the third-party clients lie: `./x test` says it; a plain `cargo test` finds what `./x` built last.

use std::path::{Path, PathBuf};

/// A first-party plugin: `file-source`, `file-sink`.
pub fn plugin(name: &str) -> PathBuf {
    guest("COFFERDAM_PLUGINS", "plugins", name)
}

/// A guest written in Rust for the tests.
pub fn fixture(name: &str) -> PathBuf {
    guest("COFFERDAM_FIXTURES", "fixtures", name)
}

/// A guest written in Python for the tests, if Python was there to build it; else the test is noted as skipped.
pub fn python_fixture(test: &str, name: &str) -> Option<PathBuf> {
    let found = find("COFFERDAM_PYTHON_FIXTURES", "python-fixtures", name);
    found.inspect_err(|missing| crate::skip(test, &format!("no guests in Python: {missing}"))).ok()
}

fn guest(variable: &str, kind: &str, name: &str) -> PathBuf {
    find(variable, kind, name).unwrap_or_else(|missing| panic!("{missing}: run `./x test`, which builds it"))
}

fn find(variable: &str, kind: &str, name: &str) -> Result<PathBuf, String> {
    let directory = std::env::var_os(variable).map_or_else(|| target().join("wasm").join(kind), PathBuf::from);
    let candidates = [format!("{name}.wasm"), format!("{}.wasm", name.replace('-', "_"))];
    let found = candidates.iter().map(|name| directory.join(name)).find(|path| path.is_file());
    found.ok_or_else(|| format!("{name}.wasm is not in {}", directory.display()))
}

/// The server's binary.
pub(crate) fn server() -> PathBuf {
    std::env::var_os("COFFERDAM_BIN").map_or_else(|| target().join("debug").join("cofferdam"), PathBuf::from)
}

/// Where the third-party clients are installed.
pub(crate) fn compat() -> PathBuf {
    std::env::var_os("COFFERDAM_COMPAT").map_or_else(|| target().join("compat"), PathBuf::from)
}

/// Tests are built to `TARGET/debug/deps`.
fn target() -> PathBuf {
    let program = std::env::current_exe().expect("the path of the test");
    program.ancestors().nth(3).map(Path::to_owned).expect("a test below a target directory")
}
