//! What the exported functions of a component do, called as a host calls them.

use cofferdam_sdk::__private::sink_bindings::exports::cofferdam::connect::{connector as sink_connector, sink_task};
use cofferdam_sdk::__private::source_bindings::cofferdam::connect::types::{Config as WitConfig, Error as WitError};
use cofferdam_sdk::__private::source_bindings::exports::cofferdam::connect::{connector, plugin, source_task};
use cofferdam_sdk::__private::{Glue, SinkClass, SinkComponent, SourceClass, SourceComponent};
use cofferdam_sdk::{
    Batch, Boundary, Capability, Class, Config, ConfigDef, ConfigKey, ConnectorContext, Error, Importance, Observation,
    PollRequest, Records, Result, SinkConnector, SinkContext, SinkTask, SourceConnector, SourceConnectorContext,
    SourceContext, SourceOffset, SourcePartition, SourceRecord, SourceTask, Width,
};
use std::time::Duration;

macro_rules! source {
    ($name:ident) => {
        struct $name;

        impl SourceConnector for $name {
            type Task = Task;

            fn class() -> Class {
                let size = ConfigKey::int("size").default("3").range(1, None).importance(Importance::Low);
                let size = size.group("Group", "Size", Width::Short).doc("How big.").dependents(&["other"]);
                Class::new(concat!("org.example.", stringify!($name)), "1.0")
                    .task_class("org.example.Task")
                    .config(ConfigDef::new().key(size).key(ConfigKey::string("color").one_of(&["red", "blue"])))
                    .capability(Capability::read_file("file").purpose("why not"))
                    .memory_needed(1 << 20)
                    .wants_acknowledgements()
            }

            fn start(_: &SourceConnectorContext) -> Result<Self> {
                Ok(Self)
            }

            fn watch(&mut self, _: &SourceConnectorContext) -> Result<Observation> {
                Ok(Observation::again(Duration::from_secs(2)).reconfigure())
            }
        }
    };
}

source!(First);
source!(Second);

struct Task {
    size: usize,
}

impl SourceTask for Task {
    fn start(config: &Config, _: &mut SourceContext) -> Result<Self> {
        Ok(Self { size: config.parse("size")? })
    }

    fn poll(&mut self, request: &PollRequest, _: &mut SourceContext) -> Result<Batch> {
        if request.max_records == 0 {
            return Err(Error::retriable("nothing").after(Duration::from_millis(250)));
        }
        let partition = SourcePartition::of("a", 1);
        let mut batch = Batch::idle(Duration::from_millis(5));
        for _ in 0..self.size {
            batch.push(&partition, &SourceRecord::new("t").value("x"));
        }
        batch.position(&partition, &SourceOffset::of("n", 1));
        batch.boundary(Boundary::Commit);
        Ok(batch)
    }
}

struct Sources;

impl SourceComponent for Sources {
    fn classes() -> Vec<SourceClass> {
        vec![SourceClass::of::<First>(), SourceClass::of::<Second>()]
    }
}

type Source = Glue<Sources>;

