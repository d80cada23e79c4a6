//! TLS, with real clients.

use crate::configuration;
use crate::served::{Served, exchange, request};
use axum::http::{Request, Version};
use cofferdam_rest::Listeners;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, version};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tls").join(name)
}

/// A worker's file with one https listener and these `ssl.*` keys.
fn lines(keys: &[(&str, &str)]) -> String {
    let keys = keys.iter().map(|(key, value)| {
        let value = if key.ends_with("location") { path(value).display().to_string() } else { (*value).to_owned() };
        format!("listeners.https.ssl.{key}={value}\n")
    });
    format!("listeners=https://127.0.0.1:0\n{}", keys.collect::<String>())
}

const STORE: [(&str, &str); 2] = [("keystore.location", "server-keytool.p12"), ("keystore.password", "secret")];

static TLS12: &[&SupportedProtocolVersion] = &[&version::TLS12];
static TLS13: &[&SupportedProtocolVersion] = &[&version::TLS13];
static BOTH: &[&SupportedProtocolVersion] = &[&version::TLS13, &version::TLS12];

/// A client that trusts our issuer alone.
struct Client {
    identity: Option<&'static str>,
    alpn: &'static [&'static str],
    versions: &'static [&'static SupportedProtocolVersion],
}

impl Default for Client {
    fn default() -> Self {
        Self { identity: None, alpn: &[], versions: BOTH }
    }
}

impl Client {
    async fn connect(&self, address: SocketAddr) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(path("ca.pem")).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(self.versions).unwrap();
        let builder = builder.with_root_certificates(roots);
        let mut config = match self.identity {
            None => builder.with_no_client_auth(),
            Some(name) => {
                let chain = vec![CertificateDer::from_pem_file(path(&format!("{name}.pem"))).unwrap()];
                let key = PrivateKeyDer::from_pem_file(path(&format!("{name}.key"))).unwrap();
                builder.with_client_auth_cert(chain, key).unwrap()
            }
        };
        config.alpn_protocols = self.alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }

    async fn get(&self, address: SocketAddr, path: &str) -> std::io::Result<String> {
        exchange(&mut self.connect(address).await?, &request(path)).await
    }
}

#[tokio::test]
async fn https_is_served_with_keys_from_pem_and_pkcs12() {
    let directory = tempfile::tempdir().unwrap();
    let pem = directory.path().join("both.pem");
    let text = |name: &str| std::fs::read_to_string(path(name)).unwrap();
    std::fs::write(&pem, format!("{}{}", text("server.pem"), text("key-pbes2.pem"))).unwrap();
    let property = |name: &str| text(name).replace('\n', "\\n");
    let (key, certificate) = (property("server.key"), property("server.pem"));
    for keys in [
        STORE.to_vec(),
        vec![("keystore.location", pem.to_str().unwrap()), ("keystore.type", "PEM"), ("key.password", "keysecret")],
        vec![("keystore.key", &key), ("keystore.certificate.chain", &certificate)],
    ] {
        let served = Served::new(&lines(&keys)).await;
        assert!(served.urls[0].starts_with("https://127.0.0.1:"), "{:?}", served.urls);
        let answer = Client::default().get(served.addresses[0], "/connectors").await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\n[]"), "{answer}");
        served.stop().await;
    }
}

#[tokio::test]
async fn certificates_of_clients_are_asked_for_as_the_file_says() {
    for (auth, identity, enters) in [
        ("none", None, true),
        ("none", Some("stranger"), true),
        ("requested", None, true),
        ("requested", Some("client"), true),
        ("requested", Some("stranger"), false),
        ("required", None, false),
        ("required", Some("client"), true),
        ("required", Some("stranger"), false),
    ] {
        let mut keys = STORE.to_vec();
        keys.extend([
            ("truststore.location", "trust-keytool.p12"),
            ("truststore.password", "secret"),
            ("client.auth", auth),
        ]);
        let served = Served::new(&lines(&keys)).await;
        for versions in [TLS12, TLS13] {
            let client = Client { identity, versions, ..Client::default() };
            let answer = client.get(served.addresses[0], "/connectors").await;
            assert_eq!(answer.is_ok(), enters, "{auth} {identity:?}: {answer:?}");
        }
        served.stop().await;
    }
}

