use super::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

const IDLE: Duration = Duration::from_secs(90);

/// A connection whose other side is the second result, and a service that answers after so long.
fn connection() -> (Watched<DuplexStream>, DuplexStream, Connections) {
    let connections = Connections::new(1, IDLE);
    let (near, far) = duplex(8);
    let (watched, _) = connections.admit(near, ()).unwrap();
    (watched, far, connections)
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_ends_after_its_time_and_each_byte_begins_it_anew() {
    let (mut watched, mut far, _) = connection();
    let began = Instant::now();
    let mut byte = [0];
    for _ in 0..3 {
        tokio::time::advance(IDLE - Duration::from_secs(1)).await;
        far.write_all(b"x").await.unwrap();
        watched.read_exact(&mut byte).await.unwrap();
    }
    let error = watched.read_exact(&mut byte).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert_eq!(began.elapsed().as_secs(), 3 * 89 + 90);
}

#[tokio::test(start_paused = true)]
async fn a_connection_on_which_a_request_is_answered_is_not_idle() {
    let (mut watched, _far, _) = connection();
    let under_way = UnderWay::new(&watched.requests);
    let mut byte = [0];
    assert!(tokio::time::timeout(10 * IDLE, watched.read(&mut byte)).await.is_err());
    drop(under_way);
    let error = tokio::time::timeout(2 * IDLE, watched.read(&mut byte)).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_take_its_answer_is_cut_off() {
    let (mut watched, mut far, _) = connection();
    let _under_way = UnderWay::new(&watched.requests);
    let writing = tokio::spawn(async move { watched.write_all(&[0; 100]).await });
    let mut some = [0; 8];
    tokio::time::advance(IDLE - Duration::from_secs(1)).await;
    far.read_exact(&mut some).await.unwrap();
    let began = Instant::now();
    assert_eq!(writing.await.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert!(began.elapsed() >= IDLE - Duration::from_secs(1), "{:?}", began.elapsed());
}

#[tokio::test]
async fn there_are_only_so_many_connections_at_a_time() {
    let (watched, _far, connections) = connection();
    let another = || connections.admit(duplex(1).0, ());
    assert!(another().is_err());
    drop(watched);
    assert!(another().is_ok());
}

#[tokio::test]
async fn requests_are_counted_until_they_are_answered_or_given_up() {
    let connections = Connections::new(1, IDLE);
    let echo = tower::service_fn(async |request: u8| Ok::<_, io::Error>(request));
    let (watched, mut counted) = connections.admit(duplex(1).0, echo).unwrap();
    let count = || watched.requests.load(Ordering::Acquire);
    let (first, second) = (counted.call(1), counted.call(2));
    assert_eq!(count(), 2);
    assert_eq!(first.await.unwrap(), 1);
    drop(second);
    assert_eq!(count(), 0);
}
