//! The settings of the Kafka clients of one connector: what Kafka Connect sets, then the worker's for clients of that kind,
//! then the connector's own (config.md §6).

use crate::task::below;
use cofferdam_config::WorkerConfig;
use cofferdam_kafka::{ClientKind, ClientSettings, SettingsError, client_settings};
use cofferdam_plugin::ConfigMap;

/// Whose clients.
#[derive(Clone, Copy)]
pub(crate) struct Clients<'a> {
    pub(crate) worker: &'a WorkerConfig,
    pub(crate) bootstrap: &'a str,
    /// The connector's name.
    pub(crate) connector: &'a str,
    /// The connector's configuration.
    pub(crate) config: &'a ConfigMap,
}

impl Clients<'_> {
    /// The settings of one client, and warnings about what was ignored. The worker's keys without a prefix are for admin
    /// clients alone.
    pub(crate) fn settings(
        &self,
        kind: ClientKind,
        client_id: &str,
    ) -> Result<(ClientSettings, Vec<String>), SettingsError> {
        let (client, none) = (&self.worker.client, ConfigMap::new());
        let (common, worker, group) = match kind {
            ClientKind::Producer => (&none, &client.producer, None),
            ClientKind::Consumer => (&none, &client.consumer, Some(format!("connect-{}", self.connector))),
            ClientKind::Admin => (&client.common, &client.admin, None),
        };
        let overrides = below(self.config, &format!("{}.override.", prefix(kind)));
        client_settings(kind, self.bootstrap, common, worker, &overrides, client_id, group.as_deref())
    }

    /// The consumer group of a sink: `connect-` and its name, unless it or the worker's consumers have another.
    pub(crate) fn group(&self) -> Result<String, SettingsError> {
        let (settings, _told_by_its_tasks) = self.settings(ClientKind::Consumer, "")?;
        Ok(settings.get("group.id").unwrap_or_default().to_owned())
    }
}

/// How settings of such clients begin.
pub(crate) fn prefix(kind: ClientKind) -> &'static str {
    match kind {
        ClientKind::Producer => "producer",
        ClientKind::Consumer => "consumer",
        ClientKind::Admin => "admin",
    }
}
