//! The few administrative requests that a worker makes.

#[expect(unsafe_code, reason = "librdkafka's calls about a group's offsets have no safe wrapper; see the module")]
mod group_offsets;
mod groups;

pub use groups::GroupAdmin;

use crate::close::LastField;
use crate::context::Quiet;
use crate::error::{AdminError, code, reason};
use crate::queue::{Owner, Queue, Served, serve};
use crate::settings::ClientSettings;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication, TopicResult};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// An admin client. May be shared; no method blocks the thread that calls it.
pub struct Admin {
    queue: Queue,
    owner: Owner,
    client: Arc<AdminClient<Quiet>>,
    last: LastField,
}

impl Admin {
    /// An admin client. Does not wait for any broker.
    pub fn new(settings: ClientSettings) -> Result<Self, AdminError> {
        let create = |reason: String| AdminError::Create { reason };
        let client: AdminClient<Quiet> =
            settings.native().create_with_context(Quiet).map_err(|error| create(reason(&error)))?;
        let client = Arc::new(client);
        let owner: Owner = client.clone();
        let queue = Queue::main(&owner).ok_or_else(|| create("librdkafka gave no queue".to_owned()))?;
        Ok(Self { queue, owner, client, last: LastField::new() })
    }

    /// Whether any broker answers within `timeout`.
    pub async fn ping(&self, timeout: Duration) -> Result<(), AdminError> {
        self.describe_cluster(timeout).await.map(|_| ())
    }

    /// The cluster's id; `None` if the brokers know none.
    pub async fn cluster_id(&self, timeout: Duration) -> Result<Option<String>, AdminError> {
        self.describe_cluster(timeout).await
    }

    async fn describe_cluster(&self, timeout: Duration) -> Result<Option<String>, AdminError> {
        const WHAT: &str = "reach the brokers";
        let wake = Arc::new(Notify::new());
        let no_queue = || AdminError::Request { what: WHAT.into(), reason: "no queue".into(), retriable: false };
        let answers = Queue::new(&self.owner).ok_or_else(no_queue)?.waking(&wake);
        let deadline = Instant::now() + timeout.min(Duration::from_secs(3600));
        answers.describe_cluster(timeout);
        loop {
            let late = tokio::time::timeout_at(deadline, wake.notified()).await.is_err();
            self.serve();
            match answers.described_cluster() {
                Some(Ok(id)) => return Ok(id),
                // The first connection may be replaced while the question is under way.
                Some(Err(RDKafkaErrorCode::BrokerTransportFailure)) if !late => {
                    answers.describe_cluster(deadline.saturating_duration_since(Instant::now()));
                }
                Some(Err(code)) => return Err(failed(WHAT, &KafkaError::AdminOp(code))),
                None if late => return Err(failed(WHAT, &KafkaError::AdminOp(RDKafkaErrorCode::OperationTimedOut))),
                None => {}
            }
        }
    }

    /// How many partitions a topic has; `None`: there is no such topic. Does not create it.
    pub async fn partitions(&self, topic: &str, timeout: Duration) -> Result<Option<usize>, AdminError> {
        let (client, name) = (self.client.clone(), topic.to_owned());
        self.blocking(&format!("describe topic {topic}"), move || {
            let metadata = client.inner().fetch_metadata(Some(&name), timeout)?;
            let found = metadata.topics().iter().find(|known| known.name() == name);
            match found.and_then(|found| found.error()).map(RDKafkaErrorCode::from) {
                Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => Ok(None),
                Some(code) => Err(KafkaError::AdminOp(code)),
                None => Ok(found.map(|found| found.partitions().len())),
            }
        })
        .await
    }

    /// Whether a topic exists. Does not create it.
    pub async fn topic_exists(&self, topic: &str, timeout: Duration) -> Result<bool, AdminError> {
        self.partitions(topic, timeout).await.map(|partitions| partitions.is_some())
    }

    /// Creates a topic; `false`: it existed already. `partitions` and `replication` of -1: the broker's default.
    pub async fn create_topic(
        &self,
        topic: &str,
        partitions: i32,
        replication: i32,
        configs: &BTreeMap<String, String>,
        timeout: Duration,
    ) -> Result<bool, AdminError> {
        let mut new = NewTopic::new(topic, partitions, TopicReplication::Fixed(replication));
        for (key, value) in configs {
            new = new.set(key, value);
        }
        let answer = self.client.create_topics([&new], &options(timeout)).await;
        match self.answer(&format!("create topic {topic}"), answer) {
            Err((Some(RDKafkaErrorCode::TopicAlreadyExists), _)) => Ok(false),
            Err((_, error)) => Err(error),
            Ok(()) => Ok(true),
        }
    }

    /// Deletes a topic; `false`: there was none.
    pub async fn delete_topic(&self, topic: &str, timeout: Duration) -> Result<bool, AdminError> {
        let answer = self.client.delete_topics(&[topic], &options(timeout)).await;
        match self.answer(&format!("delete topic {topic}"), answer) {
            Err((Some(RDKafkaErrorCode::UnknownTopicOrPartition), _)) => Ok(false),
            Err((_, error)) => Err(error),
            Ok(()) => Ok(true),
        }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        what: &str,
        work: impl FnOnce() -> Result<T, KafkaError> + Send + 'static,
    ) -> Result<T, AdminError> {
        let answer = tokio::task::spawn_blocking(work).await;
        self.serve();
        match answer {
            Ok(answer) => answer.map_err(|error| failed(what, &error)),
            Err(error) => {
                Err(AdminError::Request { what: what.to_owned(), reason: error.to_string(), retriable: false })
            }
        }
    }

    fn answer(
        &self,
        what: &str,
        answer: Result<Vec<TopicResult>, KafkaError>,
    ) -> Result<(), (Option<RDKafkaErrorCode>, AdminError)> {
        self.serve();
        let results = answer.map_err(|error| (code(&error), failed(what, &error)))?;
        match results.into_iter().find_map(Result::err) {
            Some((_, code)) => Err((Some(code), failed(what, &KafkaError::AdminOp(code)))),
            None => Ok(()),
        }
    }

    /// Log lines and errors pile up otherwise.
    fn serve(&self) {
        while serve(&self.queue, |_| ()) == Served::Event {}
    }
}

impl Drop for Admin {
    fn drop(&mut self) {
        drop(self.last.destroy_elsewhere(self.client.clone()));
    }
}

fn options(timeout: Duration) -> AdminOptions {
    AdminOptions::new().operation_timeout(Some(timeout)).request_timeout(Some(timeout))
}

fn failed(what: &str, error: &KafkaError) -> AdminError {
    use RDKafkaErrorCode::{AllBrokersDown, BrokerTransportFailure, OperationTimedOut, RequestTimedOut, Resolve};
    let retriable = matches!(
        code(error),
        Some(AllBrokersDown | BrokerTransportFailure | OperationTimedOut | RequestTimedOut | Resolve)
    );
    AdminError::Request { what: what.to_owned(), reason: reason(error), retriable }
}
