//! What only consumers know, or know with another default. Kafka: `ConsumerConfig`.

use super::Default::{Is, Null, Required};
use super::Row;
use crate::def::ConfigType::{Boolean, Class, Int, List, Long, String};
use crate::def::Importance::{High, Low, Medium};

pub(super) const ROWS: &[Row] = &[
    Row("bootstrap.servers", List, Required, High, "Brokers from which the others are found, as host:port."),
    Row("group.id", String, Null, High, "The group that the consumer is in."),
    Row("group.instance.id", String, Null, Medium, "Name of a member that keeps its partitions while it restarts."),
    Row("session.timeout.ms", Int, Is("45000"), High, "A member that is silent for so long is out."),
    Row("heartbeat.interval.ms", Int, Is("3000"), High, "Time between two heartbeats."),
    Row(
        "partition.assignment.strategy",
        List,
        Is(
            "class org.apache.kafka.clients.consumer.RangeAssignor,class org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
        ),
        Medium,
        "How members share partitions, the preferred way first.",
    ),
    Row("enable.auto.commit", Boolean, Is("true"), Medium, "Whether offsets are committed every now and then."),
    Row("auto.commit.interval.ms", Int, Is("5000"), Low, "Time between two such commits."),
    Row("client.id", String, Is(""), Low, "What the client calls itself in requests."),
    Row("client.rack", String, Is(""), Low, "Where the client is, to be served from nearby."),
    Row("max.partition.fetch.bytes", Int, Is("1048576"), High, "Bytes of one partition in an answer."),
    Row("receive.buffer.bytes", Int, Is("65536"), Medium, "Receive buffer of a connection; -1: the system's."),
    Row("fetch.min.bytes", Int, Is("1"), High, "Bytes for which a broker waits before it answers."),
    Row("fetch.max.bytes", Int, Is("52428800"), Medium, "Bytes of an answer."),
    Row("fetch.max.wait.ms", Int, Is("500"), Low, "How long a broker waits for fetch.min.bytes."),
    Row("enable.metrics.push", Boolean, Is("true"), Low, "Whether metrics are sent to brokers that subscribe to them."),
    Row(
        "auto.offset.reset",
        String,
        Is("latest"),
        Medium,
        "Where to begin without a committed offset: earliest, latest, by_duration:…, or not at all (none).",
    ),
    Row("check.crcs", Boolean, Is("true"), Low, "Whether checksums of batches are compared."),
    Row("key.deserializer", Class, Required, High, "Java class that reads keys."),
    Row("value.deserializer", Class, Required, High, "Java class that reads values."),
    Row("default.api.timeout.ms", Int, Is("60000"), Medium, "How long a call may take that has no limit of its own."),
    Row("connections.max.idle.ms", Long, Is("540000"), Medium, "A connection unused for so long is closed."),
    Row("interceptor.classes", List, Is(""), Low, "Java classes that see each record."),
    Row("max.poll.records", Int, Is("500"), Medium, "Records that one poll gives."),
    Row("max.poll.interval.ms", Int, Is("300000"), Medium, "A member that does not poll for so long is out."),
    Row("exclude.internal.topics", Boolean, Is("true"), Medium, "Whether patterns leave Kafka's own topics out."),
    Row(
        "isolation.level",
        String,
        Is("read_uncommitted"),
        Medium,
        "Whether records of transactions that are not committed are read: read_committed or read_uncommitted.",
    ),
    Row("allow.auto.create.topics", Boolean, Is("true"), Medium, "Whether asking for a topic may create it."),
    Row("group.protocol", String, Is("classic"), High, "How the group is kept: classic or consumer."),
    Row("group.remote.assignor", String, Null, Medium, "The broker's way to share partitions."),
    Row("share.acknowledgement.mode", String, Is("implicit"), Medium, "How records of a share group are acknowledged."),
    Row("share.acquire.mode", String, Is("BATCH_OPTIMIZED"), Medium, "How records of a share group are counted."),
];
