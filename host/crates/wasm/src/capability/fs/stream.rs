//! Streams of open files: wasmtime-wasi's, started in the instance's turn, whose failures are remembered.
//!
//! A guest's C library makes "I/O error" of whatever a stream reports, so that what the system said (a full disk, say)
//! would be lost.

use super::work::Work;
use bytes::Bytes;
use wasmtime::format_err;
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, InputStream, OutputStream};
use wasmtime_wasi::p2::{Pollable, StreamError, StreamResult};
use wasmtime_wasi::runtime::{AbortOnDropJoinHandle, spawn};

/// Bytes of one write or read, as wasmtime-wasi has it.
const BUDGET: usize = 64 << 10;
/// What is read when a guest waits for data without having asked for any.
const READ_AHEAD: usize = 4 << 10;

/// What a stream is at.
enum State<S, T> {
    Idle(S),
    Busy(AbortOnDropJoinHandle<(S, StreamResult<T>)>),
    /// To be told once.
    Failed(StreamError),
    Closed,
}

impl<S, T> State<S, T> {
    /// What a stream that cannot go on has to say.
    fn end(&mut self) -> StreamError {
        match std::mem::replace(self, Self::Closed) {
            Self::Failed(error) => error,
            _ => StreamError::Closed,
        }
    }

    fn take(&mut self) -> Self {
        std::mem::replace(self, Self::Closed)
    }
}

fn noted<T>(work: &Work, result: StreamResult<T>) -> StreamResult<T> {
    if let Err(StreamError::LastOperationFailed(error)) = &result {
        work.note(error);
    }
    result
}

/// Writes to a file.
pub(super) struct FileOutput {
    state: State<DynOutputStream, ()>,
    work: Work,
}

impl FileOutput {
    pub(super) fn new(inner: DynOutputStream, work: Work) -> Self {
        Self { state: State::Idle(inner), work }
    }
}

#[async_trait::async_trait]
impl Pollable for FileOutput {
    async fn ready(&mut self) {
        if let State::Busy(writing) = &mut self.state {
            self.state = match writing.await {
                (inner, Ok(())) => State::Idle(inner),
                (_, Err(error)) => State::Failed(error),
            };
        }
    }
}

#[async_trait::async_trait]
impl OutputStream for FileOutput {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        match &self.state {
            State::Idle(_) if bytes.len() > BUDGET => {
                return Err(StreamError::Trap(format_err!("write exceeded budget")));
            }
            State::Busy(_) | State::Failed(_) => {
                return Err(StreamError::Trap(format_err!("write not permitted: check_write not called first")));
            }
            State::Idle(_) | State::Closed => {}
        }
        let State::Idle(mut inner) = self.state.take() else { return Err(StreamError::Closed) };
        let work = self.work.clone();
        self.state = State::Busy(spawn(async move {
            let _turn = work.turn().await;
            let written = inner.blocking_write_and_flush(bytes).await;
            (inner, noted(&work, written))
        }));
        Ok(())
    }

    /// As the rest together, without a task for it.
    async fn blocking_write_and_flush(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.ready().await;
        let State::Idle(inner) = &mut self.state else { return Err(self.state.end()) };
        let _turn = self.work.turn().await;
        let written = noted(&self.work, inner.blocking_write_and_flush(bytes).await);
        if written.is_err() {
            self.state = State::Closed;
        }
        written
    }

    fn flush(&mut self) -> StreamResult<()> {
        match &self.state {
            // Nothing is kept back here.
            State::Idle(_) | State::Busy(_) => Ok(()),
            State::Failed(_) | State::Closed => Err(self.state.end()),
        }
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        match &self.state {
            State::Idle(_) => Ok(BUDGET),
            State::Busy(_) => Ok(0),
            State::Failed(_) | State::Closed => Err(self.state.end()),
        }
    }

    /// What was accepted is written, even if its turn has not come yet.
    async fn cancel(&mut self) {
        self.ready().await;
        self.state = State::Closed;
    }
}

/// Reads from a file.
pub(super) struct FileInput {
    state: State<DynInputStream, Bytes>,
    /// What has been read and not been taken yet.
    data: Bytes,
    work: Work,
}

impl FileInput {
    pub(super) fn new(inner: DynInputStream, work: Work) -> Self {
        Self { state: State::Idle(inner), data: Bytes::new(), work }
    }

    /// Begins to read unless something else is to be done first.
    fn begin(&mut self, size: usize) {
        if !self.data.is_empty() || !matches!(self.state, State::Idle(_)) {
            return;
        }
        let State::Idle(mut inner) = self.state.take() else { return };
        let work = self.work.clone();
        self.state = State::Busy(spawn(async move {
            let _turn = work.turn().await;
            let read = inner.blocking_read(size).await;
            (inner, noted(&work, read))
        }));
    }

    async fn finish(&mut self) {
        if let State::Busy(reading) = &mut self.state {
            self.state = match reading.await {
                (inner, Ok(data)) => {
                    self.data = data;
                    State::Idle(inner)
                }
                (_, Err(error)) => State::Failed(error),
            };
        }
    }
}

#[async_trait::async_trait]
impl Pollable for FileInput {
    async fn ready(&mut self) {
        self.begin(READ_AHEAD);
        self.finish().await;
    }
}

#[async_trait::async_trait]
impl InputStream for FileInput {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        if !self.data.is_empty() {
            return Ok(self.data.split_to(self.data.len().min(size)));
        }
        match &self.state {
            State::Idle(_) if size == 0 => Ok(Bytes::new()),
            State::Idle(_) | State::Busy(_) => {
                self.begin(size.min(BUDGET));
                Ok(Bytes::new())
            }
            State::Failed(_) | State::Closed => Err(self.state.end()),
        }
    }

    /// As the rest together, without a task for it.
    async fn blocking_read(&mut self, size: usize) -> StreamResult<Bytes> {
        self.finish().await;
        if let State::Idle(inner) = &mut self.state
            && self.data.is_empty()
            && size > 0
        {
            let _turn = self.work.turn().await;
            match noted(&self.work, inner.blocking_read(size.min(BUDGET)).await) {
                Ok(data) => self.data = data,
                Err(error) => self.state = State::Failed(error),
            }
        }
        self.read(size)
    }

    async fn cancel(&mut self) {
        self.finish().await;
        self.state = State::Closed;
    }
}
