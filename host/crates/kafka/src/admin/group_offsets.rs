//! librdkafka's requests about the offsets of a consumer group, which its Rust wrapper does not offer. **`unsafe` code.**
//!
//! What makes it sound:
//!
//! - *Lifetime.* Client and queue are those of a [`Queue`], which keeps both alive. What is made for a request (its
//!   options, its description) is given back before [`ask`] returns: librdkafka copies both. What an answer consists of is
//!   read while its [`Event`] lives, and leaves this module as values of our own.
//! - *Assertions.* librdkafka ends the process for a description without a group or without a list; here both are there by
//!   type. It does so, too, when a broker does not speak OffsetDelete (Kafka before 2.4, docs/adr/0009).
//! - *Consumers only.* To list offsets with a client that is no consumer, or has no `group.id`, ends the process when the
//!   coordinator has moved: librdkafka 2.12 then asks for a group that such a client does not have. Whoever calls [`ask`]
//!   sees to that ([`super::groups`]).

use crate::queue::{Event, Queue, refused, text};
use cofferdam_data::{TopicOffset, TopicPartition};
use rdkafka::TopicPartitionList;
use rdkafka::bindings as sys;
use rdkafka::types::RDKafkaErrorCode;
use std::ffi::CStr;
use std::time::Duration;
use sys::rd_kafka_admin_op_t as op;

/// What is asked.
pub(super) enum Question<'a> {
    /// All offsets of the group.
    List,
    /// To set these offsets.
    Alter(&'a TopicPartitionList),
    /// To forget the offsets of these partitions.
    Delete(&'a TopicPartitionList),
    /// To forget the group with all its offsets. Nothing is said about partitions.
    DeleteGroup,
}

/// What is said about a partition.
pub(super) struct Answer {
    /// The partition, and its offset if that was asked for.
    pub(super) offset: TopicOffset,
    /// What is wrong with it.
    pub(super) error: Option<RDKafkaErrorCode>,
}

/// Asks the coordinator of a group. The answer arrives in `queue`, after `timeout` at the latest.
pub(super) fn ask(queue: &Queue, group: &CStr, question: &Question<'_>, timeout: Duration) {
    let (client, answers) = queue.native();
    let (group, millis) = (group.as_ptr(), i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX).max(1));
    let mut said = [0; 256];
    // SAFETY: client, queue, group and lists are valid during this call. librdkafka copies options and description, which
    // are ours until destroyed, and keeps its own reference to the queue. A timeout that it refuses leaves its default.
    unsafe {
        let options = sys::rd_kafka_AdminOptions_new(client, operation(question));
        sys::rd_kafka_AdminOptions_set_request_timeout(options, millis, said.as_mut_ptr(), said.len());
        match question {
            Question::List => {
                let mut list = sys::rd_kafka_ListConsumerGroupOffsets_new(group, std::ptr::null());
                sys::rd_kafka_ListConsumerGroupOffsets(client, &mut list, 1, options, answers);
                sys::rd_kafka_ListConsumerGroupOffsets_destroy(list);
            }
            Question::Alter(offsets) => {
                let mut alter = sys::rd_kafka_AlterConsumerGroupOffsets_new(group, offsets.ptr());
                sys::rd_kafka_AlterConsumerGroupOffsets(client, &mut alter, 1, options, answers);
                sys::rd_kafka_AlterConsumerGroupOffsets_destroy(alter);
            }
            Question::Delete(partitions) => {
                let mut delete = sys::rd_kafka_DeleteConsumerGroupOffsets_new(group, partitions.ptr());
                sys::rd_kafka_DeleteConsumerGroupOffsets(client, &mut delete, 1, options, answers);
                sys::rd_kafka_DeleteConsumerGroupOffsets_destroy(delete);
            }
            Question::DeleteGroup => {
                let mut delete = sys::rd_kafka_DeleteGroup_new(group);
                sys::rd_kafka_DeleteGroups(client, &mut delete, 1, options, answers);
                sys::rd_kafka_DeleteGroup_destroy(delete);
            }
        }
        sys::rd_kafka_AdminOptions_destroy(options);
    }
}

fn operation(question: &Question<'_>) -> op {
    match question {
        Question::List => op::RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS,
        Question::Alter(_) => op::RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS,
        Question::Delete(_) => op::RD_KAFKA_ADMIN_OP_DELETECONSUMERGROUPOFFSETS,
        Question::DeleteGroup => op::RD_KAFKA_ADMIN_OP_DELETEGROUPS,
    }
}

/// The answer to [`ask`], if it has arrived: the error of the whole, or what is said about each partition.
pub(super) fn answer(queue: &Queue, question: &Question<'_>) -> Option<Result<Vec<Answer>, RDKafkaErrorCode>> {
    let event = Event::next(queue)?;
    // SAFETY: the event is valid; of another kind, it has no result, which is an error.
    let error = refused(unsafe { sys::rd_kafka_event_error(event.native()) });
    Some(error.map_or_else(|| partitions(&event, question), Err))
}

fn partitions(event: &Event, question: &Question<'_>) -> Result<Vec<Answer>, RDKafkaErrorCode> {
    let mut count = 0;
    // SAFETY: the event is valid; result, groups and lists live as long as it. A result is asked for its groups only where
    // there is one; there are `count` groups, and a list has `cnt` elements with valid names.
    unsafe {
        let groups = match question {
            Question::List => match sys::rd_kafka_event_ListConsumerGroupOffsets_result(event.native()) {
                result if result.is_null() => return Err(RDKafkaErrorCode::InvalidArgument),
                result => sys::rd_kafka_ListConsumerGroupOffsets_result_groups(result, &mut count),
            },
            Question::Alter(_) => match sys::rd_kafka_event_AlterConsumerGroupOffsets_result(event.native()) {
                result if result.is_null() => return Err(RDKafkaErrorCode::InvalidArgument),
                result => sys::rd_kafka_AlterConsumerGroupOffsets_result_groups(result, &mut count),
            },
            Question::Delete(_) => match sys::rd_kafka_event_DeleteConsumerGroupOffsets_result(event.native()) {
                result if result.is_null() => return Err(RDKafkaErrorCode::InvalidArgument),
                result => sys::rd_kafka_DeleteConsumerGroupOffsets_result_groups(result, &mut count),
            },
            Question::DeleteGroup => match sys::rd_kafka_event_DeleteGroups_result(event.native()) {
                result if result.is_null() => return Err(RDKafkaErrorCode::InvalidArgument),
                result => sys::rd_kafka_DeleteGroups_result_groups(result, &mut count),
            },
        };
        // Exactly one was asked about.
        let group = match groups.as_ref() {
            Some(group) if count > 0 => *group,
            _ => return Err(RDKafkaErrorCode::InvalidArgument),
        };
        let error = sys::rd_kafka_group_result_error(group);
        if !error.is_null()
            && let Some(code) = refused(sys::rd_kafka_error_code(error))
        {
            return Err(code);
        }
        let Some(list) = sys::rd_kafka_group_result_partitions(group).as_ref() else { return Ok(Vec::new()) };
        let elements = match usize::try_from(list.cnt) {
            Ok(count) if count > 0 && !list.elems.is_null() => std::slice::from_raw_parts(list.elems, count),
            _ => &[],
        };
        let answer = |element: &sys::rd_kafka_topic_partition_t| {
            let at = TopicPartition { topic: text(element.topic).into_owned(), partition: element.partition };
            Answer { offset: TopicOffset { at, offset: element.offset }, error: refused(element.err) }
        };
        Ok(elements.iter().map(answer).collect())
    }
}
