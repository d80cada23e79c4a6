//! The part of librdkafka that its Rust wrapper does not offer: queues of one's own, batches of messages, delivery
//! reports as they come. **With `admin::group_offsets`, the only module with `unsafe` code of this crate.**
//!
//! What makes it sound, once for the whole module:
//!
//! - *Lifetime.* Every value here that holds a native pointer also holds the [`Owner`] of the client it belongs to and
//!   gives the pointer back in its own `drop`, that is, before the client can be destroyed.
//! - *Threads.* librdkafka's clients, queues and topics are thread-safe, its messages belong to whoever took them. So
//!   these types are `Send`; what changes something takes `&mut self` where librdkafka would not bear two at a time.
//! - *Callbacks.* One: a queue became non-empty. Its opaque pointer is a `Notify` that the queue's owner keeps alive; it
//!   is switched off, under librdkafka's lock on the queue, before that reference goes away.
//! - *Memory.* Keys, values and headers are borrowed from a message for as long as the message is borrowed.

mod messages;
mod produce;
mod serve;

pub(crate) use messages::{MOST_AT_ONCE, Message, MessageHeaders, Messages};
pub(crate) use produce::{ANY_PARTITION, Headers, Topic};
pub(crate) use serve::{Delivery, Event, Served, serve};

use crate::error::words;
use rdkafka::TopicPartitionList;
use rdkafka::admin::AdminClient;
use rdkafka::bindings as sys;
use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::producer::{BaseProducer, Producer, ProducerContext};
use rdkafka::types::RDKafkaErrorCode;
use std::ffi::{CStr, CString, c_void};
use std::ptr::{NonNull, null_mut};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// A client, kept alive.
pub(crate) type Owner = Arc<dyn Native>;

/// # Safety
///
/// `native` returns the same valid client for as long as the value lives.
pub(crate) unsafe trait Native: Send + Sync + 'static {
    fn native(&self) -> *mut sys::rd_kafka_t;
}

// SAFETY: the wrapper creates the client with the value and destroys it when the value is dropped.
unsafe impl<C: ConsumerContext + 'static> Native for BaseConsumer<C> {
    fn native(&self) -> *mut sys::rd_kafka_t {
        self.client().native_ptr()
    }
}

// SAFETY: as above.
unsafe impl<C: ProducerContext + 'static> Native for BaseProducer<C> {
    fn native(&self) -> *mut sys::rd_kafka_t {
        self.client().native_ptr()
    }
}

// SAFETY: as above.
unsafe impl<C: ClientContext + 'static> Native for AdminClient<C> {
    fn native(&self) -> *mut sys::rd_kafka_t {
        self.inner().native_ptr()
    }
}

/// A reference to one of librdkafka's queues.
pub(crate) struct Queue {
    queue: NonNull<sys::rd_kafka_queue_t>,
    wake: Option<Arc<Notify>>,
    owner: Owner,
}

// SAFETY: see the module: queues are thread-safe in librdkafka.
unsafe impl Send for Queue {}
// SAFETY: as above.
unsafe impl Sync for Queue {}

impl Queue {
    /// A new queue of the application's.
    pub(crate) fn new(owner: &Owner) -> Option<Self> {
        // SAFETY: the client is valid; the reference obtained is given back in `drop`.
        Self::from(unsafe { sys::rd_kafka_queue_new(owner.native()) }, owner)
    }

    /// The client's main queue: logs, errors, delivery reports.
    pub(crate) fn main(owner: &Owner) -> Option<Self> {
        // SAFETY: as above.
        Self::from(unsafe { sys::rd_kafka_queue_get_main(owner.native()) }, owner)
    }

    /// The consumer's own queue: rebalances, errors, logs.
    pub(crate) fn consumer(owner: &Owner) -> Option<Self> {
        // SAFETY: as above.
        Self::from(unsafe { sys::rd_kafka_queue_get_consumer(owner.native()) }, owner)
    }

    fn from(queue: *mut sys::rd_kafka_queue_t, owner: &Owner) -> Option<Self> {
        NonNull::new(queue).map(|queue| Self { queue, wake: None, owner: owner.clone() })
    }

    /// Has the queue wake `wake` whenever it stops being empty.
    pub(crate) fn waking(mut self, wake: &Arc<Notify>) -> Self {
        let opaque = Arc::as_ptr(wake).cast_mut().cast::<c_void>();
        self.wake = Some(wake.clone());
        // SAFETY: `opaque` points to the `Notify` that `self.wake` keeps alive until the callback is switched off.
        unsafe { sys::rd_kafka_queue_cb_event_enable(self.queue.as_ptr(), Some(on_event), opaque) };
        self
    }

    /// The client and the queue, valid for as long as this value lives.
    pub(crate) fn native(&self) -> (*mut sys::rd_kafka_t, *mut sys::rd_kafka_queue_t) {
        (self.owner.native(), self.queue.as_ptr())
    }

