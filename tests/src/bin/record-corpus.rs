//! `record-corpus`: writes Kafka Connect's answers into the corpus. `./x record-corpus` starts the broker and calls it.

use anyhow::{Context, Result};
use cofferdam_tests::{Jars, RealKafka, corpus};

fn main() -> Result<()> {
    let bootstrap = RealKafka::bootstrap("record-corpus").context("no broker: call ./x record-corpus")?;
    let jars = Jars::find("record-corpus").context("no jars: call ./x record-corpus")?;
    let changed = corpus::record(&bootstrap, &jars, corpus::load()?)?;
    println!("{changed} from what was recorded before");
    Ok(())
}
