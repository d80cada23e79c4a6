//! The options that every connector has, whatever its plugin. Kafka: `ConnectorConfig`, `SourceConnectorConfig`,
//! `SinkConnectorConfig`.

use crate::def::{ConfigDef, ConfigKey, ConfigType, DefaultValue, Importance, Validator, Width};
use ConfigType::{Boolean, Class, Int, List, Long, Short, String};
use DefaultValue::{Null, Required};
use Importance::{High, Low, Medium};

const COMMON: &str = "Common";
const ERRORS: &str = "Error Handling";
const EXACTLY_ONCE: &str = "Exactly Once Support";

fn text(text: &str) -> DefaultValue {
    DefaultValue::text(text)
}

fn one_of(texts: &[&str]) -> Validator {
    Validator::OneOf(texts.iter().map(|text| (*text).to_owned()).collect())
}

fn any_case(texts: &[&str]) -> Validator {
    Validator::OneOfIgnoringCase(texts.iter().map(|text| (*text).to_owned()).collect())
}

fn at_least(min: i64) -> Validator {
    Validator::Range { min: Some(min), max: None }
}

/// The framework's options of a source connector, in Kafka's order.
pub fn source_connector_def() -> ConfigDef {
    let groups = ConfigKey::new(
        "topic.creation.groups",
        List,
        text(""),
        Low,
        "Names of the groups of settings by which new topics are created; each is configured by keys that begin with \
         topic.creation.NAME.",
    );
    let support = ConfigKey::new(
        "exactly.once.support",
        String,
        text("requested"),
        Medium,
        "Whether the connector may start only where its records are delivered exactly once (required), or also where \
         they are not (requested).",
    );
    let boundary = ConfigKey::new(
        "transaction.boundary",
        String,
        text("poll"),
        Medium,
        "What ends a producer transaction under exactly-once support: each poll, a time (interval), or the connector.",
    );
    let interval = ConfigKey::new(
        "transaction.boundary.interval.ms",
        Long,
        Null,
        Low,
        "Time between two transactions if transaction.boundary is interval; offset.flush.interval.ms if not set.",
    );
    let offsets = ConfigKey::new(
        "offsets.storage.topic",
        String,
        Null,
        Low,
        "A topic of the connector's own for its source offsets; the worker's if not set.",
    );
    connector_def()
        .define(
            groups.group("Topic Creation", 1, Width::Long, "Topic Creation Groups").validator(Validator::UniqueAliases),
        )
        .define(
            support
                .group(EXACTLY_ONCE, 2, Width::Short, "Exactly once support")
                .validator(any_case(&["REQUIRED", "REQUESTED"])),
        )
        .define(boundary.group(EXACTLY_ONCE, 3, Width::Short, "Transaction Boundary").validator(any_case(&[
            "INTERVAL",
            "POLL",
            "CONNECTOR",
        ])))
        .define(interval.group(EXACTLY_ONCE, 4, Width::Short, "Transaction boundary interval").validator(at_least(0)))
        .define(offsets.group("offsets.topic", 1, Width::Long, "Offsets topic").validator(Validator::NonEmptyString))
}

/// The framework's options of a sink connector, in Kafka's order.
pub fn sink_connector_def() -> ConfigDef {
    let topics = ConfigKey::new("topics", List, text(""), High, "Topics to consume, separated by commas.");
    let regex = ConfigKey::new(
        "topics.regex",
        String,
        text(""),
        High,
        "Regular expression that the whole name of each topic to consume matches. Only one of topics and topics.regex is \
         to be set.",
    );
    let queue = ConfigKey::new(
        "errors.deadletterqueue.topic.name",
        String,
        text(""),
        Medium,
        "Topic to which records go that could not be processed; none if blank.",
    );
    let replication = ConfigKey::new(
        "errors.deadletterqueue.topic.replication.factor",
        Short,
        text("3"),
        Medium,
        "Replication factor with which the dead letter queue is created where it does not exist.",
    );
    let context = ConfigKey::new(
        "errors.deadletterqueue.context.headers.enable",
        Boolean,
        text("false"),
        Medium,
        "Whether records in the dead letter queue get headers, named __connect.errors.*, that tell what went wrong.",
    );
    connector_def()
        .define(topics.group(COMMON, 4, Width::Long, "Topics").validator(Validator::UniqueList))
        .define(regex.group(COMMON, 4, Width::Long, "Topics regex").validator(Validator::Regex))
        .define(queue.group(ERRORS, 6, Width::Medium, "Dead Letter Queue Topic Name"))
        .define(replication.group(ERRORS, 7, Width::Medium, "Dead Letter Queue Topic Replication Factor"))
        .define(context.group(ERRORS, 8, Width::Medium, "Enable Error Context Headers"))
}

