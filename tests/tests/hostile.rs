//! Every limit has a hostile guest that tries to break it: the task is FAILED with the right cause, the worker answers,
//! and a neighbour loses nothing (sandbox.md's promise: the worst that a plugin can do is fail itself).

use cofferdam_tests::{NEIGHBOUR_TOPIC, Neighbour, Server, ServerBuilder, fixture, wait_for};
use serde_json::{Value, json};
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::{Duration, Instant};

const SOURCE: &str = "org.cofferdam.fixtures.HostileSource";
const SINK: &str = "org.cofferdam.fixtures.HostileSink";
/// A failure shows within so long after its deadline.
const SOON: Duration = Duration::from_secs(2);

fn builder() -> ServerBuilder {
    ServerBuilder::new()
        .set("sandbox.call.cpu.ms", "1000")
        .set("sandbox.call.timeout.ms", "3000")
        .file_plugins()
        .install(&fixture("hostile-source"))
        .install(&fixture("hostile-sink"))
}

fn config(class: &str, mode: &str, more: &[(&str, &str)]) -> Value {
    let mut config = json!({"connector.class": class, "mode": mode});
    if class == SINK {
        config["topics"] = json!(NEIGHBOUR_TOPIC);
    }
    for (key, value) in more {
        config[*key] = json!(value);
    }
    config
}

/// Runs one hostile task beside the neighbour and insists on its end: FAILED, for this reason, in time.
fn fails(server: &Server, class: &str, mode: &str, more: &[(&str, &str)], deadline: Duration, causes: &[&str]) {
    let neighbour = Neighbour::start(server);
    let begin = Instant::now();
    server.rest.create("hostile", config(class, mode, more));
    let trace = server.rest.wait_for_task("hostile", 0, "FAILED");
    let took = begin.elapsed();
    for cause in causes {
        assert!(trace.contains(cause), "{mode}: expected {cause:?} in the trace:\n{trace}");
    }
    assert!(took < deadline + SOON, "{mode}: FAILED only after {took:?}");
    assert_eq!(server.rest.get("/").status, 200);
    neighbour.lost_nothing();
}

macro_rules! hostile {
    ($($name:ident: $class:ident $mode:literal $more:expr, $deadline:literal s => $causes:expr;)*) => { $(
        #[test]
        fn $name() {
            fails(&builder().start(), $class, $mode, &$more, Duration::from_secs($deadline), &$causes);
        }
    )* };
}

hostile! {
    a_trap_in_put: SINK "trap-in-put" [], 1 s => ["guest trapped: wasm `unreachable` instruction executed in put"];
    a_panic_in_start: SOURCE "panic-in-start" [], 1 s => ["start failed: guest trapped", "backtrace of the guest"];
    an_endless_loop_in_poll: SOURCE "loop-in-poll" [], 1 s => ["poll did not return within 1 s of computing (sandbox.call.cpu.ms)"];
    an_endless_wait: SOURCE "waiter" [], 3 s => ["poll did not return within 3 s (sandbox.call.timeout.ms)"];
    a_memory_hog: SOURCE "memory-hog" [], 2 s => ["memory limit of 64 MiB exceeded while growing to"];
    // Rust keeps frames in linear memory: that stack ends first. The wasm stack's own end is tested in cofferdam-wasm.
    unbounded_recursion: SOURCE "recursion" [], 1 s => ["guest trapped: ", "recurse"];
    a_batch_that_is_too_large: SOURCE "batch-too-large" [("bytes", "20971520"), ("sandbox.memory.default.bytes", "268435456")],
        1 s => ["sandbox.batch.max.bytes (16777216)"];
    a_list_that_claims_4_gib: SOURCE "huge-list" [], 1 s => ["list pointer/length out of bounds of memory in poll"];
    // WASI 0.2 tells success and failure apart, not codes: 3 arrives as 1.
    exit_3: SOURCE "exit-3" [], 1 s => ["guest called exit(1) in poll"];
}

