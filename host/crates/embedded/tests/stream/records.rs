//! Records: what goes in comes out, once, in order, from wherever one starts.

use std::collections::BTreeMap;

use kafka_protocol::messages::FetchRequest;
use rdkafka::consumer::Consumer;
use rdkafka::message::{Header, Headers, OwnedHeaders, Timestamp};
use rdkafka::producer::BaseRecord;
use rdkafka::{Message, Offset, TopicPartitionList};

use super::harness::*;

#[test]
fn an_idempotent_producer_with_many_batches_in_flight_leaves_no_gap_and_no_repeat() {
    let stream = Stream::start();
    stream.create("t", 3);
    let (producer, reports) = stream.producer(&[("linger.ms", "0"), ("batch.num.messages", "10")]);
    for i in 0..3000 {
        send(&producer, "t", i % 3, None, Some(i.to_string().as_bytes()));
    }
    flush(&producer, &reports);
    let mut offsets: BTreeMap<i32, Vec<i64>> = BTreeMap::new();
    for (partition, offset) in reports.delivered.lock().iter() {
        offsets.entry(*partition).or_default().push(*offset);
    }
    for (partition, mut offsets) in offsets {
        offsets.sort_unstable();
        assert_eq!(offsets, (0..1000).collect::<Vec<_>>(), "partition {partition}");
    }
    assert_eq!(read_all(&stream, "t", 3).len(), 3000);
}

#[test]
fn every_field_of_a_record_comes_back() {
    let stream = Stream::start();
    stream.create("t", 1);
    let (producer, reports) = stream.producer(&[]);
    let headers = OwnedHeaders::new()
        .insert(Header { key: "h1", value: Some("v1") })
        .insert(Header { key: "h1", value: Some("v1b") })
        .insert(Header::<&[u8]> { key: "null", value: None })
        .insert(Header { key: "bin", value: Some(&[0u8, 255, 1][..]) });
    let to = BaseRecord::<[u8], [u8]>::to;
    producer.send(to("t").key(&b"k"[..]).payload(&b"v"[..]).timestamp(1_234_567_890_123).headers(headers)).unwrap();
    producer.send(to("t").key(&b"tombstone"[..]).timestamp(1_234_567_890_999)).unwrap();
    producer.send(to("t").payload(&b""[..])).unwrap();
    flush(&producer, &reports);
    let read = drain(&stream.assigned("t", 1, Offset::Beginning, &[]), 3);
    let headers = read[0].headers().unwrap();
    let headers: Vec<_> = headers.iter().map(|h| (h.key.to_owned(), h.value.map(<[u8]>::to_vec))).collect();
    let expected = [("h1", Some(&b"v1"[..])), ("h1", Some(b"v1b")), ("null", None), ("bin", Some(&[0, 255, 1]))];
    assert_eq!(headers, expected.map(|(k, v)| (k.to_owned(), v.map(<[u8]>::to_vec))));
    assert_eq!((read[0].key(), read[0].payload()), (Some(&b"k"[..]), Some(&b"v"[..])));
    assert_eq!(read[0].timestamp(), Timestamp::CreateTime(1_234_567_890_123));
    assert_eq!((read[1].key(), read[1].payload()), (Some(&b"tombstone"[..]), None));
    assert_eq!(read[1].timestamp(), Timestamp::CreateTime(1_234_567_890_999));
    assert_eq!((read[2].key(), read[2].payload()), (None, Some(&b""[..])));
}

#[test]
fn compressed_batches_pass_through() {
    let stream = Stream::start();
    let value = vec![b'a'; 1000];
    for codec in ["gzip", "snappy", "lz4", "zstd"] {
        stream.create(codec, 1);
        let (producer, reports) = stream.producer(&[("compression.codec", codec), ("linger.ms", "50")]);
        for _ in 0..500 {
            send(&producer, codec, 0, None, Some(&value));
        }
        flush(&producer, &reports);
        let read = drain(&stream.assigned(codec, 1, Offset::Beginning, &[("check.crcs", "true")]), 500);
        assert!(read.iter().all(|m| m.payload() == Some(&value[..])), "{codec}");
    }
}

