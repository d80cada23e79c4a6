//! Rust's view of the WIT packages, one module per version that this worker runs.
//!
//! Only `lower.rs` and `adapter/` look at these types; everything else in the worker speaks `cofferdam-data` and
//! `cofferdam-plugin`.

mod v0_1;

pub(crate) use v0_1::*;
