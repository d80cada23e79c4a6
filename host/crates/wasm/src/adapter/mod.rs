//! The ports of `cofferdam-plugin`, filled by components.

mod class;
mod connector;
mod describe;
mod plugin;
mod sink;
mod source;

pub(crate) use plugin::plugins;
