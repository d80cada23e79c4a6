use cofferdam_sdk::{Class, Config, ConnectorContext, Records, Result, SinkConnector, SinkContext, SinkTask};

struct Sink;

impl SinkConnector for Sink {
    type Task = Task;

    fn class() -> Class {
        Class::new("org.example.Sink", "1.0")
    }

    fn start(_: &ConnectorContext) -> Result<Self> {
        Ok(Self)
    }
}

struct Task;

impl SinkTask for Task {
    fn start(_: &Config, _: &mut SinkContext) -> Result<Self> {
        Ok(Self)
    }

    fn put(&mut self, _: Records<'_>, _: &mut SinkContext) -> Result<()> {
        Ok(())
    }
}

cofferdam_sdk::export_sink!(Sink);

fn main() {}