/// A guest that misbehaves while its configuration is validated is an error of that request alone: others are answered
/// meanwhile, and nothing is created.
#[test]
fn validation_fails_alone() {
    let server = builder().start();
    let neighbour = Neighbour::start(&server);
    let path = "/connector-plugins/HostileSource/config/validate";
    let modes = [
        ("trap-in-validate", "guest trapped: wasm `unreachable` instruction executed in validate"),
        ("loop-in-validate", "validate did not return within 1 s of computing (sandbox.call.cpu.ms)"),
        ("wait-in-validate", "validate did not return within 3 s (sandbox.call.timeout.ms)"),
        ("memory-hog-in-validate", "memory limit of 64 MiB exceeded while growing to"),
    ];
    for (mode, cause) in modes {
        let mut asked = config(SOURCE, mode, &[]);
        asked["name"] = json!("hostile");
        let begin = Instant::now();
        let answer = std::thread::scope(|scope| {
            let hostile = scope.spawn(|| server.rest.put(path, &asked));
            let begin = Instant::now();
            assert_eq!(server.rest.put(path, &config(SOURCE, "none", &[("name", "honest")])).status, 200);
            assert!(begin.elapsed() < Duration::from_secs(1), "{mode}: another request took {:?}", begin.elapsed());
            hostile.join().unwrap()
        });
        let expected = format!("org.apache.kafka.connect.errors.ConnectException: {cause}");
        assert_eq!(answer.status, 500, "{mode}: {}", answer.message());
        assert!(answer.message().starts_with(&expected), "{mode}: {}", answer.message());
        assert!(begin.elapsed() < Duration::from_secs(3) + SOON, "{mode}: answered only after {:?}", begin.elapsed());
        let created = server.rest.post("/connectors", &json!({"name": "hostile", "config": asked}));
        assert_eq!(created.status, 500, "{mode}");
        assert!(created.message().starts_with(cause), "{mode}: {}", created.message());
        assert_eq!(server.rest.get("/connectors/hostile").status, 404, "{mode}");
    }
    neighbour.lost_nothing();
}

/// A guest that leaks slowly is replaced before it hits its limit; nothing is lost.
#[test]
fn a_slow_leak_is_recycled() {
    let server = builder().start();
    let neighbour = Neighbour::start(&server);
    server
        .rest
        .create("leak", config(SOURCE, "slow-leak", &[("leak", "1048576"), ("topic", "leaked"), ("records", "10")]));
    server.wait_for_log(&["instance has grown, replaced by a fresh one", "leak-0"]);
    server.rest.create("leaky-sink", config(SINK, "slow-leak", &[("leak", "4194304")]));
    server.wait_for_log(&["instance has grown, replaced by a fresh one", "leaky-sink-0"]);
    assert_eq!(server.rest.task("leak", 0).0, "RUNNING", "{:?}", server.rest.task("leak", 0));
    assert_eq!(server.rest.task("leaky-sink", 0).0, "RUNNING", "{:?}", server.rest.task("leaky-sink", 0));
    assert_eq!(server.rest.put_empty("/connectors/leak/pause").status, 202);
    server.rest.wait_for_task("leak", 0, "PAUSED");
    let values = cofferdam_tests::records(&server.bootstrap(), "leaked");
    assert!(values.len() > 500, "only {} records", values.len());
    let mut numbers: Vec<u64> = values.iter().map(|value| number(value)).collect();
    numbers.dedup();
    assert_eq!(numbers, (0..values.len() as u64).collect::<Vec<_>>(), "a record is missing or doubled");
    neighbour.lost_nothing();
}

fn number(value: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(value);
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("no number in {text:?}"))
}

/// A flood of log lines is cut, counted, and told.
#[test]
fn a_log_flood_is_cut() {
    let server = builder().start();
    let neighbour = Neighbour::start(&server);
    server.rest.create("flood", config(SOURCE, "log-flood", &[]));
    server.wait_for_log(&["flood", "dropped"]);
    neighbour.lost_nothing();
    let lines = server.log().lines().filter(|line| line.contains("flood ")).count();
    assert!(lines < 20_000, "{lines} lines got through");
}

/// Empty polls, requests for commits and for further puts cannot spin the host: it calls a few times a second.
#[test]
fn storms_of_calls_are_calmed() {
    for (class, mode) in [(SOURCE, "empty-poll-storm"), (SINK, "request-commit-storm"), (SINK, "again-storm")] {
        let server = builder().start();
        let neighbour = Neighbour::start(&server);
        let begin = Instant::now();
        server.rest.create("storm", config(class, mode, &[]));
        server.rest.wait_for_task("storm", 0, "RUNNING");
        neighbour.lost_nothing();
        assert_eq!(server.rest.task("storm", 0).0, "RUNNING");
        assert_eq!(server.rest.delete("/connectors/storm").status, 204);
        let line = server.wait_for_log(&["hostile guest was called"]);
        let seconds = begin.elapsed().as_secs() + 1;
        let calls =
            number(line.split("was called").nth(1).unwrap_or_default().split("times").next().unwrap().as_bytes());
        // Of a sink: batches of the neighbour's records, and commits ten times a second.
        assert!(calls < 200 + 200 * seconds, "{mode}: {calls} calls in {seconds} s");
    }
}

