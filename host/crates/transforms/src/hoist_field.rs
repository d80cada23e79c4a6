//! `HoistField`: the whole into one field.

use crate::class::{key_and_value, required};
use cofferdam_config::{ConfigType, Importance};
use cofferdam_plugin::PluginDesc;

pub(crate) fn classes() -> [PluginDesc; 2] {
    let documentation = "Name of the only field of the new struct or map.";
    let options = vec![required("field", ConfigType::String, Importance::Medium, documentation)];
    key_and_value("HoistField", "Wraps the whole into a field.", options)
}
