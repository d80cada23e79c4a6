//! The demo's files: state directory, worker properties, connector configurations.

use crate::layout::Layout;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The topic in the middle.
pub const TOPIC: &str = "demo";
/// The classes that the demo uses.
pub const CLASSES: [&str; 2] = [
    "org.apache.kafka.connect.file.FileStreamSourceConnector",
    "org.apache.kafka.connect.file.FileStreamSinkConnector",
];
/// A create request that the worker refuses.
pub const REFUSED: &str = r#"{"name":"spy","config":{"connector.class":"FileStreamSource","tasks.max":"1","topic":"spy","file":"/etc/passwd"}}"#;

/// Whether a built plugin is one of the two that the demo uses.
pub fn is_file_plugin(name: &OsStr) -> bool {
    name.to_string_lossy().starts_with("file")
}

/// A fresh state directory and what lies in it.
pub struct State {
    /// Everything is below.
    pub directory: PathBuf,
    /// The file that the source connector reads.
    pub input: PathBuf,
    /// The file that the sink connector writes.
    pub output: PathBuf,
    plugins: PathBuf,
}

impl State {
    /// Empties and fills the state directory of the demo on this port.
    pub fn create(layout: &Layout, port: u16, input: &Path) -> Result<Self> {
        let directory = layout.target.join("demo").join(port.to_string());
        if directory.exists() {
            std::fs::remove_dir_all(&directory).with_context(|| format!("cannot empty {}", directory.display()))?;
        }
        let plugins = directory.join("plugins");
        for directory in [&plugins, &directory.join("out")] {
            std::fs::create_dir_all(directory).with_context(|| format!("cannot create {}", directory.display()))?;
        }
        let input = if allowable(input) { input.to_owned() } else { copied(input, &directory)? };
        let output = directory.join("out").join(input.file_name().unwrap_or(OsStr::new("lines")));
        let state = Self { directory, input, output, plugins };
        let properties = state.properties();
        std::fs::write(properties, state.worker_properties(port))
            .with_context(|| format!("cannot write {}", state.properties().display()))?;
        Ok(state)
    }

    /// The worker's properties file.
    pub fn properties(&self) -> PathBuf {
        self.directory.join("worker.properties")
    }

    /// What the worker says.
    pub fn log(&self) -> PathBuf {
        self.directory.join("worker.log")
    }

    /// Copies a plugin beside the plugin directory and renames it in: it appears at once and whole.
    pub fn install(&self, plugin: &Path) -> Result<()> {
        let name = plugin.file_name().unwrap_or_default();
        let (beside, to) = (self.directory.join(name), self.plugins.join(name));
        std::fs::copy(plugin, &beside)
            .and_then(|_| std::fs::rename(&beside, &to))
            .with_context(|| format!("cannot copy {} to {}", plugin.display(), to.display()))
    }

    /// Reads the file into the topic.
    pub fn source_config(&self) -> Value {
        json!({
            "connector.class": "FileStreamSource",
            "tasks.max": "1",
            "file": self.input.to_string_lossy(),
            "topic": TOPIC,
        })
    }

    /// Writes the topic to a file.
    pub fn sink_config(&self) -> Value {
        json!({
            "connector.class": "FileStreamSink",
            "tasks.max": "1",
            "file": self.output.to_string_lossy(),
            "topics": TOPIC,
        })
    }

    fn worker_properties(&self, port: u16) -> String {
        let mut text = String::from("# Written by ./x demo.\n");
        let out = self.directory.join("out");
        let allow = format!("{}:ro,{}:rw", self.input.display(), out.display());
        for (key, value) in [
            ("bootstrap.servers", "embedded"),
            ("embedded.data.dir", &self.directory.join("stream").to_string_lossy()),
            ("listeners", &format!("http://127.0.0.1:{port}")),
            ("plugin.path", &self.plugins.to_string_lossy()),
            ("key.converter", "org.apache.kafka.connect.storage.StringConverter"),
            ("value.converter", "org.apache.kafka.connect.storage.StringConverter"),
            ("offset.storage.file.filename", &self.directory.join("connect.offsets").to_string_lossy()),
            ("offset.flush.interval.ms", "1000"),
            ("sandbox.fs.allow", &allow),
        ] {
            // In a properties file a backslash starts an escape.
            let _ = writeln!(text, "{key}={}", value.replace('\\', "\\\\"));
        }
        text
    }
}

/// Whether a path can stand in `sandbox.fs.allow`, which separates by commas and colons.
fn allowable(path: &Path) -> bool {
    path.to_str().is_some_and(|path| !path.contains([',', ':', '\n', '\r']) && path.is_ascii())
}

fn copied(input: &Path, directory: &Path) -> Result<PathBuf> {
    let copy = directory.join("input");
    std::fs::copy(input, &copy).with_context(|| format!("cannot copy {} to {}", input.display(), copy.display()))?;
    Ok(copy)
}
