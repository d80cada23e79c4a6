//! The recorded corpus: what real Kafka Connect answers, request by request, and how a server is held to it.
//!
//! `tests/rest/corpus/AREA/CASE.json` holds sequences of requests with the answers of Apache Kafka Connect 4.3.1. They are
//! sent to Cofferdam, and to the real thing where Java is; every answer must be the recorded one, but for what
//! [`Normal`] makes equal and for what a step names as a deviation. `./x record-corpus` records anew. Nothing here
//! judges an answer by a rule: what Kafka Connect said is the rule.

mod case;
mod diff;
mod http;
mod layout;
mod normal;
mod play;
mod report;
mod validation;
mod workers;

pub use case::{Case, Here, Mode, Named, Reply, Step, View, load};
pub use diff::{Difference, differences};
pub use http::{Request, Response, exchange};
pub use normal::Normal;
pub use play::{Place, play};
pub use report::{Outcome, Report};
pub use workers::{against_cofferdam, against_kafka_connect, record};
