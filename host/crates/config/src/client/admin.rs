//! What only admin clients know, or know with another default. Kafka: `AdminClientConfig`.

use super::Default::Is;
use super::Row;
use crate::def::ConfigType::{Boolean, Int, List, Long, String};
use crate::def::Importance::{High, Low, Medium};

pub(super) const ROWS: &[Row] = &[
    Row("bootstrap.servers", List, Is(""), High, "Brokers from which the others are found, as host:port."),
    Row("bootstrap.controllers", List, Is(""), High, "Controllers, in place of brokers, as host:port."),
    Row("client.id", String, Is(""), Medium, "What the client calls itself in requests."),
    Row("receive.buffer.bytes", Int, Is("65536"), Medium, "Receive buffer of a connection; -1: the system's."),
    Row("connections.max.idle.ms", Long, Is("300000"), Medium, "A connection unused for so long is closed."),
    Row("retries", Int, Is("2147483647"), Low, "How often a request that failed for a while is repeated."),
    Row("default.api.timeout.ms", Int, Is("60000"), Medium, "How long a call may take that has no limit of its own."),
    Row(
        "enable.metrics.push",
        Boolean,
        Is("false"),
        Low,
        "Whether metrics are sent to brokers that subscribe to them.",
    ),
];
