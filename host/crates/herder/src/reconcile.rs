//! What has to change so that the tasks that run are the tasks that are wanted (runtime.md §8).

use cofferdam_plugin::ConfigMap;

/// Tasks to stop, forget and start, each by number. The stopped ones include those that are forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TaskChanges {
    pub(crate) stop: Vec<u32>,
    pub(crate) forget: Vec<u32>,
    pub(crate) start: Vec<u32>,
}

impl TaskChanges {
    /// Compares task configs. With `same_connector_config` only tasks whose own config differs are restarted; else all
    /// are, because a task may depend on what only its connector's configuration says (converters, overrides).
    pub(crate) fn between(running: &[ConfigMap], wanted: &[ConfigMap], same_connector_config: bool) -> Self {
        let mut changes = Self::default();
        for (number, config) in (0..).zip(wanted) {
            match running.get(number as usize) {
                Some(current) if same_connector_config && current == config => continue,
                Some(_) => changes.stop.push(number),
                None => {}
            }
            changes.start.push(number);
        }
        for (number, _) in (0..).zip(running).skip(wanted.len()) {
            changes.stop.push(number);
            changes.forget.push(number);
        }
        changes
    }

    /// Whether everything stays as it is.
    pub(crate) fn is_empty(&self) -> bool {
        self.stop.is_empty() && self.start.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configs(values: &[&str]) -> Vec<ConfigMap> {
        values.iter().map(|value| ConfigMap::from([("k".to_owned(), (*value).to_owned())])).collect()
    }

    #[test]
    fn only_what_changed_is_restarted() {
        let changes = TaskChanges::between(&configs(&["a", "b"]), &configs(&["a", "x", "c"]), true);
        assert_eq!(changes, TaskChanges { stop: vec![1], forget: vec![], start: vec![1, 2] });
        assert!(TaskChanges::between(&configs(&["a"]), &configs(&["a"]), true).is_empty());
    }

    #[test]
    fn surplus_tasks_are_stopped_and_forgotten() {
        let changes = TaskChanges::between(&configs(&["a", "b", "c"]), &configs(&["a"]), true);
        assert_eq!(changes, TaskChanges { stop: vec![1, 2], forget: vec![1, 2], start: vec![] });
    }

    #[test]
    fn a_new_connector_config_restarts_all() {
        let changes = TaskChanges::between(&configs(&["a", "b"]), &configs(&["a"]), false);
        assert_eq!(changes, TaskChanges { stop: vec![0, 1], forget: vec![1], start: vec![0] });
    }
}
