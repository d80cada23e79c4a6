//! The connector: options, checks, and one task whatever `tasks.max` says.

use crate::FileStreamSourceTask;
use cofferdam_sdk::{
    Capability, Class, Config, ConfigDef, ConfigKey, Error, ExactlyOnce, Importance, OffsetChange, Result,
    SourceConnector, SourceConnectorContext, Support, Verdict,
};

/// `org.apache.kafka.connect.file.FileStreamSourceConnector`.
pub struct FileStreamSource;

impl SourceConnector for FileStreamSource {
    type Task = FileStreamSourceTask;

    fn class() -> Class {
        Class::new("org.apache.kafka.connect.file.FileStreamSourceConnector", env!("CARGO_PKG_VERSION"))
            .task_class("org.apache.kafka.connect.file.FileStreamSourceTask")
            .doc("Reads a text file and writes each of its lines to a topic, as a string.")
            .config(
                ConfigDef::new()
                    .key(
                        ConfigKey::string("file")
                            .importance(Importance::High)
                            .doc("The file to read. It may come into being later, and may grow while it is read."),
                    )
                    .key(
                        ConfigKey::string("topic")
                            .required()
                            .non_empty()
                            .importance(Importance::High)
                            .doc("The topic to write to."),
                    )
                    .key(
                        ConfigKey::int("batch.size")
                            .default("2000")
                            .range(1, None)
                            .importance(Importance::Low)
                            .doc("How many lines to read at a time, at most."),
                    ),
            )
            .capability(Capability::read_file("file").purpose("the file whose lines become records"))
    }

    fn validate(config: &Config) -> Vec<Verdict> {
        match config.text("file") {
            Ok(_) => Vec::new(),
            Err(_) => vec![Verdict::on("file").error(
                "Missing required configuration \"file\": name the file to read. Standard input, which Kafka's \
                 connector reads without it, is not available to a plugin",
            )],
        }
    }

    fn supports(_: &Config) -> Support {
        Support { exactly_once: ExactlyOnce::Supported, own_transaction_boundaries: false }
    }

    fn alter_offsets(config: &Config, changes: &[OffsetChange]) -> Result<bool> {
        if config.text("file").is_err() {
            return Err(Error::failed(
                "Offsets cannot be modified if the 'file' configuration is unspecified. This is because stdin is used \
                 for input and offsets are not tracked.",
            ));
        }
        changes.iter().try_for_each(check_change)?;
        Ok(true)
    }

    fn start(context: &SourceConnectorContext) -> Result<Self> {
        context.config().text("file")?;
        Ok(Self)
    }
}

/// Kafka's checks, in Kafka's words. A reset is always fine.
fn check_change(change: &OffsetChange) -> Result<()> {
    let Some(offset) = &change.offset else { return Ok(()) };
    let Some(position) = offset.get("position") else {
        return Err(Error::failed("Offset objects should either be null or contain the key 'position'"));
    };
    let Some(position) = position.as_i64() else {
        return Err(Error::failed("The value for the 'position' key in the offset is expected to be a Long value"));
    };
    if position < 0 {
        return Err(Error::failed("The value for the 'position' key in the offset should be a non-negative value"));
    }
    if !change.partition.contains_key("filename") {
        return Err(Error::failed("Partition objects should contain the key 'filename'"));
    }
    Ok(())
}
