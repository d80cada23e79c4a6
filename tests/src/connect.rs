//! Apache Kafka Connect itself: a worker as a child process, in a directory of its own.

use crate::Rest;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a worker may take to answer on a busy machine.
const READY: Duration = Duration::from_secs(120);
/// A small heap and a quick start.
const JVM: [&str; 5] =
    ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Djava.awt.headless=true"];
/// The line that names the port is told at INFO; all else only if it is wrong.
const LOG4J: &str = "status=ERROR\nappender.c.type=Console\nappender.c.name=C\nappender.c.layout.type=PatternLayout\n\
                     appender.c.layout.pattern=[%d] %p %m (%c)%n\nrootLogger.level=WARN\nrootLogger.appenderRef.c.ref=C\n\
                     logger.rest.name=org.apache.kafka.connect.runtime.rest.RestServer\nlogger.rest.level=INFO\n";
const LISTENING: &str = "REST server listening at http://";

/// The directory with the jars that `tests/pom.xml` names.
#[derive(Clone, Debug)]
pub struct Jars(PathBuf);

impl Jars {
    /// Where `./x` put them, if it did; else the test is noted as skipped.
    pub fn find(test: &str) -> Option<Self> {
        let found = std::env::var_os("COFFERDAM_TEST_KAFKA_JARS").filter(|path| !path.is_empty());
        if found.is_none() {
            crate::skip(test, "no jars of Kafka Connect: needs Java 17 and Maven, fetched by ./x test");
        }
        found.map(|path| Self(path.into()))
    }

    fn all(&self) -> Result<Vec<PathBuf>> {
        let entries = fs::read_dir(&self.0).with_context(|| format!("cannot list {}", self.0.display()))?;
        let paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
        Ok(paths.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "jar")).collect())
    }
}

/// A running worker; killed when dropped.
#[derive(Debug)]
pub struct KafkaConnect {
    child: Child,
    address: String,
    directory: TempDir,
}

impl KafkaConnect {
    /// Starts a worker with the same properties as [`ServerBuilder`](crate::ServerBuilder)'s, and these.
    pub fn start(
        jars: &Jars,
        bootstrap: &str,
        distributed: bool,
        properties: &BTreeMap<String, String>,
    ) -> Result<Self> {
        let directory = TempDir::with_prefix("cofferdam-connect-").context("cannot make a directory")?;
        let path = |name: &str| directory.path().join(name);
        fs::create_dir(path("data"))?;
        // As in the distribution: the file connectors are on plugin.path, all else on the class path.
        fs::create_dir_all(path("plugins/file"))?;
        let mut class_path = Vec::new();
        for jar in jars.all()? {
            let name = jar.file_name().context("a jar without name")?.to_owned();
            if name.to_string_lossy().starts_with("connect-file-") {
                fs::copy(&jar, path("plugins/file").join(name))?;
            } else {
                class_path.push(jar.display().to_string());
            }
        }
        fs::write(path("log4j2.properties"), LOG4J)?;
        fs::write(path("worker.properties"), worker_properties(bootstrap, distributed, directory.path(), properties))?;
        let log = File::create(path("log"))?;
        let class = if distributed { "ConnectDistributed" } else { "ConnectStandalone" };
        let child = Command::new("java")
            .args(JVM)
            .arg(format!("-Dlog4j2.configurationFile={}", path("log4j2.properties").display()))
            .args(["-cp", &class_path.join(":"), &format!("org.apache.kafka.connect.cli.{class}")])
            .arg(path("worker.properties"))
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot run java")?;
        let mut worker = Self { child, address: String::new(), directory };
        worker.wait_until_ready()?;
        Ok(worker)
    }

    /// `host:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The directory for files of tests.
    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// The last lines of its log.
    pub fn end_of_log(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + READY;
        while !self.is_ready() {
            let ended = self.child.try_wait().context("cannot tell whether Kafka Connect runs")?;
            if ended.is_some() || Instant::now() > deadline {
                bail!("Kafka Connect did not start (exit {ended:?}):\n{}", self.end_of_log());
            }
            std::thread::park_timeout(Duration::from_millis(100));
        }
        Ok(())
    }

    fn is_ready(&mut self) -> bool {
        if self.address.is_empty() {
            let log = self.log();
            let Some((_, rest)) = log.split_once(LISTENING) else { return false };
            self.address = rest.split('/').next().unwrap_or_default().to_owned();
        }
        Rest::new(&format!("http://{}", self.address)).get("/health").status == 200
    }
}

impl Drop for KafkaConnect {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn worker_properties(
    bootstrap: &str,
    distributed: bool,
    directory: &Path,
    properties: &BTreeMap<String, String>,
) -> String {
    let here = |name: &str| directory.join(name).display().to_string();
    let string = "org.apache.kafka.connect.storage.StringConverter".to_owned();
    let mut all: BTreeMap<String, String> = [
        ("bootstrap.servers", bootstrap.to_owned()),
        ("listeners", "http://127.0.0.1:0".to_owned()),
        ("plugin.path", here("plugins")),
        // The same plugins, found without reading every class.
        ("plugin.discovery", "service_load".to_owned()),
        ("offset.flush.interval.ms", "200".to_owned()),
        ("key.converter", string.clone()),
        ("value.converter", string),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into();
    if distributed {
        let group = format!("corpus-{}", directory.file_name().unwrap_or_default().to_string_lossy());
        for store in ["config", "offset", "status"] {
            all.insert(format!("{store}.storage.topic"), format!("{group}-{store}"));
            all.insert(format!("{store}.storage.replication.factor"), "1".to_owned());
        }
        all.insert("offset.storage.partitions".to_owned(), "1".to_owned());
        all.insert("status.storage.partitions".to_owned(), "1".to_owned());
        all.insert("group.id".to_owned(), group);
    } else {
        all.insert("offset.storage.file.filename".to_owned(), here("offsets"));
    }
    let own = properties.iter().map(|(key, value)| (key.clone(), value.replace("{data}", &here("data"))));
    all.extend(own);
    all.into_iter().map(|(key, value)| format!("{key}={value}\n")).collect()
}
