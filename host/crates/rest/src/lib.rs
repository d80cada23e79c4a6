//! Kafka Connect's REST interface, and what only Cofferdam knows below `/cofferdam`.
//!
//! One file per resource; each handler takes a request apart, makes one call to the herder, and maps the answer. The
//! wire types are in `entity`, the one map from errors to statuses and messages is in `error`. Before a route is chosen,
//! `transport` brings paths into their plain form and turns what goes wrong outside of handlers into the same envelope.
//! Around all of it, if the worker is configured so, `auth` asks for a user.
//!
//! Where Kafka Connect answers by accident (500 for a client's mistake, 405 without `Allow`), the sensible answer is
//! given instead; `host/docs/deviations.md` lists each.

mod auth;
mod cofferdam;
mod connector_plugins;
mod connectors;
mod content;
mod entity;
mod error;
mod expanded;
mod extract;
mod health;
mod json;
mod location;
mod loggers;
mod offsets;
mod openapi;
mod root;
mod router;
mod server;
mod tasks;
mod topics;
mod transport;

pub use auth::{Auth, AuthError};
pub use router::router;
pub use server::{DRAIN_TIMEOUT, serve};
