//! The task: a write per batch, and nothing committed that is not on disk.

use crate::output::{Output, RETRY, Written};
use crate::text::push_line;
use cofferdam_sdk::{Config, Error, Records, Result, SinkContext, SinkTask, TopicOffset, log};

/// `org.apache.kafka.connect.file.FileStreamSinkTask`.
pub struct FileStreamSinkTask {
    path: String,
    /// Open from the first record after a commit until the next commit.
    output: Option<Output>,
    /// The lines of the batch at hand; kept for its memory.
    text: Vec<u8>,
    /// A write that failed, of which it is not known how much reached the file.
    failed: Option<FailedWrite>,
    /// Whether a sync has failed since the last commit that nobody but this task was told of.
    lost: bool,
}

struct FailedWrite {
    batch: Fingerprint,
    text: Vec<u8>,
    /// The file's length before it.
    begin: u64,
}

/// Tells whether a batch is one that was put before.
#[derive(PartialEq, Eq)]
struct Fingerprint {
    records: usize,
    first: Option<TopicOffset>,
    last: Option<TopicOffset>,
}

impl SinkTask for FileStreamSinkTask {
    fn start(config: &Config, _: &mut SinkContext) -> Result<Self> {
        let path = config.text("file")?.to_owned();
        // A file that cannot be written is told at once, not with the first record.
        let mut output = Output::open(&path)?;
        output.end_line()?;
        log::info!("appending to {path}");
        Ok(Self { path, output: None, text: Vec::new(), failed: None, lost: false })
    }

    fn put(&mut self, records: Records<'_>, _: &mut SinkContext) -> Result<()> {
        let batch = Fingerprint::of(records);
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        if !self.resume(&batch, &mut text)? {
            // Values, and a line end each; growing a batch's text step by step would copy it several times.
            text.reserve(records.bytes() + records.len());
            for record in records {
                push_line(&mut text, &record);
            }
        }
        let output = self.output()?;
        let begin = output.length();
        match output.append(&text) {
            Ok(()) => {
                self.text = text;
                Ok(())
            }
            Err(error) => {
                self.failed = Some(FailedWrite { batch, text, begin });
                Err(error)
            }
        }
    }

    /// Nothing is committed before it is on disk: a commit tells Kafka that these records are never needed again.
    fn flush(&mut self, _: &mut SinkContext) -> Result<()> {
        if std::mem::take(&mut self.lost) {
            let path = &self.path;
            let what = format_args!(
                "what was appended to {path} before a failed sync may not be on disk: it has to come again"
            );
            return Err(Error::retriable(what).after(RETRY));
        }
        if let Some(output) = &mut self.output {
            output.sync()?;
        }
        // The path is followed anew from here on: a log rotation may have put another file there, and what would still be
        // appended to the old one is gone when that is compressed or deleted.
        self.output = None;
        Ok(())
    }
}

impl FileStreamSinkTask {
    /// The file, opened anew after a failure, for which what was written before it must not be forgotten.
    fn output(&mut self) -> Result<&mut Output> {
        if let Some(output) = self.output.as_mut().filter(|output| output.is_broken()) {
            // The kernel tells a failure once. As an error of a `put` it makes this batch come again, but not those before
            // it, so the next commit must hear of it too.
            output.sync().inspect_err(|_| self.lost = true)?;
            self.output = None;
        }
        match &mut self.output {
            Some(output) => Ok(output),
            none => {
                log::debug!("opening {} again", self.path);
                // It could be opened at the start. A rotation that is not finished, or a full disk, will pass.
                let output = Output::open(&self.path).map_err(|error| Error::retriable(error).after(RETRY))?;
                Ok(none.insert(output))
            }
        }
    }

    /// After a failed write, begins `text` with what the file needs so that no line is cut in two. Whether that is the
    /// whole rest of this batch.
    fn resume(&mut self, batch: &Fingerprint, text: &mut Vec<u8>) -> Result<bool> {
        if self.failed.is_none() {
            return Ok(false);
        }
        self.output()?;
        let (Some(failed), Some(output)) = (self.failed.take(), &mut self.output) else { return Ok(false) };
        let Written::Bytes(written) = output.written_since(failed.begin, &failed.text) else {
            log::warn!("cannot tell how much of a failed write reached {}; some lines may come twice", self.path);
            return match output.end_line() {
                Ok(()) => Ok(false),
                Err(error) => {
                    self.failed = Some(failed);
                    Err(error)
                }
            };
        };
        let (done, rest) = failed.text.split_at_checked(written).unwrap_or_default();
        let same = failed.batch == *batch;
        if same {
            text.extend_from_slice(rest);
        } else if done.last().is_some_and(|last| *last != b'\n') {
            // Only the line that was cut: the records after it come again by themselves.
            text.extend(rest.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default());
        }
        Ok(same)
    }
}

impl Fingerprint {
    fn of(records: Records<'_>) -> Self {
        let mut origins = records.iter().map(|record| record.origin());
        let first = origins.next();
        let last = origins.last().or(first);
        Self { records: records.len(), first: first.map(TopicOffset::from), last: last.map(TopicOffset::from) }
    }
}

#[cfg(test)]
mod tests;
