//! `TimestampConverter`: points in time from one form to another.

use crate::class::{self, key_and_value, one_of, optional, required};
use cofferdam_config::{ConfigType, Importance};
use cofferdam_plugin::PluginDesc;

pub(crate) fn classes() -> [PluginDesc; 2] {
    let format = "How a time looks as text, as a pattern of Java's SimpleDateFormat; needed for text in and out.";
    let precision = "What unix times count, in and out.";
    let options =
        vec![
            optional(
                "field",
                ConfigType::String,
                "",
                Importance::High,
                "The field that holds the time; the whole if empty.",
            ),
            required("target.type", ConfigType::String, Importance::High, "The form that times get.")
                .validator(one_of(&["string", "unix", "Date", "Time", "Timestamp"])),
            optional("format", ConfigType::String, "", Importance::Medium, format),
            optional("unix.precision", ConfigType::String, "milliseconds", Importance::Low, precision)
                .validator(one_of(&["nanoseconds", "microseconds", "milliseconds", "seconds"])),
            class::replace_null_with_default(),
        ];
    key_and_value("TimestampConverter", "Turns times into another form.", options)
}
