//! A source task's producer: runs go in, numbers come out.
//!
//! A record is known by a sequence number that its owner chose. librdkafka carries it along and hands it back with what
//! became of the record, so nothing is allocated per record on this side: acknowledgements are gathered in a list that
//! the owner takes.

use crate::close::LastField;
use crate::context::Quiet;
use crate::error::{ProducerError, SendError, reason, words};
use crate::queue::{ANY_PARTITION, Headers, Owner, Queue, Served, Topic, serve};
use crate::settings::ClientSettings;
use cofferdam_data::{Column, SourceRun, kind};
use rdkafka::producer::{BaseProducer, Producer, PurgeConfig};
use rdkafka::types::RDKafkaErrorCode;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ack {
    /// The number it was sent with.
    pub sequence: u64,
    /// Where it was written.
    pub partition: i32,
    /// Its offset there; -1 if it was not written, or not acknowledged (`acks=0`).
    pub offset: i64,
    /// Why it was not written, in Kafka's words.
    pub error: Option<String>,
}

/// A producer with one owner. It has no thread of its own beside librdkafka's, and no method blocks on the network.
///
/// What it is told of its connections it logs when its owner looks for acknowledgements: look now and then, even if
/// nothing is in flight. Dropped, it gives up what was not acknowledged.
pub struct TaskProducer {
    topics: HashMap<String, Arc<Topic>>,
    /// The topic that was written to last.
    last_topic: Option<(String, Arc<Topic>)>,
    acks: Vec<Ack>,
    /// Sent, and not yet taken as acknowledgements.
    in_flight: usize,
    /// `message.max.bytes`.
    largest: usize,
    wake: Arc<Notify>,
    queue: Queue,
    owner: Owner,
    client: Arc<BaseProducer<Quiet>>,
    last: LastField,
}

/// Topics kept open. A source that writes to more pays for opening them again.
const TOPICS_KEPT: usize = 1000;
/// As many topics are asked about when records are stuck.
const TOPICS_ASKED: usize = 10;
/// How long such a question may take.
const METADATA_TIMEOUT: Duration = Duration::from_secs(2);
/// What librdkafka reckons for a record beside its key, value and headers (`RD_KAFKAP_MESSAGE_V2_MAX_OVERHEAD`).
const RECORD_OVERHEAD: usize = 36;
/// Records given to librdkafka in one call.
const BATCH: usize = 1000;

impl TaskProducer {
    /// A producer. Does not wait for any broker.
    pub fn new(settings: ClientSettings) -> Result<Self, ProducerError> {
        let create = |reason: String| ProducerError::Create { reason };
        let client: BaseProducer<Quiet> =
            settings.native().create_with_context(Quiet).map_err(|error| create(reason(&error)))?;
        let client = Arc::new(client);
        let owner: Owner = client.clone();
        let wake = Arc::new(Notify::new());
        let queue = Queue::main(&owner).ok_or_else(|| create("librdkafka gave no queue".to_owned()))?.waking(&wake);
        Ok(Self {
            topics: HashMap::new(),
            last_topic: None,
            acks: Vec::new(),
            in_flight: 0,
            largest: settings.get("message.max.bytes").and_then(|bytes| bytes.parse().ok()).unwrap_or(1_000_000),
            wake,
            queue,
            owner,
            client,
            last: LastField::new(),
        })
    }

    /// Sends the records `from..to` of a run, whose cells are of kind BYTES or NULL (keys, values, header values), in
    /// order. Record `i` gets the sequence number `first + (i - from)`, which must fit a `usize`.
    ///
    /// Returns how many were taken; each of them is acknowledged later, with success or not. An error concerns the
    /// record after those; what follows it was not looked at.
    ///
    /// librdkafka takes a timestamp of 0, the beginning of 1970, for none and puts the present time.
    pub fn send_run(&mut self, run: &SourceRun, from: usize, to: usize, first: u64) -> (usize, Option<SendError>) {
        let to = to.min(run.len());
        let plain = run.headers.counts.is_empty() && !(from..to).any(|index| run.timestamp(index).is_some());
        let (mut at, mut error) = (from, None);
        let mut headers = run.headers.counts.iter().take(from).map(|count| *count as usize).sum();
        while at < to && error.is_none() {
            let sequence = usize::try_from(first).unwrap_or(usize::MAX).saturating_add(at - from);
            let taken;
            (taken, error) = match plain {
                true => self.send_alike(run, at..to, sequence),
                false => self.send_one(run, at, &mut headers, sequence),
            };
            at += taken;
        }
        let taken = at - from.min(at);
        self.in_flight += taken;
        if error == Some(SendError::QueueFull) && self.in_flight == 0 {
            // There is nothing to wait for that would make room.
            error = Some(self.larger_than_the_buffer(size(run, at, headers)));
        }
        (taken, error)
    }

