//! Sink tasks: consume from Kafka in batches, put them to the plugin, commit what it says is durable.
//!
//! At least once: an offset is committed only when the plugin has answered for it in `pre-commit`, and never beyond
//! what it was given. One loop owns the consumer and the plugin's instance; while a call into the plugin runs, the
//! consumer is served all the same, so that a slow `put` does not cost the group membership.

mod delivery;
mod group;
mod partitions;
mod start;
mod task;

pub(crate) use start::run;
