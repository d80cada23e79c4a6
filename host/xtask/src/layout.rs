//! Where things are.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// The places that the commands work with.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The clone.
    pub root: PathBuf,
    /// Where cargo builds to: this very program was built there.
    pub target: PathBuf,
}

impl Layout {
    /// Finds the clone that this program was built from, and the directory that it was built to.
    pub fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).context("host/xtask has no grandparent")?;
        let program = std::env::current_exe().context("cannot tell where this program is")?;
        let target = program.ancestors().nth(2).context("this program is not below a target directory")?;
        Ok(Self { root: root.to_owned(), target: target.to_owned() })
    }

    /// The server's binary, once built.
    pub fn server(&self) -> PathBuf {
        self.target.join("debug").join("cofferdam")
    }

    /// Where built guests of a kind (`plugins`, `fixtures`) are put, by name.
    pub fn wasm(&self, kind: &str) -> PathBuf {
        self.target.join("wasm").join(kind)
    }

    /// Where third-party clients of the REST API are installed, by name.
    pub fn clients(&self) -> PathBuf {
        self.target.join("compat")
    }

    /// Where cargo builds guests and runs plugins' native tests: apart from the server, whose lock would be waited for.
    pub fn guest_target(&self) -> PathBuf {
        self.target.join("guests")
    }
}
