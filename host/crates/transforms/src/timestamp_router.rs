//! `TimestampRouter`: another topic, by the record's timestamp.

use crate::class::{optional, transformation};
use cofferdam_config::{ConfigType, Importance};
use cofferdam_plugin::PluginDesc;

pub(crate) fn class() -> PluginDesc {
    let topic = "The new name; ${topic} stands for the record's topic, ${timestamp} for its time.";
    let timestamp = "How the time looks, as a pattern of Java's SimpleDateFormat.";
    let options = vec![
        optional("topic.format", ConfigType::String, "${topic}-${timestamp}", Importance::High, topic),
        optional("timestamp.format", ConfigType::String, "yyyyMMdd", Importance::High, timestamp),
    ];
    transformation("TimestampRouter", "Sends records to a topic that is named after their time.", options)
}
