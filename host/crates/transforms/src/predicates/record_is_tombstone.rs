//! `RecordIsTombstone`: no value.

use crate::class::predicate;
use cofferdam_plugin::PluginDesc;

pub(crate) fn class() -> PluginDesc {
    predicate("RecordIsTombstone", "Holds for records whose value is null.", Vec::new())
}
