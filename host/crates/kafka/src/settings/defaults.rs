//! The defaults that differ from librdkafka's own: Java's, as Connect sets them, and a few of this worker's.

use super::ClientKind;
use std::collections::BTreeMap;

/// How much a consumer keeps ahead: set by the worker, not by the table.
pub(super) const PREFETCH: &str = "queued.max.messages.kbytes";

/// `topic.metadata.propagation.max.ms` at most. librdkafka allows 3,600,000, but counts microseconds in 32 bits: beyond
/// this it gives up at once instead of never.
pub(super) const LONGEST_PROPAGATION: i64 = 2_147_000;

/// For whom a default is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    All,
    Producer,
    Consumer,
    Admin,
}

use For::{Admin, All, Consumer, Producer};

/// librdkafka's name, the value, for whom. Where librdkafka's default happens to be Java's, it is written down all the
/// same if Connect relies on it: the next librdkafka may think otherwise.
const DEFAULTS: &[(&str, &str, For)] = &[
    // Java's, all clients.
    ("reconnect.backoff.ms", "50", All),
    ("reconnect.backoff.max.ms", "1000", All),
    ("retry.backoff.ms", "100", All),
    ("retry.backoff.max.ms", "1000", All),
    ("socket.timeout.ms", "30000", All),                   // request.timeout.ms
    ("topic.metadata.refresh.interval.ms", "300000", All), // metadata.max.age.ms …
    ("metadata.max.age.ms", "900000", All),                // … librdkafka's cache must outlive its refreshes
    ("socket.nagle.disable", "true", All),
    ("client.dns.lookup", "use_all_dns_ips", All),
    ("ssl.endpoint.identification.algorithm", "https", All),
    ("connections.max.idle.ms", "540000", Producer),
    ("connections.max.idle.ms", "540000", Consumer),
    ("connections.max.idle.ms", "300000", Admin),
    // This worker's: a connection that idled out is no news.
    ("log.connection.close", "false", All),
    // Connect's, source tasks.
    ("acks", "all", Producer),
    ("enable.idempotence", "false", Producer),
    ("max.in.flight.requests.per.connection", "1", Producer),
    ("delivery.timeout.ms", "2147483647", Producer),
    ("retries", "2147483647", Producer),
    // max.block.ms: how long a record waits for a topic that does not exist. Connect: for ever; here: LONGEST_PROPAGATION.
    ("topic.metadata.propagation.max.ms", "2147000", Producer),
    // Java's, producers. batch.size is not among them: Java's 16 KiB would only cost throughput.
    ("partitioner", "murmur2_random", Producer),
    ("linger.ms", "5", Producer),
    ("compression.type", "none", Producer),
    ("message.max.bytes", "1048576", Producer),        // max.request.size
    ("queue.buffering.max.kbytes", "32768", Producer), // buffer.memory
    ("request.timeout.ms", "30000", Producer),
    // Connect's, sink tasks.
    ("auto.offset.reset", "earliest", Consumer),
    ("enable.auto.commit", "false", Consumer),
    // Java's, consumers.
    ("partition.assignment.strategy", "range", Consumer),
    ("isolation.level", "read_uncommitted", Consumer),
    ("allow.auto.create.topics", "true", Consumer),
    ("check.crcs", "true", Consumer),
    ("session.timeout.ms", "45000", Consumer),
    ("heartbeat.interval.ms", "3000", Consumer),
    ("max.poll.interval.ms", "300000", Consumer),
    ("fetch.wait.max.ms", "500", Consumer),
    ("fetch.min.bytes", "1", Consumer),
    ("fetch.max.bytes", "52428800", Consumer),
    ("max.partition.fetch.bytes", "1048576", Consumer),
    // This worker's: it commits itself, and a consumer whose queue was full goes on as soon as there is room.
    ("enable.auto.offset.store", "false", Consumer),
    ("enable.partition.eof", "false", Consumer),
    ("fetch.queue.backoff.ms", "10", Consumer),
    // Asking whether a topic exists must not create it.
    ("allow.auto.create.topics", "false", Admin),
];

/// Settings that only the classic group protocol has: librdkafka refuses them with `group.protocol=consumer`.
pub(super) const CLASSIC_GROUP: [&str; 3] =
    ["partition.assignment.strategy", "session.timeout.ms", "heartbeat.interval.ms"];

/// The defaults of one kind of client.
pub(super) fn of(kind: ClientKind) -> BTreeMap<String, String> {
    let own = match kind {
        ClientKind::Producer => Producer,
        ClientKind::Consumer => Consumer,
        ClientKind::Admin => Admin,
    };
    let meant = DEFAULTS.iter().filter(|(_, _, whom)| *whom == All || *whom == own);
    meant.map(|(key, value, _)| ((*key).to_owned(), (*value).to_owned())).collect()
}
