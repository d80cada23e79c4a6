//! Everything that is checked without running the server.

use crate::guests::TARGET;
use crate::layout::Layout;
use crate::{cargo, deps};
use anyhow::Result;

/// Runs all checks, the quick ones first, and stops at the first that fails.
pub fn run(layout: &Layout) -> Result<()> {
    let target = layout.guest_target().display().to_string();
    let guests: Vec<String> = ["plugins/Cargo.toml", "tests/fixtures/Cargo.toml"]
        .iter()
        .map(|manifest| layout.root.join(manifest))
        .filter(|manifest| manifest.exists())
        .map(|manifest| manifest.display().to_string())
        .collect();

    eprintln!("==> formatting");
    cargo::shown(cargo::command(layout).args(["fmt", "--all", "--check"]))?;
    for manifest in &guests {
        cargo::shown(cargo::command(layout).args(["fmt", "--all", "--check", "--manifest-path", manifest]))?;
    }
    eprintln!("==> dependency directions");
    deps::run(layout)?;
    eprintln!("==> clippy");
    let strict = ["--", "-D", "warnings"];
    cargo::shown(cargo::command(layout).args(["clippy", "--workspace", "--all-targets"]).args(strict))?;
    for manifest in &guests {
        let args = ["clippy", "--workspace", "--all-targets", "--manifest-path", manifest, "--target-dir", &target];
        cargo::shown(cargo::command(layout).args(args).args(strict))?;
        // What is compiled for components only.
        let args = [
            "clippy",
            "--workspace",
            "--lib",
            "--target",
            TARGET,
            "--manifest-path",
            manifest,
            "--target-dir",
            &target,
        ];
        cargo::shown(cargo::command(layout).args(args).args(strict))?;
    }
    eprintln!("==> licences, bans and sources of dependencies (advisories are not checked: they need the network)");
    let plugins = layout.root.join("plugins/Cargo.toml").display().to_string();
    for manifest in [layout.root.join("Cargo.toml").display().to_string(), plugins] {
        let args = ["deny", "--offline", "--manifest-path", &manifest, "check", "bans", "licenses", "sources"];
        cargo::shown(cargo::command(layout).args(args))?;
    }
    eprintln!("==> all checks passed");
    Ok(())
}
