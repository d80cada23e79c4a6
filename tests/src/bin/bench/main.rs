//! `./x bench`: the whole path beside its bare twins, alternating, counted at the far end.
//!
//! `bench BOOTSTRAP STREAM RESULTS [--full] [--only TEXT]`, run by `./x bench`, which starts the stream and names the directory for
//! raw results. Nothing is judged here: bad rows are printed like good ones.

mod load;

use cofferdam_tests::{
    Server, ServerBuilder, cpu_seconds, delete_topics, fixture, peak_rss_kib, plugin, records_in, rss_kib,
    wait_for_within,
};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Offset, TopicPartitionList};
use serde_json::json;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// How long a single run may take.
const LIMIT: Duration = Duration::from_secs(300);
/// A, B, B, A, three times.
const ROUNDS: usize = 3;

struct Measured {
    seconds: f64,
    cpu: f64,
    peak_kib: u64,
}

struct Bench {
    bootstrap: String,
    raw: String,
    run: usize,
}

struct Row {
    name: &'static str,
    topics: usize,
    size: usize,
    count: u64,
    full: bool,
}

const SOURCES: [Row; 4] = [
    Row { name: "source 100 B", topics: 1, size: 100, count: 12_000_000, full: false },
    Row { name: "source 1 KB", topics: 1, size: 1000, count: 2_000_000, full: false },
    Row { name: "source 100 B, 5 topics", topics: 5, size: 100, count: 12_000_000, full: true },
    Row { name: "source 1 KB, 5 topics", topics: 5, size: 1000, count: 2_000_000, full: true },
];
const SINKS: [Row; 2] = [
    Row { name: "sink 100 B", topics: 1, size: 100, count: 10_000_000, full: false },
    Row { name: "sink 1 KB", topics: 1, size: 1000, count: 2_000_000, full: true },
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [bootstrap, stream, results, rest @ ..] = arguments.as_slice() else {
        eprintln!("usage: bench BOOTSTRAP STREAM RESULTS [--full] [--only TEXT]");
        std::process::exit(1);
    };
    let full = rest.iter().any(|argument| argument == "--full");
    let only = rest.iter().skip_while(|argument| *argument != "--only").nth(1).map(String::as_str).unwrap_or_default();
    // `embedded`: a worker of ours holds the stream for all the others.
    let holder = (bootstrap == "embedded").then(|| ServerBuilder::new().start());
    let bootstrap = holder.as_ref().map_or_else(|| bootstrap.clone(), Server::bootstrap);
    let raw = "row,variant,run,records,seconds,records_per_second,cpu_seconds_per_million,peak_rss_mib\n".to_owned();
    let mut bench = Bench { bootstrap, raw, run: 0 };
    println!("stream: {stream}");
    let wanted = |row: &&Row| (full || !row.full) && row.name.contains(only);
    SOURCES.iter().filter(wanted).for_each(|row| bench.source(row));
    SINKS.iter().filter(wanted).for_each(|row| bench.sink(row));
    if "start and idle".contains(only) {
        bench.start_and_idle();
    }
    if "REST load".contains(only) {
        bench.rest_load();
    }
    let results = PathBuf::from(results);
    std::fs::create_dir_all(&results).expect("the directory for results");
    std::fs::write(results.join("raw.csv"), &bench.raw).expect("writing raw results");
    std::fs::write(results.join("MACHINE.md"), machine(stream)).expect("writing the machine's description");
    println!("raw results: {}", results.display());
}

impl Bench {
    fn source(&mut self, row: &Row) {
        let mut ours = Vec::new();
        let mut bare = Vec::new();
        for variant in alternating(&["whole path", "bare producer"]) {
            self.run += 1;
            let topics = self.fresh_topics(row.topics);
            let measured = if variant == "whole path" {
                self.whole_source(row, &topics)
            } else {
                self.bare("produce", row, &topics)
            };
            let counted: u64 = topics.iter().map(|topic| records_in(&self.bootstrap, topic)).sum();
            assert_eq!(counted, row.count, "records at the far end of {} ({variant})", row.name);
            delete_topics(&self.bootstrap, &topics);
            self.note(row, variant, &measured);
            if variant == "whole path" { &mut ours } else { &mut bare }.push(measured);
        }
        print_row(row, "whole path", &ours, &[("bare producer", &bare)]);
    }

    fn sink(&mut self, row: &Row) {
        self.run += 1;
        let topic = self.fresh_topics(1).remove(0);
        self.bare("produce", row, std::slice::from_ref(&topic));
        let variants = ["whole path", "bare poll", "bare batch queue"];
        let mut measured: Vec<Vec<Measured>> = vec![vec![], vec![], vec![]];
        for variant in alternating(&variants) {
            self.run += 1;
            let topics = std::slice::from_ref(&topic);
            let one = match variant {
                "whole path" => self.whole_sink(row, &topic),
                "bare poll" => self.bare("poll", row, topics),
                _ => self.bare("batch", row, topics),
            };
            self.note(row, variant, &one);
            let index = variants.iter().position(|known| *known == variant).expect("a variant");
            measured[index].push(one);
        }
        delete_topics(&self.bootstrap, &[topic]);
        print_row(row, "whole path", &measured[0], &[("bare poll", &measured[1]), ("bare batch queue", &measured[2])]);
    }

