//! What a connector may reach, as it is told: where a placeholder names it, by the placeholder.

use cofferdam_config::ResolvedConfig;
use cofferdam_plugin::{ConfigMap, ConnectorPlugin, Grant};
use std::collections::BTreeSet;

/// The grants that a running connector with this configuration has. A target that is not granted without the values of
/// placeholders is told as the text of the key that brings it, whatever form the value takes in it.
pub(crate) fn shown(plugin: &dyn ConnectorPlugin, raw: &ConfigMap, resolved: &ResolvedConfig) -> Vec<Grant> {
    let changed = &resolved.changed;
    let mut written = resolved.config.clone();
    written.retain(|key, _| !changed.contains(key));
    let plain = plugin.grants(&written);
    let by_key: Vec<(&str, Vec<Grant>)> = changed
        .iter()
        .filter_map(|key| {
            let mut with = written.clone();
            with.insert(key.clone(), resolved.config.get(key)?.clone());
            Some((raw.get(key)?.as_str(), plugin.grants(&with)))
        })
        .collect();
    let target = |grant: &Grant| match by_key.iter().find(|(_, grants)| grants.contains(grant)) {
        Some((text, _)) => (*text).to_owned(),
        // It takes several of them.
        None => by_key.iter().map(|(text, _)| *text).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" "),
    };
    let tell = |grant: Grant| if plain.contains(&grant) { grant } else { Grant { target: target(&grant), ..grant } };
    plugin.grants(&resolved.config).into_iter().map(tell).collect()
}
