//! Short names. Kafka: `PluginUtils.computeAliases`.

use crate::{PluginDesc, PluginType};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// Names that mean exactly one class, of whatever kind: simple names and pruned ones. A name that would mean two is left
/// out altogether.
pub(super) fn table<'a>(descs: impl Iterator<Item = &'a PluginDesc>) -> BTreeMap<String, String> {
    let mut table: BTreeMap<String, String> = BTreeMap::new();
    let mut ambiguous: BTreeSet<String> = BTreeSet::new();
    for desc in descs {
        let simple = desc.simple_name();
        for name in [simple, pruned(simple, desc.plugin_type)] {
            match table.entry(name.to_owned()) {
                Entry::Vacant(vacant) => {
                    vacant.insert(desc.class.clone());
                }
                Entry::Occupied(occupied) if *occupied.get() == desc.class => {}
                Entry::Occupied(occupied) => {
                    ambiguous.insert(occupied.key().clone());
                }
            }
        }
    }
    table.retain(|name, _| !ambiguous.contains(name));
    table
}

/// A simple name cut at the last occurrence of its kind's word, unless it starts there.
fn pruned(simple: &str, plugin_type: PluginType) -> &str {
    let word = match plugin_type {
        PluginType::Sink | PluginType::Source => "Connector",
        PluginType::Converter => "Converter",
        PluginType::HeaderConverter => "HeaderConverter",
        PluginType::Transformation => "Transformation",
        PluginType::Predicate => "Predicate",
    };
    match simple.rfind(word) {
        Some(at) if at > 0 => simple.get(..at).unwrap_or(simple),
        _ => simple,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(pruned(simple, plugin_type), expected, "{simple}");
        }
    }
}
