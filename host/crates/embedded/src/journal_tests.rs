use super::*;

fn entries(dir: &Path) -> (Journal, Vec<Vec<u8>>) {
    let mut seen = Vec::new();
    let journal = Journal::open(dir, "t", |e| {
        seen.push(e.to_vec());
        Ok(())
    })
    .unwrap();
    (journal, seen)
}

#[test]
fn entries_come_back_in_order_and_a_torn_tail_is_cut() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = entries(dir.path());
    for i in 0..3u8 {
        assert_eq!(journal.append(&[[i; 10]]).unwrap(), u64::from(i) + 2);
    }
    let path = dir.path().join("t-000001.journal");
    let whole = fs::metadata(&path).unwrap().len();
    OpenOptions::new().write(true).open(&path).unwrap().set_len(whole - 1).unwrap();
    let (mut journal, seen) = entries(dir.path());
    assert_eq!(seen, [[0u8; 10], [1; 10]]);
    journal.append(&["after"]).unwrap();
    assert_eq!(entries(dir.path()).1.last().unwrap(), b"after");
}

#[test]
fn an_entry_with_a_wrong_checksum_ends_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = entries(dir.path());
    journal.append(&["good"]).unwrap();
    journal.append(&["flip"]).unwrap();
    let path = dir.path().join("t-000001.journal");
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, bytes).unwrap();
    assert_eq!(entries(dir.path()).1, [b"good"]);
}

#[test]
fn a_new_generation_replaces_the_old_and_an_unfinished_one_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = entries(dir.path());
    for _ in 0..50 {
        journal.append(&["old"]).unwrap();
    }
    let retired = journal.rewrite(&["snap"]).unwrap();
    journal.append(&["new"]).unwrap();
    // not finished: both generations are read, old first
    let seen = entries(dir.path()).1;
    assert_eq!((seen.len(), seen[49].as_slice(), seen[51].as_slice()), (52, &b"old"[..], &b"new"[..]));
    retired.finish().unwrap();
    assert_eq!(entries(dir.path()).1, [&b"snap"[..], b"new"]);
}

#[test]
fn an_entry_that_would_not_be_read_back_is_refused_and_the_rest_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = entries(dir.path());
    journal.append(&["before"]).unwrap();
    let long = vec![0; MAX_ENTRY + 1];
    let refused = journal.append(&[&b"with it"[..], &long]).unwrap_err().to_string();
    assert!(refused.contains("larger than 16777216"), "{refused}");
    assert!(journal.rewrite(&[&b"stale"[..], &long]).is_err());
    journal.append(&[&long[1..]]).unwrap();
    journal.append(&["after"]).unwrap();
    let seen = entries(dir.path()).1;
    let lengths: Vec<usize> = seen.iter().map(Vec::len).collect();
    assert_eq!(lengths, [6, MAX_ENTRY, 5]);
}

#[test]
fn a_failed_rewrite_leaves_nothing_that_could_undo_what_follows() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = entries(dir.path());
    journal.append(&["old"]).unwrap();
    let in_the_way = dir.path().join("t-000002.journal");
    fs::create_dir(&in_the_way).unwrap();
    assert!(journal.rewrite(&["snap"]).is_err());
    journal.append(&["new"]).unwrap();
    fs::remove_dir(&in_the_way).unwrap();
    assert_eq!(entries(dir.path()).1, [b"old", b"new"]);
}

#[tokio::test]
async fn a_sync_covers_all_that_was_written_until_it_begins() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = entries(dir.path());
    let first = journal.append(&["1"]).unwrap();
    let second = journal.append(&["2"]).unwrap();
    drop(journal.rewrite(&["1", "2"]).unwrap());
    let tail = journal.tail();
    tail.sync_to(first, || Ok(())).await.unwrap();
    assert!(!tail.newest.lock().fresh, "the directory is synced too");
    tail.sync_to(second, || panic!("synced again")).await.unwrap();
}

#[test]
fn an_entry_nobody_understands_stops_the_start_and_names_the_file() {
    let dir = tempfile::tempdir().unwrap();
    entries(dir.path()).0.append(&["x"]).unwrap();
    let e = Journal::open(dir.path(), "t", |_| Err("kind 9".into())).unwrap_err().to_string();
    assert!(e.contains("t-000001.journal") && e.contains("kind 9"), "{e}");
}
