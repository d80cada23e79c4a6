//! Pause, resume, restart, delete, shutdown: through REST, herder and worker, with records flowing.

use cofferdam_tests::{Neighbour, Server, ServerBuilder, fixture, python_fixture, wait_for};
use serde_json::json;
use std::fs;
use std::io::Write;

fn append(server: &Server, text: &str) {
    let path = server.path("data/in.txt");
    let mut file = fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn output(server: &Server) -> String {
    fs::read_to_string(server.path("data/out.txt")).unwrap_or_default()
}

#[test]
fn pause_resume_restart_and_delete() {
    let server = ServerBuilder::new().file_plugins().start();
    let rest = &server.rest;
    append(&server, "one\n");
    rest.create("sink", json!({"connector.class": "FileStreamSink", "topics": "t", "file": "data/out.txt"}));
    rest.create("source", json!({"connector.class": "FileStreamSource", "topic": "t", "file": "data/in.txt"}));
    server.wait_for_file("data/out.txt", "one\n");

    assert_eq!(rest.put_empty("/connectors/source/pause").status, 202);
    rest.wait_for_task("source", 0, "PAUSED");
    append(&server, "two\n");
    assert_eq!(rest.put_empty("/connectors/source/resume").status, 202);
    server.wait_for_file("data/out.txt", "one\ntwo\n");

    assert_eq!(rest.post_empty("/connectors/source/restart").status, 204);
    assert_eq!(rest.post_empty("/connectors/source/tasks/0/restart").status, 204);
    assert_eq!(rest.post_empty("/connectors/sink/tasks/0/restart").status, 204);
    append(&server, "three\n");
    server.wait_for_file("data/out.txt", "one\ntwo\nthree\n");

    for method in ["GET", "POST"] {
        let path = "/connectors/sink/tasks/0/status";
        let status = if method == "GET" { rest.get(path) } else { rest.post_empty(path) };
        assert_eq!((status.status, status.json()["state"].as_str()), (200, Some("RUNNING")), "{method}");
    }
    assert_eq!(rest.delete("/connectors/source/").status, 204);
    assert_eq!(rest.delete("/connectors/sink").status, 204);
    assert_eq!(rest.get("/connectors/sink").message(), "Connector sink not found");
    assert_eq!(rest.get("/connectors").json(), json!([]));
    assert_eq!(output(&server), "one\ntwo\nthree\n");
}

#[test]
fn a_changed_configuration_takes_effect() {
    let server = ServerBuilder::new().file_plugins().start();
    let rest = &server.rest;
    append(&server, "one\n");
    rest.create("source", json!({"connector.class": "FileStreamSource", "topic": "t", "file": "data/in.txt"}));
    let sink = |file: &str| json!({"connector.class": "FileStreamSink", "topics": "t", "file": file});
    assert_eq!(rest.put("/connectors/sink/config", &sink("data/first.txt")).status, 201);
    let first = server.path("data/first.txt");
    wait_for("the first file", || fs::read_to_string(&first).ok().filter(|text| text == "one\n").ok_or(()));
    assert_eq!(rest.put("/connectors/sink/config", &sink("data/out.txt")).status, 200);
    append(&server, "two\n");
    server.wait_for_file("data/out.txt", "two\n");
}

#[test]
fn health_root_and_json_logs() {
    let server = ServerBuilder::new().start();
    let root = server.rest.get("/").json();
    assert_eq!(root["version"], "4.3.1");
    assert_eq!(root["commit"].as_str().map(str::len), Some(16));
    wait_for("the worker to be healthy", || match server.rest.get("/health") {
        answer if answer.status == 200 => Ok(()),
        other => Err(other),
    });
    let log = server.log();
    assert!(log.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{log}");
}

#[test]
fn a_second_signal_ends_at_once() {
    let builder = ServerBuilder::new().set("task.shutdown.graceful.timeout.ms", "600000");
    let mut server = builder.install(&fixture("hostile-source")).start();
    let config = json!({"connector.class": "org.cofferdam.fixtures.HostileSource", "mode": "waiter"});
    server.rest.create("stubborn", config);
    server.rest.wait_for_task("stubborn", 0, "RUNNING");
    server.terminate();
    server.wait_for_log(&["shutting down"]);
    server.terminate();
    assert!(!server.wait().success());
}

/// A guest that does not return when asked to is dropped after the graceful timeout: stopped, not FAILED.
#[test]
fn a_stubborn_guest_does_not_hold_up_the_shutdown() {
    let builder = ServerBuilder::new().set("task.shutdown.graceful.timeout.ms", "500");
    let server = builder.file_plugins().install(&fixture("hostile-source")).start();
    let neighbour = Neighbour::start(&server);
    let config = json!({"connector.class": "org.cofferdam.fixtures.HostileSource", "mode": "waiter"});
    server.rest.create("stubborn", config);
    server.rest.wait_for_task("stubborn", 0, "RUNNING");
    neighbour.lost_nothing();
    let (status, _) = server.stop();
    assert!(status.success(), "{status}");
}

/// A second language proves the interface: Python to Python, through a restart.
#[test]
fn python_guests_move_records_and_resume() {
    let guest = |name| python_fixture("lifecycle::python_guests_move_records_and_resume", name);
    let (Some(source), Some(sink)) = (guest("python-source"), guest("python-sink")) else { return };
    let builder = ServerBuilder::new().install(&source).install(&sink);
    let mut server = builder.set("sandbox.compile.timeout.ms", "600000").start();
    let create = |server: &Server, count: &str| {
        let sink =
            json!({"connector.class": "org.cofferdam.fixtures.PythonSink", "topics": "py", "file": "data/out.txt"});
        server.rest.wait_for_class("org.cofferdam.fixtures.PythonSink");
        server.rest.create("sink", sink);
        let source = json!({"connector.class": "org.cofferdam.fixtures.PythonSource", "topic": "py", "count": count});
        server.rest.wait_for_class("org.cofferdam.fixtures.PythonSource");
        server.rest.create("source", source);
    };
    for count in [1000, 2000] {
        create(&server, &count.to_string());
        wait_for(&format!("{count} lines"), || match output(&server).lines().count() {
            lines if lines >= count => Ok(()),
            other => Err((other, server.rest.task("source", 0), server.rest.task("sink", 0))),
        });
        let (status, back) = server.stop();
        assert!(status.success(), "{status}");
        server = back.start();
        assert_eq!(output(&server).lines().count(), count, "doubled or lost");
    }
}
