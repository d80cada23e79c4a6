//! Records on their way out.

use super::{Owner, refused, sys};
use rdkafka::types::RDKafkaErrorCode;
use std::ffi::{CString, c_void};
use std::ptr::{NonNull, null, null_mut};
use sys::rd_kafka_vtype_t as vtype;

/// Lets librdkafka choose the partition.
pub(crate) const ANY_PARTITION: i32 = -1;

/// A topic of a producer.
pub(crate) struct Topic {
    topic: NonNull<sys::rd_kafka_topic_t>,
    owner: Owner,
}

// SAFETY: topics are thread-safe in librdkafka.
unsafe impl Send for Topic {}
// SAFETY: as above.
unsafe impl Sync for Topic {}

impl Topic {
    /// `None`: librdkafka does not take the name.
    pub(crate) fn new(owner: &Owner, name: &str) -> Option<Self> {
        let name = CString::new(name).ok()?;
        // SAFETY: client and name are valid; null stands for the client's settings for topics.
        let topic = unsafe { sys::rd_kafka_topic_new(owner.native(), name.as_ptr(), null_mut()) };
        NonNull::new(topic).map(|topic| Self { topic, owner: owner.clone() })
    }

    /// Queues one record. librdkafka copies key and value. A timestamp of 0 means "now", to librdkafka.
    pub(crate) fn send(
        &self,
        partition: i32,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        timestamp: i64,
        headers: Option<Headers>,
        sequence: usize,
    ) -> Result<(), RDKafkaErrorCode> {
        let (key, key_len) = pointer(key);
        let (value, value_len) = pointer(value);
        let list = headers.as_ref().map_or(null_mut(), |headers| headers.list.as_ptr());
        // SAFETY: each tag is followed by what librdkafka expects for it, the last is END; all pointers are valid during
        // the call, and key and value are copied. The headers belong to librdkafka if it returns success.
        let error = unsafe {
            sys::rd_kafka_producev(
                self.owner.native(),
                vtype::RD_KAFKA_VTYPE_RKT,
                self.topic.as_ptr(),
                vtype::RD_KAFKA_VTYPE_PARTITION,
                partition,
                vtype::RD_KAFKA_VTYPE_MSGFLAGS,
                sys::RD_KAFKA_MSG_F_COPY,
                vtype::RD_KAFKA_VTYPE_VALUE,
                value,
                value_len,
                vtype::RD_KAFKA_VTYPE_KEY,
                key,
                key_len,
                vtype::RD_KAFKA_VTYPE_OPAQUE,
                std::ptr::without_provenance_mut::<c_void>(sequence),
                vtype::RD_KAFKA_VTYPE_TIMESTAMP,
                timestamp,
                vtype::RD_KAFKA_VTYPE_HEADERS,
                list,
                vtype::RD_KAFKA_VTYPE_END,
            )
        };
        match refused(error) {
            Some(code) => Err(code),
            None => {
                std::mem::forget(headers);
                Ok(())
            }
        }
    }

    /// Queues records without headers and timestamps for one partition. Returns how many of them, from the first on, and
    /// why not the next. librdkafka refuses all records after one that it refused, except one that is too large: that
    /// must not be among them.
    pub(crate) fn send_batch<'a>(
        &self,
        partition: i32,
        records: impl Iterator<Item = (Option<&'a [u8]>, Option<&'a [u8]>, usize)>,
    ) -> (usize, Option<RDKafkaErrorCode>) {
        let mut messages: Vec<sys::rd_kafka_message_t> = records
            .map(|(key, value, sequence)| {
                let ((key, key_len), (payload, len)) = (pointer(key), pointer(value));
                sys::rd_kafka_message_t {
                    err: sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR,
                    rkt: null_mut(),
                    partition,
                    payload,
                    len,
                    key,
                    key_len,
                    offset: 0,
                    _private: std::ptr::without_provenance_mut(sequence),
                }
            })
            .collect();
        let count = i32::try_from(messages.len()).unwrap_or(i32::MAX);
        // SAFETY: the topic is valid, the array has at least `count` messages, their keys and values are valid during
        // the call and copied. librdkafka writes nothing but `err`.
        unsafe {
            sys::rd_kafka_produce_batch(
                self.topic.as_ptr(),
                partition,
                sys::RD_KAFKA_MSG_F_COPY,
                messages.as_mut_ptr(),
                count,
            )
        };
        match messages.iter().position(|message| refused(message.err).is_some()) {
            None => (messages.len(), None),
            Some(at) => (at, messages.get(at).and_then(|message| refused(message.err))),
        }
    }
}

impl Drop for Topic {
    fn drop(&mut self) {
        // SAFETY: the topic is valid until here.
        unsafe { sys::rd_kafka_topic_destroy(self.topic.as_ptr()) };
    }
}

/// Headers of one record.
pub(crate) struct Headers {
    list: NonNull<sys::rd_kafka_headers_t>,
}

impl Headers {
    /// Room for `count` headers.
    pub(crate) fn new(count: usize) -> Option<Self> {
        // SAFETY: no conditions.
        NonNull::new(unsafe { sys::rd_kafka_headers_new(count) }).map(|list| Self { list })
    }

    /// Adds one. The bytes are copied.
    pub(crate) fn push(&mut self, name: &str, value: Option<&[u8]>) -> Result<(), RDKafkaErrorCode> {
        let (value, len) = pointer(value);
        let lengths = (isize::try_from(name.len()), isize::try_from(len));
        let (Ok(name_len), Ok(len)) = lengths else { return Err(RDKafkaErrorCode::InvalidArgument) };
        // SAFETY: the list is valid, name and value are valid for their lengths.
        let error = unsafe { sys::rd_kafka_header_add(self.list.as_ptr(), name.as_ptr().cast(), name_len, value, len) };
        refused(error).map_or(Ok(()), Err)
    }
}

impl Drop for Headers {
    fn drop(&mut self) {
        // SAFETY: the list is valid and ours: what was sent is forgotten, not dropped.
        unsafe { sys::rd_kafka_headers_destroy(self.list.as_ptr()) };
    }
}

/// librdkafka's pair for optional bytes. Empty bytes are not null.
fn pointer(bytes: Option<&[u8]>) -> (*mut c_void, usize) {
    bytes.map_or((null::<c_void>().cast_mut(), 0), |bytes| (bytes.as_ptr().cast_mut().cast(), bytes.len()))
}
