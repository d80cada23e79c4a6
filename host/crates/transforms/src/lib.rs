//! Kafka Connect's own transformations and predicates, under their Java class names: which there are, and how each is
//! configured. One file per class; the two classes of one file that end in `$Key` and `$Value` have the same options.
//!
//! Only what Kafka's own definitions check is checked here, with its messages. What a class finds wrong with several
//! options together shows when it is made, not before.

mod cast;
mod class;
mod drop_headers;
mod extract_field;
mod filter;
mod flatten;
mod header_from;
mod hoist_field;
mod insert_field;
mod insert_header;
mod mask_field;
mod predicates;
mod regex_router;
mod replace_field;
mod set_schema_metadata;
mod timestamp_converter;
mod timestamp_router;
mod value_to_key;

use cofferdam_plugin::PluginDesc;

/// The transformation and predicate classes that are always there.
pub fn builtin() -> Vec<PluginDesc> {
    let key_and_value = [
        cast::classes(),
        extract_field::classes(),
        flatten::classes(),
        header_from::classes(),
        hoist_field::classes(),
        insert_field::classes(),
        mask_field::classes(),
        replace_field::classes(),
        set_schema_metadata::classes(),
        timestamp_converter::classes(),
    ];
    let mut classes: Vec<PluginDesc> = key_and_value.into_iter().flatten().collect();
    classes.extend([
        drop_headers::class(),
        filter::class(),
        insert_header::class(),
        regex_router::class(),
        timestamp_router::class(),
        value_to_key::class(),
    ]);
    classes.extend(predicates::classes());
    classes
}