/// Batches that contradict themselves: each is found before anything of it is used.
#[test]
fn every_lie_is_found() {
    let server = builder().start();
    let neighbour = Neighbour::start(&server);
    for (lie, cause) in [
        ("ends-descending", "`ends` at index 1"),
        ("ends-beyond", "bytes of data"),
        ("ends-trailing", "the last cell ends at"),
        ("bad-utf8", "cell 0 of kind 2 is not UTF-8"),
        ("split-utf8", "is not UTF-8"),
        ("bad-json", "JSON"),
        ("wrong-kinds", "`kinds` has 11 entries for 10 cells"),
        ("unknown-kind", "unknown kind 99"),
        ("wrong-width", "of kind 5 has 10 bytes, expected 8"),
        ("wrong-lengths", "`timestamps` has 3 entries for 10 records"),
        ("wrong-topic-of", "points past the end of its table"),
        ("empty-topic", "topic"),
        ("wrong-partitions", "`partitions` at index 0 is -2"),
        ("wrong-keys", "`keys` has 9 cells, expected 10"),
        ("wrong-header-counts", "`headers.counts` sum up to 50"),
        ("unknown-schema", "schema 4711, which this instance was never given"),
        ("nested-partition", "may only contain primitive types"),
        ("partition-no-json", "is not a JSON object"),
        ("offset-no-json", "is not a JSON object"),
        ("no-position", "no position of source partition"),
        ("place-beyond", "which is not in the batch"),
        ("boundary-beyond", "boundaries"),
        ("huge-list", "out of bounds"),
        ("aliased-lists", "sandbox.batch.max.bytes"),
        ("too-many-records", "batch of 20000 records exceeds sandbox.batch.max.records (10000)"),
        ("record-too-large", "sandbox.batch.max.bytes"),
    ] {
        let more = [
            ("sandbox.memory.default.bytes", "134217728"),
            ("value.converter", "org.apache.kafka.connect.json.JsonConverter"),
        ];
        server.rest.create(lie, config(SOURCE, lie, &more));
        let trace = server.rest.wait_for_task(lie, 0, "FAILED");
        assert!(trace.contains(cause), "{lie}: expected {cause:?} in the trace:\n{trace}");
        assert_eq!(server.rest.delete(&format!("/connectors/{lie}")).status, 204);
    }
    assert_eq!(cofferdam_tests::records(&server.bootstrap(), "hostile"), Vec::<Vec<u8>>::new());
    neighbour.lost_nothing();
}

/// What only a sink can get wrong. None of it reaches beyond its own partitions.
#[test]
fn a_sink_speaks_for_its_own_records_only() {
    let server = builder().start();
    let neighbour = Neighbour::start(&server);
    for (mode, state, told) in [
        ("reject-all", "FAILED", "this sink rejects everything"),
        ("reject-foreign", "FAILED", "foreign"),
        ("seek-foreign", "FAILED", "foreign"),
        ("commit-beyond", "RUNNING", "ignored an offset of pre-commit"),
        ("buffer-forever", "RUNNING", "hostile sink starts"),
        ("retry-twice", "RUNNING", "put is to be tried again"),
    ] {
        server.rest.create(mode, config(SINK, mode, &[]));
        let trace = server.rest.wait_for_task(mode, 0, state);
        match state {
            "FAILED" => assert!(trace.contains(told), "{mode}: expected {told:?} in the trace:\n{trace}"),
            _ => drop(server.wait_for_log(&[told, mode])),
        }
    }
    neighbour.lost_nothing();
}

/// Twenty guests that compute all the time, and one that waits for records beside them.
#[test]
fn twenty_spinners_do_not_starve_a_neighbour() {
    let server = builder().set("sandbox.call.cpu.ms", "60000").set("sandbox.call.timeout.ms", "240000").start();
    let neighbour = Neighbour::start(&server);
    for number in 0..20 {
        server.rest.create(&format!("spinner-{number}"), config(SOURCE, "spinner", &[("polite", "true")]));
    }
    for number in 0..20 {
        server.rest.wait_for_task(&format!("spinner-{number}"), 0, "RUNNING");
    }
    let begin = Instant::now();
    assert_eq!(server.rest.get("/connectors").status, 200);
    assert!(begin.elapsed() < Duration::from_secs(10), "REST answered after {:?}", begin.elapsed());
    neighbour.lost_nothing();
    for number in 0..20 {
        assert_eq!(server.rest.task(&format!("spinner-{number}"), 0).0, "RUNNING");
    }
}

