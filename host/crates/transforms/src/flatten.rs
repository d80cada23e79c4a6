//! `Flatten`: nested fields to the top.

use crate::class::{key_and_value, optional};
use cofferdam_config::{ConfigType, Importance};
use cofferdam_plugin::PluginDesc;

pub(crate) fn classes() -> [PluginDesc; 2] {
    let documentation = "What stands between the names of an outer and an inner field in the new name.";
    let options = vec![optional("delimiter", ConfigType::String, ".", Importance::Medium, documentation)];
    key_and_value("Flatten", "Brings fields within fields to the top, under joined names.", options)
}
