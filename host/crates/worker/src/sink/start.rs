//! How a sink task begins: the instance is made and started, then the consumer, then it is RUNNING.

use super::task::SinkLoop;
use crate::WorkerError;
use crate::task::{TaskError, TaskSetup};
use cofferdam_kafka::{BatchConsumer, ClientKind};
use cofferdam_storage::State;

/// Runs a sink task until it is stopped or fails.
pub(crate) async fn run(mut setup: TaskSetup) -> Result<(), TaskError> {
    if !setup.is_to_start().await {
        return Ok(());
    }
    let topics = topics(&setup).map_err(|error| TaskError::Client(error.to_string()))?;
    let mut task = setup.plugin.sink_task(setup.context(None)).await.map_err(TaskError::plugin("creating the task"))?;
    let started = task.start().await.map_err(TaskError::plugin("start"));
    match started.and_then(|()| consumer(&mut setup, &topics)) {
        Ok(consumer) => {
            setup.status.write(State::Running);
            SinkLoop::new(setup, consumer, task).run().await
        }
        Err(error) => {
            // Whatever it has begun, it is told to end (runtime.md §1.4).
            if error.instance_is_sound()
                && let Err(error) = task.stop().await
            {
                tracing::warn!(task = %setup.id, %error, "a task that could not start failed to stop");
            }
            Err(error)
        }
    }
}

/// The topics to subscribe to. Kafka: `SinkConnectorConfig.parseTopicsList`.
fn topics(setup: &TaskSetup) -> Result<Vec<String>, WorkerError> {
    let refuse = |key: &str, value: &str, reason: &str| WorkerError::Setting {
        key: key.to_owned(),
        value: value.to_owned(),
        reason: reason.to_owned(),
    };
    if let Some(pattern) = setup.connector_config.get("topics.regex").filter(|pattern| !pattern.trim().is_empty()) {
        return Err(refuse("topics.regex", pattern, "not available in this version of Cofferdam"));
    }
    let list = setup.connector_config.get("topics").map(String::as_str).unwrap_or_default();
    let topics: Vec<_> =
        list.split(',').map(|topic| topic.trim().to_owned()).filter(|topic| !topic.is_empty()).collect();
    if topics.is_empty() {
        return Err(refuse("topics", list, "Must configure one of topics or topics.regex"));
    }
    Ok(topics)
}

fn consumer(setup: &mut TaskSetup, topics: &[String]) -> Result<BatchConsumer, TaskError> {
    let mut settings = setup.client_settings(ClientKind::Consumer)?;
    settings.set_prefetch(setup.prefetch_bytes);
    let most = settings.max_poll_records().unwrap_or(usize::MAX);
    setup.batch_max_records = setup.batch_max_records.min(most);
    BatchConsumer::subscribe(settings, topics).map_err(|error| TaskError::Client(error.to_string()))
}
