//! Troubles that pass by themselves: the status tells of them, nothing is lost, and nobody has to restart anything.

use cofferdam_tests::{Mounts, Server, ServerBuilder, create_topic, judge, last_line, wait_for, write_lines};
use serde_json::json;
use std::fs;
use std::io::Write;

fn source(server: &Server) {
    let config = json!({"connector.class": "FileStreamSource", "topic": "lines", "file": "data/in.txt"});
    server.rest.create("source", config);
}

fn sink(server: &Server, file: &str) {
    let config = json!({"connector.class": "FileStreamSink", "topics": "lines", "file": file});
    server.rest.create("sink", config);
}

/// The task is RUNNING, and its status tells of a trouble with all of these texts.
fn told(server: &Server, connector: &str, texts: &[&str]) {
    wait_for(&format!("the status of {connector} to tell {texts:?}"), || match server.rest.task(connector, 0) {
        (state, trace) if state == "RUNNING" && texts.iter().all(|text| trace.contains(text)) => Ok(()),
        other => Err(other),
    });
}

fn over(server: &Server, connector: &str) {
    wait_for(&format!("the trouble of {connector} to be over"), || match server.rest.task(connector, 0) {
        (state, trace) if state == "RUNNING" && trace.is_empty() => Ok(()),
        other => Err(other),
    });
}

#[test]
fn kafka_may_come_later_and_go_for_a_while() {
    let holder = ServerBuilder::new().start();
    let bootstrap = holder.bootstrap();
    let back = holder.kill().set("embedded.port", bootstrap.rsplit(':').next().unwrap());
    let server = ServerBuilder::new().set("bootstrap.servers", &bootstrap).file_plugins().start();
    fs::write(server.path("data/in.txt"), "patience\n").unwrap();
    sink(&server, "data/out.txt");
    source(&server);
    told(&server, "sink", &[&bootstrap]);
    told(&server, "source", &["records wait for Kafka", "does not answer"]);
    let holder = back.start();
    server.wait_for_file("data/out.txt", "patience\n");
    over(&server, "sink");
    over(&server, "source");

    let back = holder.kill();
    fs::OpenOptions::new().append(true).open(server.path("data/in.txt")).unwrap().write_all(b"again\n").unwrap();
    told(&server, "sink", &[&bootstrap]);
    told(&server, "source", &["records wait for Kafka", "does not answer"]);
    let _holder = back.start();
    // Kafka was killed, perhaps before it was told that the first line had arrived: that may come twice.
    wait_for("the second line", || match fs::read_to_string(server.path("data/out.txt")) {
        Ok(text) if text == "patience\nagain\n" || text == "patience\npatience\nagain\n" => Ok(()),
        other => Err(other),
    });
    over(&server, "sink");
    over(&server, "source");
}

#[test]
fn a_topic_that_does_not_exist_is_told_and_waited_for() {
    let server = ServerBuilder::new().set("embedded.auto.create.topics.enable", "false").file_plugins().start();
    fs::write(server.path("data/in.txt"), "one\ntwo\n").unwrap();
    sink(&server, "data/out.txt");
    source(&server);
    told(&server, "source", &["topic lines does not exist", "auto.create.topics.enable", "create it"]);
    told(&server, "sink", &["lines", "nknown topic"]);
    create_topic(&server.bootstrap(), "lines");
    server.wait_for_file("data/out.txt", "one\ntwo\n");
    over(&server, "source");
    over(&server, "sink");
}

const LINES: usize = 20_000;

#[test]
fn a_full_disk_is_told_and_waited_for() {
    let script = "mkdir data/small && mount -t tmpfs -o size=128k none data/small";
    let Some(mounts) = Mounts::new("troubles::a_full_disk_is_told_and_waited_for", script) else { return };
    let server = ServerBuilder::new().file_plugins().mounts(mounts).start();
    write_lines(&server.path("data/in.txt"), LINES);
    sink(&server, "data/small/out.txt");
    source(&server);
    told(&server, "sink", &["put is tried again", "data/small/out.txt", "o space left"]);
    assert_eq!(server.rest.get("/").status, 200);
    server.among_mounts("mount -o remount,size=32m data/small");
    let output = server.inner_path("data/small/out.txt");
    wait_for("the last line at the far end", || match last_line(&output) {
        Some(last) if last == LINES - 1 => Ok(()),
        other => Err((other, server.rest.task("sink", 0))),
    });
    let verdict = judge(&output, LINES);
    assert_eq!((verdict.missing.len(), verdict.torn.len(), verdict.doubled), (0, 0, 0), "{verdict:?}");
    over(&server, "sink");
}

#[test]
fn a_read_only_file_system_is_told() {
    let script = "mkdir data/still && mount -t tmpfs none data/still && touch data/still/out.txt && \
                  mount -o remount,ro data/still";
    let Some(mounts) = Mounts::new("troubles::a_read_only_file_system_is_told", script) else { return };
    let server = ServerBuilder::new().file_plugins().mounts(mounts).start();
    fs::write(server.path("data/in.txt"), "one\n").unwrap();
    sink(&server, "data/still/out.txt");
    source(&server);
    let trace = server.rest.wait_for_task("sink", 0, "FAILED");
    for text in ["Couldn't find or create file 'data/still/out.txt' for FileStreamSinkTask", "ead-only file system"] {
        assert!(trace.contains(text), "{text} in: {trace}");
    }
    // Once it can be written to, a restart is all that is needed.
    server.among_mounts("mount -o remount,rw data/still");
    assert_eq!(server.rest.post_empty("/connectors/sink/tasks/0/restart").status, 204);
    let output = server.inner_path("data/still/out.txt");
    wait_for("the line at the far end", || match fs::read_to_string(&output) {
        Ok(text) if text == "one\n" => Ok(()),
        other => Err((other, server.rest.task("sink", 0))),
    });
}
