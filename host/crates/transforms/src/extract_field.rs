//! `ExtractField`: one field in place of the whole.

use crate::class::{self, key_and_value, optional, required};
use cofferdam_config::{ConfigType, Importance, Validator};
use cofferdam_plugin::PluginDesc;

pub(crate) fn classes() -> [PluginDesc; 2] {
    let syntax = "V1: a name is that of a field at the top. V2: dots lead to fields within fields; a name that has dots \
                  itself stands in backticks.";
    let versions = Validator::OneOfIgnoringCase(vec!["V1".to_owned(), "V2".to_owned()]);
    let options = vec![
        required(
            "field",
            ConfigType::String,
            Importance::Medium,
            "Name of the field that takes the place of the whole.",
        ),
        class::replace_null_with_default(),
        optional("field.syntax.version", ConfigType::String, "V1", Importance::High, syntax).validator(versions),
    ];
    key_and_value("ExtractField", "Puts one field in place of the whole.", options)
}
