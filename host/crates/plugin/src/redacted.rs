//! A plugin whose words are shown without the values of placeholders: a connector that is given a password by a config
//! provider may well repeat it in an error, which goes into statuses, answers and the log (config.md §8).
//!
//! Only errors and reasons are changed. What a connector makes of its configuration, records and offsets are its own.

use crate::{
    Committable, ConfigMap, Connector, ConnectorContext, ConnectorPlugin, Grant, Observation, OffsetChange, PluginDesc,
    PluginError, PollRequest, SinkRequest, SinkTask, SourceTask, Taken, TaskContext, Verdict,
};
use async_trait::async_trait;
use cofferdam_config::Secrets;
use cofferdam_data::{Rejected, SinkRun, SourceBatch, TopicOffset, TopicPartition};
use std::sync::Arc;

/// The same plugin, which does not say these values; the very same one if there are none.
pub fn redacted(plugin: Arc<dyn ConnectorPlugin>, secrets: &Secrets) -> Arc<dyn ConnectorPlugin> {
    if secrets.is_empty() { plugin } else { Arc::new(Redacted { of: plugin, secrets: secrets.clone() }) }
}

impl PluginError {
    /// The same error without the values of placeholders in its text.
    #[must_use]
    pub fn redacted(self, secrets: &Secrets) -> Self {
        let text = |text: String| secrets.redact(&text).into_owned();
        match self {
            Self::Retriable { message, after } => Self::Retriable { message: text(message), after },
            Self::Failed(message) => Self::Failed(text(message)),
            Self::Broken(trace) => Self::Broken(text(trace)),
        }
    }
}

/// A plugin, or an instance of one, and what it must not say. No method is left to a default of its trait.
struct Redacted<T> {
    of: T,
    secrets: Secrets,
}

impl<T> Redacted<T> {
    fn hide<V>(&self, result: Result<V, PluginError>) -> Result<V, PluginError> {
        result.map_err(|error| error.redacted(&self.secrets))
    }

    fn text(&self, text: String) -> String {
        self.secrets.redact(&text).into_owned()
    }

    fn reasons(&self, rejected: &mut [Rejected]) {
        for rejected in rejected {
            rejected.reason = self.secrets.redact(&rejected.reason).into_owned();
        }
    }
}

#[async_trait]
impl ConnectorPlugin for Redacted<Arc<dyn ConnectorPlugin>> {
    fn desc(&self) -> &PluginDesc {
        self.of.desc()
    }

    async fn validate(&self, config: &ConfigMap) -> Result<Vec<Verdict>, PluginError> {
        let mut verdicts = self.hide(self.of.validate(config).await)?;
        for verdict in &mut verdicts {
            for text in verdict.errors.iter_mut().chain(&mut verdict.recommended) {
                *text = self.text(std::mem::take(text));
            }
        }
        Ok(verdicts)
    }

    fn grants(&self, config: &ConfigMap) -> Vec<Grant> {
        self.of.grants(config)
    }

    async fn connector(&self, context: ConnectorContext) -> Result<Box<dyn Connector>, PluginError> {
        let of = self.hide(self.of.connector(context).await)?;
        Ok(Box::new(Redacted { of, secrets: self.secrets.clone() }))
    }

    async fn source_task(&self, context: TaskContext) -> Result<Box<dyn SourceTask>, PluginError> {
        let of = self.hide(self.of.source_task(context).await)?;
        Ok(Box::new(Redacted { of, secrets: self.secrets.clone() }))
    }

    async fn sink_task(&self, context: TaskContext) -> Result<Box<dyn SinkTask>, PluginError> {
        let of = self.hide(self.of.sink_task(context).await)?;
        Ok(Box::new(Redacted { of, secrets: self.secrets.clone() }))
    }
}

#[async_trait]
impl Connector for Redacted<Box<dyn Connector>> {
    async fn start(&mut self) -> Result<(), PluginError> {
        let result = self.of.start().await;
        self.hide(result)
    }

    async fn task_configs(&mut self, max: u32) -> Result<Vec<ConfigMap>, PluginError> {
        let result = self.of.task_configs(max).await;
        self.hide(result)
    }

    async fn watch(&mut self) -> Result<Observation, PluginError> {
        let result = self.of.watch().await;
        self.hide(result)
    }

    async fn alter_offsets(&mut self, changes: &[OffsetChange]) -> Result<bool, PluginError> {
        let result = self.of.alter_offsets(changes).await;
        self.hide(result)
    }

    async fn stop(&mut self) -> Result<(), PluginError> {
        let result = self.of.stop().await;
        self.hide(result)
    }
}

#[async_trait]
impl SourceTask for Redacted<Box<dyn SourceTask>> {
    async fn start(&mut self) -> Result<(), PluginError> {
        let result = self.of.start().await;
        self.hide(result)
    }

    async fn poll(&mut self, request: PollRequest) -> Result<SourceBatch, PluginError> {
        let result = self.of.poll(request).await;
        self.hide(result)
    }

    async fn committed(&mut self, number: u64) -> Result<(), PluginError> {
        let result = self.of.committed(number).await;
        self.hide(result)
    }

    async fn acknowledged(&mut self, number: u64, partitions: &[i32], offsets: &[i64]) -> Result<(), PluginError> {
        let result = self.of.acknowledged(number, partitions, offsets).await;
        self.hide(result)
    }

    async fn stop(&mut self) -> Result<(), PluginError> {
        let result = self.of.stop().await;
        self.hide(result)
    }

    fn wants_recycling(&self) -> bool {
        self.of.wants_recycling()
    }

    async fn recycle(&mut self) -> Result<(), PluginError> {
        let result = self.of.recycle().await;
        self.hide(result)
    }
}

#[async_trait]
impl SinkTask for Redacted<Box<dyn SinkTask>> {
    async fn start(&mut self) -> Result<(), PluginError> {
        let result = self.of.start().await;
        self.hide(result)
    }

    async fn open(&mut self, partitions: &[TopicPartition]) -> Result<(), PluginError> {
        let result = self.of.open(partitions).await;
        self.hide(result)
    }

    async fn put(&mut self, runs: Vec<SinkRun>) -> (Vec<SinkRun>, Result<Taken, PluginError>) {
        let (runs, result) = self.of.put(runs).await;
        let result = self.hide(result).map(|mut taken| {
            self.reasons(&mut taken.rejected);
            taken
        });
        (runs, result)
    }

    async fn pre_commit(&mut self, offsets: &[TopicOffset]) -> Result<Committable, PluginError> {
        let result = self.of.pre_commit(offsets).await;
        let mut committable = self.hide(result)?;
        self.reasons(&mut committable.rejected);
        Ok(committable)
    }

    async fn close(&mut self, partitions: &[TopicPartition]) -> Result<(), PluginError> {
        let result = self.of.close(partitions).await;
        self.hide(result)
    }

    async fn stop(&mut self) -> Result<(), PluginError> {
        let result = self.of.stop().await;
        self.hide(result)
    }

    fn take_requests(&mut self) -> Vec<SinkRequest> {
        self.of.take_requests()
    }

    fn wants_recycling(&self) -> bool {
        self.of.wants_recycling()
    }

    async fn recycle(&mut self) -> Result<(), PluginError> {
        let result = self.of.recycle().await;
        self.hide(result)
    }
}

#[cfg(test)]
mod tests;
