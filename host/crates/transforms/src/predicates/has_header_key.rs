//! `HasHeaderKey`: a header of that name.

use crate::class::{predicate, required};
use cofferdam_config::{ConfigType, Importance, Validator};
use cofferdam_plugin::PluginDesc;

pub(crate) fn class() -> PluginDesc {
    let name = required("name", ConfigType::String, Importance::Medium, "Name of the header.");
    let options = vec![name.validator(Validator::NonEmptyString)];
    predicate("HasHeaderKey", "Holds for records that have such a header.", options)
}
