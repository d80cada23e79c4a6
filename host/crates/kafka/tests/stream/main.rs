//! How the clients behave against a broker: the embedded stream, or the Kafka that `COFFERDAM_TEST_BOOTSTRAP` names.

#[cfg(test)]
mod consuming;
#[cfg(test)]
mod group_offsets;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod positions;
#[cfg(test)]
mod producing;
#[cfg(test)]
mod rebalancing;
