//! Metadata: who is there, which topics, and, where wanted, topics made on the spot.

use std::collections::BTreeMap;
use std::sync::Arc;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::{BrokerId, MetadataRequest, MetadataResponse, TopicName};

use super::{CodecError, Request, once, refusal, text};
use crate::broker::{Broker, HOST, NODE_ID};
use crate::topics::{Topic, TopicError, check_name};
use crate::wire::Reply;

pub(super) async fn handle(broker: &Arc<Broker>, request: &mut Request) -> Result<Option<Reply>, CodecError> {
    let wanted: MetadataRequest = request.decode()?;
    // Before v4 a client could not say no.
    let create = broker.config.auto_create_topics && (wanted.allow_auto_topic_creation || request.version < 4);
    let with_epoch = request.version >= 7;
    let mut topics = Vec::new();
    match wanted.topics {
        None => topics.extend(broker.topics.all().iter().map(|t| describe(t, with_epoch))),
        Some(names) => {
            for name in once(names.into_iter().map(|topic| topic.name.unwrap_or_default())) {
                topics.push(match find(broker, name.as_str(), create).await {
                    Ok(topic) => describe(&topic, with_epoch),
                    Err(code) => MetadataResponseTopic::default().with_name(Some(name)).with_error_code(code),
                });
            }
        }
    }
    let node = MetadataResponseBroker::default()
        .with_node_id(BrokerId(NODE_ID))
        .with_host(text(HOST))
        .with_port(broker.port.into());
    let cluster_id = (request.version >= 2).then(|| text(&*broker.cluster_id));
    let answer = MetadataResponse::default()
        .with_brokers(vec![node])
        .with_cluster_id(cluster_id)
        .with_controller_id(BrokerId(NODE_ID))
        .with_topics(topics);
    request.answer(&answer)
}

async fn find(broker: &Broker, name: &str, create: bool) -> Result<Arc<Topic>, i16> {
    let unknown = ResponseError::UnknownTopicOrPartition.code();
    if let Some(topic) = broker.topics.get(name) {
        return Ok(topic);
    }
    if !create {
        return Err(check_name(name).err().map_or(unknown, |e| e.0.code()));
    }
    let partitions = broker.config.default_partitions;
    match broker.topics.create(name, partitions, BTreeMap::new()).await {
        Ok(topic) => Ok(topic),
        // Another client was quicker.
        Err(TopicError(ResponseError::TopicAlreadyExists, _)) => broker.topics.get(name).ok_or(unknown),
        Err(e) => Err(refusal(name, e).0),
    }
}

fn describe(topic: &Topic, with_epoch: bool) -> MetadataResponseTopic {
    let partition = |index| {
        MetadataResponsePartition::default()
            .with_partition_index(index)
            .with_leader_id(BrokerId(NODE_ID))
            .with_leader_epoch(if with_epoch { 0 } else { -1 })
            .with_replica_nodes(vec![BrokerId(NODE_ID)])
            .with_isr_nodes(vec![BrokerId(NODE_ID)])
    };
    MetadataResponseTopic::default()
        .with_name(Some(TopicName(text(&*topic.name))))
        .with_partitions((0..topic.partition_count()).map(partition).collect())
}
