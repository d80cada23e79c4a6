//! Connections end when nobody uses them, and there are only so many: a client that holds on to one cannot take the
//! descriptors from the connectors.
//!
//! A connection is idle while no byte comes or goes and no request is being answered. Timeouts per read would cut those
//! off that wait for a slow answer, which is why this is not left to a library.

use axum_server::accept::Accept;
use std::future::Ready;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};
use tower_service::Service;

/// Lets connections in.
#[derive(Clone)]
pub(crate) struct Connections {
    permits: Arc<Semaphore>,
    idle: Duration,
}

impl Connections {
    /// At most `max` at a time, each closed after being idle for so long.
    pub(crate) fn new(max: usize, idle: Duration) -> Self {
        Self { permits: Arc::new(Semaphore::new(max)), idle }
    }

    fn admit<T, S>(&self, io: T, service: S) -> io::Result<(Watched<T>, Counted<S>)> {
        let permit = Arc::clone(&self.permits).try_acquire_owned();
        let permit = permit.map_err(|_| io::Error::other("there are too many connections"))?;
        let requests = Arc::new(AtomicUsize::new(0));
        let timer = Box::pin(tokio::time::sleep(self.idle));
        let watched = Watched { io, timer, idle: self.idle, requests: Arc::clone(&requests), _permit: permit };
        Ok((watched, Counted { service, requests }))
    }
}

impl<S> Accept<TcpStream, S> for Connections {
    type Stream = Watched<TcpStream>;
    type Service = Counted<S>;
    type Future = Ready<io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        std::future::ready(stream.set_nodelay(true).and_then(|()| self.admit(stream, service)))
    }
}

/// A connection that fails once it has been idle for too long.
pub(crate) struct Watched<T> {
    io: T,
    timer: Pin<Box<Sleep>>,
    idle: Duration,
    /// Requests being answered on it.
    requests: Arc<AtomicUsize>,
    _permit: OwnedSemaphorePermit,
}

impl<T> Watched<T> {
    /// Begins to wait anew after something came or went.
    fn seen<R>(&mut self, progress: Poll<R>) -> Poll<R> {
        if progress.is_ready() {
            self.timer.as_mut().reset(Instant::now() + self.idle);
        }
        progress
    }

    /// Nothing comes: an error if that is so for too long, and no request is why.
    fn waits(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        loop {
            ready!(self.timer.as_mut().poll(cx));
            self.timer.as_mut().reset(Instant::now() + self.idle);
            if self.requests.load(Ordering::Acquire) == 0 {
                return Poll::Ready(timed_out());
            }
        }
    }

    /// Nothing goes: an error if the other side has taken nothing for too long.
    fn stalls(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        self.timer.as_mut().poll(cx).map(|()| timed_out())
    }
}

fn timed_out() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the connection has been idle for too long")
}

impl<T: AsyncRead + Unpin> AsyncRead for Watched<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let progress = Pin::new(&mut self.io).poll_read(cx, buf);
        match self.seen(progress) {
            Poll::Pending => self.waits(cx).map(Err),
            ready => ready,
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Watched<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.io).poll_write(cx, buf);
        match self.seen(progress) {
            Poll::Pending => self.stalls(cx).map(Err),
            ready => ready,
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        match self.seen(progress) {
            Poll::Pending => self.stalls(cx).map(Err),
            ready => ready,
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// Counts the requests being answered on a connection.
#[derive(Clone)]
pub(crate) struct Counted<S> {
    service: S,
    requests: Arc<AtomicUsize>,
}

impl<S, R> Service<R> for Counted<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = futures::future::BoxFuture<'static, Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let under_way = UnderWay::new(&self.requests);
        let answer = self.service.call(request);
        Box::pin(async move {
            let _under_way = under_way;
            answer.await
        })
    }
}

/// Counts one request for as long as it lives.
struct UnderWay(Arc<AtomicUsize>);

impl UnderWay {
    fn new(requests: &Arc<AtomicUsize>) -> Self {
        requests.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(requests))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests;
