//! Who may use REST.

use crate::def::{ConfigDef, ConfigKey, ConfigType, DefaultValue, Importance};
use crate::sandbox::absolute;
use crate::validate::{ConfigError, ParsedConfig, invalid};
use std::path::{Path, PathBuf};

/// Classes that come before each request. Kafka's key.
pub(super) const EXTENSIONS: &str = "rest.extension.classes";
/// Where Kafka's extension has its login configuration from. Kafka: `-Djava.security.auth.login.config`.
pub const REST_JAAS: &str = "rest.auth.jaas.config";
/// Our own file of users.
pub const REST_PASSWORDS: &str = "rest.auth.password.file";
/// The one extension that there is, and what its package is.
const PACKAGE: &str = "org.apache.kafka.connect.rest.basic.auth.extension.";
const BASIC_AUTH: &str = "BasicAuthSecurityRestExtension";

/// Who may use REST.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RestAuth {
    /// Everybody who reaches it.
    #[default]
    Everybody,
    /// Users as Kafka's `BasicAuthSecurityRestExtension` knows them: the login configuration says where they are. `None`:
    /// as `KAFKA_OPTS` has it.
    Extension(Option<LoginConfig>),
    /// Users of a file of password hashes, absolute.
    PasswordFile(PathBuf),
}

/// A JAAS login configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginConfig {
    /// A file of it.
    File(PathBuf),
    /// Itself.
    Text(String),
}

/// The keys.
pub(super) fn def(def: ConfigDef) -> ConfigDef {
    use ConfigType::{List, String as Text};
    use DefaultValue::Null;
    def.define(ConfigKey::new(
        EXTENSIONS,
        List,
        DefaultValue::text(""),
        Importance::Low,
        "BasicAuthSecurityRestExtension: requests need user and password (HTTP Basic). Nothing: they do not.",
    ))
    .define(ConfigKey::new(
        REST_JAAS,
        Text,
        Null,
        Importance::Low,
        "JAAS login configuration of BasicAuthSecurityRestExtension, with an entry KafkaConnect: a file, or the text \
         itself. If not set, the file that -Djava.security.auth.login.config in the environment's KAFKA_OPTS names.",
    ))
    .define(ConfigKey::new(
        REST_PASSWORDS,
        Text,
        Null,
        Importance::Low,
        "File of lines USER:HASH or USER:HASH:ROLE; requests need user and password of one of them (HTTP Basic). HASH: \
         bcrypt (as htpasswd -B makes it) or Argon2. ROLE: admin, or read for GET, HEAD and OPTIONS only.",
    ))
}

/// Reads the keys. What would look as if requests were checked and they are not, is refused.
pub(super) fn parse(parsed: &ParsedConfig, working_dir: &Path) -> Result<RestAuth, ConfigError> {
    let extension = extension(parsed)?;
    let jaas = parsed.filled_text(REST_JAAS);
    let passwords = parsed.filled_text(REST_PASSWORDS);
    let refuse = |key: &str, value: &str, tail: &str, allowed: &str| {
        let message = invalid(key, value, tail);
        Err(ConfigError { key: key.to_owned(), value: Some(value.to_owned()), message, allowed: allowed.to_owned() })
    };
    match (extension, jaas, passwords) {
        (false, Some(_), _) => refuse(
            REST_JAAS,
            "[hidden]",
            "nothing reads it, and requests would not be checked",
            "together with rest.extension.classes=BasicAuthSecurityRestExtension",
        ),
        (true, _, Some(file)) => refuse(
            REST_PASSWORDS,
            file,
            "users come from here or from BasicAuthSecurityRestExtension, not both",
            "without rest.extension.classes",
        ),
        (true, jaas, None) => Ok(RestAuth::Extension(jaas.map(|text| LoginConfig::read(text, working_dir)))),
        (false, None, Some(file)) => Ok(RestAuth::PasswordFile(absolute(Path::new(file), working_dir))),
        (false, None, None) => Ok(RestAuth::Everybody),
    }
}

/// Whether Kafka's extension is asked for, by its class name or alias (config.md §7).
fn extension(parsed: &ParsedConfig) -> Result<bool, ConfigError> {
    let classes = parsed.list(EXTENSIONS);
    let known = |class: &str| class.strip_prefix(PACKAGE).unwrap_or(class) == BASIC_AUTH;
    match classes.iter().find(|class| !known(class)) {
        None => Ok(!classes.is_empty()),
        Some(class) => Err(ConfigError {
            key: EXTENSIONS.to_owned(),
            value: Some(classes.join(",")),
            message: invalid(EXTENSIONS, class, &format!("Class {class} could not be found.")),
            allowed: format!("{PACKAGE}{BASIC_AUTH}, or nothing"),
        }),
    }
}

impl LoginConfig {
    /// A path, or a text: the whole of it, or the login module alone, as in `sasl.jaas.config`.
    fn read(text: &str, working_dir: &Path) -> Self {
        match (text.contains('{'), text.contains(';')) {
            (true, _) => Self::Text(text.to_owned()),
            (false, true) => Self::Text(format!("KafkaConnect {{ {text} }};")),
            (false, false) => Self::File(absolute(Path::new(text), working_dir)),
        }
    }
}

#[cfg(test)]
mod tests;
