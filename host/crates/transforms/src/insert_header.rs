//! `InsertHeader`: a constant as a header.

use crate::class::{NOT_NULL, required, transformation};
use cofferdam_config::{ConfigType, Importance};
use cofferdam_plugin::PluginDesc;

pub(crate) fn class() -> PluginDesc {
    let literal = "The header's value, read as SimpleHeaderConverter reads text: 1 is a number, true a boolean.";
    let options = vec![
        required("header", ConfigType::String, Importance::High, "Name of the header.").validator(NOT_NULL),
        required("value.literal", ConfigType::String, Importance::High, literal).validator(NOT_NULL),
    ];
    transformation("InsertHeader", "Adds the same header to every record.", options)
}
