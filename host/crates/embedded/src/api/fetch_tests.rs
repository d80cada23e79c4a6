use kafka_protocol::messages::fetch_request::FetchTopic;
use kafka_protocol::messages::{ApiKey, FetchResponse, ResponseHeader, TopicName};
use kafka_protocol::protocol::Decodable;

use super::super::text;
use super::*;
use crate::EmbeddedConfig;
use crate::lock::DirLock;
use crate::log::{testing::batch, validate};

#[tokio::test]
async fn the_answer_written_by_hand_is_what_the_codec_reads_in_every_version() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), b"..records..").unwrap();
    let slice = Slice {
        files: Arc::default(),
        file: crate::files::SegmentFile::new(file.path().to_owned()),
        position: 2,
        len: 7,
    };
    let fetched = |partition, records, error| Fetched { partition, error, start: 3, end: 50, records };
    let topics = vec![
        vec![fetched(0, Some(slice.clone()), None), fetched(1, None, Some(ResponseError::OffsetOutOfRange))],
        vec![fetched(7, Some(slice), None)],
    ];
    let names = ["first", "second"].map(|n| FetchTopic::default().with_topic(TopicName(text(n))));
    for version in 4..=11 {
        for isolation_level in [0, 1] {
            let fetch = FetchRequest::default().with_topics(names.to_vec()).with_isolation_level(isolation_level);
            let request = Request {
                key: ApiKey::Fetch,
                version,
                correlation_id: 77,
                client_id: String::new(),
                client_host: String::new(),
                body: bytes::Bytes::new(),
            };
            let reply = respond(&request, &fetch, None, &topics).unwrap().unwrap();
            let mut sent = Vec::new();
            reply.send(&mut sent).await.unwrap();
            let mut sent = bytes::Bytes::from(sent).slice(4..);
            assert_eq!(ResponseHeader::decode(&mut sent, 0).unwrap().correlation_id, 77);
            let read = FetchResponse::decode(&mut sent, version).unwrap();
            assert!(sent.is_empty(), "v{version}");
            let partitions = &read.responses[0].partitions;
            assert_eq!((read.responses[0].topic.as_str(), partitions.len()), ("first", 2));
            assert_eq!(partitions[0].records.as_deref(), Some(&b"records"[..]));
            assert_eq!((partitions[0].high_watermark, partitions[0].last_stable_offset), (50, 50));
            assert_eq!(partitions[0].log_start_offset, if version >= 5 { 3 } else { -1 });
            assert_eq!(partitions[0].aborted_transactions.is_some(), isolation_level == 1);
            assert_eq!(partitions[1].error_code, ResponseError::OffsetOutOfRange.code());
            assert_eq!(read.responses[1].partitions[0].partition_index, 7);
        }
    }
}

#[tokio::test]
async fn no_record_is_beyond_the_end_that_is_answered_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let lock = DirLock::acquire(dir.path()).unwrap();
    let broker = Broker::open(EmbeddedConfig::new(dir.path()), lock, 0).unwrap();
    broker.topics.create("t", 1, Default::default()).await.unwrap();
    let partition = broker.topics.partition("t", 0).unwrap();
    let one = batch(1, (-1, -1, -1), 0, 0);
    let header = validate(&one, 1000).unwrap();
    let append = || partition.append(&header, &one).unwrap();
    append();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for _ in 0..20_000 {
                append();
            }
        });
        while !writer.is_finished() {
            let newest = partition.view().unwrap().end - 1;
            let wanted = FetchPartition::default().with_fetch_offset(newest).with_partition_max_bytes(1 << 20);
            let fetched = read_partition(&broker, "t", &wanted, 1 << 20, true);
            let records = i64::try_from(fetched.records.unwrap().len / one.len() as u64).unwrap();
            assert!(newest + records <= fetched.end, "{records} from {newest} on, the end at {}", fetched.end);
        }
    });
}
