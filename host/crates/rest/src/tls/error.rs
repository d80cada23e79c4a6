//! Why TLS cannot be had.

use cofferdam_config::TlsConfig;
use rustls::server::VerifierBuilderError;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why https listeners cannot be served as the configuration says: key, file, cause, remedy.
#[derive(Debug, Error)]
#[error("cannot serve REST over https: {key}{}: {cause}; {}", file.as_ref().map(|file| format!("={}", file.display())).unwrap_or_default(), .cause.remedy())]
pub struct TlsError {
    /// The key of the configuration.
    pub key: String,
    /// The file that it names.
    pub file: Option<PathBuf>,
    /// What is wrong.
    pub cause: TlsCause,
}

impl TlsError {
    /// About a key that names no file.
    pub(super) fn of(config: &TlsConfig, name: &str, cause: TlsCause) -> Self {
        Self { key: format!("{}{name}", config.prefix), file: None, cause }
    }
}

/// What is wrong with keys, certificates and algorithms.
#[derive(Debug, Error)]
pub enum TlsCause {
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(io::Error),
    /// A key store of Java's own kind.
    #[error("it is a JKS key store, and only PEM and PKCS12 are read")]
    Jks,
    /// Neither PEM nor PKCS12.
    #[error("it is neither PEM nor PKCS12")]
    UnknownContent,
    /// What stands between the dashes is not what it must be.
    #[error("its section {label} is damaged")]
    Section {
        /// What stands in the dashes.
        label: String,
    },
    /// There is no private key.
    #[error("there is no private key in it")]
    NoKey,
    /// There is no certificate.
    #[error("there is no certificate in it")]
    NoCertificate,
    /// A private key is encrypted.
    #[error("its private key is encrypted, and ssl.key.password is not set")]
    NoKeyPassword,
    /// A private key could not be decrypted.
    #[error("its private key cannot be decrypted: {0}")]
    KeyPassword(String),
    /// A key encrypted in the way that came before PKCS8.
    #[error("its private key is encrypted in the old way of OpenSSL, which is not read")]
    OldEncryption,
    /// It cannot be taken apart.
    #[error("it cannot be read as PKCS12: {0}")]
    Pkcs12(String),
    /// There is nothing to trust.
    #[error("there is no trusted certificate in it")]
    NothingTrusted,
    /// A certificate to trust is none.
    #[error("a certificate in it cannot be used: {0}")]
    Certificate(rustls::Error),
    /// Clients are asked for certificates, and nobody says whose are good.
    #[error("it is not set, and ssl.client.auth asks clients for certificates")]
    NoTrustStore,
    /// Certificates of clients cannot be checked.
    #[error("certificates of clients cannot be checked: {0}")]
    Verifier(VerifierBuilderError),
    /// Certificate and key do not go together, or cannot be used.
    #[error("its certificate and its key cannot be used: {0}")]
    Pair(rustls::Error),
    /// A suite that is not spoken.
    #[error("{name} is not a cipher suite that is spoken here")]
    UnknownSuite {
        /// The suite asked for.
        name: String,
        /// Those that are spoken.
        known: Vec<String>,
    },
    /// No suite that is left belongs to a version that is left.
    #[error("no cipher suite is left for the versions of ssl.enabled.protocols: {0}")]
    NoSuite(rustls::Error),
}

impl TlsCause {
    /// What to do.
    fn remedy(&self) -> String {
        match self {
            Self::Unreadable(_) => "name a file that this process may read".to_owned(),
            Self::Jks => "convert it with `keytool -importkeystore -srckeystore OLD.jks -destkeystore NEW.p12 \
                          -deststoretype PKCS12` and name the new file"
                .to_owned(),
            Self::UnknownContent => "name a PEM file (it begins with -----BEGIN) or a PKCS12 file".to_owned(),
            Self::Section { .. } | Self::Certificate(_) => "write the file anew".to_owned(),
            Self::NoKey | Self::NoCertificate => {
                "it needs the private key, its certificate, and those of the certificate's issuers".to_owned()
            }
            Self::NoKeyPassword => "set it, or write the key without a password".to_owned(),
            Self::KeyPassword(_) => "check ssl.key.password".to_owned(),
            Self::OldEncryption => "convert it with `openssl pkcs8 -topk8 -in OLD.pem -out NEW.pem`".to_owned(),
            Self::Pkcs12(_) => "check the store's password, which has to be its keys' password as well".to_owned(),
            Self::NothingTrusted => {
                "add the certificate of whoever issues those of clients: as PEM, or with `keytool -importcert`"
                    .to_owned()
            }
            Self::NoTrustStore => {
                "name a file with the certificate of whoever issues those of clients, or set ssl.client.auth=none"
                    .to_owned()
            }
            Self::Verifier(_) => "put other certificates there".to_owned(),
            Self::Pair(_) => "the first certificate has to be the key's own, and of X.509 version 3".to_owned(),
            Self::UnknownSuite { known, .. } => format!("choose from {}", known.join(", ")),
            Self::NoSuite(_) => "name suites of these versions, or none".to_owned(),
        }
    }
}
