//! Third-party clients of Kafka Connect's REST API, which `tests/compat` walks through: each is installed once per content
//! of what pins it, in an environment of its own below the target directory.
//!
//! What pins a client says the language: `requirements.txt`, `package.json` with its lock, or `pom.xml`.

use crate::cargo;
use crate::doctor;
use crate::hash;
use crate::kafka::Kafka;
use crate::layout::Layout;
use crate::progress::Step;
use crate::python::works;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// So many are installed side by side: most of it is waiting for the network.
const AT_ONCE: usize = 3;
/// Pythons that are looked for where a client does not run on `python3`.
const PYTHONS: [&str; 4] = ["python3", "python3.13", "python3.12", "python3.11"];

/// Installs what is not, or not as pinned. A client whose tools are not here stays away, and its tests are skipped; so
/// does one that cannot be installed, but in CI that is an error.
pub fn install(layout: &Layout) -> Result<()> {
    let clients: Vec<Client> = Client::all(layout)?.into_iter().filter(|client| !client.is_installed()).collect();
    if clients.is_empty() {
        return Ok(());
    }
    let mut step = Step::new("installing third-party clients of the REST API");
    let (count, started) = (clients.len(), Mutex::new(clients.iter()));
    let (sender, told) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            let (sender, started) = (sender.clone(), &started);
            scope.spawn(move || {
                // The lock is held for the time of `next` only.
                let next = || started.lock().ok()?.next();
                while let Some(client) = next() {
                    // Fails only if nobody listens any more.
                    let _ = sender.send((client, client.install(layout)));
                }
            });
        }
        drop(sender);
        step.detail("the first three");
        let mut missing = Vec::new();
        for (done, (client, result)) in told.iter().enumerate() {
            step.detail(&format!("{} of {count}, last {}", done + 1, client.name));
            missing.extend(result.err().map(|error| format!("{}: {error:#}", client.name)));
        }
        step.done(&format!("{} clients", count - missing.len()));
        match missing.is_empty() {
            true => Ok(()),
            false if doctor::must_not_skip() => bail!("clients cannot be installed:\n{}", missing.join("\n")),
            false => {
                eprintln!("    the tests of these clients are skipped:\n    {}", missing.join("\n    "));
                Ok(())
            }
        }
    })
}

/// Has all walks go along real Kafka Connect and write down what they see, in place of what was recorded.
pub fn record(layout: &Layout) -> Result<()> {
    install(layout)?;
    let kafka =
        Kafka::if_possible(layout)?.context("no real Kafka Connect to record: ./x doctor says what it needs")?;
    let mut command = cargo::command(layout);
    command.args(["test", "--package", "cofferdam-tests", "--package", "xtask", "--test", "compat", "--", "real::"]);
    kafka.tell(&mut command);
    command.env("COFFERDAM_COMPAT", layout.clients()).env("COFFERDAM_COMPAT_RECORD", "yes");
    cargo::shown(command.env("COFFERDAM_TESTS_NO_SKIP", "yes"))
}

/// A client, and where it is installed.
struct Client {
    name: String,
    directory: PathBuf,
    environment: PathBuf,
    /// Of all that pins it.
    hash: String,
}

