//! `InsertField`: what is known about a record, or a constant, as a field.

use crate::class::{self, key_and_value, nullable};
use cofferdam_config::{ConfigKey, ConfigType, Importance};
use cofferdam_plugin::PluginDesc;

pub(crate) fn classes() -> [PluginDesc; 2] {
    let field = |name: &str, what: &str| -> ConfigKey {
        let documentation = format!(
            "Name of the field that gets {what}. It is optional, or required if the name ends in an exclamation mark."
        );
        nullable(name, ConfigType::String, Importance::Medium, &documentation)
    };
    let options = vec![
        field("topic.field", "the topic"),
        field("partition.field", "the partition"),
        field("offset.field", "the offset, which only sinks know"),
        field("timestamp.field", "the timestamp"),
        field("static.field", "the value of static.value"),
        nullable("static.value", ConfigType::String, Importance::Medium, "What static.field gets."),
        class::replace_null_with_default(),
    ];
    key_and_value("InsertField", "Adds fields that hold the record's coordinates or a constant.", options)
}
