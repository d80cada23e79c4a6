use super::*;
use crate::{
    ConfigMap, Connector, ConnectorContext, Converter, ConverterFactory, PluginError, PluginType, SinkTask, SourceTask,
    TaskContext, Verdict,
};
use async_trait::async_trait;
use cofferdam_config::ConfigDef;

struct Fake(PluginDesc);

fn unused<T>() -> Result<T, PluginError> {
    Err(PluginError::Failed("not under test".into()))
}

#[async_trait]
impl ConnectorPlugin for Fake {
    fn desc(&self) -> &PluginDesc {
        &self.0
    }
    async fn validate(&self, _: &ConfigMap) -> Result<Vec<Verdict>, PluginError> {
        unused()
    }
    async fn connector(&self, _: ConnectorContext) -> Result<Box<dyn Connector>, PluginError> {
        unused()
    }
    async fn source_task(&self, _: TaskContext) -> Result<Box<dyn SourceTask>, PluginError> {
        unused()
    }
    async fn sink_task(&self, _: TaskContext) -> Result<Box<dyn SinkTask>, PluginError> {
        unused()
    }
}

impl ConverterFactory for Fake {
    fn desc(&self) -> &PluginDesc {
        &self.0
    }
    fn create(&self, _: &ConfigMap) -> Result<Box<dyn Converter>, String> {
        Err("not under test".into())
    }
}

pub(crate) fn desc(class: &str, version: &str, plugin_type: PluginType) -> PluginDesc {
    PluginDesc {
        class: class.into(),
        task_class: class.into(),
        plugin_type,
        version: version.into(),
        documentation: String::new(),
        config: ConfigDef::default(),
        capabilities: Vec::new(),
        location: "classpath".into(),
        wants_acknowledgements: false,
    }
}

pub(crate) fn source(class: &str, version: &str) -> Arc<dyn ConnectorPlugin> {
    Arc::new(Fake(desc(class, version, PluginType::Source)))
}

fn catalog(files: &[(&str, &[(&str, &str)])]) -> Arc<Catalog> {
    let catalog = Catalog::new();
    for (path, classes) in files {
        let plugins = classes.iter().map(|(class, version)| source(class, version)).collect();
        catalog.set_file(PathBuf::from(path), Ok(plugins));
    }
    catalog
}

#[test]
fn names_and_aliases_mean_their_class() {
    let catalog = catalog(&[("/p/a.wasm", &[("org.x.FileStreamSourceConnector", "1"), ("org.x.Other$Thing", "1")])]);
    for (name, class) in [
        ("org.x.FileStreamSourceConnector", "org.x.FileStreamSourceConnector"),
        ("FileStreamSourceConnector", "org.x.FileStreamSourceConnector"),
        ("FileStreamSource", "org.x.FileStreamSourceConnector"),
        ("Thing", "org.x.Other$Thing"),
    ] {
        assert_eq!(catalog.connector(name).unwrap().desc().class, class, "{name}");
    }
}

#[test]
fn an_unknown_class_lists_what_there_is() {
    let catalog = catalog(&[("/p/a.wasm", &[("org.x.B", "2"), ("org.x.A", "1")])]);
    let error = catalog.connector("filestreamsource").err().unwrap().to_string();
    assert_eq!(
        error,
        "Failed to find any class that implements Connector and which name matches filestreamsource, available connectors are: \
         PluginDesc{klass=class org.x.A, name='org.x.A', version='1', encodedVersion=1, type=source, typeName='source', location='classpath'}, \
         PluginDesc{klass=class org.x.B, name='org.x.B', version='2', encodedVersion=2, type=source, typeName='source', location='classpath'}"
    );
}

