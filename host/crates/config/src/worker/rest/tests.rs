use super::*;
use crate::WorkerConfig;
use crate::properties::parse_properties;

fn read_all(more: &str) -> Result<(RestConfig, Vec<String>), String> {
    let text = format!("bootstrap.servers=h:9092\nkey.converter=K\nvalue.converter=V\n{more}");
    let properties = parse_properties(&text, "w.properties").unwrap();
    let read = WorkerConfig::from_properties_in(&properties, "w.properties", Path::new("/base"));
    read.map(|(config, warnings)| (config.rest, warnings)).map_err(|error| error.to_string())
}

fn read(more: &str) -> Result<RestConfig, String> {
    read_all(more).map(|(config, _)| config)
}

/// Each line of `more` is refused, with the text behind it.
#[track_caller]
fn refused(key: &str, table: &[(&str, &str)]) {
    for (value, tail) in table {
        let error = read(&format!("{key}={value}\n")).unwrap_err();
        assert!(error.starts_with("w.properties: Invalid value "), "{value}: {error}");
        assert!(error.contains(key) && error.contains(tail) && error.contains("(allowed: "), "{value}: {error}");
    }
}

#[test]
fn listeners() {
    let shown = |listeners: &[Listener]| listeners.iter().map(Listener::to_string).collect::<Vec<_>>();
    let config = read("listeners=http://:8083, HTTP://[::1]:0,http://node-1.example:80\n").unwrap();
    assert_eq!(shown(&config.listeners), ["http://:8083", "http://[::1]:0", "http://node-1.example:80"]);
    let loopback: Vec<bool> = config.listeners.iter().map(Listener::is_loopback).collect();
    assert_eq!(loopback, [false, true, false]);
    refused(
        "listeners",
        &[
            ("ftp://h:1", "Listener protocol must be either \"http\" or \"https\"."),
            ("h:1", "Listener doesn't have the right format (protocol://hostname:port)."),
            ("http://h", "Listener doesn't have the right format"),
            ("http://h:", "Listener doesn't have the right format"),
            ("http://h:70000", "port out of range:70000"),
            ("http://h:-1", "port out of range:-1"),
            ("http://a/b:1", "Listener doesn't have the right format"),
            ("", "at least one URL is expected, ex: http://localhost:8080,https://localhost:8443."),
            ("http://h:1,", "Empty URL found when parsing listeners list."),
            ("http://h:1,https://h:1", "another listener has the same host and port"),
        ],
    );
    assert!(read("listeners=http://h:0,http://h:0\n").is_ok());
}

#[test]
fn administrative_resources_have_listeners_of_their_own_none_or_share_them() {
    assert_eq!(read("").unwrap().admin, AdminListeners::Shared);
    assert_eq!(read("admin.listeners=\n").unwrap().admin, AdminListeners::Disabled);
    let admin = read("admin.listeners=http://a:1,http://a:1,http://b:2\n").unwrap().admin;
    let shown: Vec<String> = admin.separate().iter().map(Listener::to_string).collect();
    assert_eq!(shown, ["http://a:1", "http://b:2"]);
    refused(
        "admin.listeners",
        &[
            ("http://a:1,,http://b:1", "Configuration 'admin.listeners' values must not be empty."),
            ("foo", "Listener doesn't have the right format"),
            ("http://127.0.0.1:8083", "another listener has the same host and port"),
        ],
    );
}

#[test]
fn what_others_are_told() {
    let more = "rest.advertised.host.name=pub\nrest.advertised.port=99\nrest.advertised.listener=HTTPS\n";
    let expected =
        AdvertisedConfig { host_name: Some("pub".to_owned()), port: Some(99), protocol: Some(Protocol::Https) };
    assert_eq!(read(more).unwrap().advertised, expected);
    refused("rest.advertised.listener", &[("ftp", "String must be one of (case insensitive): http, https")]);
    refused("rest.advertised.port", &[("0", "Value must be at least 1"), ("x", "Not a number of type INT")]);
    refused("rest.max.request.bytes", &[("0", "Value must be at least 1")]);
    assert_eq!(read("rest.max.request.bytes=1000\n").unwrap().max_request_bytes, 1000);
}

