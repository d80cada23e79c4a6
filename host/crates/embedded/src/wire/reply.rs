//! A reply to be sent: bytes, and stretches of segment files that are read while they are sent.
//!
//! Records never pass through the encoder: a fetch of 8 MB needs a buffer of 256 KiB.

use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use bytes::{BufMut, Bytes, BytesMut};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::log::Slice;

/// Bytes sent at once.
const PIECE: usize = 256 << 10;

/// Part of a reply.
#[derive(Debug)]
pub(crate) enum Part {
    /// As it is.
    Bytes(Bytes),
    /// To be read from a file.
    File(Slice),
}

impl Part {
    fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(slice) => slice.len,
        }
    }
}

/// Why a reply was not sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// The client is gone.
    #[error(transparent)]
    Socket(#[from] io::Error),
    /// A file could not be read.
    #[error("cannot read records from {}: {source}", .path.display())]
    Records {
        path: PathBuf,
        /// Its topic was deleted while the reply was on its way.
        deleted: bool,
        source: io::Error,
    },
    #[error("a reply of more than 2 GiB")]
    TooLong,
}

/// A whole reply, without the length before it.
#[derive(Debug, Default)]
pub(crate) struct Reply(pub(crate) Vec<Part>);

impl From<BytesMut> for Reply {
    fn from(bytes: BytesMut) -> Self {
        Self(vec![Part::Bytes(bytes.freeze())])
    }
}

impl Reply {
    /// Sends length and parts. The file contents cannot have changed since the reply was made: logs only grow.
    pub(crate) async fn send(&self, to: &mut (impl AsyncWrite + Unpin)) -> Result<(), SendError> {
        let total: u64 = self.0.iter().map(Part::len).sum();
        let length = i32::try_from(total).map_err(|_| SendError::TooLong)?;
        let room = usize::try_from(total).unwrap_or(PIECE).saturating_add(4).min(PIECE);
        let mut buffer = BytesMut::with_capacity(room);
        buffer.put_i32(length);
        for part in &self.0 {
            match part {
                Part::Bytes(bytes) => {
                    if buffer.len() + bytes.len() > PIECE {
                        flush(&mut buffer, to).await?;
                    }
                    if bytes.len() > PIECE { to.write_all(bytes).await? } else { buffer.put_slice(bytes) }
                }
                Part::File(slice) => send_file(slice, &mut buffer, to).await?,
            }
        }
        Ok(flush(&mut buffer, to).await?)
    }
}

async fn flush(buffer: &mut BytesMut, to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    to.write_all(buffer).await?;
    buffer.clear();
    Ok(())
}

async fn send_file(slice: &Slice, buffer: &mut BytesMut, to: &mut (impl AsyncWrite + Unpin)) -> Result<(), SendError> {
    let unreadable = |source| {
        let (path, deleted) = (slice.file.path().to_owned(), slice.file.is_deleted());
        SendError::Records { path, deleted, source }
    };
    let file = slice.open().map_err(unreadable)?;
    let (mut position, mut left) = (slice.position, slice.len);
    while left > 0 {
        if buffer.len() >= PIECE {
            flush(buffer, to).await?;
        }
        let filled = buffer.len();
        let take = usize::try_from(left).unwrap_or(PIECE).min(PIECE - filled);
        buffer.resize(filled + take, 0);
        if let Some(into) = buffer.get_mut(filled..) {
            file.read_exact_at(into, position).map_err(unreadable)?;
        }
        position += take as u64;
        left -= take as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::files::SegmentFile;

    #[tokio::test]
    async fn a_file_that_cannot_be_read_is_named_and_not_taken_for_a_client_that_is_gone() {
        let file = SegmentFile::new("/no/such/segment.log".into());
        let reply =
            |len| Reply(vec![Part::File(Slice { files: Arc::default(), file: Arc::clone(&file), position: 0, len })]);
        let e = reply(1).send(&mut Vec::new()).await.unwrap_err();
        assert!(matches!(e, SendError::Records { deleted: false, .. }), "{e:?}");
        assert!(e.to_string().contains("/no/such/segment.log"), "{e}");
        file.note_deleted();
        let e = reply(1).send(&mut Vec::new()).await.unwrap_err();
        assert!(matches!(e, SendError::Records { deleted: true, .. }), "{e:?}");
        let e = reply(1 << 31).send(&mut Vec::new()).await.unwrap_err();
        assert!(matches!(e, SendError::TooLong), "{e:?}");
    }

    #[tokio::test]
    async fn parts_arrive_whole_whatever_their_size() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let content: Vec<u8> = (0..PIECE * 2 + 17).map(|i| (i % 251) as u8).collect();
        std::fs::write(file.path(), &content).unwrap();
        let slice = |position: usize, len: usize| {
            let file = SegmentFile::new(file.path().to_owned());
            Part::File(Slice { files: Arc::default(), file, position: position as u64, len: len as u64 })
        };
        let big = Bytes::from(vec![7u8; PIECE + 1]);
        let reply = Reply(vec![
            Part::Bytes(Bytes::from_static(b"head")),
            slice(3, content.len() - 3),
            Part::Bytes(big.clone()),
            slice(0, 10),
        ]);
        let mut sent = Vec::new();
        reply.send(&mut sent).await.unwrap();
        let expected = [b"head", &content[3..], &big, &content[..10]].concat();
        assert_eq!(&sent[..4], (expected.len() as i32).to_be_bytes());
        assert_eq!(&sent[4..], expected);
    }
}
