//! What a connector is wanted to do.

use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// What a connector is wanted to do; its tasks follow it. Kafka: `TargetState`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TargetState {
    /// Run.
    #[default]
    Started,
    /// Keep the instances, move no records.
    Paused,
    /// No tasks.
    Stopped,
}

/// A text that is no target state.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{text}` is not one of {allowed}")]
pub struct UnknownTargetState {
    text: String,
    allowed: &'static str,
}

impl TargetState {
    /// As the config topic and REST write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "STARTED",
            Self::Paused => "PAUSED",
            Self::Stopped => "STOPPED",
        }
    }

    /// The `initial_state` of a create request: RUNNING, PAUSED or STOPPED, in any case. Kafka:
    /// `CreateConnectorRequest.InitialState`.
    pub fn from_initial_state(text: &str) -> Result<Self, UnknownTargetState> {
        match text.to_ascii_uppercase().as_str() {
            "RUNNING" => Ok(Self::Started),
            "PAUSED" => Ok(Self::Paused),
            "STOPPED" => Ok(Self::Stopped),
            _ => Err(UnknownTargetState { text: text.to_owned(), allowed: "RUNNING, PAUSED, STOPPED" }),
        }
    }
}

impl fmt::Display for TargetState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TargetState {
    type Err = UnknownTargetState;

    fn from_str(text: &str) -> Result<Self, UnknownTargetState> {
        match text {
            "STARTED" => Ok(Self::Started),
            "PAUSED" => Ok(Self::Paused),
            "STOPPED" => Ok(Self::Stopped),
            _ => Err(UnknownTargetState { text: text.to_owned(), allowed: "STARTED, PAUSED, STOPPED" }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_go_both_ways() {
        for state in [TargetState::Started, TargetState::Paused, TargetState::Stopped] {
            assert_eq!(state.to_string().parse(), Ok(state));
        }
        assert_eq!(TargetState::from_initial_state("running"), Ok(TargetState::Started));
        assert_eq!(
            TargetState::from_initial_state("STARTED").unwrap_err().to_string(),
            "`STARTED` is not one of RUNNING, PAUSED, STOPPED"
        );
    }
}
