//! Who may depend on whom (ARCHITECTURE.md, "Directions"). A crate that is not in the table may depend on nothing of ours.

use crate::layout::Layout;
use anyhow::{Context, Result, bail};
use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// What each crate may depend on inside the workspace. Dev-dependencies are free: tests may look anywhere.
const ALLOWED: &[(&str, &[&str])] = &[
    ("cofferdam-data", &[]),
    ("cofferdam-config", &[]),
    ("cofferdam-embedded", &[]),
    ("cofferdam-plugin", &["cofferdam-data", "cofferdam-config"]),
    ("cofferdam-kafka", &["cofferdam-config", "cofferdam-data"]),
    ("cofferdam-converters", &["cofferdam-plugin", "cofferdam-data", "cofferdam-config"]),
    ("cofferdam-transforms", &["cofferdam-plugin", "cofferdam-data", "cofferdam-config"]),
    ("cofferdam-wasm", &["cofferdam-plugin", "cofferdam-data", "cofferdam-config"]),
    ("cofferdam-storage", &["cofferdam-kafka", "cofferdam-data", "cofferdam-config"]),
    (
        "cofferdam-worker",
        &["cofferdam-plugin", "cofferdam-kafka", "cofferdam-storage", "cofferdam-data", "cofferdam-config"],
    ),
    ("cofferdam-herder", &["cofferdam-worker", "cofferdam-storage", "cofferdam-plugin", "cofferdam-config"]),
    ("cofferdam-rest", &["cofferdam-herder", "cofferdam-config"]),
    (
        "cofferdam",
        &[
            "cofferdam-config",
            "cofferdam-converters",
            "cofferdam-data",
            "cofferdam-embedded",
            "cofferdam-herder",
            "cofferdam-kafka",
            "cofferdam-plugin",
            "cofferdam-rest",
            "cofferdam-storage",
            "cofferdam-transforms",
            "cofferdam-wasm",
            "cofferdam-worker",
        ],
    ),
    ("cofferdam-tests", &[]),
    ("cofferdam-sdk", &["cofferdam-sdk-macros", "cofferdam-sdk-bindings-source", "cofferdam-sdk-bindings-sink"]),
    ("cofferdam-sdk-bindings-source", &[]),
    ("cofferdam-sdk-bindings-sink", &["cofferdam-sdk-bindings-source"]),
    ("cofferdam-sdk-macros", &[]),
    ("xtask", &[]),
];

/// Libraries that only these crates may name, dev-dependencies aside.
const OWNED: &[(&str, &[&str])] = &[
    ("wasmtime", &["cofferdam-wasm"]),
    ("wasmtime-wasi", &["cofferdam-wasm"]),
    ("wasmtime-wasi-http", &["cofferdam-wasm"]),
    ("rdkafka", &["cofferdam-kafka", "cofferdam-tests"]),
    ("rdkafka-sys", &["cofferdam-kafka"]),
    ("axum", &["cofferdam-rest"]),
];

/// Checks the workspace; the error lists every dependency that points the wrong way.
pub fn run(layout: &Layout) -> Result<()> {
    let manifest = layout.root.join("Cargo.toml");
    let metadata = MetadataCommand::new()
        .manifest_path(&manifest)
        .no_deps()
        .exec()
        .with_context(|| format!("cannot read the workspace of {}", manifest.display()))?;
    let wrong: Vec<String> = metadata.packages.iter().flat_map(wrong).collect();
    if !wrong.is_empty() {
        bail!(
            "dependencies that point the wrong way (the table is in host/xtask/src/deps.rs):\n  {}",
            wrong.join("\n  ")
        );
    }
    println!("dependency directions: {} crates, all as ARCHITECTURE.md says", metadata.packages.len());
    Ok(())
}

fn wrong(package: &Package) -> Vec<String> {
    let name = package.name.as_str();
    let allowed = lookup(ALLOWED, name).unwrap_or_default();
    let mut wrong = Vec::new();
    for dependency in package.dependencies.iter().filter(|one| one.kind != DependencyKind::Development) {
        let to = dependency.name.as_str();
        let verdict = match lookup(OWNED, to) {
            Some(owners) => owners.contains(&name),
            None => dependency.path.is_none() || allowed.contains(&to),
        };
        if !verdict {
            wrong.push(format!("{name} -> {to}"));
        }
    }
    wrong
}

fn lookup(table: &'static [(&str, &[&str])], name: &str) -> Option<&'static [&'static str]> {
    table.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
}
