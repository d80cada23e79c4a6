//! Reading the `ssl.*` keys of https listeners.

use super::{
    ADMIN_PREFIX, ClientAuth, KeyStore, PREFIX, Password, StoreFile, StoreType, TlsConfig, TlsVersion, TrustStore,
};
use crate::def::{ConfigDef, ConfigKey, ConfigType, DefaultValue, Importance, Validator};
use crate::sandbox::absolute;
use crate::validate::{ConfigError, ParsedConfig, invalid};
use ConfigType::{List, Password as Hidden, String as Text};
use DefaultValue::Null;
use std::collections::BTreeMap;
use std::path::Path;

/// `ssl.client.auth`, by this name.
pub(in crate::worker::rest) fn client_auth_key(name: String) -> ConfigKey {
    let modes = ["required", "requested", "none"].map(str::to_owned).to_vec();
    let text = "Whether https listeners ask clients for certificates: required, requested or none.";
    ConfigKey::new(name, Text, DefaultValue::text("none"), Importance::Low, text).validator(Validator::OneOf(modes))
}

/// Keys that are read, but for `ssl.client.auth`.
const KEYS: &[(&str, ConfigType)] = &[
    ("ssl.keystore.type", Text),
    ("ssl.keystore.location", Text),
    ("ssl.keystore.password", Hidden),
    ("ssl.key.password", Hidden),
    ("ssl.keystore.key", Hidden),
    ("ssl.keystore.certificate.chain", Hidden),
    ("ssl.truststore.type", Text),
    ("ssl.truststore.location", Text),
    ("ssl.truststore.password", Hidden),
    ("ssl.truststore.certificates", Hidden),
    ("ssl.enabled.protocols", List),
    ("ssl.cipher.suites", List),
];

/// Keys that say how a Java runtime does it.
const JAVA: &[&str] = &[
    "ssl.protocol",
    "ssl.provider",
    "ssl.keymanager.algorithm",
    "ssl.trustmanager.algorithm",
    "ssl.secure.random.implementation",
    "ssl.engine.factory.class",
    "ssl.endpoint.identification.algorithm",
];

/// What is wrong with a key of https listeners; `None` if it is not one, `Some(None)` if nothing is.
pub(in crate::worker) fn warning(key: &str) -> Option<Option<&'static str>> {
    let name = key.strip_prefix(ADMIN_PREFIX).or_else(|| key.strip_prefix(PREFIX))?;
    Some(if name == "ssl.client.auth" || KEYS.iter().any(|(known, _)| *known == name) {
        None
    } else if JAVA.contains(&name) {
        Some("it is about Java's TLS or about clients")
    } else {
        Some("it is not a key of https listeners")
    })
}

impl TlsConfig {
    /// Reads what stands below `prefix`, or without it if nothing does.
    pub(in crate::worker::rest) fn from_properties(
        properties: &BTreeMap<String, String>,
        prefix: &str,
        working_dir: &Path,
    ) -> Result<Self, ConfigError> {
        let prefix = if properties.keys().any(|key| key.starts_with(prefix)) { prefix } else { "" };
        let mut def = ConfigDef::new().define(client_auth_key(format!("{prefix}ssl.client.auth")));
        for (name, config_type) in KEYS {
            def = def.define(ConfigKey::new(format!("{prefix}{name}"), *config_type, Null, Importance::Low, ""));
        }
        let keys = Keys { parsed: def.parse(properties)?, prefix, working_dir };
        Ok(Self {
            key_store: keys.key_store()?,
            trust_store: keys.trust_store()?,
            client_auth: match keys.text("ssl.client.auth") {
                Some("required") => ClientAuth::Required,
                Some("requested") => ClientAuth::Requested,
                _ => ClientAuth::None,
            },
            versions: keys.versions()?,
            cipher_suites: keys.list("ssl.cipher.suites").to_vec(),
            prefix: prefix.to_owned(),
        })
    }
}

/// The values of one prefix.
struct Keys<'a> {
    parsed: ParsedConfig,
    prefix: &'a str,
    working_dir: &'a Path,
}