#[test]
fn origins_are_patterns() {
    assert_eq!(read("access.control.allow.methods=GET\n").unwrap().cors, None);
    let cors = |origins: &str| read(&format!("access.control.allow.origin={origins}\n")).unwrap().cors;
    assert_eq!(cors(" "), None);
    let some = cors(r"http://ok.example, https://.*\\.wild\\.example,,").unwrap();
    assert_eq!(some.methods, ["GET", "POST", "HEAD"]);
    for (origin, allowed) in [
        ("http://ok.example", true),
        ("HTTP://OK.example", true),
        ("http://okxexample", true),
        ("https://a.b.wild.example", true),
        ("http://ok.example.evil", false),
        ("http://ok.example:80", false),
        ("http://evil", false),
        ("null", false),
        ("", false),
    ] {
        assert_eq!(some.allows(origin), allowed, "{origin}");
    }
    assert!(cors("http://a,*").unwrap().allows("anything"));
    refused(
        "access.control.allow.origin",
        &[("http://[a", "Invalid regex: unclosed character class"), ("a)(b", "regex")],
    );
    let more = "access.control.allow.origin=*\naccess.control.allow.methods=GET, PUT ,DELETE\n";
    assert_eq!(read(more).unwrap().cors.unwrap().methods, ["GET", "PUT", "DELETE"]);
    assert!(read("access.control.allow.origin=*\naccess.control.allow.methods=A B\n").unwrap_err().contains("`A B`"));
}

#[test]
fn headers_of_answers() {
    let text = |name: &str, add, text: &str| {
        let value = HeaderValueRule::Text(text.to_owned());
        HeaderRule { name: name.to_owned(), add, value }
    };
    let date =
        |name: &str, add, offset| HeaderRule { name: name.to_owned(), add, value: HeaderValueRule::Date(offset) };
    let rules = |value: &str| read(&format!("response.http.headers.config={value}\n")).unwrap().response_headers;
    assert_eq!(rules(" "), []);
    assert_eq!(
        rules(
            r#"set X-A:1, add  X-B:2 ,"set X-C:a, \\"b\\"" , setDate X-D:60000, ADDDATE X-E:-1000, SET X-F:  a b  ,set X-G:a:,"#
        ),
        [
            text("X-A", false, "1"),
            text("X-B", true, "2"),
            text("X-C", false, "a, \"b\""),
            date("X-D", false, 60_000),
            date("X-E", true, -1000),
            text("X-F", false, "a b"),
            text("X-G", false, "a:"),
        ]
    );
    let expected = "Expected: '[action] [header name]:[header value]'";
    refused(
        "response.http.headers.config",
        &[
            ("set", &format!("Invalid format of header config 'set'. {expected}")),
            ("set X:1,,set Y:2", &format!("Invalid format of header config ''. {expected}")),
            ("put X:1", "Invalid header config action: 'put'. Expected one of [set, add, setDate, addDate]"),
            (
                "set X",
                "Invalid format of header name and header value pair 'X'. Expected: '[header name]:[header value]'",
            ),
            ("set X:", "Invalid format of header name and header value pair 'X:'. Expected"),
            ("set X:http://a", "Invalid format of header name and header value pair 'X:http://a'. Expected"),
            ("set X Y:1", "Invalid header name 'X Y'. The '[header name]' cannot contain whitespace"),
            ("set :1", "Invalid header name ''. The '[header name]' cannot contain whitespace"),
            ("set X(:1", "Invalid header config 'set X(:1'."),
            ("setDate X:abc", "Invalid header config 'setDate X:abc'. A date is a number of milliseconds"),
            ("set Content-Length:5", "Invalid header config 'set Content-Length:5'. The server itself sets"),
        ],
    );
}

const HTTPS: &str = "listeners=https://h:1\n";

