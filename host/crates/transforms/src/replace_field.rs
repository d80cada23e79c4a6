//! `ReplaceField`: fields left out, or under other names.

use crate::class::{self, items, key_and_value, optional};
use cofferdam_config::{ConfigType, Importance, Rule, Validator, invalid};
use cofferdam_plugin::PluginDesc;

const PAIRS: Validator = Validator::Rule(Rule {
    allowed: "pairs such as old:new, separated by commas",
    check: |name, value| {
        let wrong = items(value).iter().find(|mapping| class::parts(mapping).len() != 2)?;
        Some(invalid(name, &value.to_string(), &format!("Invalid rename mapping: {wrong}")))
    },
});

pub(crate) fn classes() -> [PluginDesc; 2] {
    let list =
        |name: &str, documentation: &str| optional(name, ConfigType::List, "", Importance::Medium, documentation);
    let options = vec![
        list("exclude", "Names of fields to leave out, whatever include says.").validator(Validator::UniqueList),
        list("include", "Names of the fields to keep; all if empty.").validator(Validator::UniqueList),
        list("renames", "New names, as old:new,old:new.").validator(PAIRS),
        class::replace_null_with_default(),
    ];
    key_and_value("ReplaceField", "Leaves fields out and renames them.", options)
}
