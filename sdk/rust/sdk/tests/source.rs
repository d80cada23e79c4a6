//! What a source's author gets from the harness, and what the harness does not let pass.
#![expect(clippy::unwrap_used, reason = "a helper that fails, fails the test")]

use cofferdam_sdk::log::{self, Level};
use cofferdam_sdk::testing::{OwnedValue, SourceHarness};
use cofferdam_sdk::{
    Acknowledged, Batch, Boundary, Capability, Class, Config, ConfigDef, ConfigKey, Error, Header, Interrupt,
    OffsetChange, PollRequest, Result, Schema, SourceConnector, SourceConnectorContext, SourceContext, SourceOffset,
    SourcePartition, SourceRecord, SourceTask, Value, Verdict,
};
use serde_json::json;

/// Counts, or does what `break` says.
struct Counter;

impl SourceConnector for Counter {
    type Task = CounterTask;

    fn class() -> Class {
        let step = ConfigKey::int("step").default("1").range(1, 9).check(|value| match value {
            "7" => Err("seven is right out".to_owned()),
            _ => Ok(()),
        });
        Class::new("org.example.Counter", "1.0")
            .config(ConfigDef::new().key(step).key(ConfigKey::string("break")))
            .wants_acknowledgements()
    }

    fn validate(config: &Config) -> Vec<Verdict> {
        match config.get("step") {
            Some("7") => vec![Verdict::on("step").error("really").recommend(["1", "2"])],
            _ => Vec::new(),
        }
    }

    fn alter_offsets(_: &Config, changes: &[OffsetChange]) -> Result<bool> {
        match changes.iter().all(|change| change.offset.is_none()) {
            true => Ok(true),
            false => Err(Error::failed("only resets")),
        }
    }

    fn start(_: &SourceConnectorContext) -> Result<Self> {
        Ok(Self)
    }
}

struct CounterTask {
    partition: SourcePartition,
    at: i64,
    step: i64,
    breaks: String,
    committed: Vec<u64>,
}

impl SourceTask for CounterTask {
    fn start(config: &Config, context: &mut SourceContext) -> Result<Self> {
        let partition = SourcePartition::of("a", 1).and("b", "x");
        let at = match context.offset(&partition)? {
            Some(offset) => offset.integer("at")?.unwrap_or(0),
            None => 0,
        };
        log::info!("starting at {at}");
        context.set("at", at as f64);
        let breaks = config.get("break").unwrap_or_default().to_owned();
        Ok(Self { partition, at, step: config.parse("step")?, breaks, committed: Vec::new() })
    }

    fn poll(&mut self, request: &PollRequest, context: &mut SourceContext) -> Result<Batch> {
        let mut batch = Batch::new();
        let schema = Schema::intern(Schema::INT64)?;
        for _ in 0..request.max_records.min(3) {
            self.at += self.step;
            let origin = [Header { name: "origin", value: Value::String("counter"), schema: None }];
            let record = SourceRecord::new(if self.breaks == "topic" { "" } else { "t" });
            batch.push(&self.partition, &record.value(self.at).value_schema(schema).headers(&origin));
            if context.is_interrupted() {
                break;
            }
        }
        context.add("polls", 1.0);
        let offset = SourceOffset::of("at", self.at);
        match self.breaks.as_str() {
            "position" => {}
            "partition" => batch.position(&SourcePartition::of("nested", json!({"a": 1})), &offset),
            "offset" => batch.position(&self.partition, &SourceOffset::of("at", json!([1]))),
            "boundary" => {
                batch.position(&self.partition, &offset);
                batch.boundary(Boundary::Commit);
            }
            _ => batch.position(&self.partition, &offset),
        }
        Ok(batch)
    }

    fn committed(&mut self, number: u64, _: &mut SourceContext) -> Result<()> {
        self.committed.push(number);
        Ok(())
    }

    fn acknowledged(&mut self, _: u64, records: &[Option<Acknowledged>], context: &mut SourceContext) -> Result<()> {
        context.add("filtered", records.iter().filter(|record| record.is_none()).count() as f64);
        Ok(())
    }
}

fn counter(config: &[(&str, &str)]) -> SourceHarness<Counter> {
    SourceHarness::new(config.iter().copied())
}

fn numbers(harness: &mut SourceHarness<Counter>) -> Vec<OwnedValue> {
    harness.poll().unwrap().records.into_iter().map(|record| record.value).collect()
}

