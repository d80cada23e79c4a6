//! Bad input: a clear error that names what, the cause and the remedy; the worker survives; nothing is lost.

use cofferdam_tests::{Server, ServerBuilder};
use serde_json::{Value, json};
use std::fs;
use std::io::Write;

fn source(file: &str) -> Value {
    json!({"connector.class": "FileStreamSource", "topic": "lines", "file": file})
}

fn pair(server: &Server, file: &str) {
    server.rest.create("sink", json!({"connector.class": "FileStreamSink", "topics": "lines", "file": "data/out.txt"}));
    server.rest.create("source", source(file));
}

/// Refused with 400 and a message that has all of these texts.
fn refused(server: &Server, config: &Value, texts: &[&str]) {
    let answer = server.rest.post("/connectors", &json!({"name": "refused", "config": config}));
    assert_eq!(answer.status, 400, "{}", answer.text);
    for text in texts {
        assert!(answer.message().contains(text), "expected {text:?} in: {}", answer.message());
    }
    assert_eq!(server.rest.get("/connectors").json(), json!([]));
}

/// The start is refused with exit code 1 and one line that has all of these texts.
fn start_refused(builder: &ServerBuilder, code: i32, texts: &[&str]) {
    let (exit, said) = builder.run_to_end();
    assert_eq!(exit, Some(code), "{said}");
    for text in texts {
        assert!(said.contains(text), "expected {text:?} in: {said}");
    }
}

#[test]
fn connectors_are_refused_with_a_reason() {
    let server = ServerBuilder::new().file_plugins().start();
    let unknown = json!({"connector.class": "NoSuchConnector"});
    let available =
        "available connectors are: PluginDesc{klass=class org.apache.kafka.connect.file.FileStreamSinkConnector";
    refused(
        &server,
        &unknown,
        &["Failed to find any class that implements Connector and which name matches NoSuchConnector", available],
    );
    refused(&server, &json!({"topic": "t"}), &["contains no connector type"]);
    let no_topic = json!({"connector.class": "FileStreamSource", "file": "data/in.txt"});
    refused(&server, &no_topic, &["Missing required configuration \"topic\" which has no default value."]);
    let outside = "Invalid value /etc/passwd for configuration file: not within sandbox.fs.allow of this worker";
    refused(
        &server,
        &source("/etc/passwd"),
        &["Connector configuration is invalid and contains the following 1 error(s):", outside],
    );
    refused(&server, &source("data/../worker.properties"), &["for configuration file: not within sandbox.fs.allow"]);
    let mut greedy = source("data/in.txt");
    greedy["sandbox.memory.default.bytes"] = json!("99999999999");
    refused(
        &server,
        &greedy,
        &["contains the following 1 error(s)", "sandbox.memory.default.bytes", "sandbox.memory.max.bytes"],
    );
}

#[test]
fn a_source_file_that_does_not_exist_yet_is_waited_for() {
    let server = ServerBuilder::new().file_plugins().start();
    pair(&server, "data/later.txt");
    server.wait_for_log(&["data/later.txt", "WARN"]);
    assert_eq!(server.rest.task("source", 0).0, "RUNNING");
    fs::write(server.path("data/later.txt"), "here\n").unwrap();
    server.wait_for_file("data/out.txt", "here\n");
}

#[test]
fn a_directory_is_no_source_file() {
    let server = ServerBuilder::new().file_plugins().start();
    fs::create_dir(server.path("data/directory")).unwrap();
    let created = server.rest.post("/connectors", &json!({"name": "source", "config": source("data/directory")}));
    let told = if created.status == 201 { server.rest.wait_for_task("source", 0, "FAILED") } else { created.message() };
    assert!(told.contains("data/directory") && told.to_lowercase().contains("director"), "{told}");
    assert_eq!(server.rest.get("/").status, 200);
}

#[test]
fn a_last_line_without_its_end_waits_for_it() {
    let server = ServerBuilder::new().file_plugins().start();
    fs::write(server.path("data/in.txt"), "whole\nhal").unwrap();
    pair(&server, "data/in.txt");
    server.wait_for_file("data/out.txt", "whole\n");
    fs::OpenOptions::new().append(true).open(server.path("data/in.txt")).unwrap().write_all(b"f\n").unwrap();
    server.wait_for_file("data/out.txt", "whole\nhalf\n");
}

#[test]
fn what_is_not_utf_8_is_replaced_as_java_does() {
    let server = ServerBuilder::new().file_plugins().start();
    fs::write(server.path("data/in.txt"), b"a\xffb\nc\r\nd\n").unwrap();
    pair(&server, "data/in.txt");
    server.wait_for_file("data/out.txt", "a\u{fffd}b\nc\nd\n");
}

#[test]
fn a_line_of_20_mb_is_told_by_its_limit_and_the_worker_lives() {
    let server = ServerBuilder::new().file_plugins().start();
    let mut text = vec![b'x'; 20 << 20];
    text.push(b'\n');
    fs::write(server.path("data/in.txt"), text).unwrap();
    pair(&server, "data/in.txt");
    let trace = server.rest.wait_for_task("source", 0, "FAILED");
    let named = ["sandbox.batch.max.bytes", "message.max.bytes", "Message size too large", "memory limit"];
    assert!(named.iter().any(|limit| trace.contains(limit)), "{trace}");
    assert_eq!(server.rest.get("/").status, 200);
}

#[test]
fn a_source_file_that_is_truncated_is_told() {
    let server = ServerBuilder::new().file_plugins().start();
    fs::write(server.path("data/in.txt"), "one\ntwo\n").unwrap();
    pair(&server, "data/in.txt");
    server.wait_for_file("data/out.txt", "one\ntwo\n");
    fs::write(server.path("data/in.txt"), "x\n").unwrap();
    server.wait_for_log(&["data/in.txt", "WARN", "truncated"]);
    server.wait_for_file("data/out.txt", "one\ntwo\nx\n");
}

#[test]
fn worker_properties_are_refused_by_file_key_and_value() {
    let wrong = ServerBuilder::new().set("offset.flush.interval.ms", "soon");
    start_refused(&wrong, 1, &["worker.properties", "offset.flush.interval.ms", "soon", "Not a number of type LONG"]);
    let escape = ServerBuilder::new().set("client.id", "\\uZZZZ");
    start_refused(&escape, 1, &["worker.properties"]);
    let unknown = ServerBuilder::new().set("no.such.key", "1").start();
    unknown.wait_for_log(&["no.such.key"]);
}

#[test]
fn a_connector_of_the_command_line_that_fails_ends_the_start_with_3() {
    let builder = ServerBuilder::new().file_plugins();
    let file = builder.path("bad.properties");
    fs::write(&file, "name=bad\nconnector.class=FileStreamSource\ntopic=t\nfile=/etc/passwd\n").unwrap();
    start_refused(&builder.connector_file(&file), 3, &["bad.properties", "sandbox.fs.allow"]);
}

#[test]
fn a_second_worker_on_the_same_files_is_refused() {
    let builder = ServerBuilder::new();
    let server = builder.clone().start();
    start_refused(&builder, 2, &["connect.offsets"]);
    start_refused(&builder.set("offset.storage.file.filename", "other.offsets"), 2, &["stream"]);
    assert_eq!(server.rest.get("/").status, 200);
}

#[test]
fn a_busy_port_is_named_with_the_way_out() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let builder = ServerBuilder::new().set("listeners", &format!("http://127.0.0.1:{port}"));
    start_refused(&builder, 2, &[&port, "listeners"]);
}
