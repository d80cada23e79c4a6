//! A server as a child process, in a directory of its own.

use crate::guests;
use crate::mounts::Mounts;
use crate::rest::Rest;
use crate::wait::{DEADLINE, wait_for, wait_for_within};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use tempfile::TempDir;

/// What a server is started with, and the directory that it is started in. Survives the server, so that a test can start
/// another one on the same files.
#[derive(Clone, Debug)]
pub struct ServerBuilder {
    directory: Arc<TempDir>,
    properties: BTreeMap<String, String>,
    connectors: Vec<PathBuf>,
    environment: Vec<(String, String)>,
    mounts: Option<Mounts>,
}

impl Default for ServerBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl ServerBuilder {
    /// A standalone worker on the embedded stream, with an empty plugin directory, that may touch `data` only.
    pub fn new() -> Self {
        let directory = Arc::new(TempDir::with_prefix("cofferdam-test-").expect("a directory for the test"));
        for name in ["plugins", "data", "home"] {
            fs::create_dir(directory.path().join(name)).expect("a directory for the test");
        }
        let string = "org.apache.kafka.connect.storage.StringConverter";
        let properties = [
            ("bootstrap.servers", "embedded"),
            ("embedded.data.dir", "stream"),
            ("listeners", "http://127.0.0.1:0"),
            ("plugin.path", "plugins"),
            ("offset.storage.file.filename", "connect.offsets"),
            ("offset.flush.interval.ms", "200"),
            ("key.converter", string),
            ("value.converter", string),
            ("sandbox.fs.allow", "data:rw"),
        ];
        let properties = properties.map(|(key, value)| (key.to_owned(), value.to_owned()));
        Self { directory, properties: properties.into(), connectors: vec![], environment: vec![], mounts: None }
    }

    /// Sets a worker property.
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.properties.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Sets a variable of the server's environment.
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Copies a guest into the plugin directory.
    pub fn install(self, guest: &Path) -> Self {
        let name = guest.file_name().expect("a file");
        fs::copy(guest, self.path("plugins").join(name)).expect("installing a plugin");
        self
    }

    /// Both file plugins.
    pub fn file_plugins(self) -> Self {
        self.install(&guests::plugin("file-source")).install(&guests::plugin("file-sink"))
    }

    /// Gives the server a mount namespace of its own, in which this shell script has run, in the working directory.
    pub fn mounts(mut self, mounts: Mounts) -> Self {
        self.mounts = Some(mounts);
        self
    }

    /// Names a connector file on the command line.
    pub fn connector_file(mut self, path: &Path) -> Self {
        self.connectors.push(path.to_owned());
        self
    }

    /// A path in the server's working directory.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The file with the worker's properties, written anew.
    pub fn worker_properties(&self) -> PathBuf {
        let path = self.path("worker.properties");
        let text: String = self.properties.iter().map(|(key, value)| format!("{key}={value}\n")).collect();
        fs::write(&path, text).expect("writing the worker's properties");
        path
    }

    /// The command that starts the server.
    fn command(&self) -> Command {
        let worker = self.worker_properties();
        let mut command = match &self.mounts {
            None => Command::new(guests::server()),
            Some(mounts) => mounts.command(&guests::server()),
        };
        command.args(["standalone", "--log-format", "json"]).arg(worker).args(&self.connectors);
        self.surroundings(&mut command);
        command
    }

    /// The program with other arguments, in the same surroundings.
    pub fn program(&self, args: &[&str]) -> Command {
        self.worker_properties();
        let mut command = Command::new(guests::server());
        command.args(args);
        self.surroundings(&mut command);
        command
    }

    fn surroundings(&self, command: &mut Command) {
        command.current_dir(self.directory.path()).stdin(Stdio::null());
        // Compiled guests are kept between tests: a cache is part of what is tested.
        let cache = std::env::current_exe().expect("the test's path").with_file_name("cofferdam-tests-cache");
        fs::create_dir_all(&cache).expect("a cache directory");
        command.env("XDG_CACHE_HOME", cache).env("XDG_DATA_HOME", self.path("home")).envs(self.environment.clone());
    }

    /// Starts the server and waits until its REST API answers.
    pub fn start(self) -> Server {
        let mut server = self.spawn();
        // The first start compiles the guests; Python's take half a minute of computing each.
        let url = wait_for_within(5 * DEADLINE, "the REST server to listen", || {
            server.must_run();
            server.log_field("REST server listening", "url").ok_or(())
        });
        server.rest = Rest::new(&url);
        server
    }

