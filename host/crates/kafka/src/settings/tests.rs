use super::*;

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// The settings of a kind with these keys given by the connector.
fn settings(kind: ClientKind, overrides: &[(&str, &str)]) -> Result<(ClientSettings, Vec<String>), SettingsError> {
    let none = BTreeMap::new();
    client_settings(kind, "b:9092", &none, &none, &map(overrides), "c", (kind == ClientKind::Consumer).then_some("g"))
}

fn get(kind: ClientKind, overrides: &[(&str, &str)], name: &str) -> String {
    settings(kind, overrides).unwrap().0.get(name).unwrap_or("(unset)").to_owned()
}

/// Creates a client, so that librdkafka checks how the settings go together.
fn accepted(settings: &ClientSettings) {
    let config = settings.native();
    let created = match settings.kind() {
        ClientKind::Consumer => config.create::<rdkafka::consumer::BaseConsumer>().map(drop),
        _ => config.create::<rdkafka::producer::BaseProducer>().map(drop),
    };
    created.unwrap();
}

const KINDS: [ClientKind; 3] = [ClientKind::Producer, ClientKind::Consumer, ClientKind::Admin];

#[test]
fn the_defaults_are_those_of_kafkas_java_clients_under_connect() {
    let producer = |name| get(ClientKind::Producer, &[], name);
    let consumer = |name| get(ClientKind::Consumer, &[], name);
    for (name, value) in [
        ("partitioner", "murmur2_random"),
        ("acks", "all"),
        ("enable.idempotence", "false"),
        ("max.in.flight.requests.per.connection", "1"),
        ("delivery.timeout.ms", "2147483647"),
        ("retries", "2147483647"),
        ("linger.ms", "5"),
        ("message.max.bytes", "1048576"),
        ("queue.buffering.max.kbytes", "32768"),
        ("connections.max.idle.ms", "540000"),
        ("client.id", "c"),
        ("bootstrap.servers", "b:9092"),
        ("topic.metadata.propagation.max.ms", "2147000"),
        ("group.id", "(unset)"),
    ] {
        assert_eq!(producer(name), value, "{name}");
    }
    for (name, value) in [
        ("partition.assignment.strategy", "range"),
        ("isolation.level", "read_uncommitted"),
        ("allow.auto.create.topics", "true"),
        ("auto.offset.reset", "earliest"),
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("check.crcs", "true"),
        ("session.timeout.ms", "45000"),
        ("fetch.max.bytes", "52428800"),
        ("max.partition.fetch.bytes", "1048576"),
        ("reconnect.backoff.max.ms", "1000"),
        ("group.id", "g"),
    ] {
        assert_eq!(consumer(name), value, "{name}");
    }
    assert_eq!(get(ClientKind::Admin, &[], "allow.auto.create.topics"), "false");
}

#[test]
fn librdkafka_takes_every_default() {
    for kind in KINDS {
        let (settings, warnings) = settings(kind, &[]).unwrap();
        assert_eq!(warnings, [""; 0]);
        accepted(&settings);
    }
}

#[test]
fn each_level_replaces_the_one_before() {
    let (common, specific) = (map(&[("linger.ms", "1"), ("retries", "1")]), map(&[("linger.ms", "2"), ("acks", "1")]));
    let overrides = map(&[("linger.ms", "3")]);
    let made = client_settings(ClientKind::Producer, "b", &common, &specific, &overrides, "c", None).unwrap().0;
    assert_eq!([made.get("linger.ms"), made.get("acks"), made.get("retries")], [Some("3"), Some("1"), Some("1")]);
    // A wrong value that a higher level replaces does no harm.
    let wrong = map(&[("linger.ms", "much")]);
    assert!(client_settings(ClientKind::Producer, "b", &wrong, &wrong, &overrides, "c", None).is_ok());
    // Connect's own settings can be replaced as well.
    assert_eq!(get(ClientKind::Producer, &[("bootstrap.servers", "other:1"), ("client.id", "x")], "client.id"), "x");
}

