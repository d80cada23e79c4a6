//! Short names. Kafka: `PluginUtils.computeAliases`.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// Names that mean exactly one class, of whatever kind: simple names and pruned ones. A name that would mean two is left
/// out altogether. `names` are classes, each with its short names.
pub(super) fn table<'a>(names: impl Iterator<Item = (&'a str, [&'a str; 2])>) -> BTreeMap<String, String> {
    let mut table: BTreeMap<String, String> = BTreeMap::new();
    let mut ambiguous: BTreeSet<String> = BTreeSet::new();
    for (class, short) in names {
        for name in short {
            match table.entry(name.to_owned()) {
                Entry::Vacant(vacant) => {
                    vacant.insert(class.to_owned());
                }
                Entry::Occupied(occupied) if *occupied.get() == class => {}
                Entry::Occupied(occupied) => {
                    ambiguous.insert(occupied.key().clone());
                }
            }
        }
    }
    table.retain(|name, _| !ambiguous.contains(name));
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PluginType;
    use crate::catalog::tests::desc;

    #[test]
    fn prunes_at_the_last_occurrence_unless_at_the_start() {
        let cases = [
            ("FileStreamSourceConnector", PluginType::Source, "FileStreamSource"),
            ("FooConnectorV2", PluginType::Sink, "Foo"),
            ("ConnectorConnector", PluginType::Sink, "Connector"),
            ("Connector", PluginType::Sink, "Connector"),
            ("ConnectorV2", PluginType::Sink, "ConnectorV2"),
            ("JsonConverter", PluginType::Converter, "Json"),
            ("SimpleHeaderConverter", PluginType::HeaderConverter, "Simple"),
            ("Filter", PluginType::Transformation, "Filter"),
        ];
        for (simple, plugin_type, expected) in cases {
            let desc = desc(&format!("org.x.{simple}"), "1", plugin_type);
            assert_eq!(desc.alias(), expected, "{simple}");
            let names = (desc.class.as_str(), [desc.simple_name(), desc.alias()]);
            assert!(table([names].into_iter()).contains_key(expected), "{simple}");
        }
    }
}
