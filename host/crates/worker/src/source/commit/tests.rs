use super::*;
use async_trait::async_trait;
use cofferdam_storage::OffsetStoreError;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

type Offsets = Vec<(String, Option<String>)>;

/// Answers as many writes as it has permits for.
struct SlowStore {
    permits: Semaphore,
    writes: Mutex<Vec<Offsets>>,
    fail: Mutex<bool>,
}

impl SlowStore {
    fn new() -> Arc<Self> {
        Arc::new(Self { permits: Semaphore::new(0), writes: Mutex::default(), fail: Mutex::new(false) })
    }
}

#[async_trait]
impl OffsetBackingStore for SlowStore {
    async fn read(&self, _: &str, partitions: &[String]) -> Result<Vec<Option<String>>, OffsetStoreError> {
        Ok(vec![None; partitions.len()])
    }

    async fn all(&self, _: &str) -> Result<Vec<(String, String)>, OffsetStoreError> {
        Ok(Vec::new())
    }

    async fn write(&self, _: &str, offsets: Offsets) -> Result<(), OffsetStoreError> {
        self.writes.lock().push(offsets);
        self.permits.acquire().await.unwrap().forget();
        if *self.fail.lock() { Err(OffsetStoreError::Interrupted("asked to fail".into())) } else { Ok(()) }
    }
}

fn commit(store: &Arc<SlowStore>) -> OffsetCommit {
    OffsetCommit::new(TaskId::new("c", 0), store.clone(), Duration::from_secs(60))
}

fn released(poll: u64, positions: &[(&str, &str)]) -> Released {
    let position = |(at, offset): &(&str, &str)| ((*at).to_owned(), Some((*offset).to_owned()));
    Released { positions: positions.iter().map(position).collect(), polls: vec![(poll, Placements::default())] }
}

fn pairs(of: &[(String, Option<String>)]) -> Vec<(&str, &str)> {
    of.iter().map(|(at, offset)| (at.as_str(), offset.as_deref().unwrap())).collect()
}

#[tokio::test]
async fn a_commit_that_is_dropped_goes_on_and_is_not_done_twice() {
    let store = SlowStore::new();
    let mut commit = commit(&store);
    commit.add(released(1, &[("a", "1")]));
    for _ in 0..3 {
        // As when a poll returns while the offsets are being written.
        assert!(timeout(Duration::from_millis(1), commit.commit()).await.is_err());
    }
    commit.add(released(2, &[("a", "2")]));
    assert!(!commit.is_clean() && commit.untold.is_empty());
    store.permits.add_permits(2);
    assert!(commit.commit().await && commit.is_clean());
    let writes = store.writes.lock().clone();
    assert_eq!(writes.iter().map(|write| pairs(write)).collect::<Vec<_>>(), [[("a", "1")], [("a", "2")]]);
    assert_eq!(commit.untold.iter().map(|(poll, _)| *poll).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(commit.stored, 2);
}

#[tokio::test]
async fn what_could_not_be_stored_is_stored_with_the_next_commit() {
    let store = SlowStore::new();
    let mut commit = commit(&store);
    commit.add(released(1, &[("a", "1"), ("b", "1")]));
    *store.fail.lock() = true;
    assert!(timeout(Duration::from_millis(1), commit.commit()).await.is_err());
    commit.add(released(2, &[("a", "2")]));
    store.permits.add_permits(2);
    assert!(!commit.commit().await && !commit.is_clean() && commit.untold.is_empty());
    *store.fail.lock() = false;
    assert!(commit.commit().await && commit.is_clean());
    assert_eq!(pairs(store.writes.lock().last().unwrap()), [("b", "1"), ("a", "2")], "in the order in which they came");
    assert_eq!(commit.untold.len(), 2);
}

#[tokio::test]
async fn any_number_of_source_partitions_is_taken_in_at_once() {
    // With a search per position this would take a day.
    let store = SlowStore::new();
    let mut commit = commit(&store);
    let names: Vec<String> = (0..300_000).map(|number| number.to_string()).collect();
    let positions: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).collect();
    commit.add(released(1, &positions));
    commit.add(released(2, &positions));
    store.permits.add_permits(1);
    assert!(commit.commit().await);
    let writes = store.writes.lock().clone();
    assert!(writes[0].iter().map(|(at, _)| at).eq(&names));
}
