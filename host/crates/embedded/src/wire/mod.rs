//! Bytes on the connection: what a request must look like, and what a reply is made of.

mod reply;
mod shape;

pub(crate) use reply::{Part, Reply, SendError};
pub(crate) use shape::{APIS, Malformed, check, check_header};
