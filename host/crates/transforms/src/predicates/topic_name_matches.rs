//! `TopicNameMatches`: the topic, by regular expression.

use crate::class::{predicate, required};
use cofferdam_config::{ConfigType, Importance, Validator};
use cofferdam_plugin::PluginDesc;

pub(crate) fn class() -> PluginDesc {
    let documentation = "Regular expression that the topic as a whole matches.";
    let pattern = required("pattern", ConfigType::String, Importance::Medium, documentation);
    let options = vec![pattern.validator(Validator::All(vec![Validator::NonEmptyString, Validator::Regex]))];
    predicate("TopicNameMatches", "Holds for records of topics with such a name.", options)
}
