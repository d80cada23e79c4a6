//! Predicates: what transformations can be made to depend on.

mod has_header_key;
mod record_is_tombstone;
mod topic_name_matches;

use cofferdam_plugin::PluginDesc;

pub(crate) fn classes() -> [PluginDesc; 3] {
    [has_header_key::class(), record_is_tombstone::class(), topic_name_matches::class()]
}
