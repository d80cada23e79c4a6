//! `DropHeaders`: headers by name.

use crate::class::{required, transformation};
use cofferdam_config::{ConfigType, Importance, Validator};
use cofferdam_plugin::PluginDesc;

pub(crate) fn class() -> PluginDesc {
    let headers = required("headers", ConfigType::List, Importance::High, "Names of the headers to drop.");
    let options = vec![headers.validator(Validator::UniqueFilledList)];
    transformation("DropHeaders", "Drops headers by name.", options)
}
