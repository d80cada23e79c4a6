//! What becomes of connectors and tasks when they are created, changed, paused, stopped, restarted and deleted.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where something is not as it must be")]

mod support;

use cofferdam_config::TargetState;
use cofferdam_herder::{Health, HerderError, RequestedConfig, RestartRequest};
use cofferdam_storage::{State, StatusBackingStore as _};
use std::time::Duration;
use support::{Setup, config, source};

const STARTED: TargetState = TargetState::Started;

#[tokio::test]
async fn a_connector_is_created_with_its_tasks() {
    let setup = Setup::new();
    let info = setup.herder.create("c", source(&[("tasks.max", "2")]), STARTED).await.unwrap();
    assert_eq!((info.name.as_str(), info.tasks), ("c", 2));
    assert_eq!(info.config.get("name").map(String::as_str), Some("c"));
    setup.connector_is("c", State::Running).await;
    setup.task_is("c", 0, State::Running).await;
    setup.task_is("c", 1, State::Running).await;
    let tasks = setup.herder.tasks("c").await.unwrap();
    assert_eq!(tasks[1].config.get("number").map(String::as_str), Some("1"));
    assert_eq!(tasks[1].config.get("task.class").map(String::as_str), Some("test.FakeSourceTask"));
    let again = setup.herder.create("c", source(&[]), STARTED).await.unwrap_err();
    assert_eq!(again.to_string(), "Connector c already exists");
}

#[tokio::test]
async fn a_connector_that_fails_to_start_stays_and_can_be_mended() {
    let setup = Setup::new();
    let error = setup.herder.create("c", source(&[("start", "fail")]), STARTED).await.unwrap_err();
    assert!(matches!(&error, HerderError::Connector(_)), "{error:?}");
    assert_eq!(error.to_string(), "asked to fail");
    assert_eq!(setup.herder.connectors().await, ["c"]);
    setup.connector_is("c", State::Failed).await;
    let (info, is_new) = setup.herder.put_config("c", source(&[])).await.unwrap();
    assert_eq!((info.tasks, is_new), (1, false));
    setup.connector_is("c", State::Running).await;
    setup.task_is("c", 0, State::Running).await;
}

#[tokio::test]
async fn put_creates_updates_and_keeps_the_target_state() {
    let setup = Setup::new();
    assert!(setup.herder.put_config("c", source(&[("tasks.max", "3")])).await.unwrap().1);
    setup.herder.stop("c").await.unwrap();
    setup.connector_is("c", State::Stopped).await;
    assert!(setup.statuses.tasks("c").is_empty());
    let (info, is_new) = setup.herder.put_config("c", source(&[("tasks.max", "2")])).await.unwrap();
    assert_eq!((info.tasks, is_new), (0, false));
    setup.connector_is("c", State::Stopped).await;
    setup.herder.resume("c").await.unwrap();
    setup.task_is("c", 1, State::Running).await;
    assert_eq!(setup.herder.connector_info("c").await.unwrap().tasks, 2);
    let (info, _) = setup.herder.put_config("c", source(&[])).await.unwrap();
    assert_eq!(info.tasks, 1);
    setup.until("task 1 is forgotten", || setup.statuses.task("c", 1).is_none()).await;
}

#[tokio::test]
async fn a_patch_sets_and_removes_keys() {
    let setup = Setup::new();
    setup.herder.create("c", source(&[("a", "1"), ("b", "2")]), STARTED).await.unwrap();
    let patch = RequestedConfig::from([
        ("a".to_owned(), None),
        ("b".to_owned(), Some("3".to_owned())),
        ("tasks.max".to_owned(), Some("2".to_owned())),
    ]);
    let info = setup.herder.patch_config("c", patch).await.unwrap();
    assert_eq!(info.config.get("a"), None);
    assert_eq!(info.config.get("b").map(String::as_str), Some("3"));
    assert_eq!(info.tasks, 2);
    let unknown = setup.herder.patch_config("x", RequestedConfig::new()).await.unwrap_err();
    assert_eq!(unknown.to_string(), "Connector x not found");
}

