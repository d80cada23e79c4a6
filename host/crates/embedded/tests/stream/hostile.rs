//! Whatever arrives on a connection, the broker lives and other clients notice nothing.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use kafka_protocol::messages::{ApiKey, ApiVersionsRequest};

use super::harness::*;

/// Whether a thread of any broker has panicked: one connection's end would hide it.
static PANICKED: AtomicBool = AtomicBool::new(false);

/// A stream whose threads are watched for panics.
fn start() -> Stream {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().name() == Some("embedded-stream") {
                PANICKED.store(true, Ordering::SeqCst);
            }
            report(panic);
        }));
    });
    Stream::start()
}

/// The broker still answers, and none of its connections ended by a panic.
fn assert_alive(stream: &Stream) {
    assert!(!PANICKED.load(Ordering::SeqCst), "a thread of the broker panicked");
    assert!(!stream.wire().call(3, &ApiVersionsRequest::default()).api_keys.is_empty());
}

#[test]
fn lengths_that_make_no_sense_end_the_connection() {
    let stream = start();
    for length in [i32::MIN, -1, 0, 9, (100 << 20) + 1, i32::MAX] {
        let mut wire = stream.wire();
        wire.send_frame(length, &[0; 16]);
        assert_eq!(wire.read_frame(), None, "{length}");
    }
    // A large request that carries no records: refused before it is read.
    let mut wire = stream.wire();
    wire.send_frame(5 << 20, &[&(ApiKey::Metadata as i16).to_be_bytes()[..], &[0; 14]].concat());
    assert_eq!(wire.read_frame(), None);
    assert_alive(&stream);
}

#[test]
fn an_array_that_claims_two_thousand_million_elements_ends_the_connection() {
    let stream = start();
    for (key, version) in [(ApiKey::Metadata, 1), (ApiKey::DeleteTopics, 1), (ApiKey::DescribeGroups, 0)] {
        assert_eq!(stream.wire().call_raw(key, version, &[0x7f, 0xff, 0xff, 0xff]), None, "{key:?}");
    }
    assert_eq!(stream.wire().call_raw(ApiKey::Metadata, 9, &[0xff, 0xff, 0xff, 0xff, 0x07]), None);
    assert_alive(&stream);
}

#[test]
fn noise_in_every_kind_of_request_ends_the_connection_or_is_answered() {
    let stream = start();
    let mut state = 88_172_645_463_325_252_u64;
    for key in (0..=75).filter_map(|k| ApiKey::try_from(k).ok()) {
        for version in 0..10 {
            let mut body = [0u8; 200];
            for byte in &mut body {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                // Mostly small numbers, so that lengths are often believable.
                *byte = if state.is_multiple_of(3) { (state >> 32) as u8 } else { (state >> 32) as u8 & 3 };
            }
            let _ = stream.wire().call_raw(key, version, &body[..(state % 200) as usize]);
        }
    }
    assert_alive(&stream);
}

#[test]
fn connections_that_stop_in_the_middle_of_a_request_are_nobodys_concern() {
    let stream = start();
    let half: Vec<_> = (0..50)
        .map(|i| {
            let mut wire = stream.wire();
            wire.send_frame(90 << 20, &vec![0; i * 100]);
            wire
        })
        .collect();
    assert_alive(&stream);
    drop(half);
    assert_alive(&stream);
}

#[test]
fn an_unknown_version_of_api_versions_is_answered_with_what_is_spoken() {
    let stream = start();
    let mut wire = stream.wire();
    let mut answer = wire.call_raw(ApiKey::ApiVersions, 4, &[0, 0, 0]).unwrap();
    bytes::Buf::advance(&mut answer, 4);
    let read: kafka_protocol::messages::ApiVersionsResponse =
        kafka_protocol::protocol::Decodable::decode(&mut answer, 0).unwrap();
    assert_eq!(read.error_code, kafka_protocol::error::ResponseError::UnsupportedVersion.code());
    assert!(!read.api_keys.is_empty());
    // The same connection goes on.
    assert!(!wire.call(3, &ApiVersionsRequest::default()).api_keys.is_empty());
}
