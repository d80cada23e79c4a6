//! Offsets of connectors, seen and changed from outside (rest.md §9).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where something is not as it must be")]

mod support;

use async_trait::async_trait;
use cofferdam_config::TargetState;
use cofferdam_herder::RequestedOffset;
use cofferdam_plugin::ConfigMap;
use cofferdam_storage::{OffsetBackingStore, OffsetStoreError, State};
use cofferdam_worker::OffsetsChange;
use std::sync::Arc;
use std::time::Duration;
use support::{Setup, sink, source};

const STOPPED: TargetState = TargetState::Stopped;
const ALTERED: &str = "The Connect framework-managed offsets for this connector have been altered successfully. However, if \
                       this connector manages offsets externally, they will need to be manually altered in the system that \
                       the connector uses.";
const RESET: &str = "The Connect framework-managed offsets for this connector have been reset successfully. However, if this \
                     connector manages offsets externally, they will need to be manually reset in the system that the \
                     connector uses.";

fn at(partition: &str, offset: Option<&str>) -> RequestedOffset {
    let partition = (!partition.is_empty()).then(|| partition.to_owned());
    RequestedOffset { partition, offset: offset.map(str::to_owned) }
}

/// A partition of topic `t` and its offset, as a sink has them.
fn of_topic(partition: i32, offset: Option<i64>) -> RequestedOffset {
    let partition = format!(r#"{{"kafka_topic":"t","kafka_partition":{partition}}}"#);
    at(&partition, offset.map(|offset| format!(r#"{{"kafka_offset":{offset}}}"#)).as_deref())
}

fn pairs(offsets: &[(&str, &str)]) -> Vec<(String, String)> {
    offsets.iter().map(|(partition, offset)| ((*partition).to_owned(), (*offset).to_owned())).collect()
}

async fn alter(setup: &Setup, offsets: Vec<RequestedOffset>) -> String {
    match setup.herder.alter_offsets("c", offsets).await {
        Ok(message) => message,
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn source_offsets_are_altered_listed_and_reset() {
    let setup = Setup::new();
    setup.herder.create("c", source(&[]), STOPPED).await.unwrap();
    assert_eq!(setup.herder.offsets("c").await.unwrap(), []);
    let changes = vec![
        at(r#"{"file":"b","n":1.0}"#, Some(r#"{"position":1}"#)),
        at(r#"{"file":"a"}"#, Some(r#"{ "position" : 2 }"#)),
        at(r#"{"n":1.00,"file":"b"}"#, Some(r#"{"position":3}"#)),
    ];
    assert_eq!(alter(&setup, changes).await, ALTERED);
    let expected = [(r#"{"file":"a"}"#, r#"{"position":2}"#), (r#"{"file":"b","n":1.0}"#, r#"{"position":3}"#)];
    assert_eq!(setup.herder.offsets("c").await.unwrap(), pairs(&expected));
    let asked = expected.map(|(partition, offset)| (partition.to_owned(), Some(offset.to_owned())));
    assert_eq!(*setup.altered.lock(), [asked], "the connector is asked first, with each partition once");
    assert_eq!(alter(&setup, vec![at(r#"{"file":"a"}"#, None)]).await, ALTERED);
    assert_eq!(setup.herder.offsets("c").await.unwrap(), pairs(&expected[1..]));
    assert_eq!(setup.herder.reset_offsets("c").await.unwrap(), RESET);
    assert_eq!(setup.altered.lock()[2], [(expected[1].0.to_owned(), None)]);
    assert_eq!(setup.herder.offsets("c").await.unwrap(), []);
    assert_eq!(setup.herder.reset_offsets("c").await.unwrap(), RESET, "with nothing stored, too");
    assert_eq!(setup.altered.lock()[3], []);
}

#[tokio::test]
async fn offsets_stay_when_their_connector_goes() {
    let setup = Setup::new();
    setup.offsets.write("c", vec![("{}".to_owned(), Some(r#"{"at":1}"#.to_owned()))]).await.unwrap();
    setup.herder.create("c", source(&[]), TargetState::Started).await.unwrap();
    assert_eq!(setup.herder.offsets("c").await.unwrap(), pairs(&[("{}", r#"{"at":1}"#)]), "in any state");
    setup.herder.delete("c").await.unwrap();
    assert_eq!(setup.offsets.all("c").await.unwrap().len(), 1);
}

#[tokio::test]
async fn offsets_are_changed_of_stopped_connectors_only() {
    let setup = Setup::new();
    let none = setup.herder.alter_offsets("x", Vec::new()).await.unwrap_err().to_string();
    assert_eq!(none, "Partitions / offsets need to be provided for an alter offsets request", "before all else");
    let change = || vec![at("{}", Some("{}"))];
    for error in [
        setup.herder.offsets("x").await.unwrap_err(),
        setup.herder.alter_offsets("x", change()).await.unwrap_err(),
        setup.herder.reset_offsets("x").await.unwrap_err(),
    ] {
        assert_eq!(error.to_string(), "Connector x not found");
    }
    setup.herder.create("c", source(&[]), TargetState::Started).await.unwrap();
    let refused = "Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the \
                   specified connector by issuing a 'PUT' request to the '/connectors/c/stop' endpoint";
    assert_eq!(alter(&setup, change()).await, refused);
    setup.herder.pause("c").await.unwrap();
    assert_eq!(setup.herder.reset_offsets("c").await.unwrap_err().to_string(), refused);
    assert_eq!(*setup.altered.lock(), Vec::<Vec<_>>::new());
    setup.herder.stop("c").await.unwrap();
    assert_eq!(alter(&setup, change()).await, ALTERED);
    setup.connector_is("c", State::Stopped).await;
}

#[tokio::test]
async fn the_connector_has_its_say() {
    let setup = Setup::new();
    let change = || vec![at("{}", Some(r#"{"at":1}"#))];
    let answer = async |behaviour: &str| {
        setup.altered.lock().clear();
        setup.herder.put_config("c", source(&[("alter", behaviour)])).await.unwrap();
        setup.herder.stop("c").await.unwrap();
        alter(&setup, change()).await
    };
    assert_eq!(answer("fail").await, "asked to fail");
    assert_eq!(answer("break").await, "Failed to modify offsets for source connector c");
    assert_eq!(setup.herder.offsets("c").await.unwrap(), [], "nothing was written");
    assert_eq!(answer("complete").await, "The offsets for this connector have been altered successfully");
    let reset = setup.herder.reset_offsets("c").await.unwrap();
    assert_eq!(reset, "The offsets for this connector have been reset successfully");
    assert_eq!(answer("retry").await, ALTERED);
    assert_eq!(setup.altered.lock().len(), 2, "asked again");
}

#[tokio::test]
async fn a_connector_that_does_not_answer_delays_nobody_else() {
    let setup = Setup::new();
    setup.herder.create("c", source(&[("alter", "hang")]), STOPPED).await.unwrap();
    let impatient = setup.herder.clone().with_timeouts(Duration::from_millis(100), Duration::from_secs(5));
    let late = impatient.alter_offsets("c", vec![at("{}", Some("{}"))]).await.unwrap_err().to_string();
    let expected = "Request timed out. The worker is currently modifying offsets for connector c, which began at ";
    assert!(late.starts_with(expected), "{late}");
    setup.herder.create("d", source(&[]), TargetState::Started).await.unwrap();
    // What comes behind it does not wait for it for long.
    setup.herder.delete("c").await.unwrap();
    assert_eq!(setup.offsets.all("c").await.unwrap(), []);
}

#[tokio::test]
async fn source_offsets_are_maps_of_primitive_values() {
    let setup = Setup::new();
    setup.herder.create("c", source(&[]), STOPPED).await.unwrap();
    let refused =
        |what: &str| format!("Offsets may only contain primitive types as values, but field f contains {what}");
    assert_eq!(alter(&setup, vec![at(r#"{"f":{}}"#, None)]).await, refused("MAP"));
    assert_eq!(alter(&setup, vec![at("{}", Some(r#"{"f":[]}"#))]).await, refused("ARRAY"));
    assert_eq!(alter(&setup, vec![at("", None)]).await, ALTERED, "a null partition is not refused");
    let without = alter(&setup, vec![at("", Some("{}"))]).await;
    assert_eq!(without, "The partition for a source connector offset cannot be null or missing");
    assert_eq!(setup.herder.offsets("c").await.unwrap(), []);
}

#[tokio::test]
async fn a_sinks_offsets_are_those_of_its_consumer_group() {
    let setup = Setup::on_stream();
    setup.topic("t", 3).await;
    setup.herder.create("c", sink(&[]), STOPPED).await.unwrap();
    assert_eq!(setup.herder.offsets("c").await.unwrap(), []);
    let changes = vec![
        of_topic(0, Some(5)),
        of_topic(2, Some(7)),
        at(r#"{"kafka_topic":"t","kafka_partition":"1"}"#, Some(r#"{"kafka_offset":"6"}"#)),
    ];
    assert_eq!(alter(&setup, changes).await, ALTERED);
    let listed = |partition: i32, offset: i64| {
        let RequestedOffset { partition, offset } = of_topic(partition, Some(offset));
        (partition.unwrap(), offset.unwrap())
    };
    assert_eq!(setup.herder.offsets("c").await.unwrap(), [listed(0, 5), listed(1, 6), listed(2, 7)]);
    assert_eq!(alter(&setup, vec![of_topic(0, Some(1)), of_topic(1, None)]).await, ALTERED);
    assert_eq!(setup.herder.offsets("c").await.unwrap(), [listed(0, 1), listed(2, 7)]);
    assert_eq!(setup.herder.reset_offsets("c").await.unwrap(), RESET);
    assert_eq!(setup.herder.offsets("c").await.unwrap(), []);
    assert_eq!(setup.herder.reset_offsets("c").await.unwrap(), RESET, "without a group, too");
    let told = setup.altered.lock().clone();
    assert_eq!(told[1], [(listed(0, 1).0, Some(listed(0, 1).1)), (listed(1, 0).0, None)]);
    assert_eq!(told[2], [(listed(0, 1).0, None), (listed(2, 7).0, None)]);
    assert_eq!(told[3], []);
}

#[tokio::test]
async fn a_sinks_group_may_have_another_name() {
    let setup = Setup::on_stream();
    setup.topic("t", 1).await;
    setup.herder.create("c", sink(&[("consumer.override.group.id", "other")]), STOPPED).await.unwrap();
    assert_eq!(alter(&setup, vec![of_topic(0, Some(5))]).await, ALTERED);
    setup.herder.put_config("c", sink(&[])).await.unwrap();
    assert_eq!(setup.herder.offsets("c").await.unwrap(), [], "of connect-c");
    setup.herder.put_config("c", sink(&[("consumer.override.group.id", "other")])).await.unwrap();
    assert_eq!(setup.herder.offsets("c").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_group_with_members_keeps_its_offsets() {
    let setup = Setup::on_stream();
    setup.topic("t", 1).await;
    setup.herder.create("c", sink(&[]), STOPPED).await.unwrap();
    let member = setup.member("connect-c", "t").await;
    let refused = |change: &str| {
        format!(
            "Failed to {change} consumer group offsets for connector c either because its tasks haven't stopped completely \
             yet or the connector was resumed before the request to {change} its offsets could be successfully completed. \
             If the connector is in a stopped state, this operation can be safely retried. If it doesn't eventually \
             succeed, the Connect cluster may need to be restarted to get rid of the zombie sink tasks."
        )
    };
    assert_eq!(alter(&setup, vec![of_topic(0, Some(1))]).await, refused("alter"));
    assert_eq!(alter(&setup, vec![of_topic(0, None)]).await, refused("alter"));
    assert_eq!(setup.herder.reset_offsets("c").await.unwrap_err().to_string(), refused("reset"));
    member.close().await;
    assert_eq!(alter(&setup, vec![of_topic(0, Some(1))]).await, ALTERED);
}

#[tokio::test]
async fn offsets_can_be_altered_as_soon_as_a_running_sink_has_stopped() {
    let setup = Setup::on_stream();
    setup.topic("t", 1).await;
    setup.herder.create("c", sink(&[]), TargetState::Started).await.unwrap();
    setup.task_is("c", 0, State::Running).await;
    setup.herder.stop("c").await.unwrap();
    assert_eq!(alter(&setup, vec![of_topic(0, Some(3))]).await, ALTERED);
}

#[tokio::test]
async fn what_kafka_refuses_is_told_in_kafka_connects_words() {
    let setup = Setup::on_stream();
    setup.topic("t", 1).await;
    setup.herder.create("c", sink(&[]), STOPPED).await.unwrap();
    assert_eq!(
        alter(&setup, vec![of_topic(7, Some(1))]).await,
        "Failed to alter consumer group offsets for connector c",
        "no such partition"
    );
    assert_eq!(
        alter(&setup, vec![of_topic(0, None)]).await,
        "Failed to alter consumer group offsets for connector c",
        "no such group"
    );
    assert_eq!(alter(&setup, vec![of_topic(0, Some(-1))]).await, "Failed to modify offsets for sink connector c");
    let expected = "The partition for a sink connector offset cannot be null or missing";
    assert_eq!(alter(&setup, vec![at("", None)]).await, expected);
}

/// The answer of the worker itself, which has so little time only here.
async fn in_a_moment(setup: &Setup, config: &ConfigMap, change: OffsetsChange) -> String {
    let answer = setup.worker.modify_offsets("c", config, change, Duration::from_millis(300)).await;
    answer.unwrap_err().to_string()
}

fn plain(config: cofferdam_herder::RequestedConfig) -> ConfigMap {
    config.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

#[tokio::test]
async fn a_kafka_that_cannot_be_reached_is_given_up_in_time() {
    let (setup, config) = (Setup::new(), plain(sink(&[])));
    let read = setup.worker.offsets("c", &config, Duration::from_millis(300)).await.unwrap_err().to_string();
    assert_eq!(read, "Failed to retrieve consumer group offsets for sink connector c");
    let reset = in_a_moment(&setup, &config, OffsetsChange::Reset).await;
    assert_eq!(reset, "Failed to list offsets prior to resetting offsets for sink connector c");
    let altered = in_a_moment(&setup, &config, OffsetsChange::Alter(vec![of_topic(0, Some(1))])).await;
    assert_eq!(altered, "Failed to alter consumer group offsets for connector c");
}

#[tokio::test]
async fn a_connector_that_does_not_answer_is_given_up_in_time() {
    let setup = Setup::new();
    let change = || OffsetsChange::Alter(vec![at("{}", Some("{}"))]);
    let answer = in_a_moment(&setup, &plain(source(&[("alter", "hang")])), change()).await;
    assert_eq!(answer, "Timed out while calling the 'alterOffsets' method for source connector c");
    let change = OffsetsChange::Alter(vec![of_topic(0, Some(1))]);
    let answer = in_a_moment(&setup, &plain(sink(&[("alter", "hang")])), change).await;
    assert_eq!(answer, "Timed out while calling the 'alterOffsets' method for sink connector c");
}

/// A store with one offset, which does what it is made for.
struct Store {
    all: Does,
    write: Does,
}

#[derive(Clone, Copy)]
enum Does {
    Answer,
    Fail,
    Hang,
}

impl Does {
    async fn so<T>(self, answer: T) -> Result<T, OffsetStoreError> {
        match self {
            Self::Answer => Ok(answer),
            Self::Fail => Err(OffsetStoreError::Interrupted("asked to fail".to_owned())),
            Self::Hang => std::future::pending().await,
        }
    }
}

#[async_trait]
impl OffsetBackingStore for Store {
    async fn read(&self, _: &str, partitions: &[String]) -> Result<Vec<Option<String>>, OffsetStoreError> {
        Ok(vec![None; partitions.len()])
    }

    async fn all(&self, _: &str) -> Result<Vec<(String, String)>, OffsetStoreError> {
        self.all.so(vec![("{}".to_owned(), "{}".to_owned())]).await
    }

    async fn write(&self, _: &str, _: Vec<(String, Option<String>)>) -> Result<(), OffsetStoreError> {
        self.write.so(()).await
    }
}

#[tokio::test]
async fn a_store_that_fails_or_does_not_answer_is_told() {
    let config = plain(source(&[]));
    let setup = |all, write| Setup::with_store(Arc::new(Store { all, write }));
    let answer = async |all, write| in_a_moment(&setup(all, write), &config, OffsetsChange::Reset).await;
    assert_eq!(
        answer(Does::Hang, Does::Answer).await,
        "Timed out while trying to read to the end of the offsets topic prior to modifying offsets for source connector c"
    );
    let late = "Timed out while attempting to modify offsets for source connector c";
    assert_eq!(answer(Does::Answer, Does::Hang).await, late);
    let failed = "Failed to modify offsets for source connector c";
    assert_eq!(answer(Does::Fail, Does::Answer).await, failed);
    assert_eq!(answer(Does::Answer, Does::Fail).await, failed);
    let failing = setup(Does::Fail, Does::Answer);
    let read = failing.worker.offsets("c", &config, Duration::from_secs(5)).await.unwrap_err().to_string();
    assert_eq!(read, "Failed to retrieve offsets for source connector c");
}

#[tokio::test]
async fn offsets_of_a_class_that_is_not_installed_cannot_be_read() {
    let (setup, config) = (Setup::new(), ConfigMap::from([("connector.class".to_owned(), "test.Gone".to_owned())]));
    let error = setup.worker.offsets("c", &config, Duration::from_secs(5)).await.unwrap_err().to_string();
    assert!(error.contains("test.Gone"), "{error}");
}