/// Each within its own limit, together over the total: growth is refused, and the key is named.
#[test]
fn fifty_guests_cannot_exceed_the_total() {
    let server = builder().set("sandbox.memory.total.bytes", "402653184").start();
    let neighbour = Neighbour::start(&server);
    let key = "sandbox.memory.total.bytes";
    for number in 0..50 {
        let hog = config(SOURCE, "slow-leak", &[("leak", "1048576")]);
        let answer = server.rest.post("/connectors", &json!({"name": format!("hog-{number}"), "config": hog}));
        assert!(answer.status == 201 || answer.message().contains(key), "{}", answer.text);
    }
    wait_for("guests to be refused memory", || {
        let tasks: Vec<_> = (0..50).map(|number| server.rest.task(&format!("hog-{number}"), 0)).collect();
        let failed: Vec<_> = tasks.iter().filter(|(state, _)| state == "FAILED").collect();
        assert!(failed.iter().all(|(_, trace)| trace.contains(key)), "{failed:?}");
        if failed.is_empty() { Err(tasks) } else { Ok(()) }
    });
    assert_eq!(server.rest.get("/").status, 200);
    // Some may not even have been created: validating them takes memory too.
    let names = server.rest.get("/connectors").json();
    for name in names.as_array().into_iter().flatten().filter_map(Value::as_str).filter(|name| name.starts_with("hog-"))
    {
        assert_eq!(server.rest.delete(&format!("/connectors/{name}")).status, 204, "{name}");
    }
    neighbour.lost_nothing();
}

/// What a guest meets that reaches beyond its grant. None may get through.
#[test]
fn nothing_beyond_the_grant_can_be_reached() {
    let server = builder().set("sandbox.fs.allow", "data:rw,data/readonly:ro").start();
    let neighbour = Neighbour::start(&server);
    let secret = "the secret";
    std::fs::create_dir(server.path("data/granted")).unwrap();
    std::fs::write(server.path("data/granted/in.txt"), "granted\n").unwrap();
    std::fs::write(server.path("data/granted/sibling.txt"), secret).unwrap();
    std::fs::write(server.path("data/outside.txt"), secret).unwrap();
    symlink("../outside.txt", server.path("data/granted/link")).unwrap();
    symlink("../outside.txt", server.path("data/granted/linked-in.txt")).unwrap();
    let made = Command::new("mkfifo").arg(server.path("data/granted/fifo")).status().unwrap();
    assert!(made.success());
    let probes = [
        ("read-sibling", "data/granted/in.txt"),
        ("stat-sibling", "data/granted/in.txt"),
        ("read-outside", "data/granted/in.txt"),
        ("dotdot", "data/granted/in.txt"),
        ("symlink-out", "data/granted/in.txt"),
        ("read", "data/granted/linked-in.txt"),
        ("read-fifo", "data/granted/fifo"),
        ("write-read-only", "data/granted/in.txt"),
        ("write-sibling", "data/granted/in.txt"),
        ("remove-sibling", "data/granted/in.txt"),
        ("truncate", "data/granted/in.txt"),
        ("hardlink", "data/granted/in.txt"),
        ("hardlink-away", "data/granted/in.txt"),
        ("rename-onto", "data/granted/in.txt"),
        ("rename-away", "data/granted/in.txt"),
        ("make-directory", "data/granted/in.txt"),
        ("environment", "data/granted/in.txt"),
        ("open-many", "data/granted/in.txt"),
        ("connect", "data/granted/in.txt"),
    ];
    for (number, (mode, file)) in probes.into_iter().enumerate() {
        let name = format!("probe-{number}");
        server.rest.create(&name, config(SOURCE, mode, &[("file", file)]));
        let trace = server.rest.wait_for_task(&name, 0, "FAILED");
        assert!(!trace.contains("succeeded") && !trace.contains(secret), "{mode} {file} got through: {trace}");
        assert!(!trace.contains("no such action"), "{mode} is no probe: {trace}");
    }
    assert_eq!(std::fs::read_to_string(server.path("data/granted/sibling.txt")).unwrap(), secret);
    assert_eq!(std::fs::read_to_string(server.path("data/granted/in.txt")).unwrap(), "granted\n");
    neighbour.lost_nothing();
}

/// The granted file itself can be read: the probes above fail for the right reason.
#[test]
fn the_granted_file_can_be_read() {
    let server = builder().start();
    std::fs::write(server.path("data/in.txt"), "granted\n").unwrap();
    server.rest.create("reader", config(SOURCE, "read", &[("file", "data/in.txt")]));
    let path = server.path("data/in.txt").canonicalize().unwrap();
    let expected = json!({"grants": [{"access": "read-file", "target": path}]});
    assert_eq!(server.rest.get("/cofferdam/connectors/reader/grants").json(), expected);
    let unknown = server.rest.get("/cofferdam/connectors/nobody/grants");
    assert_eq!((unknown.status, unknown.message().as_str()), (404, "Connector nobody not found"));
    let trace = server.rest.wait_for_task("reader", 0, "FAILED");
    assert!(trace.contains("succeeded, 8 bytes: granted"), "{trace}");
}
