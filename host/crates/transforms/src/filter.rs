//! `Filter`: drops records; of use with a predicate.

use crate::class::transformation;
use cofferdam_plugin::PluginDesc;

pub(crate) fn class() -> PluginDesc {
    transformation("Filter", "Drops every record for which its predicate holds.", Vec::new())
}
