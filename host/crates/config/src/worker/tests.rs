use super::*;
use crate::connector_file::read_connector_file;
use crate::properties::{parse_properties, read_properties};

const LEAST: &str = "bootstrap.servers=h:9092\nkey.converter=K\nvalue.converter=V\n";

fn read(more: &str) -> Result<(WorkerConfig, Vec<String>), String> {
    let properties = parse_properties(&format!("{LEAST}{more}"), "w.properties").unwrap();
    WorkerConfig::from_properties_in(&properties, "w.properties", Path::new("/base")).map_err(|error| error.to_string())
}

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn kafka_s_sample_files_are_read_unchanged() {
    let properties = read_properties(&sample("connect-standalone.properties")).unwrap();
    let (config, warnings) = WorkerConfig::from_properties(properties, "connect-standalone.properties").unwrap();
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(config.bootstrap_servers, "localhost:9092");
    assert_eq!(config.key_converter.class, "org.apache.kafka.connect.json.JsonConverter");
    assert_eq!(config.key_converter.config, map(&[("schemas.enable", "true")]));
    assert_eq!(config.value_converter, config.key_converter);
    assert_eq!(config.offset_storage_file, Some(PathBuf::from("/tmp/connect.offsets")));
    assert_eq!(config.offset_flush_interval, Duration::from_secs(10));

    let source = read_connector_file(&sample("connect-file-source.properties")).unwrap();
    let expected = [
        ("name", "local-file-source"),
        ("connector.class", "FileStreamSource"),
        ("tasks.max", "1"),
        ("file", "test.txt"),
        ("topic", "connect-test"),
    ];
    assert_eq!((source.config, source.initial_state), (map(&expected), None));
    let sink = read_connector_file(&sample("connect-file-sink.properties")).unwrap();
    assert_eq!(sink.config.get("topics").map(String::as_str), Some("connect-test"));
}

#[test]
fn defaults() {
    let (config, warnings) = read("").unwrap();
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(config.rest, RestConfig::default());
    assert_eq!(config.header_converter.class, "org.apache.kafka.connect.storage.SimpleHeaderConverter");
    assert_eq!(
        (config.offset_flush_interval, config.offset_flush_timeout),
        (Duration::from_secs(60), Duration::from_secs(5))
    );
    assert_eq!(config.connector_client_config_override_policy, OverridePolicy::All);
    assert_eq!(config.consumer_prefetch_total_bytes, 256 << 20);
    assert_eq!(config.sandbox, SandboxConfig::default());
    assert!(config.topic_creation_enable && !config.embedded && config.plugin_path.is_empty());
    assert_eq!((config.offset_storage_file, config.cache_dir, config.embedded_data_dir), (None, None, None));
}

#[test]
fn paths_resolve_against_the_working_directory() {
    let more = "plugin.path=plugins, /opt/x/../y\noffset.storage.file.filename=o/offsets\nsandbox.cache.dir=../cache\n\
                sandbox.fs.allow=in:ro\n";
    let (config, _) = read(more).unwrap();
    assert_eq!(config.plugin_path, [PathBuf::from("/base/plugins"), PathBuf::from("/opt/y")]);
    assert_eq!(config.offset_storage_file, Some(PathBuf::from("/base/o/offsets")));
    assert_eq!(config.cache_dir, Some(PathBuf::from("/cache")));
    assert_eq!(config.sandbox.fs_allow[0].path, Path::new("/base/in"));
}

#[test]
fn the_embedded_stream() {
    let (config, _) = read("bootstrap.servers=embedded\nembedded.fsync=commit\nembedded.data.dir=d\n").unwrap();
    assert!(config.embedded);
    assert_eq!((config.embedded_fsync, config.embedded_data_dir), (EmbeddedFsync::Commit, Some("/base/d".into())));
    assert!(read("bootstrap.servers=embedded,h:1\n").unwrap_err().contains("embedded stands alone"));
}