/// The options that sources and sinks share, in Kafka's order. Kafka: `ConnectorConfig.configDef`.
pub fn connector_def() -> ConfigDef {
    let name = ConfigKey::new("name", String, Required, High, "The connector's name, unique among connectors.");
    let class = ConfigKey::new(
        "connector.class",
        String,
        Required,
        High,
        "The connector's class: its full name, or one of its aliases.",
    );
    let version = ConfigKey::new(
        "connector.plugin.version",
        String,
        Null,
        Medium,
        "Which version of the connector's class: latest, one version, or a range such as [1.0,2.0).",
    );
    let tasks = ConfigKey::new("tasks.max", Int, text("1"), High, "At most so many tasks.");
    let enforce = ConfigKey::new(
        "tasks.max.enforce",
        Boolean,
        text("true"),
        Low,
        "Whether a connector that asks for more tasks than tasks.max fails. Deprecated.",
    );
    let def = ConfigDef::new()
        .define(name.group(COMMON, 1, Width::Medium, "Connector name").validator(Validator::ConnectorName))
        .define(class.group(COMMON, 2, Width::Long, "Connector class"))
        .define(version.group(COMMON, 3, Width::Medium, "Connector version"))
        .define(tasks.group(COMMON, 4, Width::Short, "Tasks max").validator(at_least(1)))
        .define(enforce.group(COMMON, 5, Width::Short, "Enforce tasks max"));
    error_handling(chain(converters(def)))
}

fn converters(mut def: ConfigDef) -> ConfigDef {
    for (order, what, shown) in [(6, "key", "Key"), (8, "value", "Value"), (10, "header", "Header")] {
        let class = ConfigKey::new(
            format!("{what}.converter"),
            Class,
            Null,
            Low,
            format!(
                "Class that converts record {what}s between the connector's form and Kafka's bytes; the worker's if not \
                 set. Keys that begin with {what}.converter. configure it."
            ),
        );
        let version = ConfigKey::new(
            format!("{what}.converter.plugin.version"),
            String,
            Null,
            Low,
            format!("Which version of the {what} converter's class."),
        );
        def = def
            .define(class.group(COMMON, order, Width::Short, &format!("{shown} converter class")))
            .define(version.group(COMMON, order + 1, Width::Short, &format!("{shown} converter version")));
    }
    def
}

fn chain(def: ConfigDef) -> ConfigDef {
    let transforms = ConfigKey::new(
        "transforms",
        List,
        text(""),
        Low,
        "Aliases of the transformations that records pass through, in this order.",
    );
    let predicates =
        ConfigKey::new("predicates", List, text(""), Low, "Aliases of the predicates that transformations may name.");
    let reload = ConfigKey::new(
        "config.action.reload",
        String,
        text("restart"),
        Low,
        "What happens when a value from a config provider expires: nothing (none), or a restart of the connector.",
    );
    def.define(transforms.group("Transforms", 12, Width::Long, "Transforms").validator(Validator::UniqueAliases))
        .define(predicates.group("Predicates", 13, Width::Long, "Predicates").validator(Validator::UniqueAliases))
        .define(reload.group(COMMON, 14, Width::Medium, "Reload Action").validator(one_of(&["none", "restart"])))
}

fn error_handling(def: ConfigDef) -> ConfigDef {
    let timeout = ConfigKey::new(
        "errors.retry.timeout",
        Long,
        text("0"),
        Medium,
        "For so long, in milliseconds, a failed operation is tried again; 0: not at all, -1: without end.",
    );
    let delay = ConfigKey::new(
        "errors.retry.delay.max.ms",
        Long,
        text("60000"),
        Medium,
        "At most so many milliseconds lie between two tries.",
    );
    let tolerance = ConfigKey::new(
        "errors.tolerance",
        String,
        text("none"),
        Medium,
        "Whether a record that cannot be processed fails the task (none) or is skipped (all).",
    );
    let log =
        ConfigKey::new("errors.log.enable", Boolean, text("false"), Medium, "Whether each such record is logged.");
    let messages = ConfigKey::new(
        "errors.log.include.messages",
        Boolean,
        text("false"),
        Medium,
        "Whether the log says which record it was.",
    );
    def.define(timeout.group(ERRORS, 1, Width::Medium, "Retry Timeout for Errors"))
        .define(delay.group(ERRORS, 2, Width::Medium, "Maximum Delay Between Retries for Errors"))
        .define(tolerance.group(ERRORS, 3, Width::Short, "Error Tolerance").validator(one_of(&["none", "all"])))
        .define(log.group(ERRORS, 4, Width::Short, "Log Errors"))
        .define(messages.group(ERRORS, 5, Width::Short, "Log Error Details"))
}