#[test]
fn an_alias_of_two_classes_means_neither() {
    let catalog =
        catalog(&[("/p/a.wasm", &[("org.a.SameConnector", "1"), ("org.b.SameConnector", "1"), ("org.c.C", "1")])]);
    let error = catalog.connector("Same").err().unwrap().to_string();
    assert!(
        error.starts_with(
            "More than one connector matches alias Same. Please use full package and class name instead. Classes found: PluginDesc{klass=class org.a.SameConnector,"
        ),
        "{error}"
    );
    assert!(error.contains("org.c.C"), "Kafka lists all connectors: {error}");
    assert!(catalog.connector("org.b.SameConnector").is_ok());
}

#[test]
fn aliases_are_shared_by_all_kinds() {
    let catalog = catalog(&[("/p/a.wasm", &[("org.x.JsonConnector", "1")])]);
    catalog.add_converters(vec![Arc::new(Fake(desc("org.y.JsonConverter", "1", PluginType::Converter)))]);
    assert!(catalog.converter("Json").is_err());
    assert_eq!(catalog.converter("JsonConverter").unwrap().desc().class, "org.y.JsonConverter");
    // Connectors are also found by their simple name, whatever the table says.
    assert!(catalog.connector("Json").is_ok());
    assert_eq!(
        catalog.connector("org.y.JsonConverter").err().map(|error| error.to_string().contains("which name matches")),
        Some(true)
    );
    assert_eq!(catalog.plugin("Nope").err().map(|error| error.to_string()), Some("Unknown plugin Nope.".into()));
    assert_eq!(catalog.converter("Nope").err().unwrap().to_string(), "Class Nope could not be found.");
    assert_eq!(catalog.plugin("JsonConverter").unwrap().desc().class, "org.y.JsonConverter");
}

#[test]
fn classes_of_kinds_that_are_not_listed_take_part_in_the_table() {
    let catalog = catalog(&[("/p/a.wasm", &[("org.x.FileConnector", "1")])]);
    let error = |name: &str| catalog.plugin(name).err().unwrap().to_string();
    let valid = "Valid types are sink, source, converter, header_converter, transformation, predicate.";
    for name in ["EnvVar", "All", "org.apache.kafka.common.config.provider.FileConfigProvider"] {
        assert_eq!(error(name), format!("Invalid plugin class {name}. {valid}"));
    }
    assert_eq!(error("File"), "Unknown plugin File.", "an alias of two classes");
    assert_eq!(
        catalog.class_name("All").as_deref(),
        Some("org.apache.kafka.connect.connector.policy.AllConnectorClientConfigOverridePolicy")
    );
    assert_eq!(catalog.class_name("FileConnector").as_deref(), Some("org.x.FileConnector"));
    assert_eq!(catalog.class_name("File"), None);
    assert!(catalog.connector("File").is_ok(), "connectors are also found by their simple name");
}

#[test]
fn a_configuration_asks_for_a_version() {
    let catalog = catalog(&[("/p/a.wasm", &[("org.x.A", "1.9"), ("org.x.A", "1.10"), ("org.x.A", "2.0-rc1")])]);
    let ask = |version: Option<&str>| {
        let mut config = ConfigMap::from([("connector.class".to_owned(), "A".to_owned())]);
        config.extend(version.map(|version| ("connector.plugin.version".to_owned(), version.to_owned())));
        catalog.connector_of(&config).map(|found| found.desc().version.clone()).map_err(|error| error.to_string())
    };
    assert_eq!(ask(None).unwrap(), "2.0-rc1");
    assert_eq!(ask(Some("latest")).unwrap(), "2.0-rc1");
    assert_eq!(ask(Some("1.9")).unwrap(), "1.9");
    assert_eq!(ask(Some("[1,1.99]")).unwrap(), "1.10", "the newest that will do");
    let none = "Plugin org.x.A not found that matches the version range [3,), available versions: [1.9, 1.10, 2.0-rc1]";
    assert_eq!(ask(Some("[3,)")).unwrap_err(), none);
    assert_eq!(ask(Some("[3")).unwrap_err(), "Unbounded range: [3");
}

