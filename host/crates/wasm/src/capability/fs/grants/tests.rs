use super::*;
use cofferdam_config::{ConfigDef, ConfigKey, ConfigType, DefaultValue, Importance};
use cofferdam_plugin::{PluginType, Scope};

pub(crate) fn desc(capabilities: Vec<(Access, Scope)>) -> PluginDesc {
    let key =
        |name: &str, config_type| ConfigKey::new(name, config_type, DefaultValue::Null, Importance::High, "a path");
    PluginDesc {
        class: "org.x.Files".into(),
        task_class: "org.x.FilesTask".into(),
        plugin_type: PluginType::Source,
        version: "1".into(),
        documentation: String::new(),
        config: ConfigDef { keys: vec![key("file", ConfigType::String), key("files", ConfigType::List)] },
        capabilities: capabilities
            .into_iter()
            .map(|(access, scope)| Capability { access, scope, purpose: "test".into() })
            .collect(),
        location: "classpath".into(),
        wants_acknowledgements: false,
    }
}

pub(crate) fn from_config(key: &str) -> Scope {
    Scope::FromConfig(key.into())
}

fn allow(entries: &[&str]) -> Vec<FsAllow> {
    entries.iter().map(|entry| FsAllow::parse(entry, Path::new("/base")).unwrap()).collect()
}

fn config(key: &str, value: &str) -> ConfigMap {
    [(key.to_owned(), value.to_owned())].into()
}

/// What is granted, one line each.
fn describe(grants: &FsGrants) -> Vec<String> {
    let mut lines = Vec::new();
    let kind = |mode: Mode| if mode == Mode::Read { "read" } else { "write" };
    for Mount { host, rights, .. } in grants.mounts.iter() {
        let Some(host) = host else { continue };
        lines.extend(rights.all.map(|mode| format!("{}-directory {}", kind(mode), host.path().display())));
        let names = rights.names.iter();
        lines.extend(names.map(|(name, mode)| format!("{}-file {}", kind(*mode), host.path().join(name).display())));
    }
    lines
}

/// The outcome for one path: what is granted, or the error.
fn resolve(access: Access, path: &str, entries: &[&str]) -> Result<Vec<String>, String> {
    let (grants, verdicts) = FsGrants::resolve(
        &desc(vec![(access, from_config("file"))]),
        &config("file", path),
        &allow(entries),
        Path::new("/base"),
    );
    match verdicts.as_slice() {
        [] => Ok(describe(&grants)),
        [verdict] => {
            assert_eq!(verdict.name, "file");
            assert!(describe(&grants).is_empty());
            Err(verdict.errors.join("; "))
        }
        more => panic!("{more:?}"),
    }
}

#[test]
fn a_grant_is_within_what_is_allowed() {
    let entries = ["/data/in:ro", "/data/out:rw", "in.txt:ro"];
    for (access, path, granted) in [
        (Access::ReadFile, "/data/in/a.txt", "read-file /data/in/a.txt"),
        (Access::ReadFile, "/data/in/deep/er/a.txt", "read-file /data/in/deep/er/a.txt"),
        (Access::ReadFile, "../data/in/./x/../a.txt", "read-file /data/in/a.txt"),
        (Access::ReadFile, "in.txt", "read-file /base/in.txt"),
        (Access::ReadFile, "/data/out/a.txt", "read-file /data/out/a.txt"),
        (Access::WriteFile, " /data/out/a.txt ", "write-file /data/out/a.txt"),
        (Access::ReadDirectory, "/data/in", "read-directory /data/in"),
        (Access::ReadDirectory, "/data/in/", "read-directory /data/in"),
        (Access::WriteDirectory, "/data/out/today", "write-directory /data/out/today"),
    ] {
        let resolved =
            resolve(access, path, &entries).map(|granted| granted.join(",").trim_end_matches('/').to_owned());
        assert_eq!(resolved, Ok(granted.to_owned()), "{path}");
    }
}

#[test]
fn what_is_not_allowed_is_an_error_on_its_key() {
    let entries = ["/data/in:ro", "/data/out:rw"];
    let outside = "not within sandbox.fs.allow of this worker";
    let read_only = "read-only within sandbox.fs.allow of this worker (/data/in:ro)";
    for (access, path, reason) in [
        (Access::ReadFile, "/etc/passwd", outside),
        (Access::ReadFile, "/data/in/../../etc/passwd", outside),
        (Access::ReadFile, "/data/input/a.txt", outside),
        (Access::ReadFile, "a.txt", outside),
        (Access::ReadFile, "/", outside),
        (Access::ReadDirectory, "/data", outside),
        (Access::WriteFile, "/data/in/a.txt", read_only),
        (Access::WriteDirectory, "/data/in", read_only),
        (Access::ReadFile, "/data/in/", "not the path of a file"),
        (Access::ReadFile, "/data/in/x/..", "not the path of a file"),
        (Access::ReadFile, "/data/in/a\0b", "a path has no NUL character"),
    ] {
        let expected = Err(format!("Invalid value {path} for configuration file: {reason}"));
        assert_eq!(resolve(access, path, &entries), expected, "{path}");
    }
    assert_eq!(
        resolve(Access::ReadFile, "/etc/passwd", &[]),
        Err("Invalid value /etc/passwd for configuration file: not within sandbox.fs.allow of this worker".into())
    );
}

