//! The two kinds, and what a class name means to each of them.

use cofferdam_config::{ConfigDef, ConfigKey, ConfigType, DefaultValue, Importance};
use cofferdam_plugin::{Catalog, PluginDesc, PluginType, VersionRange, VersionSyntaxError};

/// One of the two kinds.
pub(super) struct Kind {
    /// The key that lists aliases, and what their keys begin with.
    pub(super) list: &'static str,
    pub(super) plugin_type: PluginType,
    /// What its group is called.
    pub(super) group: &'static str,
    /// The Java interface, by its simple name and within its package.
    pub(super) interface: &'static str,
    package: &'static str,
}

pub(super) const KINDS: [Kind; 2] = [
    Kind {
        list: "transforms",
        plugin_type: PluginType::Transformation,
        group: "Transforms",
        interface: "Transformation",
        package: "org.apache.kafka.connect.transforms",
    },
    Kind {
        list: "predicates",
        plugin_type: PluginType::Predicate,
        group: "Predicates",
        interface: "Predicate",
        package: "org.apache.kafka.connect.transforms.predicates",
    },
];

/// What a class name means.
pub(super) enum Class {
    /// A class of the kind, that can be used.
    Usable(PluginDesc),
    /// A class of the kind with these concrete ones within.
    Abstract { class: String, within: Vec<String> },
    /// A class or an interface of another kind, as Java writes it.
    Other { class: String, what: &'static str },
}

/// What is wrong with a version requirement, if the class is known.
pub(super) fn version_error(
    range: Option<&Result<VersionRange, VersionSyntaxError>>,
    class: Option<&PluginDesc>,
) -> Option<String> {
    match range? {
        Err(error) => Some(error.to_string()),
        Ok(range) => {
            let desc = class.filter(|desc| !range.contains(&desc.version))?;
            Some(range.no_match(&desc.class, std::slice::from_ref(&desc.version)))
        }
    }
}

impl Kind {
    /// What a name, exactly as it is written, means.
    pub(super) fn class(&self, catalog: &Catalog, name: &str) -> Option<Class> {
        if let Ok(found) = catalog.plugin(name) {
            let desc = found.desc();
            return Some(if desc.plugin_type == self.plugin_type {
                Class::Usable(desc.clone())
            } else {
                Class::Other { class: desc.class.clone(), what: "class" }
            });
        }
        if let Some(of) = KINDS.iter().find(|kind| name == format!("{}.{}", kind.package, kind.interface)) {
            let class = name.to_owned();
            return Some(if of.plugin_type == self.plugin_type {
                Class::Abstract { class, within: Vec::new() }
            } else {
                Class::Other { class, what: "interface" }
            });
        }
        let within: Vec<_> = catalog
            .chain()
            .into_iter()
            .filter(|desc| desc.class.strip_prefix(name).is_some_and(|rest| rest.starts_with('$')))
            .collect();
        let class = name.to_owned();
        Some(if within.first()?.plugin_type == self.plugin_type {
            Class::Abstract { class, within: within.iter().map(|desc| desc.class.clone()).collect() }
        } else {
            Class::Other { class, what: "class" }
        })
    }

    /// The first thing that is wrong with a class that exists.
    pub(super) fn class_error(
        &self,
        class: &Class,
        range: Option<&Result<VersionRange, VersionSyntaxError>>,
    ) -> Option<String> {
        if let Some(Err(error)) = range {
            return Some(error.to_string());
        }
        match class {
            Class::Usable(desc) => version_error(range, Some(desc)),
            Class::Other { class, what } => {
                Some(format!("Class {what} {class} does not implement the {} interface", self.interface))
            }
            Class::Abstract { within, .. } => {
                let text = "This class is abstract and cannot be created.";
                Some(if within.is_empty() {
                    text.to_owned()
                } else {
                    format!("{text} Did you mean {}?", within.join(", "))
                })
            }
        }
    }

    /// The options of a class, and those that every transformation has, which mask its own of the same name.
    pub(super) fn options(&self, desc: &PluginDesc) -> ConfigDef {
        if self.plugin_type != PluginType::Transformation {
            return desc.config.clone();
        }
        let predicate = ConfigKey::new(
            "predicate",
            ConfigType::String,
            DefaultValue::Null,
            Importance::Medium,
            "Alias of the predicate on which it depends whether a record is transformed.",
        );
        let negate = ConfigKey::new(
            "negate",
            ConfigType::Boolean,
            DefaultValue::text("false"),
            Importance::Medium,
            "Whether records are transformed for which the predicate does not hold.",
        );
        desc.config.clone().define(predicate).define(negate)
    }
}

impl Class {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Usable(desc) => &desc.class,
            Self::Abstract { class, .. } | Self::Other { class, .. } => class,
        }
    }
}