fn config(pairs: &[(&str, &str)]) -> WitConfig {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

const SECOND: &str = "org.example.Second";

#[test]
fn classes_describe_themselves() {
    let classes = <Source as plugin::Guest>::describe();
    assert_eq!(classes.iter().map(|class| class.class.as_str()).collect::<Vec<_>>(), ["org.example.First", SECOND]);
    let class = &classes[1];
    assert_eq!((class.kind, class.task_class.as_deref()), (plugin::Kind::Source, Some("org.example.Task")));
    assert_eq!((class.memory_needed, class.wants_acknowledgements), (Some(1 << 20), true));
    let key = &class.config[0];
    assert_eq!(
        (key.name.as_str(), key.value_type, key.default.as_deref()),
        ("size", plugin::ValueType::Int, Some("3"))
    );
    assert_eq!((key.importance, key.width), (plugin::Importance::Low, plugin::Width::Short));
    assert_eq!(
        (key.display_name.as_deref(), key.dependents.as_slice()),
        (Some("Size"), ["other".to_owned()].as_slice())
    );
    assert_eq!(class.config[1].allowed, ["red", "blue"]);
    let capability = &class.capabilities[0];
    assert_eq!(
        (capability.access, &capability.scope),
        (plugin::Access::ReadFile, &plugin::Scope::FromConfig("file".to_owned()))
    );
}

#[test]
fn only_remarks_are_told() {
    let remarks = |size| <Source as plugin::Guest>::validate(SECOND.to_owned(), config(&[("size", size)]));
    assert!(remarks("5").is_empty());
    assert_eq!(remarks("0")[0].name, "size");
    assert!(<Source as plugin::Guest>::validate("org.example.Other".to_owned(), Vec::new()).is_empty());
}

#[test]
fn a_connector_runs() {
    assert!(
        matches!(<Source as connector::Guest>::task_configs(1), Err(WitError::Failed(why)) if why.contains("not started"))
    );
    <Source as connector::Guest>::start(SECOND.to_owned(), config(&[("a", "b")])).unwrap();
    assert_eq!(<Source as connector::Guest>::task_configs(4).unwrap(), [config(&[("a", "b")])], "without defaults");
    let observation = <Source as connector::Guest>::watch().unwrap();
    assert_eq!((observation.reconfigure, observation.again_ms), (true, 2_000));
    <Source as connector::Guest>::stop();
    assert!(<Source as connector::Guest>::watch().is_err());
    let unknown = <Source as connector::Guest>::start("org.example.Other".to_owned(), Vec::new()).unwrap_err();
    assert_eq!(unknown, WitError::Failed("this component has no class org.example.Other".to_owned()));
}

#[test]
fn a_source_task_runs() {
    let request = |max_records| source_task::Request { number: 1, max_records, max_bytes: 100 };
    <Source as source_task::Guest>::start(SECOND.to_owned(), Vec::new()).unwrap();
    let batch = <Source as source_task::Guest>::poll(request(9)).unwrap();
    assert_eq!((batch.runs.len(), batch.runs[0].values.ends.as_slice(), batch.idle_ms), (1, [1, 2, 3].as_slice(), 5));
    let last = source_task::Place { run: 0, index: 2 };
    assert_eq!(
        (batch.positions[0].after, batch.boundaries.as_slice()),
        (Some(last), [(Some(last), source_task::Boundary::Commit)].as_slice())
    );
    match <Source as source_task::Guest>::poll(request(0)).unwrap_err() {
        WitError::Retriable(retry) => assert_eq!((retry.message.as_str(), retry.after_ms), ("nothing", Some(250))),
        WitError::Failed(why) => panic!("{why}"),
    }
    <Source as source_task::Guest>::stop();
    assert!(<Source as source_task::Guest>::committed(1).is_err());
}

#[test]
fn a_value_that_does_not_parse_fails_the_start() {
    let error = <Source as source_task::Guest>::start(SECOND.to_owned(), config(&[("size", "big")])).unwrap_err();
    assert_eq!(error, WitError::Failed("`size` is `big`: invalid digit found in string".to_owned()));
}

struct Sink;

impl SinkConnector for Sink {
    type Task = Silent;

    fn class() -> Class {
        Class::new("org.example.Sink", "1.0")
    }

    fn start(_: &ConnectorContext) -> Result<Self> {
        Ok(Self)
    }
}

struct Silent;

impl SinkTask for Silent {
    fn start(_: &Config, _: &mut SinkContext) -> Result<Self> {
        Ok(Self)
    }

    fn put(&mut self, _: Records<'_>, context: &mut SinkContext) -> Result<()> {
        context.put_again_within(Duration::from_millis(40));
        context.put_again_within(Duration::from_millis(90));
        Ok(())
    }
}

struct Sinks;

impl SinkComponent for Sinks {
    fn classes() -> Vec<SinkClass> {
        vec![SinkClass::of::<Sink>()]
    }
}

#[test]
fn a_sink_runs() {
    type Exports = Glue<Sinks>;
    let name = || "org.example.Sink".to_owned();
    <Exports as sink_connector::Guest>::start(name(), Vec::new()).unwrap();
    assert_eq!(<Exports as sink_connector::Guest>::task_configs(3).unwrap().len(), 3);
    <Exports as sink_task::Guest>::start(name(), Vec::new()).unwrap();
    let taken = <Exports as sink_task::Guest>::put(Vec::new()).unwrap();
    assert_eq!((taken.rejected.len(), taken.again_ms), (0, 40));
    assert!(!<Exports as sink_task::Guest>::pre_commit(Vec::new()).unwrap().buffered);
    <Exports as sink_task::Guest>::stop();
    assert!(<Exports as sink_task::Guest>::put(Vec::new()).is_err());
}
