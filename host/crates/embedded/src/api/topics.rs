//! CreateTopics, CreatePartitions, DeleteTopics.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::create_partitions_request::CreatePartitionsTopic;
use kafka_protocol::messages::create_partitions_response::CreatePartitionsTopicResult;
use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::create_topics_response::{CreatableTopicConfigs, CreatableTopicResult};
use kafka_protocol::messages::delete_topics_response::DeletableTopicResult;
use kafka_protocol::messages::{
    CreatePartitionsRequest, CreatePartitionsResponse, CreateTopicsRequest, CreateTopicsResponse, DeleteTopicsRequest,
    DeleteTopicsResponse, TopicName,
};

use super::{CodecError, Request, refusal, text};
use crate::broker::{Broker, NODE_ID};
use crate::topics::{TopicError, describe};
use crate::wire::Reply;

/// Stands for the broker's default count of partitions or replicas.
const DEFAULT: i32 = -1;
const ONLY_HERE: &str = "every partition's only replica must be on broker 1";
/// DescribeConfigs' name for where a value is from.
pub(super) const FROM_TOPIC: i8 = 1;
pub(super) const FROM_DEFAULT: i8 = 5;

pub(super) async fn create(broker: &Arc<Broker>, request: &mut Request) -> Result<Option<Reply>, CodecError> {
    let wanted: CreateTopicsRequest = request.decode()?;
    let mut results = Vec::with_capacity(wanted.topics.len());
    let mut named: HashMap<TopicName, usize> = HashMap::new();
    wanted.topics.iter().for_each(|topic| *named.entry(topic.name.clone()).or_default() += 1);
    for topic in wanted.topics {
        let result = match named.remove(&topic.name) {
            Some(1) => create_one(broker, &topic, wanted.validate_only).await,
            Some(_) => Err(TopicError(ResponseError::InvalidRequest, "Duplicate topic name.".into())),
            None => continue,
        };
        results.push(create_result(topic, result, request.version));
    }
    request.answer(&CreateTopicsResponse::default().with_topics(results))
}

type Created = (i32, BTreeMap<String, String>);

async fn create_one(broker: &Broker, topic: &CreatableTopic, validate_only: bool) -> Result<Created, TopicError> {
    let refuse = |code, why: &str| Err(TopicError(code, why.to_owned()));
    let partitions = if topic.assignments.is_empty() {
        if !matches!(i32::from(topic.replication_factor), 1 | DEFAULT) {
            let why = format!("Replication factor: {} larger than available brokers: 1.", topic.replication_factor);
            return refuse(ResponseError::InvalidReplicationFactor, &why);
        }
        match topic.num_partitions {
            DEFAULT => broker.config.default_partitions,
            count => count,
        }
    } else {
        assigned(topic)?
    };
    let mut configs = BTreeMap::new();
    for config in &topic.configs {
        let Some(value) = &config.value else {
            return refuse(ResponseError::InvalidConfig, &format!("{} has no value", config.name.as_str()));
        };
        configs.insert(config.name.to_string(), value.to_string());
    }
    match validate_only {
        true => broker.topics.check_create(topic.name.as_str(), partitions, &configs)?,
        false => drop(broker.topics.create(topic.name.as_str(), partitions, configs.clone()).await?),
    }
    Ok((partitions, configs))
}

/// Partitions given by a list of who is to have them: it can only be this node.
fn assigned(topic: &CreatableTopic) -> Result<i32, TopicError> {
    let refuse = |why: &str| TopicError(ResponseError::InvalidReplicaAssignment, why.to_owned());
    let mut indexes: Vec<i32> = topic.assignments.iter().map(|a| a.partition_index).collect();
    indexes.sort_unstable();
    if topic.assignments.iter().any(|a| a.broker_ids.iter().map(|b| b.0).ne([NODE_ID])) {
        return Err(refuse(ONLY_HERE));
    }
    if indexes.iter().copied().ne(0..i32::try_from(indexes.len()).unwrap_or(0)) {
        return Err(refuse("partitions must be a consecutive 0-based integer sequence"));
    }
    Ok(i32::try_from(indexes.len()).unwrap_or(0))
}

fn create_result(topic: CreatableTopic, result: Result<Created, TopicError>, version: i16) -> CreatableTopicResult {
    let answer = CreatableTopicResult::default().with_name(topic.name.clone());
    match result {
        Err(e) => {
            let (code, why) = refusal(topic.name.as_str(), e);
            answer.with_error_code(code).with_error_message(Some(text(why)))
        }
        // Only later versions have a place for what was made.
        Ok(_) if version < 5 => answer,
        Ok((partitions, configs)) => {
            let config = |c: crate::topics::ConfigValue| {
                CreatableTopicConfigs::default()
                    .with_name(text(c.name))
                    .with_value(Some(text(c.value)))
                    .with_config_source(if c.is_set { FROM_TOPIC } else { FROM_DEFAULT })
            };
            answer
                .with_num_partitions(partitions)
                .with_replication_factor(1)
                .with_configs(Some(describe(&configs).into_iter().map(config).collect()))
        }
    }
}

pub(super) async fn create_partitions(
    broker: &Arc<Broker>,
    request: &mut Request,
) -> Result<Option<Reply>, CodecError> {
    let wanted: CreatePartitionsRequest = request.decode()?;
    let mut results = Vec::with_capacity(wanted.topics.len());
    for topic in wanted.topics {
        let result = CreatePartitionsTopicResult::default().with_name(topic.name.clone());
        results.push(match grow(broker, &topic, wanted.validate_only).await {
            Ok(()) => result,
            Err(e) => {
                let (code, why) = refusal(topic.name.as_str(), e);
                result.with_error_code(code).with_error_message(Some(text(why)))
            }
        });
    }
    request.answer(&CreatePartitionsResponse::default().with_results(results))
}

async fn grow(broker: &Broker, topic: &CreatePartitionsTopic, validate_only: bool) -> Result<(), TopicError> {
    let assigned = topic.assignments.as_ref();
    if assigned.is_some_and(|all| all.iter().any(|a| a.broker_ids.iter().map(|b| b.0).ne([NODE_ID]))) {
        return Err(TopicError(ResponseError::InvalidReplicaAssignment, ONLY_HERE.into()));
    }
    broker.topics.grow(topic.name.as_str(), topic.count, assigned.map(Vec::len), validate_only).await
}

pub(super) async fn delete(broker: &Arc<Broker>, request: &mut Request) -> Result<Option<Reply>, CodecError> {
    let wanted: DeleteTopicsRequest = request.decode()?;
    let mut results = Vec::with_capacity(wanted.topic_names.len());
    for name in wanted.topic_names {
        let result = DeletableTopicResult::default().with_name(Some(name.clone()));
        results.push(match delete_one(broker, name.as_str()).await {
            Ok(()) => result,
            Err(e) => {
                let (code, why) = refusal(name.as_str(), e);
                let why = (request.version >= 5).then(|| text(why));
                result.with_error_code(code).with_error_message(why)
            }
        });
    }
    request.answer(&DeleteTopicsResponse::default().with_responses(results))
}

async fn delete_one(broker: &Broker, name: &str) -> Result<(), TopicError> {
    let forgotten = broker.topics.delete(name, || broker.offsets.delete_topic(name)).await?;
    let forgotten = match forgotten {
        Ok(position) => broker.offsets.durable(position).await,
        Err(e) => Err(e),
    };
    forgotten.map_err(|e| {
        let why = format!("the topic is deleted, that its offsets are is not written: {e}");
        TopicError(ResponseError::KafkaStorageError, why)
    })
}
