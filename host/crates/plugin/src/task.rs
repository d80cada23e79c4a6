//! Tasks: the instances that records pass through.

use crate::{ConfigMap, Interrupt, PluginError};
use async_trait::async_trait;
use cofferdam_data::{Rejected, SchemaTable, SinkRun, SourceBatch, TopicOffset, TopicPartition};
use std::sync::Arc;
use std::time::Duration;

/// Reads stored source offsets of one connector.
#[async_trait]
pub trait OffsetReader: Send + Sync {
    /// One answer per source partition (JSON objects in and out), `None` where none is stored.
    async fn read(&self, source_partitions: &[String]) -> Result<Vec<Option<String>>, String>;
}

/// What a task instance is given by its host.
pub struct TaskContext {
    /// The connector's name.
    pub connector: String,
    /// The task's number.
    pub task: u32,
    /// The connector's configuration: limits and grants are derived from it.
    pub connector_config: ConfigMap,
    /// The task's own configuration, handed to `start`.
    pub config: ConfigMap,
    /// What waits for its running call.
    pub interrupt: Interrupt,
    /// Schemas of the cells that it is given and gives.
    pub schemas: Arc<SchemaTable>,
    /// Reads stored source offsets; `None` for sinks.
    pub offsets: Option<Arc<dyn OffsetReader>>,
}

/// What `poll` is asked for. The maxima are targets, which one record may overshoot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PollRequest {
    /// Never repeats within an instance.
    pub number: u64,
    /// Records.
    pub max_records: u32,
    /// Bytes of all cells and strings.
    pub max_bytes: u32,
}

/// A running source task. An instance runs one call at a time; dropping the future of a call breaks the instance.
#[async_trait]
pub trait SourceTask: Send {
    /// Starts it with the configuration of its context.
    async fn start(&mut self) -> Result<(), PluginError>;

    /// The next records, already checked: columns, places, and the batch's limits hold.
    async fn poll(&mut self, request: PollRequest) -> Result<SourceBatch, PluginError>;

    /// All records of the polls up to `number` are acknowledged by Kafka and their positions are stored.
    async fn committed(&mut self, number: u64) -> Result<(), PluginError>;

    /// Where each record of poll `number` went, in order; partition -1: filtered or skipped. Called only if the class
    /// wants it.
    async fn acknowledged(&mut self, number: u64, partitions: &[i32], offsets: &[i64]) -> Result<(), PluginError>;

    /// Stops it.
    async fn stop(&mut self) -> Result<(), PluginError>;

    /// Whether the instance has grown so much that it should be replaced at the next safe moment (`sandbox.md`,
    /// recycling).
    fn wants_recycling(&self) -> bool;

    /// Replaces the instance by a fresh one, not started. The old one has been stopped.
    async fn recycle(&mut self) -> Result<(), PluginError>;
}

/// What a sink made of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Records of this or an earlier batch that cannot be written.
    pub rejected: Vec<Rejected>,
    /// Call `put` again within so long even if nothing arrives.
    pub again: Option<Duration>,
}

/// What a sink says may be committed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committable {
    /// The next offset to read, per partition; a partition left out does not move.
    pub offsets: Vec<TopicOffset>,
    /// The instance still holds records that are not durable.
    pub buffered: bool,
    /// Records of earlier batches that cannot be written.
    pub rejected: Vec<Rejected>,
}

/// What a sink asked for during a call (WIT `sink-control`); it takes effect when the call has returned without error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SinkRequest {
    /// Read on from these offsets.
    Seek(Vec<TopicOffset>),
    /// Stop reading these partitions.
    Pause(Vec<TopicPartition>),
    /// Go on reading these partitions.
    Resume(Vec<TopicPartition>),
    /// Commit soon.
    Commit,
}

/// A running sink task. An instance runs one call at a time; dropping the future of a call breaks the instance.
#[async_trait]
pub trait SinkTask: Send {
    /// Starts it with the configuration of its context.
    async fn start(&mut self) -> Result<(), PluginError>;

    /// Partitions are assigned from now on.
    async fn open(&mut self, partitions: &[TopicPartition]) -> Result<(), PluginError>;

    /// Hands a batch over. The runs come back, whatever the outcome, so that a retriable batch can be put again.
    async fn put(&mut self, runs: Vec<SinkRun>) -> (Vec<SinkRun>, Result<Taken, PluginError>);

    /// Makes what was put durable and says what may be committed.
    async fn pre_commit(&mut self, offsets: &[TopicOffset]) -> Result<Committable, PluginError>;

    /// Partitions are given up.
    async fn close(&mut self, partitions: &[TopicPartition]) -> Result<(), PluginError>;

    /// Stops it.
    async fn stop(&mut self) -> Result<(), PluginError>;

    /// What it asked for since the last call of this function, in order; commits coalesced.
    fn take_requests(&mut self) -> Vec<SinkRequest>;

    /// As for source tasks.
    fn wants_recycling(&self) -> bool;

    /// As for source tasks; no partition is open afterwards.
    async fn recycle(&mut self) -> Result<(), PluginError>;
}
