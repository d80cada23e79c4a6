use super::*;
use std::fs;

fn offset(partition: &str, offset: Option<&str>) -> Vec<(String, Option<String>)> {
    vec![(partition.to_owned(), offset.map(str::to_owned))]
}

async fn read(store: &FileOffsetStore, connector: &str, partition: &str) -> Option<String> {
    store.read(connector, &[partition.to_owned()]).await.unwrap().remove(0)
}

#[tokio::test]
async fn offsets_outlive_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("connect.offsets");
    let store = FileOffsetStore::open(&path).unwrap();
    assert_eq!(read(&store, "c", r#"{"f":1}"#).await, None);
    store.write("c", offset(r#"{"f":1}"#, Some(r#"{"at": 1}"#))).await.unwrap();
    store.write("c", offset(r#"{"f":1.0}"#, Some(r#"{"at": 2}"#))).await.unwrap();
    store.write("d", offset(r#"{"f":1}"#, None)).await.unwrap();
    drop(store);
    let store = FileOffsetStore::open(&path).unwrap();
    assert_eq!(read(&store, "c", r#"{ "f": 1 }"#).await.as_deref(), Some(r#"{"at":2}"#));
    assert_eq!(read(&store, "d", r#"{"f":1}"#).await, None);
    assert_eq!(store.all("c").await.unwrap(), [(r#"{"f":1}"#.to_owned(), r#"{"at":2}"#.to_owned())]);
    assert_eq!(store.all("d").await.unwrap(), []);
    let pairs = java_map::read(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(pairs.len(), 2, "the reset offset is kept as null");
    assert!(!beside(&path, ".tmp").exists());
}

#[tokio::test]
async fn a_file_of_java_s_is_continued() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("connect.offsets");
    fs::write(&path, include_bytes!("../../tests/data/offsets-written-by-java.bin")).unwrap();
    let store = FileOffsetStore::open(&path).unwrap();
    assert_eq!(read(&store, "file-src", r#"{"filename":"/data/in.txt"}"#).await.as_deref(), Some(r#"{"position":42}"#));
    assert_eq!(read(&store, "file-src", r#"{"filename":"/data/b.txt"}"#).await, None);
    store.write("other", offset(r#"{"n":1,"table":"é"}"#, Some("{\"id\":8}"))).await.unwrap();
    let pairs = java_map::read(&fs::read(&path).unwrap()).unwrap();
    let key = r#"["other",{"table":"é","n":1}]"#.as_bytes().to_vec();
    assert!(pairs.contains(&(key, Some(b"{\"id\":8}".to_vec()))), "the key's bytes are reused");
}

#[test]
fn a_second_worker_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("connect.offsets");
    let first = FileOffsetStore::open(&path).unwrap();
    let error = FileOffsetStore::open(&path).unwrap_err().to_string();
    assert!(error.contains("connect.offsets is used by another worker"), "{error}");
    drop(first);
    FileOffsetStore::open(&path).unwrap();
}

/// A hundred times, because a thread that still held the lock would do so for microseconds only.
#[tokio::test]
async fn the_lock_is_free_once_the_last_write_was_answered() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("connect.offsets");
    for at in 0..100 {
        let store = FileOffsetStore::open(&path).unwrap();
        store.write("c", offset(r#"{"f":1}"#, Some(&format!(r#"{{"at":{at}}}"#)))).await.unwrap();
    }
}

#[test]
fn an_empty_file_has_no_offsets_and_another_file_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("connect.offsets");
    fs::write(&path, b"").unwrap();
    drop(FileOffsetStore::open(&path).unwrap());
    fs::write(&path, b"name=x\n").unwrap();
    let error = FileOffsetStore::open(&path).unwrap_err().to_string();
    assert!(error.contains("cannot be understood: it does not begin like a serialised Java object"), "{error}");
}

#[tokio::test]
async fn a_failed_write_leaves_file_and_memory_as_they_were() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("connect.offsets");
    let store = FileOffsetStore::open(&path).unwrap();
    store.write("c", offset(r#"{"f":1}"#, Some(r#"{"at":1}"#))).await.unwrap();
    let before = fs::read(&path).unwrap();
    // Nothing can be created where the new file would go.
    fs::create_dir(beside(&path, ".tmp")).unwrap();
    assert!(store.write("c", offset(r#"{"f":1}"#, Some(r#"{"at":2}"#))).await.is_err());
    assert_eq!(read(&store, "c", r#"{"f":1}"#).await.as_deref(), Some(r#"{"at":1}"#));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn what_waits_goes_into_one_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("connect.offsets");
    let store = FileOffsetStore::open(&path).unwrap();
    // As if a file were being made just now.
    store.inner.queue.lock().busy = true;
    let job = |connector: &str, text: &str| {
        let (done, written) = oneshot::channel();
        let offsets = offset("{}", Some(text));
        assert!(!store.inner.queue(Job { connector: connector.to_owned(), offsets, done }), "one thread is enough");
        written
    };
    let written = [job("a", r#"{"n":1}"#), job("b", "nonsense"), job("a", r#"{"n":2}"#), job("c", r#"{"n":3}"#)];
    let jobs = std::mem::take(&mut store.inner.queue.lock().waiting);
    store.inner.write(jobs).into_iter().for_each(Answer::tell);
    let mut results = Vec::new();
    for written in written {
        results.push(written.await.unwrap().is_ok());
    }
    assert_eq!(results, [true, false, true, true], "what is wrong fails by itself");
    assert_eq!(read(&store, "a", "{}").await.as_deref(), Some(r#"{"n":2}"#), "the later one counts");
    assert_eq!(java_map::read(&fs::read(&path).unwrap()).unwrap().len(), 2);
    // The thread finds nothing more to do; the next write starts another.
    store.inner.clone().work();
    store.write("d", offset("{}", Some("{}"))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_write_at_once_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("connect.offsets");
    let store = Arc::new(FileOffsetStore::open(&path).unwrap());
    let write = |number: u32| {
        let store = store.clone();
        tokio::spawn(async move {
            for at in 0..5 {
                let text = format!(r#"{{"at":{at}}}"#);
                store.write(&format!("c{number}"), offset("{}", Some(&text))).await.unwrap();
            }
        })
    };
    let tasks: Vec<_> = (0..200).map(write).collect();
    for task in tasks {
        task.await.unwrap();
    }
    drop(store);
    let store = FileOffsetStore::open(&path).unwrap();
    for number in 0..200 {
        assert_eq!(read(&store, &format!("c{number}"), "{}").await.as_deref(), Some(r#"{"at":4}"#));
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_stays_a_link() {
    let dir = tempfile::tempdir().unwrap();
    let (real, link) = (dir.path().join("real"), dir.path().join("link"));
    fs::write(&real, b"").unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let store = FileOffsetStore::open(&link).unwrap();
    store.write("c", offset("{}", Some("{}"))).await.unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink() && fs::metadata(&real).unwrap().len() > 0);
}
