use super::*;
use cofferdam_config::{KeyStore, Password, StoreFile, StoreType, TrustStore};
use std::path::{Path, PathBuf};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tls").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

fn file(name: &str, store_type: Option<StoreType>, password: Option<&str>) -> StoreFile {
    StoreFile { location: path(name), store_type, password: password.map(Password::new) }
}

fn with(key_store: KeyStore) -> TlsConfig {
    TlsConfig {
        prefix: "listeners.https.".to_owned(),
        key_store,
        trust_store: None,
        client_auth: ClientAuth::None,
        versions: vec![TlsVersion::V1_2, TlsVersion::V1_3],
        cipher_suites: Vec::new(),
    }
}

fn stored(name: &str, store_type: Option<StoreType>, password: Option<&str>) -> TlsConfig {
    with(KeyStore::File { file: file(name, store_type, password), key_password: None })
}

fn inline(key: &str, key_password: Option<&str>, certificates: &str) -> TlsConfig {
    let key_password = key_password.map(Password::new);
    with(KeyStore::Inline { key: Password::new(key), key_password, certificates: Password::new(certificates) })
}

fn server() -> TlsConfig {
    inline(&text("server.key"), None, &text("server.pem"))
}

fn trusting(trust_store: TrustStore) -> TlsConfig {
    TlsConfig { trust_store: Some(trust_store), client_auth: ClientAuth::Required, ..server() }
}