    /// How many entries wait in it, those of queues forwarded to it included.
    pub(crate) fn len(&self) -> usize {
        // SAFETY: the queue is valid.
        unsafe { sys::rd_kafka_queue_length(self.queue.as_ptr()) }
    }

    /// Sends what is fetched of a partition to this queue. `false`: there is no such topic name.
    pub(crate) fn forward_partition(&self, topic: &str, partition: i32) -> bool {
        let Ok(topic) = CString::new(topic) else { return false };
        // SAFETY: client and name are valid; the new reference is given back below.
        let source = unsafe { sys::rd_kafka_queue_get_partition(self.owner.native(), topic.as_ptr(), partition) };
        if source.is_null() {
            return false;
        }
        // SAFETY: both queues are valid; librdkafka keeps its own reference to the target.
        unsafe {
            sys::rd_kafka_queue_forward(source, self.queue.as_ptr());
            sys::rd_kafka_queue_destroy(source);
        }
        true
    }

    /// Asks for a commit, whose answer arrives in this queue.
    pub(crate) fn commit(&self, offsets: &TopicPartitionList) -> Result<(), String> {
        // SAFETY: client, list and queue are valid; librdkafka copies the list and keeps its own reference to the queue.
        let error = unsafe {
            sys::rd_kafka_commit_queue(self.owner.native(), offsets.ptr(), self.queue.as_ptr(), None, null_mut())
        };
        refused(error).map_or(Ok(()), |code| Err(words(code)))
    }

    /// The answer to [`Queue::commit`], if it has arrived.
    pub(crate) fn committed(&self) -> Option<Result<(), String>> {
        let event = serve::Event::next(self)?;
        Some(event.commit_result())
    }

    /// Asks any broker what cluster it belongs to. The answer arrives in this queue, after `timeout` at the latest.
    pub(crate) fn describe_cluster(&self, timeout: Duration) {
        let millis = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX).max(1);
        let mut said = [0; 256];
        // SAFETY: client and queue are valid; librdkafka copies the options, which are ours until destroyed, and keeps
        // its own reference to the queue. A timeout that it refuses leaves its own default.
        unsafe {
            let options = sys::rd_kafka_AdminOptions_new(
                self.owner.native(),
                sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECLUSTER,
            );
            sys::rd_kafka_AdminOptions_set_request_timeout(options, millis, said.as_mut_ptr(), said.len());
            sys::rd_kafka_DescribeCluster(self.owner.native(), options, self.queue.as_ptr());
            sys::rd_kafka_AdminOptions_destroy(options);
        }
    }

    /// The answer to [`Queue::describe_cluster`], if it has arrived: the cluster's id, if it has one.
    pub(crate) fn described_cluster(&self) -> Option<Result<Option<String>, RDKafkaErrorCode>> {
        let event = serve::Event::next(self)?;
        Some(event.cluster_id())
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: the queue is valid until here. librdkafka runs the callback under the queue's lock and takes that lock
        // to switch it off, so it does not run afterwards.
        unsafe {
            if self.wake.is_some() {
                sys::rd_kafka_queue_cb_event_enable(self.queue.as_ptr(), None, null_mut());
            }
            sys::rd_kafka_queue_destroy(self.queue.as_ptr());
        }
    }
}

extern "C" fn on_event(_client: *mut sys::rd_kafka_t, opaque: *mut c_void) {
    // SAFETY: `Queue::waking` gave this pointer and keeps what it points to alive.
    let wake = unsafe { &*opaque.cast_const().cast::<Notify>() };
    wake.notify_one();
}

/// Whether a consumer is a member of its group; it is not any more once the group has thrown it out, or it has left
/// because it was not polled. Asks librdkafka's own thread.
pub(crate) fn is_member(owner: &Owner) -> bool {
    // SAFETY: the client is valid; the text is ours until given back.
    unsafe {
        let id = sys::rd_kafka_memberid(owner.native());
        let known = !text(id).is_empty();
        if !id.is_null() {
            sys::rd_kafka_mem_free(owner.native(), id.cast());
        }
        known
    }
}

/// The error that a code stands for, `None` for success.
pub(crate) fn refused(error: sys::rd_kafka_resp_err_t) -> Option<RDKafkaErrorCode> {
    (error != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR).then(|| error.into())
}

/// A C string as text; empty for null.
///
/// # Safety
///
/// `text` is null or points to a string that ends with a zero byte and lives as long as the caller uses the result.
pub(crate) unsafe fn text<'a>(text: *const std::ffi::c_char) -> std::borrow::Cow<'a, str> {
    if text.is_null() {
        return "".into();
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_string_lossy()
}

/// Bytes at a pointer; `None` for null.
///
/// # Safety
///
/// `at` is null or points to `len` bytes that live unchanged as long as the caller uses the result.
unsafe fn bytes<'a>(at: *const c_void, len: usize) -> Option<&'a [u8]> {
    // SAFETY: the caller's promise.
    (!at.is_null()).then(|| unsafe { std::slice::from_raw_parts(at.cast::<u8>(), len) })
}
