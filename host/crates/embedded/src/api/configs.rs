//! DescribeConfigs and IncrementalAlterConfigs, of topics; of the broker only what cannot be changed.

use std::collections::HashSet;
use std::sync::Arc;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::describe_configs_response::{DescribeConfigsResourceResult, DescribeConfigsResult};
use kafka_protocol::messages::incremental_alter_configs_request::AlterConfigsResource;
use kafka_protocol::messages::incremental_alter_configs_response::AlterConfigsResourceResponse;
use kafka_protocol::messages::{
    DescribeConfigsRequest, DescribeConfigsResponse, IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse,
};

use super::topics::{FROM_DEFAULT, FROM_TOPIC};
use super::{CodecError, Request, refusal, text};
use crate::broker::{Broker, NODE_ID};
use crate::topics::{TopicError, describe as describe_topic};
use crate::wire::Reply;

const TOPIC: i8 = 2;
const BROKER: i8 = 4;
/// Where a broker's value is from: its start.
const FROM_START: i8 = 4;
const SET: i8 = 0;
const DELETE: i8 = 1;

/// Name, value, where it is from, whether it can be changed.
type Value = (&'static str, String, i8, bool);

pub(super) fn describe(broker: &Arc<Broker>, request: &mut Request) -> Result<Option<Reply>, CodecError> {
    let wanted: DescribeConfigsRequest = request.decode()?;
    let mut seen = HashSet::new();
    // Each resource once, as the answers are much longer than the names.
    let named = wanted.resources.iter().filter(|r| seen.insert((r.resource_type, &r.resource_name)));
    let results = named.map(|resource| {
        let name = resource.resource_name.as_str();
        let result = DescribeConfigsResult::default()
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name.clone());
        match values(broker, resource.resource_type, name) {
            Err(TopicError(code, why)) => result.with_error_code(code.code()).with_error_message(Some(text(why))),
            Ok(values) => {
                let keys = resource.configuration_keys.as_ref();
                let asked = |name: &str| keys.is_none_or(|keys| keys.iter().any(|k| k.as_str() == name));
                let values = values.into_iter().filter(|v| asked(v.0)).map(|(name, value, source, read_only)| {
                    DescribeConfigsResourceResult::default()
                        .with_name(text(name))
                        .with_value(Some(text(value)))
                        .with_config_source(source)
                        .with_read_only(read_only)
                });
                result.with_configs(values.collect())
            }
        }
    });
    request.answer(&DescribeConfigsResponse::default().with_results(results.collect()))
}

fn values(broker: &Broker, resource_type: i8, name: &str) -> Result<Vec<Value>, TopicError> {
    match resource_type {
        TOPIC => {
            let topic = broker.topics.get(name).ok_or_else(|| unknown_topic(name))?;
            let source = |is_set| if is_set { FROM_TOPIC } else { FROM_DEFAULT };
            let values = describe_topic(&topic.configs());
            Ok(values.into_iter().map(|v| (v.name, v.value, source(v.is_set), false)).collect())
        }
        BROKER if name == NODE_ID.to_string() || name.is_empty() => {
            let config = &broker.config;
            Ok(vec![
                ("auto.create.topics.enable", config.auto_create_topics.to_string(), FROM_START, true),
                ("default.replication.factor", "1".to_owned(), FROM_START, true),
                ("num.partitions", config.default_partitions.to_string(), FROM_START, true),
            ])
        }
        _ => Err(TopicError(ResponseError::InvalidRequest, format!("there is no such resource: {name:?}"))),
    }
}

fn unknown_topic(name: &str) -> TopicError {
    TopicError(ResponseError::UnknownTopicOrPartition, format!("The topic '{name}' does not exist."))
}

pub(super) async fn alter(broker: &Arc<Broker>, request: &mut Request) -> Result<Option<Reply>, CodecError> {
    let wanted: IncrementalAlterConfigsRequest = request.decode()?;
    let mut results = Vec::with_capacity(wanted.resources.len());
    for resource in wanted.resources {
        let result = AlterConfigsResourceResponse::default()
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name.clone());
        results.push(match alter_one(broker, &resource, wanted.validate_only).await {
            Ok(()) => result,
            Err(e) => {
                let (code, why) = refusal(resource.resource_name.as_str(), e);
                result.with_error_code(code).with_error_message(Some(text(why)))
            }
        });
    }
    request.answer(&IncrementalAlterConfigsResponse::default().with_responses(results))
}

async fn alter_one(broker: &Broker, resource: &AlterConfigsResource, validate_only: bool) -> Result<(), TopicError> {
    if resource.resource_type != TOPIC {
        let why = "only topic configs can be changed in the embedded stream";
        return Err(TopicError(ResponseError::InvalidRequest, why.into()));
    }
    let mut changes = Vec::with_capacity(resource.configs.len());
    for config in &resource.configs {
        let name = config.name.to_string();
        match (config.config_operation, &config.value) {
            (SET, Some(value)) => changes.push((name, Some(value.to_string()))),
            (SET, None) => return Err(TopicError(ResponseError::InvalidConfig, format!("{name} has no value"))),
            (DELETE, _) => changes.push((name, None)),
            _ => {
                let why = format!("{name}: adding to and taking from a list is not supported by the embedded stream");
                return Err(TopicError(ResponseError::InvalidConfig, why));
            }
        }
    }
    broker.topics.alter(resource.resource_name.as_str(), &changes, validate_only).await
}
