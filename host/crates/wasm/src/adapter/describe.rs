//! A component's description of itself, checked and put into the worker's words.

use crate::bindings::plugin;
use crate::sandbox::World;
use cofferdam_config::{ConfigDef, ConfigKey, ConfigType, DefaultValue, Importance, Validator, Width};
use cofferdam_plugin::{Access, Capability, PluginDesc, PluginType, Scope};
use std::collections::{HashMap, HashSet};
use thiserror::Error;

/// How a description breaks the rules of `plugin.description`.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum DescribeError {
    #[error("describe names no class")]
    NoClass,
    #[error("describe names class {class} twice")]
    Twice { class: String },
    #[error("`{class}` is not a dotted class name like org.example.FileSourceConnector")]
    ClassName { class: String },
    #[error("class {class} describes more than it may: {what}")]
    TooMuch { class: String, what: &'static str },
    #[error("class {class} is a {kind}, but the component is of the world `{world}`")]
    Kind { class: String, kind: &'static str, world: &'static str },
    #[error("class {class} describes configuration key `{key}` twice")]
    KeyTwice { class: String, key: String },
    #[error("class {class} describes a configuration key without a name")]
    KeyName { class: String },
    #[error("class {class}: configuration key `{key}` is required and has a default")]
    RequiredDefault { class: String, key: String },
    #[error("class {class}: the target of capability {access} comes from key `{key}`, which it does not describe")]
    UnknownScope { class: String, access: &'static str, key: String },
}

/// A class and what the sandbox alone needs to know of it.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    pub(crate) desc: PluginDesc,
    /// Linear memory that an instance needs, bytes.
    pub(crate) memory_needed: Option<u64>,
    /// Cell kinds that it can be given; empty: all.
    pub(crate) reads: Vec<u8>,
}

/// The classes of a component of `world` at `location`.
pub(crate) fn classes(
    descriptions: Vec<plugin::Description>,
    world: World,
    location: &str,
) -> Result<Vec<Described>, DescribeError> {
    if descriptions.is_empty() {
        return Err(DescribeError::NoClass);
    }
    let mut seen = HashSet::new();
    let mut described = Vec::with_capacity(descriptions.len());
    for description in descriptions {
        if !seen.insert(description.class.clone()) {
            return Err(DescribeError::Twice { class: description.class });
        }
        described.push(class(description, world, location)?);
    }
    Ok(described)
}

fn class(description: plugin::Description, world: World, location: &str) -> Result<Described, DescribeError> {
    bounded(&description)?;
    let class = dotted(description.class)?;
    let plugin_type = plugin_type(&class, description.kind, world)?;
    let task_class = match description.task_class {
        Some(task_class) => dotted(task_class)?,
        None => format!("{}Task", class.strip_suffix("Connector").unwrap_or(&class)),
    };
    let config = config_def(&class, description.config)?;
    let capabilities = description.capabilities.into_iter().map(capability).collect::<Vec<_>>();
    for Capability { access, scope, .. } in &capabilities {
        if let Scope::FromConfig(key) = scope
            && !config.keys.iter().any(|known| known.name == *key)
        {
            return Err(DescribeError::UnknownScope { class, access: access.as_str(), key: key.clone() });
        }
    }
    let version = if description.version.is_empty() { "undefined".to_owned() } else { description.version };
    Ok(Described {
        desc: PluginDesc {
            class,
            task_class,
            plugin_type,
            version,
            documentation: description.documentation,
            config,
            capabilities,
            location: location.to_owned(),
            wants_acknowledgements: description.wants_acknowledgements,
        },
        memory_needed: description.memory_needed,
        reads: description.reads,
    })
}

/// Descriptions are kept, listed and logged: they have bounds.
fn bounded(description: &plugin::Description) -> Result<(), DescribeError> {
    let excesses = [
        (description.version.len() > 64, "a version of more than 64 bytes"),
        (description.documentation.len() > 64 << 10, "documentation of more than 64 KiB"),
        (description.config.len() > 1_000, "more than 1,000 configuration keys"),
        (description.config.iter().any(|key| key.name.len() > 255), "a configuration key of more than 255 bytes"),
        (description.capabilities.len() > 100, "more than 100 capabilities"),
    ];
    match excesses.into_iter().find(|(exceeded, _)| *exceeded) {
        None => Ok(()),
        Some((_, what)) => Err(DescribeError::TooMuch { class: description.class.chars().take(255).collect(), what }),
    }
}

