//! What only producers know, or know with another default. Kafka: `ProducerConfig`.

use super::Default::{Is, Null, Required};
use super::Row;
use crate::def::ConfigType::{Boolean, Class, Int, List, Long, String};
use crate::def::Importance::{High, Low, Medium};

pub(super) const ROWS: &[Row] = &[
    Row("bootstrap.servers", List, Required, High, "Brokers from which the others are found, as host:port."),
    Row("buffer.memory", Long, Is("33554432"), High, "Bytes of records that may wait to be sent."),
    Row("retries", Int, Is("2147483647"), High, "How often a request that failed for a while is repeated."),
    Row("acks", String, Is("all"), Low, "Who must have a record: nobody (0), the leader (1), or all in sync."),
    Row("compression.type", String, Is("none"), High, "none, gzip, snappy, lz4 or zstd."),
    Row("compression.gzip.level", Int, Is("-1"), Medium, "Level of gzip, 1 to 9; -1: its default."),
    Row("compression.lz4.level", Int, Is("9"), Medium, "Level of lz4, 1 to 17."),
    Row("compression.zstd.level", Int, Is("3"), Medium, "Level of zstd, -131072 to 22."),
    Row("batch.size", Int, Is("16384"), Medium, "Bytes at which a partition's batch is full."),
    Row(
        "partitioner.adaptive.partitioning.enable",
        Boolean,
        Is("true"),
        Low,
        "Whether records without key go rather to brokers that are fast.",
    ),
    Row(
        "partitioner.availability.timeout.ms",
        Long,
        Is("0"),
        Low,
        "A partition whose broker is busy for so long is passed over; 0: never.",
    ),
    Row("partitioner.ignore.keys", Boolean, Is("false"), Medium, "Whether partitions are chosen without the key."),
    Row("linger.ms", Long, Is("5"), Medium, "How long a batch waits for more records."),
    Row(
        "delivery.timeout.ms",
        Int,
        Is("120000"),
        Medium,
        "How long delivering a record may take, repetitions included.",
    ),
    Row("client.id", String, Is(""), Medium, "What the client calls itself in requests."),
    Row("receive.buffer.bytes", Int, Is("32768"), Medium, "Receive buffer of a connection; -1: the system's."),
    Row("max.request.size", Int, Is("1048576"), Medium, "Bytes that a request may have."),
    Row("enable.metrics.push", Boolean, Is("true"), Low, "Whether metrics are sent to brokers that subscribe to them."),
    Row("max.block.ms", Long, Is("60000"), Medium, "How long sending may wait for metadata or memory."),
    Row("metadata.max.idle.ms", Long, Is("300000"), Low, "Metadata of a topic unused for so long is forgotten."),
    Row(
        "max.in.flight.requests.per.connection",
        Int,
        Is("5"),
        Low,
        "Requests that may be unanswered at the same time on a connection.",
    ),
    Row("key.serializer", Class, Required, High, "Java class that makes bytes of keys."),
    Row("value.serializer", Class, Required, High, "Java class that makes bytes of values."),
    Row("connections.max.idle.ms", Long, Is("540000"), Medium, "A connection unused for so long is closed."),
    Row("partitioner.class", Class, Null, Medium, "Java class that chooses partitions."),
    Row("interceptor.classes", List, Is(""), Low, "Java classes that see each record."),
    Row("enable.idempotence", Boolean, Is("true"), Low, "Whether repeating a request cannot write a record twice."),
    Row("transaction.timeout.ms", Int, Is("60000"), Low, "A transaction open for so long is aborted."),
    Row("transactional.id", String, Null, Low, "Name under which transactions are written; none: no transactions."),
    Row(
        "transaction.two.phase.commit.enable",
        Boolean,
        Is("false"),
        Low,
        "Whether a transaction is part of a commit in two phases and never times out.",
    ),
];
