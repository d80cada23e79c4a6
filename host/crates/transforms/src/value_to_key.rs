//! `ValueToKey`: a key made of the value's fields.

use crate::class::{self, required, transformation};
use cofferdam_config::{ConfigType, Importance, Validator};
use cofferdam_plugin::PluginDesc;

pub(crate) fn class() -> PluginDesc {
    let options = vec![
        required("fields", ConfigType::List, Importance::High, "Names of the value's fields of which the key is made.")
            .validator(Validator::UniqueFilledList),
        class::replace_null_with_default(),
    ];
    transformation("ValueToKey", "Makes the key of fields of the value.", options)
}
