//! kill -9 in the middle of a million lines: nothing is lost, at ten random moments.

use cofferdam_tests::{RealKafka, ServerBuilder, judge, last_line, wait_for, wait_for_within, write_lines};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::json;
use std::time::Duration;

const LINES: usize = 1_000_000;
const KILLS: usize = 10;

#[test]
fn ten_kills_on_the_embedded_stream_lose_nothing() {
    ten_kills(ServerBuilder::new());
}

#[test]
fn ten_kills_on_real_kafka_lose_nothing() {
    if let Some(bootstrap) = RealKafka::bootstrap("kill::ten_kills_on_real_kafka_lose_nothing") {
        ten_kills(ServerBuilder::new().set("bootstrap.servers", &bootstrap));
    }
}

fn ten_kills(builder: ServerBuilder) {
    let seed = std::env::var("COFFERDAM_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or_else(|| rand::rng().random());
    println!("seed {seed} (COFFERDAM_TEST_SEED repeats it)");
    let mut random = StdRng::seed_from_u64(seed);
    let mut moments: Vec<usize> = (0..KILLS).map(|_| random.random_range(1..LINES / 2)).collect();
    moments.sort_unstable();

    let mut builder = builder.file_plugins();
    let (input, output) = (builder.path("data/in.txt"), builder.path("data/out.txt"));
    write_lines(&input, LINES);
    let topic = format!("lines-{seed}");
    let start = |builder: ServerBuilder| {
        let server = builder.start();
        server.rest.create(
            &format!("sink-{seed}"),
            json!({"connector.class": "FileStreamSink", "topics": topic, "file": "data/out.txt",
                   "consumer.override.session.timeout.ms": "6000", "consumer.override.heartbeat.interval.ms": "500"}),
        );
        let source = json!({"connector.class": "FileStreamSource", "topic": topic, "file": "data/in.txt"});
        server.rest.create(&format!("source-{seed}"), source);
        server
    };
    for moment in moments {
        let server = start(builder);
        let reached = wait_for(&format!("line {moment} at the far end"), || match last_line(&output) {
            Some(last) if last >= moment => Ok(last),
            other => Err(other),
        });
        builder = server.kill();
        assert!(reached < LINES - 1, "the kill at {moment} came after the last record");
    }
    let server = start(builder);
    wait_for_within(Duration::from_secs(180), "the last line at the far end", || match last_line(&output) {
        Some(last) if last == LINES - 1 => Ok(()),
        other => Err(other),
    });
    let (status, _directory) = server.stop();
    assert!(status.success(), "{status}");
    let verdict = judge(&output, LINES);
    println!("{KILLS} kills: {} doubled, {} torn", verdict.doubled, verdict.torn.len());
    assert_eq!(verdict.missing, [] as [usize; 0], "seed {seed}");
    assert!(verdict.torn.len() <= KILLS, "seed {seed}: torn only where a kill happened: {:?}", verdict.torn);
}
