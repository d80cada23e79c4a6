//! What is known of each assigned partition: how far it was handed over, how far it is committed.

use cofferdam_data::{SinkRun, TopicOffset, TopicPartition};
use std::collections::BTreeMap;

/// Offsets of one assigned partition. All are "the next to read".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Progress {
    /// Where it was first read from, or sought to: where to rewind to while nothing is committed.
    began: Option<i64>,
    /// What the plugin has taken; `None` while nothing.
    consumed: Option<i64>,
    committed: Option<i64>,
}

/// The assigned partitions of a task.
#[derive(Debug, Default)]
pub(crate) struct Partitions {
    assigned: BTreeMap<TopicPartition, Progress>,
}

impl Partitions {
    /// These are assigned from now on.
    pub(crate) fn open(&mut self, partitions: &[TopicPartition]) {
        for partition in partitions {
            self.assigned.entry(partition.clone()).or_default();
        }
    }

    /// These are no longer.
    pub(crate) fn close(&mut self, partitions: &[TopicPartition]) {
        for partition in partitions {
            self.assigned.remove(partition);
        }
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<TopicPartition> {
        self.assigned.keys().cloned().collect()
    }

    /// Notes where reading began.
    pub(crate) fn arrived(&mut self, runs: &[SinkRun]) {
        for run in runs {
            if let (Some(progress), Some(first)) = (self.assigned.get_mut(&run.origin), run.offsets.first()) {
                progress.began.get_or_insert(*first);
            }
        }
    }

    /// The plugin has taken everything below these offsets, or it was skipped.
    pub(crate) fn taken(&mut self, next: &[TopicOffset]) {
        for next in next {
            if let Some(progress) = self.assigned.get_mut(&next.at) {
                progress.consumed = Some(next.offset);
            }
        }
    }

    /// What could be committed of these partitions: where something was taken.
    pub(crate) fn candidates(&self, of: &[TopicPartition]) -> Vec<TopicOffset> {
        let candidate =
            |at: &TopicPartition| Some(TopicOffset { at: at.clone(), offset: self.assigned.get(at)?.consumed? });
        of.iter().filter_map(candidate).collect()
    }

    /// Of what the plugin allows: what is really to be committed, and the remarks about the rest (runtime.md §5.3).
    pub(crate) fn accept(&self, allowed: Vec<TopicOffset>) -> (Vec<TopicOffset>, Vec<String>) {
        let (mut accepted, mut remarks) = (Vec::new(), Vec::new());
        for offset in allowed {
            match self.assigned.get(&offset.at) {
                None => remarks.push(format!("{}: not assigned to this task", offset.at)),
                Some(progress) if progress.consumed.is_none_or(|consumed| offset.offset > consumed) => {
                    remarks.push(format!("{}: offset {} is not yet consumed", offset.at, offset.offset));
                }
                Some(progress) if progress.committed == Some(offset.offset) => {}
                Some(_) => accepted.push(offset),
            }
        }
        (accepted, remarks)
    }

    /// These are committed.
    pub(crate) fn committed(&mut self, offsets: &[TopicOffset]) {
        for offset in offsets {
            if let Some(progress) = self.assigned.get_mut(&offset.at) {
                progress.committed = Some(offset.offset);
            }
        }
    }

    /// Where to read on from after a failed commit: the last committed offsets, else where reading began. What was
    /// consumed beyond is forgotten.
    pub(crate) fn rewind(&mut self) -> Vec<TopicOffset> {
        let mut back = Vec::new();
        for (at, progress) in &mut self.assigned {
            if let Some(offset) = progress.committed.or(progress.began) {
                progress.consumed = progress.committed;
                back.push(TopicOffset { at: at.clone(), offset });
            }
        }
        back
    }

    /// The plugin asked to read on from these offsets: both "committed" and "consumed" are set to them (runtime.md
    /// §5.2.3), so that they are not committed for themselves.
    pub(crate) fn sought(&mut self, offsets: &[TopicOffset]) {
        for offset in offsets {
            if let Some(progress) = self.assigned.get_mut(&offset.at) {
                let offset = Some(offset.offset);
                *progress = Progress { began: offset, consumed: offset, committed: offset };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(partition: i32) -> TopicPartition {
        TopicPartition { topic: "t".into(), partition }
    }

    fn offset(partition: i32, offset: i64) -> TopicOffset {
        TopicOffset { at: at(partition), offset }
    }

    fn opened() -> Partitions {
        let mut partitions = Partitions::default();
        partitions.open(&[at(0), at(1)]);
        partitions
    }

    #[test]
    fn nothing_is_committed_beyond_what_was_taken() {
        let mut partitions = opened();
        assert_eq!(partitions.candidates(&partitions.all()), []);
        partitions.taken(&[offset(0, 10)]);
        assert_eq!(partitions.candidates(&partitions.all()), [offset(0, 10)]);
        let (accepted, remarks) = partitions.accept(vec![offset(0, 11), offset(1, 1), offset(7, 1), offset(0, 9)]);
        assert_eq!(accepted, [offset(0, 9)]);
        assert_eq!(
            remarks,
            [
                "t-0: offset 11 is not yet consumed",
                "t-1: offset 1 is not yet consumed",
                "t-7: not assigned to this task"
            ]
        );
        partitions.committed(&accepted);
        assert_eq!(partitions.accept(vec![offset(0, 9)]).0, []);
    }

    #[test]
    fn a_rewind_forgets_what_was_taken_beyond_the_commit() {
        let mut partitions = opened();
        partitions.taken(&[offset(0, 10)]);
        partitions.committed(&[offset(0, 4)]);
        assert_eq!(partitions.rewind(), [offset(0, 4)]);
        assert_eq!(partitions.candidates(&partitions.all()), [offset(0, 4)]);
    }

    #[test]
    fn a_sought_offset_is_not_committed_for_itself() {
        let mut partitions = opened();
        partitions.sought(&[offset(0, 3)]);
        let candidates = partitions.candidates(&partitions.all());
        assert_eq!(partitions.accept(candidates).0, []);
    }
}
