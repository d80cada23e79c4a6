//! Classes that users name in configurations and that are no plugins which can be listed or asked for their options:
//! config providers, override policies, REST extensions. What they are is built into the worker; here are only their
//! names, which take part in the one table of aliases, as in Kafka Connect.

/// Class, simple name, pruned name.
const CLASSES: [(&str, [&str; 2]); 8] = [
    ("org.apache.kafka.common.config.provider.DirectoryConfigProvider", ["DirectoryConfigProvider", "Directory"]),
    ("org.apache.kafka.common.config.provider.EnvVarConfigProvider", ["EnvVarConfigProvider", "EnvVar"]),
    ("org.apache.kafka.common.config.provider.FileConfigProvider", ["FileConfigProvider", "File"]),
    (
        "org.apache.kafka.connect.connector.policy.AllConnectorClientConfigOverridePolicy",
        ["AllConnectorClientConfigOverridePolicy", "All"],
    ),
    (
        "org.apache.kafka.connect.connector.policy.AllowlistConnectorClientConfigOverridePolicy",
        ["AllowlistConnectorClientConfigOverridePolicy", "Allowlist"],
    ),
    (
        "org.apache.kafka.connect.connector.policy.NoneConnectorClientConfigOverridePolicy",
        ["NoneConnectorClientConfigOverridePolicy", "None"],
    ),
    (
        "org.apache.kafka.connect.connector.policy.PrincipalConnectorClientConfigOverridePolicy",
        ["PrincipalConnectorClientConfigOverridePolicy", "Principal"],
    ),
    (
        "org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension",
        ["BasicAuthSecurityRestExtension", "BasicAuthSecurityRestExtension"],
    ),
];

/// All of them.
pub(super) fn names<'a>() -> impl Iterator<Item = (&'a str, [&'a str; 2])> {
    CLASSES.into_iter()
}

/// Whether this is the full name of one.
pub(super) fn is_class(class: &str) -> bool {
    CLASSES.iter().any(|(name, _)| *name == class)
}
