//! `RegexRouter`: another topic, by regular expression.

use crate::class::{required, transformation};
use cofferdam_config::{ConfigType, Importance, Validator};
use cofferdam_plugin::PluginDesc;

pub(crate) fn class() -> PluginDesc {
    let regex = "Regular expression for topics; those that match as a whole are renamed.";
    let replacement = "The new name, in which $1 and the like stand for groups of the expression.";
    let options = vec![
        required("regex", ConfigType::String, Importance::High, regex).validator(Validator::Regex),
        required("replacement", ConfigType::String, Importance::High, replacement),
    ];
    transformation("RegexRouter", "Sends records to a topic whose name is made from that of theirs.", options)
}
