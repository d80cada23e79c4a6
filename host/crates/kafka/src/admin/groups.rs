//! The offsets of a consumer group, seen and changed from outside of it.
//!
//! To librdkafka the client is a consumer. It never subscribes, so it joins no group. The admin client of its Rust wrapper
//! is a producer to librdkafka, and with that the process ends when offsets are listed while the coordinator of the group
//! moves (docs/adr/0009).

use super::failed;
use super::group_offsets::{self, Answer, Question};
use crate::close::LastField;
use crate::context::Recorder;
use crate::error::{AdminError, reason, words};
use crate::queue::{Owner, Queue, Served, serve};
use crate::settings::ClientSettings;
use cofferdam_data::{TopicOffset, TopicPartition};
use rdkafka::consumer::BaseConsumer;
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

/// An admin client for one consumer group. May be shared; no method blocks the thread that calls it.
pub struct GroupAdmin {
    group: String,
    name: CString,
    events: Queue,
    owner: Owner,
    client: Arc<BaseConsumer<Recorder>>,
    last: LastField,
}

impl GroupAdmin {
    /// A client with the settings of an admin client, for this group. Does not wait for any broker.
    pub fn new(settings: &ClientSettings, group: &str) -> Result<Self, AdminError> {
        let create = |reason: String| AdminError::Create { reason };
        let name = CString::new(group).ok().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| create(format!("`{group}` cannot be the name of a consumer group")))?;
        let mut config = settings.native();
        config.set("group.id", group).set("enable.auto.commit", "false");
        let client: BaseConsumer<Recorder> =
            config.create_with_context(Recorder::default()).map_err(|error| create(reason(&error)))?;
        let client = Arc::new(client);
        let owner: Owner = client.clone();
        let events = Queue::consumer(&owner).ok_or_else(|| create("librdkafka gave no queue".to_owned()))?;
        Ok(Self { group: group.to_owned(), name, events, owner, client, last: LastField::new() })
    }

    /// All offsets that the group has committed, by topic and partition. None if there is no such group.
    pub async fn offsets(&self, timeout: Duration) -> Result<Vec<TopicOffset>, AdminError> {
        let mut offsets = self.ask("list the offsets of", Question::List, timeout).await.map_err(|(_, error)| error)?;
        // Kafka's way to say that there is none.
        offsets.retain(|offset| offset.offset >= 0);
        offsets.sort_unstable_by(|a, b| a.at.cmp(&b.at));
        Ok(offsets)
    }

    /// Commits offsets for the group, which must have no members; there need not be such a group yet. Where one of the
    /// partitions is refused, others may have been committed.
    pub async fn alter(&self, offsets: &[TopicOffset], timeout: Duration) -> Result<(), AdminError> {
        const WHAT: &str = "alter the offsets of";
        let mut list = TopicPartitionList::with_capacity(offsets.len());
        for TopicOffset { at, offset } in offsets {
            let added = list.add_partition_offset(&at.topic, at.partition, Offset::Offset(*offset));
            added.map_err(|error| failed(&self.what(WHAT), &error))?;
        }
        self.change(WHAT, offsets.is_empty(), Question::Alter(&list), timeout).await
    }

    /// Forgets the offsets that the group has committed for these partitions. None of its members may read their topics.
    /// It is no error if there are none; it is if there is no such group.
    pub async fn delete(&self, partitions: &[TopicPartition], timeout: Duration) -> Result<(), AdminError> {
        let list = crate::context::to_native(partitions);
        self.change("delete offsets of", partitions.is_empty(), Question::Delete(&list), timeout).await
    }

    /// Deletes the group, which must have no members, with its offsets; `false`: there was none.
    pub async fn delete_group(&self, timeout: Duration) -> Result<bool, AdminError> {
        match self.ask("delete", Question::DeleteGroup, timeout).await {
            Ok(_) => Ok(true),
            Err((RDKafkaErrorCode::GroupIdNotFound, _)) => Ok(false),
            Err((_, error)) => Err(error),
        }
    }

    /// Asks for a change, unless it is none.
    async fn change(
        &self,
        what: &str,
        is_none: bool,
        question: Question<'_>,
        timeout: Duration,
    ) -> Result<(), AdminError> {
        match is_none {
            true => Ok(()),
            false => self.ask(what, question, timeout).await.map(drop).map_err(|(_, error)| error),
        }
    }

    fn what(&self, what: &str) -> String {
        format!("{what} consumer group {}", self.group)
    }

    async fn ask(
        &self,
        what: &str,
        question: Question<'_>,
        timeout: Duration,
    ) -> Result<Vec<TopicOffset>, (RDKafkaErrorCode, AdminError)> {
        let deadline = Instant::now() + timeout.min(LONGEST);
        loop {
            match self.ask_once(&question, deadline).await {
                Ok(answers) => return Ok(answers.into_iter().map(|answer| answer.offset).collect()),
                Err(code) if !passes(code) || Instant::now() + PAUSE >= deadline => {
                    return Err((code, refusal(&self.what(what), code)));
                }
                Err(_) => sleep(PAUSE).await,
            }
        }
    }

    /// One question and its answer, or the error of the whole or of any partition.
    async fn ask_once(&self, question: &Question<'_>, deadline: Instant) -> Result<Vec<Answer>, RDKafkaErrorCode> {
        let wake = Arc::new(Notify::new());
        let answers = Queue::new(&self.owner).ok_or(RDKafkaErrorCode::Fail)?.waking(&wake);
        group_offsets::ask(&answers, &self.name, question, deadline.saturating_duration_since(Instant::now()));
        loop {
            let late = timeout_at(deadline, wake.notified()).await.is_err();
            // Log lines and errors pile up otherwise.
            while serve(&self.events, |_| ()) == Served::Event {}
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

impl Drop for GroupAdmin {
    fn drop(&mut self) {
        drop(self.last.destroy_elsewhere(self.client.clone()));
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
