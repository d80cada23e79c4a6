//! The main job: a file, a topic, another file.

use cofferdam_tests::{RealKafka, ServerBuilder, fixture, records, wait_for};
use serde_json::json;
use std::fs;

const STRING: &str = "org.apache.kafka.connect.storage.StringConverter";

/// Kafka's own sample files, with `plugin.path` and `sandbox.fs.allow` added, and local addresses.
#[test]
fn kafkas_sample_files_run_unchanged() {
    let json = "org.apache.kafka.connect.json.JsonConverter";
    let builder = ServerBuilder::new()
        .set("key.converter", json)
        .set("value.converter", json)
        .set("key.converter.schemas.enable", "true")
        .set("value.converter.schemas.enable", "true")
        .set("offset.flush.interval.ms", "10000")
        .set("sandbox.fs.allow", "test.txt:ro,test.sink.txt:rw")
        .file_plugins();
    let (source, sink) = (builder.path("connect-file-source.properties"), builder.path("connect-file-sink.properties"));
    fs::write(
        &source,
        "name=local-file-source\nconnector.class=FileStreamSource\ntasks.max=1\nfile=test.txt\ntopic=connect-test\n",
    )
    .unwrap();
    fs::write(
        &sink,
        "name=local-file-sink\nconnector.class=FileStreamSink\ntasks.max=1\nfile=test.sink.txt\ntopics=connect-test\n",
    )
    .unwrap();
    fs::write(builder.path("test.txt"), "foo\nbär\n\n").unwrap();
    let server = builder.connector_file(&source).connector_file(&sink).start();
    let output = server.path("test.sink.txt");
    wait_for("the lines at the far end", || match fs::read_to_string(&output) {
        Ok(text) if text == "foo\nbär\n\n" => Ok(()),
        other => Err(other),
    });
    let envelope = r#"{"schema":{"type":"string","optional":false},"payload":"foo"}"#;
    assert_eq!(String::from_utf8_lossy(&records(&server.bootstrap(), "connect-test")[0]), envelope);
    let (status, _) = server.stop();
    assert!(status.success(), "{status}");
}

/// Bytes pass as they are, from a guest that makes them to a file; text does not, as in Kafka.
#[test]
fn bytes_pass_as_they_are() {
    let bytes = "org.apache.kafka.connect.converters.ByteArrayConverter";
    let builder = ServerBuilder::new().set("value.converter", bytes).file_plugins();
    let server = builder.install(&fixture("bench-source")).start();
    let generator = "org.cofferdam.fixtures.GeneratorSource";
    let config = json!({"connector.class": generator, "topics": "bytes", "count": "3000", "size": "25"});
    server.rest.create("source", config);
    server.rest.create("sink", json!({"connector.class": "FileStreamSink", "topics": "bytes", "file": "data/out.txt"}));
    let expected: String = (0..3000).map(|number| format!("{number:020}xxxxx\n")).collect();
    let output = server.path("data/out.txt");
    wait_for("the values at the far end", || match fs::read_to_string(&output) {
        Ok(text) if text == expected => Ok(()),
        other => Err((other.map(|text| text.len()), server.rest.task("source", 0), server.rest.task("sink", 0))),
    });
    fs::write(server.path("data/in.txt"), "text\n").unwrap();
    let config = json!({"connector.class": "FileStreamSource", "topic": "text", "file": "data/in.txt"});
    server.rest.create("text", config);
    let trace = server.rest.wait_for_task("text", 0, "FAILED");
    assert!(trace.contains("Invalid schema type for ByteArrayConverter: STRING"), "{trace}");
}

/// Through REST, with the other converters of this version; the worker goes on where it stopped, nothing lost or doubled.
#[test]
fn a_clean_restart_loses_and_doubles_nothing() {
    let converters = [
        (STRING, ""),
        ("org.apache.kafka.connect.json.JsonConverter", "true"),
        ("org.apache.kafka.connect.json.JsonConverter", "false"),
    ];
    for (converter, schemas) in converters {
        println!("{converter} {schemas}");
        let mut builder = ServerBuilder::new().set("value.converter", converter).file_plugins();
        if !schemas.is_empty() {
            builder = builder.set("value.converter.schemas.enable", schemas);
        }
        through_restarts(builder, "lines", 1000);
    }
}

/// The same against real Kafka: every line once, in order, through two clean restarts.
#[test]
fn the_main_job_on_real_kafka() {
    let Some(bootstrap) = RealKafka::bootstrap("main_job::the_main_job_on_real_kafka") else { return };
    let topic = format!("main-job-{}", std::process::id());
    through_restarts(ServerBuilder::new().set("bootstrap.servers", &bootstrap).file_plugins(), &topic, 10_000);
    assert_eq!(records(&bootstrap, &topic).len(), 30_000);
}

/// Three workers one after the other on the same files, each with more lines to move than the one before.
fn through_restarts(mut builder: ServerBuilder, topic: &str, lines: usize) {
    let (input, output) = (builder.path("data/in.txt"), builder.path("data/out.txt"));
    let mut expected = String::new();
    for round in 0..3 {
        expected.extend((0..lines).map(|line| format!("round {round} line {line} ü\n")));
        fs::write(&input, &expected).unwrap();
        let server = builder.start();
        // Connector names are group names: they must not meet those of another run on the same Kafka.
        let sink = json!({"connector.class": "FileStreamSink", "topics": topic, "file": "data/out.txt"});
        server.rest.create(&format!("sink-{topic}"), sink);
        let source = json!({"connector.class": "FileStreamSource", "topic": topic, "file": "data/in.txt"});
        server.rest.create(&format!("source-{topic}"), source);
        wait_for("the lines at the far end", || match fs::read_to_string(&output) {
            Ok(text) if text.len() >= expected.len() => Ok(()),
            other => Err(other.map(|text| text.len())),
        });
        let (status, back) = server.stop();
        assert!(status.success(), "{status}");
        builder = back;
        assert_eq!(fs::read_to_string(&output).unwrap(), expected, "round {round}");
    }
}
