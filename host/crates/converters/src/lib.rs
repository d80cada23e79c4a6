//! Kafka Connect's own converters, natively, under their Java class names.
//!
//! A converter is given a whole column. Those that need not look inside (`StringConverter`, `ByteArrayConverter`) check
//! the block once and change the cells' kinds; the others write into one new block. A cell that cannot be converted is a
//! failure of its own, with the message that Kafka's converter would throw; the rest of the column goes on.
//!
//! Nothing here reads a configuration file, or knows a connector.

mod boolean;
mod byte_array;
mod class;
mod json;
mod number;
mod output;
mod simple_header;
mod string;
mod utf8;

use cofferdam_plugin::{ConverterClass, PluginType};
use number::Number;

/// The converter classes that are always there. All but one convert headers as well as keys and values: those are here
/// once as each, as Kafka Connect lists them.
pub fn builtin() -> Vec<ConverterClass> {
    let mut classes = vec![simple_header::class()];
    for plugin_type in [PluginType::Converter, PluginType::HeaderConverter] {
        classes.extend([
            string::class(plugin_type),
            byte_array::class(plugin_type),
            boolean::class(plugin_type),
            json::class(plugin_type),
        ]);
        classes.extend(Number::ALL.map(|number| number::class(number, plugin_type)));
    }
    classes
}

#[cfg(test)]
mod fixtures;

#[cfg(test)]
mod tests {
    use super::*;

    /// As `GET /connector-plugins?connectorsOnly=false` of Kafka 4.3.1 has them.
    #[test]
    fn classes_say_what_kafka_s_say() {
        let mut listed: Vec<String> = builtin()
            .iter()
            .map(|class| {
                let desc = class.desc();
                assert_eq!(desc.version, "4.3.1");
                format!("{} {}", desc.plugin_type.as_str(), desc.simple_name())
            })
            .collect();
        listed.sort();
        let both = ["Boolean", "ByteArray", "Double", "Float", "Integer", "Json", "Long", "Short", "String"];
        let mut expected: Vec<String> = both
            .iter()
            .flat_map(|name| [format!("converter {name}Converter"), format!("header_converter {name}Converter")])
            .collect();
        expected.push("header_converter SimpleHeaderConverter".to_owned());
        expected.sort();
        assert_eq!(listed, expected);
        assert!(simple_header::class().desc().config.keys.is_empty());
    }
}
