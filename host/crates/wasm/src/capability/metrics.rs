//! `metrics`: numbers of the plugin's own, bounded in how many names there may be.

use crate::bindings::metrics;
use crate::guest::Guest;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

/// Names that one instance may use.
const MAX_NAMES: usize = 100;
/// Bytes of one name.
const MAX_NAME: usize = 200;

/// A number that a plugin keeps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Metric {
    /// What has been added up.
    Counter(f64),
    /// What was last set.
    Gauge(f64),
}

/// The metrics of one instance.
#[derive(Debug)]
pub(crate) struct InstanceMetrics {
    connector: String,
    task: Option<u32>,
    values: Mutex<BTreeMap<String, Metric>>,
}

/// A plugin's metrics, of one instance, as they are now.
#[derive(Clone, Debug, PartialEq)]
pub struct PluginMetrics {
    /// The connector's name.
    pub connector: String,
    /// The task's number; `None`: the connector's own instance.
    pub task: Option<u32>,
    /// By the names that the plugin gave them.
    pub values: BTreeMap<String, Metric>,
}

impl InstanceMetrics {
    pub(crate) fn new(connector: &str, task: Option<u32>) -> Arc<Self> {
        Arc::new(Self { connector: connector.to_owned(), task, values: Mutex::default() })
    }

    fn snapshot(&self) -> PluginMetrics {
        let values = self.values.lock().clone();
        PluginMetrics { connector: self.connector.clone(), task: self.task, values }
    }

    /// False if the name is one too many, too long, or of the other kind.
    fn change(&self, name: String, start: Metric, change: impl FnOnce(&mut Metric) -> bool) -> bool {
        let mut values = self.values.lock();
        if let Some(value) = values.get_mut(&name) {
            return change(value);
        }
        if values.len() >= MAX_NAMES || name.len() > MAX_NAME {
            return false;
        }
        change(values.entry(name).or_insert(start))
    }

    fn add(&self, counter: String, amount: f64) -> bool {
        self.change(counter, Metric::Counter(0.0), |value| match value {
            // A counter never falls.
            Metric::Counter(sum) if amount >= 0.0 => {
                *sum += amount;
                true
            }
            _ => false,
        })
    }

    fn set(&self, gauge: String, to: f64) -> bool {
        self.change(gauge, Metric::Gauge(to), |value| match value {
            Metric::Gauge(value) => {
                *value = to;
                true
            }
            Metric::Counter(_) => false,
        })
    }
}

/// All instances' metrics, as long as the instances live.
#[derive(Debug, Default)]
pub(crate) struct Registry(Mutex<Vec<Weak<InstanceMetrics>>>);

impl Registry {
    pub(crate) fn add(&self, metrics: &Arc<InstanceMetrics>) {
        let mut all = self.0.lock();
        all.retain(|one| one.strong_count() > 0);
        all.push(Arc::downgrade(metrics));
    }

    pub(crate) fn snapshot(&self) -> Vec<PluginMetrics> {
        let all = self.0.lock().iter().filter_map(Weak::upgrade).collect::<Vec<_>>();
        all.iter().map(|one| one.snapshot()).filter(|one| !one.values.is_empty()).collect()
    }
}

impl Guest {
    fn ignored_metric(&mut self, name: &str) {
        if !std::mem::replace(&mut self.told.metrics, true) {
            let name = name.chars().take(MAX_NAME).collect::<String>();
            self.log.host_warning(&format!(
                "metric {name} is ignored: at most {MAX_NAMES} names of at most {MAX_NAME} bytes, counters that never \
                 fall, and one kind per name"
            ));
        }
    }
}

impl metrics::Host for Guest {
    fn add(&mut self, counter: String, amount: f64) -> wasmtime::Result<()> {
        if !self.metrics.add(counter.clone(), amount) {
            self.ignored_metric(&counter);
        }
        Ok(())
    }

    fn set(&mut self, gauge: String, value: f64) -> wasmtime::Result<()> {
        if !self.metrics.set(gauge.clone(), value) {
            self.ignored_metric(&gauge);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bounded_and_kinds_kept() {
        let metrics = InstanceMetrics::new("c", Some(0));
        for n in 0..MAX_NAMES {
            assert!(metrics.add(format!("n{n}"), 1.0));
        }
        assert!(!metrics.set("one more".into(), 1.0));
        assert!(metrics.add("n0".into(), 2.5));
        assert!(!metrics.add("n0".into(), -1.0));
        assert!(!metrics.set("n0".into(), 9.0));
        assert_eq!(metrics.snapshot().values.get("n0"), Some(&Metric::Counter(3.5)));
        assert_eq!(metrics.snapshot().values.len(), MAX_NAMES);
    }

    #[test]
    fn a_dropped_instance_has_no_metrics() {
        let registry = Registry::default();
        let metrics = InstanceMetrics::new("c", None);
        registry.add(&metrics);
        metrics.set("g".into(), 1.0);
        assert_eq!(registry.snapshot().len(), 1);
        drop(metrics);
        assert_eq!(registry.snapshot().len(), 0);
    }
}
