//! Plugins in words and tables.

use cofferdam_config::{ConfigKey, DefaultValue};
use cofferdam_plugin::{Capability, Catalog, PluginDesc, Scope};
use comfy_table::{ContentArrangement, Table, presets};

/// One line per class, and one per file that cannot be used.
pub fn list(catalog: &Catalog) -> String {
    let mut table = table(["class", "alias", "type", "version", "file"]);
    for plugin in catalog.connectors() {
        let desc = plugin.desc();
        table.add_row([&desc.class, desc.alias(), desc.plugin_type.as_str(), &desc.version, &desc.location]);
    }
    let mut text = table.to_string();
    for unusable in catalog.unusable() {
        text.push_str(&format!("\nnot usable: {}: {}", unusable.path.display(), unusable.reason));
    }
    text
}

/// Everything that a class says about itself.
pub fn plugin(desc: &PluginDesc) -> String {
    let mut text = format!(
        "{} {} ({}, alias {})\n{}\n\nAsks for:\n",
        desc.class,
        desc.version,
        desc.plugin_type.as_str(),
        desc.alias(),
        desc.documentation,
    );
    if desc.capabilities.is_empty() {
        text.push_str("  nothing beyond clock, random numbers and log\n");
    }
    for capability in &desc.capabilities {
        text.push_str(&format!("  {}\n", asks(capability)));
    }
    let mut options = table(["option", "type", "default", "importance", "meaning"]);
    for key in &desc.config.keys {
        options.add_row(option(key));
    }
    text.push_str(&format!("\n{options}"));
    text
}

fn asks(capability: &Capability) -> String {
    let scope = match &capability.scope {
        Scope::Literal(target) => target.clone(),
        Scope::FromConfig(key) => format!("what option {key} names"),
        Scope::Template(template) => template.clone(),
    };
    format!("{} {scope}: {}", capability.access.as_str(), capability.purpose)
}

fn option(key: &ConfigKey) -> [String; 5] {
    let default = match &key.default {
        DefaultValue::Required => "(required)".to_owned(),
        DefaultValue::Null => "null".to_owned(),
        DefaultValue::Value(value) => value.clone(),
    };
    [
        key.name.clone(),
        format!("{:?}", key.config_type).to_uppercase(),
        default,
        format!("{:?}", key.importance).to_uppercase(),
        key.documentation.clone(),
    ]
}

fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_header(header);
    table
}
