use cofferdam_sdk::{
    Batch, Class, Config, PollRequest, Result, SourceConnector, SourceConnectorContext, SourceContext, SourceTask,
};

struct Source;

impl SourceConnector for Source {
    type Task = Task;

    fn class() -> Class {
        Class::new("org.example.Source", "1.0")
    }

    fn start(_: &SourceConnectorContext) -> Result<Self> {
        Ok(Self)
    }
}

struct Task;

impl SourceTask for Task {
    fn start(_: &Config, _: &mut SourceContext) -> Result<Self> {
        Ok(Self)
    }

    fn poll(&mut self, _: &PollRequest, _: &mut SourceContext) -> Result<Batch> {
        Ok(Batch::new())
    }
}

struct Other;

cofferdam_sdk::export_source!(Source, Other);

fn main() {}