#[test]
fn large_records_where_the_topic_takes_them() {
    let stream = Stream::start();
    stream.try_create("t", 1, &[("max.message.bytes", "8000000")]).unwrap();
    let (producer, reports) = stream.producer(&[("message.max.bytes", "8000000")]);
    for size in [900_000, 3_000_000] {
        send(&producer, "t", 0, None, Some(&vec![b'z'; size]));
    }
    flush(&producer, &reports);
    let read = drain(&stream.assigned("t", 1, Offset::Beginning, &[("fetch.message.max.bytes", "10000000")]), 2);
    assert_eq!(read[1].payload().map(<[u8]>::len), Some(3_000_000));
}

#[test]
fn seek_to_an_offset_back_and_from_the_end() {
    let stream = Stream::start();
    stream.create("t", 1);
    stream.fill("t", 1, 200);
    let consumer = stream.assigned("t", 1, Offset::Beginning, &[]);
    drain(&consumer, 50);
    for (to, first) in [(Offset::Offset(150), 150), (Offset::Offset(3), 3), (Offset::OffsetTail(2), 198)] {
        consumer.seek("t", 0, to, LIMIT).unwrap();
        assert_eq!(drain(&consumer, 1)[0].offset(), first, "{to:?}");
    }
    assert_eq!(consumer.fetch_watermarks("t", 0, LIMIT).unwrap(), (0, 200));
}

#[test]
fn reading_starts_inside_a_batch() {
    let stream = Stream::start();
    stream.create("t", 1);
    let (producer, reports) = stream.producer(&[("linger.ms", "300")]);
    for i in 0..100 {
        send(&producer, "t", 0, None, Some(i.to_string().as_bytes()));
    }
    flush(&producer, &reports);
    for start in [0, 1, 37, 99] {
        let read = drain(&stream.assigned("t", 1, Offset::Offset(start), &[]), (100 - start) as usize);
        for (message, offset) in read.iter().zip(start..) {
            assert_eq!((message.offset(), message.payload()), (offset, Some(offset.to_string().as_bytes())));
        }
    }
}

#[test]
fn offsets_are_found_by_time() {
    let stream = Stream::start();
    stream.create("t", 1);
    let (producer, reports) = stream.producer(&[]);
    let first = 1_700_000_000_000;
    for i in 0..10 {
        producer.send(BaseRecord::<[u8], [u8]>::to("t").payload(&b"x"[..]).timestamp(first + i * 1000)).unwrap();
        flush(&producer, &reports);
    }
    let consumer = stream.consumer("x", &[]);
    for (time, offset) in [(first + 4500, Offset::Offset(5)), (0, Offset::Offset(0)), (first + 10_000, Offset::End)] {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset("t", 0, Offset::Offset(time)).unwrap();
        let found = consumer.offsets_for_times(list, LIMIT).unwrap().elements()[0].offset();
        assert_eq!(found, offset, "{time}");
    }
}

#[test]
fn an_offset_out_of_range_resets_the_consumer() {
    let stream = Stream::start();
    stream.create("t", 1);
    stream.fill("t", 1, 5);
    let consumer = stream.assigned("t", 1, Offset::Offset(1000), &[("auto.offset.reset", "earliest")]);
    assert_eq!(drain(&consumer, 5)[0].offset(), 0);
}

#[test]
fn a_waiting_fetch_is_woken_by_the_first_record() {
    let stream = Stream::start();
    stream.create("t", 1);
    let mut wire = stream.wire();
    wire.ask(11, &patient_fetch("t"));
    stream.fill("t", 1, 1);
    let answer = wire.answer::<FetchRequest>(11).expect("an answer before its wait is over");
    let partition = &answer.responses[0].partitions[0];
    assert_eq!((partition.error_code, partition.high_watermark), (0, 1));
    assert!(partition.records.as_ref().is_some_and(|records| !records.is_empty()));
}
