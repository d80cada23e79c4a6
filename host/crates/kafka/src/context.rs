//! What librdkafka tells a client, kept until the client's owner asks for it.
//!
//! librdkafka calls these from within a poll. Nothing is decided here: a rebalance is recorded and answered later, after
//! the sink had its say (`finish_assign`, `finish_revoke`). The one exception is a client that is being closed.

use cofferdam_data::TopicPartition;
use parking_lot::Mutex;
use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::producer::{DeliveryResult, ProducerContext};
use rdkafka::types::{RDKafkaErrorCode, RDKafkaRespErr};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};

/// What happened to a consumer.
#[derive(Debug)]
pub(crate) enum Happened {
    /// The group gave it these partitions; they are not assigned yet.
    Assigned(Vec<TopicPartition>),
    /// The group takes these partitions away; they are still assigned.
    Revoked {
        /// Which.
        partitions: Vec<TopicPartition>,
        /// Whether another member may own them already.
        lost: bool,
    },
    /// librdkafka reported an error.
    Error {
        /// Its code.
        code: Option<RDKafkaErrorCode>,
        /// Its words.
        reason: String,
    },
}

/// Errors kept for an owner that does not ask; the oldest go first. Rebalances are never dropped.
const ERRORS_KEPT: usize = 100;

/// The record of a consumer's life.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    happened: Mutex<VecDeque<Happened>>,
    closing: AtomicBool,
}

impl Recorder {
    /// The oldest entry not taken yet.
    pub(crate) fn take(&self) -> Option<Happened> {
        self.happened.lock().pop_front()
    }

    /// From now on rebalances are answered at once: the owner has gone.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
    }

    fn push(&self, what: Happened) {
        let mut happened = self.happened.lock();
        let errors = happened.iter().filter(|kept| matches!(kept, Happened::Error { .. })).count();
        if errors >= ERRORS_KEPT
            && let Some(oldest) = happened.iter().position(|kept| matches!(kept, Happened::Error { .. }))
        {
            happened.remove(oldest);
        }
        happened.push_back(what);
    }

    fn give_up_all(consumer: &BaseConsumer<Self>, revoked: &TopicPartitionList, assigned: bool) -> KafkaResult<()> {
        match consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative if assigned => Ok(()),
            RebalanceProtocol::Cooperative => consumer.incremental_unassign(revoked),
            _ => consumer.unassign(),
        }
    }
}

impl ClientContext for Recorder {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log_line(level as i32, facility, message);
    }

    fn stats_raw(&self, _statistics: &[u8]) {}

    fn error(&self, error: KafkaError, reason: &str) {
        self.push(Happened::Error { code: error.rdkafka_error_code(), reason: reason.to_owned() });
    }
}

impl ConsumerContext for Recorder {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, event: RDKafkaRespErr, partitions: &mut TopicPartitionList) {
        let assigned = event == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        if self.closing.load(Ordering::SeqCst) {
            if let Err(error) = Self::give_up_all(consumer, partitions, assigned) {
                tracing::debug!(%error, "giving up partitions while closing");
            }
            return;
        }
        let list = from_native(partitions);
        self.push(match assigned {
            true => Happened::Assigned(list),
            false => Happened::Revoked { partitions: list, lost: consumer.assignment_lost() },
        });
    }
}

/// The context of producers and admin clients, whose queues are served by this crate itself (`queue::serve`).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log_line(level as i32, facility, message);
    }

    fn stats_raw(&self, _statistics: &[u8]) {}

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(target: "librdkafka", %error, "{reason}");
    }
}

impl ProducerContext for Quiet {
    type DeliveryOpaque = usize;

    // Reached only while a producer is destroyed: its records were given up by its owner.
    fn delivery(&self, _report: &DeliveryResult<'_>, _sequence: usize) {}
}

/// A line of librdkafka's log. `level` is syslog's, 0 to 7. Lost connections and the like are reported as errors at
/// level 3 although librdkafka goes on trying: they are warnings here.
pub(crate) fn log_line(level: i32, facility: &str, message: &str) {
    match level {
        ..=4 => tracing::warn!(target: "librdkafka", facility, "{message}"),
        5 => tracing::info!(target: "librdkafka", facility, "{message}"),
        6 => tracing::debug!(target: "librdkafka", facility, "{message}"),
        _ => tracing::trace!(target: "librdkafka", facility, "{message}"),
    }
}

/// librdkafka's list as ours.
pub(crate) fn from_native(list: &TopicPartitionList) -> Vec<TopicPartition> {
    list.elements()
        .iter()
        .map(|element| TopicPartition { topic: element.topic().to_owned(), partition: element.partition() })
        .collect()
}

/// Our list as librdkafka's, without offsets.
pub(crate) fn to_native<'a>(list: impl IntoIterator<Item = &'a TopicPartition>) -> TopicPartitionList {
    let mut native = TopicPartitionList::new();
    for at in list {
        native.add_partition(&at.topic, at.partition);
    }
    native
}
