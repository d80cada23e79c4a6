//! A client as it lies in its directory and as `./x test` installed it.

use super::{Allowed, Normal, Step};
use crate::Rest;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

/// A client that can be run.
#[derive(Debug)]
pub struct Client {
    /// Of its directory in `tests/compat`.
    name: String,
    directory: PathBuf,
    /// Where its dependencies are installed.
    environment: PathBuf,
}

impl Client {
    /// The client of this name, if it is installed; else the test is noted as skipped.
    pub fn find(test: &str, name: &str) -> Option<Self> {
        let environment = crate::guests::compat().join(name);
        if !environment.join(".installed").is_file() {
            crate::skip(
                test,
                &format!("the client {name} is not installed: ./x test does that, ./x doctor says with what"),
            );
            return None;
        }
        Some(Self { name: name.to_owned(), directory: Self::all().join(name), environment })
    }

    /// The directory of all clients.
    pub fn all() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("compat")
    }

    /// A program that is installed with it.
    pub fn program(&self, name: &str) -> PathBuf {
        self.environment.join("bin").join(name)
    }

    /// Walks along a worker: what came of each step, normalised.
    ///
    /// # Panics
    /// If the walk does not get to its end.
    pub fn walk(&self, url: &str, data: &Path) -> Vec<Step> {
        // Consumer groups and topics of an earlier walk may still be there.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970").as_micros();
        let name = format!("walk-{since:x}");
        let root = Rest::new(url).get("/").json();
        let output = self
            .command()
            .current_dir(data)
            .env("CONNECT_URL", url)
            .env("WALK_NAME", &name)
            .env("WALK_DATA", data)
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("cannot run the walk of {}: {error}", self.name));
        let (steps, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "the walk of {} ended early ({}):\n{steps}\n{said}", self.name, output.status);
        let steps = Step::read_all(&steps).unwrap_or_else(|error| panic!("{}: {error}\n{said}", self.name));
        let address = url.trim_start_matches("http://");
        let normal = Normal::new(&name, address, &root);
        steps.iter().map(|step| normal.step(step)).collect()
    }

    /// What runs the walk: the file that is there says the language.
    fn command(&self) -> Command {
        let script = |name: &str| Some(self.directory.join(name)).filter(|path| path.is_file());
        if let Some(script) = script("walk.py") {
            let mut command = Command::new(self.environment.join("bin/python"));
            // What the walks share lies beside them; nothing is to be compiled into the clone.
            command.env("PYTHONPATH", Self::all()).env("PYTHONDONTWRITEBYTECODE", "1").arg(script);
            return command;
        }
        if let Some(script) = script("walk.js") {
            let mut command = Command::new("node");
            command.env("NODE_PATH", self.environment.join("node_modules")).arg(script);
            return command;
        }
        let (classes, jars) = (self.environment.join("classes"), self.environment.join("jars"));
        let mut command = Command::new("java");
        command.args(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"]);
        command.arg(format!("{}:{}/*", classes.display(), jars.display())).arg("Walk");
        command
    }

    /// What the walk gave with real Kafka Connect.
    pub fn recorded(&self) -> Vec<Step> {
        Step::read_all(&self.read("expected.jsonl")).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    /// Records what the walk gave with real Kafka Connect.
    pub fn record(&self, steps: &[Step]) {
        let lines: String = steps.iter().map(|step| step.line() + "\n").collect();
        fs::write(self.directory.join("expected.jsonl"), lines).expect("writing a recording");
    }

    /// What may differ.
    pub fn allowed(&self) -> Allowed {
        Allowed::read(&self.read("tests.allow")).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    fn read(&self, name: &str) -> String {
        let path = self.directory.join(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
    }
}