impl Keys<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.parsed.filled_text(&format!("{}{name}", self.prefix))
    }

    fn list(&self, name: &str) -> &[String] {
        self.parsed.list(&format!("{}{name}", self.prefix))
    }

    fn password(&self, name: &str) -> Option<Password> {
        self.text(name).map(Password::new)
    }

    fn refuse<T>(&self, name: &str, value: Option<&str>, message: &str, allowed: &str) -> Result<T, ConfigError> {
        let key = format!("{}{name}", self.prefix);
        let message = match value {
            Some(value) => invalid(&key, value, message),
            None => format!("{key}: {message}"),
        };
        Err(ConfigError { key, value: value.map(str::to_owned), message, allowed: allowed.to_owned() })
    }

    fn key_store(&self) -> Result<KeyStore, ConfigError> {
        const LOCATION: &str = "ssl.keystore.location";
        const ALLOWED: &str = "a file with certificate and key, PEM or PKCS12";
        let key_password = self.password("ssl.key.password");
        let inline = (self.password("ssl.keystore.key"), self.password("ssl.keystore.certificate.chain"));
        match (self.file("ssl.keystore.type", LOCATION, "ssl.keystore.password")?, inline) {
            (Some(file), (None, None)) => Ok(KeyStore::File { file, key_password }),
            (Some(_), _) => {
                let message = "Both SSL key store location and separate private key are specified.";
                self.refuse(LOCATION, None, message, "one of the two")
            }
            (None, (Some(key), Some(certificates))) => Ok(KeyStore::Inline { key, key_password, certificates }),
            (None, (Some(_), None)) => {
                let message = "SSL private key is specified, but certificate chain is not specified.";
                self.refuse("ssl.keystore.certificate.chain", None, message, "certificates as PEM")
            }
            (None, (None, Some(_))) => {
                let message = "SSL certificate chain is specified, but private key is not specified";
                self.refuse("ssl.keystore.key", None, message, "a private key as PEM")
            }
            (None, (None, None)) => {
                self.refuse(LOCATION, None, "https listeners need a certificate and its key, and none is set", ALLOWED)
            }
        }
    }

    fn trust_store(&self) -> Result<Option<TrustStore>, ConfigError> {
        const LOCATION: &str = "ssl.truststore.location";
        let file = self.file("ssl.truststore.type", LOCATION, "ssl.truststore.password")?;
        match (file, self.password("ssl.truststore.certificates")) {
            (Some(_), Some(_)) => {
                let message = "Both SSL trust store location and separate trust certificates are specified.";
                self.refuse(LOCATION, None, message, "one of the two")
            }
            (Some(file), None) => Ok(Some(TrustStore::File(file))),
            (None, certificates) => Ok(certificates.map(TrustStore::Inline)),
        }
    }

    /// JKS is Kafka's default, and what Java calls so may well be PKCS12: it is told by content.
    fn file(&self, kind: &str, location: &str, password: &str) -> Result<Option<StoreFile>, ConfigError> {
        let store_type = match self.text(kind) {
            Some(name) if name.eq_ignore_ascii_case("PEM") => Some(StoreType::Pem),
            Some(name) if name.eq_ignore_ascii_case("PKCS12") => Some(StoreType::Pkcs12),
            Some(name) if !name.eq_ignore_ascii_case("JKS") => {
                return self.refuse(kind, Some(name), "stores of this type are not read", "PEM or PKCS12");
            }
            _ => None,
        };
        Ok(self.text(location).map(|path| StoreFile {
            location: absolute(Path::new(path), self.working_dir),
            store_type,
            password: self.password(password),
        }))
    }

    fn versions(&self) -> Result<Vec<TlsVersion>, ConfigError> {
        const NAME: &str = "ssl.enabled.protocols";
        let given = self.list(NAME);
        if given.is_empty() {
            return Ok(vec![TlsVersion::V1_2, TlsVersion::V1_3]);
        }
        let version = |name: &String| match name.as_str() {
            "TLSv1.2" => Ok(TlsVersion::V1_2),
            "TLSv1.3" => Ok(TlsVersion::V1_3),
            name => self.refuse(NAME, Some(name), "this version is not spoken", "TLSv1.2, TLSv1.3"),
        };
        given.iter().map(version).collect()
    }
}
