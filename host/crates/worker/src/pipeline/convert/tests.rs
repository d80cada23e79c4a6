use super::*;
use crate::TaskId;
use cofferdam_data::{Column, ColumnBuilder, TimestampType, TopicPartition, kind};

/// Fails on every cell that is not null, twice if it may: as two headers of one record do.
struct Failing;

impl Failing {
    fn fail(column: Column) -> Converted {
        let failures = (0..column.len()).map(|index| (index, format!("cell {index}"))).collect();
        Converted { column, failures }
    }
}

impl Converter for Failing {
    fn class(&self) -> &str {
        "Failing"
    }

    fn to_connect_data(&mut self, _: Topics<'_>, raw: Column, _: &SchemaTable) -> Converted {
        Self::fail(raw)
    }

    fn from_connect_data(&mut self, _: Topics<'_>, column: Column, _: &SchemaTable) -> Converted {
        Self::fail(column)
    }
}

fn column(cells: usize) -> Column {
    let mut column = ColumnBuilder::default();
    (0..cells).for_each(|_| column.push(kind::BYTES, 0, b"x"));
    column.finish()
}

fn headers() -> Headers {
    Headers { counts: vec![0, 2], names: vec!["h".into()], name_of: vec![0, 0], values: column(2) }
}

#[test]
fn a_record_that_fails_in_several_stages_is_told_of_once() {
    let mut converters = Converters { key: Box::new(Failing), value: Box::new(Failing), header: Box::new(Failing) };
    let settings = [("errors.tolerance".to_owned(), "all".to_owned())].into();
    let tolerance = Tolerance::configure(&TaskId::new("c", 0), &settings, true).unwrap();
    let schemas = SchemaTable::new();
    let mut run = SinkRun {
        origin: TopicPartition { topic: "t".into(), partition: 0 },
        topics: vec!["t".into()],
        topic_of: vec![0],
        offsets: vec![5, 6],
        keys: column(2),
        values: column(2),
        headers: headers(),
        partitions: vec![0],
        timestamp_type: TimestampType::None,
        timestamps: Vec::new(),
    };
    let dropped = converters.decode(&mut run, &schemas, &tolerance).unwrap();
    assert_eq!(dropped, Dropped::from([0, 1]));
    assert_eq!(tolerance.skipped(), 2);
    let mut run = SourceRun {
        topics: vec!["t".into()],
        topic_of: vec![0],
        keys: column(2),
        values: column(2),
        headers: headers(),
        ..SourceRun::default()
    };
    let dropped = converters.encode(&mut run, &schemas, &tolerance).unwrap();
    assert_eq!(dropped, Dropped::from([0, 1]));
    assert_eq!(tolerance.skipped(), 4);
}
