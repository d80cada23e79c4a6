//! `sink-control`: what a sink asks of its consumer during a call.
//!
//! Requests are collected, not carried out: they take effect when the call has returned without an error, so that a
//! batch that is put again does not find its partition moved.

use crate::bindings::{sink_control, types};
use crate::guest::Guest;
use cofferdam_data::{TopicOffset, TopicPartition};
use cofferdam_plugin::SinkRequest;
use std::collections::HashSet;

/// Entries in the arguments of one call, and in all requests not yet taken.
pub(crate) const MAX_ENTRIES: usize = 10_000;

/// The requests of one instance, and the partitions that they may name.
#[derive(Debug, Default)]
pub(crate) struct SinkControl {
    assigned: HashSet<TopicPartition>,
    /// Of the call under way.
    pending: Vec<SinkRequest>,
    /// Of calls that succeeded.
    ready: Vec<SinkRequest>,
    entries: usize,
}

impl SinkControl {
    /// These partitions are the instance's from now on; called before `open`, which may already seek.
    pub(crate) fn assign(&mut self, partitions: &[TopicPartition]) {
        self.assigned.extend(partitions.iter().cloned());
    }

    /// These partitions are no longer the instance's; called after `close`.
    pub(crate) fn revoke(&mut self, partitions: &[TopicPartition]) {
        for partition in partitions {
            self.assigned.remove(partition);
        }
    }

    /// What the call that has ended asked for counts if it succeeded.
    pub(crate) fn end_call(&mut self, succeeded: bool) {
        let pending = std::mem::take(&mut self.pending);
        if succeeded {
            for request in pending {
                // Whoever asks twice to commit gets one commit.
                if request != SinkRequest::Commit || !self.ready.contains(&SinkRequest::Commit) {
                    self.ready.push(request);
                }
            }
        } else {
            self.entries -= pending.iter().map(entries).sum::<usize>();
        }
    }

    /// What calls that succeeded have asked for, in order.
    pub(crate) fn take(&mut self) -> Vec<SinkRequest> {
        self.entries = self.pending.iter().map(entries).sum();
        std::mem::take(&mut self.ready)
    }

    fn ask(&mut self, request: SinkRequest) -> Result<(), String> {
        let all = self.entries + entries(&request);
        if all > MAX_ENTRIES {
            return Err(format!("{all} partitions in requests; at most {MAX_ENTRIES} until they take effect"));
        }
        self.entries = all;
        self.pending.push(request);
        Ok(())
    }

    fn commit(&mut self) {
        if !self.pending.contains(&SinkRequest::Commit) {
            self.pending.push(SinkRequest::Commit);
        }
    }

    fn check<'a>(&self, what: &str, partitions: impl Iterator<Item = &'a TopicPartition>) -> Result<(), String> {
        for partition in partitions {
            if !self.assigned.contains(partition) {
                return Err(format!("{what}: {partition} is not assigned to this task"));
            }
        }
        Ok(())
    }

    fn seek(&mut self, offsets: Vec<TopicOffset>) -> Result<(), String> {
        self.check("seek", offsets.iter().map(|offset| &offset.at))?;
        if let Some(TopicOffset { at, offset }) = offsets.iter().find(|offset| offset.offset < 0) {
            return Err(format!("seek: offset {offset} of {at} is negative"));
        }
        self.ask(SinkRequest::Seek(offsets))
    }

    fn partitions(
        &mut self,
        what: &str,
        partitions: Vec<types::TopicPartition>,
        request: fn(Vec<TopicPartition>) -> SinkRequest,
    ) -> Result<(), String> {
        let partitions = partitions.into_iter().map(Into::into).collect::<Vec<TopicPartition>>();
        self.check(what, partitions.iter())?;
        self.ask(request(partitions))
    }
}

fn entries(request: &SinkRequest) -> usize {
    match request {
        SinkRequest::Seek(offsets) => offsets.len().max(1),
        SinkRequest::Pause(partitions) | SinkRequest::Resume(partitions) => partitions.len().max(1),
        SinkRequest::Commit => 0,
    }
}

impl sink_control::Host for Guest {
    fn seek(&mut self, offsets: Vec<types::TopicOffset>) -> wasmtime::Result<Result<(), String>> {
        Ok(self.sink.seek(offsets.into_iter().map(Into::into).collect()))
    }

    fn pause(&mut self, partitions: Vec<types::TopicPartition>) -> wasmtime::Result<Result<(), String>> {
        Ok(self.sink.partitions("pause", partitions, SinkRequest::Pause))
    }

    fn resume(&mut self, partitions: Vec<types::TopicPartition>) -> wasmtime::Result<Result<(), String>> {
        Ok(self.sink.partitions("resume", partitions, SinkRequest::Resume))
    }

    fn request_commit(&mut self) -> wasmtime::Result<()> {
        self.sink.commit();
        Ok(())
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

    fn control() -> SinkControl {
        let mut control = SinkControl::default();
        control.assign(&[at(0), at(1)]);
        control
    }

    #[test]
    fn requests_count_only_if_the_call_succeeds() {
        let mut control = control();
        control.seek(vec![offset(0, 5)]).unwrap();
        control.end_call(false);
        assert_eq!((control.take(), control.entries), (vec![], 0));
        control.seek(vec![offset(0, 6)]).unwrap();
        control.commit();
        control.commit();
        control.end_call(true);
        control.commit();
        control.end_call(true);
        assert_eq!(control.take(), [SinkRequest::Seek(vec![offset(0, 6)]), SinkRequest::Commit]);
        assert_eq!(control.take(), []);
    }

    #[test]
    fn what_is_not_assigned_is_named() {
        let mut control = control();
        assert_eq!(
            control.seek(vec![offset(0, 1), offset(2, 1)]).unwrap_err(),
            "seek: t-2 is not assigned to this task"
        );
        assert_eq!(control.seek(vec![offset(1, -3)]).unwrap_err(), "seek: offset -3 of t-1 is negative");
        control.revoke(&[at(0)]);
        let asked = vec![types::TopicPartition { topic: "t".into(), partition: 0 }];
        assert_eq!(
            control.partitions("pause", asked, SinkRequest::Pause).unwrap_err(),
            "pause: t-0 is not assigned to this task"
        );
    }

    #[test]
    fn requests_are_bounded_until_taken() {
        let mut control = control();
        for _ in 0..MAX_ENTRIES {
            control.seek(vec![offset(0, 1)]).unwrap();
        }
        assert!(control.seek(vec![offset(0, 1)]).unwrap_err().contains("at most 10000"));
        control.end_call(true);
        assert_eq!(control.take().len(), MAX_ENTRIES);
        control.seek(vec![offset(0, 1)]).unwrap();
    }
}