#[test]
fn an_unset_key_grants_nothing_and_is_no_error() {
    assert_eq!(resolve(Access::ReadFile, "", &[]), Ok(vec![]));
    assert_eq!(resolve(Access::Connect, "/etc/passwd", &[]), Ok(vec![]));
}

#[test]
fn lists_literals_and_templates() {
    let desc = desc(vec![
        (Access::ReadFile, from_config("files")),
        (Access::ReadFile, Scope::Literal("/etc/ssl/ca.pem".into())),
        (Access::WriteFile, Scope::Template("/data/{file}.log".into())),
    ]);
    let config: ConfigMap =
        [("files", "/data/a, /data/b,"), ("file", "x")].map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let (grants, verdicts) = FsGrants::resolve(&desc, &config, &allow(&["/data:rw"]), Path::new("/base"));
    assert_eq!(describe(&grants), ["read-file /data/a", "read-file /data/b", "write-file /data/x.log"]);
    let errors: Vec<_> = verdicts.iter().map(|verdict| (verdict.name.as_str(), verdict.errors[0].as_str())).collect();
    assert_eq!(
        errors,
        [(
            "connector.class",
            "Invalid value org.x.Files for configuration connector.class: it needs read-file /etc/ssl/ca.pem: not within \
             sandbox.fs.allow of this worker"
        )]
    );
}

#[test]
fn a_grant_is_shown_under_the_path_that_the_configuration_uses() {
    for (access, path, guest) in [
        (Access::ReadFile, "/data/in/a.txt", "/data/in"),
        (Access::ReadFile, "data/a.txt", "data"),
        (Access::ReadFile, "./data//a.txt", "data"),
        (Access::ReadFile, "a.txt", "."),
        (Access::ReadFile, "/a.txt", "/"),
        (Access::ReadFile, "../a.txt", ".."),
        (Access::ReadDirectory, "data/", "data"),
        (Access::ReadDirectory, ".", "."),
    ] {
        let desc = desc(vec![(access, from_config("file"))]);
        let (grants, verdicts) =
            FsGrants::resolve(&desc, &config("file", path), &allow(&["/:ro"]), Path::new("/base/here"));
        assert_eq!(verdicts, [], "{path}");
        let shown: Vec<&str> =
            grants.mounts.iter().filter(|mount| mount.host.is_some()).map(|mount| mount.guest.as_str()).collect();
        assert_eq!(shown, [guest], "{path}");
    }
}

#[test]
fn grants_in_one_directory_are_one_mount_and_add_up() {
    let desc = desc(vec![(Access::ReadDirectory, from_config("file")), (Access::WriteFile, from_config("files"))]);
    let config: ConfigMap =
        [("file", "/data"), ("files", "/data/x,/data/sub/y")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    let (grants, verdicts) = FsGrants::resolve(&desc, &config, &allow(&["/data:rw"]), Path::new("/"));
    assert_eq!(verdicts, []);
    let names = |name: &str| BTreeMap::from([(name.to_owned(), Mode::Write)]);
    let found: Vec<_> = grants.mounts.iter().map(|mount| (mount.guest.as_str(), mount.rights.clone())).collect();
    assert_eq!(
        found,
        [
            ("/", Rights::default()),
            ("/data", Rights { all: Some(Mode::Read), names: names("x") }),
            ("/data/sub", Rights { all: Some(Mode::Read), names: names("y") }),
        ]
    );
}

#[test]
fn paths_that_a_guest_cannot_tell_apart_are_refused() {
    let desc = desc(vec![(Access::ReadFile, from_config("files"))]);
    let (_, verdicts) =
        FsGrants::resolve(&desc, &config("files", "/data/a,data/b"), &allow(&["/:ro"]), Path::new("/base"));
    assert_eq!(verdicts.len(), 1);
    assert!(
        verdicts[0].errors[0].contains("cannot be told apart from /data; write both paths absolute"),
        "{verdicts:?}"
    );
    let (_, verdicts) =
        FsGrants::resolve(&desc, &config("files", "/base/data/a,data/b"), &allow(&["/:ro"]), Path::new("/base"));
    assert_eq!(verdicts, []);
}