#[test]
fn classes_within_a_class_have_no_alias() {
    let catalog = Catalog::new();
    let of = |class: &str, plugin_type| desc(class, "1", plugin_type);
    catalog.add_chain(vec![
        of("org.x.RegexRouter", PluginType::Transformation),
        of("org.x.Mask$Value", PluginType::Transformation),
        of("org.x.Cast$Value", PluginType::Transformation),
        of("org.x.TopicNameMatches", PluginType::Predicate),
    ]);
    let class = |name: &str| catalog.plugin(name).map(|found| found.desc().class.clone()).ok();
    assert_eq!(class("RegexRouter").as_deref(), Some("org.x.RegexRouter"));
    assert_eq!(class("TopicNameMatches").as_deref(), Some("org.x.TopicNameMatches"));
    assert_eq!(class("org.x.Cast$Value").as_deref(), Some("org.x.Cast$Value"));
    assert_eq!((class("Value"), class("Cast$Value"), class("Cast")), (None, None, None));
    let listed: Vec<_> = catalog.chain().iter().map(|desc| desc.class.clone()).collect();
    assert_eq!(listed, ["org.x.Cast$Value", "org.x.Mask$Value", "org.x.RegexRouter", "org.x.TopicNameMatches"]);
}

#[test]
fn the_newest_version_is_used_and_all_are_listed() {
    let catalog = catalog(&[("/p/a.wasm", &[("org.x.A", "1.9")]), ("/p/b.wasm", &[("org.x.A", "1.10")])]);
    assert_eq!(catalog.connector("A").unwrap().desc().version, "1.10");
    let listed: Vec<_> = catalog.connectors().iter().map(|plugin| plugin.desc().version.clone()).collect();
    assert_eq!(listed, ["1.10", "1.9"]);
    assert_eq!(catalog.versions("org.x.A").len(), 2);
}

#[test]
fn the_same_class_and_version_twice_names_both_files() {
    let catalog = catalog(&[("/p/b.wasm", &[("org.x.A", "1")]), ("/p/a.wasm", &[("org.x.A", "1"), ("org.x.B", "1")])]);
    assert_eq!(catalog.connectors().len(), 2);
    let unusable = catalog.unusable();
    assert_eq!(unusable.len(), 1);
    assert_eq!(unusable[0].path, Path::new("/p/b.wasm"));
    assert!(unusable[0].reason.contains("class org.x.A of version 1 is already provided by /p/a.wasm"));
}

#[test]
fn a_renamed_file_does_not_clash_with_what_it_was() {
    let catalog = catalog(&[("/p/a.wasm", &[("org.x.A", "1"), ("org.x.B", "1")])]);
    catalog.file_is_gone(Path::new("/p/a.wasm"));
    let renamed = source("org.x.A", "1");
    catalog.set_file("/p/b.wasm".into(), Ok(vec![renamed.clone()]));
    assert_eq!(catalog.unusable(), []);
    // What is there comes first; what is gone fills the holes.
    assert_eq!(catalog.connectors().len(), 2);
    assert!(catalog.connector("org.x.A").is_ok_and(|found| Arc::ptr_eq(&found, &renamed)));
    assert!(catalog.connector("org.x.B").is_ok());
    // Back again, it is one of two.
    catalog.set_file("/p/a.wasm".into(), Ok(vec![source("org.x.A", "1")]));
    assert_eq!(catalog.unusable().len(), 1);
}

#[test]
fn what_was_usable_stays_usable() {
    let catalog = catalog(&[("/p/a.wasm", &[("org.x.A", "1")])]);
    let path = Path::new("/p/a.wasm");
    catalog.set_file(path.into(), Err("not a component".into()));
    assert_eq!(catalog.unusable(), [Unusable { path: path.into(), reason: "not a component".into() }]);
    assert!(catalog.connector("A").is_ok());
    catalog.file_is_gone(path);
    assert_eq!((catalog.connectors().len(), catalog.unusable().len()), (1, 0));
    catalog.set_file("/p/bad.wasm".into(), Err("truncated".into()));
    catalog.file_is_gone(Path::new("/p/bad.wasm"));
    assert_eq!(catalog.unusable(), []);
}
