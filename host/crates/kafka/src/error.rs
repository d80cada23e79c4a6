//! What can go wrong with a client, in Kafka's words.

use cofferdam_data::TopicPartition;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use std::time::Duration;
use thiserror::Error;

/// What went wrong with a consumer. None of these ends the consumer unless [`ConsumerError::is_fatal`] says so.
#[derive(Debug, Error)]
pub enum ConsumerError {
    /// The client could not be made: its settings contradict each other.
    #[error("cannot create the consumer: {reason}")]
    Create {
        /// librdkafka's words.
        reason: String,
    },
    /// The topics could not be subscribed to.
    #[error("cannot subscribe to {topics}: {reason}")]
    Subscribe {
        /// Comma-separated.
        topics: String,
        /// librdkafka's words.
        reason: String,
    },
    /// An assignment could not be taken or given up.
    #[error("cannot {what} the partitions {partitions}: {reason}")]
    Assign {
        /// `assign` or `unassign`.
        what: &'static str,
        /// Comma-separated.
        partitions: String,
        /// librdkafka's words.
        reason: String,
    },
    /// Kafka refused the offsets.
    #[error("cannot commit offsets: {reason}")]
    Commit {
        /// Kafka's words; names the partition where just some of them failed.
        reason: String,
    },
    /// Kafka did not answer a commit in time. It may still be carried out.
    #[error("the commit of offsets was not answered within {} ms", timeout.as_millis())]
    CommitTimeout {
        /// How long was waited.
        timeout: Duration,
    },
    /// The committed offsets could not be read.
    #[error("cannot read the committed offsets of {partitions}: {reason}")]
    Committed {
        /// Comma-separated.
        partitions: String,
        /// Kafka's words.
        reason: String,
    },
    /// A position cannot be set.
    #[error("cannot seek {at} to offset {offset}: {reason}")]
    Seek {
        /// Where.
        at: TopicPartition,
        /// The position asked for.
        offset: i64,
        /// Why.
        reason: String,
    },
    /// librdkafka reported a trouble: a broker is down, a topic is missing, a fetch was refused. It goes on trying.
    #[error("{reason}")]
    Client {
        /// librdkafka's words.
        reason: String,
        /// Whether the client is of no use any more.
        fatal: bool,
    },
}

impl ConsumerError {
    /// Whether the consumer is of no use any more and must be replaced.
    pub fn is_fatal(&self) -> bool {
        matches!(self, ConsumerError::Client { fatal: true, .. })
    }
}

/// A producer that could not be made.
#[derive(Debug, Error)]
pub enum ProducerError {
    /// The client could not be made: its settings contradict each other.
    #[error("cannot create the producer: {reason}")]
    Create {
        /// librdkafka's words.
        reason: String,
    },
}

/// Why a record was not taken by [`TaskProducer::send_run`](crate::TaskProducer::send_run).
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SendError {
    /// As many records or bytes wait for Kafka as `buffer.memory` allows: wait for an acknowledgement and go on.
    #[error("the producer's buffer is full")]
    QueueFull,
    /// This record cannot be sent, in Kafka's words.
    #[error("{0}")]
    Failed(String),
}

/// What went wrong with an administrative request.
#[derive(Debug, Error)]
pub enum AdminError {
    /// The client could not be made: its settings contradict each other.
    #[error("cannot create the admin client: {reason}")]
    Create {
        /// librdkafka's words.
        reason: String,
    },
    /// The request failed or was refused.
    #[error("cannot {what}: {reason}")]
    Request {
        /// What was attempted, on what.
        what: String,
        /// Kafka's words.
        reason: String,
        /// Whether trying again may help: no broker was reached, or it did not answer in time.
        retriable: bool,
    },
    /// The consumer group has members: its offsets are theirs.
    #[error("cannot {what}: the group has members: {reason}")]
    GroupIsActive {
        /// What was attempted, on what.
        what: String,
        /// Kafka's words.
        reason: String,
    },
}

/// Kafka's words for an error: librdkafka's text without the mark that a broker said it.
pub(crate) fn words(code: RDKafkaErrorCode) -> String {
    let text = code.to_string();
    // librdkafka's wrapper puts the code's name in front: `Name (text)`.
    let text = match (text.find(" ("), text.strip_suffix(')')) {
        (Some(at), Some(inner)) => inner.get(at + 2..).unwrap_or(inner),
        _ => &text,
    };
    text.strip_prefix("Broker: ").unwrap_or(text).to_owned()
}

/// The wrapper's error in Kafka's words.
pub(crate) fn reason(error: &KafkaError) -> String {
    match error {
        KafkaError::ClientConfig(_, text, _, _) | KafkaError::ClientCreation(text) => text.clone(),
        KafkaError::Subscription(text) | KafkaError::Seek(text) => text.clone(),
        other => code(other).map_or_else(|| other.to_string(), words),
    }
}

/// The code of the wrapper's error, where it has one.
pub(crate) fn code(error: &KafkaError) -> Option<RDKafkaErrorCode> {
    match error {
        // The wrapper forgets these two.
        KafkaError::AdminOp(code) | KafkaError::MockCluster(code) => Some(*code),
        other => other.rdkafka_error_code(),
    }
}

/// Partitions for a message: comma-separated, the first ten.
pub(crate) fn listed<'a>(partitions: impl IntoIterator<Item = &'a TopicPartition>) -> String {
    const SHOWN: usize = 10;
    let mut all: Vec<String> = partitions.into_iter().map(TopicPartition::to_string).collect();
    if all.len() > SHOWN {
        let more = all.len() - SHOWN;
        all.truncate(SHOWN);
        all.push(format!("{more} more"));
    }
    all.join(", ")
}
