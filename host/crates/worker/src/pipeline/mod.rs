//! What happens to records between Kafka and a plugin, in both directions: conversion, and what is done about a record
//! that cannot be converted.
//!
//! Everything here works on whole columns; a record is looked at by itself only when it failed.

mod convert;
mod tolerance;

pub(crate) use convert::Converters;
pub(crate) use tolerance::{Stage, Tolerance, ToleranceError};
