//! The task: opens the file, hands lines over, and notices when the file is not what it was.

use crate::lines::{Lines, ReadError};
use cofferdam_sdk::{
    Batch, ColumnBuilder, Config, Error, PollRequest, Result, ResultExt, Schema, SourceContext, SourceOffset,
    SourcePartition, SourceTask, log,
};
use std::fs::{self, File};
use std::io::{ErrorKind, Seek, SeekFrom};
use std::time::Duration;

/// How long to leave a file alone that has nothing new, or is not there. Kafka: the same.
const IDLE: Duration = Duration::from_secs(1);
/// After so many idle polls in a row a file that another one has taken the name of is left: who writes to it has had that
/// many seconds to notice.
const LAST_POLLS: u32 = 5;

/// `org.apache.kafka.connect.file.FileStreamSourceTask`.
pub struct FileStreamSourceTask {
    path: String,
    topic: String,
    batch_size: usize,
    partition: SourcePartition,
    schema: Schema,
    /// Bytes of the file that are handed over: the begin of the next line.
    position: u64,
    input: Option<Input>,
    warned: Warned,
}

/// The open file.
struct Input {
    file: File,
    lines: Lines,
    /// Whether the last read found nothing.
    at_end: bool,
    /// Whether another file has its name.
    replaced: bool,
    /// Idle polls in a row since then.
    silent: u32,
}

/// What was said already.
#[derive(Default)]
struct Warned {
    missing: bool,
    malformed: bool,
}

impl SourceTask for FileStreamSourceTask {
    fn start(config: &Config, context: &mut SourceContext) -> Result<Self> {
        let path = config.text("file")?.to_owned();
        let partition = SourcePartition::of("filename", path.as_str());
        let position = match context.offset(&partition)? {
            Some(offset) => stored_position(&offset)?,
            None => 0,
        };
        Ok(Self {
            topic: config.text("topic")?.to_owned(),
            batch_size: config.parse("batch.size")?,
            schema: Schema::intern(Schema::STRING)?,
            path,
            partition,
            position,
            input: None,
            warned: Warned::default(),
        })
    }

    fn poll(&mut self, request: &PollRequest, context: &mut SourceContext) -> Result<Batch> {
        let Some(mut input) = self.input.take().map_or_else(|| self.open(), |input| Ok(Some(input)))? else {
            return Ok(Batch::idle(IDLE));
        };
        let max_records = self.batch_size.min(request.max_records).max(1);
        let mut values = ColumnBuilder::with_capacity(max_records.min(10_000), 0);
        let mut at_end = false;
        loop {
            let taken = input.lines.take(&mut values, self.schema, max_records, request.max_bytes);
            if taken.long {
                // Who refuses it further on does not know where it is from.
                log::info!("the line at byte {} of {} has {} bytes", self.position, self.path, taken.bytes);
            }
            self.position += taken.bytes as u64;
            self.note_malformed(taken.malformed);
            if taken.left || at_end || context.is_interrupted() {
                break;
            }
            at_end = self.read(&mut input)? == 0;
        }
        if values.is_empty() && at_end {
            return self.idle(input);
        }
        self.input = Some(input);
        if values.is_empty() {
            return Ok(Batch::new());
        }
        let mut batch = Batch::new();
        batch.push_column(&self.partition, &self.topic, values);
        batch.position(&self.partition, &SourceOffset::of("position", self.position));
        Ok(batch)
    }
}