#[test]
fn pkcs12_is_read_as_keytool_and_openssl_write_it() {
    for name in ["server-keytool.p12", "server-openssl.p12", "server-legacy.p12"] {
        for store_type in [None, Some(StoreType::Pkcs12)] {
            let config = server_config(&stored(name, store_type, Some("secret")));
            config.unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}

#[test]
fn pem_is_read_from_a_file_and_from_the_configuration() {
    let directory = tempfile::tempdir().unwrap();
    let both = directory.path().join("both");
    for (key, password) in [
        ("server.key", None),
        ("key-sec1.pem", None),
        ("key-pbes2.pem", Some("keysecret")),
        ("key-3des.pem", Some("keysecret")),
    ] {
        std::fs::write(&both, format!("Bag attributes\n{}{}{}", text("server.pem"), text(key), text("ca.pem")))
            .unwrap();
        let file = StoreFile { location: both.clone(), store_type: None, password: None };
        let config = with(KeyStore::File { file, key_password: password.map(Password::new) });
        server_config(&config).unwrap_or_else(|error| panic!("{key}: {error}"));
        // Line breaks have a way of being lost in property files.
        let one_line = inline(&text(key).replace('\n', " "), password, &text("server.pem").replace('\n', ""));
        server_config(&one_line).unwrap_or_else(|error| panic!("{key}: {error}"));
    }
}

#[test]
fn trusted_certificates_are_read_from_pem_and_pkcs12() {
    for store in [
        TrustStore::File(file("ca.pem", None, None)),
        TrustStore::File(file("trust-keytool.p12", None, Some("secret"))),
        TrustStore::Inline(Password::new(text("ca.pem"))),
    ] {
        server_config(&trusting(store)).unwrap();
    }
}

#[track_caller]
fn fails(config: &TlsConfig, key: &str, name: Option<&str>, cause: &str, remedy: &str) {
    let error = server_config(config).unwrap_err().to_string();
    let file = name.map(|name| format!("={}", path(name).display())).unwrap_or_default();
    let expected = format!("cannot serve REST over https: listeners.https.{key}{file}: {cause}");
    assert!(error.starts_with(&expected), "{error}\n{expected}");
    assert!(error.ends_with(remedy), "{error}");
}

#[test]
fn key_stores_that_cannot_be_used_are_told_with_key_file_cause_and_remedy() {
    let key = "ssl.keystore.location";
    let convert = "convert it with `keytool -importkeystore -srckeystore OLD.jks -destkeystore NEW.p12 -deststoretype PKCS12` \
                   and name the new file";
    for (name, store_type, password, cause, remedy) in [
        ("server.jks", None, Some("secret"), "it is a JKS key store, and only PEM and PKCS12 are read", convert),
        ("nowhere.p12", None, None, "it cannot be read: No such file", "name a file that this process may read"),
        ("server-keytool.p12", None, Some("wrong"), "it cannot be read as PKCS12", "its keys' password as well"),
        ("server-keytool.p12", None, None, "it cannot be read as PKCS12", "its keys' password as well"),
        ("server.pem", Some(StoreType::Pkcs12), None, "it cannot be read as PKCS12", "its keys' password as well"),
        ("make.sh", None, None, "it is neither PEM nor PKCS12", "or a PKCS12 file"),
        ("server.pem", None, None, "there is no private key in it", "those of the certificate's issuers"),
        ("server.key", None, None, "there is no certificate in it", "those of the certificate's issuers"),
        ("trust-keytool.p12", None, Some("secret"), "there is no private key in it", "the certificate's issuers"),
        (
            "key-pbes2.pem",
            None,
            None,
            "its private key is encrypted, and ssl.key.password is not set",
            "without a password",
        ),
    ] {
        fails(&stored(name, store_type, password), key, Some(name), cause, remedy);
    }
    let pem = text("server.pem");
    let key = "ssl.keystore.key";
    fails(
        &inline(&text("key-pbes2.pem"), Some("wrong"), &pem),
        key,
        None,
        "its private key cannot be decrypted",
        "check ssl.key.password",
    );
    fails(
        &inline(&text("key-old.pem"), Some("keysecret"), &pem),
        key,
        None,
        "its private key is encrypted in the old way",
        "-out NEW.pem`",
    );
    fails(
        &inline("-----BEGIN PRIVATE KEY-----!-----END PRIVATE KEY-----", None, &pem),
        key,
        None,
        "its section PRIVATE KEY is damaged",
        "anew",
    );
    fails(
        &inline(&text("client.key"), None, &pem),
        key,
        None,
        "its certificate and its key cannot be used",
        "of X.509 version 3",
    );
    let old = inline(&text("server.key"), None, &text("server-v1.pem"));
    fails(&old, key, None, "its certificate and its key cannot be used", "of X.509 version 3");
    fails(
        &inline(&text("server.key"), None, "x"),
        "ssl.keystore.certificate.chain",
        None,
        "there is no certificate in it",
        "issuers",
    );
}

#[test]
fn trust_that_cannot_be_had_is_told() {
    let key = "ssl.truststore.location";
    for (name, cause) in [
        ("certs-openssl.p12", "there is no trusted certificate in it"),
        ("server.key", "there is no certificate in it"),
        ("nowhere", "it cannot be read"),
    ] {
        let mut config = trusting(TrustStore::File(file(name, None, Some("secret"))));
        fails(&config, key, Some(name), cause, "");
        config.client_auth = ClientAuth::None;
        fails(&config, key, Some(name), cause, "");
    }
    let none = TlsConfig { client_auth: ClientAuth::Requested, ..server() };
    fails(
        &none,
        key,
        None,
        "it is not set, and ssl.client.auth asks clients for certificates",
        "or set ssl.client.auth=none",
    );
}

#[test]
fn suites_are_those_named() {
    let with = |suites: &[&str], versions: &[TlsVersion]| {
        let cipher_suites = suites.iter().map(|suite| (*suite).to_owned()).collect();
        TlsConfig { cipher_suites, versions: versions.to_vec(), ..server() }
    };
    let config = with(
        &["TLS_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"],
        &[TlsVersion::V1_2, TlsVersion::V1_3],
    );
    let config = server_config(&config).unwrap();
    let names: Vec<String> = config.crypto_provider().cipher_suites.iter().map(suite_name).collect();
    assert_eq!(names, ["TLS_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"]);
    assert_eq!(config.alpn_protocols, [b"h2".to_vec(), b"http/1.1".to_vec()]);
    let unknown = with(&["TLS_RSA_WITH_AES_128_CBC_SHA"], &[TlsVersion::V1_2]);
    fails(
        &unknown,
        "ssl.cipher.suites",
        None,
        "TLS_RSA_WITH_AES_128_CBC_SHA is not a cipher suite that is spoken here",
        "",
    );
    let none_left = with(&["TLS_AES_128_GCM_SHA256"], &[TlsVersion::V1_2]);
    fails(&none_left, "ssl.cipher.suites", None, "no cipher suite is left", "name suites of these versions, or none");
}
