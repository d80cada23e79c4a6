//! Starting and stopping: the lock, the port, what is found again.

use std::sync::Arc;

use cofferdam_embedded::{EmbeddedConfig, EmbeddedError, EmbeddedStream, Fsync};
use kafka_protocol::messages::FetchRequest;

use super::harness::*;

fn shutdown(stream: EmbeddedStream) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(stream.shutdown()).unwrap();
}

#[test]
fn a_second_stream_on_the_directory_is_told_which() {
    let dir = tempfile::tempdir().unwrap();
    let first = EmbeddedStream::start(EmbeddedConfig::new(dir.path())).unwrap();
    let refused = EmbeddedStream::start(EmbeddedConfig::new(dir.path())).unwrap_err();
    assert!(matches!(&refused, EmbeddedError::InUse { dir: d } if d == dir.path()), "{refused:?}");
    assert!(refused.to_string().contains(dir.path().to_str().unwrap()), "{refused}");
    shutdown(first);
    shutdown(EmbeddedStream::start(EmbeddedConfig::new(dir.path())).unwrap());
}

#[test]
fn a_second_process_on_the_directory_is_told_too() {
    let (dir, child, stream) = super::durability::Server::start(Fsync::None).into_parts();
    let refused = EmbeddedStream::start(EmbeddedConfig::new(dir.path().join("data"))).unwrap_err();
    assert!(matches!(refused, EmbeddedError::InUse { .. }), "{refused:?}");
    child.kill();
    drop(stream);
    shutdown(EmbeddedStream::start(EmbeddedConfig::new(dir.path().join("data"))).unwrap());
}

#[test]
fn a_port_that_is_taken_is_named() {
    let first = Stream::start();
    let port: u16 = first.bootstrap.rsplit(':').next().unwrap().parse().unwrap();
    assert!(first.bootstrap.starts_with("127.0.0.1:"));
    let dir = tempfile::tempdir().unwrap();
    let mut config = EmbeddedConfig::new(dir.path());
    config.port = port;
    let refused = EmbeddedStream::start(config).unwrap_err().to_string();
    assert!(refused.contains(&first.bootstrap), "{refused}");
}

#[test]
fn settings_out_of_bounds_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = EmbeddedConfig::new(dir.path());
    config.default_partitions = 0;
    let refused = EmbeddedStream::start(config).unwrap_err().to_string();
    assert!(refused.contains("default_partitions is 0"), "{refused}");
}

#[test]
fn everything_is_there_after_a_shutdown() {
    let dir = tempfile::tempdir().unwrap();
    let config = || EmbeddedConfig { fsync: Fsync::Commit, ..EmbeddedConfig::new(dir.path()) };
    let inner = EmbeddedStream::start(config()).unwrap();
    assert_eq!(inner.data_dir(), dir.path());
    let id = inner.cluster_id().to_owned();
    let stream = Stream::at(&inner.bootstrap());
    super::offsets::group_with_commit(&stream);
    shutdown(inner);
    let inner = EmbeddedStream::start(config()).unwrap();
    assert_eq!(inner.cluster_id(), id);
    let stream = Stream::at(&inner.bootstrap());
    assert_eq!(read_all(&stream, "t", 2).len(), 40);
    assert_eq!(super::offsets::list(&stream, "g"), [("t".to_owned(), 0, 10), ("t".to_owned(), 1, 11)]);
    shutdown(inner);
}

#[test]
fn a_shutdown_does_not_wait_for_clients_that_wait() {
    let mut stream = Stream::start();
    stream.create("t", 1);
    let mut wire = stream.wire();
    wire.ask(11, &patient_fetch("t"));
    let log = tempfile::NamedTempFile::new().unwrap();
    let subscriber = tracing_subscriber::fmt().with_writer(Arc::new(log.reopen().unwrap())).finish();
    let inner = stream.inner.take().unwrap();
    tracing::subscriber::with_default(subscriber, || shutdown(inner));
    assert!(wire.answer::<FetchRequest>(11).is_none(), "its connection has ended");
    let log = std::fs::read_to_string(log.path()).unwrap();
    assert!(!log.contains("did not end in time"), "{log}");
}
