//! The host of a native build: what it is told is kept, what it is asked is looked up.
//!
//! Each thread has one, so tests that run side by side do not see each other. A harness puts its own in place for the
//! length of a call.

use crate::Interrupt;
use crate::position::canonical;
use crate::types::{TopicOffset, TopicPartition};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What a sink asked of its consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SinkRequest {
    /// Read on from these offsets.
    Seek(Vec<TopicOffset>),
    /// Read these partitions no further.
    Pause(Vec<TopicPartition>),
    /// Read these partitions again.
    Resume(Vec<TopicPartition>),
    /// Commit soon.
    Commit,
}

/// What a host knows.
#[derive(Debug, Default)]
pub(crate) struct NativeHost {
    pub(crate) logs: Vec<(log::Level, String)>,
    pub(crate) counters: BTreeMap<String, f64>,
    pub(crate) gauges: BTreeMap<String, f64>,
    pub(crate) interrupt: Option<Interrupt>,
    /// Stored offsets, by source partition in canonical form.
    pub(crate) offsets: BTreeMap<String, String>,
    pub(crate) offsets_fail: Option<String>,
    pub(crate) requests: Vec<SinkRequest>,
    pub(crate) assigned: Vec<TopicPartition>,
}

thread_local! {
    static CURRENT: RefCell<Rc<RefCell<NativeHost>>> = RefCell::default();
    // Of the thread rather than of a host: a schema may be interned before a harness is made.
    static SCHEMAS: RefCell<Vec<Rc<str>>> = RefCell::default();
}

/// Puts a host in place for the length of a call.
pub(crate) fn within<T>(host: &Rc<RefCell<NativeHost>>, call: impl FnOnce() -> T) -> T {
    struct Restore(Option<Rc<RefCell<NativeHost>>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            if let Some(previous) = self.0.take() {
                CURRENT.set(previous);
            }
        }
    }
    let _restore = Restore(Some(CURRENT.replace(host.clone())));
    call()
}

fn host<T>(use_it: impl FnOnce(&mut NativeHost) -> T) -> T {
    CURRENT.with_borrow(|host| use_it(&mut host.borrow_mut()))
}

pub(crate) fn log(level: log::Level, message: &str) {
    host(|host| host.logs.push((level, message.to_owned())));
}

pub(crate) fn add(counter: &str, amount: f64) {
    host(|host| *host.counters.entry(counter.to_owned()).or_default() += amount);
}

pub(crate) fn set(gauge: &str, value: f64) {
    host(|host| host.gauges.insert(gauge.to_owned(), value));
}

pub(crate) fn interrupted() -> Option<Interrupt> {
    host(|host| host.interrupt)
}

pub(crate) fn intern(definition: &str) -> Result<u32, String> {
    match serde_json::from_str::<serde_json::Value>(definition) {
        Ok(schema) if schema.get("type").is_some_and(serde_json::Value::is_string) => {}
        Ok(_) => return Err(format!("a schema is a JSON object with a `type`, not {definition}")),
        Err(error) => return Err(format!("{definition} is not JSON: {error}")),
    }
    SCHEMAS.with_borrow_mut(|schemas| {
        let index = schemas.iter().position(|known| **known == *definition).unwrap_or_else(|| {
            schemas.push(definition.into());
            schemas.len() - 1
        });
        u32::try_from(index + 1).map_err(|error| error.to_string())
    })
}

pub(crate) fn describe(id: u32) -> Rc<str> {
    let index = (id as usize).wrapping_sub(1);
    SCHEMAS.with_borrow(|schemas| schemas.get(index).cloned()).unwrap_or_else(|| "{}".into())
}

pub(crate) fn read_offsets(partitions: &[String]) -> Result<Vec<Option<String>>, String> {
    host(|host| match &host.offsets_fail {
        Some(error) => Err(error.clone()),
        None => partitions
            .iter()
            .map(|partition| match canonical(partition) {
                Ok(key) => Ok(host.offsets.get(&key).cloned()),
                Err(error) => Err(error.to_string()),
            })
            .collect(),
    })
}

pub(crate) fn seek(offsets: &[TopicOffset]) -> Result<(), String> {
    let partitions = offsets.iter().map(|at| TopicPartition { topic: at.topic.clone(), partition: at.partition });
    request(&partitions.collect::<Vec<_>>(), SinkRequest::Seek(offsets.to_vec()))
}

pub(crate) fn pause(partitions: &[TopicPartition]) -> Result<(), String> {
    request(partitions, SinkRequest::Pause(partitions.to_vec()))
}

pub(crate) fn resume(partitions: &[TopicPartition]) -> Result<(), String> {
    request(partitions, SinkRequest::Resume(partitions.to_vec()))
}

pub(crate) fn request_commit() {
    host(|host| host.requests.push(SinkRequest::Commit));
}

fn request(partitions: &[TopicPartition], request: SinkRequest) -> Result<(), String> {
    host(|host| match partitions.iter().find(|partition| !host.assigned.contains(partition)) {
        Some(TopicPartition { topic, partition }) => Err(format!("{topic}-{partition} is not assigned to this task")),
        None => {
            host.requests.push(request);
            Ok(())
        }
    })
}