    fn fresh_topics(&self, count: usize) -> Vec<String> {
        let mut topics = Vec::new();
        for index in 0..count {
            let topic = format!("bench-{}-{}-{index}", std::process::id(), self.run);
            cofferdam_tests::create_topic(&self.bootstrap, &topic);
            topics.push(topic);
        }
        topics
    }

    fn bare(&self, what: &str, row: &Row, topics: &[String]) -> Measured {
        let program = std::env::current_exe().expect("this program").with_file_name("bare");
        let arguments =
            [what.to_owned(), self.bootstrap.clone(), topics.join(","), row.count.to_string(), row.size.to_string()];
        let output = Command::new(program).args(arguments).output().expect("running the bare twin");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let line = String::from_utf8_lossy(&output.stdout).into_owned();
        let numbers: Vec<f64> = line.split_whitespace().map(|number| number.parse().expect("a number")).collect();
        Measured { seconds: numbers[0], cpu: numbers[1], peak_kib: numbers[2] as u64 }
    }

    fn worker(&self) -> Server {
        let bytes = "org.apache.kafka.connect.converters.ByteArrayConverter";
        let builder = ServerBuilder::new().set("bootstrap.servers", &self.bootstrap).set("value.converter", bytes);
        builder.install(&fixture("bench-source")).install(&fixture("bench-sink")).start()
    }

    fn whole_source(&self, row: &Row, topics: &[String]) -> Measured {
        let server = self.worker();
        server.rest.wait_for_class("org.cofferdam.fixtures.GeneratorSource");
        let (begin, pid) = (Instant::now(), server.pid().to_string());
        let before = cpu_seconds(&pid);
        server.rest.create(
            "bench",
            json!({"connector.class": "org.cofferdam.fixtures.GeneratorSource", "topics": topics.join(","),
                   "count": row.count.to_string(), "size": row.size.to_string(), "records": "10000"}),
        );
        wait_for_within(LIMIT, "all records in the topics", || {
            let counted: u64 = topics.iter().map(|topic| records_in(&self.bootstrap, topic)).sum();
            if counted >= row.count { Ok(()) } else { Err((counted, server.rest.task("bench", 0))) }
        });
        finish(&server, begin, before)
    }

    fn whole_sink(&self, row: &Row, topic: &str) -> Measured {
        let server = self.worker();
        server.rest.wait_for_class("org.cofferdam.fixtures.DiscardSink");
        let name = format!("bench-{}-{}", std::process::id(), self.run);
        let (begin, pid) = (Instant::now(), server.pid().to_string());
        let before = cpu_seconds(&pid);
        server.rest.create(&name, json!({"connector.class": "org.cofferdam.fixtures.DiscardSink", "topics": topic}));
        let group: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", &self.bootstrap)
            .set("group.id", format!("connect-{name}"))
            .create()
            .expect("a consumer");
        let mut partitions = TopicPartitionList::new();
        partitions.add_partition(topic, 0);
        wait_for_within(LIMIT, "all records committed by the sink", || {
            let committed =
                group.committed_offsets(partitions.clone(), Duration::from_secs(10)).expect("committed offsets");
            match committed.elements()[0].offset() {
                Offset::Offset(offset) if offset as u64 >= row.count => Ok(()),
                other => Err((other, server.rest.task(&name, 0))),
            }
        });
        finish(&server, begin, before)
    }

    fn note(&mut self, row: &Row, variant: &str, measured: &Measured) {
        let Measured { seconds, cpu, peak_kib } = measured;
        let millions = row.count as f64 / 1e6;
        let (run, count, rate) = (self.run, row.count, row.count as f64 / seconds);
        let line = format!(
            "{},{variant},{run},{count},{seconds:.3},{rate:.0},{:.4},{:.1}",
            row.name.replace(',', ""),
            cpu / millions,
            *peak_kib as f64 / 1024.0
        );
        eprintln!("    {line}");
        writeln!(self.raw, "{line}").expect("writing to a string");
    }

    /// Start to the first REST answer, memory at rest, and with a thousand idle source tasks.
    fn start_and_idle(&mut self) {
        let plugins = [plugin("file-source"), plugin("file-sink")];
        for (name, bootstrap) in
            [("embedded stream off", self.bootstrap.clone()), ("embedded stream on", "embedded".to_owned())]
        {
            let mut starts = Vec::new();
            let mut idle = Vec::new();
            for _ in 0..5 {
                let builder = plugins.iter().fold(ServerBuilder::new(), |builder, plugin| builder.install(plugin));
                let begin = Instant::now();
                let server = builder.set("bootstrap.servers", &bootstrap).start();
                assert_eq!(server.rest.get("/").status, 200);
                starts.push(begin.elapsed().as_secs_f64());
                server.rest.wait_for_class("org.apache.kafka.connect.file.FileStreamSinkConnector");
                idle.push(rss_kib(&server.pid().to_string()) as f64 / 1024.0);
            }
            println!(
                "{name}: start to first REST answer {:.3} s, idle {:.1} MiB (medians of 5)",
                median(&starts),
                median(&idle)
            );
            for (start, idle) in starts.iter().zip(&idle) {
                writeln!(self.raw, "start and idle {name},whole path,0,0,{start:.3},0,0,{idle:.1}")
                    .expect("writing to a string");
            }
        }
        self.hot_plug();
        self.thousand_tasks();
    }

