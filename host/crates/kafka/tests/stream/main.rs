//! How the clients behave against a broker: the embedded stream, or the Kafka that `COFFERDAM_TEST_BOOTSTRAP` names.

mod consuming;
mod harness;
mod positions;
mod producing;
mod rebalancing;