impl FileStreamSourceTask {
    /// Opens the file at the position; `None`: it does not exist.
    fn open(&mut self) -> Result<Option<Input>> {
        let path = &self.path;
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if !std::mem::replace(&mut self.warned.missing, true) {
                    log::warn!("{path} does not exist; waiting for it");
                }
                return Ok(None);
            }
            Err(error) => return Err(Error::failed(error).context(format_args!("cannot open {path}"))),
        };
        let metadata = file.metadata().or_failed(format_args!("cannot look at {path}"))?;
        if metadata.is_dir() {
            return Err(Error::failed(format_args!("{path} is a directory; `file` must name a file")));
        }
        if metadata.len() < self.position {
            self.warn_shorter(metadata.len(), self.position, "truncated or replaced");
            self.position = 0;
        }
        file.seek(SeekFrom::Start(self.position))
            .or_failed(format_args!("cannot go to byte {} of {}", self.position, self.path))?;
        log::info!("reading {} from byte {}", self.path, self.position);
        self.warned.missing = false;
        Ok(Some(Input { file, lines: Lines::default(), at_end: false, replaced: false, silent: 0 }))
    }

    fn read(&self, input: &mut Input) -> Result<usize> {
        let (path, position) = (&self.path, self.position);
        if input.at_end {
            // WASI's stream of a file ends for good where the file's end was seen. Going elsewhere begins a new stream;
            // going to where one is already does nothing, so this goes one byte on and back.
            let next = position + input.lines.rest() as u64;
            let mut go = |to| input.file.seek(SeekFrom::Start(to));
            go(next + 1).and_then(|_| go(next)).or_failed(format_args!("cannot go to byte {next} of {path}"))?;
        }
        let read = input.lines.read(&mut input.file).map_err(|error| match error {
            ReadError::Io(error) => Error::failed(error).context(format_args!("cannot read {path}")),
            ReadError::TooLong { bytes } => Error::failed(format_args!(
                "the line at byte {position} of {path} does not fit the memory of this task: no end of it in {bytes} \
                 bytes. Raise sandbox.memory.default.bytes (and sandbox.batch.max.bytes) if the line is meant to be so \
                 long"
            )),
        })?;
        input.at_end = read == 0;
        if read > 0 {
            input.silent = 0;
        }
        Ok(read)
    }

    /// There is nothing new: a look whether there ever will be.
    fn idle(&mut self, mut input: Input) -> Result<Batch> {
        if !self.is_over(&mut input)? {
            self.input = Some(input);
            return Ok(Batch::idle(IDLE));
        }
        self.position = 0;
        let mut batch = Batch::new();
        // Stored before there are lines: to a task that starts later, the old position may look like one in the new file.
        batch.position(&self.partition, &SourceOffset::of("position", self.position));
        Ok(batch)
    }

    /// Whether the file is to be opened again and read from its beginning: at once if what is open got shorter than what
    /// was read of it, and after some silence if another file has its name. Until then the old file may still grow, as
    /// after a rotation of which its writer has not heard yet.
    fn is_over(&self, input: &mut Input) -> Result<bool> {
        let read = self.position + input.lines.rest() as u64;
        // The path first: of one and the same file, what is open is at least as long then.
        let named = match fs::metadata(&self.path) {
            Ok(metadata) => Some(metadata.len()),
            // Moved away, perhaps: what is open stays open until a new file has the name.
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(Error::failed(error).context(format_args!("cannot look at {}", self.path))),
        };
        let open = input.file.metadata().or_failed(format_args!("cannot look at {}", self.path))?.len();
        if open < read {
            self.warn_shorter(open, read, "truncated");
            return Ok(true);
        }
        input.replaced |= named.is_some_and(|named| named < read || named > open);
        if !input.replaced {
            return Ok(false);
        }
        input.silent += 1;
        let over = input.silent > LAST_POLLS;
        if over {
            self.note_left(input.lines.rest());
        }
        Ok(over)
    }

    /// What a shorter file holds now was written since it was read, so none of it may be left out.
    fn warn_shorter(&self, length: u64, read: u64, what: &str) {
        log::warn!(
            "{} has {length} bytes, but {read} were read: it was {what}. Reading it again from the beginning; lines that \
             are still there are sent twice",
            self.path
        );
    }

    fn note_left(&self, rest: usize) {
        let Self { path, position, .. } = self;
        match rest {
            0 => log::info!("{path} is another file now: the one before was read to its end, at byte {position}"),
            rest => log::warn!(
                "{path} is another file now: the one before was read to byte {position}; the {rest} bytes after it, which \
                 have no line end, are not sent"
            ),
        }
    }

    fn note_malformed(&mut self, malformed: bool) {
        if malformed && !std::mem::replace(&mut self.warned.malformed, true) {
            log::warn!(
                "{} is not all UTF-8: malformed bytes before byte {} are replaced by U+FFFD, as are any to come",
                self.path,
                self.position
            );
        }
    }
}

/// What an earlier task, of this connector or of Kafka's, has stored.
fn stored_position(offset: &SourceOffset) -> Result<u64> {
    let position = offset.integer("position").or_failed("Offset position is the incorrect type")?.unwrap_or(0);
    u64::try_from(position).or_failed(format_args!("the stored position is {position}"))
}
