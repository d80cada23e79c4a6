use super::*;

fn at(topic: &str, partition: i32) -> TopicPartition {
    (topic.to_owned(), partition)
}

fn committed(offset: i64) -> Committed {
    Committed { offset, leader_epoch: 0, metadata: "note\twith\ttabs".into() }
}

fn open(dir: &Path) -> OffsetStore {
    OffsetStore::open(dir, Fsync::Commit, |topic| topic != "gone").unwrap()
}

fn commit(store: &OffsetStore, group: &str, commits: impl IntoIterator<Item = (TopicPartition, Committed)>) -> u64 {
    store.commit(group, commits.into_iter().collect(), |_| true).unwrap().0
}

#[tokio::test]
async fn offsets_come_back_and_deletions_stay() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for group in ["a", "b"] {
        let commits = [("t", 1), ("u", 2), ("gone", 3)].map(|(t, o)| (at(t, 0), committed(o)));
        let position = commit(&store, group, commits);
        store.durable(position).await.unwrap();
    }
    commit(&store, "a", [(at("t", 0), committed(7))]);
    store.delete_topic("u").unwrap();
    assert!(store.delete_group("b").unwrap().is_some());
    assert!(store.delete_group("b").unwrap().is_none());
    drop(store);
    let store = open(dir.path());
    assert_eq!(store.groups(), ["a"]);
    assert_eq!(store.all("a"), BTreeMap::from([(at("t", 0), committed(7))]));
    assert_eq!(store.get("a", &at("u", 0)), None);
}

#[test]
fn single_offsets_that_are_deleted_stay_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    commit(&store, "a", [(at("t", 0), committed(1)), (at("t", 1), committed(2))]);
    commit(&store, "b", [(at("t", 0), committed(3))]);
    assert_eq!(store.delete("a", &BTreeSet::from([at("t", 7)])).unwrap(), 0, "there is none, and nothing is written");
    store.delete("a", &BTreeSet::from([at("t", 0), at("t", 7)])).unwrap();
    store.delete("b", &BTreeSet::from([at("t", 0)])).unwrap();
    assert_eq!(store.groups(), ["a"], "a group without offsets has none");
    drop(store);
    let store = open(dir.path());
    assert_eq!(store.all("a"), BTreeMap::from([(at("t", 1), committed(2))]));
    assert_eq!(store.groups(), ["a"]);
}

#[tokio::test]
async fn the_journal_does_not_grow_without_end() {
    let dir = tempfile::tempdir().unwrap();
    let store = OffsetStore::open(dir.path(), Fsync::None, |_| true).unwrap();
    for i in 0..40_000 {
        let position = commit(&store, "group", [(at("a-topic-with-a-long-name", 0), committed(i))]);
        store.durable(position).await.unwrap();
    }
    // Removing the old generation is another thread's work.
    let size = || -> u64 { std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().metadata().unwrap().len()).sum() };
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while size() > 2 << 20 {
        assert!(std::time::Instant::now() < deadline, "{} bytes", size());
        tokio::task::yield_now().await;
    }
    drop(store);
    let store = OffsetStore::open(dir.path(), Fsync::None, |_| true).unwrap();
    assert_eq!(store.get("group", &at("a-topic-with-a-long-name", 0)).unwrap().offset, 39_999);
}

#[test]
fn the_offsets_of_a_topic_that_was_deleted_by_a_killed_process_do_not_come_back_with_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    commit(&store, "a", [(at("gone", 0), committed(7)), (at("t", 0), committed(1))]);
    drop(store);
    assert_eq!(open(dir.path()).get("a", &at("gone", 0)), None);
    let store = OffsetStore::open(dir.path(), Fsync::None, |_| true).unwrap();
    assert_eq!(store.all("a"), BTreeMap::from([(at("t", 0), committed(1))]));
}

#[test]
fn what_is_committed_after_its_topic_has_gone_is_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let commits = BTreeMap::from([(at("t", 0), committed(1)), (at("u", 0), committed(2))]);
    let (_, gone) = store.commit("a", commits, |(topic, _)| topic != "t").unwrap();
    assert_eq!((gone, store.all("a").len()), (vec![at("t", 0)], 1));
    drop(store);
    assert_eq!(open(dir.path()).all("a"), BTreeMap::from([(at("u", 0), committed(2))]));
}

#[test]
fn more_offsets_than_an_entry_takes_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let long = "x".repeat(200);
    let commits: BTreeMap<_, _> = (0..100_000).map(|i| (at(&long, i), committed(i.into()))).collect();
    commit(&store, "a", commits.clone());
    drop(store);
    let store = open(dir.path());
    assert_eq!(store.all("a").len(), 100_000);
    {
        let State { offsets, journal } = &mut *store.state.lock();
        journal.rewrite(&snapshot(offsets)).unwrap().finish().unwrap();
    }
    drop(store);
    assert!(open(dir.path()).all("a") == commits);
}
