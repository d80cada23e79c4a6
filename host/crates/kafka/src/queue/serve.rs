//! Events of a queue that this crate serves itself.

use super::{Queue, refused, sys, text};
use crate::context::log_line;
use crate::error::words;
use rdkafka::types::RDKafkaErrorCode;
use std::ptr::{NonNull, null};

/// One event, owned.
pub(crate) struct Event {
    event: NonNull<sys::rd_kafka_event_t>,
}

/// What became of a record.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) sequence: usize,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    /// In Kafka's words.
    pub(crate) error: Option<String>,
}

/// What one look into a queue gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Served {
    /// The queue is empty.
    Nothing,
    /// An event was dealt with.
    Event,
}

impl Event {
    /// The next event that waits in `queue`.
    pub(crate) fn next(queue: &Queue) -> Option<Self> {
        // SAFETY: the queue is valid; the event is ours until dropped.
        NonNull::new(unsafe { sys::rd_kafka_queue_poll(queue.queue.as_ptr(), 0) }).map(|event| Self { event })
    }

    /// The event, valid for as long as this value lives.
    pub(crate) fn native(&self) -> *mut sys::rd_kafka_event_t {
        self.event.as_ptr()
    }

    fn kind(&self) -> sys::rd_kafka_event_type_t {
        // SAFETY: the event is valid.
        unsafe { sys::rd_kafka_event_type(self.event.as_ptr()) }
    }

    /// What a commit came to: the error of the whole, or that of the first partition that has one.
    pub(super) fn commit_result(&self) -> Result<(), String> {
        // SAFETY: the event is valid; the list lives as long as it and has `cnt` elements with valid names.
        unsafe {
            let list = sys::rd_kafka_event_topic_partition_list(self.event.as_ptr());
            if let Some(list) = list.as_ref()
                && let Ok(count) = usize::try_from(list.cnt)
                && !list.elems.is_null()
            {
                for element in std::slice::from_raw_parts(list.elems, count) {
                    if let Some(code) = refused(element.err) {
                        return Err(format!("{}-{}: {}", text(element.topic), element.partition, words(code)));
                    }
                }
            }
            refused(sys::rd_kafka_event_error(self.event.as_ptr())).map_or(Ok(()), |code| Err(words(code)))
        }
    }

    /// What [`Queue::describe_cluster`] came to.
    pub(super) fn cluster_id(&self) -> Result<Option<String>, RDKafkaErrorCode> {
        // SAFETY: the event is valid; the result and its texts live as long as it. Of another kind, it has no result.
        unsafe {
            if let Some(code) = refused(sys::rd_kafka_event_error(self.event.as_ptr())) {
                return Err(code);
            }
            let result = sys::rd_kafka_event_DescribeCluster_result(self.event.as_ptr());
            if result.is_null() {
                return Err(RDKafkaErrorCode::InvalidArgument);
            }
            let id = text(sys::rd_kafka_DescribeCluster_result_cluster_id(result));
            Ok((!id.is_empty()).then(|| id.into_owned()))
        }
    }

    fn each_delivery(&self, mut report: impl FnMut(Delivery)) {
        loop {
            // SAFETY: the event is valid; the message lives as long as it.
            let Some(message) = (unsafe { sys::rd_kafka_event_message_next(self.event.as_ptr()).as_ref() }) else {
                return;
            };
            let error = refused(message.err).map(|code| {
                // SAFETY: the message is valid; the text lives as long as it.
                let said = unsafe { text(sys::rd_kafka_message_produce_errstr(message)) };
                if said.is_empty() { words(code) } else { said.strip_prefix("Broker: ").unwrap_or(&said).to_owned() }
            });
            report(Delivery {
                sequence: message._private.addr(),
                partition: message.partition,
                offset: message.offset,
                error,
            });
        }
    }

    fn log(&self) {
        let (mut facility, mut message, mut level) = (null(), null(), 0);
        // SAFETY: the event is valid, the rest is ours; the texts live as long as the event.
        unsafe {
            if sys::rd_kafka_event_log(self.event.as_ptr(), &mut facility, &mut message, &mut level) == 0 {
                log_line(level, &text(facility), &text(message));
            }
        }
    }

    fn warn(&self) {
        // SAFETY: the event is valid; the text lives as long as it.
        unsafe {
            let code = refused(sys::rd_kafka_event_error(self.event.as_ptr()));
            let said = text(sys::rd_kafka_event_error_string(self.event.as_ptr()));
            tracing::warn!(target: "librdkafka", ?code, "{said}");
        }
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: the event is valid and ours.
        unsafe { sys::rd_kafka_event_destroy(self.event.as_ptr()) };
    }
}

/// Deals with the next event of a producer's or admin client's main queue: delivery reports go to `report`, log lines
/// and errors to the log (errors that matter reach each record's report as well).
pub(crate) fn serve(queue: &Queue, report: impl FnMut(Delivery)) -> Served {
    let Some(event) = Event::next(queue) else { return Served::Nothing };
    match event.kind() {
        sys::RD_KAFKA_EVENT_DR => event.each_delivery(report),
        sys::RD_KAFKA_EVENT_LOG => event.log(),
        sys::RD_KAFKA_EVENT_ERROR => event.warn(),
        _ => {}
    }
    Served::Event
}
