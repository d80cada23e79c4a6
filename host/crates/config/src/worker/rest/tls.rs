//! TLS of https listeners, by Kafka's `ssl.*` keys (Kafka: `SSLUtils`, config.md §2.2 and §2.5).
//!
//! Here the keys are read; files are opened, and what is in them judged, where listeners are made.

mod keys;

pub(super) use keys::client_auth_key;
pub(in crate::worker) use keys::warning;

use std::fmt;
use std::path::PathBuf;

/// If any key begins with it, then only those that do are read for `listeners`, else the keys without prefix.
pub(super) const PREFIX: &str = "listeners.https.";
/// The same of `admin.listeners`.
pub(super) const ADMIN_PREFIX: &str = "admin.listeners.https.";

/// TLS of the listeners of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsConfig {
    /// What stands before `ssl.` in the names of the keys that all this is from.
    pub prefix: String,
    /// The server's certificate and its key.
    pub key_store: KeyStore,
    /// Who issues the certificates of clients; `None`: not said.
    pub trust_store: Option<TrustStore>,
    /// Whether clients need certificates.
    pub client_auth: ClientAuth,
    /// The versions spoken.
    pub versions: Vec<TlsVersion>,
    /// The cipher suites spoken, by the names of the standard; empty: all.
    pub cipher_suites: Vec<String>,
}

/// Where the server's certificate and key are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyStore {
    /// In a file (`ssl.keystore.location`).
    File {
        /// The file.
        file: StoreFile,
        /// Password of the key (`ssl.key.password`).
        key_password: Option<Password>,
    },
    /// In the configuration itself, as PEM (`ssl.keystore.key`, `ssl.keystore.certificate.chain`).
    Inline {
        /// The key.
        key: Password,
        /// Its password (`ssl.key.password`).
        key_password: Option<Password>,
        /// The certificate and those of its issuers.
        certificates: Password,
    },
}

/// Where the certificates of trusted issuers are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustStore {
    /// In a file (`ssl.truststore.location`).
    File(StoreFile),
    /// In the configuration itself, as PEM (`ssl.truststore.certificates`).
    Inline(Password),
}

/// A file with keys or certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreFile {
    /// Where it is, absolute.
    pub location: PathBuf,
    /// What it is; `None`: what its content looks like.
    pub store_type: Option<StoreType>,
    /// Its password.
    pub password: Option<Password>,
}

/// Kinds of files with keys or certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreType {
    /// Base64 between lines of dashes.
    Pem,
    /// What `keytool` and `openssl pkcs12` write.
    Pkcs12,
}

/// Whether clients need certificates (`ssl.client.auth`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAuth {
    /// They are not asked.
    #[default]
    None,
    /// Who has one shows it, and it must be valid.
    Requested,
    /// Nobody gets in without.
    Required,
}

/// Versions of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsVersion {
    /// 1.2
    V1_2,
    /// 1.3
    V1_3,
}

/// A secret, which is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Keeps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}