    fn spawn(self) -> Server {
        let log = self.path("server.log");
        let file = File::options().create(true).append(true).open(&log).expect("the log file");
        let begin = file.metadata().expect("the log's size").len();
        let child = self
            .command()
            .stdout(file.try_clone().expect("the log file"))
            .stderr(file)
            .spawn()
            .expect("starting the server");
        Server { child: Some(child), log, begin, rest: Rest::new(""), builder: self }
    }

    /// Starts the server and waits for its end: its exit code and all that it said.
    pub fn run_to_end(&self) -> (Option<i32>, String) {
        let mut server = self.clone().spawn();
        let status = server.wait();
        (status.code(), server.log())
    }
}

/// A running server; killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Option<Child>,
    log: PathBuf,
    /// Where in the log this server began.
    begin: u64,
    pub rest: Rest,
    builder: ServerBuilder,
}

impl Server {
    /// A path in the server's working directory.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.builder.path(name)
    }

    /// A path in the working directory as the server sees it: below mounts that only it has.
    pub fn inner_path(&self, name: impl AsRef<Path>) -> PathBuf {
        let outer = self.path(name);
        Path::new(&format!("/proc/{}/root", self.pid())).join(outer.strip_prefix("/").expect("an absolute path"))
    }

    /// Runs a shell script among the mounts of the server, in its working directory.
    pub fn among_mounts(&self, script: &str) {
        let mounts = self.builder.mounts.as_ref().expect("a server with mounts");
        let status = mounts.enter(self.pid(), script).current_dir("/").status().expect("running nsenter");
        assert!(status.success(), "{script}: {status}");
    }

    /// The server's process id.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("a running server").id()
    }

    /// Where Kafka is.
    pub fn bootstrap(&self) -> String {
        self.log_field("embedded stream: one node, for development", "bootstrap")
            .expect("the embedded stream's address in the log")
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        let bytes = fs::read(&self.log).unwrap_or_default();
        let begin = usize::try_from(self.begin).expect("a log that fits");
        String::from_utf8_lossy(bytes.get(begin..).unwrap_or_default()).into_owned()
    }

    /// A field of the first log line with this message.
    pub fn log_field(&self, message: &str, field: &str) -> Option<String> {
        let log = self.log();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let fields = lines.map(|line| line["fields"].clone()).find(|fields| fields["message"] == message)?;
        match &fields[field] {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }

    /// Waits until the log has a line with all of these texts.
    pub fn wait_for_log(&self, texts: &[&str]) -> String {
        wait_for(&format!("a log line with {texts:?}"), || {
            let log = self.log();
            let line = log.lines().find(|line| texts.iter().all(|text| line.contains(text))).map(str::to_owned);
            line.ok_or(log)
        })
    }

    /// Waits until a file in the working directory holds this text and nothing else.
    pub fn wait_for_file(&self, name: &str, expected: &str) {
        let path = self.path(name);
        wait_for(&format!("{expected:?} in {name}"), || match fs::read_to_string(&path) {
            Ok(text) if text == expected => Ok(()),
            other => Err((other, self.rest.get("/connectors?expand=status").text)),
        });
    }

    /// Panics with the log if the server has ended.
    pub fn must_run(&mut self) {
        let child = self.child.as_mut().expect("a running server");
        if let Some(status) = child.try_wait().expect("the server's state") {
            panic!("the server ended ({status}):\n{}", self.log());
        }
    }

    /// Puts a guest into the plugin directory while the server runs: whole at once.
    pub fn install(&self, guest: &Path) {
        let name = guest.file_name().expect("a file");
        let beside = self.path(name);
        fs::copy(guest, &beside).expect("installing a plugin");
        fs::rename(beside, self.path("plugins").join(name)).expect("installing a plugin");
    }

    /// Sends SIGTERM and waits for the end.
    pub fn stop(mut self) -> (ExitStatus, ServerBuilder) {
        self.terminate();
        (self.wait(), self.builder.clone())
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        let child = self.child.as_ref().expect("a running server");
        rustix::process::kill_process(rustix::process::Pid::from_child(child), rustix::process::Signal::TERM)
            .expect("sending SIGTERM");
    }

    /// Waits until the server has ended by itself.
    pub fn wait(&mut self) -> ExitStatus {
        // Kept until it has ended: one that does not is killed when this value is dropped.
        let status = wait_for("the server to end", || {
            let child = self.child.as_mut().expect("a running server");
            child.try_wait().expect("the server's state").ok_or("running")
        });
        self.child = None;
        status
    }

    /// kill -9.
    pub fn kill(mut self) -> ServerBuilder {
        let mut child = self.child.take().expect("a running server");
        child.kill().expect("killing the server");
        child.wait().expect("the killed server");
        self.builder.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("killing the server");
            child.wait().expect("the killed server");
        }
        if std::thread::panicking() {
            eprintln!("--- the server's log\n{}", self.log());
        }
    }
}
