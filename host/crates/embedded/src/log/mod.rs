//! A partition's log: Kafka record batches as they came, in segment files, with what is needed to find them again.

mod batch;
mod partition;
mod recovery;
mod segment;
mod times;
mod waiters;

#[cfg(test)]
pub(crate) use batch::testing;
pub(crate) use batch::{BatchHeader, MAX_BATCH, validate};
pub(crate) use partition::{AppendError, Appended, Partition, PartitionSettings, Slice};
pub(crate) use recovery::{RecoveredSegment, recover};
pub(crate) use segment::segment_file_name;
pub(crate) use waiters::Waiter;
