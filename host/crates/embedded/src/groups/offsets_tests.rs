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

#[tokio::test]
async fn offsets_come_back_and_deletions_stay() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for group in ["a", "b"] {
        let commits = [("t", 1), ("u", 2), ("gone", 3)].map(|(t, o)| (at(t, 0), committed(o)));
        let position = store.commit(group, commits.to_vec()).unwrap();
        store.durable(position).await.unwrap();
    }
    store.commit("a", vec![(at("t", 0), committed(7))]).unwrap();
    store.delete_topic("u").unwrap();
    assert!(store.delete_group("b").unwrap());
    assert!(!store.delete_group("b").unwrap());
    drop(store);
    let store = open(dir.path());
    assert_eq!(store.groups(), ["a"]);
    assert_eq!(store.all("a"), BTreeMap::from([(at("t", 0), committed(7))]));
    assert_eq!(store.get("a", &at("u", 0)), None);
}

#[tokio::test]
async fn the_journal_does_not_grow_without_end() {
    let dir = tempfile::tempdir().unwrap();
    let store = OffsetStore::open(dir.path(), Fsync::None, |_| true).unwrap();
    for i in 0..40_000 {
        let position = store.commit("group", vec![(at("a-topic-with-a-long-name", 0), committed(i))]).unwrap();
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