#[test]
fn java_names_become_librdkafkas() {
    let producer = |key, value, name| get(ClientKind::Producer, &[(key, value)], name);
    let consumer = |key, value, name| get(ClientKind::Consumer, &[(key, value)], name);
    assert_eq!(producer("max.request.size", "2000000", "message.max.bytes"), "2000000");
    assert_eq!(producer("buffer.memory", "1025", "queue.buffering.max.kbytes"), "2");
    assert_eq!(producer("delivery.timeout.ms", "120000", "delivery.timeout.ms"), "120000");
    assert_eq!(producer("request.timeout.ms", "7000", "socket.timeout.ms"), "7000");
    assert_eq!(producer("request.timeout.ms", "7000", "request.timeout.ms"), "7000");
    assert_eq!(producer("metadata.max.age.ms", "1000", "topic.metadata.refresh.interval.ms"), "1000");
    assert_eq!(producer("metadata.max.age.ms", "1000", "metadata.max.age.ms"), "3000");
    assert_eq!(producer("send.buffer.bytes", "-1", "socket.send.buffer.bytes"), "0");
    assert_eq!(producer("connections.max.idle.ms", "-1", "connections.max.idle.ms"), "0");
    assert_eq!(producer("compression.type", "zstd", "compression.type"), "zstd");
    assert_eq!(producer("partitioner.ignore.keys", "true", "partitioner"), "random");
    assert_eq!(producer("max.block.ms", "60000", "topic.metadata.propagation.max.ms"), "60000");
    assert_eq!(producer("ssl.endpoint.identification.algorithm", "", "ssl.endpoint.identification.algorithm"), "none");
    assert_eq!(consumer("fetch.max.wait.ms", "10", "fetch.wait.max.ms"), "10");
    assert_eq!(consumer("auto.offset.reset", "none", "auto.offset.reset"), "error");
    assert_eq!(consumer("isolation.level", "read_committed", "isolation.level"), "read_committed");
    let levels = [("compression.type", "gzip"), ("compression.gzip.level", "9"), ("compression.zstd.level", "3")];
    assert_eq!(get(ClientKind::Producer, &levels, "compression.level"), "9");
}

#[test]
fn assignors_are_known_by_their_class() {
    let strategy = |classes: &str| {
        get(ClientKind::Consumer, &[("partition.assignment.strategy", classes)], "partition.assignment.strategy")
    };
    let package = "org.apache.kafka.clients.consumer.";
    assert_eq!(strategy(&format!("{package}CooperativeStickyAssignor")), "cooperative-sticky");
    assert_eq!(strategy("org.apache.kafka.clients.consumer.RoundRobinAssignor"), "roundrobin");
    // Java's default list: rebalances eagerly as long as both are in it.
    assert_eq!(strategy(&format!("{package}RangeAssignor,{package}CooperativeStickyAssignor")), "range");
    let sticky = settings(ClientKind::Consumer, &[("partition.assignment.strategy", "StickyAssignor")]).unwrap_err();
    assert!(sticky.reason.contains("StickyAssignor is not available"), "{sticky}");
}

#[test]
fn librdkafkas_names_are_accepted_and_their_synonyms_do_not_compete() {
    assert_eq!(get(ClientKind::Consumer, &[("queued.min.messages", "7")], "queued.min.messages"), "7");
    let (settings, _) =
        settings(ClientKind::Producer, &[("message.timeout.ms", "9"), ("request.required.acks", "1")]).unwrap();
    assert_eq!([settings.get("delivery.timeout.ms"), settings.get("acks")], [Some("9"), Some("1")]);
    assert_eq!([settings.get("message.timeout.ms"), settings.get("request.required.acks")], [None, None]);
}

#[test]
fn what_has_no_counterpart_is_named_with_the_reason() {
    let warned = |key: &str| {
        let (_, warnings) = settings(ClientKind::Producer, &[(key, "x")]).unwrap();
        assert_eq!(warnings.len(), 1, "{key}");
        assert!(warnings[0].starts_with(&format!("{key} is ignored: ")), "{warnings:?}");
    };
    let keys = ["interceptor.classes", "key.serializer", "ssl.protocol", "sasl.kerberos.service.name", "no.such.key"];
    keys.into_iter().for_each(warned);
    // The worker's own keys go to all kinds of clients: an unknown one is no news.
    let common = map(&[("some.worker.key", "x")]);
    let none = BTreeMap::new();
    let (_, warnings) = client_settings(ClientKind::Admin, "b", &common, &none, &none, "c", None).unwrap();
    assert_eq!(warnings, [""; 0]);
}

