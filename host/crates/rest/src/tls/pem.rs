//! PEM: base64 between lines of dashes.
//!
//! Read by hand, for keys and certificates in a property file have often lost their line breaks, which libraries
//! insist on and Kafka does not.

use super::TlsCause;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pkcs8::EncryptedPrivateKeyInfoRef;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer};

/// What stands between one pair of lines of dashes.
struct Section<'a> {
    label: &'a str,
    body: &'a str,
}

impl Section<'_> {
    fn decode(&self) -> Result<Vec<u8>, TlsCause> {
        let packed: String = self.body.chars().filter(|c| !c.is_whitespace()).collect();
        STANDARD.decode(packed).map_err(|_| TlsCause::Section { label: self.label.to_owned() })
    }
}

fn sections(text: &str) -> impl Iterator<Item = Section<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, from_label) = rest.split_once("-----BEGIN ")?;
        let (label, from_body) = from_label.split_once("-----")?;
        let (body, left) = from_body.split_once(&format!("-----END {label}-----"))?;
        rest = left;
        Some(Section { label, body })
    })
}

/// All certificates, in their order.
pub(super) fn certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, TlsCause> {
    let certificates: Vec<_> = sections(text)
        .filter(|section| ["CERTIFICATE", "X509 CERTIFICATE"].contains(&section.label))
        .map(|section| section.decode().map(CertificateDer::from))
        .collect::<Result<_, _>>()?;
    if certificates.is_empty() { Err(TlsCause::NoCertificate) } else { Ok(certificates) }
}

/// The first private key.
pub(super) fn private_key(text: &str, password: Option<&str>) -> Result<PrivateKeyDer<'static>, TlsCause> {
    let section = sections(text).find(|section| section.label.ends_with("PRIVATE KEY")).ok_or(TlsCause::NoKey)?;
    if section.body.contains("Proc-Type:") {
        return Err(TlsCause::OldEncryption);
    }
    let der = section.decode()?;
    match section.label {
        "RSA PRIVATE KEY" => Ok(PrivatePkcs1KeyDer::from(der).into()),
        "EC PRIVATE KEY" => Ok(PrivateSec1KeyDer::from(der).into()),
        "ENCRYPTED PRIVATE KEY" => decrypt(&der, password.ok_or(TlsCause::NoKeyPassword)?),
        "PRIVATE KEY" => Ok(PrivatePkcs8KeyDer::from(der).into()),
        _ => Err(TlsCause::NoKey),
    }
}

fn decrypt(der: &[u8], password: &str) -> Result<PrivateKeyDer<'static>, TlsCause> {
    let failure = |error: pkcs8::Error| TlsCause::KeyPassword(error.to_string());
    let encrypted = EncryptedPrivateKeyInfoRef::try_from(der).map_err(failure)?;
    let key = encrypted.decrypt(password).map_err(failure)?;
    Ok(PrivatePkcs8KeyDer::from(key.as_bytes().to_vec()).into())
}
