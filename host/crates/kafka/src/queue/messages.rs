//! Messages taken from a queue in batches.

use super::{Owner, Queue, bytes, refused, sys, text};
use crate::error::words;
use cofferdam_data::TimestampType;
use rdkafka::types::RDKafkaErrorCode;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::marker::PhantomData;
use std::ptr::{NonNull, null, null_mut};

/// Messages in the order in which they were taken, each owned.
pub(crate) struct Messages {
    /// Every pointer came from `rd_kafka_consume_batch_queue` and was not given back yet.
    ready: VecDeque<NonNull<sys::rd_kafka_message_t>>,
    owner: Owner,
}

// SAFETY: a message may be used and destroyed by any one thread at a time.
unsafe impl Send for Messages {}
// SAFETY: through a shared reference only `is_empty` can be called.
unsafe impl Sync for Messages {}

/// At most so many messages are taken at once: the array of pointers lives on the stack.
pub(crate) const MOST_AT_ONCE: usize = 512;

impl Messages {
    pub(crate) fn new(owner: &Owner) -> Self {
        Self { ready: VecDeque::new(), owner: owner.clone() }
    }

    /// Takes at most `most` messages that wait in `queue`, without waiting. Returns how many.
    pub(crate) fn fill(&mut self, queue: &Queue, most: usize) -> usize {
        debug_assert!(std::ptr::addr_eq(Owner::as_ptr(&self.owner), Owner::as_ptr(&queue.owner)), "another client");
        let mut taken = [null_mut(); MOST_AT_ONCE];
        let most = most.min(MOST_AT_ONCE);
        // SAFETY: the queue is valid and the array has room for `most` pointers.
        let count = unsafe { sys::rd_kafka_consume_batch_queue(queue.queue.as_ptr(), 0, taken.as_mut_ptr(), most) };
        let count = usize::try_from(count).unwrap_or(0);
        self.ready.extend(taken.iter().take(count).copied().filter_map(NonNull::new));
        count
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }

    /// The oldest message. Exclusive, because reading its headers makes librdkafka parse them.
    pub(crate) fn front(&mut self) -> Option<Message<'_>> {
        self.ready.front().map(|message| Message { message: *message, lives: PhantomData })
    }

    /// Destroys the oldest message.
    pub(crate) fn drop_front(&mut self) {
        if let Some(message) = self.ready.pop_front() {
            destroy(message);
        }
    }

    /// Moves the oldest message to the end of `other`.
    pub(crate) fn move_front_to(&mut self, other: &mut Messages) {
        other.ready.extend(self.ready.pop_front());
    }

    /// Destroys the messages for which `keep` is false.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&Message<'_>) -> bool) {
        self.ready.retain(|message| {
            let kept = keep(&Message { message: *message, lives: PhantomData });
            if !kept {
                destroy(*message);
            }
            kept
        });
    }

    /// Takes out the messages for which `which` is true, in order.
    pub(crate) fn take_where(&mut self, mut which: impl FnMut(&Message<'_>) -> bool) -> Messages {
        let mut taken = Messages::new(&self.owner);
        self.ready.retain(|message| {
            let wanted = which(&Message { message: *message, lives: PhantomData });
            if wanted {
                taken.ready.push_back(*message);
            }
            !wanted
        });
        taken
    }

    /// Puts `others`' messages before these.
    pub(crate) fn prepend(&mut self, mut others: Messages) {
        std::mem::swap(&mut self.ready, &mut others.ready);
        self.ready.append(&mut others.ready);
    }

    /// Puts `others`' messages behind these.
    pub(crate) fn append(&mut self, mut others: Messages) {
        self.ready.append(&mut others.ready);
    }

    pub(crate) fn clear(&mut self) {
        self.ready.drain(..).for_each(destroy);
    }
}

impl Drop for Messages {
    fn drop(&mut self) {
        self.clear();
    }
}

fn destroy(message: NonNull<sys::rd_kafka_message_t>) {
    // SAFETY: called once for each message, when it leaves its list.
    unsafe { sys::rd_kafka_message_destroy(message.as_ptr()) };
}

/// One message, borrowed from its list.
pub(crate) struct Message<'a> {
    message: NonNull<sys::rd_kafka_message_t>,
    lives: PhantomData<&'a Messages>,
}

