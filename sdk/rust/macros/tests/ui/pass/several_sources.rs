use cofferdam_sdk::{
    Batch, Class, Config, PollRequest, Result, SourceConnector, SourceConnectorContext, SourceContext, SourceTask,
};

struct First;

impl SourceConnector for First {
    type Task = Task;

    fn class() -> Class {
        Class::new("org.example.First", "1.0")
    }

    fn start(_: &SourceConnectorContext) -> Result<Self> {
        Ok(Self)
    }
}

mod inner {
    use super::*;

    pub struct Second;

    impl SourceConnector for Second {
        type Task = Task;

        fn class() -> Class {
            Class::new("org.example.Second", "1.0")
        }

        fn start(_: &SourceConnectorContext) -> Result<Self> {
            Ok(Self)
        }
    }
}

pub struct Task;

impl SourceTask for Task {
    fn start(_: &Config, _: &mut SourceContext) -> Result<Self> {
        Ok(Self)
    }

    fn poll(&mut self, _: &PollRequest, _: &mut SourceContext) -> Result<Batch> {
        Ok(Batch::new())
    }
}

cofferdam_sdk::export_source!(First, inner::Second,);

fn main() {}