#[test]
fn client_settings_keep_their_names() {
    let more = "security.protocol=SSL\nssl.truststore.location=/t\nssl.client.auth=required\nsasl.mechanism=PLAIN\n\
                metadata.max.age.ms=5\nproducer.linger.ms=7\nconsumer.max.poll.records=9\n\
                consumer.prefetch.total.bytes=1000\nadmin.request.timeout.ms=3\n";
    let (config, warnings) = read(more).unwrap();
    let common = [
        ("security.protocol", "SSL"),
        ("ssl.truststore.location", "/t"),
        ("sasl.mechanism", "PLAIN"),
        ("metadata.max.age.ms", "5"),
    ];
    assert_eq!(config.client.common, map(&common));
    assert_eq!(config.client.producer, map(&[("linger.ms", "7")]));
    assert_eq!(config.client.consumer, map(&[("max.poll.records", "9")]));
    assert_eq!(config.client.admin, map(&[("request.timeout.ms", "3")]));
    assert_eq!(config.consumer_prefetch_total_bytes, 1000);
    assert_eq!(warnings, Vec::<String>::new());
}

#[test]
fn wrong_values_are_one_line_with_file_key_value_and_what_is_allowed() {
    for (more, expected) in [
        (
            "offset.flush.interval.ms=soon\n",
            "w.properties: Invalid value soon for configuration offset.flush.interval.ms: Not a number of type LONG \
             (allowed: a whole number of at least 1)",
        ),
        (
            "sandbox.handles.max=0\n",
            "w.properties: Invalid value 0 for configuration sandbox.handles.max: Value must be at least 1 (allowed: a \
             whole number from 1 to 2147483648)",
        ),
        (
            "embedded.fsync=always\n",
            "w.properties: Invalid value always for configuration embedded.fsync: String must be one of: none, commit \
             (allowed: one of none, commit)",
        ),
        (
            "sandbox.fs.allow=/data\n",
            "w.properties: Invalid value /data for configuration sandbox.fs.allow: `/data` is not a path with :ro or :rw \
             behind it (allowed: paths, each with :ro or :rw behind it)",
        ),
        (
            "bootstrap.servers=h\n",
            "w.properties: Invalid value h for configuration bootstrap.servers: h has no port (allowed: HOST:PORT, several \
             separated by commas, or embedded)",
        ),
        (
            "connector.client.config.override.policy=Some\n",
            "w.properties: Invalid value Some for configuration connector.client.config.override.policy: Class Some could \
             not be found. (allowed: All, None, Principal, Allowlist)",
        ),
    ] {
        assert_eq!(read(more).unwrap_err(), expected);
    }
    let missing = WorkerConfig::from_properties(BTreeMap::new(), "w.properties").unwrap_err();
    assert_eq!((missing.key.as_str(), missing.value.as_deref()), ("bootstrap.servers", None));
    assert_eq!(
        missing.to_string(),
        "w.properties: Missing required configuration \"bootstrap.servers\" which has no default value. (allowed: a \
         comma-separated list)"
    );
}

#[test]
fn keys_of_kafka_s_workers_that_mean_nothing_here_are_told_with_the_reason() {
    let more = "key.converter.plugin.version=1\nplugin.discovery=only_scan\nmetric.reporters=\n\
                internal.key.converter=x\n";
    let (_, warnings) = read(more).unwrap();
    assert_eq!(warnings.len(), more.lines().count(), "{warnings:?}");
    for warning in &warnings {
        assert!(warning.contains(" has no effect: "), "{warning}");
    }
}

#[test]
fn topics_are_tracked_unless_told_otherwise() {
    let tracking = |more: &str| {
        let (config, warnings) = read(more).unwrap();
        assert_eq!(warnings, Vec::<String>::new());
        (config.topic_tracking_enable, config.topic_tracking_allow_reset)
    };
    assert_eq!(tracking(""), (true, true));
    assert_eq!(tracking("topic.tracking.allow.reset=false\n"), (true, false));
    assert_eq!(tracking("topic.tracking.enable=false\n"), (false, true));
}

