//! One client's connection: a request is read, answered, and only then the next is read, as Kafka does it.
//!
//! Whatever arrives, the broker lives: lengths are bounded before anything is allocated, a request that is not what it
//! claims to be ends its connection with one line in the log.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use kafka_protocol::messages::{ApiKey, RequestHeader};
use kafka_protocol::protocol::Decodable;
use tokio::io::{AsyncReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::watch;

use crate::api::{self, Request};
use crate::broker::Broker;
use crate::wire::{self, APIS, Malformed, SendError};

/// Largest request, in bytes: Kafka's `socket.request.max.bytes`.
const MAX_REQUEST: usize = 100 << 20;
/// Largest request that carries no records.
const MAX_OTHER_REQUEST: usize = 4 << 20;
/// Bytes of a header up to the client id.
const MIN_REQUEST: usize = 10;
/// Read at once from the socket while the length is awaited.
const READ_BUFFER: usize = 8 << 10;

/// Why a connection is ended by the broker.
#[derive(Debug, thiserror::Error)]
enum ConnectionError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Send(SendError),
    #[error("a request of {0} bytes is not between {MIN_REQUEST} and {MAX_REQUEST}")]
    Size(i64),
    #[error("a request of kind {key} and {size} bytes is larger than {MAX_OTHER_REQUEST}")]
    TooLarge { key: i16, size: usize },
    #[error("requests of kind {key} and version {version} are not supported by the embedded stream")]
    Unsupported { key: i16, version: i16 },
    #[error("a malformed request of kind {key:?}, version {version}: {cause}")]
    Malformed { key: ApiKey, version: i16, cause: Malformed },
    #[error("no answer to a request of kind {key:?}, version {version}: {cause}")]
    Codec { key: ApiKey, version: i16, cause: String },
}

/// Serves one connection until either side ends it.
pub(crate) async fn serve(
    socket: TcpStream,
    peer: SocketAddr,
    broker: Arc<Broker>,
    mut stopped: watch::Receiver<bool>,
) {
    let ended = tokio::select! {
        ended = converse(socket, peer, &broker) => ended,
        _ = stopped.wait_for(|stop| *stop) => return,
    };
    match ended {
        Ok(()) => {}
        Err(ConnectionError::Send(SendError::Records { path, deleted: true, .. })) => {
            tracing::debug!(%peer, file = %path.display(), "a topic was deleted while it was read");
        }
        Err(ConnectionError::Send(SendError::Records { path, source, .. })) => {
            tracing::error!(%peer, file = %path.display(), error = %source, "cannot read records that are being sent");
        }
        Err(ConnectionError::Io(e) | ConnectionError::Send(SendError::Socket(e))) => {
            tracing::debug!(%peer, error = %e, "a client's connection broke")
        }
        Err(e) => tracing::warn!(%peer, error = %e, "closed a client's connection"),
    }
}

async fn converse(socket: TcpStream, peer: SocketAddr, broker: &Arc<Broker>) -> Result<(), ConnectionError> {
    socket.set_nodelay(true)?;
    let (reader, mut writer) = socket.into_split();
    let mut reader = BufReader::with_capacity(READ_BUFFER, reader);
    while let Some(frame) = read_frame(&mut reader).await? {
        let request = parse(frame, peer)?;
        let (key, version) = (request.key, request.version);
        let codec = |cause: api::CodecError| ConnectionError::Codec { key, version, cause: cause.to_string() };
        if let Some(reply) = api::handle(broker, request).await.map_err(codec)? {
            reply.send(&mut writer).await.map_err(ConnectionError::Send)?;
        }
    }
    Ok(())
}

/// The next request, or `None` if the client has ended the connection between two.
async fn read_frame(reader: &mut BufReader<OwnedReadHalf>) -> Result<Option<Bytes>, ConnectionError> {
    let length = match reader.read_i32().await {
        Ok(length) => length,
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(e) => return Err(e.into()),
    };
    let size = usize::try_from(length).ok().filter(|n| (MIN_REQUEST..=MAX_REQUEST).contains(n));
    let size = size.ok_or(ConnectionError::Size(length.into()))?;
    // The kind decides how much is believed.
    let key = reader.read_i16().await?;
    if size > MAX_OTHER_REQUEST && key != ApiKey::Produce as i16 {
        return Err(ConnectionError::TooLarge { key, size });
    }
    let mut frame = BytesMut::with_capacity(size);
    frame.extend_from_slice(&key.to_be_bytes());
    let mut rest = reader.take((size - frame.len()) as u64);
    while frame.len() < size {
        if rest.read_buf(&mut frame).await? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
    }
    Ok(Some(frame.freeze()))
}

/// Splits a frame into header and a body that has the shape it must have.
fn parse(mut frame: Bytes, peer: SocketAddr) -> Result<Request, ConnectionError> {
    let mut peek = frame.clone();
    let (key, version, correlation_id) = (peek.get_i16(), peek.get_i16(), peek.get_i32());
    let unsupported = ConnectionError::Unsupported { key, version };
    let Some(api) = APIS.iter().find(|api| api.key as i16 == key) else { return Err(unsupported) };
    let request = |version, client_id, body| Request {
        key: api.key,
        version,
        correlation_id,
        client_id,
        client_host: format!("/{}", peer.ip()),
        body,
    };
    if !(api.min..=api.max).contains(&version) {
        // A client that does not know what is spoken asks in its own version; it is answered in the first.
        let asks = api.key == ApiKey::ApiVersions;
        return if asks { Ok(request(-1, String::new(), Bytes::new())) } else { Err(unsupported) };
    }
    let codec = |e: &dyn std::fmt::Display| ConnectionError::Codec { key: api.key, version, cause: e.to_string() };
    let malformed = |cause| ConnectionError::Malformed { key: api.key, version, cause };
    let header_version = api.key.request_header_version(version);
    wire::check_header(header_version, &frame).map_err(malformed)?;
    let header = RequestHeader::decode(&mut frame, header_version).map_err(|e| codec(&e))?;
    wire::check(api, version, &frame).map_err(malformed)?;
    Ok(request(version, header.client_id.map(|id| id.to_string()).unwrap_or_default(), frame))
}
