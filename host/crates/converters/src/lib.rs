//! Kafka Connect's own converters, natively, under their Java class names.
//!
//! A converter is given a whole column. Those that need not look inside (`StringConverter`, `ByteArrayConverter`) check
//! the block once and change the cells' kinds; the others write into one new block. A cell that cannot be converted is a
//! failure of its own, with the message that Kafka's converter would throw; the rest of the column goes on.
//!
//! Nothing here reads a configuration file, or knows a connector.

mod byte_array;
mod class;
mod json;
mod output;
mod simple_header;
mod string;
mod utf8;

use cofferdam_plugin::{ConverterClass, PluginType};

/// The converter classes that are always there. Three of them convert headers as well as keys and values: those are here
/// once as each, as Kafka Connect lists them.
pub fn builtin() -> Vec<ConverterClass> {
    let of = |plugin_type| [string::class(plugin_type), byte_array::class(plugin_type), json::class(plugin_type)];
    let mut classes = of(PluginType::Converter).to_vec();
    classes.extend(of(PluginType::HeaderConverter));
    classes.push(simple_header::class());
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
        let expected = [
            "converter ByteArrayConverter",
            "converter JsonConverter",
            "converter StringConverter",
            "header_converter ByteArrayConverter",
            "header_converter JsonConverter",
            "header_converter SimpleHeaderConverter",
            "header_converter StringConverter",
        ];
        assert_eq!(listed, expected);
        assert!(simple_header::class().desc().config.keys.is_empty());
    }
}