#[tokio::test]
async fn pause_and_resume_reach_connector_and_tasks() {
    let setup = Setup::new();
    setup.herder.create("c", source(&[]), TargetState::Paused).await.unwrap();
    setup.connector_is("c", State::Paused).await;
    assert!(setup.herder.tasks("c").await.unwrap().is_empty());
    setup.herder.resume("c").await.unwrap();
    setup.task_is("c", 0, State::Running).await;
    setup.herder.pause("c").await.unwrap();
    setup.task_is("c", 0, State::Paused).await;
    setup.connector_is("c", State::Paused).await;
    setup.herder.resume("c").await.unwrap();
    setup.task_is("c", 0, State::Running).await;
    setup.connector_is("c", State::Running).await;
}

#[tokio::test]
async fn delete_forgets_everything() {
    let setup = Setup::new();
    setup.herder.create("c", source(&[]), STARTED).await.unwrap();
    setup.task_is("c", 0, State::Running).await;
    setup.herder.delete("c").await.unwrap();
    assert!(setup.herder.connectors().await.is_empty());
    assert_eq!(setup.herder.connector_status("c").await.unwrap_err().to_string(), "No status found for connector c");
    assert_eq!(setup.herder.delete("c").await.unwrap_err().to_string(), "Connector c not found");
    setup.herder.create("c", source(&[]), STARTED).await.unwrap();
    setup.task_is("c", 0, State::Running).await;
}

#[tokio::test]
async fn restarts_tell_what_they_restart() {
    let setup = Setup::new();
    setup.herder.create("c", source(&[("tasks.max", "2"), ("task.start", "fail")]), STARTED).await.unwrap();
    setup.task_is("c", 0, State::Failed).await;
    setup.task_is("c", 1, State::Failed).await;
    let request = RestartRequest { only_failed: true, include_tasks: true };
    let plan = setup.herder.restart("c", request).await.unwrap();
    assert_eq!(plan.connector.state, "RUNNING");
    let states: Vec<_> = plan.tasks.iter().map(|(task, info)| (*task, info.state.as_str())).collect();
    assert_eq!(states, [(0, "RESTARTING"), (1, "RESTARTING")]);
    assert!(plan.tasks[0].1.trace.as_deref().is_some_and(|trace| trace.contains("asked to fail")));
    setup.task_is("c", 0, State::Failed).await;
    setup.herder.restart_connector("c").await.unwrap();
    setup.connector_is("c", State::Running).await;
}

#[tokio::test]
async fn a_task_is_restarted() {
    let setup = Setup::new();
    setup.herder.create("c", source(&[]), STARTED).await.unwrap();
    setup.task_is("c", 0, State::Running).await;
    setup.herder.restart_task("c", 0).await.unwrap();
    setup.task_is("c", 0, State::Running).await;
    assert_eq!(setup.herder.restart_task("c", 7).await.unwrap_err().to_string(), "Task c-7 not found");
    assert_eq!(setup.herder.restart_task("c", -1).await.unwrap_err().to_string(), "Task c--1 not found");
    assert!(setup.statuses.task("c", 7).is_none());
    assert_eq!(setup.herder.restart_task("x", 0).await.unwrap_err().to_string(), "Unknown connector: x");
}

#[tokio::test]
async fn unknown_connectors_are_named_as_kafka_connect_does() {
    let herder = Setup::new().herder;
    let text = |error: HerderError| error.to_string();
    assert_eq!(text(herder.pause("x").await.unwrap_err()), "Unknown connector x");
    assert_eq!(text(herder.resume("x").await.unwrap_err()), "Unknown connector x");
    assert_eq!(text(herder.stop("x").await.unwrap_err()), "Unknown connector x");
    assert_eq!(text(herder.restart_connector("x").await.unwrap_err()), "Unknown connector: x");
    assert_eq!(text(herder.restart("x", RestartRequest::default()).await.unwrap_err()), "Unknown connector: x");
    assert_eq!(text(herder.connector_info("x").await.unwrap_err()), "Connector x not found");
    assert_eq!(text(herder.tasks("x").await.unwrap_err()), "Connector x not found");
    assert_eq!(text(herder.task_status("x", 0).await.unwrap_err()), "No status found for task x-0");
}

