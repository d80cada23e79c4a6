//! Kafka Connect's REST interface, and what only Cofferdam knows below `/cofferdam`.
//!
//! One file per resource; each handler takes a request apart, makes one call to the herder, and maps the answer. The
//! wire types are in `entity`, the one map from errors to statuses and messages is in `error`. Before a route is chosen,
//! `transport` brings paths into their plain form and turns what goes wrong outside of handlers into the same envelope.
//! Around all of it, if the worker is configured so, `auth` asks for a user.
//!
//! From the socket inwards: `listeners` binds and `tls` reads keys, `server` serves with `idle` watching connections,
//! `head` refuses heads that are too large, `answer_headers` adds what the configuration says to answers, then `transport`,
//! routes, and per resource `content` for media types.
//!
//! Where Kafka Connect answers by accident (500 for a client's mistake, 405 without `Allow`), the sensible answer is
//! given instead; `host/docs/deviations.md` lists each.

mod answer_headers;
mod auth;
mod cofferdam;
mod connector_plugins;
mod connectors;
mod content;
mod entity;
mod error;
mod expanded;
mod extract;
mod head;
mod health;
mod idle;
mod internal;
mod json;
mod listeners;
mod location;
mod loggers;
mod media;
mod offsets;
mod openapi;
mod root;
mod router;
mod server;
mod tasks;
mod tls;
mod topics;
mod transport;

pub use auth::{Auth, AuthError};
pub use listeners::{AdvertisedUrl, ListenError, Listeners};
pub use router::{admin_router, router};
pub use server::{DRAIN_TIMEOUT, serve};
pub use tls::{TlsCause, TlsError};