#[test]
fn tls_is_read_below_the_prefix_or_without_it_never_mixed() {
    let tls = |more: &str| read(&format!("{HTTPS}{more}")).unwrap().tls.unwrap();
    let plain = tls("ssl.keystore.location=k.p12\nssl.keystore.password=s\nssl.client.auth=required\n");
    let file = StoreFile { location: "/base/k.p12".into(), store_type: None, password: Some(Password::new("s")) };
    let expected = TlsConfig {
        prefix: String::new(),
        key_store: KeyStore::File { file: file.clone(), key_password: None },
        trust_store: None,
        client_auth: ClientAuth::Required,
        versions: vec![TlsVersion::V1_2, TlsVersion::V1_3],
        cipher_suites: Vec::new(),
    };
    assert_eq!(plain, expected);
    let prefixed = tls("ssl.client.auth=required\nssl.keystore.password=x\nssl.truststore.location=t\n\
                        listeners.https.ssl.keystore.location=/k\nlisteners.https.ssl.keystore.type=pem\n\
                        listeners.https.ssl.enabled.protocols=TLSv1.3\nlisteners.https.ssl.cipher.suites=A,B\n");
    let file = StoreFile { location: "/k".into(), store_type: Some(StoreType::Pem), password: None };
    let expected = TlsConfig {
        prefix: "listeners.https.".to_owned(),
        key_store: KeyStore::File { file, key_password: None },
        trust_store: None,
        client_auth: ClientAuth::None,
        versions: vec![TlsVersion::V1_3],
        cipher_suites: vec!["A".to_owned(), "B".to_owned()],
    };
    assert_eq!(prefixed, expected);
    let more = "ssl.keystore.key=KEY\nssl.keystore.certificate.chain=CHAIN\nssl.truststore.certificates=CA\n\
                ssl.key.password=pw\n";
    let inline = tls(more);
    let key_store = KeyStore::Inline {
        key: Password::new("KEY"),
        key_password: Some(Password::new("pw")),
        certificates: Password::new("CHAIN"),
    };
    assert_eq!((inline.key_store, inline.trust_store), (key_store, Some(TrustStore::Inline(Password::new("CA")))));
    let shown = format!("{:?}", tls(more));
    assert!(!shown.contains("KEY") && !shown.contains("pw") && shown.contains("[hidden]"), "{shown}");
}

#[test]
fn administrative_listeners_have_tls_of_their_own() {
    let config = read("admin.listeners=https://h:1\nadmin.listeners.https.ssl.keystore.location=/a\n").unwrap();
    assert_eq!(config.tls, None);
    assert_eq!(config.admin_tls.unwrap().prefix, "admin.listeners.https.");
}

#[test]
fn tls_that_cannot_be_is_refused_by_name() {
    let error = |more: &str| read(&format!("{HTTPS}{more}")).unwrap_err();
    assert_eq!(
        error("listeners.https.ssl.client.auth=none\nssl.keystore.location=/k\n"),
        "w.properties: listeners.https.ssl.keystore.location: https listeners need a certificate and its key, and none \
         is set (allowed: a file with certificate and key, PEM or PKCS12)"
    );
    assert_eq!(
        error("ssl.keystore.location=/k\nssl.keystore.type=BCFKS\n"),
        "w.properties: Invalid value BCFKS for configuration ssl.keystore.type: stores of this type are not read \
         (allowed: PEM or PKCS12)"
    );
    assert_eq!(
        error("ssl.keystore.location=/k\nssl.enabled.protocols=TLSv1.1,TLSv1.2\n"),
        "w.properties: Invalid value TLSv1.1 for configuration ssl.enabled.protocols: this version is not spoken \
         (allowed: TLSv1.2, TLSv1.3)"
    );
    for (more, tail) in [
        ("ssl.keystore.location=/k\nssl.keystore.key=K\n", "Both SSL key store location and separate private key"),
        ("ssl.keystore.key=K\n", "SSL private key is specified, but certificate chain is not specified."),
        ("ssl.keystore.certificate.chain=K\n", "SSL certificate chain is specified, but private key is not specified"),
        (
            "ssl.keystore.location=/k\nssl.truststore.location=/t\nssl.truststore.certificates=C\n",
            "Both SSL trust store location and separate trust certificates are specified.",
        ),
        (
            "ssl.client.auth=Required\n",
            "Invalid value Required for configuration ssl.client.auth: String must be one of: required, requested, none",
        ),
    ] {
        assert!(error(more).contains(tail), "{more}: {}", error(more));
    }
    assert!(read("ssl.client.auth=Required\n").is_err());
}

#[test]
fn keys_below_the_prefix_that_mean_nothing_are_told() {
    let more = format!(
        "{HTTPS}listeners.https.ssl.keystore.location=/k\nlisteners.https.ssl.provider=X\nlisteners.https.ssl.keystor=x\n\
         admin.listeners.https.ssl.client.auth=none\nadmin.request.timeout.ms=1\n"
    );
    let (_, warnings) = read_all(&more).unwrap();
    assert_eq!(
        warnings,
        [
            "w.properties: listeners.https.ssl.keystor has no effect: it is not a key of https listeners",
            "w.properties: listeners.https.ssl.provider has no effect: it is about Java's TLS or about clients",
        ]
    );
}
