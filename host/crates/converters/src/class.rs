//! What all built-in converter classes say about themselves.

use cofferdam_config::{ConfigDef, ConfigKey, ConfigType, DefaultValue, Importance, ParsedConfig, Validator};
use cofferdam_plugin::{ConfigMap, Converter, ConverterClass, ConverterFactory, PluginDesc, PluginType};
use std::sync::Arc;

/// Makes a converter from its parsed configuration.
type Make = fn(&ParsedConfig) -> Result<Box<dyn Converter>, String>;

struct Builtin {
    desc: PluginDesc,
    make: Make,
}

impl ConverterFactory for Builtin {
    fn desc(&self) -> &PluginDesc {
        &self.desc
    }

    fn create(&self, config: &ConfigMap) -> Result<Box<dyn Converter>, String> {
        let parsed = self.desc.config.parse(config).map_err(|error| error.to_string())?;
        (self.make)(&parsed)
    }
}

/// The version of Kafka whose converters these are: tools compare it, and `plugin.version` names it.
const VERSION: &str = "4.3.1";

/// A class with these options.
pub(crate) fn class(
    name: &str,
    plugin_type: PluginType,
    documentation: &str,
    options: Vec<ConfigKey>,
    make: Make,
) -> ConverterClass {
    let config = options.into_iter().fold(ConfigDef::new(), ConfigDef::define);
    let desc = PluginDesc {
        class: name.to_owned(),
        task_class: String::new(),
        plugin_type,
        version: VERSION.to_owned(),
        documentation: documentation.to_owned(),
        config,
        capabilities: Vec::new(),
        location: "classpath".to_owned(),
        wants_acknowledgements: false,
    };
    Arc::new(Builtin { desc, make })
}

/// What every converter that is one of values is told by the worker.
pub(crate) fn converter_type() -> ConfigKey {
    let key = ConfigKey::new(
        "converter.type",
        ConfigType::String,
        DefaultValue::Required,
        Importance::Low,
        "Whether keys, values or headers are converted; set by the worker.",
    );
    key.validator(Validator::OneOf(["key", "value", "header"].map(str::to_owned).to_vec()))
}

/// The Java class of a cell's value, as Kafka's messages name it.
pub(crate) fn java_class(kind: u8, bytes: &[u8]) -> &'static str {
    use cofferdam_data::kind;
    match kind {
        kind::BYTES => "class [B",
        kind::STRING => "class java.lang.String",
        kind::BOOLEAN => "class java.lang.Boolean",
        kind::INTEGER => "class java.lang.Long",
        kind::FLOAT => "class java.lang.Double",
        kind::JSON if bytes.trim_ascii_start().starts_with(b"[") => "class java.util.ArrayList",
        kind::JSON => "class java.util.HashMap",
        _ => "null",
    }
}
