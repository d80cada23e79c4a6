//! Which topics a connector uses (rest.md §7): noted once, when one of its tasks uses a topic for the first time since the
//! connector was made or its topics were forgotten. Looked up per run, never per record.

use crate::{TaskId, WorkerContext};
use cofferdam_storage::{StatusBackingStore, TopicStatus};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// What one task notes. Nothing if `topic.tracking.enable` is false.
pub(crate) struct ActiveTopics {
    id: TaskId,
    store: Arc<dyn StatusBackingStore>,
    enabled: bool,
}

impl ActiveTopics {
    pub(crate) fn new(id: &TaskId, worker: &WorkerContext) -> Self {
        Self { id: id.clone(), store: worker.statuses.clone(), enabled: worker.config.topic_tracking_enable }
    }

    /// Whether there is something to note about this topic.
    pub(crate) fn is_news(&self, topic: &str) -> bool {
        self.enabled && !self.store.has_topic(&self.id.connector, topic)
    }

    /// The task uses this topic. Kafka: `WorkerTask.recordActiveTopic`.
    pub(crate) fn uses(&self, topic: &str) {
        if self.is_news(topic) {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            self.store.put_topic(TopicStatus {
                topic: topic.to_owned(),
                connector: self.id.connector.clone(),
                task: self.id.task,
                discover_timestamp: i64::try_from(now.as_millis()).unwrap_or(i64::MAX),
            });
        }
    }
}
