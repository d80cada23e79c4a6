//! PKCS12: what `keytool` and `openssl pkcs12` write.

use super::TlsCause;
use p12_keystore::{KeyStore, KeyStoreEntry, Pkcs12ImportPolicy};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

fn open(content: &[u8], password: Option<&str>) -> Result<KeyStore, TlsCause> {
    KeyStore::from_pkcs12(content, password.unwrap_or_default(), Pkcs12ImportPolicy::Strict)
        .map_err(|error| TlsCause::Pkcs12(error.to_string()))
}

/// The first private key by alias, its certificate, and those of the issuers.
pub(super) fn identity(
    content: &[u8],
    password: Option<&str>,
) -> Result<(PrivateKeyDer<'static>, Vec<CertificateDer<'static>>), TlsCause> {
    let store = open(content, password)?;
    let (alias, entry) = store.private_key_chain().ok_or(TlsCause::NoKey)?;
    let keys = store.entries().filter(|(_, entry)| matches!(entry, KeyStoreEntry::PrivateKeyChain(_))).count();
    if keys > 1 {
        tracing::warn!(alias, keys, "the key store has several keys, of which the first by alias is used");
    }
    let key = PrivatePkcs8KeyDer::from(entry.key().as_der().to_vec()).into();
    let chain = entry.certs().iter().map(|certificate| CertificateDer::from(certificate.as_der().to_vec())).collect();
    Ok((key, chain))
}

/// What Java calls trusted certificates.
pub(super) fn trusted(content: &[u8], password: Option<&str>) -> Result<Vec<CertificateDer<'static>>, TlsCause> {
    let store = open(content, password)?;
    let certificates = store.entries().filter_map(|(_, entry)| match entry {
        KeyStoreEntry::Certificate(certificate) => Some(CertificateDer::from(certificate.as_der().to_vec())),
        _ => None,
    });
    Ok(certificates.collect())
}
