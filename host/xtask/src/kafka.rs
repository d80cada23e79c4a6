//! Real Apache Kafka for tests and benchmarks: one broker, fetched from Maven Central once, started on free ports.
//!
//! It ends with the value that holds it, and with this program, however that ends.

use crate::child::tied;
use crate::doctor;
use crate::layout::Layout;
use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long the broker may take to answer: it needs 5 to 20 s on two busy cores.
const READY: Duration = Duration::from_secs(120);
/// A small heap and a quick start; for throughput the client side is what is measured.
const JVM: [&str; 5] =
    ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Djava.awt.headless=true"];

/// A running broker.
pub struct Kafka {
    child: Child,
    port: u16,
    /// The directory with the jars of Kafka and of Kafka Connect.
    jars: PathBuf,
    /// Its storage and configuration.
    _directory: TempDir,
}

impl Kafka {
    /// A broker, where there is what it needs; `None`, with the reason told, where there is not. With
    /// `COFFERDAM_TESTS_NO_SKIP` in the environment, a broker that cannot be fetched or started is an error.
    pub fn if_possible(layout: &Layout) -> Result<Option<Self>> {
        if !doctor::has(layout, "Java 17") || !doctor::has(layout, "Maven") {
            return Ok(None);
        }
        match Self::start(layout) {
            Err(error) if !doctor::must_not_skip() => {
                eprintln!("    no real Kafka: {error:#}");
                Ok(None)
            }
            started => started.map(Some),
        }
    }

    /// Fetches the jars if they are not there, formats storage, starts the broker, waits until it answers.
    fn start(layout: &Layout) -> Result<Self> {
        let jars = jars(layout)?;
        let directory = TempDir::with_prefix("cofferdam-kafka-").context("cannot make a directory for Kafka")?;
        let (port, controller) = free_ports()?;
        let properties = directory.path().join("server.properties");
        fs::write(&properties, settings(port, controller, directory.path()))
            .with_context(|| format!("cannot write {}", properties.display()))?;
        let log4j = directory.path().join("log4j2.properties");
        fs::write(&log4j, LOG4J).with_context(|| format!("cannot write {}", log4j.display()))?;
        let java = |class: &str| {
            let mut command = tied("java", "KILL");
            command.args(JVM).arg(format!("-Dlog4j2.configurationFile={}", log4j.display()));
            command.arg("-cp").arg(jars.join("*")).arg(class).stdin(Stdio::null());
            command
        };
        let mut format = java("kafka.tools.StorageTool");
        format.args(["format", "-t", "cofferdam-test-cluster", "-c"]).arg(&properties);
        let formatted = format.output().context("cannot run java")?;
        if !formatted.status.success() {
            bail!("formatting Kafka's storage failed: {}", String::from_utf8_lossy(&formatted.stderr));
        }
        let log = directory.path().join("broker.log");
        let file = File::create(&log).with_context(|| format!("cannot create {}", log.display()))?;
        let errors = file.try_clone().context("cannot share Kafka's log")?;
        let child = java("kafka.Kafka").arg(&properties).stdout(file).stderr(errors).spawn();
        let mut kafka = Self { child: child.context("cannot start Kafka")?, port, jars, _directory: directory };
        kafka.wait_until_ready(&log)?;
        Ok(kafka)
    }

    /// `host:port`.
    pub fn bootstrap(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Tells a command where the broker and the jars are.
    pub fn tell(&self, command: &mut Command) {
        command.env("COFFERDAM_TEST_KAFKA", self.bootstrap()).env("COFFERDAM_TEST_KAFKA_JARS", &self.jars);
    }

    fn wait_until_ready(&mut self, log: &Path) -> Result<()> {
        let address = SocketAddr::from(([127, 0, 0, 1], self.port));
        let deadline = Instant::now() + READY;
        while TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err() {
            let ended = self.child.try_wait().context("cannot tell whether Kafka runs")?;
            if ended.is_some() || Instant::now() > deadline {
                let text = fs::read_to_string(log).unwrap_or_default();
                bail!("Kafka did not start (exit {ended:?}):\n{text}");
            }
            std::thread::park_timeout(Duration::from_millis(100));
        }
        Ok(())
    }
}

impl Drop for Kafka {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const LOG4J: &str = "status=ERROR\nappender.c.type=Console\nappender.c.name=C\nappender.c.layout.type=PatternLayout\n\
                     appender.c.layout.pattern=[%d] %p %m (%c)%n\nrootLogger.level=WARN\nrootLogger.appenderRef.c.ref=C\n";

fn settings(port: u16, controller: u16, directory: &Path) -> String {
    format!(
        "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:{controller}\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{port}\ncontroller.listener.names=CONTROLLER\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
         inter.broker.listener.name=PLAINTEXT\nlog.dirs={}/data\nnum.partitions=1\nlog.segment.delete.delay.ms=1000\n\
         default.replication.factor=1\noffsets.topic.replication.factor=1\noffsets.topic.num.partitions=4\n\
         transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n\
         group.initial.rebalance.delay.ms=0\n",
        directory.display()
    )
}

/// Two ports that were free a moment ago.
fn free_ports() -> Result<(u16, u16)> {
    let listen = || TcpListener::bind(("127.0.0.1", 0)).context("no free port");
    let port = |listener: &TcpListener| Ok::<_, anyhow::Error>(listener.local_addr().context("no free port")?.port());
    let (one, other) = (listen()?, listen()?);
    Ok((port(&one)?, port(&other)?))
}

/// Fetches Kafka's jars into the target directory, once per version of `tests/pom.xml`.
fn jars(layout: &Layout) -> Result<PathBuf> {
    let pom = layout.root.join("tests/pom.xml");
    let text = fs::read(&pom).with_context(|| format!("cannot read {}", pom.display()))?;
    let hash = blake3::hash(&text).to_hex();
    let jars = layout.target.join("kafka").join(hash.as_str());
    let complete = jars.join(".complete");
    if complete.exists() {
        return Ok(jars);
    }
    eprintln!("==> fetching Apache Kafka for the tests (about a minute)");
    let output = Command::new("mvn")
        .args(["-q", "-B", "-f"])
        .arg(&pom)
        .arg("dependency:copy-dependencies")
        .arg(format!("-DoutputDirectory={}", jars.display()))
        .output()
        .context("cannot run mvn")?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        bail!("mvn cannot fetch Apache Kafka: {}", String::from_utf8_lossy(&said));
    }
    fs::write(&complete, "").with_context(|| format!("cannot write {}", complete.display()))?;
    Ok(jars)
}
