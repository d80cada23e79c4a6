use super::*;
use std::path::PathBuf;

fn config(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn worker(pairs: &[(&str, &str)]) -> SandboxConfig {
    let parsed = sandbox_def().parse(&config(pairs)).unwrap();
    SandboxConfig::from_parsed(&parsed, Path::new("/base")).unwrap()
}

fn connector(worker: &SandboxConfig, pairs: &[(&str, &str)]) -> Result<SandboxConfig, Vec<String>> {
    worker
        .for_connector_in(&config(pairs), Path::new("/base"))
        .map_err(|errors| errors.into_iter().map(|(key, message)| format!("{key} | {message}")).collect())
}

#[test]
fn defaults() {
    let sandbox = SandboxConfig::default();
    assert_eq!(sandbox, worker(&[]));
    assert_eq!((sandbox.memory_default, sandbox.memory_max, sandbox.memory_total), (64 << 20, 256 << 20, None));
    assert_eq!((sandbox.instances_max, sandbox.calls_max), (2_000, 2_048));
    assert_eq!((sandbox.call_cpu, sandbox.call_timeout), (Duration::from_secs(60), Duration::from_secs(240)));
    assert_eq!((sandbox.batch_max_bytes, sandbox.batch_max_records), (16 << 20, 10_000));
    assert_eq!(sandbox.compile_memory, 4 << 30);
    assert!(sandbox.fs_allow.is_empty() && sandbox.net_allow.is_empty() && sandbox.env_allow.is_empty());
}

#[test]
fn allowed_paths_are_absolute_and_without_dots() {
    let sandbox = worker(&[("sandbox.fs.allow", "/data/in:ro, out/./x/../y:rw,,/a:b:ro")]);
    let expected = [("/data/in", false), ("/base/out/y", true), ("/a:b", false)];
    let allow = |(path, writable): (&str, bool)| FsAllow { path: PathBuf::from(path), writable };
    assert_eq!(sandbox.fs_allow, expected.map(allow));
    for entry in ["/data", "/data:rx", ":ro", ""] {
        assert!(FsAllow::parse(entry, Path::new("/base")).is_err(), "{entry}");
    }
    assert_eq!(absolute(Path::new("../../../x"), Path::new("/base")), Path::new("/x"));
}

#[test]
fn a_grant_covers_what_is_below_it() {
    let allow = |entry| FsAllow::parse(entry, Path::new("/")).unwrap();
    assert!(allow("/data:rw").covers(&allow("/data/a:ro")));
    assert!(!allow("/data:ro").covers(&allow("/data/a:rw")));
    assert!(!allow("/data:ro").covers(&allow("/data2:ro")));
    assert!(!allow("/data/a:ro").covers(&allow("/data:ro")));
}

#[test]
fn a_connector_may_ask_for_less() {
    let worker = worker(&[("sandbox.fs.allow", "/data:rw"), ("sandbox.env.allow", "A,B")]);
    assert_eq!(connector(&worker, &[("file", "x")]), Ok(worker.clone()));
    let own = connector(
        &worker,
        &[
            ("sandbox.memory.max.bytes", "1048576"),
            ("sandbox.call.timeout.ms", " 1000 "),
            ("sandbox.fs.allow", "/data/in:ro"),
            ("sandbox.env.allow", "B"),
        ],
    )
    .unwrap();
    assert_eq!((own.memory_max, own.memory_default), (1 << 20, 1 << 20), "the default is below the maximum");
    assert_eq!(own.call_timeout, Duration::from_secs(1));
    assert_eq!(own.start_timeout, worker.start_timeout);
    assert_eq!((own.fs_allow[0].to_string(), own.env_allow), ("/data/in:ro".to_owned(), vec!["B".to_owned()]));
}

#[test]
fn memory_may_be_raised_to_the_worker_s_maximum() {
    let worker = worker(&[]);
    let own = connector(&worker, &[("sandbox.memory.default.bytes", "268435456")]).unwrap();
    assert_eq!(own.memory_default, 256 << 20);
}

#[test]
fn a_connector_may_not_ask_for_more() {
    let worker = worker(&[("sandbox.fs.allow", "/data:ro")]);
    let errors = connector(
        &worker,
        &[
            ("sandbox.memory.max.bytes", "268435457"),
            ("sandbox.instances.max", "1"),
            ("sandbox.fs.allow", "/data/x:rw"),
            ("sandbox.net.allow", "*:443"),
            ("sandbox.handles.max", "0"),
        ],
    )
    .unwrap_err();
    assert_eq!(
        errors,
        [
            "sandbox.handles.max | Invalid value 0 for configuration sandbox.handles.max: Value must be at least 1",
            "sandbox.memory.max.bytes | Invalid value 268435457 for configuration sandbox.memory.max.bytes: Value must be \
             no more than 268435456, this worker's sandbox.memory.max.bytes",
            "sandbox.instances.max | Invalid value 1 for configuration sandbox.instances.max: this can only be set for the \
             whole worker",
        ]
    );
    let errors = connector(&worker, &[("sandbox.fs.allow", "/data/x:rw"), ("sandbox.net.allow", "*:443")]).unwrap_err();
    assert_eq!(
        errors,
        [
            "sandbox.fs.allow | Invalid value /data/x:rw for configuration sandbox.fs.allow: /data/x:rw is not within \
             sandbox.fs.allow of this worker",
            "sandbox.net.allow | Invalid value *:443 for configuration sandbox.net.allow: *:443 is not within \
             sandbox.net.allow of this worker",
        ]
    );
    let errors = connector(&worker, &[("sandbox.fs.allow", "/data")]).unwrap_err();
    assert_eq!(
        errors,
        [
            "sandbox.fs.allow | Invalid value /data for configuration sandbox.fs.allow: `/data` is not a path with :ro or :rw \
          behind it"
        ]
    );
}
