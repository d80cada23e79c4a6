//! OffsetCommit and OffsetFetch.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::offset_commit_response::{OffsetCommitResponsePartition, OffsetCommitResponseTopic};
use kafka_protocol::messages::offset_fetch_response::{OffsetFetchResponsePartition, OffsetFetchResponseTopic};
use kafka_protocol::messages::{
    OffsetCommitRequest, OffsetCommitResponse, OffsetFetchRequest, OffsetFetchResponse, TopicName,
};

use super::{CodecError, Request, text};
use crate::broker::Broker;
use crate::groups::{Caller, Committed, TopicPartition};
use crate::wire::Reply;

/// Longest text that may go with an offset (`offset.metadata.max.bytes`).
const MAX_METADATA: usize = 4096;

pub(super) async fn commit(broker: &Arc<Broker>, request: &mut Request) -> Result<Option<Reply>, CodecError> {
    let wanted: OffsetCommitRequest = request.decode()?;
    // One partition may be named twice: the last counts.
    let mut commits = BTreeMap::new();
    let mut refused = BTreeMap::new();
    for topic in &wanted.topics {
        for p in &topic.partitions {
            let at = (topic.name.to_string(), p.partition_index);
            let metadata = p.committed_metadata.as_ref().map(|m| m.to_string()).unwrap_or_default();
            if metadata.len() > MAX_METADATA {
                refused.insert(at, ResponseError::OffsetMetadataTooLarge);
            } else {
                let (offset, leader_epoch) = (p.committed_offset, p.committed_leader_epoch);
                commits.insert(at, Committed { offset, leader_epoch, metadata });
            }
        }
    }
    let failure = match store(broker, &wanted, commits).await {
        Ok(gone) => {
            refused.extend(gone.into_iter().map(|at| (at, ResponseError::UnknownTopicOrPartition)));
            None
        }
        Err(error) => Some(error),
    };
    let topics = wanted.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|p| {
            let at = (topic.name.to_string(), p.partition_index);
            let error = failure.or_else(|| refused.get(&at).copied());
            OffsetCommitResponsePartition::default()
                .with_partition_index(p.partition_index)
                .with_error_code(super::membership::code(error))
        });
        OffsetCommitResponseTopic::default().with_name(topic.name.clone()).with_partitions(partitions.collect())
    });
    request.answer(&OffsetCommitResponse::default().with_topics(topics.collect()))
}

/// Returns the partitions that there are not.
async fn store(
    broker: &Broker,
    wanted: &OffsetCommitRequest,
    commits: BTreeMap<TopicPartition, Committed>,
) -> Result<Vec<TopicPartition>, ResponseError> {
    let group = wanted.group_id.as_str();
    let caller = Caller {
        member_id: wanted.member_id.as_str(),
        instance_id: wanted.group_instance_id.as_ref().map(|id| id.as_str()),
        generation: wanted.generation_id_or_member_epoch,
    };
    let failed = |e: std::io::Error| {
        tracing::error!(group, error = %e, "cannot write offsets");
        ResponseError::KafkaStorageError
    };
    let live = |(topic, index): &TopicPartition| broker.topics.partition(topic, *index).is_some();
    let written = broker.groups.commit(group, caller, || broker.offsets.commit(group, commits, live))?;
    let (position, gone) = written.map_err(failed)?;
    broker.offsets.durable(position).await.map_err(failed)?;
    Ok(gone)
}

pub(super) fn fetch(broker: &Arc<Broker>, request: &mut Request) -> Result<Option<Reply>, CodecError> {
    let wanted: OffsetFetchRequest = request.decode()?;
    let group = wanted.group_id.as_str();
    let with_epoch = request.version >= 5;
    let partition = |index: i32, committed: Option<Committed>| {
        let answer = OffsetFetchResponsePartition::default().with_partition_index(index);
        match committed {
            None => answer.with_committed_offset(-1).with_metadata(Some(text(""))),
            Some(c) => answer
                .with_committed_offset(c.offset)
                .with_committed_leader_epoch(if with_epoch { c.leader_epoch } else { -1 })
                .with_metadata(Some(text(c.metadata))),
        }
    };
    let mut seen = HashSet::new();
    let topics = match &wanted.topics {
        Some(topics) => topics
            .iter()
            .map(|topic| {
                // Each once: with an offset goes a text of up to 4 KiB.
                let new = topic.partition_indexes.iter().filter(|index| seen.insert((&topic.name, **index)));
                let one = |index: &i32| partition(*index, broker.offsets.get(group, &(topic.name.to_string(), *index)));
                let partitions = new.map(one).collect();
                OffsetFetchResponseTopic::default().with_name(topic.name.clone()).with_partitions(partitions)
            })
            .collect(),
        None => {
            let mut by_topic: BTreeMap<String, Vec<_>> = BTreeMap::new();
            for ((topic, index), committed) in broker.offsets.all(group) {
                by_topic.entry(topic).or_default().push(partition(index, Some(committed)));
            }
            let topic = |(name, partitions): (String, Vec<_>)| {
                OffsetFetchResponseTopic::default().with_name(TopicName(text(name))).with_partitions(partitions)
            };
            by_topic.into_iter().map(topic).collect()
        }
    };
    request.answer(&OffsetFetchResponse::default().with_topics(topics))
}