#[test]
fn a_wrong_value_names_key_value_and_reason() {
    let error = |kind, key: &str, value: &str| settings(kind, &[(key, value)]).unwrap_err().to_string();
    assert_eq!(
        error(ClientKind::Producer, "linger.ms", "soon"),
        "Invalid value soon for configuration linger.ms: Not a number of type INT"
    );
    assert_eq!(
        error(ClientKind::Consumer, "auto.offset.reset", "middle"),
        "Invalid value middle for configuration auto.offset.reset: String must be one of: earliest, latest, none"
    );
    let acks = error(ClientKind::Producer, "acks", "some");
    assert!(acks.starts_with("Invalid value some for configuration acks: "), "{acks}");
    let protocol = error(ClientKind::Producer, "security.protocol", "TLS");
    assert!(protocol.starts_with("Invalid value TLS for configuration security.protocol: "), "{protocol}");
    assert!(settings(ClientKind::Consumer, &[("max.poll.records", "0")]).is_err());
}

#[test]
fn numbers_beyond_librdkafkas_bounds_are_cut_and_told() {
    let (settings, warnings) = settings(ClientKind::Consumer, &[("session.timeout.ms", "4000000")]).unwrap();
    assert_eq!(settings.get("session.timeout.ms"), Some("3600000"));
    assert_eq!(warnings[0], "session.timeout.ms=4000000 is out of librdkafka's bounds, 3600000 is used instead");
    // Java's "for ever" is cut without a word.
    let (_, warnings) =
        super::tests::settings(ClientKind::Producer, &[("max.block.ms", "9223372036854775807")]).unwrap();
    assert_eq!(warnings, [""; 0]);
}

#[test]
fn defaults_give_way_where_librdkafka_would_refuse_the_client() {
    for (kind, overrides) in [
        (ClientKind::Consumer, vec![("max.poll.interval.ms", "10000")]),
        (ClientKind::Consumer, vec![("max.poll.interval.ms", "10000"), ("session.timeout.ms", "20000")]),
        (ClientKind::Consumer, vec![("fetch.max.bytes", "5000")]),
        (ClientKind::Consumer, vec![("fetch.max.bytes", "500000000"), ("max.partition.fetch.bytes", "100000000")]),
        (ClientKind::Consumer, vec![("group.protocol", "consumer"), ("session.timeout.ms", "10000")]),
        (ClientKind::Producer, vec![("enable.idempotence", "true")]),
        (ClientKind::Producer, vec![("transactional.id", "t")]),
        (ClientKind::Producer, vec![("transactional.id", "t"), ("transaction.timeout.ms", "10000")]),
    ] {
        accepted(&settings(kind, &overrides).unwrap().0);
    }
}

#[test]
fn jaas_gives_user_and_password() {
    let plain =
        "org.apache.kafka.common.security.plain.PlainLoginModule required\n  username=\"me\" password = \"p\\\"; =x\";";
    let keys = [("security.protocol", "SASL_SSL"), ("sasl.mechanism", "PLAIN"), ("sasl.jaas.config", plain)];
    for kind in KINDS {
        let (settings, _) = settings(kind, &keys).unwrap();
        assert_eq!(settings.get("sasl.username"), Some("me"));
        assert_eq!(settings.get("sasl.password"), Some("p\"; =x"));
        assert_eq!(settings.get("sasl.mechanisms"), Some("PLAIN"));
        assert_eq!(settings.get("ssl.ca.location"), Some("probe"));
        accepted(&settings);
        let shown = format!("{settings:?}");
        assert!(!shown.contains("=x") && shown.contains("[hidden]"), "{shown}");
    }
    let scram = "org.apache.kafka.common.security.scram.ScramLoginModule required username=a password='b';";
    let keys =
        [("security.protocol", "sasl_plaintext"), ("sasl.mechanism", "SCRAM-SHA-512"), ("sasl.jaas.config", scram)];
    assert_eq!(get(ClientKind::Consumer, &keys, "sasl.password"), "b");
}

