//! What a connector is wanted to do.

use std::fmt;
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
#[error("`{text}` is not one of RUNNING, PAUSED, STOPPED")]
pub struct UnknownTargetState {
    text: String,
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
            _ => Err(UnknownTargetState { text: text.to_owned() }),
        }
    }
}

impl fmt::Display for TargetState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initial_states_have_names_of_their_own() {
        assert_eq!(TargetState::from_initial_state("running"), Ok(TargetState::Started));
        assert_eq!(
            TargetState::from_initial_state("STARTED").unwrap_err().to_string(),
            "`STARTED` is not one of RUNNING, PAUSED, STOPPED"
        );
    }
}