#[tokio::test]
async fn a_connector_that_hangs_holds_up_nobody_else() {
    let setup = Setup::new();
    let impatient = setup.herder.clone().with_timeouts(Duration::from_millis(200), Duration::from_secs(5));
    let error = impatient.create("stuck", source(&[("start", "hang")]), STARTED).await.unwrap_err().to_string();
    let expected = "Request timed out. The worker is currently starting the connector, which began at 2";
    assert!(error.starts_with(expected), "{error}");
    let resumed = impatient.resume("stuck").await;
    assert!(resumed.is_ok(), "{resumed:?}");
    setup.herder.create("c", source(&[]), STARTED).await.unwrap();
    setup.task_is("c", 0, State::Running).await;
    setup.herder.set_ready();
    assert_eq!(setup.herder.health().await.unwrap(), Health::Healthy);
    assert_eq!(setup.herder.connectors().await, ["c", "stuck"]);
}

#[tokio::test(start_paused = true)]
async fn a_connector_that_hangs_can_be_deleted() {
    let setup = Setup::new();
    let herder = setup.herder.clone();
    let stuck = tokio::spawn(async move { herder.create("c", source(&[("start", "hang")]), STARTED).await });
    setup.until("the connector is there", || setup.is_configured("c")).await;
    setup.herder.delete("c").await.unwrap();
    let error = stuck.await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "Connector c did not answer, and a later request replaces this one");
    assert!(setup.herder.connectors().await.is_empty());
}

#[tokio::test]
async fn a_worker_that_is_not_ready_is_starting() {
    let setup = Setup::new();
    let impatient = setup.herder.clone().with_timeouts(Duration::from_secs(5), Duration::from_millis(50));
    assert_eq!(impatient.health().await.unwrap(), Health::Starting(None));
}

#[tokio::test]
async fn after_shutdown_nothing_is_taken() {
    let setup = Setup::new();
    setup.herder.set_ready();
    setup.herder.create("c", source(&[]), STARTED).await.unwrap();
    setup.task_is("c", 0, State::Running).await;
    setup.herder.shutdown().await;
    setup.connector_is("c", State::Unassigned).await;
    setup.task_is("c", 0, State::Unassigned).await;
    for error in [
        setup.herder.create("d", source(&[]), STARTED).await.unwrap_err(),
        setup.herder.pause("c").await.unwrap_err(),
        setup.herder.health().await.unwrap_err(),
    ] {
        assert_eq!(error.to_string(), "The herder is shutting down");
    }
    setup.herder.shutdown().await;
}

#[tokio::test]
async fn names_must_agree() {
    let herder = Setup::new().herder;
    let error = herder.create("c", config(&[("name", "d")]), STARTED).await.unwrap_err();
    assert_eq!(error.to_string(), "Connector name configuration (d) doesn't match connector name in the URL (c)");
}

#[tokio::test]
async fn task_configs_that_could_not_be_computed_are_computed_again() {
    let setup = Setup::new();
    let refused = setup.herder.create("c", source(&[("tasks.fail", "2")]), STARTED).await.unwrap_err().to_string();
    assert!(refused.contains("split the work"), "{refused}");
    setup.connector_is("c", State::Running).await;
    setup.task_is("c", 0, State::Running).await;
    // The same after an update.
    let refused = setup.herder.put_config("c", source(&[("tasks.fail", "1"), ("tasks.max", "2")])).await;
    assert!(refused.is_err());
    setup.task_is("c", 1, State::Running).await;
}
