use super::*;
use crate::log::testing::batch;
use crate::log::validate;

fn open(dir: &Path) -> Topics {
    Topics::open(dir, Fsync::None).unwrap()
}

fn append(topics: &Topics, name: &str, index: i32) -> i64 {
    let batch = batch(1, (-1, -1, -1), 0, 0);
    let partition = topics.partition(name, index).unwrap();
    partition.append(&validate(&batch, 1000).unwrap(), &batch).unwrap().base_offset
}

fn end(topics: &Topics, name: &str, index: i32) -> i64 {
    topics.partition(name, index).unwrap().view().unwrap().end
}

fn none() -> BTreeMap<String, String> {
    BTreeMap::new()
}

fn dirs(root: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root.join("topics"))
        .unwrap()
        .map(|e| e.unwrap().file_name().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn topics_settings_and_records_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let topics = open(dir.path());
    let configs = BTreeMap::from([("max.message.bytes".to_owned(), "2000".to_owned())]);
    topics.create("a", 1, configs).await.unwrap();
    topics.grow("a", 3, None, false).await.unwrap();
    topics.grow("a", 9, None, true).await.unwrap();
    topics.alter("a", &[("segment.bytes".into(), Some("2000000".into()))], false).await.unwrap();
    append(&topics, "a", 2);
    drop(topics);
    let topics = open(dir.path());
    let topic = topics.get("a").unwrap();
    assert_eq!((topic.partition_count(), end(&topics, "a", 2), end(&topics, "a", 0)), (3, 1, 0));
    assert_eq!(topic.configs().len(), 2);
    assert_eq!(topic.partition(0).unwrap().max_message_bytes(), 2000);
    topics.alter("a", &[("max.message.bytes".into(), None)], false).await.unwrap();
    assert_eq!(topic.partition(0).unwrap().max_message_bytes(), 1_048_588);
}

#[tokio::test]
async fn a_deleted_topic_is_gone_with_its_files_and_its_successor_is_empty() {
    let dir = tempfile::tempdir().unwrap();
    let topics = open(dir.path());
    topics.create("a", 1, none()).await.unwrap();
    append(&topics, "a", 0);
    topics.delete("a", || ()).await.unwrap();
    assert!(topics.get("a").is_none());
    assert_eq!(dirs(dir.path()), [""; 0]);
    topics.create("a", 1, none()).await.unwrap();
    assert_eq!(append(&topics, "a", 0), 0);
    drop(topics);
    // Files of a deletion that was interrupted go at the next start, never into the successor.
    let left = dir.path().join("topics/a.1");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("0-00000000000000000000.log"), b"old").unwrap();
    let topics = open(dir.path());
    assert_eq!((end(&topics, "a", 0), dirs(dir.path())), (1, vec!["a.2".to_owned()]));
}

#[tokio::test]
async fn files_that_the_journal_does_not_know_are_set_aside_not_deleted() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    let unknown = dir.path().join("topics/lost.5");
    fs::create_dir(&unknown).unwrap();
    fs::write(unknown.join("0-00000000000000000000.log"), b"data").unwrap();
    fs::create_dir(dir.path().join("topics/empty.6")).unwrap();
    drop(open(dir.path()));
    assert_eq!(dirs(dir.path()), ["lost.5.unknown"]);
    drop(open(dir.path()));
    assert_eq!(dirs(dir.path()), ["lost.5.unknown"]);
}

#[tokio::test]
async fn only_its_own_directory_is_a_topics() {
    let dir = tempfile::tempdir().unwrap();
    let topics = open(dir.path());
    topics.create("m", 1, none()).await.unwrap();
    append(&topics, "m", 0);
    drop(topics);
    // What is listed first and last is the file system's business.
    let others: Vec<String> = ('a'..='z').filter(|c| *c != 'm').map(|c| format!("{c}.1")).collect();
    others.iter().for_each(|other| fs::create_dir(dir.path().join("topics").join(other)).unwrap());
    let topics = open(dir.path());
    assert_eq!((end(&topics, "m", 0), dirs(dir.path())), (1, vec!["m.1".to_owned()]));
}

