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

use cofferdam_plugin::ConverterClass;

/// The converter classes that are always there.
pub fn builtin() -> Vec<ConverterClass> {
    vec![string::class(), byte_array::class(), json::class(), simple_header::class()]
}

#[cfg(test)]
mod fixtures;
