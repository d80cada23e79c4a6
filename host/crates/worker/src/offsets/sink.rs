//! A sink's offsets: what its consumer group has committed.

use super::error::GroupChange;
use super::json::{Members, Primitive, members};
use super::{OffsetsChange, OffsetsError, RequestedOffset, Subject};
use crate::clients::Clients;
use cofferdam_data::{TopicOffset, TopicPartition};
use cofferdam_kafka::{AdminError, ClientKind, GroupAdmin};
use cofferdam_plugin::OffsetChange;
use serde_json::Value;
use std::collections::BTreeMap;

const TOPIC: &str = "kafka_topic";
const PARTITION: &str = "kafka_partition";
const OFFSET: &str = "kafka_offset";

/// The offset of each partition; `None`: to be forgotten.
type Changes = BTreeMap<TopicPartition, Option<i64>>;

pub(super) async fn read(connector: &Subject<'_>) -> Result<Vec<(String, String)>, OffsetsError> {
    let failed = |cause: String| {
        tracing::error!(connector = connector.name, cause, "failed to read the offsets of a consumer group");
        OffsetsError::ReadSink(connector.name.to_owned())
    };
    let group = group(connector).map_err(failed)?;
    let offsets = group.offsets(connector.left()).await.map_err(|error| failed(error.to_string()))?;
    Ok(offsets.iter().map(|TopicOffset { at, offset }| (partition(at), self::offset(*offset))).collect())
}

pub(super) async fn modify(connector: &Subject<'_>, change: OffsetsChange) -> Result<bool, OffsetsError> {
    let group = group(connector).map_err(|cause| connector.modify_failed(cause))?;
    match change {
        OffsetsChange::Alter(requested) => alter(connector, &group, parse(&requested)?).await,
        OffsetsChange::Reset => reset(connector, &group).await,
    }
}

async fn alter(connector: &Subject<'_>, group: &GroupAdmin, changes: Changes) -> Result<bool, OffsetsError> {
    let complete = connector.agrees(&told(&changes)).await?;
    let (mut set, mut forget) = (Vec::new(), Vec::new());
    for (at, offset) in changes {
        match offset {
            Some(negative) if negative < 0 => {
                return Err(connector.modify_failed(format!("the offset {negative} of {at} is negative")));
            }
            Some(offset) => set.push(TopicOffset { at, offset }),
            None => forget.push(at),
        }
    }
    let failed = |error| group_failed(connector, GroupChange::Alter, error);
    group.alter(&set, connector.left()).await.map_err(failed)?;
    group.delete(&forget, connector.left()).await.map_err(failed)?;
    Ok(complete)
}

/// The whole group goes. One that is gone already is as good.
async fn reset(connector: &Subject<'_>, group: &GroupAdmin) -> Result<bool, OffsetsError> {
    let offsets = group.offsets(connector.left()).await.map_err(|error| {
        tracing::error!(connector = connector.name, %error, "failed to list the offsets that are to be reset");
        OffsetsError::ListBeforeReset(connector.name.to_owned())
    })?;
    let changes = offsets.into_iter().map(|offset| (offset.at, None)).collect();
    let complete = connector.agrees(&told(&changes)).await?;
    let deleted = group.delete_group(connector.left()).await;
    deleted.map_err(|error| group_failed(connector, GroupChange::Reset, error))?;
    Ok(complete)
}

fn group_failed(connector: &Subject<'_>, change: GroupChange, error: AdminError) -> OffsetsError {
    let name = connector.name.to_owned();
    tracing::error!(connector = name, %error, "failed to change the offsets of a consumer group");
    match (error, change) {
        (AdminError::GroupIsActive { .. }, change) => OffsetsError::GroupIsActive { change, name },
        (_, GroupChange::Alter) => OffsetsError::AlterGroup(name),
        (_, GroupChange::Reset) => OffsetsError::ResetGroup(name),
    }
}

