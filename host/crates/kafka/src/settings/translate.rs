//! One Java setting at a time.

use super::{ClientKind, SettingsError, defaults};
use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaConfRes;
use std::collections::{BTreeMap, BTreeSet};

/// A translation under way.
pub(super) struct Translation<'a> {
    pub(super) kind: ClientKind,
    /// librdkafka's settings so far.
    pub(super) values: BTreeMap<String, String>,
    /// Java's, all levels merged.
    pub(super) java: &'a BTreeMap<String, String>,
    /// librdkafka's settings that somebody asked for.
    configured: BTreeSet<String>,
    max_poll_records: Option<usize>,
    pub(super) warnings: Vec<String>,
}

/// What becomes of a Java setting.
enum Rule {
    /// A number for one or several of librdkafka's settings, divided (rounded up) and kept within librdkafka's bounds.
    Number { to: &'static [&'static str], divide: i64, least: i64, most: i64 },
    /// As [`Rule::Number`], -1 meaning what librdkafka calls 0.
    NumberOrNone { to: &'static str, most: i64 },
    /// One of these words, Java's and librdkafka's.
    Word { to: &'static str, words: &'static [(&'static str, &'static str)] },
    /// The class names of assignors.
    Assignors,
    /// A classpath's business or a JVM's: not here, and why.
    Ignored(&'static str),
    /// Ignored and nothing to say about it.
    Silent,
    /// Dealt with together with others, at the end.
    Later,
}

use Rule::{Assignors, Ignored, Later, Number, NumberOrNone, Silent, Word};

const JAVA_CLASS: &str = "Java classes cannot be loaded here";
const NO_COUNTERPART: &str = "librdkafka has no such setting";

/// A number that fits one setting as it is.
const fn number(to: &'static [&'static str], least: i64, most: i64) -> Rule {
    Number { to, divide: 1, least, most }
}

