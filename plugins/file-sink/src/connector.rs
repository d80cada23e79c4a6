//! The connector: its option, and as many tasks as are allowed, all appending to one file.

use crate::FileStreamSinkTask;
use cofferdam_sdk::{
    Capability, Class, Config, ConfigDef, ConfigKey, ConnectorContext, Importance, OffsetChange, Result, SinkConnector,
    Verdict,
};

/// `org.apache.kafka.connect.file.FileStreamSinkConnector`.
pub struct FileStreamSink;

impl SinkConnector for FileStreamSink {
    type Task = FileStreamSinkTask;

    fn class() -> Class {
        Class::new("org.apache.kafka.connect.file.FileStreamSinkConnector", env!("CARGO_PKG_VERSION"))
            .task_class("org.apache.kafka.connect.file.FileStreamSinkTask")
            .doc("Appends the value of each record to a text file, a line each.")
            .config(
                ConfigDef::new().key(
                    ConfigKey::string("file")
                        .importance(Importance::High)
                        .doc("The file to append to. It is created if it does not exist; its directory is not."),
                ),
            )
            .capability(Capability::write_file("file").purpose("the file that records are appended to"))
    }

    fn validate(config: &Config) -> Vec<Verdict> {
        match config.text("file") {
            Ok(_) => Vec::new(),
            Err(_) => vec![Verdict::on("file").error(
                "Missing required configuration \"file\": name the file to append to. Standard output, which Kafka's \
                 connector writes to without it, is not available to a plugin",
            )],
        }
    }

    /// A file does not know offsets.
    fn alter_offsets(_: &Config, _: &[OffsetChange]) -> Result<bool> {
        Ok(true)
    }

    fn start(context: &ConnectorContext) -> Result<Self> {
        context.config().text("file")?;
        Ok(Self)
    }
}
