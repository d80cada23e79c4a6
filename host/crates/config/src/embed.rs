//! Definitions within definitions. Kafka: `ConfigDef.embed`, `ConfigDef.sortedConfigs`.

use crate::def::{ConfigDef, ConfigKey, DefaultValue, Importance, Validator};

impl ConfigDef {
    /// The options as part of another definition, from `first_order` on: named with `prefix`, shown in `group`, sorted as
    /// Kafka sorts them. Their validators go on to call them by their own names.
    pub fn embedded(&self, prefix: &str, group: &str, first_order: i32) -> Vec<ConfigKey> {
        let mut keys: Vec<&ConfigKey> = self.keys.iter().collect();
        keys.sort_by_cached_key(|key| self.rank(key));
        let orders = first_order..;
        keys.into_iter().zip(orders).map(|(key, order)| embed(key, prefix, group, order)).collect()
    }

    /// Options without group first, then group by group; within one by order, what is required, importance and name.
    fn rank(&self, key: &ConfigKey) -> (Option<usize>, i32, bool, u8, String) {
        let group =
            key.group.as_ref().and_then(|group| self.keys.iter().position(|other| other.group.as_ref() == Some(group)));
        let importance = match key.importance {
            Importance::High => 0,
            Importance::Medium => 1,
            Importance::Low => 2,
        };
        (group, key.order_in_group, key.default != DefaultValue::Required, importance, key.name.clone())
    }
}

fn embed(key: &ConfigKey, prefix: &str, group: &str, order: i32) -> ConfigKey {
    ConfigKey {
        name: format!("{prefix}{}", key.name),
        validator: match &key.validator {
            Validator::None => Validator::None,
            validator => Validator::Embedded(key.name.clone(), Box::new(validator.clone())),
        },
        group: Some(match &key.group {
            Some(own) => format!("{group}: {own}"),
            None => group.to_owned(),
        }),
        order_in_group: order,
        dependents: key.dependents.iter().map(|name| format!("{prefix}{name}")).collect(),
        ..key.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::def::{ConfigType, Width};
    use std::collections::BTreeMap;

    fn key(name: &str, default: DefaultValue, importance: Importance) -> ConfigKey {
        ConfigKey::new(name, ConfigType::String, default, importance, "")
    }

    #[test]
    fn options_are_sorted_and_keep_their_names_in_messages() {
        let def = ConfigDef::new()
            .define(key("z", DefaultValue::Null, Importance::Low).group("G", 0, Width::Short, "Z"))
            .define(key("c", DefaultValue::Null, Importance::Low))
            .define(key("b", DefaultValue::Null, Importance::High))
            .define(key("d", DefaultValue::Required, Importance::Low).dependents(&["c"]).validator(Validator::Regex))
            .define(key("a", DefaultValue::Null, Importance::Low));
        let keys = def.embedded("p.", "P", 2);
        let shown: Vec<_> = keys.iter().map(|key| (key.name.as_str(), key.order_in_group)).collect();
        assert_eq!(shown, [("p.d", 2), ("p.b", 3), ("p.a", 4), ("p.c", 5), ("p.z", 6)]);
        assert_eq!(keys[0].dependents, ["p.c"]);
        assert_eq!((keys[0].group.as_deref(), keys[4].group.as_deref()), (Some("P"), Some("P: G")));
        assert_eq!((keys[0].display_name.as_str(), keys[4].display_name.as_str()), ("d", "Z"));
        let missing = &ConfigDef { keys }.validate(&BTreeMap::new())[0].errors;
        assert_eq!(missing[0], "Missing required configuration \"p.d\" which has no default value.");
        assert!(missing[1].starts_with("Invalid value null for configuration d: Invalid regex: "), "{missing:?}");
    }
}