/// Java's settings whose name, unit, bounds or words differ from librdkafka's. The rest is the same in both.
fn rule(key: &str) -> Option<Rule> {
    const INT: i64 = i32::MAX as i64;
    Some(match key {
        "max.request.size" => number(&["message.max.bytes"], 1000, 1_000_000_000),
        "buffer.memory" => Number { to: &["queue.buffering.max.kbytes"], divide: 1024, least: 1, most: INT },
        "delivery.timeout.ms" => number(&["delivery.timeout.ms"], 1, INT),
        "linger.ms" => number(&["linger.ms"], 0, 900_000),
        "batch.size" => number(&["batch.size"], 1, INT),
        "retries" => number(&["retries"], 0, INT),
        "max.block.ms" => number(&["topic.metadata.propagation.max.ms"], 0, defaults::LONGEST_PROPAGATION),
        "max.in.flight.requests.per.connection" => number(&["max.in.flight.requests.per.connection"], 1, 1_000_000),
        "transaction.timeout.ms" => number(&["transaction.timeout.ms"], 1000, INT),
        "fetch.max.wait.ms" => number(&["fetch.wait.max.ms"], 0, 300_000),
        "fetch.min.bytes" => number(&["fetch.min.bytes"], 1, 100_000_000),
        "fetch.max.bytes" => number(&["fetch.max.bytes"], 0, 2_147_483_135),
        "max.partition.fetch.bytes" => number(&["max.partition.fetch.bytes"], 1, 1_000_000_000),
        "session.timeout.ms" => number(&["session.timeout.ms"], 1, 3_600_000),
        "heartbeat.interval.ms" => number(&["heartbeat.interval.ms"], 1, 3_600_000),
        "max.poll.interval.ms" => number(&["max.poll.interval.ms"], 1, 86_400_000),
        "reconnect.backoff.ms" => number(&["reconnect.backoff.ms"], 0, 3_600_000),
        "reconnect.backoff.max.ms" => number(&["reconnect.backoff.max.ms"], 0, 3_600_000),
        "retry.backoff.ms" => number(&["retry.backoff.ms"], 1, 300_000),
        "retry.backoff.max.ms" => number(&["retry.backoff.max.ms"], 1, 300_000),
        "socket.connection.setup.timeout.ms" => number(&["socket.connection.setup.timeout.ms"], 1000, INT),
        "connections.max.idle.ms" => NumberOrNone { to: "connections.max.idle.ms", most: INT },
        "receive.buffer.bytes" => NumberOrNone { to: "socket.receive.buffer.bytes", most: 100_000_000 },
        "send.buffer.bytes" => NumberOrNone { to: "socket.send.buffer.bytes", most: 100_000_000 },
        "auto.offset.reset" => Word {
            to: "auto.offset.reset",
            words: &[("earliest", "earliest"), ("latest", "latest"), ("none", "error")],
        },
        "ssl.endpoint.identification.algorithm" => Word {
            to: "ssl.endpoint.identification.algorithm",
            words: &[("https", "https"), ("", "none"), ("none", "none")],
        },
        "partitioner.ignore.keys" => {
            Word { to: "partitioner", words: &[("true", "random"), ("false", "murmur2_random")] }
        }
        "partition.assignment.strategy" => Assignors,
        "request.timeout.ms" | "metadata.max.age.ms" | "max.poll.records" => Later,
        "compression.gzip.level" | "compression.lz4.level" | "compression.zstd.level" => Later,
        _ if super::tls::owns(key) || super::sasl::owns(key) => Later,
        "key.serializer" | "value.serializer" | "key.deserializer" | "value.deserializer" => {
            Ignored("records are bytes here, as in Connect; use the connector's converters")
        }
        "interceptor.classes" | "metric.reporters" | "partitioner.class" | "ssl.engine.factory.class" => {
            Ignored(JAVA_CLASS)
        }
        "sasl.client.callback.handler.class" | "sasl.login.callback.handler.class" | "sasl.login.class" => {
            Ignored(JAVA_CLASS)
        }
        "ssl.provider" | "ssl.keymanager.algorithm" | "ssl.trustmanager.algorithm" | "security.providers" => {
            Ignored("it chooses a provider of the Java platform; OpenSSL is used here")
        }
        "ssl.protocol" | "ssl.enabled.protocols" | "ssl.secure.random.implementation" => {
            Ignored("OpenSSL chooses the newest protocol that both sides speak, TLS 1.2 or later")
        }
        _ if key.starts_with("sasl.kerberos.") => Ignored("Kerberos is not supported"),
        _ if key.starts_with("sasl.login.") => Ignored(NO_COUNTERPART),
        _ if key.starts_with("metrics.") || key == "auto.include.jmx.reporter" => Silent,
        "default.api.timeout.ms"
        | "metadata.max.idle.ms"
        | "socket.connection.setup.timeout.max.ms"
        | "exclude.internal.topics"
        | "partitioner.availability.timeout.ms"
        | "partitioner.adaptive.partitioning.enable"
        | "enable.metrics.push" => Silent,
        _ => return None,
    })
}

impl<'a> Translation<'a> {
    pub(super) fn new(kind: ClientKind, values: BTreeMap<String, String>, java: &'a BTreeMap<String, String>) -> Self {
        Self { kind, values, java, configured: BTreeSet::new(), max_poll_records: None, warnings: Vec::new() }
    }

    /// Translates one setting. `quiet`: it was given to all kinds of clients, so it need not fit this one.
    pub(super) fn setting(&mut self, key: &str, value: &str, quiet: bool) -> Result<(), SettingsError> {
        let wrong = |reason: String| SettingsError::new(key, value, reason);
        match rule(key) {
            None => self.same(key, value, quiet),
            Some(Number { to, divide, least, most }) => {
                let asked = integer(value).map_err(wrong)?;
                let asked = asked.div_euclid(divide) + i64::from(asked.rem_euclid(divide) != 0);
                let used = asked.clamp(least, most);
                // Java's "for ever" is no reason for a warning.
                if used != asked && asked < i64::from(i32::MAX) {
                    self.warnings.push(format!("{key}={value} is out of librdkafka's bounds, {used} is used instead"));
                }
                to.iter().try_for_each(|to| self.checked(to, &used.to_string(), key, value))
            }
            Some(NumberOrNone { to, most }) => {
                let used = integer(value).map_err(wrong)?.clamp(0, most);
                self.checked(to, &used.to_string(), key, value)
            }
            Some(Word { to, words }) => match words.iter().find(|(java, _)| java.eq_ignore_ascii_case(value.trim())) {
                Some((_, word)) => self.checked(to, word, key, value),
                None => {
                    let allowed: Vec<&str> =
                        words.iter().map(|(java, _)| *java).filter(|java| !java.is_empty()).collect();
                    Err(wrong(format!("String must be one of: {}", allowed.join(", "))))
                }
            },
            Some(Assignors) => self.assignors(key, value),
            Some(Ignored(why)) => {
                self.warnings.push(format!("{key} is ignored: {why}"));
                Ok(())
            }
            Some(Silent) => Ok(()),
            Some(Later) => self.several(key, value),
        }
    }

