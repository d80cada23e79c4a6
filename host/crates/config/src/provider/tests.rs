use super::secrets::Secret;
use super::*;
use std::fs::{create_dir, write};
use std::os::unix::fs::symlink;
use tempfile::TempDir;

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn keys(keys: &[&str]) -> BTreeSet<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

fn environment(pattern: Option<&str>) -> Result<ConfigProvider, WrongParam> {
    let all = [("k", "K"), ("", "EMPTY"), ("k}", "never"), ("again", "${p:k}"), ("b:c", "BC")];
    let all = all.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter();
    EnvVarConfigProvider::new(pattern, all).map(ConfigProvider::EnvVar)
}

fn file(allowed: Option<&str>) -> ConfigProvider {
    ConfigProvider::File(FileConfigProvider { allowed: AllowedPaths::parse(allowed).unwrap() })
}

fn directory(allowed: Option<&str>) -> ConfigProvider {
    ConfigProvider::Directory(DirectoryConfigProvider { allowed: AllowedPaths::parse(allowed).unwrap() })
}

fn transformer(providers: Vec<(&str, ConfigProvider)>) -> ConfigTransformer {
    ConfigTransformer::new(providers.into_iter().map(|(name, provider)| (name.to_owned(), provider)).collect())
}

/// What the real `ConfigTransformer` of Kafka 4.3.1 was seen to make of these.
#[test]
fn placeholders_are_what_kafka_takes_for_one() {
    let same = || environment(None).unwrap();
    let transformer = transformer(vec![("p", same()), ("", same()), ("a ${p", same())]);
    for (text, expected) in [
        ("plain", "plain"),
        ("${p:k}", "K"),
        ("x${p:k}y${p::k}z", "xKyKz"),
        ("${p:none}", "${p:none}"),
        ("${q:k}", "${q:k}"),
        ("${p}", "${p}"),
        ("${p:}", "EMPTY"),
        ("${p::}", "EMPTY"),
        ("${:k}", "K"),
        ("${:}", "EMPTY"),
        ("${}", "${}"),
        ("${p::b:c}", "BC"),
        ("$${p:k}", "$K"),
        ("\\${p:k}", "\\K"),
        ("${p:k", "${p:k"),
        ("${p :k}", "${p :k}"),
        ("${a ${p:k}", "K"),
        ("${x}${p:k}", "${x}K"),
        ("${p:again}", "${p:k}"),
        ("${q:k}${p:k}", "${q:k}K"),
        ("${p:k}${q:k}-${p:none}$", "K${q:k}-${p:none}$"),
        ("${p::k}:c}", "K:c}"),
        ("{p:k}", "{p:k}"),
        ("${p:k}${", "K${"),
        ("é${p:k}é", "éKé"),
    ] {
        let resolved = transformer.transform(&map(&[("key", text)])).unwrap();
        assert_eq!(resolved.config["key"], expected, "{text}");
        assert_eq!(resolved.changed.contains("key"), text != expected, "{text}");
    }
    let found: Vec<_> = placeholder::placeholders("${p:/a:b:c}${p:${p:k}}${p:a\nb:k}")
        .map(|found| (found.provider, found.path, found.key))
        .collect();
    assert_eq!(found, [("p", "/a", "b:c"), ("p", "${p", "k"), ("p", "a\nb", "k")]);
}

#[test]
fn only_values_are_looked_at_and_only_for_providers_that_are_there() {
    let transformer = transformer(vec![("p", environment(None).unwrap())]);
    let config = map(&[("${p:k}", "v"), ("other", "${q:k}")]);
    assert!(!transformer.applies_to(&config));
    assert_eq!(transformer.transform(&config).unwrap().config, config);
    assert!(transformer.applies_to(&map(&[("k", "a${p:none}")])));
    assert!(!ConfigTransformer::default().applies_to(&map(&[("k", "${p:k}")])));
}

#[test]
fn keys_with_placeholders_keep_their_text_and_others_what_the_connector_says() {
    let raw = map(&[("user", "u"), ("password", "${p:k}"), ("url", "x${no:such}y"), ("odd", "${p}")]);
    let mut made = map(&[("user", "U"), ("password", "anything"), ("url", "z"), ("odd", "o"), ("copy", "K")]);
    keep_placeholders(&raw, &mut made);
    let expected = [("user", "U"), ("password", "${p:k}"), ("url", "x${no:such}y"), ("odd", "o"), ("copy", "K")];
    assert_eq!(made, map(&expected));
    let mut empty = BTreeMap::new();
    keep_placeholders(&raw, &mut empty);
    assert!(empty.is_empty(), "no key is added");
}

