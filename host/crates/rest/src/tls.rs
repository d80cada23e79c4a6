//! TLS of https listeners: keys and certificates from the files that Kafka's users have.
//!
//! PEM and PKCS12 are read, also where the configuration calls them JKS, as Java does. JKS itself is refused by name.

mod error;
mod pem;
mod pkcs12;
mod store;

pub use error::{TlsCause, TlsError};

use cofferdam_config::{ClientAuth, TlsConfig, TlsVersion};
use rustls::crypto::{CryptoProvider, ring};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{ServerConfig, SupportedCipherSuite, version};
use std::sync::Arc;

/// Reads what the configuration names. HTTP/2 is offered, then HTTP/1.1.
pub(crate) fn server_config(config: &TlsConfig) -> Result<Arc<ServerConfig>, TlsError> {
    let provider = Arc::new(provider(config)?);
    let versions: Vec<_> = config
        .versions
        .iter()
        .map(|version| match version {
            TlsVersion::V1_2 => &version::TLS12,
            TlsVersion::V1_3 => &version::TLS13,
        })
        .collect();
    let identity = store::identity(config)?;
    let verifier = verifier(config, &provider)?;
    let builder = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions)
        .map_err(|error| TlsError::of(config, "ssl.cipher.suites", TlsCause::NoSuite(error)))?;
    let builder = match verifier {
        Some(verifier) => builder.with_client_cert_verifier(verifier),
        None => builder.with_no_client_auth(),
    };
    let mut server = builder.with_single_cert(identity.chain, identity.key).map_err(|error| TlsError {
        key: identity.source.0,
        file: identity.source.1,
        cause: TlsCause::Pair(error),
    })?;
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(server))
}

/// The algorithms, with only those suites that `ssl.cipher.suites` names, if it names any.
fn provider(config: &TlsConfig) -> Result<CryptoProvider, TlsError> {
    let mut provider = ring::default_provider();
    if config.cipher_suites.is_empty() {
        return Ok(provider);
    }
    let known = provider.cipher_suites.clone();
    let wanted = config.cipher_suites.iter().map(|name| {
        known.iter().find(|suite| suite_name(suite) == *name).copied().ok_or_else(|| {
            let known = known.iter().map(suite_name).collect();
            TlsError::of(config, "ssl.cipher.suites", TlsCause::UnknownSuite { name: name.clone(), known })
        })
    });
    provider.cipher_suites = wanted.collect::<Result<_, _>>()?;
    Ok(provider)
}

/// The standard's name, which is Java's: the library sets those of TLS 1.3 apart by another prefix.
fn suite_name(suite: &SupportedCipherSuite) -> String {
    format!("{:?}", suite.suite()).replacen("TLS13_", "TLS_", 1)
}

/// The trust store is read even where clients are not asked, so that a wrong one does not go unnoticed.
fn verifier(
    config: &TlsConfig,
    provider: &Arc<CryptoProvider>,
) -> Result<Option<Arc<dyn ClientCertVerifier>>, TlsError> {
    let trusted = store::trusted(config)?;
    if config.client_auth == ClientAuth::None {
        return Ok(None);
    }
    let no_trust_store = || TlsError::of(config, "ssl.truststore.location", TlsCause::NoTrustStore);
    let roots = Arc::new(trusted.ok_or_else(no_trust_store)?);
    let builder = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(provider));
    let builder = match config.client_auth {
        ClientAuth::Requested => builder.allow_unauthenticated(),
        ClientAuth::None | ClientAuth::Required => builder,
    };
    let verifier = builder.build();
    verifier.map(Some).map_err(|error| TlsError::of(config, "ssl.truststore.location", TlsCause::Verifier(error)))
}

#[cfg(test)]
mod tests;
