//! `MaskField`: fields made unrecognisable.

use crate::class::{self, key_and_value, nullable, required};
use cofferdam_config::{ConfigType, Importance, Validator};
use cofferdam_plugin::PluginDesc;

pub(crate) fn classes() -> [PluginDesc; 2] {
    let replacement = "What takes the place of numbers and strings; without it, zero and the like do.";
    let options = vec![
        required("fields", ConfigType::List, Importance::High, "Names of the fields.")
            .validator(Validator::UniqueFilledList),
        nullable("replacement", ConfigType::String, Importance::Low, replacement).validator(Validator::NonEmptyString),
        class::replace_null_with_default(),
    ];
    key_and_value("MaskField", "Hides what fields hold.", options)
}