#[test]
fn a_file_of_properties() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("f.properties");
    write(&path, "password=s3cret\na\\:b = colon\nesc=\\u00e9 tail  \nlong=a,\\\n   b\nother=x\n").unwrap();
    let path = path.to_str().unwrap();
    let found = file(None).get(path, &keys(&["password", "a:b", "esc", "long", "missing"])).unwrap();
    let expected = [("password", "s3cret"), ("a:b", "colon"), ("esc", "é tail  "), ("long", "a,b")];
    assert_eq!(found, Lookup { values: map(&expected), warning: None });
    assert_eq!(file(None).get("", &keys(&["password"])).unwrap(), Lookup::default());
}

#[test]
fn a_file_that_cannot_be_read_is_told_in_kafkas_words() {
    let dir = TempDir::new().unwrap();
    write(dir.path().join("latin"), b"k=\xff\n").unwrap();
    write(dir.path().join("malformed"), "k=\\u12\n").unwrap();
    write(dir.path().join("long"), vec![b'x'; MAX_FILE_BYTES as usize + 1]).unwrap();
    for (name, cause) in [
        ("missing", "No such file"),
        (".", "not a regular file"),
        ("latin", "not UTF-8"),
        ("malformed", "not a Java properties file"),
        ("long", "longer than 1048576 bytes"),
    ] {
        let path = dir.path().join(name).display().to_string();
        let error = file(None).get(&path, &keys(&["k"])).unwrap_err();
        assert_eq!(error.to_string(), format!("Could not read properties from file {path}"));
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains(cause), "{name}: {source}");
    }
    let error = file(None).get("/dev/zero", &keys(&["k"])).unwrap_err();
    assert_eq!(error.to_string(), "Could not read properties from file /dev/zero");
}

#[test]
fn a_directory_of_files() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().to_str().unwrap();
    write(dir.path().join("one"), " first\n").unwrap();
    write(dir.path().join("two"), "second").unwrap();
    write(dir.path().join("binary"), b"\xff").unwrap();
    create_dir(dir.path().join("sub")).unwrap();
    symlink(dir.path().join("one"), dir.path().join("link")).unwrap();
    let found = directory(None).get(path, &keys(&["one", "link", "sub", "missing", "./two", "sub/../two"])).unwrap();
    assert_eq!(found, Lookup { values: map(&[("one", " first\n"), ("link", " first\n")]), warning: None });
    let error = directory(None).get(path, &keys(&["binary"])).unwrap_err().to_string();
    assert_eq!(error, format!("Could not read file {path}/binary for property binary"));
    let no_directory = format!("{path}/one");
    let found = directory(None).get(&no_directory, &keys(&["k"])).unwrap();
    assert_eq!(found, Lookup::refused(format!("The path {no_directory} is not a directory")));
    assert_eq!(directory(None).get("", &keys(&["one"])).unwrap(), Lookup::default());
}

