//! What a running connector or task may ask of its host.
//!
//! Contexts are lent to each call. They hold next to nothing: what is asked goes to the host at once, and what a sink
//! says about records is collected for the call's answer.

use crate::types::{TopicOffset, TopicPartition};
use crate::{Config, Error, Origin, Result, SinkRecord, SourceOffset, SourcePartition, host};
use std::fmt::Display;
use std::time::Duration;

/// Why a running call should finish soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupt {
    /// The connector or task is to stop.
    Stop,
    /// The task is to pause.
    Pause,
    /// Partitions are to be given up.
    Revoke,
}

/// What every call may do, whatever its context.
macro_rules! common {
    () => {
        /// Whether something waits for this call to return. Cheap enough for every turn of a loop. A call that goes on
        /// past `task.shutdown.graceful.timeout.ms` is abandoned, and the instance with it.
        pub fn is_interrupted(&self) -> bool {
            self.interrupt().is_some()
        }

        /// What waits for this call to return.
        pub fn interrupt(&self) -> Option<Interrupt> {
            host::interrupted()
        }

        /// Adds to a counter, with connector and task as labels. At most 100 names an instance. This version of the worker
        /// collects metrics and shows them nowhere.
        pub fn add(&self, counter: &str, amount: f64) {
            host::add(counter, amount);
        }

        /// Sets a gauge. As for [`add`](Self::add).
        pub fn set(&self, gauge: &str, value: f64) {
            host::set(gauge, value);
        }
    };
}

/// What reads stored source offsets.
macro_rules! offsets {
    () => {
        /// The stored offset of a source partition; `None`: nothing was read of it yet.
        ///
        /// # Errors
        ///
        /// The store cannot be read, or holds something that is no JSON object.
        pub fn offset(&self, partition: &SourcePartition) -> Result<Option<SourceOffset>> {
            Ok(self.offsets(std::slice::from_ref(partition))?.into_iter().next().flatten())
        }

        /// The stored offsets of many source partitions (10,000 at most), in one go.
        ///
        /// # Errors
        ///
        /// As for [`offset`](Self::offset).
        pub fn offsets(&self, partitions: &[SourcePartition]) -> Result<Vec<Option<SourceOffset>>> {
            let asked: Vec<_> = partitions.iter().map(|partition| partition.as_json().to_owned()).collect();
            let stored = host::read_offsets(&asked)
                .map_err(|error| Error::failed(error).context("cannot read stored source offsets"))?;
            stored.into_iter().map(|offset| offset.as_deref().map(SourceOffset::from_json).transpose()).collect()
        }
    };
}

/// What a connector may ask, and its configuration.
#[derive(Clone, Debug)]
pub struct ConnectorContext {
    config: Config,
}

impl ConnectorContext {
    pub(crate) fn new(config: Config) -> Self {
        Self { config }
    }

    /// The connector's configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    common!();
}

/// What a source connector may ask, and its configuration.
#[derive(Clone, Debug)]
pub struct SourceConnectorContext {
    config: Config,
}

impl SourceConnectorContext {
    pub(crate) fn new(config: Config) -> Self {
        Self { config }
    }

    /// The connector's configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    common!();
    offsets!();
}

/// What a source task may ask.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct SourceContext {}

impl SourceContext {
    common!();
    offsets!();
}

/// What a sink task may ask, and what it says about records.
#[derive(Debug, Default)]
pub struct SinkContext {
    pub(crate) rejected: Vec<Rejection>,
    pub(crate) again: Duration,
}

/// A record that cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Where it was read.
    pub origin: TopicOffset,
    /// A short class of failure.
    pub exception: String,
    /// What is wrong with it.
    pub reason: String,
}

impl SinkContext {
    common!();

    /// This record cannot be written: it goes to the dead letter queue, or the task to FAILED, as `errors.tolerance`
    /// says. `exception` is a short class of failure (`NullValue`), `reason` a sentence. The task goes on with the rest.
    ///
    /// This version of the worker has no dead letter queue.
    pub fn reject(&mut self, record: &SinkRecord<'_>, exception: &str, reason: impl Display) {
        self.reject_at(record.origin(), exception, reason);
    }

    /// The same for a record of an earlier batch whose offset is not yet committed.
    pub fn reject_at(&mut self, origin: Origin<'_>, exception: &str, reason: impl Display) {
        let (exception, reason) = (exception.to_owned(), reason.to_string());
        self.rejected.push(Rejection { origin: origin.into(), exception, reason });
    }

    /// Call `put` again within `wait`, even if nothing arrives until then.
    pub fn put_again_within(&mut self, wait: Duration) {
        self.again = if self.again.is_zero() { wait } else { self.again.min(wait) };
    }

    /// Reads on from these offsets when the running call has returned without an error.
    ///
    /// # Errors
    ///
    /// A partition is not assigned to this task.
    pub fn seek(&self, offsets: &[TopicOffset]) -> Result<()> {
        host::seek(offsets).map_err(|error| Error::failed(error).context("cannot seek"))
    }

    /// Reads these partitions no further when the running call has returned without an error.
    ///
    /// # Errors
    ///
    /// A partition is not assigned to this task.
    pub fn pause(&self, partitions: &[TopicPartition]) -> Result<()> {
        host::pause(partitions).map_err(|error| Error::failed(error).context("cannot pause"))
    }

    /// Reads these partitions again when the running call has returned without an error.
    ///
    /// # Errors
    ///
    /// A partition is not assigned to this task.
    pub fn resume(&self, partitions: &[TopicPartition]) -> Result<()> {
        host::resume(partitions).map_err(|error| Error::failed(error).context("cannot resume"))
    }

    /// Asks for a commit soon, instead of at the next interval.
    pub fn request_commit(&self) {
        host::request_commit();
    }
}