    /// Sends the first records of a range that go to the same topic and partition, and have nothing but key and value.
    fn send_alike(&mut self, run: &SourceRun, range: Range<usize>, first: usize) -> (usize, Option<SendError>) {
        let (name, partition) = (run.topic(range.start), run.partition(range.start));
        let alike = |index: &usize| match (run.topic_of.as_slice(), run.partitions.as_slice()) {
            ([_], [_]) => true,
            _ => run.topic(*index) == name && run.partition(*index) == partition,
        };
        let fits = |index: &usize| size(run, *index, 0) <= self.largest;
        let end = range
            .clone()
            .take(BATCH)
            .take_while(|index| alike(index) && fits(index))
            .last()
            .map_or(range.start, |last| last + 1);
        if end == range.start {
            return (0, Some(self.too_large(size(run, end, 0))));
        }
        let topic = match self.topic(name) {
            Ok(topic) => topic,
            Err(error) => return (0, Some(error)),
        };
        let records = (range.start..end)
            .map(|index| (bytes(&run.keys, index), bytes(&run.values, index), first + (index - range.start)));
        let (taken, refused) = topic.send_batch(partition.unwrap_or(ANY_PARTITION), records);
        (taken, refused.map(|code| Self::refusal(code, name, partition)))
    }

    /// Sends one record. `headers` is where its headers begin, and afterwards where the next one's do.
    fn send_one(
        &mut self,
        run: &SourceRun,
        index: usize,
        headers: &mut usize,
        sequence: usize,
    ) -> (usize, Option<SendError>) {
        let count = run.headers.counts.get(index).map_or(0, |count| *count as usize);
        let (name, partition) = (run.topic(index), run.partition(index));
        // Before the headers are copied: one name, however long, may stand in the run once and be used a million times.
        let bytes_sent = size(run, index, *headers);
        if bytes_sent > self.largest {
            return (0, Some(self.too_large(bytes_sent)));
        }
        let list = match header_list(run, *headers..*headers + count) {
            Ok(list) => list,
            Err(code) => return (0, Some(SendError::Failed(words(code)))),
        };
        let topic = match self.topic(name) {
            Ok(topic) => topic,
            Err(error) => return (0, Some(error)),
        };
        let (key, value) = (bytes(&run.keys, index), bytes(&run.values, index));
        let timestamp = run.timestamp(index).unwrap_or(0);
        match topic.send(partition.unwrap_or(ANY_PARTITION), key, value, timestamp, list, sequence) {
            Ok(()) => {
                *headers += count;
                (1, None)
            }
            Err(code) => (0, Some(Self::refusal(code, name, partition))),
        }
    }

    fn topic(&mut self, name: Option<&str>) -> Result<Arc<Topic>, SendError> {
        let name = name.unwrap_or_default();
        if let Some((last, topic)) = &self.last_topic
            && last == name
        {
            return Ok(topic.clone());
        }
        let topic = match self.topics.get(name) {
            Some(topic) => topic.clone(),
            None => {
                if self.topics.len() >= TOPICS_KEPT {
                    self.topics.clear();
                }
                let topic = Topic::new(&self.owner, name).map(Arc::new);
                let topic = topic.ok_or_else(|| SendError::Failed(format!("Invalid topic name `{name}`")))?;
                self.topics.insert(name.to_owned(), topic.clone());
                topic
            }
        };
        self.last_topic = Some((name.to_owned(), topic.clone()));
        Ok(topic)
    }

    fn too_large(&self, bytes: usize) -> SendError {
        // Kafka's Java producer says it so.
        SendError::Failed(format!(
            "The message is {bytes} bytes when serialized which is larger than {}, which is the value of the \
             max.request.size configuration.",
            self.largest
        ))
    }

    fn larger_than_the_buffer(&self, bytes: usize) -> SendError {
        SendError::Failed(format!(
            "The message is {bytes} bytes when serialized which is larger than the total memory buffer you have \
             configured with the buffer.memory configuration."
        ))
    }

    fn refusal(code: RDKafkaErrorCode, topic: Option<&str>, partition: Option<i32>) -> SendError {
        let topic = topic.unwrap_or_default();
        match (code, partition) {
            (RDKafkaErrorCode::QueueFull, _) => SendError::QueueFull,
            (RDKafkaErrorCode::UnknownPartition, Some(partition)) => {
                SendError::Failed(format!("Topic {topic} has no partition {partition}"))
            }
            (code, _) => SendError::Failed(words(code)),
        }
    }

    /// Moves the acknowledgements that arrived so far to the end of `into`, in the order in which they did.
    pub fn take_acks(&mut self, into: &mut Vec<Ack>) {
        self.serve();
        self.in_flight = self.in_flight.saturating_sub(self.acks.len());
        into.append(&mut self.acks);
    }

