//! Fetch: answered at once if there is enough, else when it arrives or the wait is over.
//!
//! The answer is written by hand, so that records go from the file to the socket without passing through the codec.

use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, BytesMut};
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::FetchRequest;
use kafka_protocol::messages::fetch_request::FetchPartition;
use tokio::time::Instant;

use super::{CodecError, Request};
use crate::broker::Broker;
use crate::log::{Slice, Waiter};
use crate::wire::{Part, Reply};

/// Most bytes of records in an answer, whatever the client would take.
const MAX_BYTES: u64 = 16 << 20;
/// Longest wait, whatever the client would wait.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// The answer for one partition.
#[derive(Debug)]
struct Fetched {
    partition: i32,
    error: Option<ResponseError>,
    start: i64,
    end: i64,
    records: Option<Slice>,
}

/// The answer for all partitions, in the order of the request.
#[derive(Debug, Default)]
struct Pass {
    topics: Vec<Vec<Fetched>>,
    bytes: u64,
    failed: bool,
}

pub(super) async fn handle(broker: &Arc<Broker>, request: &mut Request) -> Result<Option<Reply>, CodecError> {
    let fetch: FetchRequest = request.decode()?;
    if fetch.session_id != 0 {
        // No session is ever made, so the client cannot have one.
        return respond(request, &fetch, Some(ResponseError::FetchSessionIdNotFound), &[]);
    }
    let until = Instant::now() + Duration::from_millis(u64::try_from(fetch.max_wait_ms).unwrap_or(0)).min(MAX_WAIT);
    let wanted = u64::try_from(fetch.min_bytes).unwrap_or(0).min(MAX_BYTES);
    let mut waiter: Option<Arc<Waiter>> = None;
    loop {
        let pass = read(broker, &fetch);
        if pass.failed || pass.bytes >= wanted || Instant::now() >= until {
            return respond(request, &fetch, None, &pass.topics);
        }
        match &waiter {
            // What arrived before the waiter was left is seen by another look.
            None => waiter = Some(leave_waiter(broker, &fetch, Arc::default())),
            Some(waiter) => {
                let woken = tokio::time::timeout_at(until, waiter.woken()).await.is_ok();
                if woken {
                    leave_waiter(broker, &fetch, Arc::clone(waiter));
                }
            }
        }
    }
}

fn leave_waiter(broker: &Broker, fetch: &FetchRequest, waiter: Arc<Waiter>) -> Arc<Waiter> {
    for topic in &fetch.topics {
        for partition in &topic.partitions {
            if let Some(partition) = broker.topics.partition(topic.topic.as_str(), partition.partition) {
                partition.wait(&waiter);
            }
        }
    }
    waiter
}

/// One look at all partitions.
fn read(broker: &Broker, fetch: &FetchRequest) -> Pass {
    let mut pass = Pass::default();
    let limit = u64::try_from(fetch.max_bytes).unwrap_or(0).min(MAX_BYTES);
    for topic in &fetch.topics {
        let mut partitions = Vec::with_capacity(topic.partitions.len());
        for wanted in &topic.partitions {
            let room = limit.saturating_sub(pass.bytes);
            let fetched = read_partition(broker, topic.topic.as_str(), wanted, room, pass.bytes == 0);
            pass.bytes += fetched.records.as_ref().map_or(0, |slice| slice.len);
            pass.failed |= fetched.error.is_some();
            partitions.push(fetched);
        }
        pass.topics.push(partitions);
    }
    pass
}

/// `room` bytes are left in the answer; if it is the `first` with records, it may take one batch more than that.
fn read_partition(broker: &Broker, topic: &str, wanted: &FetchPartition, room: u64, first: bool) -> Fetched {
    let mut fetched = Fetched { partition: wanted.partition, error: None, start: -1, end: -1, records: None };
    let Some(partition) = broker.topics.partition(topic, wanted.partition) else {
        fetched.error = Some(ResponseError::UnknownTopicOrPartition);
        return fetched;
    };
    let Some(view) = partition.view() else {
        fetched.error = Some(ResponseError::UnknownTopicOrPartition);
        return fetched;
    };
    (fetched.start, fetched.end) = (view.start, view.end);
    if !(view.start..=view.end).contains(&wanted.fetch_offset) {
        fetched.error = Some(ResponseError::OffsetOutOfRange);
        return fetched;
    }
    if wanted.fetch_offset == view.end || (room == 0 && !first) {
        return fetched;
    }
    let max = u64::try_from(wanted.partition_max_bytes).unwrap_or(0).min(room);
    match partition.read(wanted.fetch_offset, max) {
        // The first batch may be larger than `max`; only the first partition's is sent all the same.
        Ok(slice) => {
            fetched.records = slice.filter(|s| first || s.len <= room);
            // What was appended meanwhile may be among the records: no record is beyond the end that is answered.
            fetched.end = partition.view().map_or(fetched.end, |view| view.end);
        }
        Err(e) => {
            tracing::error!(topic, partition = wanted.partition, error = %e, "cannot read records");
            fetched.error = Some(ResponseError::KafkaStorageError);
        }
    }
    fetched
}

/// Writes the answer (versions 4 to 11).
fn respond(
    request: &Request,
    fetch: &FetchRequest,
    error: Option<ResponseError>,
    topics: &[Vec<Fetched>],
) -> Result<Option<Reply>, CodecError> {
    let version = request.version;
    let mut reply = Reply::default();
    let mut b = BytesMut::with_capacity(256);
    request.header(&mut b)?;
    b.put_i32(0); // throttle time
    if version >= 7 {
        b.put_i16(error.map_or(0, |e| e.code()));
        b.put_i32(0); // session id: none
    }
    b.put_i32(i32::try_from(topics.len())?);
    for (topic, partitions) in fetch.topics.iter().zip(topics) {
        let name = topic.topic.as_bytes();
        b.put_i16(i16::try_from(name.len())?);
        b.put_slice(name);
        b.put_i32(i32::try_from(partitions.len())?);
        for fetched in partitions {
            put_partition(&mut b, version, fetch.isolation_level, fetched);
            match &fetched.records {
                None => b.put_i32(0),
                Some(slice) => {
                    b.put_i32(i32::try_from(slice.len)?);
                    reply.0.push(Part::Bytes(b.split().freeze()));
                    reply.0.push(Part::File(slice.clone()));
                }
            }
        }
    }
    reply.0.push(Part::Bytes(b.freeze()));
    Ok(Some(reply))
}

/// Everything before the records. Without transactions everything stored is stable, and nothing was aborted.
fn put_partition(b: &mut BytesMut, version: i16, isolation_level: i8, fetched: &Fetched) {
    b.put_i32(fetched.partition);
    b.put_i16(fetched.error.map_or(0, |e| e.code()));
    b.put_i64(fetched.end);
    b.put_i64(fetched.end);
    if version >= 5 {
        b.put_i64(fetched.start);
    }
    b.put_i32(if isolation_level == 1 { 0 } else { -1 });
    if version >= 11 {
        b.put_i32(-1); // no preferred replica
    }
}

#[cfg(test)]
#[path = "fetch_tests.rs"]
mod tests;
