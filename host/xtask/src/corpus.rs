//! `./x record-corpus`: the answers of real Kafka Connect, written into `tests/rest/corpus`.

use crate::cargo;
use crate::kafka::Kafka;
use crate::layout::Layout;
use anyhow::{Context, Result};

/// Starts a broker and records. `COFFERDAM_CORPUS=AREA/CASE` in the environment records what begins so.
pub fn record(layout: &Layout) -> Result<()> {
    let kafka =
        Kafka::if_possible(layout)?.context("recording needs Java 17 and Maven: ./x doctor says how to get them")?;
    let mut command = cargo::command(layout);
    command.args(["run", "--quiet", "--package", "cofferdam-tests", "--bin", "record-corpus"]);
    kafka.tell(&mut command);
    cargo::shown(&mut command)
}
