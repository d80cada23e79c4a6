//! The host of a component: its imports.

use crate::Interrupt;
use crate::types::{TopicOffset, TopicPartition};
use cofferdam_sdk_bindings_sink::cofferdam::connect::sink_control;
use cofferdam_sdk_bindings_source::cofferdam::connect::{call, log as host_log, metrics, schemas, source_offsets};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

thread_local! {
    /// Definitions that were asked for, by id: the host's answer costs a copy of the text.
    static DEFINITIONS: RefCell<HashMap<u32, Rc<str>>> = RefCell::default();
}

pub(crate) fn log(level: log::Level, message: &str) {
    let level = match level {
        log::Level::Trace => host_log::Level::Trace,
        log::Level::Debug => host_log::Level::Debug,
        log::Level::Info => host_log::Level::Info,
        log::Level::Warn => host_log::Level::Warn,
        log::Level::Error => host_log::Level::Error,
    };
    host_log::write(level, message);
}

pub(crate) fn add(counter: &str, amount: f64) {
    metrics::add(counter, amount);
}

pub(crate) fn set(gauge: &str, value: f64) {
    metrics::set(gauge, value);
}

pub(crate) fn interrupted() -> Option<Interrupt> {
    match call::interrupted() {
        call::Reason::None => None,
        call::Reason::Stop => Some(Interrupt::Stop),
        call::Reason::Pause => Some(Interrupt::Pause),
        call::Reason::Revoke => Some(Interrupt::Revoke),
    }
}

pub(crate) fn intern(definition: &str) -> Result<u32, String> {
    schemas::intern(definition)
}

pub(crate) fn describe(id: u32) -> Rc<str> {
    DEFINITIONS.with_borrow_mut(|known| known.entry(id).or_insert_with(|| schemas::describe(id).into()).clone())
}

pub(crate) fn read_offsets(partitions: &[String]) -> Result<Vec<Option<String>>, String> {
    source_offsets::read(partitions)
}

pub(crate) fn seek(offsets: &[TopicOffset]) -> Result<(), String> {
    sink_control::seek(offsets)
}

pub(crate) fn pause(partitions: &[TopicPartition]) -> Result<(), String> {
    sink_control::pause(partitions)
}

pub(crate) fn resume(partitions: &[TopicPartition]) -> Result<(), String> {
    sink_control::resume(partitions)
}

pub(crate) fn request_commit() {
    sink_control::request_commit();
}
