//! What makes a producer idempotent: per partition and producer, the sequence numbers of its last batches.
//!
//! The rules are Kafka's (`ProducerAppendInfo`, `ProducerStateEntry`): a batch that was stored already is acknowledged
//! again with its first offset, a gap is refused, an older epoch is refused. The state is rebuilt from the log.

use std::collections::{HashMap, VecDeque};

use kafka_protocol::error::ResponseError;

use crate::log::BatchHeader;

/// Batches remembered per producer: as many as may be in flight.
const REMEMBERED: usize = 5;
/// Producers remembered per partition; beyond it those that wrote longest ago are forgotten.
const MAX_PRODUCERS: usize = 4096;

/// What to do with a batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Store it.
    Append,
    /// It is stored already, at this offset.
    Duplicate(i64),
    /// Refuse it.
    Refuse(ResponseError),
}

#[derive(Debug)]
struct Producer {
    epoch: i16,
    /// First and last sequence number and first offset, oldest first.
    recent: VecDeque<(i32, i32, i64)>,
}

/// The producers of one partition.
#[derive(Debug, Default)]
pub(crate) struct Producers(HashMap<i64, Producer>);

impl Producers {
    /// Judges a batch that is about to be appended.
    pub(crate) fn check(&self, batch: &BatchHeader) -> Verdict {
        let Some(known) = self.0.get(&batch.producer_id).filter(|_| batch.producer_id >= 0) else {
            return Verdict::Append;
        };
        if batch.producer_epoch < known.epoch {
            return Verdict::Refuse(ResponseError::InvalidProducerEpoch);
        }
        if batch.producer_epoch > known.epoch {
            let starts_over = batch.base_sequence == 0;
            return if starts_over {
                Verdict::Append
            } else {
                Verdict::Refuse(ResponseError::OutOfOrderSequenceNumber)
            };
        }
        let last = last_sequence(batch);
        if let Some(stored) = known.recent.iter().find(|r| r.0 == batch.base_sequence && r.1 == last) {
            return Verdict::Duplicate(stored.2);
        }
        match known.recent.back() {
            Some(newest) if advance(newest.1, 1) != batch.base_sequence => {
                Verdict::Refuse(ResponseError::OutOfOrderSequenceNumber)
            }
            _ => Verdict::Append,
        }
    }

    /// Notes a batch that is in the log.
    pub(crate) fn note(&mut self, batch: &BatchHeader) {
        if batch.producer_id < 0 {
            return;
        }
        let producer = self
            .0
            .entry(batch.producer_id)
            .or_insert_with(|| Producer { epoch: batch.producer_epoch, recent: VecDeque::with_capacity(REMEMBERED) });
        if producer.epoch != batch.producer_epoch {
            producer.epoch = batch.producer_epoch;
            producer.recent.clear();
        }
        if producer.recent.len() == REMEMBERED {
            producer.recent.pop_front();
        }
        producer.recent.push_back((batch.base_sequence, last_sequence(batch), batch.base_offset));
        if self.0.len() > MAX_PRODUCERS {
            self.forget_oldest();
        }
    }

    /// Forgets a quarter, so that the search is paid once per a thousand new producers.
    fn forget_oldest(&mut self) {
        let mut by_age: Vec<(i64, i64)> =
            self.0.iter().map(|(id, p)| (p.recent.back().map_or(-1, |r| r.2), *id)).collect();
        by_age.sort_unstable();
        for (_, id) in by_age.into_iter().take(MAX_PRODUCERS / 4) {
            self.0.remove(&id);
        }
    }
}

fn last_sequence(batch: &BatchHeader) -> i32 {
    advance(batch.base_sequence, batch.last_offset_delta)
}

/// Sequence numbers go from 0 to the largest `i32` and start over at 0.
fn advance(sequence: i32, by: i32) -> i32 {
    let next = (i64::from(sequence) + i64::from(by)) % (i64::from(i32::MAX) + 1);
    i32::try_from(next).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::validate;

    fn batch(producer: i64, epoch: i16, sequence: i32, records: i32) -> BatchHeader {
        validate(&crate::log::testing::batch(records, (producer, epoch, sequence), 0, 0), 1 << 20).unwrap()
    }

    fn noted(batches: &[(i64, BatchHeader)]) -> Producers {
        let mut producers = Producers::default();
        batches.iter().for_each(|(at, b)| producers.note(&BatchHeader { base_offset: *at, ..*b }));
        producers
    }

    #[test]
    fn repeats_are_recognised_and_gaps_refused() {
        let p = noted(&[(0, batch(1, 0, 0, 10)), (10, batch(1, 0, 10, 10))]);
        assert_eq!(p.check(&batch(1, 0, 20, 5)), Verdict::Append);
        assert_eq!(p.check(&batch(1, 0, 0, 10)), Verdict::Duplicate(0));
        assert_eq!(p.check(&batch(1, 0, 10, 10)), Verdict::Duplicate(10));
        assert_eq!(p.check(&batch(1, 0, 21, 1)), Verdict::Refuse(ResponseError::OutOfOrderSequenceNumber));
        assert_eq!(p.check(&batch(1, 0, 5, 10)), Verdict::Refuse(ResponseError::OutOfOrderSequenceNumber));
        assert_eq!(p.check(&batch(2, 0, 7, 1)), Verdict::Append, "an unknown producer starts anywhere");
        assert_eq!(p.check(&batch(-1, -1, -1, 1)), Verdict::Append);
    }

    #[test]
    fn only_the_last_five_are_remembered() {
        let all: Vec<_> = (0..7).map(|i| (i64::from(i), batch(1, 0, i, 1))).collect();
        let p = noted(&all);
        assert_eq!(p.check(&batch(1, 0, 1, 1)), Verdict::Refuse(ResponseError::OutOfOrderSequenceNumber));
        assert_eq!(p.check(&batch(1, 0, 2, 1)), Verdict::Duplicate(2));
    }

    #[test]
    fn a_new_epoch_starts_over_and_the_old_one_is_out() {
        let p = noted(&[(0, batch(1, 3, 0, 10))]);
        assert_eq!(p.check(&batch(1, 4, 0, 1)), Verdict::Append);
        assert_eq!(p.check(&batch(1, 4, 10, 1)), Verdict::Refuse(ResponseError::OutOfOrderSequenceNumber));
        assert_eq!(p.check(&batch(1, 2, 10, 1)), Verdict::Refuse(ResponseError::InvalidProducerEpoch));
    }

    #[test]
    fn sequence_numbers_wrap_to_zero() {
        let p = noted(&[(0, batch(1, 0, i32::MAX - 1, 2))]);
        assert_eq!(p.check(&batch(1, 0, 0, 1)), Verdict::Append);
        let p = noted(&[(0, batch(1, 0, i32::MAX, 2))]);
        assert_eq!(p.check(&batch(1, 0, 1, 1)), Verdict::Append);
    }

    #[test]
    fn producers_without_end_do_not_fill_the_memory() {
        let mut p = Producers::default();
        let like = batch(0, 0, 0, 1);
        (0..20_000).for_each(|i| p.note(&BatchHeader { producer_id: i, base_offset: i, ..like }));
        assert!(p.0.len() <= MAX_PRODUCERS);
        assert_eq!(p.check(&BatchHeader { producer_id: 19_999, ..like }), Verdict::Duplicate(19_999));
    }
}
