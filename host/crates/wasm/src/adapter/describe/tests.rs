use super::*;

fn key(name: &str, group: Option<&str>) -> plugin::ConfigKey {
    plugin::ConfigKey {
        name: name.into(),
        value_type: plugin::ValueType::Text,
        importance: plugin::Importance::High,
        documentation: "What it is.".into(),
        required: false,
        default: None,
        allowed: vec![],
        group: group.map(Into::into),
        display_name: None,
        width: plugin::Width::Long,
        dependents: vec![],
    }
}

fn description(class: &str) -> plugin::Description {
    plugin::Description {
        class: class.into(),
        task_class: None,
        kind: plugin::Kind::Source,
        version: String::new(),
        documentation: String::new(),
        config: vec![],
        capabilities: vec![],
        reads: vec![],
        writes: vec![],
        memory_needed: None,
        wants_acknowledgements: false,
    }
}

fn told(descriptions: Vec<plugin::Description>) -> String {
    classes(descriptions, World::Source, "a.wasm").unwrap_err().to_string()
}

#[test]
fn keys_keep_their_order_in_their_group() {
    let mut given = description("org.example.FileSourceConnector");
    given.config = vec![key("a", Some("File")), key("b", None), key("c", Some("Kafka")), key("d", Some("File"))];
    given.config[1].required = true;
    given.config[2].default = Some("x".into());
    given.config[3].allowed = vec!["y".into()];
    let all = classes(vec![given], World::Source, "a.wasm").unwrap();
    let desc = &all[0].desc;
    assert_eq!((desc.task_class.as_str(), desc.version.as_str()), ("org.example.FileSourceTask", "undefined"));
    let orders = desc.config.keys.iter().map(|key| key.order_in_group).collect::<Vec<_>>();
    assert_eq!(orders, [1, -1, 1, 2]);
    let defaults = desc.config.keys.iter().map(|key| key.default.clone()).collect::<Vec<_>>();
    assert_eq!(
        defaults,
        [DefaultValue::Null, DefaultValue::Required, DefaultValue::Value("x".into()), DefaultValue::Null]
    );
    assert_eq!(desc.config.keys[3].validator, Validator::OneOf(vec!["y".into()]));
    assert_eq!(desc.config.keys[0].display_name, "a");
}

#[test]
fn contradictions_are_told() {
    assert_eq!(told(vec![]), "describe names no class");
    assert_eq!(told(vec![description("a.B"), description("a.B")]), "describe names class a.B twice");
    for class in ["", "Plain", "a..B", "a.B C", "a.1B"] {
        let text = format!("`{class}` is not a dotted class name like org.example.FileSourceConnector");
        assert_eq!(told(vec![description(class)]), text);
    }
    let sink = plugin::Description { kind: plugin::Kind::Sink, ..description("a.B") };
    assert_eq!(told(vec![sink]), "class a.B is a sink, but the component is of the world `source`");
    let twice = plugin::Description { config: vec![key("k", None), key("k", None)], ..description("a.B") };
    assert_eq!(told(vec![twice]), "class a.B describes configuration key `k` twice");
    let both = plugin::ConfigKey { required: true, default: Some("x".into()), ..key("k", None) };
    let both = plugin::Description { config: vec![both], ..description("a.B") };
    assert_eq!(told(vec![both]), "class a.B: configuration key `k` is required and has a default");
    let scope = plugin::Scope::FromConfig("file".into());
    let reads = plugin::Capability { access: plugin::Access::ReadFile, scope, purpose: String::new() };
    let reads = plugin::Description { capabilities: vec![reads], ..description("a.B") };
    assert_eq!(
        told(vec![reads]),
        "class a.B: the target of capability read-file comes from key `file`, which it does not describe"
    );
}
