//! What a file is, before anything is compiled: a component of a world that this worker runs, or what else and what to
//! do about it. Reads the file's outline only, so it is cheap even for what turns out to be nothing.

mod version;

use crate::sandbox::World;
use thiserror::Error;
use version::Version;
use wasmparser::{Chunk, Encoding, Parser, Payload};

/// The package of the plugin interface.
const PACKAGE: &str = "cofferdam:connect/";
/// The version of it that this worker speaks.
pub(crate) const INTERFACE_VERSION: &str = "0.1.0";
/// Imports of the plugin interface that each world offers.
const SHARED_IMPORTS: [&str; 5] = ["types", "log", "metrics", "call", "schemas"];
/// Components and modules within each other: a parser is kept for each, and a file can hold millions.
const DEPTH_MAX: usize = 100;
/// WASI 0.2 packages whose interfaces are all linked.
const WASI_PACKAGES: [&str; 7] =
    ["wasi:io/", "wasi:clocks/", "wasi:random/", "wasi:cli/", "wasi:filesystem/", "wasi:sockets/", "wasi:http/"];

/// Why a file is no plugin of this worker.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum InspectError {
    #[error("it ends early, after {0} bytes: it is truncated or still being written")]
    Truncated(usize),
    #[error(
        "it is not WebAssembly: a plugin is a component, built for example with `cargo build --target wasm32-wasip2`"
    )]
    NotWasm,
    #[error(
        "it is a core WebAssembly module, not a component: build it for wasm32-wasip2, or wrap it with \
         `wasm-tools component new`"
    )]
    CoreModule,
    #[error("it is not valid WebAssembly: {0}")]
    Invalid(String),
    #[error(
        "it uses cofferdam:connect@{found}, but this worker speaks cofferdam:connect@{INTERFACE_VERSION}: {}",
        if *newer { "update the worker, or build the plugin with an older SDK" } else { "build the plugin with a current SDK" }
    )]
    OtherVersion { found: String, newer: bool },
    #[error("it imports {import}, which is of WASI 0.3; build it for WASI 0.2, for example wasm32-wasip2")]
    Wasi03 { import: String },
    #[error("it imports {import}, which this worker does not offer to a {} plugin{}", world.as_str(), hint(import))]
    UnknownImport { import: String, world: World },
    #[error(
        "it is a component of another world: it exports neither cofferdam:connect/source-task nor \
         cofferdam:connect/sink-task (it exports {exports}); build it for the world `source` or `sink` of \
         cofferdam:connect@{INTERFACE_VERSION}"
    )]
    OtherWorld { exports: String },
    #[error("it exports both source-task and sink-task; build one component for each world")]
    BothWorlds,
    #[error("it does not export {PACKAGE}{missing}@{INTERFACE_VERSION}, which the world `{}` requires", world.as_str())]
    MissingExport { missing: &'static str, world: World },
}

fn hint(import: &str) -> &'static str {
    if import.starts_with("wasi_snapshot_preview1") {
        "; adapt it with `wasm-tools component new --adapt`"
    } else if matches!(interface_of(import), Some("source-offsets" | "sink-control")) {
        "; it belongs to the other world"
    } else {
        "; build it without what needs that"
    }
}

/// The world of a component that this worker can run, as far as names can tell.
pub(crate) fn inspect(bytes: &[u8]) -> Result<World, InspectError> {
    check_header(bytes)?;
    let outline = outline(bytes)?;
    check_versions(&outline)?;
    let world = world(&outline)?;
    check_imports(&outline, world)?;
    Ok(world)
}

/// A component has `0d 00 01 00` behind the magic number, a module `01 00 00 00`.
fn check_header(bytes: &[u8]) -> Result<(), InspectError> {
    let magic = b"\0asm";
    if bytes.len() < 8 {
        let begins = magic.starts_with(bytes.get(..4).unwrap_or(bytes));
        return Err(if begins { InspectError::Truncated(bytes.len()) } else { InspectError::NotWasm });
    }
    if !bytes.starts_with(magic) {
        return Err(InspectError::NotWasm);
    }
    if Parser::is_core_wasm(bytes) {
        return Err(InspectError::CoreModule);
    }
    Ok(())
}

/// Names of what the component itself imports and exports.
#[derive(Debug, Default)]
struct Outline {
    imports: Vec<String>,
    exports: Vec<String>,
}

