//! `schemas`: schema texts by number, shared with the task's converters. The table bounds itself.

use crate::bindings::schemas;
use crate::guest::Guest;

impl schemas::Host for Guest {
    fn intern(&mut self, definition: String) -> wasmtime::Result<Result<u32, String>> {
        Ok(self.schemas.intern(&definition).map_err(|error| error.to_string()))
    }

    fn describe(&mut self, id: u32) -> wasmtime::Result<String> {
        match self.schemas.describe(id) {
            Some(text) => Ok(text.to_string()),
            None => Err(wasmtime::format_err!("schemas.describe: this instance was never given schema {id}")),
        }
    }
}