impl Client {
    fn all(layout: &Layout) -> Result<Vec<Self>> {
        let folder = layout.root.join("tests/compat");
        // Besides clients, what asks all that the OpenAPI document tells.
        let mut directories = vec![layout.root.join("tests/openapi")];
        for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
            directories.push(entry.with_context(|| format!("cannot list {}", folder.display()))?.path());
        }
        let mut clients = Vec::new();
        for directory in directories {
            let pins = ["requirements.txt", "package.json", "package-lock.json", "pom.xml", "Walk.java"];
            let pins: Vec<PathBuf> =
                pins.map(|pin| directory.join(pin)).into_iter().filter(|pin| pin.is_file()).collect();
            if pins.is_empty() {
                continue;
            }
            let name = directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let environment = layout.clients().join(&name);
            clients.push(Self { hash: hash::of(&layout.root, &pins)?, environment, directory, name });
        }
        clients.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(clients)
    }

    fn stamp(&self) -> PathBuf {
        self.environment.join(".installed")
    }

    fn is_installed(&self) -> bool {
        std::fs::read_to_string(self.stamp()).is_ok_and(|hash| hash == self.hash)
    }

    /// Makes the environment anew; the stamp is written last.
    fn install(&self, layout: &Layout) -> Result<()> {
        let environment = &self.environment;
        if environment.exists() {
            std::fs::remove_dir_all(environment).with_context(|| format!("cannot empty {}", environment.display()))?;
        }
        std::fs::create_dir_all(environment).with_context(|| format!("cannot create {}", environment.display()))?;
        if self.pin("requirements.txt").is_file() {
            self.install_python(layout)?;
        } else if self.pin("package.json").is_file() {
            self.install_node(layout)?;
        } else {
            self.install_java(layout)?;
        }
        std::fs::write(self.stamp(), &self.hash).with_context(|| format!("cannot write {}", self.stamp().display()))
    }

    fn pin(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn install_python(&self, layout: &Layout) -> Result<()> {
        need(layout, "Python with venv")?;
        let requirements = self.pin("requirements.txt");
        let text = std::fs::read_to_string(&requirements).context("cannot read requirements.txt")?;
        let range = text.lines().next().and_then(|line| line.strip_prefix("# python ")).context(
            "requirements.txt does not begin with the Pythons that the client runs on: `# python 3.11..` or `3.11..3.12`",
        )?;
        let python = PYTHONS.into_iter().find(|python| is_within(python, range));
        let python = python.with_context(|| format!("needs a Python {range}"))?;
        quiet(Command::new(python).args(["-m", "venv", "--clear"]).arg(&self.environment))?;
        let mut pip = Command::new(self.environment.join("bin/pip"));
        quiet(pip.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(requirements))
    }

    fn install_node(&self, layout: &Layout) -> Result<()> {
        need(layout, "Node.js")?;
        for name in ["package.json", "package-lock.json"] {
            std::fs::copy(self.pin(name), self.environment.join(name))
                .with_context(|| format!("cannot copy {name}"))?;
        }
        quiet(Command::new("npm").current_dir(&self.environment).args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
        ]))
    }

    fn install_java(&self, layout: &Layout) -> Result<()> {
        need(layout, "JDK 17")?;
        need(layout, "Maven")?;
        let (jars, classes) = (self.environment.join("jars"), self.environment.join("classes"));
        let mut maven = Command::new("mvn");
        maven.args(["-q", "-B", "-f"]).arg(self.pin("pom.xml")).arg("dependency:copy-dependencies");
        quiet(maven.arg(format!("-DoutputDirectory={}", jars.display())))?;
        let mut javac = Command::new("javac");
        quiet(javac.arg("-cp").arg(jars.join("*")).arg("-d").arg(classes).arg(self.pin("Walk.java")))
    }
}

fn need(layout: &Layout, tool: &str) -> Result<()> {
    if !doctor::has(layout, tool) {
        bail!("no {tool} (./x doctor says how to get it)");
    }
    Ok(())
}

/// Whether this Python is there, has `venv`, and is of a version in a range like `3.11..` or `3.11..3.12`, ends included.
fn is_within(python: &str, range: &str) -> bool {
    let (from, to) = range.trim().split_once("..").unwrap_or((range, range));
    let tuple = |version: &str| format!("({})", version.replace('.', ", "));
    let upper = if to.is_empty() { "True".to_owned() } else { format!("v <= {}", tuple(to)) };
    let test = format!(
        "import venv, ensurepip, sys; v = sys.version_info[:2]; sys.exit(not ({} <= v and {upper}))",
        tuple(from)
    );
    works(Command::new(python).args(["-c", &test]))
}

/// Runs a command; the error holds what it said.
fn quiet(command: &mut Command) -> Result<()> {
    let name = Path::new(command.get_program()).display().to_string();
    let output = command.output().with_context(|| format!("cannot run {name}"))?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        bail!("{name} failed ({}): {}", output.status, String::from_utf8_lossy(&said).trim());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_within;

    #[test]
    fn a_python_is_taken_only_from_the_range() {
        if !super::works(std::process::Command::new("python3").args(["-c", "import venv, ensurepip"])) {
            return;
        }
        assert!(is_within("python3", "3.0.."));
        assert!(is_within("python3", "3.0..3.99"));
        assert!(!is_within("python3", "3.98.."));
        assert!(!is_within("python3", "3.0..3.1"));
        assert!(!is_within("no-such-python", "3.0.."));
    }
}
