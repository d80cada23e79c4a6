//! The loops of source and sink tasks, with an embedded stream and plugins written in Rust.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where something is not as it must be")]

mod support;

use cofferdam_storage::{State, StatusBackingStore as _};
use support::Setup;

/// The offsets that were put, in order, repetitions included.
fn put(setup: &Setup) -> Vec<i64> {
    let puts = setup.script.calls_of("put");
    puts.iter()
        .filter_map(|call| call.strip_prefix("put "))
        .flat_map(|list| list.split(','))
        .map(|at| at.parse().unwrap())
        .collect()
}

/// What has a plugin's words looked through for the value of a placeholder; nothing else is to be any different.
const WITH_SECRET: &[(&str, &str)] = &[("secret", "${env:CARGO_PKG_NAME}")];

#[tokio::test]
async fn records_go_through_and_are_committed_on_both_sides() {
    records_go_through(&[]).await;
}

#[tokio::test]
async fn records_go_through_with_a_secret() {
    records_go_through(WITH_SECRET).await;
}

async fn records_go_through(keys: &[(&str, &str)]) {
    let setup = Setup::new();
    setup.script.polls.lock().push_back((0..1000).map(|_| b"x".to_vec()).collect());
    setup.start("Source", keys).await;
    setup.start("Sink", keys).await;
    setup.until("what was told to the source", async || !setup.script.calls_of("committed").is_empty()).await;
    assert_eq!(setup.stored().await.as_deref(), Some(r#"{"poll":1}"#), "stored before it was told");
    setup.until("all records", async || put(&setup).len() >= 1000).await;
    setup.stop("Source").await;
    setup.stop("Sink").await;
    assert_eq!(put(&setup), (0..1000).collect::<Vec<i64>>());
    let calls = setup.script.calls.lock().clone();
    assert_eq!(calls[calls.len() - 2..], ["close", "stop"]);
    // What was committed does not come again.
    setup.script.polls.lock().push_back(vec![b"more".to_vec()]);
    setup.start("Sink", keys).await;
    setup.start("Source", keys).await;
    setup.until("one more", async || put(&setup).len() > 1000).await;
    assert_eq!(put(&setup)[1000..], [1000]);
    setup.worker.shutdown().await;
}

#[tokio::test]
async fn what_is_retriable_is_tried_again_and_a_failed_commit_reads_again() {
    retriable_calls(&[]).await;
}

#[tokio::test]
async fn what_is_retriable_is_tried_again_with_a_secret() {
    retriable_calls(WITH_SECRET).await;
}

async fn retriable_calls(keys: &[(&str, &str)]) {
    let setup = Setup::new();
    setup.fill(100).await;
    *setup.script.retriable.lock() = vec!["open", "put", "pre-commit"];
    setup.start("Sink", keys).await;
    setup.until("a second pre-commit", async || setup.script.calls_of("pre-commit").len() > 1).await;
    assert_eq!(setup.script.calls_of("open").len(), 2);
    let puts = put(&setup);
    assert_eq!(setup.script.calls_of("put")[0], setup.script.calls_of("put")[1], "the same batch");
    assert_eq!(puts.iter().filter(|offset| **offset == 0).count(), 3, "once more after the rewind: {puts:?}");
    setup.stop("Sink").await;
    assert_eq!(setup.status("Sink").unwrap().state, State::Unassigned);
}

#[tokio::test]
async fn a_fresh_instance_reads_from_where_it_asks() {
    fresh_instance(&[]).await;
}

#[tokio::test]
async fn a_fresh_instance_with_a_secret_reads_from_where_it_asks() {
    fresh_instance(WITH_SECRET).await;
}

async fn fresh_instance(keys: &[(&str, &str)]) {
    let setup = Setup::new();
    setup.fill(100).await;
    setup.start("Sink", keys).await;
    setup
        .until("a commit", async || setup.script.calls_of("pre-commit").iter().any(|call| call.ends_with("100")))
        .await;
    *setup.script.seek.lock() = Some(40);
    setup.script.calls.lock().clear();
    *setup.script.recycle.lock() = true;
    setup.until("records again", async || put(&setup).len() >= 60).await;
    setup.stop("Sink").await;
    assert_eq!(put(&setup), (40..100).collect::<Vec<i64>>());
    let calls: Vec<String> = setup.script.calls.lock().iter().filter(|call| !call.contains(' ')).cloned().collect();
    assert_eq!(calls, ["close", "stop", "recycle", "start", "open", "close", "stop"]);
}

#[tokio::test]
async fn a_sink_that_does_not_start_is_told_to_stop() {
    let setup = Setup::new();
    *setup.script.retriable.lock() = vec!["start"];
    setup.start("Sink", &[]).await;
    let failed = async || setup.status("Sink").filter(|status| status.state == State::Failed);
    while failed().await.is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(*setup.script.calls.lock(), ["start", "stop"]);
    assert!(failed().await.unwrap().trace.unwrap().contains("start failed: not yet"));
}

#[tokio::test]
async fn a_record_that_is_too_large_is_skipped_where_all_is_tolerated() {
    let setup = Setup::new();
    setup.script.polls.lock().push_back(vec![b"a".to_vec(), vec![b'x'; 2_000_000], b"b".to_vec()]);
    setup.start("Source", &[("errors.tolerance", "all")]).await;
    setup.until("a stored position", async || setup.stored().await.is_some()).await;
    setup.start("Sink", &[]).await;
    setup.until("the others", async || put(&setup).len() == 2).await;
    setup.worker.shutdown().await;
}

/// rest.md §7
#[tokio::test]
async fn the_topics_that_a_connector_uses_are_noted_when_records_have_passed() {
    let setup = Setup::new();
    let topics = |connector: &str| -> Vec<(String, u32)> {
        setup.statuses.topics(connector).into_iter().map(|status| (status.topic, status.task)).collect()
    };
    setup.start("Source", &[]).await;
    setup.start("Sink", &[]).await;
    setup.until("both run", async || running(&setup, "Source") && running(&setup, "Sink")).await;
    assert_eq!((topics("Source"), topics("Sink")), (vec![], vec![]), "nothing has passed yet");
    let t = vec![("t".to_owned(), 0)];
    setup.script.polls.lock().push_back(vec![b"x".to_vec()]);
    setup.until("both topics", async || topics("Source") == t && topics("Sink") == t).await;
    setup.statuses.remove_topic("Source", "t");
    setup.statuses.remove_topic("Sink", "t");
    setup.script.polls.lock().push_back(vec![b"x".to_vec()]);
    setup.until("both again, after a reset", async || topics("Source") == t && topics("Sink") == t).await;
    setup.worker.shutdown().await;
    assert_eq!((topics("Source"), topics("Sink")), (t.clone(), t), "they outlive the tasks");
}

/// rest.md §7
#[tokio::test]
async fn records_that_kafka_does_not_take_and_disabled_tracking_note_no_topic() {
    let setup = Setup::new();
    setup.script.polls.lock().push_back(vec![vec![b'x'; 2_000_000]]);
    setup.start("Source", &[("errors.tolerance", "all")]).await;
    setup.until("a stored position", async || setup.stored().await.is_some()).await;
    assert_eq!(setup.statuses.topics("Source"), []);
    setup.worker.shutdown().await;
    let setup = Setup::with(&[("topic.tracking.enable", "false")]);
    setup.fill(3).await;
    assert_eq!(setup.statuses.topics("Source"), []);
}

fn running(setup: &Setup, class: &str) -> bool {
    setup.status(class).is_some_and(|status| status.state == State::Running)
}