#[test]
fn keys_that_are_not_read_are_told() {
    let more = "group.id=g\nplugin.discovery=hybrid_warn\nofset.flush.interval.ms=1\nkey.converter.anything=x\n\
                metrics.sample.window.ms=1\nstatus.storage.topic=s\n";
    let (_, warnings) = read(more).unwrap();
    assert_eq!(
        warnings,
        [
            "w.properties: group.id has no effect: it belongs to distributed workers",
            "w.properties: metrics.sample.window.ms has no effect: metrics are served over HTTP",
            "w.properties: ofset.flush.interval.ms is not a key of workers and has no effect",
            "w.properties: plugin.discovery has no effect: plugins are found by looking into plugin.path",
            "w.properties: status.storage.topic has no effect: it belongs to distributed workers",
        ]
    );
}

#[test]
fn override_policies() {
    let policy = |more: &str| read(more).unwrap().0.connector_client_config_override_policy;
    let key = "connector.client.config.override.policy";
    assert!(policy("").check("anything").is_ok());
    assert_eq!(
        policy(&format!("{key}=None\n")).check("linger.ms").unwrap_err(),
        "The 'None' policy does not allow 'linger.ms' to be overridden in the connector configuration."
    );
    let class = "org.apache.kafka.connect.connector.policy.PrincipalConnectorClientConfigOverridePolicy";
    let principal = policy(&format!("{key}={class}\n"));
    assert!(principal.check("sasl.mechanism").is_ok() && principal.check("acks").is_err());
    let list = policy(&format!("{key}=Allowlist\nconnector.client.config.override.allowlist=acks, linger.ms\n"));
    assert!(list.check("linger.ms").is_ok() && list.check("retries").is_err());
}

const ENV: &str = "config.providers=env\nconfig.providers.env.class=EnvVar\n";

#[test]
fn placeholders_in_the_workers_own_values_are_resolved() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("secrets.properties");
    std::fs::write(&file, "password=s3cret-password\nflush=soon-enough\n").unwrap();
    let providers = format!(
        "config.providers=f, env\nconfig.providers.f.class=org.apache.kafka.common.config.provider.FileConfigProvider\n\
         config.providers.f.param.allowed.paths={}\nconfig.providers.env.class=EnvVarConfigProvider\n",
        dir.path().display()
    );
    let file = file.display();
    let more = format!(
        "{providers}producer.sasl.password=${{f:{file}:password}}\nkey.converter.name=${{env:CARGO_PKG_NAME}}\n\
         plugin.path=/p/${{env:CARGO_PKG_NAME}}\nsandbox.cache.dir=/c/${{env:CARGO_PKG_NAME}}\n\
         rest.advertised.host.name=${{other:x}}\n"
    );
    let (config, warnings) = read(&more).unwrap();
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(config.client.producer, map(&[("sasl.password", "s3cret-password")]));
    assert_eq!(config.key_converter.config, map(&[("name", "cofferdam-config")]));
    assert_eq!(config.cache_dir, Some(PathBuf::from("/c/cofferdam-config")));
    assert_eq!(config.plugin_path, [PathBuf::from("/p/${env:CARGO_PKG_NAME}")], "as it is written");
    assert_eq!(config.rest.advertised.host_name.as_deref(), Some("${other:x}"));
    assert_eq!(
        config.secrets.redact("SASL said no to s3cret-password"),
        format!("SASL said no to ${{f:{file}:password}}")
    );
    assert!(config.providers.applies_to(&map(&[("k", "${env:X}")])));
    assert!(!format!("{:?} {:?}", config.providers, config.secrets).contains("s3cret"));

    let error = read(&format!("{providers}offset.flush.interval.ms=${{f:{file}:flush}}\n")).unwrap_err();
    assert_eq!(
        error,
        format!(
            "w.properties: Invalid value ${{f:{file}:flush}} for configuration offset.flush.interval.ms: the value \
             resolved from the config provider reference failed validation (allowed: a whole number of at least 1)"
        )
    );
}

