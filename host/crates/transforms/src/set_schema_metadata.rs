//! `SetSchemaMetadata`: a schema's name and version.

use crate::class::{self, key_and_value, nullable};
use cofferdam_config::{ConfigType, Importance};
use cofferdam_plugin::PluginDesc;

pub(crate) fn classes() -> [PluginDesc; 2] {
    let options = vec![
        nullable("schema.name", ConfigType::String, Importance::High, "The schema's new name."),
        nullable("schema.version", ConfigType::Int, Importance::High, "The schema's new version."),
        class::replace_null_with_default(),
    ];
    key_and_value("SetSchemaMetadata", "Gives the schema another name or version.", options)
}