#[test]
fn a_restart_sees_what_was_committed() {
    let mut harness = counter(&[("step", "2")]);
    harness.start().unwrap();
    assert_eq!(numbers(&mut harness), [2, 4, 6].map(OwnedValue::Integer));
    harness.commit().unwrap();
    assert_eq!(harness.task().committed, [1]);
    assert_eq!(numbers(&mut harness), [8, 10, 12].map(OwnedValue::Integer));
    harness.restart().unwrap();
    assert_eq!(numbers(&mut harness), [8, 10, 12].map(OwnedValue::Integer));
    assert!(harness.logged(Level::Info, "starting at 6"));
    assert_eq!((harness.gauge("at"), harness.counter("polls")), (Some(6.0), Some(3.0)));
}

#[test]
fn partitions_are_compared_as_maps() {
    let mut harness = counter(&[]);
    harness.store(&SourcePartition::of("b", "x").and("a", 1), &SourceOffset::of("at", 40)).unwrap();
    harness.start().unwrap();
    assert_eq!(numbers(&mut harness), [41, 42, 43].map(OwnedValue::Integer));
}

#[test]
fn a_record_shows_all_that_it_has() {
    let mut harness = counter(&[]);
    harness.start().unwrap();
    let record = harness.poll().unwrap().records.remove(0);
    assert_eq!(record.source_partition.as_deref(), Some(r#"{"a":1,"b":"x"}"#));
    assert_eq!((record.topic.as_str(), record.value_schema.as_deref()), ("t", Some(Schema::INT64)));
    assert_eq!(record.headers, [("origin".to_owned(), OwnedValue::String("counter".to_owned()))]);
}

#[test]
fn a_task_can_be_interrupted() {
    let mut harness = counter(&[]);
    harness.start().unwrap();
    harness.interrupt(Some(Interrupt::Stop));
    assert_eq!(harness.poll().unwrap().records.len(), 1);
}

#[test]
fn acknowledgements_reach_the_task() {
    let mut harness = counter(&[]);
    harness.start().unwrap();
    harness.acknowledge(1, &[Some(Acknowledged { partition: 0, offset: 5 }), None]).unwrap();
    assert_eq!(harness.counter("filtered"), Some(1.0));
}

#[test]
fn offsets_that_cannot_be_read_fail_the_start() {
    let mut harness = counter(&[]);
    harness.fail_offsets(Some("the topic is gone"));
    let error = harness.start().unwrap_err();
    assert_eq!(error.to_string(), "cannot read stored source offsets: the topic is gone");
}

#[test]
fn definition_and_connector_both_validate() {
    let errors =
        |step| counter(&[("step", step)]).validate().iter().flat_map(|v| v.errors().to_vec()).collect::<Vec<_>>();
    assert!(errors("5").is_empty());
    assert!(errors("x").is_empty(), "the host says that");
    assert_eq!(errors("0"), ["Invalid value 0 for configuration step: Value must be at least 1"]);
    assert_eq!(errors("10"), ["Invalid value 10 for configuration step: Value must be no more than 9"]);
    assert_eq!(errors("7"), ["Invalid value 7 for configuration step: seven is right out", "really"]);
}

#[test]
fn an_operators_change_is_checked() {
    let harness = counter(&[]);
    assert!(harness.alter_offsets(&[(json!({"a": 1}), None)]).unwrap());
    assert!(harness.alter_offsets(&[(json!({"a": 1}), Some(json!({"at": 1})))]).is_err());
}

#[test]
#[should_panic(expected = r#"records of {"a":1,"b":"x"} without a position at or after the last of them"#)]
fn a_missing_position_is_not_let_pass() {
    let mut harness = counter(&[("break", "position")]);
    harness.start().unwrap();
    let _ = harness.poll();
}

#[test]
#[should_panic(expected = "has a record without a topic")]
fn an_empty_topic_is_not_let_pass() {
    let mut harness = counter(&[("break", "topic")]);
    harness.start().unwrap();
    let _ = harness.poll();
}

#[test]
#[should_panic(expected = "must be primitive")]
fn a_nested_partition_is_not_let_pass() {
    let mut harness = counter(&[("break", "partition")]);
    harness.start().unwrap();
    let _ = harness.poll();
}

#[test]
#[should_panic(expected = "source offset: `at` of {\"at\":[1]} must be primitive")]
fn a_nested_offset_is_not_let_pass() {
    let mut harness = counter(&[("break", "offset")]);
    harness.start().unwrap();
    let _ = harness.poll();
}

#[test]
#[should_panic(expected = "transaction boundaries of a connector's own are not supported")]
fn a_transaction_boundary_is_not_let_pass() {
    let mut harness = counter(&[("break", "boundary")]);
    harness.start().unwrap();
    let _ = harness.poll();
}

/// A class that nothing is right with but what a test says, and a source whose tasks are as many as it likes.
macro_rules! source_of {
    ($name:ident, $class:expr) => {
        struct $name;

        impl SourceConnector for $name {
            type Task = PlainTask;

            fn class() -> Class {
                $class
            }

            fn start(_: &SourceConnectorContext) -> Result<Self> {
                Ok(Self)
            }

            fn task_configs(&mut self, max_tasks: u32, context: &SourceConnectorContext) -> Result<Vec<Config>> {
                let count = if max_tasks > 1 { max_tasks + 1 } else { 1 };
                // Not the connector's own: what it sets, it sets anew.
                Ok(vec![Config::new(context.config().iter(), &ConfigDef::new()); count as usize])
            }
        }
    };
}

struct PlainTask {
    step: i64,
}

impl SourceTask for PlainTask {
    fn start(config: &Config, _: &mut SourceContext) -> Result<Self> {
        Ok(Self { step: config.parse("step")? })
    }

    fn poll(&mut self, _: &PollRequest, _: &mut SourceContext) -> Result<Batch> {
        Ok(Batch::new())
    }
}

fn step() -> ConfigKey {
    ConfigKey::int("step").default("3")
}

source_of!(Plain, Class::new("org.example.Plain", "1.0").config(ConfigDef::new().key(step())));
source_of!(Undotted, Class::new("Undotted", "1.0"));
source_of!(UndottedTask, Class::new("org.example.Source", "1.0").task_class("Task"));
source_of!(Doubled, Class::new("org.example.Doubled", "1.0").config(ConfigDef::new().key(step()).key(step())));
source_of!(Required, Class::new("org.example.Required", "1.0").config(ConfigDef::new().key(step().required())));
source_of!(Typo, Class::new("org.example.Typo", "1.0").capability(Capability::read_file("typo")));

const NOTHING: [(&str, &str); 0] = [];

#[test]
fn a_task_gets_the_defaults_of_the_class() {
    let mut harness = SourceHarness::<Plain>::new(NOTHING);
    harness.start().unwrap();
    assert_eq!(harness.task().step, 3);
}

#[test]
#[should_panic(expected = "3 configurations for at most 2 tasks")]
fn more_tasks_than_allowed_are_not_let_pass() {
    let _ = SourceHarness::<Plain>::new(NOTHING).task_configs(2);
}

#[test]
#[should_panic(expected = "the class does not say `wants_acknowledgements`")]
fn acknowledgements_that_nobody_wants_do_not_come() {
    let mut harness = SourceHarness::<Plain>::new(NOTHING);
    harness.start().unwrap();
    let _ = harness.acknowledge(1, &[]);
}

#[test]
#[should_panic(expected = "`Undotted` is not a dotted class name")]
fn a_class_without_a_dot_is_not_let_pass() {
    let _ = SourceHarness::<Undotted>::new(NOTHING);
}

#[test]
#[should_panic(expected = "`Task` is not a dotted class name")]
fn a_task_class_without_a_dot_is_not_let_pass() {
    let _ = SourceHarness::<UndottedTask>::new(NOTHING);
}

#[test]
#[should_panic(expected = "the option `step` is there twice")]
fn an_option_that_is_there_twice_is_not_let_pass() {
    let _ = SourceHarness::<Doubled>::new(NOTHING);
}

#[test]
#[should_panic(expected = "the option `step` is required and has a default")]
fn a_required_option_with_a_default_is_not_let_pass() {
    let _ = SourceHarness::<Required>::new(NOTHING);
}

#[test]
#[should_panic(expected = "comes from `typo`, which is none of the options")]
fn a_capability_of_an_unknown_option_is_not_let_pass() {
    let _ = SourceHarness::<Typo>::new(NOTHING);
}
