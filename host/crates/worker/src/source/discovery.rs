//! Notices which topics a source writes to: those of which Kafka has taken a record.
//!
//! An acknowledgement knows its record's number only. So what was sent is remembered, but only of runs with a topic that is
//! not known yet: of a task that runs for a while, nothing.

use crate::active_topics::ActiveTopics;
use cofferdam_data::SourceRun;
use std::collections::VecDeque;

/// Runs with topics that are not known yet, in the order of their records.
#[derive(Debug, Default)]
pub(crate) struct Discovery {
    runs: VecDeque<Sent>,
}

#[derive(Debug)]
struct Sent {
    /// The numbers of its records.
    first: u64,
    end: u64,
    topics: Vec<String>,
    topic_of: Vec<u32>,
}

impl Sent {
    /// The topic of record `index`.
    fn topic(&self, index: usize) -> Option<&String> {
        let topic = self.topic_of.get(index).or(self.topic_of.first().filter(|_| self.topic_of.len() == 1))?;
        self.topics.get(*topic as usize)
    }

    /// Whether a record goes to a topic that is not known yet. Topics that no record goes to do not count.
    fn has_news(&self, active: &ActiveTopics) -> bool {
        let news: Vec<bool> = self.topics.iter().map(|topic| active.is_news(topic)).collect();
        news.contains(&true) && self.topic_of.iter().any(|topic| news.get(*topic as usize) == Some(&true))
    }
}

impl Discovery {
    /// A run is about to be sent; its record 0 has the number `first`.
    pub(crate) fn sent(&mut self, active: &ActiveTopics, run: &SourceRun, first: u64) {
        if run.topics.iter().any(|topic| active.is_news(topic)) {
            let (topics, topic_of) = (run.topics.clone(), run.topic_of.clone());
            let sent = Sent { first, end: first + run.len() as u64, topics, topic_of };
            if sent.has_news(active) {
                self.runs.push_back(sent);
            }
        }
    }

    /// Whether nothing waits to be discovered.
    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Kafka has taken a record.
    pub(crate) fn acknowledged(&mut self, active: &ActiveTopics, sequence: u64) {
        let at = self.runs.partition_point(|sent| sent.end <= sequence);
        if let Some(sent) = self.runs.get(at).filter(|sent| sent.first <= sequence)
            && let Some(topic) = usize::try_from(sequence - sent.first).ok().and_then(|index| sent.topic(index))
        {
            active.uses(topic);
        }
    }

    /// Forgets what there is nothing more to learn from. All records below `base` are acknowledged.
    pub(crate) fn settle(&mut self, active: &ActiveTopics, base: u64) {
        self.runs.retain(|sent| sent.end > base && sent.has_news(active));
    }
}
