//! Key stores and trust stores, whatever their kind.

use super::{TlsCause, TlsError, pem, pkcs12};
use cofferdam_config::{KeyStore, Password, StoreFile, StoreType, TlsConfig, TrustStore};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::PathBuf;

/// A certificate with those of its issuers, and its key.
pub(super) struct Identity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
    /// The key of the configuration that it is from, and the file.
    pub(super) source: (String, Option<PathBuf>),
}

/// The server's own.
pub(super) fn identity(config: &TlsConfig) -> Result<Identity, TlsError> {
    let (source, read) = match &config.key_store {
        KeyStore::File { file, key_password } => {
            (source(config, "ssl.keystore.location", Some(file)), from_file(file, key_password.as_ref()))
        }
        KeyStore::Inline { key, key_password, certificates } => {
            let chain = pem::certificates(certificates.secret());
            let chain = chain.map_err(|cause| TlsError::of(config, "ssl.keystore.certificate.chain", cause))?;
            let key = pem::private_key(key.secret(), secret(key_password.as_ref()));
            (source(config, "ssl.keystore.key", None), key.map(|key| (key, chain)))
        }
    };
    match read {
        Ok((key, chain)) => Ok(Identity { chain, key, source }),
        Err(cause) => Err(TlsError { key: source.0, file: source.1, cause }),
    }
}

/// Whom the server trusts to issue certificates of clients.
pub(super) fn trusted(config: &TlsConfig) -> Result<Option<RootCertStore>, TlsError> {
    let Some(store) = &config.trust_store else { return Ok(None) };
    let (source, certificates) = match store {
        TrustStore::File(file) => (source(config, "ssl.truststore.location", Some(file)), trusted_in_file(file)),
        TrustStore::Inline(text) => {
            (source(config, "ssl.truststore.certificates", None), pem::certificates(text.secret()))
        }
    };
    let roots = certificates.and_then(|certificates| {
        let mut roots = RootCertStore::empty();
        for certificate in certificates {
            roots.add(certificate).map_err(TlsCause::Certificate)?;
        }
        if roots.is_empty() { Err(TlsCause::NothingTrusted) } else { Ok(roots) }
    });
    roots.map(Some).map_err(|cause| TlsError { key: source.0, file: source.1, cause })
}

fn source(config: &TlsConfig, name: &str, file: Option<&StoreFile>) -> (String, Option<PathBuf>) {
    (format!("{}{name}", config.prefix), file.map(|file| file.location.clone()))
}

fn secret(password: Option<&Password>) -> Option<&str> {
    password.map(Password::secret)
}

/// What a file holds.
enum Content {
    Pem(String),
    Pkcs12(Vec<u8>),
}

fn read(file: &StoreFile) -> Result<Content, TlsCause> {
    /// How files of Java's own kinds begin.
    const JKS: [&[u8]; 2] = [&[0xfe, 0xed, 0xfe, 0xed], &[0xce, 0xce, 0xce, 0xce]];
    /// How an ASN.1 sequence begins.
    const SEQUENCE: u8 = 0x30;
    let content = std::fs::read(&file.location).map_err(TlsCause::Unreadable)?;
    if JKS.iter().any(|magic| content.starts_with(magic)) {
        return Err(TlsCause::Jks);
    }
    let looks_like = match content.first() {
        Some(&SEQUENCE) => Some(StoreType::Pkcs12),
        _ => String::from_utf8_lossy(&content).contains("-----BEGIN ").then_some(StoreType::Pem),
    };
    match file.store_type.or(looks_like).ok_or(TlsCause::UnknownContent)? {
        StoreType::Pem => Ok(Content::Pem(String::from_utf8_lossy(&content).into_owned())),
        StoreType::Pkcs12 => Ok(Content::Pkcs12(content)),
    }
}

fn from_file(
    file: &StoreFile,
    key_password: Option<&Password>,
) -> Result<(PrivateKeyDer<'static>, Vec<CertificateDer<'static>>), TlsCause> {
    match read(file)? {
        Content::Pem(text) => Ok((pem::private_key(&text, secret(key_password))?, pem::certificates(&text)?)),
        Content::Pkcs12(content) => pkcs12::identity(&content, secret(file.password.as_ref())),
    }
}

fn trusted_in_file(file: &StoreFile) -> Result<Vec<CertificateDer<'static>>, TlsCause> {
    match read(file)? {
        Content::Pem(text) => pem::certificates(&text),
        Content::Pkcs12(content) => pkcs12::trusted(&content, secret(file.password.as_ref())),
    }
}
