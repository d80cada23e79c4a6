//! Which client settings a connector may override.

use crate::validate::{ConfigError, ParsedConfig, invalid};

pub(super) const POLICY: &str = "connector.client.config.override.policy";
pub(super) const ALLOWLIST: &str = "connector.client.config.override.allowlist";

/// What connectors may set with `producer.override.*`, `consumer.override.*` and `admin.override.*`. Kafka:
/// `ConnectorClientConfigOverridePolicy`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OverridePolicy {
    /// Everything.
    #[default]
    All,
    /// Nothing.
    None,
    /// How the connector authenticates: `sasl.jaas.config`, `sasl.mechanism`, `security.protocol`.
    Principal,
    /// These keys.
    Allowlist(Vec<String>),
}

impl OverridePolicy {
    /// Whether a connector may set this key (without `producer.override.` and so on); the error is Kafka's message.
    pub fn check(&self, key: &str) -> Result<(), String> {
        let (name, allowed) = match self {
            Self::All => return Ok(()),
            Self::None => ("None", false),
            Self::Principal => {
                ("Principal", ["sasl.jaas.config", "sasl.mechanism", "security.protocol"].contains(&key))
            }
            Self::Allowlist(keys) => ("Allowlist", keys.iter().any(|allowed| allowed == key)),
        };
        if allowed {
            return Ok(());
        }
        Err(format!("The '{name}' policy does not allow '{key}' to be overridden in the connector configuration."))
    }
}

/// The policy by its alias or class name.
pub(super) fn parse(parsed: &ParsedConfig) -> Result<OverridePolicy, ConfigError> {
    let text = parsed.text(POLICY).unwrap_or_default();
    let simple = text.strip_prefix("org.apache.kafka.connect.connector.policy.").unwrap_or(text);
    match simple.strip_suffix("ConnectorClientConfigOverridePolicy").unwrap_or(simple) {
        "All" => Ok(OverridePolicy::All),
        "None" => Ok(OverridePolicy::None),
        "Principal" => Ok(OverridePolicy::Principal),
        "Allowlist" => Ok(OverridePolicy::Allowlist(parsed.list(ALLOWLIST).to_vec())),
        _ => Err(ConfigError {
            key: POLICY.to_owned(),
            value: Some(text.to_owned()),
            message: invalid(POLICY, text, &format!("Class {text} could not be found.")),
            allowed: "All, None, Principal, Allowlist".to_owned(),
        }),
    }
}
