//! The offsets of a consumer group, seen and changed from outside of it.

use super::group_offsets::{self, Answer, Question};
use super::{Admin, failed, options};
use crate::error::{AdminError, code, words};
use crate::queue::Queue;
use cofferdam_data::{TopicOffset, TopicPartition};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};
use std::ffi::CString;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout_at};

/// Before a question is asked again.
const PAUSE: Duration = Duration::from_millis(100);
/// Nothing is waited for longer.
const LONGEST: Duration = Duration::from_secs(3600);

impl Admin {
    /// All offsets that a consumer group has committed, by topic and partition. None of a group that there is not.
    pub async fn group_offsets(&self, group: &str, timeout: Duration) -> Result<Vec<TopicOffset>, AdminError> {
        let what = format!("list the offsets of consumer group {group}");
        let mut offsets = self.about_group(&what, group, Question::List, timeout).await?;
        // Kafka's way to say that there is none.
        offsets.retain(|offset| offset.offset >= 0);
        offsets.sort_unstable_by(|a, b| a.at.cmp(&b.at));
        Ok(offsets)
    }

    /// Commits offsets for a consumer group that has no members; there need not be such a group yet. Where one of the
    /// partitions is refused, others may have been committed.
    pub async fn alter_group_offsets(
        &self,
        group: &str,
        offsets: &[TopicOffset],
        timeout: Duration,
    ) -> Result<(), AdminError> {
        let what = format!("alter the offsets of consumer group {group}");
        let mut list = TopicPartitionList::with_capacity(offsets.len());
        for TopicOffset { at, offset } in offsets {
            let added = list.add_partition_offset(&at.topic, at.partition, Offset::Offset(*offset));
            added.map_err(|error| failed(&what, &error))?;
        }
        match offsets {
            [] => Ok(()),
            _ => self.about_group(&what, group, Question::Alter(&list), timeout).await.map(drop),
        }
    }

    /// Forgets the offsets that a consumer group has committed for these partitions. None of the group's members may read
    /// their topics. It is no error if there are none; it is if there is no such group.
    pub async fn delete_group_offsets(
        &self,
        group: &str,
        partitions: &[TopicPartition],
        timeout: Duration,
    ) -> Result<(), AdminError> {
        let what = format!("delete offsets of consumer group {group}");
        let list = crate::context::to_native(partitions);
        match partitions {
            [] => Ok(()),
            _ => self.about_group(&what, group, Question::Delete(&list), timeout).await.map(drop),
        }
    }

    /// Deletes a consumer group that has no members, with its offsets; `false`: there was none.
    pub async fn delete_group(&self, group: &str, timeout: Duration) -> Result<bool, AdminError> {
        let what = format!("delete consumer group {group}");
        let deadline = Instant::now() + timeout.min(LONGEST);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let answer = self.client.delete_groups(&[group], &options(left)).await;
            self.serve();
            let code = match answer {
                Ok(results) => results.into_iter().find_map(Result::err).map(|(_, code)| code),
                Err(error) => Some(code(&error).ok_or_else(|| failed(&what, &error))?),
            };
            match code {
                None => return Ok(true),
                Some(RDKafkaErrorCode::GroupIdNotFound) => return Ok(false),
                Some(code) if !passes(code) || Instant::now() + PAUSE >= deadline => return Err(refusal(&what, code)),
                Some(_) => sleep(PAUSE).await,
            }
        }
    }

    async fn about_group(
        &self,
        what: &str,
        group: &str,
        question: Question<'_>,
        timeout: Duration,
    ) -> Result<Vec<TopicOffset>, AdminError> {
        let deadline = Instant::now() + timeout.min(LONGEST);
        let invalid = || refusal(what, RDKafkaErrorCode::InvalidGroupId);
        let name = CString::new(group).map_err(|_| invalid())?;
        loop {
            match self.ask_once(&name, &question, deadline).await {
                Ok(answers) => return Ok(answers.into_iter().map(|answer| answer.offset).collect()),
                Err(code) if !passes(code) || Instant::now() + PAUSE >= deadline => return Err(refusal(what, code)),
                Err(_) => sleep(PAUSE).await,
            }
        }
    }

    /// One question and its answer, or the error of the whole or of any partition.
    async fn ask_once(
        &self,
        group: &CString,
        question: &Question<'_>,
        deadline: Instant,
    ) -> Result<Vec<Answer>, RDKafkaErrorCode> {
        let wake = Arc::new(Notify::new());
        let answers = Queue::new(&self.owner).ok_or(RDKafkaErrorCode::Fail)?.waking(&wake);
        group_offsets::ask(&answers, group, question, deadline.saturating_duration_since(Instant::now()));
        loop {
            let late = timeout_at(deadline, wake.notified()).await.is_err();
            self.serve();
            match group_offsets::answer(&answers, question) {
                Some(answer) => {
                    let answer = answer?;
                    return answer.iter().find_map(|answer| answer.error).map_or(Ok(answer), Err);
                }
                None if late => return Err(RDKafkaErrorCode::OperationTimedOut),
                None => {}
            }
        }
    }
}

/// Whether the same question may well be answered a moment later: all that is asked here may be asked twice.
fn passes(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode::{
        BrokerTransportFailure, CoordinatorLoadInProgress, CoordinatorNotAvailable, NotCoordinator,
        WaitingForCoordinator,
    };
    matches!(
        code,
        BrokerTransportFailure
            | CoordinatorLoadInProgress
            | CoordinatorNotAvailable
            | NotCoordinator
            | WaitingForCoordinator
    )
}

fn refusal(what: &str, code: RDKafkaErrorCode) -> AdminError {
    use RDKafkaErrorCode::{GroupSubscribedToTopic, NonEmptyGroup, UnknownMemberId};
    match code {
        // What Kafka says to those who are not in a group that has members.
        UnknownMemberId | NonEmptyGroup | GroupSubscribedToTopic => {
            AdminError::GroupIsActive { what: what.to_owned(), reason: words(code) }
        }
        code => failed(what, &KafkaError::AdminOp(code)),
    }
}
