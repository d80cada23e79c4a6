//! Validation looks at values and tells placeholders (rest.md §8.3): what a config provider gave is not told to whoever
//! may validate. Kafka: `AbstractHerder.redactResolvedValues`.

use super::ConfigReport;
use crate::HerderError;
use cofferdam_config::{ResolvedConfig, WorkerConfig};
use cofferdam_plugin::ConfigMap;

/// What is validated: values in the place of placeholders.
pub(super) async fn resolve(worker: &WorkerConfig, raw: &ConfigMap) -> Result<ResolvedConfig, HerderError> {
    let name = raw.get("name").map(String::as_str).unwrap_or_default();
    Ok(cofferdam_worker::resolve(worker, name, raw).await?)
}

/// What is told: of a key with a value that a provider gave, the placeholder, and one error in the place of whatever is
/// wrong; of the others, texts in which no such value is left. From then on each error counts.
pub(super) fn redact(
    report: Result<ConfigReport, HerderError>,
    raw: &ConfigMap,
    resolved: &ResolvedConfig,
) -> Result<ConfigReport, HerderError> {
    let mut report = report.map_err(|error| error.redacted(&resolved.secrets))?;
    for entry in report.entries_mut() {
        let value = &mut entry.value;
        if resolved.changed.contains(&value.name) {
            value.value = raw.get(&value.name).cloned();
            value.recommended_values.clear();
            if !value.errors.is_empty() {
                value.errors = vec![format!(
                    "Invalid value for configuration '{}': the value resolved from the config provider reference failed \
                     validation",
                    value.name
                )];
            }
        } else {
            for text in value.errors.iter_mut().chain(&mut value.recommended_values) {
                *text = resolved.secrets.redact(text).into_owned();
            }
        }
        entry.counts_once &= resolved.changed.is_empty();
    }
    Ok(report)
}