#[test]
fn paths_outside_of_the_allowed_ones_are_not_read() {
    let dir = TempDir::new().unwrap();
    let root = dir.path().canonicalize().unwrap();
    let at = |path: &str| root.join(path).display().to_string();
    for name in ["in", "in/deep", "inner", "out"] {
        create_dir(root.join(name)).unwrap();
        write(root.join(name).join("f"), format!("k={name}\n")).unwrap();
    }
    symlink(root.join("out"), root.join("in/escape")).unwrap();
    symlink(root.join("in"), root.join("alias")).unwrap();
    let read = |allowed: &str, path: &str| file(Some(allowed)).get(path, &keys(&["k"])).unwrap();
    let found = |name: &str| Lookup { values: map(&[("k", name)]), warning: None };
    let refused = |path: &str| Lookup::refused(format!("The path {path} is not allowed to be accessed"));
    for (allowed, path, expected) in [
        (at("in"), at("in/f"), Some("in")),
        (at("in/"), at("in/deep/../f"), Some("in")),
        (at("in/f"), at("in/f"), Some("in")),
        (format!("{},{},", at("out"), at("in")), at("in/deep/f"), Some("in/deep")),
        (at("alias"), at("in/f"), Some("in")),
        (at("in"), at("alias/f"), Some("in")),
        (at("in"), at("inner/f"), None),
        (at("in"), at("in/../out/f"), None),
        (at("in"), at("in/escape/f"), None),
        (at("in"), at("out/missing"), None),
        (at("in"), "in/f".to_owned(), None),
        (",".to_owned(), at("in/f"), None),
        (String::new(), at("out/f"), Some("out")),
    ] {
        let expected = expected.map_or_else(|| refused(&path), found);
        assert_eq!(read(&allowed, &path), expected, "{path} with {allowed}");
    }
    let missing = file(Some(&at("alias"))).get(&at("alias/missing"), &keys(&["k"])).unwrap_err().to_string();
    assert_eq!(missing, format!("Could not read properties from file {}", at("alias/missing")));
    assert_eq!(directory(Some(&at("in"))).get(&at("out"), &keys(&["f"])).unwrap(), refused(&at("out")));
    for (allowed, message) in [
        ("rel".to_owned(), "Path rel is not absolute".to_owned()),
        (format!("{}, {}", at("in"), at("out")), format!("Path  {} is not absolute", at("out"))),
        (at("missing"), format!("Path {} does not exist", at("missing"))),
        (at("in/nope/.."), String::new()),
    ] {
        let told = AllowedPaths::parse(Some(&allowed)).map_or_else(|wrong| wrong.message, |_| String::new());
        assert_eq!(told, message);
    }
}

#[test]
fn environment_variables_as_far_as_the_pattern_allows() {
    let get =
        |pattern: Option<&str>| environment(pattern).unwrap().get("", &keys(&["k", "again", "none"])).unwrap().values;
    assert_eq!(get(None), map(&[("k", "K"), ("again", "${p:k}")]));
    assert_eq!(get(Some("k|x")), map(&[("k", "K")]));
    assert_eq!(get(Some("agai")), map(&[]));
    assert_eq!(get(Some("")), map(&[]));
    assert_eq!(
        environment(None).unwrap().get("x", &keys(&["k"])).unwrap_err().to_string(),
        "Path is not supported for EnvVarConfigProvider, invalid value 'x'"
    );
    assert_eq!(environment(Some("(")).unwrap_err().message, "Invalid regex: unclosed group");
}

#[test]
fn a_provider_is_asked_once_per_path_and_its_failure_is_the_answer() {
    let transformer = transformer(vec![("f", file(None)), ("p", environment(None).unwrap())]);
    let failed = transformer.transform(&map(&[("a", "${p:k}"), ("b", "${f:/nonexistent:k}")])).unwrap_err();
    assert_eq!(failed.to_string(), "Could not read properties from file /nonexistent");
    let refused = transformer.transform(&map(&[("a", "${p:x:k}")])).unwrap_err();
    assert_eq!(refused.to_string(), "Path is not supported for EnvVarConfigProvider, invalid value 'x'");
}

#[test]
fn values_are_taken_out_of_texts() {
    let secret =
        |value: &str, placeholder: &str| Secret { value: value.to_owned(), placeholder: placeholder.to_owned() };
    let secrets = Secrets::new(BTreeSet::from([
        secret("hunter2hunter2\n", "${f:a:long}"),
        secret("hunter2", "${f:a:short}"),
        secret("no", "${f:a:tiny}"),
        secret("", "${f:a:empty}"),
    ]));
    for (text, expected) in [
        ("nothing here, no", "nothing here, no"),
        ("password hunter2 refused", "password ${f:a:short} refused"),
        ("url://u:hunter2@h", "url://u:${f:a:short}@h"),
        ("xhunter2 hunter23", "xhunter2 hunter23"),
        ("éxhunter2hunter2é", "éx${f:a:long}é"),
        ("hunter2hunter2\nnext", "${f:a:long}next"),
        ("hunter2,hunter2", "${f:a:short},${f:a:short}"),
    ] {
        assert_eq!(secrets.redact(text), expected);
    }
    let other = Secrets::new(BTreeSet::from([secret("swordfish", "${env:S}")]));
    assert_eq!(secrets.and(&other).redact("swordfish hunter2"), "${env:S} ${f:a:short}");
    assert!(Secrets::default().is_empty() && !secrets.is_empty());
    assert_eq!(Secrets::default().and(&other), other);
    assert_eq!(format!("{other:?}"), r#"{"${env:S}"}"#);
}
