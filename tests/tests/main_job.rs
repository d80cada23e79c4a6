//! The main job: a file, a topic, another file.

use cofferdam_tests::{RealKafka, ServerBuilder, records, wait_for};
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

/// Through REST, with every converter of this version; the worker goes on where it stopped, nothing lost or doubled.
#[test]
fn a_clean_restart_loses_and_doubles_nothing() {
    let converters = [
        (STRING, ""),
        ("org.apache.kafka.connect.json.JsonConverter", "true"),
        ("org.apache.kafka.connect.json.JsonConverter", "false"),
    ];
    for (converter, schemas) in converters {
        let mut builder = ServerBuilder::new().set("value.converter", converter).file_plugins();
        if !schemas.is_empty() {
            builder = builder.set("value.converter.schemas.enable", schemas);
        }
        let (input, output) = (builder.path("data/in.txt"), builder.path("data/out.txt"));
        let mut expected = String::new();
        for round in 0..3 {
            expected.extend((0..1000).map(|line| format!("round {round} line {line} ü\n")));
            fs::write(&input, &expected).unwrap();
            let server = builder.start();
            create(&server.rest, "data/in.txt", "data/out.txt");
            wait_for("the lines at the far end", || match fs::read_to_string(&output) {
                Ok(text) if text.len() >= expected.len() => Ok(()),
                other => Err(other.map(|text| text.len())),
            });
            let (status, back) = server.stop();
            assert!(status.success(), "{status}");
            builder = back;
            assert_eq!(fs::read_to_string(&output).unwrap(), expected, "{converter} {schemas}, round {round}");
        }
    }
}

/// The same against real Kafka: every line once, in order, through two clean restarts.
#[test]
fn the_main_job_on_real_kafka() {
    let Some(bootstrap) = RealKafka::bootstrap("main_job::the_main_job_on_real_kafka") else { return };
    let mut builder = ServerBuilder::new().set("bootstrap.servers", &bootstrap).file_plugins();
    let (input, output) = (builder.path("data/in.txt"), builder.path("data/out.txt"));
    let topic = format!("main-job-{}", std::process::id());
    let mut expected = String::new();
    for round in 0..3 {
        expected.extend((0..10_000).map(|line| format!("round {round} line {line} ü\n")));
        fs::write(&input, &expected).unwrap();
        let server = builder.start();
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
    assert_eq!(records(&bootstrap, &topic).len(), 30_000);
}

fn create(rest: &cofferdam_tests::Rest, input: &str, output: &str) {
    rest.create("sink", json!({"connector.class": "FileStreamSink", "topics": "lines", "file": output}));
    rest.create("source", json!({"connector.class": "FileStreamSource", "topic": "lines", "file": input}));
}
