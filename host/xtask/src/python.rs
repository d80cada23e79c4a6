//! Guests written in Python, built in a private virtual environment that this makes itself.
//!
//! A guest is a folder under `tests/fixtures/python` that holds `source.py` or `sink.py`; the file's name says the world.

use crate::doctor;
use crate::guests::Built;
use crate::hash;
use crate::layout::Layout;
use crate::progress::Step;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What turns Python into components; its version belongs to what a guest is made of.
const TOOL: &str = "componentize-py==0.25.1";

/// Builds the Python fixtures, unless what they are made of is unchanged. Returns their files; none where there is no
/// Python, which the step's line says and the tests that need them count as skipped.
pub fn fixtures(layout: &Layout) -> Result<Vec<PathBuf>> {
    let guests = find(&layout.root.join("tests/fixtures/python"))?;
    let (sources, wit) = (layout.root.join("tests/fixtures/python"), layout.root.join("wit/connect"));
    let hash = hash::of(&layout.root, &[sources, wit.clone()])?;
    let built = Built::new(layout, "python-fixtures", format!("{hash} {TOOL}"));
    if let Some(files) = built.unchanged() {
        return Ok(files);
    }
    if guests.is_empty() {
        return Ok(Vec::new());
    }
    if !doctor::has(layout, "Python with venv") {
        eprintln!(
            "    no Python 3.10 with venv: the Python guests are not built, and the tests that use them are skipped"
        );
        return Ok(Vec::new());
    }
    match build(layout, &wit, &guests, &built) {
        Err(error) if !doctor::must_not_skip() => {
            eprintln!("    no Python guests, the tests that use them are skipped: {error:#}");
            Ok(Vec::new())
        }
        built => built,
    }
}

fn build(layout: &Layout, wit: &Path, guests: &[Guest], built: &Built) -> Result<Vec<PathBuf>> {
    let mut step = Step::new("building the Python guests");
    step.detail("componentize-py");
    let tool = tool(layout)?;
    let scratch = tempfile::tempdir().context("cannot create a temporary directory")?;
    let mut files = Vec::new();
    for guest in guests {
        step.detail(&guest.name);
        files.push(componentize(&tool, wit, guest, scratch.path())?);
    }
    let files = built.keep(&files)?;
    step.done(&format!("{} guests", files.len()));
    Ok(files)
}

struct Guest {
    name: String,
    folder: PathBuf,
    world: &'static str,
}

fn find(folder: &Path) -> Result<Vec<Guest>> {
    let mut guests = Vec::new();
    if !folder.exists() {
        return Ok(guests);
    }
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let folder = entry.with_context(|| format!("cannot list {}", folder.display()))?.path();
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for world in ["source", "sink"] {
            if folder.join(world).with_extension("py").is_file() {
                guests.push(Guest { name: name.clone(), folder: folder.clone(), world });
            }
        }
    }
    guests.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(guests)
}

/// The tool in its virtual environment, made at the first use.
fn tool(layout: &Layout) -> Result<PathBuf> {
    let venv = layout.target.join("python").join(TOOL.replace("==", "-"));
    let tool = venv.join("bin/componentize-py");
    if tool.exists() {
        return Ok(tool);
    }
    quiet(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
    quiet(Command::new(venv.join("bin/pip")).args(["install", "--quiet", TOOL]))?;
    Ok(tool)
}

fn componentize(tool: &Path, wit: &Path, guest: &Guest, to: &Path) -> Result<PathBuf> {
    let file = to.join(format!("{}.wasm", guest.name.replace('-', "_")));
    let mut command = Command::new(tool);
    command.current_dir(&guest.folder).arg("-d").arg(wit).args(["-w", guest.world, "componentize", guest.world]);
    quiet(command.arg("-o").arg(&file))?;
    Ok(file)
}

/// Runs a command; shows its output only if it fails.
fn quiet(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot run {name}"))?;
    if !output.status.success() {
        eprint!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        bail!("{name} failed ({}) while building a Python guest", output.status);
    }
    Ok(())
}

/// Whether a command can be run and succeeds.
pub fn works(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}