/// The connector's consumer group, asked with the connector's admin settings.
fn group(connector: &Subject<'_>) -> Result<GroupAdmin, String> {
    let Subject { worker, name, config, .. } = connector;
    let clients = Clients { worker: &worker.config, bootstrap: &worker.bootstrap, connector: name, config };
    let group = clients.group().map_err(|error| error.to_string())?;
    let settings = clients.settings(ClientKind::Admin, &format!("connector-worker-adminclient-{name}"));
    let (settings, warnings) = settings.map_err(|error| error.to_string())?;
    for warning in warnings {
        tracing::warn!(connector = name, warning, "admin setting not used");
    }
    GroupAdmin::new(&settings, &group).map_err(|error| error.to_string())
}

/// As the connector is told of it.
fn told(changes: &Changes) -> Vec<OffsetChange> {
    changes.iter().map(|(at, offset)| (partition(at), offset.map(self::offset))).collect()
}

fn partition(at: &TopicPartition) -> String {
    format!(r#"{{"{TOPIC}":{},"{PARTITION}":{}}}"#, Value::from(at.topic.as_str()), at.partition)
}

fn offset(offset: i64) -> String {
    format!(r#"{{"{OFFSET}":{offset}}}"#)
}

/// Reads what a request says, of equal partitions the last. Kafka: `SinkUtils.parseSinkConnectorOffsets`.
fn parse(requested: &[RequestedOffset]) -> Result<Changes, OffsetsError> {
    let mut changes = Changes::new();
    for RequestedOffset { partition, offset } in requested {
        let Some(partition) = partition else {
            return invalid("The partition for a sink connector offset cannot be null or missing");
        };
        let at = parse_partition(&members(partition)?)?;
        let offset = offset.as_deref().map(|offset| parse_offset(&members(offset)?)).transpose()?;
        changes.insert(at, offset);
    }
    Ok(changes)
}

fn parse_partition(members: &Members<'_>) -> Result<TopicPartition, OffsetsError> {
    let (Some(topic), Some(partition)) = (members.get(TOPIC), members.get(PARTITION)) else {
        return invalid(format!(
            "The partition for a sink connector offset must contain the keys '{TOPIC}' and '{PARTITION}'"
        ));
    };
    let (Primitive::Text(topic) | Primitive::Plain(topic)) = Primitive::of(topic) else {
        return invalid("Kafka topic names must be valid strings and may not be null");
    };
    if matches!(Primitive::of(partition), Primitive::Null) {
        return invalid("Kafka partitions must be valid numbers and may not be null");
    }
    let text = text(partition.get(), Primitive::of(partition));
    match text.parse() {
        Ok(partition) => Ok(TopicPartition { topic, partition }),
        Err(_) => invalid(format!(
            "Failed to parse the following Kafka partition value in the provided offsets: '{text}'. Partition values for \
             sink connectors need to be integers."
        )),
    }
}

fn parse_offset(members: &Members<'_>) -> Result<i64, OffsetsError> {
    let Some(offset) = members.get(OFFSET) else {
        return invalid(format!("The offset for a sink connector should either be null or contain the key '{OFFSET}'"));
    };
    let text = text(offset.get(), Primitive::of(offset));
    text.parse().or_else(|_| {
        invalid(format!(
            "Failed to parse the following Kafka offset value in the provided offsets: '{text}'. Offset values for sink \
             connectors need to be integers."
        ))
    })
}

/// As Java's `String.valueOf`; what is no primitive value, as it is written.
fn text(written: &str, value: Primitive) -> String {
    match value {
        Primitive::Text(text) | Primitive::Plain(text) => text,
        Primitive::Null | Primitive::Other(_) => written.to_owned(),
    }
}

fn invalid<T>(text: impl Into<String>) -> Result<T, OffsetsError> {
    Err(OffsetsError::Invalid(text.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(partition: Option<&str>, offset: Option<&str>) -> Result<Changes, String> {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        parse(&[RequestedOffset { partition: owned(partition), offset: owned(offset) }]).map_err(|error| {
            assert!(matches!(error, OffsetsError::Invalid(_)), "{error:?}");
            error.to_string()
        })
    }

    #[test]
    fn numbers_may_be_text_and_the_last_of_equal_partitions_counts() {
        let at = |topic: &str, partition| TopicPartition { topic: topic.to_owned(), partition };
        let request = |partition: &str, offset: Option<&str>| RequestedOffset {
            partition: Some(partition.to_owned()),
            offset: offset.map(str::to_owned),
        };
        let changes = parse(&[
            request(r#"{"kafka_topic":"t","kafka_partition":"3"}"#, Some(r#"{"kafka_offset":"12","more":[]}"#)),
            request(r#"{"kafka_topic":"t","kafka_partition":0}"#, Some(r#"{"kafka_offset":1}"#)),
            request(r#"{"kafka_partition":0,"kafka_topic":"t"}"#, None),
            request(r#"{"kafka_topic":5,"kafka_partition":-1}"#, Some(r#"{"kafka_offset":-7}"#)),
        ]);
        let expected = [(at("5", -1), Some(-7)), (at("t", 0), None), (at("t", 3), Some(12))];
        assert_eq!(changes.unwrap(), expected.into());
    }

    /// rest.md §9.2, sink
    #[test]
    fn what_is_no_partition_or_offset_of_a_topic_is_refused_in_kafka_connects_words() {
        const ZERO: Option<&str> = Some(r#"{"kafka_topic":"t","kafka_partition":0}"#);
        let missing = "The partition for a sink connector offset cannot be null or missing";
        let keys =
            "The partition for a sink connector offset must contain the keys 'kafka_topic' and 'kafka_partition'";
        let topic = "Kafka topic names must be valid strings and may not be null";
        let null = "Kafka partitions must be valid numbers and may not be null";
        let no_partition = |text: &str| {
            format!(
                "Failed to parse the following Kafka partition value in the provided offsets: '{text}'. Partition values \
                 for sink connectors need to be integers."
            )
        };
        let no_offset = |text: &str| {
            format!(
                "Failed to parse the following Kafka offset value in the provided offsets: '{text}'. Offset values for sink \
                 connectors need to be integers."
            )
        };
        for (partition, offset, expected) in [
            (None, None, missing.to_owned()),
            (Some("{}"), None, keys.to_owned()),
            (Some(r#"{"kafka_topic":"t"}"#), None, keys.to_owned()),
            (Some(r#"{"kafka_partition":1}"#), None, keys.to_owned()),
            (Some(r#"{"kafka_topic":null,"kafka_partition":null}"#), None, topic.to_owned()),
            (Some(r#"{"kafka_topic":{},"kafka_partition":0}"#), None, topic.to_owned()),
            (Some(r#"{"kafka_topic":"t","kafka_partition":null}"#), None, null.to_owned()),
            (Some(r#"{"kafka_topic":"t","kafka_partition":"x"}"#), None, no_partition("x")),
            (Some(r#"{"kafka_topic":"t","kafka_partition":1.0}"#), None, no_partition("1.0")),
            (Some(r#"{"kafka_topic":"t","kafka_partition":2147483648}"#), None, no_partition("2147483648")),
            (
                ZERO,
                Some("{}"),
                "The offset for a sink connector should either be null or contain the key 'kafka_offset'".to_owned(),
            ),
            (ZERO, Some(r#"{"kafka_offset":"abc"}"#), no_offset("abc")),
            (ZERO, Some(r#"{"kafka_offset":null}"#), no_offset("null")),
            (ZERO, Some(r#"{"kafka_offset":[1]}"#), no_offset("[1]")),
        ] {
            assert_eq!(parsed(partition, offset).unwrap_err(), expected);
        }
    }
}
