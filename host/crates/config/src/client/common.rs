//! What all three clients have in common, security aside.

use super::Default::{Is, Null};
use super::Row;
use crate::def::ConfigType::{Int, List, Long, String};
use crate::def::Importance::{Low, Medium};

pub(super) const ROWS: &[Row] = &[
    Row("client.dns.lookup", String, Is("use_all_dns_ips"), Medium, "Which of a broker's addresses are tried."),
    Row("send.buffer.bytes", Int, Is("131072"), Medium, "Send buffer of a connection; -1: the system's."),
    Row("reconnect.backoff.ms", Long, Is("50"), Low, "Shortest wait before a broker is connected to again."),
    Row("reconnect.backoff.max.ms", Long, Is("1000"), Low, "Longest wait before a broker is connected to again."),
    Row("retry.backoff.ms", Long, Is("100"), Low, "Shortest wait before a request is repeated."),
    Row("retry.backoff.max.ms", Long, Is("1000"), Low, "Longest wait before a request is repeated."),
    Row("request.timeout.ms", Int, Is("30000"), Medium, "How long the answer to a request may take."),
    Row("metadata.max.age.ms", Long, Is("300000"), Low, "After so long, metadata is asked for again."),
    Row("metrics.sample.window.ms", Long, Is("30000"), Low, "Time that one sample of a metric covers."),
    Row("metrics.num.samples", Int, Is("2"), Low, "Samples kept of each metric."),
    Row("metrics.recording.level", String, Is("INFO"), Low, "How detailed metrics are: INFO, DEBUG or TRACE."),
    Row(
        "metric.reporters",
        List,
        Is("org.apache.kafka.common.metrics.JmxReporter"),
        Low,
        "Java classes that report metrics.",
    ),
    Row("socket.connection.setup.timeout.ms", Long, Is("10000"), Medium, "Shortest limit on the time to connect."),
    Row("socket.connection.setup.timeout.max.ms", Long, Is("30000"), Medium, "Longest limit on the time to connect."),
    Row(
        "metadata.recovery.strategy",
        String,
        Is("rebootstrap"),
        Low,
        "When no known broker answers: give up (none), or begin with bootstrap.servers again (rebootstrap).",
    ),
    Row(
        "metadata.recovery.rebootstrap.trigger.ms",
        Long,
        Is("300000"),
        Low,
        "So long without metadata until bootstrap.servers are tried again.",
    ),
    Row("config.providers", List, Is(""), Low, "Names of config providers."),
    Row("security.protocol", String, Is("PLAINTEXT"), Medium, "Whether connections use TLS, SASL, both or neither."),
    Row("security.providers", String, Null, Low, "Java classes that make security providers."),
];