    /// A setting that is called the same in librdkafka, or not known to it.
    fn same(&mut self, key: &str, value: &str, quiet: bool) -> Result<(), SettingsError> {
        let name = canonical(key);
        match probe(name, value) {
            Ok(()) => {
                self.set(name, value);
                Ok(())
            }
            Err((RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, _)) => {
                if !quiet {
                    let kind = self.kind.name();
                    self.warnings.push(format!("{key} is ignored: {NO_COUNTERPART} for a {kind}"));
                }
                Ok(())
            }
            Err((_, reason)) => Err(SettingsError::new(key, value, reason)),
        }
    }

    /// Sets one of librdkafka's settings on behalf of a Java setting.
    pub(super) fn checked(&mut self, to: &str, native: &str, key: &str, value: &str) -> Result<(), SettingsError> {
        probe(to, native).map_err(|(_, reason)| SettingsError::new(key, value, reason))?;
        self.set(to, native);
        Ok(())
    }

    fn set(&mut self, name: &str, value: &str) {
        self.configured.insert(name.to_owned());
        self.values.insert(name.to_owned(), value.to_owned());
    }

    /// Settings that become several.
    fn several(&mut self, key: &str, value: &str) -> Result<(), SettingsError> {
        let whole = || integer(value).map_err(|reason| SettingsError::new(key, value, reason));
        match key {
            "request.timeout.ms" => {
                let millis = whole()?;
                self.checked("socket.timeout.ms", &millis.clamp(10, 300_000).to_string(), key, value)?;
                if self.kind == ClientKind::Producer {
                    self.checked("request.timeout.ms", &millis.clamp(1, 900_000).to_string(), key, value)?;
                }
            }
            "metadata.max.age.ms" => {
                let millis = whole()?.clamp(10, 3_600_000);
                self.checked("topic.metadata.refresh.interval.ms", &millis.to_string(), key, value)?;
                self.checked("metadata.max.age.ms", &(3 * millis).to_string(), key, value)?;
            }
            "max.poll.records" => {
                let records = usize::try_from(whole()?).ok().filter(|records| *records > 0);
                if records.is_none() {
                    return Err(SettingsError::new(key, value, "Value must be at least 1"));
                }
                self.max_poll_records = records;
            }
            _ if key.starts_with("compression.") => {
                let codec = self.java.get("compression.type").map_or("", |codec| codec.trim());
                if key == format!("compression.{codec}.level") {
                    self.checked("compression.level", &whole()?.to_string(), key, value)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn assignors(&mut self, key: &str, value: &str) -> Result<(), SettingsError> {
        let mut eager = Vec::new();
        let mut cooperative = false;
        for class in value.split(',').map(str::trim).filter(|class| !class.is_empty()) {
            match class.rsplit('.').next().unwrap_or(class) {
                "RangeAssignor" | "range" => eager.push("range"),
                "RoundRobinAssignor" | "roundrobin" => eager.push("roundrobin"),
                "CooperativeStickyAssignor" | "cooperative-sticky" => cooperative = true,
                _ => {
                    let reason = format!(
                        "{class} is not available: use RangeAssignor, RoundRobinAssignor or \
                         CooperativeStickyAssignor of org.apache.kafka.clients.consumer"
                    );
                    return Err(SettingsError::new(key, value, reason));
                }
            }
        }
        // Java's clients rebalance eagerly while any assignor of the list does; librdkafka refuses to mix them.
        let native = match (eager.is_empty(), cooperative) {
            (false, _) => eager.join(","),
            (true, true) => "cooperative-sticky".to_owned(),
            (true, false) => return Err(SettingsError::new(key, value, "at least one assignor is needed")),
        };
        self.checked("partition.assignment.strategy", &native, key, value)
    }

    /// Makes defaults give way where what was configured contradicts them: librdkafka refuses such a client.
    pub(super) fn reconcile(&mut self) {
        match self.kind {
            ClientKind::Consumer => self.reconcile_consumer(),
            ClientKind::Producer => self.reconcile_producer(),
            ClientKind::Admin => {}
        }
    }

    fn reconcile_consumer(&mut self) {
        if self.values.get("group.protocol").is_some_and(|protocol| protocol.eq_ignore_ascii_case("consumer")) {
            for name in defaults::CLASSIC_GROUP {
                self.values.remove(name);
                if self.configured.contains(name) {
                    self.warnings
                        .push(format!("{name} is ignored: with group.protocol=consumer the broker decides it"));
                }
            }
        } else if let (Some(session), Some(poll)) =
            (self.whole("session.timeout.ms"), self.whole("max.poll.interval.ms"))
            && session > poll
        {
            if self.configured.contains("session.timeout.ms") {
                self.warnings.push(format!(
                    "max.poll.interval.ms={poll} is less than session.timeout.ms, {session} is used instead"
                ));
                self.values.insert("max.poll.interval.ms".into(), session.to_string());
            } else {
                self.values.insert("session.timeout.ms".into(), poll.to_string());
            }
        }
        // librdkafka wants to be able to fetch what it could send.
        if let Some(fetch) = self.whole("fetch.max.bytes")
            && !self.configured.contains("message.max.bytes")
        {
            self.values.insert("message.max.bytes".into(), fetch.clamp(1000, 1_000_000).to_string());
            self.values.insert("fetch.max.bytes".into(), fetch.max(1000).to_string());
        }
    }

    fn reconcile_producer(&mut self) {
        if !self.values.contains_key("transactional.id") {
            return;
        }
        let transaction = self.whole("transaction.timeout.ms").unwrap_or(60_000);
        // A record may not outlive its transaction, nor a request.
        for (name, configured) in
            [("delivery.timeout.ms", "delivery.timeout.ms"), ("socket.timeout.ms", "socket.timeout.ms")]
        {
            let fits = self.whole(name).is_some_and(|millis| millis <= transaction);
            if !fits && !self.configured.contains(configured) {
                self.values.insert(name.into(), transaction.to_string());
            }
        }
        if !self.configured.contains("enable.idempotence") {
            self.values.insert("enable.idempotence".into(), "true".into());
        }
    }

    fn whole(&self, name: &str) -> Option<i64> {
        self.values.get(name)?.parse().ok()
    }

    /// librdkafka's settings, `max.poll.records`, warnings.
    pub(super) fn finish(self) -> (BTreeMap<String, String>, Option<usize>, Vec<String>) {
        (self.values, self.max_poll_records, self.warnings)
    }
}

/// librdkafka has two names for some settings. Only one of them may be set, or chance decides which counts.
fn canonical(name: &str) -> &str {
    match name {
        "metadata.broker.list" => "bootstrap.servers",
        "request.required.acks" => "acks",
        "max.in.flight" => "max.in.flight.requests.per.connection",
        "message.timeout.ms" => "delivery.timeout.ms",
        "message.send.max.retries" => "retries",
        "queue.buffering.max.ms" => "linger.ms",
        "compression.codec" => "compression.type",
        "fetch.message.max.bytes" => "max.partition.fetch.bytes",
        "sasl.mechanism" => "sasl.mechanisms",
        other => other,
    }
}

/// Asks librdkafka whether it knows a setting and takes the value.
fn probe(name: &str, value: &str) -> Result<(), (RDKafkaConfRes, String)> {
    match ClientConfig::new().set(name, value).create_native_config() {
        Ok(_) => Ok(()),
        Err(KafkaError::ClientConfig(kind, reason, _, _)) => Err((kind, reason)),
        Err(other) => Err((RDKafkaConfRes::RD_KAFKA_CONF_INVALID, other.to_string())),
    }
}

/// A whole number, in Kafka's words if it is none.
fn integer(value: &str) -> Result<i64, String> {
    value.trim().parse().map_err(|_| "Not a number of type INT".to_owned())
}
