//! Key stores and trust stores.
//!
//! Java's default, JKS, is a format that only Java reads. PEM works everywhere; PKCS#12 works for key stores. Where a
//! store cannot be read, that is an error: a client that silently went without its identity or trust would be worse.

use super::SettingsError;
use super::translate::Translation;
use std::fs::File;
use std::io::Read;
use std::path::Path;

const KEYSTORE: &str = "ssl.keystore.location";
const TRUSTSTORE: &str = "ssl.truststore.location";

/// Whether a Java setting is dealt with here.
pub(super) fn owns(key: &str) -> bool {
    key.starts_with("ssl.keystore.") || key.starts_with("ssl.truststore.")
}

/// What a store is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Pem,
    Pkcs12,
    Jks,
}

impl Translation<'_> {
    /// Keys, certificates, authorities.
    pub(super) fn tls(&mut self) -> Result<(), SettingsError> {
        self.keystore()?;
        self.truststore()?;
        let protocol = self.values.get("security.protocol").map(|protocol| protocol.to_ascii_lowercase());
        let trusts = ["ssl.ca.location", "ssl.ca.pem"].iter().any(|name| self.values.contains_key(*name));
        if protocol.is_some_and(|protocol| protocol.ends_with("ssl")) && !trusts {
            // Java trusts its own list of authorities; this is the system's.
            self.values.insert("ssl.ca.location".into(), "probe".into());
        }
        Ok(())
    }

    fn keystore(&mut self) -> Result<(), SettingsError> {
        for (key, to) in
            [("ssl.keystore.key", "ssl.key.pem"), ("ssl.keystore.certificate.chain", "ssl.certificate.pem")]
        {
            if let Some(pem) = self.java.get(key) {
                self.checked(to, pem, key, pem)?;
            }
        }
        let Some(location) = self.java.get(KEYSTORE) else { return Ok(()) };
        match self.format("ssl.keystore.type", location)? {
            Format::Pem => {
                self.checked("ssl.key.location", location, KEYSTORE, location)?;
                self.checked("ssl.certificate.location", location, KEYSTORE, location)
            }
            Format::Pkcs12 => {
                self.checked("ssl.keystore.location", location, KEYSTORE, location)?;
                match self.java.get("ssl.keystore.password") {
                    Some(password) => {
                        self.checked("ssl.keystore.password", password, "ssl.keystore.password", password)
                    }
                    None => Ok(()),
                }
            }
            Format::Jks => Err(SettingsError::new(
                KEYSTORE,
                location,
                "a JKS key store cannot be read here. Convert it: keytool -importkeystore -srckeystore <file> \
                 -destkeystore <file>.p12 -deststoretype PKCS12, and set ssl.keystore.type=PKCS12",
            )),
        }
    }

    fn truststore(&mut self) -> Result<(), SettingsError> {
        if let Some(pem) = self.java.get("ssl.truststore.certificates") {
            self.checked("ssl.ca.pem", pem, "ssl.truststore.certificates", pem)?;
        }
        let Some(location) = self.java.get(TRUSTSTORE) else { return Ok(()) };
        match self.format("ssl.truststore.type", location)? {
            Format::Pem => self.checked("ssl.ca.location", location, TRUSTSTORE, location),
            Format::Pkcs12 | Format::Jks => Err(SettingsError::new(
                TRUSTSTORE,
                location,
                "only a PEM trust store can be read here. Convert it: keytool -list -rfc -keystore <file> > <file>.pem, \
                 and set ssl.truststore.type=PEM",
            )),
        }
    }

    /// What was configured, corrected by what the file begins with: Java's default is JKS, for which Java takes PKCS#12
    /// as well.
    fn format(&self, type_key: &str, location: &str) -> Result<Format, SettingsError> {
        let configured = self.java.get(type_key).map_or("JKS", |name| name.trim());
        let begins = beginning(Path::new(location));
        match configured.to_ascii_uppercase().as_str() {
            "PEM" => Ok(Format::Pem),
            "PKCS12" => Ok(Format::Pkcs12),
            "JKS" if begins.starts_with(b"-----BEGIN") => Ok(Format::Pem),
            "JKS" if begins.first() == Some(&0x30) => Ok(Format::Pkcs12),
            "JKS" => Ok(Format::Jks),
            _ => Err(SettingsError::new(type_key, configured, "String must be one of: PEM, PKCS12, JKS")),
        }
    }
}

/// The first bytes of a file, none if it cannot be read: librdkafka will say so when it is used.
fn beginning(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    match File::open(path).and_then(|file| file.take(16).read_to_end(&mut bytes)) {
        Ok(_) => bytes,
        Err(_) => Vec::new(),
    }
}