#[tokio::test]
async fn only_the_versions_and_suites_of_the_file_are_spoken() {
    let mut keys = STORE.to_vec();
    keys.extend([("enabled.protocols", "TLSv1.3"), ("cipher.suites", "TLS_AES_128_GCM_SHA256")]);
    let served = Served::new(&lines(&keys)).await;
    let stream = Client::default().connect(served.addresses[0]).await.unwrap();
    let suite = stream.get_ref().1.negotiated_cipher_suite().unwrap().suite();
    assert_eq!(suite, rustls::CipherSuite::TLS13_AES_128_GCM_SHA256);
    let old = Client { versions: TLS12, ..Client::default() };
    assert!(old.connect(served.addresses[0]).await.is_err());
    drop(stream);
    served.stop().await;
}

#[tokio::test]
async fn http2_is_spoken_where_both_sides_want_it() {
    let served = Served::new(&lines(&STORE)).await;
    let address = served.addresses[0];
    let both = Client { alpn: &["h2", "http/1.1"], ..Client::default() };
    let stream = both.connect(address).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut requests, connection) = h2::client::handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let url = format!("https://localhost:{}/connectors", address.port());
    let create = Request::post(&url).header("content-type", "application/json").body(()).unwrap();
    let (answer, mut body) = requests.send_request(create, false).unwrap();
    let config = r#"{"name":"c","config":{"connector.class":"FakeSource","topic":"t"}}"#;
    body.send_data(axum::body::Bytes::from_static(config.as_bytes()), true).unwrap();
    let answer = answer.await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.version()), (201, Version::HTTP_2));
    assert_eq!(answer.headers()["location"], format!("{url}/c"));
    drop((requests, answer));
    served.stop().await;
    connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_location_begins_with_https_where_the_request_did() {
    let served = Served::new(&lines(&STORE)).await;
    let old = Client { alpn: &["http/1.1"], ..Client::default() };
    let mut stream = old.connect(served.addresses[0]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let body = r#"{"name":"c","config":{"connector.class":"FakeSource","topic":"t"}}"#;
    let text = format!(
        "POST /connectors HTTP/1.1\r\nHost: pub.example:99\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = exchange(&mut stream, &text).await.unwrap();
    assert!(answer.contains("Location: https://pub.example:99/connectors/c\r\n"), "{answer}");
    served.stop().await;
}

#[tokio::test]
async fn plain_requests_get_nothing_from_an_https_listener() {
    let served = Served::new(&lines(&STORE)).await;
    let mut stream = TcpStream::connect(served.addresses[0]).await.unwrap();
    let answer = exchange(&mut stream, &request("/")).await.unwrap_or_default();
    assert!(!answer.contains("HTTP/1.1 200"), "{answer}");
    served.stop().await;
}

#[tokio::test]
async fn http_and_https_are_served_side_by_side_and_http_is_told_to_others() {
    let text =
        lines(&STORE).replace("listeners=https://127.0.0.1:0", "listeners=https://127.0.0.1:0,http://localhost:0");
    let listeners = Listeners::bind(&configuration(&text), None).await.unwrap();
    assert!(listeners.advertised().to_string().starts_with("http://localhost:"));
    drop(listeners);
    let listeners =
        Listeners::bind(&configuration(&format!("{text}rest.advertised.listener=https\n")), None).await.unwrap();
    assert!(listeners.advertised().to_string().starts_with("https://127.0.0.1:"));
    drop(listeners);
    let served = Served::new(&text).await;
    assert!(Client::default().get(served.addresses[0], "/").await.unwrap().starts_with("HTTP/1.1 200"));
    assert!(served.get(1, "/").await.starts_with("HTTP/1.1 200"));
    served.stop().await;
}

#[tokio::test]
async fn nothing_is_bound_before_keys_are_read() {
    let free = Listeners::bind(&configuration("listeners=http://127.0.0.1:0\n"), None).await.unwrap();
    let url = free.urls().next().unwrap();
    let keys = [("keystore.location", "server.jks"), ("keystore.password", "secret")];
    let text = lines(&keys).replace("listeners=https", &format!("listeners={url},https"));
    // The port is taken; what is told is the key store.
    let error = Listeners::bind(&configuration(&text), None).await.err().unwrap().to_string();
    assert!(error.contains("listeners.https.ssl.keystore.location=") && error.contains("JKS"), "{error}");
}