fn outline(bytes: &[u8]) -> Result<Outline, InspectError> {
    let mut outline = Outline::default();
    let mut outer: Vec<(Parser, u64)> = Vec::new();
    // Where the module or component at hand ends.
    let (mut parser, mut end) = (Parser::new(0), bytes.len() as u64);
    let mut rest = bytes;
    loop {
        let last = rest.is_empty() && end == bytes.len() as u64;
        let (consumed, payload) = match parser.parse(rest, last).map_err(invalid)? {
            Chunk::NeedMoreData(_) => return Err(InspectError::Truncated(bytes.len())),
            Chunk::Parsed { consumed, payload } => (consumed, payload),
        };
        let (_, tail) = rest.split_at_checked(consumed).unwrap_or((rest, &[]));
        rest = tail;
        match payload {
            Payload::Version { encoding: Encoding::Module, .. } if outer.is_empty() => {
                return Err(InspectError::CoreModule);
            }
            Payload::ModuleSection { parser: inner, unchecked_range: range }
            | Payload::ComponentSection { parser: inner, unchecked_range: range } => {
                if outer.len() >= DEPTH_MAX {
                    return Err(InspectError::Invalid(format!(
                        "components are nested more than {DEPTH_MAX} deep in it"
                    )));
                }
                outer.push((std::mem::replace(&mut parser, inner), std::mem::replace(&mut end, range.end)));
            }
            Payload::CodeSectionStart { size, .. } => {
                let size = usize::try_from(size).unwrap_or(usize::MAX);
                let Some((_, tail)) = rest.split_at_checked(size) else {
                    return Err(InspectError::Truncated(bytes.len()));
                };
                parser.skip_section();
                rest = tail;
            }
            Payload::ComponentImportSection(section) if outer.is_empty() => {
                for import in section {
                    outline.imports.push(import.map_err(invalid)?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if outer.is_empty() => {
                for export in section {
                    outline.exports.push(export.map_err(invalid)?.name.name.to_owned());
                }
            }
            Payload::End(_) => match outer.pop() {
                Some(parent) => (parser, end) = parent,
                None => return Ok(outline),
            },
            _ => {}
        }
    }
}

fn invalid(error: wasmparser::BinaryReaderError) -> InspectError {
    InspectError::Invalid(error.to_string())
}

/// Any part of another version of the plugin interface tells what the plugin was built for.
fn check_versions(outline: &Outline) -> Result<(), InspectError> {
    let ours = Version::of(INTERFACE_VERSION);
    for name in outline.imports.iter().chain(&outline.exports) {
        let Some((_, found)) = name.strip_prefix(PACKAGE).and_then(|name| name.split_once('@')) else { continue };
        let version = Version::of(found);
        if !version.is_compatible_with(ours) {
            return Err(InspectError::OtherVersion { found: found.to_owned(), newer: version > ours });
        }
    }
    Ok(())
}

fn world(outline: &Outline) -> Result<World, InspectError> {
    let exports = |interface: &str| outline.exports.iter().any(|name| interface_of(name) == Some(interface));
    let world = match (exports("source-task"), exports("sink-task")) {
        (true, false) => World::Source,
        (false, true) => World::Sink,
        (true, true) => return Err(InspectError::BothWorlds),
        (false, false) => {
            let exports = if outline.exports.is_empty() { "nothing".to_owned() } else { outline.exports.join(", ") };
            return Err(InspectError::OtherWorld { exports });
        }
    };
    match ["plugin", "connector"].into_iter().find(|required| !exports(required)) {
        Some(missing) => Err(InspectError::MissingExport { missing, world }),
        None => Ok(world),
    }
}

/// The interface that a name of the plugin interface's package denotes.
fn interface_of(name: &str) -> Option<&str> {
    let interface = name.strip_prefix(PACKAGE)?;
    Some(interface.split_once('@').map_or(interface, |(interface, _)| interface))
}

fn check_imports(outline: &Outline, world: World) -> Result<(), InspectError> {
    let own = match world {
        World::Source => "source-offsets",
        World::Sink => "sink-control",
    };
    for import in &outline.imports {
        let (name, version) = import.split_once('@').unwrap_or((import, ""));
        let offered = match interface_of(import) {
            Some(interface) => interface == own || SHARED_IMPORTS.contains(&interface),
            None if WASI_PACKAGES.iter().any(|package| name.starts_with(package)) => {
                if version.starts_with("0.3") {
                    return Err(InspectError::Wasi03 { import: import.clone() });
                }
                version.starts_with("0.2.")
            }
            None => false,
        };
        if !offered {
            return Err(InspectError::UnknownImport { import: import.clone(), world });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