#[test]
fn jaas_that_cannot_work_is_refused_without_showing_it() {
    let error = |mechanism: &str, jaas: &str| {
        let keys = [("security.protocol", "SASL_SSL"), ("sasl.mechanism", mechanism), ("sasl.jaas.config", jaas)];
        settings(ClientKind::Producer, &keys).unwrap_err().to_string()
    };
    let plain = |rest: &str| format!("org.apache.kafka.common.security.plain.PlainLoginModule required {rest}");
    for (mechanism, jaas, reason) in [
        ("GSSAPI", plain("username=a password=b;"), "Kerberos is not supported"),
        ("SCRAM-SHA-256", plain("username=a password=b;"), "does not fit sasl.mechanism=SCRAM-SHA-256"),
        ("PLAIN", plain("username=a password=b"), "the closing `;` is missing"),
        ("PLAIN", plain("username=a;"), "PlainLoginModule needs password"),
        ("PLAIN", plain("username=\"a;"), "is not closed by \""),
        ("PLAIN", plain("username=a password=b; more;"), "only one login module"),
        ("PLAIN", "a.PlainLoginModule password=hunter2;".into(), "expected `required` after the login module"),
        ("PLAIN", "password=hunter2 required x=y;".into(), "this login module is not supported"),
        ("PLAIN", "'password=hunter2 LoginModule' required;".into(), "this login module is not supported"),
        ("PLAIN", plain("username=a hunter2;"), "expected <name>=\"<value>\""),
        (
            "PLAIN",
            "com.sun.security.auth.module.Krb5LoginModule required x=y;".into(),
            "Krb5LoginModule is not supported",
        ),
    ] {
        let error = error(mechanism, &jaas);
        assert!(error.contains(reason) && !error.contains("hunter2"), "{error}");
        assert!(
            mechanism == "GSSAPI" || error.contains("Invalid value [hidden] for configuration sasl.jaas.config"),
            "{error}"
        );
    }
    let bare = settings(ClientKind::Producer, &[("security.protocol", "SASL_PLAINTEXT")]).unwrap_err();
    assert!(bare.reason.starts_with("Kerberos is not supported"), "{bare}");
}

#[test]
fn stores_are_read_as_pem_or_pkcs12() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (pem, p12) = (file("a.pem", b"-----BEGIN CERTIFICATE-----\n"), file("a.p12", &[0x30, 0x82, 1, 2]));
    let jks = file("a.jks", &[0xfe, 0xed, 0xfe, 0xed]);
    let named =
        |key, location: &str, name| get(ClientKind::Producer, &[(key, location), ("ssl.keystore.password", "x")], name);
    assert_eq!(named("ssl.truststore.location", &pem, "ssl.ca.location"), pem);
    assert_eq!(named("ssl.keystore.location", &pem, "ssl.key.location"), pem);
    assert_eq!(named("ssl.keystore.location", &pem, "ssl.certificate.location"), pem);
    assert_eq!(named("ssl.keystore.location", &p12, "ssl.keystore.location"), p12);
    assert_eq!(named("ssl.keystore.location", &p12, "ssl.keystore.password"), "x");
    for (key, location) in
        [("ssl.keystore.location", &jks), ("ssl.truststore.location", &jks), ("ssl.truststore.location", &p12)]
    {
        let error = settings(ClientKind::Producer, &[(key, location)]).unwrap_err();
        assert!(error.key == key && error.reason.contains("Convert it: keytool"), "{error}");
    }
    let typed = [("ssl.truststore.location", "/no/such.pem"), ("ssl.truststore.type", "PEM")];
    assert_eq!(get(ClientKind::Producer, &typed, "ssl.ca.location"), "/no/such.pem");
    let text = [
        ("ssl.truststore.certificates", "-----BEGIN CERTIFICATE-----"),
        ("ssl.keystore.key", "-----BEGIN PRIVATE KEY-----"),
    ];
    assert_eq!(get(ClientKind::Producer, &text, "ssl.key.pem"), "-----BEGIN PRIVATE KEY-----");
}

#[test]
fn the_prefetch_is_shared_out() {
    assert_eq!(
        [prefetch_share(256 << 20, 1), prefetch_share(256 << 20, 16), prefetch_share(256 << 20, 1000)],
        [64 << 20, 16 << 20, 1 << 20]
    );
    let (mut free, _) = settings(ClientKind::Consumer, &[("max.poll.records", "250")]).unwrap();
    free.set_prefetch(2 << 20);
    assert_eq!(free.get("queued.max.messages.kbytes"), Some("2048"));
    assert_eq!(free.max_poll_records(), Some(250));
    let (mut fixed, _) = settings(ClientKind::Consumer, &[("queued.max.messages.kbytes", "77")]).unwrap();
    fixed.set_prefetch(2 << 20);
    assert_eq!(fixed.get("queued.max.messages.kbytes"), Some("77"));
}
