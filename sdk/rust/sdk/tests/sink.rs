//! What a sink's author gets from the harness, and what the harness does not let pass.
#![expect(clippy::unwrap_used, reason = "a helper that fails, fails the test")]

use cofferdam_sdk::testing::{SinkHarness, SinkRequest};
use cofferdam_sdk::{
    Class, Committable, Config, ConnectorContext, Error, Header, Records, Result, Schema, SinkConnector, SinkContext,
    SinkTask, SourceRecord, TopicOffset, TopicPartition, Value,
};
use std::time::Duration;

/// Keeps what it is given as text, and does what values say.
struct Keeper;

impl SinkConnector for Keeper {
    type Task = KeeperTask;

    fn class() -> Class {
        Class::new("org.example.Keeper", "1.0")
    }

    fn start(_: &ConnectorContext) -> Result<Self> {
        Ok(Self)
    }
}

#[derive(Default)]
struct KeeperTask {
    kept: Vec<String>,
    tries: u32,
    beyond: i64,
}

impl SinkTask for KeeperTask {
    fn start(_: &Config, _: &mut SinkContext) -> Result<Self> {
        Ok(Self::default())
    }

    fn put(&mut self, records: Records<'_>, context: &mut SinkContext) -> Result<()> {
        for record in records {
            match record.value() {
                Value::String("bad") => context.reject(&record, "Bad", "it says so"),
                Value::String("busy") if self.tries == 0 => {
                    self.tries += 1;
                    return Err(Error::retriable("busy"));
                }
                Value::String("pause") => {
                    let at = record.origin();
                    context.pause(&[TopicPartition { topic: at.topic.to_owned(), partition: at.partition }])?;
                    context.request_commit();
                }
                Value::String("foreign") => {
                    context.seek(&[TopicOffset { topic: "foreign".to_owned(), partition: 1, offset: 1 }])?;
                }
                Value::String("later") => context.put_again_within(Duration::from_secs(2)),
                value => {
                    let headers: Vec<_> =
                        record.headers().map(|header| format!("{}={:?}", header.name, header.value)).collect();
                    let (key, at) = (record.key(), record.timestamp_ms());
                    let schema = record.value_schema().and_then(|schema| schema.type_name());
                    self.kept.push(format!("{} {key:?} {value:?} {schema:?} {at:?} {headers:?}", record.origin()));
                }
            }
        }
        Ok(())
    }

    fn pre_commit(&mut self, offsets: &[TopicOffset], _: &mut SinkContext) -> Result<Committable> {
        let beyond = offsets.iter().map(|at| TopicOffset { offset: at.offset + self.beyond, ..at.clone() });
        Ok(Committable::up_to(beyond.collect::<Vec<_>>()))
    }
}

fn keeper() -> SinkHarness<Keeper> {
    let mut harness = SinkHarness::<Keeper>::new([("topics", "t")]);
    harness.start().unwrap();
    harness.open(&[("t", 0), ("t", 1)]).unwrap();
    harness
}

fn record<'a>(value: impl Into<Value<'a>>) -> SourceRecord<'a> {
    SourceRecord::new("t").value(value)
}

#[test]
fn records_come_with_all_that_they_have() {
    let mut harness = keeper();
    let headers = [
        Header { name: "h", value: Value::Integer(1), schema: None },
        Header { name: "i", value: Value::Null, schema: None },
    ];
    let schema = Schema::intern(Schema::BYTES).unwrap();
    let records = [
        record("a").key(5).timestamp_ms(7).headers(&headers[..1]),
        record(b"b".as_slice()).value_schema(schema),
        record(Value::Null).partition(1).headers(&headers),
    ];
    harness.put(&records).unwrap();
    assert_eq!(
        harness.task().kept,
        [
            r#"t-0@0 Integer(5) String("a") None Some(7) ["h=Integer(1)"]"#,
            r#"t-0@1 Null Bytes([98]) Some("bytes") None []"#,
            r#"t-1@0 Null Null None None ["h=Integer(1)", "i=Null"]"#,
        ]
    );
}

#[test]
fn rejections_name_the_record() {
    let mut harness = keeper();
    let rejected = harness.put(&[record("a"), record("bad"), record("b")]).unwrap();
    assert_eq!(rejected.len(), 1);
    assert_eq!((rejected[0].origin.offset, rejected[0].exception.as_str()), (1, "Bad"));
    assert!(harness.put(&[record("c")]).unwrap().is_empty(), "told once");
}

#[test]
fn a_batch_that_is_put_again_is_rejected_once() {
    let mut harness = keeper();
    let records = [record("bad"), record("busy")];
    assert!(harness.put(&records).unwrap_err().is_retriable());
    assert_eq!(harness.put(&records).unwrap().len(), 1);
}

#[test]
fn all_that_was_put_is_committed() {
    let mut harness = keeper();
    harness.put(&[record("a"), record("b"), record("c").partition(1)]).unwrap();
    let offsets: Vec<_> = harness.pre_commit().unwrap().offsets.iter().map(|at| (at.partition, at.offset)).collect();
    assert_eq!(offsets, [(0, 2), (1, 1)]);
}

#[test]
fn a_put_may_ask_for_another() {
    let mut harness = keeper();
    harness.put(&[record("later")]).unwrap();
    assert_eq!(harness.again(), Duration::from_secs(2));
    harness.put(&[]).unwrap();
    assert_eq!(harness.again(), Duration::ZERO);
}

#[test]
fn partitions_that_were_closed_are_not_asked_about() {
    let mut harness = keeper();
    harness.put(&[record("a"), record("b").partition(1)]).unwrap();
    harness.close(&[("t", 0)]).unwrap();
    let offsets: Vec<_> = harness.pre_commit().unwrap().offsets.iter().map(|at| (at.partition, at.offset)).collect();
    assert_eq!(offsets, [(1, 1)]);
}

#[test]
fn requests_reach_the_consumer() {
    let mut harness = keeper();
    harness.put(&[record("pause")]).unwrap();
    let paused = SinkRequest::Pause(vec![TopicPartition { topic: "t".to_owned(), partition: 0 }]);
    assert_eq!(harness.take_requests(), [paused, SinkRequest::Commit]);
    let error = harness.put(&[record("foreign")]).unwrap_err();
    assert_eq!(error.to_string(), "cannot seek: foreign-1 is not assigned to this task");
}

#[test]
#[should_panic(expected = "t-0 is to be committed at 6, put was up to Some(1)")]
fn an_offset_that_was_not_put_is_not_let_pass() {
    let mut harness = keeper();
    harness.put(&[record("a")]).unwrap();
    harness.task().beyond = 5;
    let _ = harness.pre_commit();
}
