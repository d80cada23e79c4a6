use super::*;
use cofferdam_config::WorkerConfig;
use std::time::Duration;

const SECRET: &str = env!("CARGO_PKG_NAME");
const PLACEHOLDER: &str = "${env:CARGO_PKG_NAME}";

/// Of a worker whose own configuration has a placeholder.
fn secrets() -> Secrets {
    let properties = [
        ("bootstrap.servers", "h:1"),
        ("key.converter", "K"),
        ("value.converter", "V"),
        ("config.providers", "env"),
        ("config.providers.env.class", "EnvVar"),
        ("rest.advertised.host.name", PLACEHOLDER),
    ];
    let properties = properties.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    WorkerConfig::from_properties(properties, "w.properties").unwrap().0.secrets
}

/// A sink that says what it should not.
struct Talkative;

fn said() -> String {
    format!("no entry with {SECRET}")
}

fn rejected() -> Vec<Rejected> {
    let origin = TopicOffset { at: TopicPartition { topic: "t".into(), partition: 0 }, offset: 0 };
    vec![Rejected { origin, exception: "E".to_owned(), reason: said() }]
}

#[async_trait]
impl SinkTask for Talkative {
    async fn start(&mut self) -> Result<(), PluginError> {
        Err(PluginError::Broken(said()))
    }

    async fn open(&mut self, _: &[TopicPartition]) -> Result<(), PluginError> {
        Err(PluginError::Retriable { message: said(), after: Some(Duration::from_secs(3)) })
    }

    async fn put(&mut self, runs: Vec<SinkRun>) -> (Vec<SinkRun>, Result<Taken, PluginError>) {
        (runs, Ok(Taken { rejected: rejected(), again: None }))
    }

    async fn pre_commit(&mut self, _: &[TopicOffset]) -> Result<Committable, PluginError> {
        Ok(Committable { rejected: rejected(), buffered: true, ..Committable::default() })
    }

    async fn close(&mut self, _: &[TopicPartition]) -> Result<(), PluginError> {
        Err(PluginError::Failed(said()))
    }

    async fn stop(&mut self) -> Result<(), PluginError> {
        Err(PluginError::Failed(said()))
    }

    fn take_requests(&mut self) -> Vec<SinkRequest> {
        vec![SinkRequest::Commit]
    }

    fn wants_recycling(&self) -> bool {
        true
    }

    async fn recycle(&mut self) -> Result<(), PluginError> {
        Err(PluginError::Failed(said()))
    }
}

#[tokio::test]
async fn a_sink_says_placeholders_and_is_otherwise_itself() {
    let of: Box<dyn SinkTask> = Box::new(Talkative);
    let mut task = Redacted { of, secrets: secrets() };
    let told = format!("no entry with {PLACEHOLDER}");
    assert!(matches!(task.start().await, Err(PluginError::Broken(text)) if text == told));
    let retriable = task.open(&[]).await;
    let three = Some(Duration::from_secs(3));
    assert!(matches!(retriable, Err(PluginError::Retriable { message, after }) if message == told && after == three));
    for result in [task.close(&[]).await, task.stop().await, task.recycle().await] {
        assert!(matches!(result, Err(PluginError::Failed(text)) if text == told));
    }
    assert_eq!(task.put(Vec::new()).await.1.unwrap().rejected[0].reason, told);
    let committable = task.pre_commit(&[]).await.unwrap();
    assert_eq!((committable.rejected[0].reason.as_str(), committable.buffered), (told.as_str(), true));
    assert_eq!(task.take_requests(), [SinkRequest::Commit]);
    assert!(task.wants_recycling());
}