impl<'a> Message<'a> {
    /// A message that librdkafka's wrapper handed out.
    pub(crate) fn from_wrapper(message: &'a rdkafka::message::BorrowedMessage<'_>) -> Option<Self> {
        NonNull::new(message.ptr()).map(|message| Self { message, lives: PhantomData })
    }

    fn raw(&self) -> &'a sys::rd_kafka_message_t {
        // SAFETY: the list that we borrow from owns the message.
        unsafe { self.message.as_ref() }
    }

    /// The error that the message stands for: its code, and Kafka's words.
    pub(crate) fn error(&self) -> Option<(RDKafkaErrorCode, String)> {
        let code = refused(self.raw().err)?;
        // SAFETY: the message is valid; the text lives as long as it.
        let said = unsafe { text(sys::rd_kafka_message_errstr(self.message.as_ptr())) };
        Some((code, if said.is_empty() { words(code) } else { said.into_owned() }))
    }

    /// A number that is the same for messages of one topic (several numbers may stand for one topic).
    pub(crate) fn topic_id(&self) -> usize {
        self.raw().rkt.addr()
    }

    pub(crate) fn topic(&self) -> Cow<'a, str> {
        if self.raw().rkt.is_null() {
            return "".into();
        }
        // SAFETY: the message keeps its topic, the topic its name.
        unsafe { text(sys::rd_kafka_topic_name(self.raw().rkt)) }
    }

    pub(crate) fn partition(&self) -> i32 {
        self.raw().partition
    }

    pub(crate) fn offset(&self) -> i64 {
        self.raw().offset
    }

    pub(crate) fn key(&self) -> Option<&'a [u8]> {
        // SAFETY: librdkafka's pair of pointer and length, borrowed from the message.
        unsafe { bytes(self.raw().key, self.raw().key_len) }
    }

    pub(crate) fn value(&self) -> Option<&'a [u8]> {
        // SAFETY: as above.
        unsafe { bytes(self.raw().payload, self.raw().len) }
    }

    /// Milliseconds since 1970, -1 without.
    pub(crate) fn timestamp(&self) -> (i64, TimestampType) {
        let mut kind = sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: the message is valid, `kind` is ours.
        let at = unsafe { sys::rd_kafka_message_timestamp(self.message.as_ptr(), &mut kind) };
        match kind {
            sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_CREATE_TIME => (at, TimestampType::CreateTime),
            sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME => (at, TimestampType::LogAppendTime),
            _ => (-1, TimestampType::None),
        }
    }

    /// The headers, `None` if there are none. librdkafka looks through the message each time: ask once.
    pub(crate) fn headers(&self) -> Option<MessageHeaders<'a>> {
        let mut headers = null_mut();
        // SAFETY: the message is valid and nobody else's; the headers are its own and live as long as it.
        let found = unsafe { sys::rd_kafka_message_headers(self.message.as_ptr(), &mut headers) };
        let headers = refused(found).is_none().then(|| NonNull::new(headers)).flatten()?;
        Some(MessageHeaders { headers, lives: PhantomData })
    }
}

/// The headers of a message, borrowed from it.
#[derive(Clone, Copy)]
pub(crate) struct MessageHeaders<'a> {
    headers: NonNull<sys::rd_kafka_headers_t>,
    lives: PhantomData<&'a Messages>,
}

impl<'a> MessageHeaders<'a> {
    /// In order: name and value.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Cow<'a, str>, Option<&'a [u8]>)> + use<'a> {
        let headers = self.headers;
        (0..).map_while(move |index| {
            let (mut name, mut value, mut len) = (null(), null(), 0);
            // SAFETY: the headers are valid, the rest is ours; past the last one there is an error.
            let found =
                unsafe { sys::rd_kafka_header_get_all(headers.as_ptr(), index, &mut name, &mut value, &mut len) };
            // SAFETY: name and value are the header's own.
            refused(found).is_none().then(|| unsafe { (text(name), bytes(value, len)) })
        })
    }

    /// Bytes of all names and values.
    pub(crate) fn bytes(&self) -> usize {
        self.iter().map(|(name, value)| name.len() + value.map_or(0, <[u8]>::len)).sum()
    }
}