#[tokio::test]
async fn a_number_is_not_used_again_after_a_topic_could_not_be_made() {
    let dir = tempfile::tempdir().unwrap();
    let topics = open(dir.path());
    topics.store.lock().journal.refuse(true);
    assert_eq!(topics.create("a", 1, none()).await.unwrap_err().0, ResponseError::KafkaStorageError);
    topics.store.lock().journal.refuse(false);
    topics.create("b", 1, none()).await.unwrap();
    assert_eq!(dirs(dir.path()), ["a.1", "b.2"]);
    drop(topics);
    drop(open(dir.path()));
    assert_eq!(dirs(dir.path()), ["b.2"]);
}

#[tokio::test]
async fn a_partition_whose_addition_was_lost_starts_anew() {
    let dir = tempfile::tempdir().unwrap();
    let topics = open(dir.path());
    topics.create("a", 1, none()).await.unwrap();
    topics.grow("a", 2, None, false).await.unwrap();
    append(&topics, "a", 1);
    append(&topics, "a", 1);
    drop(topics);
    let journal = fs::OpenOptions::new().write(true).open(dir.path().join("topics-000001.journal")).unwrap();
    journal.set_len(journal.metadata().unwrap().len() - 1).unwrap();
    for _ in 0..2 {
        // The second start finds what the first set aside.
        let topics = open(dir.path());
        assert_eq!(topics.get("a").unwrap().partition_count(), 1);
    }
    let topics = open(dir.path());
    topics.grow("a", 2, None, false).await.unwrap();
    assert_eq!(append(&topics, "a", 1), 0);
    drop(topics);
    assert_eq!(end(&open(dir.path()), "a", 1), 1);
    let aside = dir.path().join("topics/a.1/1-00000000000000000000.log.unknown");
    assert!(aside.exists(), "nothing is thrown away");
}

#[tokio::test]
async fn what_goes_with_a_topic_is_forgotten_while_none_of_its_name_can_be_made() {
    let dir = tempfile::tempdir().unwrap();
    let topics = open(dir.path());
    topics.create("a", 1, none()).await.unwrap();
    let locked = topics.delete("a", || topics.get("a").is_none() && topics.store.is_locked()).await.unwrap();
    assert!(locked);
}

#[tokio::test]
async fn what_is_refused_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let topics = open(dir.path());
    topics.create("a", 2, none()).await.unwrap();
    let code = |e: Result<_, TopicError>| e.map(drop).unwrap_err().0;
    assert_eq!(code(topics.create("a", 1, none()).await), ResponseError::TopicAlreadyExists);
    for name in ["", ".", "..", "a/b", "ä", &"x".repeat(250)] {
        assert_eq!(code(topics.create(name, 1, none()).await), ResponseError::InvalidTopicException, "{name}");
    }
    topics.create("x.y_z", 1, none()).await.unwrap();
    let TopicError(collides, why) = topics.create("x_y.z", 1, none()).await.unwrap_err();
    assert_eq!((collides, why.contains("x.y_z")), (ResponseError::InvalidTopicException, true));
    topics.delete("x.y_z", || ()).await.unwrap();
    let assigned = topics.grow("a", 5, Some(2), false).await.unwrap_err();
    assert_eq!(assigned.0, ResponseError::InvalidReplicaAssignment);
    topics.grow("a", 5, Some(3), true).await.unwrap();
    for partitions in [0, -2, MAX_PARTITIONS + 1] {
        assert_eq!(code(topics.create("b", partitions, none()).await), ResponseError::InvalidPartitions);
    }
    let compact = BTreeMap::from([("cleanup.policy".to_owned(), "compact".to_owned())]);
    assert_eq!(code(topics.create("b", 1, compact).await), ResponseError::InvalidConfig);
    assert_eq!(topics.grow("a", 2, None, false).await.unwrap_err().0, ResponseError::InvalidPartitions);
    assert_eq!(topics.grow("b", 2, None, false).await.unwrap_err().0, ResponseError::UnknownTopicOrPartition);
    let half =
        [("segment.bytes".to_owned(), Some("2000000".to_owned())), ("retention.ms".to_owned(), Some("5".to_owned()))];
    assert_eq!(topics.alter("a", &half, false).await.unwrap_err().0, ResponseError::InvalidConfig);
    assert_eq!(topics.get("a").unwrap().configs(), none());
    assert_eq!(topics.delete("b", || ()).await.unwrap_err().0, ResponseError::UnknownTopicOrPartition);
    topics.create(&"x".repeat(249), 1, none()).await.unwrap();
    assert_eq!((topics.all().len(), dirs(dir.path()).len()), (2, 2));
}