    /// Returns when there is at least one acknowledgement to take, or after `timeout`. Safe to drop half-way.
    pub async fn wait_ack(&mut self, timeout: Duration) {
        let deadline = Instant::now() + timeout.min(Duration::from_secs(365 * 24 * 3600));
        loop {
            self.serve();
            if !self.acks.is_empty() || tokio::time::timeout_at(deadline, self.wake.notified()).await.is_err() {
                return;
            }
        }
    }

    /// Records sent whose acknowledgement was not taken yet. Zero: all there is to know was taken.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Asks Kafka, on a thread of its own, about the topics that were written to lately. The answer is the first thing
    /// found to be wrong, or `None`; it takes at most a few seconds.
    pub fn ask_for_trouble(&self) -> oneshot::Receiver<Option<String>> {
        let topics: Vec<String> = self.topics.keys().take(TOPICS_ASKED).cloned().collect();
        let client = self.client.clone();
        let (answer, receiver) = oneshot::channel();
        let ask = move || topics.iter().find_map(|topic| trouble_with(&client, topic));
        // Whoever asked may have stopped waiting.
        tokio::task::spawn_blocking(move || drop(answer.send(ask())));
        receiver
    }

    /// Gives up what was not written yet. The records concerned are acknowledged with an error soon.
    pub fn purge(&mut self) {
        self.client.purge(PurgeConfig::default().queue().inflight().non_blocking());
    }

    fn serve(&mut self) {
        let acks = &mut self.acks;
        let mut report = |delivery: crate::queue::Delivery| {
            acks.push(Ack {
                sequence: delivery.sequence as u64,
                partition: delivery.partition,
                offset: delivery.offset,
                error: delivery.error,
            });
        };
        while serve(&self.queue, &mut report) == Served::Event {}
    }
}

impl Drop for TaskProducer {
    fn drop(&mut self) {
        drop(self.last.destroy_elsewhere(self.client.clone()));
    }
}

/// What is wrong with a topic, in words that say what to do.
fn trouble_with(client: &BaseProducer<Quiet>, topic: &str) -> Option<String> {
    match client.client().fetch_metadata(Some(topic), METADATA_TIMEOUT) {
        Err(error) => Some(format!("Kafka does not answer: {}", reason(&error))),
        Ok(metadata) => {
            let error = metadata.topics().iter().find(|found| found.name() == topic)?.error()?;
            let code = RDKafkaErrorCode::from(error);
            Some(match code {
                RDKafkaErrorCode::UnknownTopicOrPartition => format!(
                    "topic {topic} does not exist and Kafka does not create it by itself \
                     (auto.create.topics.enable): create it, and they are sent"
                ),
                code => format!("topic {topic}: {}", words(code)),
            })
        }
    }
}

/// A cell's bytes, `None` for null.
fn bytes(column: &Column, index: usize) -> Option<&[u8]> {
    column.cell(index).filter(|cell| cell.kind != kind::NULL).map(|cell| cell.bytes)
}

/// What librdkafka holds against `message.max.bytes`: see its `rd_kafka_msg_max_wire_size`. `headers` is where the
/// record's headers begin.
fn size(run: &SourceRun, index: usize, headers: usize) -> usize {
    let count = run.headers.counts.get(index).map_or(0, |count| *count as usize);
    let of_headers = (headers..headers + count).map(|header| {
        let (name, value) = (header_name(run, header).len(), bytes(&run.headers.values, header).map_or(0, <[u8]>::len));
        name + value + varint(name) + varint(value)
    });
    let (key, value) = (bytes(&run.keys, index), bytes(&run.values, index));
    RECORD_OVERHEAD
        + key.map_or(0, <[u8]>::len)
        + value.map_or(0, <[u8]>::len)
        + of_headers.fold(0, usize::saturating_add)
}

/// How many bytes Kafka writes for a length.
fn varint(length: usize) -> usize {
    let bits = usize::BITS - (length.saturating_mul(2) | 1).leading_zeros();
    bits.div_ceil(7) as usize
}

fn header_name(run: &SourceRun, header: usize) -> &str {
    let name = run.headers.name_of.get(header).and_then(|name| run.headers.names.get(*name as usize));
    name.map_or("", String::as_str)
}

fn header_list(run: &SourceRun, range: Range<usize>) -> Result<Option<Headers>, RDKafkaErrorCode> {
    if range.is_empty() {
        return Ok(None);
    }
    let mut list = Headers::new(range.len()).ok_or(RDKafkaErrorCode::Fail)?;
    for index in range {
        list.push(header_name(run, index), bytes(&run.headers.values, index))?;
    }
    Ok(Some(list))
}
