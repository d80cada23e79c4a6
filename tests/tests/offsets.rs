//! Offsets and topics of connectors through REST, with the file plugins and records that flow (rest.md §7, §9).

use cofferdam_tests::{Server, ServerBuilder, wait_for};
use serde_json::{Value, json};
use std::fs;

const ALTERED: &str = "The offsets for this connector have been altered successfully";
const RESET: &str = "The offsets for this connector have been reset successfully";

/// A source and a sink of files, through which two lines have gone, and whose offsets are stored.
fn after_two_lines() -> (Server, Value) {
    let server = ServerBuilder::new().file_plugins().start();
    let rest = &server.rest;
    fs::write(server.path("data/in.txt"), "one\ntwo\n").unwrap();
    rest.create("sink", json!({"connector.class": "FileStreamSink", "topics": "t", "file": "data/out.txt"}));
    rest.create("source", json!({"connector.class": "FileStreamSource", "topic": "t", "file": "data/in.txt"}));
    server.wait_for_file("data/out.txt", "one\ntwo\n");
    let partition = json!({"filename": "data/in.txt"});
    let stored = json!({"offsets": [{"partition": partition, "offset": {"position": 8}}]});
    let committed = json!({"offsets": [of_topic(Some(2))]});
    for (name, offsets) in [("source", stored), ("sink", committed)] {
        wait_for("offsets", || match rest.get(&format!("/connectors/{name}/offsets")).json() {
            now if now == offsets => Ok(()),
            other => Err(other),
        });
    }
    (server, partition)
}

fn of_topic(offset: Option<i64>) -> Value {
    let partition = json!({"kafka_topic": "t", "kafka_partition": 0});
    json!({"partition": partition, "offset": offset.map(|offset| json!({"kafka_offset": offset}))})
}

#[test]
fn a_source_reads_on_from_where_it_is_told() {
    let (server, partition) = after_two_lines();
    let rest = &server.rest;
    assert_eq!(rest.get("/connectors/source/topics").json(), json!({"source": {"topics": ["t"]}}));
    let change = json!({"offsets": [{"partition": partition, "offset": {"position": 4}}]});
    let running = rest.patch("/connectors/source/offsets", &change);
    assert_eq!(running.status, 400, "{}", running.text);
    assert_eq!(rest.put_empty("/connectors/source/stop").status, 204);
    let altered = rest.patch("/connectors/source/offsets", &change);
    assert_eq!((altered.status, altered.message().as_str()), (200, ALTERED));
    let wrong = json!({"offsets": [{"partition": partition, "offset": {"position": "x"}}]});
    assert_eq!(rest.patch("/connectors/source/offsets", &wrong).status, 500, "the plugin refuses it");
    assert_eq!(rest.get("/connectors/source/offsets").json(), change);
    assert_eq!(rest.put_empty("/connectors/source/resume").status, 202);
    server.wait_for_file("data/out.txt", "one\ntwo\ntwo\n");
    assert_eq!(rest.put_empty("/connectors/source/stop").status, 204);
    let reset = rest.delete("/connectors/source/offsets");
    assert_eq!((reset.status, reset.message().as_str()), (200, RESET));
    assert_eq!(rest.get("/connectors/source/offsets").json(), json!({"offsets": []}));
    assert_eq!(rest.put_empty("/connectors/source/resume").status, 202);
    server.wait_for_file("data/out.txt", "one\ntwo\ntwo\none\ntwo\n");
}

#[test]
fn a_sink_reads_on_from_where_it_is_told() {
    let (server, _) = after_two_lines();
    let rest = &server.rest;
    assert_eq!(rest.get("/connectors/sink/topics").json(), json!({"sink": {"topics": ["t"]}}));
    assert_eq!(rest.put_empty("/connectors/sink/topics/reset").status, 202);
    assert_eq!(rest.get("/connectors/sink/topics").json(), json!({"sink": {"topics": []}}));
    assert_eq!(rest.put_empty("/connectors/sink/stop").status, 204);
    let altered = rest.patch("/connectors/sink/offsets", &json!({"offsets": [of_topic(Some(1))]}));
    assert_eq!((altered.status, altered.message().as_str()), (200, ALTERED));
    assert_eq!(rest.put_empty("/connectors/sink/resume").status, 202);
    server.wait_for_file("data/out.txt", "one\ntwo\ntwo\n");
    assert_eq!(rest.get("/connectors/sink/topics").json(), json!({"sink": {"topics": ["t"]}}), "used again");
    assert_eq!(rest.put_empty("/connectors/sink/stop").status, 204);
    let forgotten = rest.patch("/connectors/sink/offsets", &json!({"offsets": [of_topic(None)]}));
    assert_eq!((forgotten.status, forgotten.message().as_str()), (200, ALTERED));
    assert_eq!(rest.get("/connectors/sink/offsets").json(), json!({"offsets": []}));
    assert_eq!(rest.put_empty("/connectors/sink/resume").status, 202);
    server.wait_for_file("data/out.txt", "one\ntwo\ntwo\none\ntwo\n");
}
