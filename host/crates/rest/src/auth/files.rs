//! The files that users are in.

use super::hash::Hash;
use super::users::{Role, Users};
use cofferdam_config::jaas::{LoginModule, parse_login_config};
use cofferdam_config::properties::{PropertiesError, read_properties};
use cofferdam_config::{LoginConfig, REST_JAAS, REST_PASSWORDS};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The entry of a login configuration that is for REST. Kafka: `JaasBasicAuthFilter`.
const ENTRY: &str = "KafkaConnect";
/// The login module that there is.
const MODULE: &str = "org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule";
/// What Java is told the file of login configurations with.
const JAVA_OPTION: &str = "-Djava.security.auth.login.config=";
/// The environment variable that Kafka's start scripts take it from.
const KAFKA_OPTS: &str = "KAFKA_OPTS";

/// Why the users of the REST interface are not known. Passwords and hashes are not in it.
#[derive(Debug, Error)]
pub enum AuthError {
    /// Kafka's extension is asked for, and nothing says where users are.
    #[error(
        "rest.extension.classes: BasicAuthSecurityRestExtension needs a JAAS login configuration: set {REST_JAAS} to its \
         path or text, or {KAFKA_OPTS}={JAVA_OPTION}FILE"
    )]
    NoLoginConfig,
    /// A file cannot be read.
    #[error("{key}: cannot read {}: {source}", .file.display())]
    Read {
        /// The key that names it.
        key: &'static str,
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file has something else than it should have.
    #[error("{key}: {place}, line {line}: {cause}")]
    Line {
        /// The key that names it.
        key: &'static str,
        /// The file, or where else the text is from.
        place: String,
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        cause: String,
    },
    /// A login configuration is not for REST.
    #[error(
        "{key}: {place} has no entry {ENTRY} with a login module; expected {ENTRY} {{ {MODULE} required file=\"…\"; }};"
    )]
    NoEntry {
        /// The key that names it.
        key: &'static str,
        /// The file, or where else the text is from.
        place: String,
    },
    /// The file of users and passwords cannot be read.
    #[error("{key}: {source}")]
    Properties {
        /// The key that leads to it.
        key: &'static str,
        /// What is wrong.
        source: PropertiesError,
    },
    /// A file names nobody.
    #[error("{key}: {} names no user, so nobody could use REST; add one, or remove the key", .file.display())]
    Empty {
        /// The key that leads to it.
        key: &'static str,
        /// The file.
        file: PathBuf,
    },
}

/// The users of Kafka's extension: those in the property file that the login configuration names.
pub(super) fn of_login_config(login: Option<&LoginConfig>, kafka_opts: Option<&str>) -> Result<Users, AuthError> {
    let from_opts = || kafka_opts.and_then(login_config_of_opts).map(LoginConfig::File);
    let (key, login) = match login {
        Some(login) => (REST_JAAS, login.clone()),
        None => (KAFKA_OPTS, from_opts().ok_or(AuthError::NoLoginConfig)?),
    };
    let (place, text) = match login {
        LoginConfig::Text(text) => ("the value".to_owned(), text),
        LoginConfig::File(file) => (file.display().to_string(), read(key, &file)?),
    };
    let wrong = |line, cause| AuthError::Line { key, place: place.clone(), line, cause };
    let entries = parse_login_config(&text).map_err(|error| wrong(error.line, error.cause))?;
    match entries.get(ENTRY).map(Vec::as_slice) {
        Some([module]) => {
            let file = property_file(module).map_err(|cause| wrong(module.line, cause))?;
            of_properties(key, &file)
        }
        Some([_, second, ..]) => Err(wrong(second.line, "one login module is supported, not several".to_owned())),
        Some([]) | None => Err(AuthError::NoEntry { key, place }),
    }
}

/// The file that Java would read. Of several options the last counts.
fn login_config_of_opts(opts: &str) -> Option<PathBuf> {
    let named = |word: &str| {
        let word = word.trim_matches(['"', '\'']);
        // Two equal signs: this file only, which it is here anyway.
        let value = word.strip_prefix(JAVA_OPTION)?.trim_start_matches('=').trim_matches(['"', '\'']);
        let path = value.strip_prefix("file:").map_or(value, |url| url.strip_prefix("//").unwrap_or(url));
        Some(PathBuf::from(path)).filter(|path| !path.as_os_str().is_empty())
    };
    opts.split_whitespace().rev().find_map(named)
}

/// The property file of a login module. Kafka: `PropertyFileLoginModule`.
fn property_file(module: &LoginModule) -> Result<PathBuf, String> {
    if module.class != MODULE {
        return Err(format!("the login module {} is not supported; use {MODULE}", module.class));
    }
    let file = module.options.get("file").filter(|file| !file.trim().is_empty());
    file.map(PathBuf::from).ok_or_else(|| "Property Credentials file must be specified: file=\"…\"".to_owned())
}

fn of_properties(key: &'static str, file: &Path) -> Result<Users, AuthError> {
    let properties = read_properties(file).map_err(|source| AuthError::Properties { key, source })?;
    let mut users = Users::new();
    for (user, password) in &properties {
        users.add_with_password(user, password);
    }
    not_empty(users, key, file)
}

/// The users of our own file: `USER:HASH` or `USER:HASH:ROLE`; empty lines and those that begin with `#` do not count.
pub(super) fn of_password_file(file: &Path) -> Result<Users, AuthError> {
    let text = read(REST_PASSWORDS, file)?;
    let mut users = Users::new();
    for (line, entry) in (1..).zip(text.lines()) {
        let entry = entry.trim();
        if !entry.is_empty() && !entry.starts_with('#') {
            add(&mut users, entry).map_err(|cause| {
                let place = file.display().to_string();
                AuthError::Line { key: REST_PASSWORDS, place, line, cause }
            })?;
        }
    }
    not_empty(users, REST_PASSWORDS, file)
}

fn add(users: &mut Users, entry: &str) -> Result<(), String> {
    let mut fields = entry.split(':');
    let (Some(user), Some(hash), role, None) = (fields.next(), fields.next(), fields.next(), fields.next()) else {
        return Err("expected USER:HASH or USER:HASH:ROLE".to_owned());
    };
    if user.is_empty() {
        return Err("the user has no name".to_owned());
    }
    let role = match role {
        None | Some("admin") => Role::Admin,
        Some("read") => Role::Read,
        // Not what stands there: the fields may be in another order.
        Some(_) => return Err("the role is neither admin nor read".to_owned()),
    };
    let hash = Hash::parse(hash)?;
    if users.add_with_hash(user, hash, role) { Ok(()) } else { Err("a line above has the same user".to_owned()) }
}

fn read(key: &'static str, file: &Path) -> Result<String, AuthError> {
    fs::read_to_string(file).map_err(|source| AuthError::Read { key, file: file.to_owned(), source })
}

fn not_empty(users: Users, key: &'static str, file: &Path) -> Result<Users, AuthError> {
    if users.is_empty() { Err(AuthError::Empty { key, file: file.to_owned() }) } else { Ok(users) }
}
