//! `source-offsets`: stored offsets of the instance's own connector, and of no other.

use super::sink_control::MAX_ENTRIES;
use crate::bindings::source_offsets;
use crate::guest::Guest;

impl source_offsets::Host for Guest {
    async fn read(&mut self, partitions: Vec<String>) -> wasmtime::Result<Result<Vec<Option<String>>, String>> {
        if partitions.len() > MAX_ENTRIES {
            let asked = partitions.len();
            return Ok(Err(format!(
                "asked for the offsets of {asked} source partitions; at most {MAX_ENTRIES} at once"
            )));
        }
        let Some(reader) = self.offsets.clone() else {
            return Ok(Err("this instance has no stored offsets to read".to_owned()));
        };
        Ok(reader.read(&partitions).await)
    }
}
