//! A well-behaved pair of tasks beside a hostile one: lines flow all the time, and none may be lost.

use crate::rest::Rest;
use crate::server::Server;
use crate::wait::wait_for;
use serde_json::json;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// The topic that the neighbour's lines pass through.
pub const NEIGHBOUR_TOPIC: &str = "neighbour";

/// File to topic to file, fed a line every few milliseconds.
#[derive(Debug)]
pub struct Neighbour {
    stop: Arc<AtomicBool>,
    writer: Option<JoinHandle<usize>>,
    output: PathBuf,
}

impl Neighbour {
    /// Starts both connectors and the flow; returns when the first lines have arrived.
    pub fn start(server: &Server) -> Self {
        let (input, output) = (server.path("data/neighbour.in"), server.path("data/neighbour.out"));
        let mut file = File::create(&input).expect("the neighbour's input");
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let writer = std::thread::spawn(move || {
            let mut lines = 0;
            while !stopped.load(Ordering::Relaxed) {
                writeln!(file, "neighbour {lines}").expect("feeding the neighbour");
                lines += 1;
                std::thread::park_timeout(std::time::Duration::from_millis(2));
            }
            lines
        });
        let rest: &Rest = &server.rest;
        let sink =
            json!({"connector.class": "FileStreamSink", "topics": NEIGHBOUR_TOPIC, "file": "data/neighbour.out"});
        rest.create("neighbour-sink", sink);
        let source =
            json!({"connector.class": "FileStreamSource", "topic": NEIGHBOUR_TOPIC, "file": "data/neighbour.in"});
        rest.create("neighbour-source", source);
        let neighbour = Self { stop, writer: Some(writer), output };
        wait_for("the neighbour's first lines", || if neighbour.arrived().is_empty() { Err(()) } else { Ok(()) });
        neighbour
    }

    fn arrived(&self) -> String {
        std::fs::read_to_string(&self.output).unwrap_or_default()
    }

    /// Ends the flow and insists that every line has arrived, once and in order.
    pub fn lost_nothing(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let lines = self.writer.take().expect("a writer").join().expect("feeding the neighbour");
        let expected: String = (0..lines).map(|line| format!("neighbour {line}\n")).collect();
        wait_for("all of the neighbour's lines", || match self.arrived() {
            arrived if arrived.len() >= expected.len() => Ok(()),
            arrived => Err((arrived.len(), expected.len())),
        });
        assert_eq!(self.arrived(), expected, "the neighbour's lines");
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
