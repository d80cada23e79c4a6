//! Standard output and error: log lines under the limits of `log`. Standard input is empty.

use super::log::{GuestLog, MAX_LINE};
use crate::bindings::log::Level;
use bytes::Bytes;
use parking_lot::Mutex;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::AsyncWrite;
use wasmtime::format_err;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

/// Bytes that a guest may write at once.
const PERMIT: usize = 64 << 10;

/// One of an instance's standard streams, cut into lines. Clones are the same stream.
#[derive(Clone, Debug)]
pub(crate) struct LogStream {
    log: Arc<GuestLog>,
    error: bool,
    /// The line begun, at most [`MAX_LINE`].
    line: Arc<Mutex<Vec<u8>>>,
}

impl LogStream {
    /// Standard error if `error`, else standard output.
    pub(crate) fn new(log: &Arc<GuestLog>, error: bool) -> Self {
        Self { log: log.clone(), error, line: Arc::default() }
    }

    fn push(&self, bytes: &[u8]) {
        let mut line = self.line.lock();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, ended) = part.strip_suffix(b"\n").map_or((part, false), |text| (text, true));
            for chunk in text.chunks(MAX_LINE) {
                if line.len() + chunk.len() > MAX_LINE {
                    self.emit(&mut line);
                }
                line.extend_from_slice(chunk);
            }
            if ended {
                self.emit(&mut line);
            }
        }
    }

    /// Ends a line that the guest has not ended itself, as when it is gone.
    pub(crate) fn end_line(&self) {
        let mut line = self.line.lock();
        if !line.is_empty() {
            self.emit(&mut line);
        }
    }

    fn emit(&self, line: &mut Vec<u8>) {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches('\r');
        if self.error {
            self.log.error_line(text)
        } else {
            self.log.line(Level::Info, text)
        }
        line.clear();
    }
}

impl IsTerminal for LogStream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for LogStream {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait::async_trait]
impl Pollable for LogStream {
    async fn ready(&mut self) {}
}

#[async_trait::async_trait]
impl OutputStream for LogStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if bytes.len() > PERMIT {
            return Err(StreamError::Trap(format_err!("write exceeded budget")));
        }
        self.push(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(PERMIT)
    }
}

impl AsyncWrite for LogStream {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.push(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> LogStream {
        LogStream::new(&Arc::new(GuestLog::new("c", None, "p", 100)), true)
    }

    #[test]
    fn pieces_become_lines() {
        let stream = stream();
        stream.push(b"pan");
        stream.push(b"icked\r\nat src");
        assert_eq!(stream.log.take_last_words(), "panicked");
        stream.end_line();
        assert_eq!(stream.log.take_last_words(), "at src");
    }

    #[test]
    fn no_more_is_written_at_once_than_permitted() {
        let mut stream = stream();
        assert_eq!(stream.check_write().unwrap(), PERMIT);
        assert!(stream.write(vec![b'x'; PERMIT].into()).is_ok());
        assert!(matches!(stream.write(vec![b'x'; PERMIT + 1].into()), Err(StreamError::Trap(_))));
    }

    #[test]
    fn what_never_ends_is_cut() {
        let stream = stream();
        stream.push(&vec![b'x'; 3 * MAX_LINE]);
        assert!(stream.line.lock().len() <= MAX_LINE);
        assert_eq!(stream.log.take_last_words().lines().count(), 2);
    }
}