    /// A component that was compiled before, from its appearance in the plugin directory of a running worker until it
    /// is listed.
    fn hot_plug(&mut self) {
        let mut times = Vec::new();
        for _ in 0..5 {
            let server = ServerBuilder::new().set("bootstrap.servers", &self.bootstrap).start();
            let begin = Instant::now();
            server.install(&plugin("file-sink"));
            server.rest.wait_for_class("org.apache.kafka.connect.file.FileStreamSinkConnector");
            times.push(begin.elapsed().as_secs_f64());
        }
        println!("a plugin dropped into plugin.path is listed after {:.3} s (median of 5)", median(&times));
        for time in &times {
            writeln!(self.raw, "a plugin that appears is listed,whole path,0,0,{time:.3},0,0,0")
                .expect("writing to a string");
        }
    }

    fn thousand_tasks(&mut self) {
        let server = self.worker();
        server.rest.wait_for_class("org.cofferdam.fixtures.IdleSource");
        let pid = server.pid().to_string();
        let before = rss_kib(&pid);
        let begin = Instant::now();
        for number in 0..1000 {
            server
                .rest
                .create(&format!("idle-{number}"), json!({"connector.class": "org.cofferdam.fixtures.IdleSource"}));
        }
        for number in 0..1000 {
            server.rest.wait_for_task(&format!("idle-{number}"), 0, "RUNNING");
        }
        let seconds = begin.elapsed().as_secs_f64();
        let cpu = cpu_seconds(&pid);
        let watched = Instant::now();
        while watched.elapsed() < Duration::from_secs(5) {
            std::thread::park_timeout(Duration::from_secs(1));
        }
        let load = (cpu_seconds(&pid) - cpu) / watched.elapsed().as_secs_f64();
        let mib = (rss_kib(&pid).saturating_sub(before)) as f64 / 1024.0;
        println!(
            "1,000 idle source tasks: running after {seconds:.1} s, {mib:.0} MiB more, {:.1} % of a core",
            load * 100.0
        );
        writeln!(self.raw, "1000 idle source tasks,whole path,0,1000,{seconds:.3},0,{load:.4},{mib:.1}")
            .expect("writing to a string");
    }
}

fn finish(server: &Server, begin: Instant, before: f64) -> Measured {
    let seconds = begin.elapsed().as_secs_f64();
    let pid = server.pid().to_string();
    Measured { seconds, cpu: cpu_seconds(&pid) - before, peak_kib: peak_rss_kib(&pid) }
}

/// A B C C B A, as often as there are rounds.
fn alternating<'a>(variants: &[&'a str]) -> Vec<&'a str> {
    let round: Vec<_> = variants.iter().chain(variants.iter().rev()).copied().collect();
    round.repeat(ROUNDS)
}

fn print_row(row: &Row, name: &str, ours: &[Measured], twins: &[(&str, &[Measured])]) {
    let million = row.count as f64 / 1e6;
    let rate = |runs: &[Measured]| median(&runs.iter().map(|run| row.count as f64 / run.seconds).collect::<Vec<_>>());
    let cpu = |runs: &[Measured]| median(&runs.iter().map(|run| run.cpu / million).collect::<Vec<_>>());
    let peak = |runs: &[Measured]| median(&runs.iter().map(|run| run.peak_kib as f64 / 1024.0).collect::<Vec<_>>());
    println!(
        "{}: {name} {:.0} records/s, {:.3} CPU s per million, peak {:.0} MiB",
        row.name,
        rate(ours),
        cpu(ours),
        peak(ours)
    );
    for (twin, runs) in twins {
        let (r, c) = (rate(ours) / rate(runs), cpu(ours) / cpu(runs));
        let (records, seconds, mib) = (rate(runs), cpu(runs), peak(runs));
        println!(
            "    {twin} {records:.0} records/s, {seconds:.3} CPU s per million, peak {mib:.0} MiB; ratio: {r:.2} of its rate, {c:.2} of its CPU"
        );
    }
}

fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn machine(stream: &str) -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find(|line| line.starts_with("model name")).unwrap_or("model name: unknown").to_owned();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = memory.lines().next().unwrap_or_default().to_owned();
    format!(
        "# The machine\n\n- {model}\n- cores: {cores}\n- {memory}\n- stream: {stream}, on the same machine\n- profile: dev, dependencies optimised\n"
    )
}
