//! `HeaderFrom`: fields to headers.

use crate::class::{self, NON_EMPTY_LIST, key_and_value, one_of, required};
use cofferdam_config::{ConfigType, Importance};
use cofferdam_plugin::PluginDesc;

pub(crate) fn classes() -> [PluginDesc; 2] {
    let operation = "move takes the fields out of the record, copy leaves them there.";
    let options = vec![
        required("fields", ConfigType::List, Importance::High, "Names of the fields.").validator(NON_EMPTY_LIST),
        required("headers", ConfigType::List, Importance::High, "Names of the headers, one for each field, in order.")
            .validator(NON_EMPTY_LIST),
        required("operation", ConfigType::String, Importance::High, operation).validator(one_of(&["move", "copy"])),
        class::replace_null_with_default(),
    ];
    key_and_value("HeaderFrom", "Moves or copies fields into headers.", options)
}