/// At most 255 bytes. Segments of letters, digits, `_` and `$` with dots between: what Kafka Connect's tools take for a class.
fn dotted(class: String) -> Result<String, DescribeError> {
    let segment = |segment: &str| {
        !segment.is_empty()
            && !segment.starts_with(|first: char| first.is_ascii_digit())
            && segment.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
    };
    let sound = class.len() <= 255 && class.contains('.') && class.split('.').all(segment);
    if sound { Ok(class) } else { Err(DescribeError::ClassName { class: class.chars().take(255).collect() }) }
}

fn plugin_type(class: &str, kind: plugin::Kind, world: World) -> Result<PluginType, DescribeError> {
    let (name, fits) = match kind {
        plugin::Kind::Source => ("source", world == World::Source),
        plugin::Kind::Sink => ("sink", world == World::Sink),
        plugin::Kind::Transformation => ("transformation", false),
        plugin::Kind::Predicate => ("predicate", false),
        plugin::Kind::Converter => ("converter", false),
        plugin::Kind::HeaderConverter => ("header converter", false),
    };
    if !fits {
        return Err(DescribeError::Kind { class: class.to_owned(), kind: name, world: world.as_str() });
    }
    Ok(match world {
        World::Source => PluginType::Source,
        World::Sink => PluginType::Sink,
    })
}

fn config_def(class: &str, keys: Vec<plugin::ConfigKey>) -> Result<ConfigDef, DescribeError> {
    let mut orders: HashMap<String, i32> = HashMap::new();
    let mut seen = HashSet::new();
    let mut def = ConfigDef { keys: Vec::with_capacity(keys.len()) };
    for key in keys {
        let class = || class.to_owned();
        if key.name.is_empty() {
            return Err(DescribeError::KeyName { class: class() });
        }
        if !seen.insert(key.name.clone()) {
            return Err(DescribeError::KeyTwice { class: class(), key: key.name });
        }
        if key.required && key.default.is_some() {
            return Err(DescribeError::RequiredDefault { class: class(), key: key.name });
        }
        let order = key.group.as_ref().map_or(-1, |group| {
            let order = orders.entry(group.clone()).or_insert(0);
            *order += 1;
            *order
        });
        def.keys.push(config_key(key, order));
    }
    Ok(def)
}

fn config_key(key: plugin::ConfigKey, order_in_group: i32) -> ConfigKey {
    ConfigKey {
        display_name: key.display_name.unwrap_or_else(|| key.name.clone()),
        config_type: config_type(key.value_type),
        default: match key.default {
            _ if key.required => DefaultValue::Required,
            Some(default) => DefaultValue::Value(default),
            None => DefaultValue::Null,
        },
        validator: if key.allowed.is_empty() { Validator::None } else { Validator::OneOf(key.allowed) },
        importance: match key.importance {
            plugin::Importance::High => Importance::High,
            plugin::Importance::Medium => Importance::Medium,
            plugin::Importance::Low => Importance::Low,
        },
        documentation: key.documentation,
        group: key.group,
        order_in_group,
        width: match key.width {
            plugin::Width::None => Width::None,
            plugin::Width::Short => Width::Short,
            plugin::Width::Medium => Width::Medium,
            plugin::Width::Long => Width::Long,
        },
        dependents: key.dependents,
        name: key.name,
    }
}

fn config_type(value_type: plugin::ValueType) -> ConfigType {
    match value_type {
        plugin::ValueType::Boolean => ConfigType::Boolean,
        plugin::ValueType::Text => ConfigType::String,
        plugin::ValueType::Int => ConfigType::Int,
        plugin::ValueType::Short => ConfigType::Short,
        plugin::ValueType::Long => ConfigType::Long,
        plugin::ValueType::Double => ConfigType::Double,
        plugin::ValueType::List => ConfigType::List,
        plugin::ValueType::Class => ConfigType::Class,
        plugin::ValueType::Password => ConfigType::Password,
    }
}

fn capability(plugin::Capability { access, scope, purpose }: plugin::Capability) -> Capability {
    let access = match access {
        plugin::Access::ReadFile => Access::ReadFile,
        plugin::Access::WriteFile => Access::WriteFile,
        plugin::Access::ReadDirectory => Access::ReadDirectory,
        plugin::Access::WriteDirectory => Access::WriteDirectory,
        plugin::Access::Connect => Access::Connect,
        plugin::Access::Http => Access::Http,
        plugin::Access::Environment => Access::Environment,
    };
    let scope = match scope {
        plugin::Scope::Literal(target) => Scope::Literal(target),
        plugin::Scope::FromConfig(key) => Scope::FromConfig(key),
        plugin::Scope::Template(template) => Scope::Template(template),
    };
    Capability { access, scope, purpose }
}

#[cfg(test)]
mod tests;
