//! Levels of a running worker and of the guests in it; users of its REST API.

use cofferdam_tests::{Server, ServerBuilder};
use serde_json::json;
use std::fs;

/// Puts another file, a longer one, in the place of the one that is read, and waits until its line has come through. By
/// then the source has said, or would have, that there is another file.
fn replace(server: &Server, line: &str, all: &str) {
    let (input, next) = (server.path("data/in.txt"), server.path("data/next.txt"));
    fs::write(&next, format!("{line}\n")).unwrap();
    fs::rename(next, input).unwrap();
    server.wait_for_file("data/out.txt", all);
}

fn told(server: &Server) -> usize {
    server.log().matches("is another file now").count()
}

#[test]
fn a_level_reaches_guests_that_run_and_the_worker_itself() {
    let server = ServerBuilder::new().file_plugins().start();
    let rest = &server.rest;
    fs::write(server.path("data/in.txt"), "one\n").unwrap();
    rest.create("sink", json!({"connector.class": "FileStreamSink", "topics": "t", "file": "data/out.txt"}));
    rest.create("source", json!({"connector.class": "FileStreamSource", "topic": "t", "file": "data/in.txt"}));
    server.wait_for_file("data/out.txt", "one\n");
    replace(&server, "second", "one\nsecond\n");
    assert_eq!(told(&server), 1);

    let all = rest.get("/admin/loggers").json();
    let known = |name: &str| all[name]["level"] == "INFO";
    for name in ["root", "guest", "guest.source.0", "guest.sink.0", "cofferdam_rest", "cofferdam_herder.standalone"] {
        assert!(known(name), "{name}: {all}");
    }

    let answer = rest.put("/admin/loggers/guest.source", &json!({"level": "WARN"}));
    assert_eq!((answer.status, answer.json()), (200, json!(["guest.source", "guest.source.0"])));
    replace(&server, "the third", "one\nsecond\nthe third\n");
    assert_eq!(told(&server), 1);

    assert_eq!(rest.put("/admin/loggers/guest.source.0?scope=cluster", &json!({"level": "info"})).status, 204);
    replace(&server, "and the fourth", "one\nsecond\nthe third\nand the fourth\n");
    assert_eq!(told(&server), 2);

    // Of the worker itself: each request, at DEBUG.
    let requests = || server.log().matches("request answered").count();
    assert_eq!(requests(), 0);
    rest.put("/admin/loggers/cofferdam_rest", &json!({"level": "DEBUG"}));
    rest.get("/");
    server.wait_for_log(&["request answered"]);
    rest.put("/admin/loggers/root", &json!({"level": "OFF"}));
    let before = requests();
    rest.get("/");
    rest.get("/");
    assert_eq!(requests(), before);
}

#[test]
fn users_of_a_password_file() {
    let builder = ServerBuilder::new().set("rest.auth.password.file", "users");
    let (code, log) = builder.run_to_end();
    assert_eq!(code, Some(2), "{log}");
    assert!(log.contains("rest.auth.password.file: cannot read "), "{log}");

    // bob:secret, as htpasswd -B makes it.
    let users = "bob:$2y$04$zVHmKQtGGQob.b/Nc7l9NOk4HbPMyPVpyJheR4LCaMZgl/Y71rZDK:read\n";
    fs::write(builder.path("users"), users).unwrap();
    let server = builder.start();
    let answer = server.rest.get("/connectors");
    assert_eq!((answer.status, answer.text.as_str()), (401, "User cannot access the resource."));
    let as_bob = ureq::get(server.rest.url("/connectors")).header("Authorization", "Basic Ym9iOnNlY3JldA==").call();
    assert_eq!(as_bob.unwrap().body_mut().read_to_string().unwrap(), "[]");
    assert_ne!(server.rest.get("/health").status, 401);
}
