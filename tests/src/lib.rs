//! The harness of the end-to-end tests: real servers as child processes, real Kafka, real guests.
//!
//! Every test has a directory and a server of its own on a port of its own, so tests run in any order and in parallel.
//! Nothing here waits for time to pass: it waits for a state, with a deadline ([`wait_for`]).

pub mod compat;
mod connect;
pub mod corpus;
mod guests;
mod lines;
mod mounts;
mod neighbour;
mod process;
mod rest;
mod server;
mod stream;
mod wait;

pub use connect::{Jars, KafkaConnect};
pub use guests::{fixture, plugin, python_fixture};
pub use lines::{Verdict, judge, last_line, write_lines};
pub use mounts::Mounts;
pub use neighbour::{NEIGHBOUR_TOPIC, Neighbour};
pub use process::{cpu_seconds, peak_rss_kib, rss_kib};
pub use rest::{Answer, Rest};
pub use server::{Server, ServerBuilder};
pub use stream::{RealKafka, create_topic, delete_topics, records, records_in};
pub use wait::{DEADLINE, wait_for, wait_for_within};

/// Notes that a test cannot run here and why: it is counted as skipped, by name. In CI nothing may be skipped.
pub fn skip(test: &str, why: &str) {
    assert!(std::env::var_os("COFFERDAM_TESTS_NO_SKIP").is_none(), "{test} cannot run here: {why}");
    eprintln!("skipped: {test}: {why}");
    if let Some(file) = std::env::var_os("COFFERDAM_TESTS_SKIPPED") {
        use std::io::Write;
        let mut file =
            std::fs::OpenOptions::new().append(true).create(true).open(file).expect("the list of skipped tests");
        writeln!(file, "{test}: {why}").expect("the list of skipped tests");
    }
}