#[test]
fn providers_that_cannot_be_made_or_asked_stop_the_start_with_one_line() {
    let classes = "org.apache.kafka.common.config.provider.FileConfigProvider, \
                   org.apache.kafka.common.config.provider.DirectoryConfigProvider or \
                   org.apache.kafka.common.config.provider.EnvVarConfigProvider";
    for (more, expected) in [
        (
            "config.providers=v\nconfig.providers.v.class=com.example.Vault\n",
            format!(
                "w.properties: Invalid value com.example.Vault for configuration config.providers.v.class: Could not load \
                 config provider class or one of its dependencies (allowed: {classes})"
            ),
        ),
        (
            "config.providers=v\nconfig.providers.v.class=\n",
            format!(
                "w.properties: Invalid value  for configuration config.providers.v.class: Could not load config provider \
                 class or one of its dependencies (allowed: {classes})"
            ),
        ),
        (
            "config.providers=f\nconfig.providers.f.class=File\nconfig.providers.f.param.allowed.paths=rel\n",
            "w.properties: Path rel is not absolute (allowed: for config.providers.f.param.allowed.paths: absolute paths \
             that exist, separated by commas without blanks)"
                .to_owned(),
        ),
        (
            "config.providers=e\nconfig.providers.e.class=EnvVar\nconfig.providers.e.param.allowlist.pattern=(\n",
            "w.properties: Invalid regex: unclosed group (allowed: for config.providers.e.param.allowlist.pattern: a \
             regular expression that the whole name of a variable matches)"
                .to_owned(),
        ),
        (
            "config.providers=f\nconfig.providers.f.class=File\nlisteners=${f:/nonexistent:k}\n",
            "w.properties: Could not read properties from file /nonexistent: No such file or directory (os error 2) \
             (allowed: for listeners: what its config provider can read)"
                .to_owned(),
        ),
        (
            "config.providers=e,\nconfig.providers.e.class=EnvVar\n",
            "w.properties: Configuration 'config.providers' values must not be empty. (allowed: names of config providers, \
             separated by commas)"
                .to_owned(),
        ),
    ] {
        assert_eq!(read(more).unwrap_err(), expected);
    }
}

#[test]
fn providers_without_effect_are_told() {
    let more = "config.providers=env,vault\nconfig.providers.env.class=EnvVar\n\
                config.providers.env.param.allowlist.patern=.*\nconfig.providers.env.param.allowlist.pattern=.*\n\
                config.providers.other.class=File\nrest.advertised.host.name=${vault:x}\n";
    let (config, warnings) = read(more).unwrap();
    assert_eq!(
        warnings,
        [
            "w.properties: config.providers.env.param.allowlist.patern has no effect: the provider has no such setting",
            "w.properties: config.providers.other.class has no effect: config.providers does not name such a provider",
            "w.properties: the config provider vault is left out: config.providers.vault.class is not set",
        ]
    );
    assert_eq!(config.rest.advertised.host_name.as_deref(), Some("${vault:x}"));
    let dir = tempfile::tempdir().unwrap();
    let more = format!(
        "{ENV}config.providers=f\nconfig.providers.f.class=File\nconfig.providers.f.param.allowed.paths={}\n\
         rest.advertised.host.name=${{f:/etc/passwd:root}}\n",
        dir.path().display()
    );
    let (config, warnings) = read(&more).unwrap();
    assert_eq!(config.rest.advertised.host_name.as_deref(), Some("${f:/etc/passwd:root}"));
    assert_eq!(warnings[1], "w.properties: The path /etc/passwd is not allowed to be accessed");
}
