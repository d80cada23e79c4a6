use std::fs;
use std::time::Duration;

use bytes::Bytes;

use super::super::batch::{testing::batch, validate};
use super::super::recovery::{RecoveredSegment, recover};
use super::*;

const NOBODY: (i64, i16, i32) = (-1, -1, -1);

struct Fixture {
    dir: tempfile::TempDir,
    segment_bytes: u64,
}

impl Fixture {
    fn new(segment_bytes: u64) -> Self {
        Self { dir: tempfile::tempdir().unwrap(), segment_bytes }
    }

    /// Opens what there is, as a start does.
    fn open(&self) -> Arc<Partition> {
        let found = self.files().into_iter().map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let base_offset = name.trim_start_matches("0-").trim_end_matches(".log").parse().unwrap();
            RecoveredSegment { base_offset, path }
        });
        let settings = PartitionSettings {
            segment_bytes: AtomicU64::new(self.segment_bytes),
            max_message_bytes: AtomicU64::new(1 << 20),
        };
        let found = recover(found.collect()).unwrap();
        Arc::new(Partition::new(0, self.dir.path().into(), Arc::default(), Arc::new(settings), found))
    }

    /// The segment files, oldest first.
    fn files(&self) -> Vec<std::path::PathBuf> {
        let mut files: Vec<_> = fs::read_dir(self.dir.path()).unwrap().map(|e| e.unwrap().path()).collect();
        files.retain(|p| p.extension().is_some_and(|e| e == "log"));
        files.sort();
        files
    }
}

fn append(partition: &Partition, batch: &Bytes) -> Result<i64, AppendError> {
    partition.append(&validate(batch, 1 << 20).unwrap(), batch).map(|a| a.base_offset)
}

fn fill(partition: &Partition, batches: i64) {
    for i in 0..batches {
        append(partition, &batch(10, NOBODY, 1000 + i * 10, 1)).unwrap();
    }
}

/// First and last offset of each batch handed out.
fn read(partition: &Partition, offset: i64, max: u64) -> Vec<(i64, i64)> {
    let Some(slice) = partition.read(offset, max).unwrap() else { return Vec::new() };
    let mut bytes = vec![0; slice.len as usize];
    slice.open().unwrap().read_exact_at(&mut bytes, slice.position).unwrap();
    let mut rest = bytes.as_slice();
    let mut batches = Vec::new();
    while let Some(header) = BatchHeader::parse(rest) {
        batches.push((header.base_offset, header.last_offset()));
        rest = &rest[header.len..];
    }
    assert!(rest.is_empty(), "only whole batches are handed out");
    batches
}

#[test]
fn what_was_appended_is_read_from_any_offset_and_after_a_restart() {
    let fixture = Fixture::new(5000);
    fill(&fixture.open(), 200);
    assert!(fixture.files().len() > 4, "segments roll");
    let partition = fixture.open();
    assert_eq!(partition.view(), Some(View { start: 0, end: 2000 }));
    for offset in [0, 1, 9, 10, 777, 1999] {
        let batches = read(&partition, offset, 2000);
        assert!(batches[0].0 <= offset && offset <= batches[0].1, "{offset}: {batches:?}");
    }
    assert_eq!(read(&partition, 1995, 1), [(1990, 1999)], "one batch at least");
    assert_eq!(read(&partition, 2000, 1000), []);
    assert_eq!(append(&partition, &batch(1, NOBODY, 0, 0)).unwrap(), 2000);
}

#[test]
fn a_torn_tail_is_cut_and_what_was_whole_is_kept() {
    let fixture = Fixture::new(1 << 20);
    fill(&fixture.open(), 5);
    let file = &fixture.files()[0];
    let whole = fs::metadata(file).unwrap().len();
    let one = whole / 5;
    for torn in [1, 30, 61, one - 1] {
        let bytes = fs::read(file).unwrap();
        fs::write(file, [&bytes[..], &bytes[..torn as usize]].concat()).unwrap();
        assert_eq!(fixture.open().view().map(|v| v.end), Some(50), "torn after {torn} bytes");
        assert_eq!(fs::metadata(file).unwrap().len(), whole);
    }
    File::options().write(true).open(file).unwrap().set_len(whole - 1).unwrap();
    let partition = fixture.open();
    assert_eq!(partition.view().map(|v| v.end), Some(40));
    fill(&partition, 1);
    assert_eq!(fixture.open().view().map(|v| v.end), Some(50));
}

#[test]
fn a_wrong_checksum_cuts_the_log_there_and_later_segments_are_set_aside() {
    let fixture = Fixture::new(1000);
    fill(&fixture.open(), 40);
    let files = fixture.files();
    let mut bytes = fs::read(&files[1]).unwrap();
    bytes[100] ^= 1;
    fs::write(&files[1], bytes).unwrap();
    let end = fixture.open().view().map(|v| v.end).unwrap();
    let second: i64 = files[1].file_stem().unwrap().to_str().unwrap()[2..].parse().unwrap();
    assert_eq!(end, second, "nothing of the damaged batch or after it is served");
    assert_eq!(fixture.files().len(), 2);
    let aside = fs::read_dir(fixture.dir.path())
        .unwrap()
        .filter(|e| e.as_ref().unwrap().path().extension().is_some_and(|e| e == "damaged"));
    assert_eq!(aside.count(), files.len() - 2);
    fill(&fixture.open(), 1);
    assert_eq!(fixture.open().view().map(|v| v.end), Some(end + 10));
}

#[test]
fn an_idempotent_producer_is_known_again_after_a_restart() {
    let fixture = Fixture::new(1 << 20);
    let partition = fixture.open();
    assert_eq!(append(&partition, &batch(5, (9, 0, 0), 0, 0)).unwrap(), 0);
    assert_eq!(append(&partition, &batch(5, (9, 0, 5), 0, 0)).unwrap(), 5);
    let partition = fixture.open();
    assert_eq!(append(&partition, &batch(5, (9, 0, 5), 0, 0)).unwrap(), 5, "not stored twice");
    assert_eq!(partition.view().map(|v| v.end), Some(10));
    let gap = append(&partition, &batch(1, (9, 0, 11), 0, 0)).unwrap_err();
    assert!(matches!(gap, AppendError::Refused(ResponseError::OutOfOrderSequenceNumber)), "{gap:?}");
}

#[test]
fn the_first_record_since_a_time_is_found() {
    let fixture = Fixture::new(5000);
    let partition = fixture.open();
    fill(&partition, 200); // record i is stamped 1000 + i
    for (timestamp, found) in [
        (0, Some((1000, 0))),
        (1000, Some((1000, 0))),
        (1777, Some((1777, 777))),
        (2999, Some((2999, 1999))),
        (3000, None),
    ] {
        assert_eq!(partition.first_since(timestamp).unwrap(), found, "{timestamp}");
    }
}

#[tokio::test]
async fn an_append_wakes_who_waits_and_a_deletion_too() {
    let fixture = Fixture::new(1 << 20);
    let partition = fixture.open();
    for deleted in [false, true] {
        let waiter = Arc::new(Waiter::default());
        partition.wait(&waiter);
        if deleted {
            partition.close()
        } else {
            fill(&partition, 1)
        }
        tokio::time::timeout(Duration::from_secs(10), waiter.woken()).await.unwrap();
    }
    assert_eq!(partition.view(), None);
    let refused = append(&partition, &batch(1, NOBODY, 0, 0)).unwrap_err();
    assert!(matches!(refused, AppendError::Refused(ResponseError::UnknownTopicOrPartition)));
}

#[tokio::test]
async fn synced_positions_cover_all_before_them() {
    let fixture = Fixture::new(200);
    let partition = fixture.open();
    let one = batch(1, NOBODY, 0, 0);
    let header = validate(&one, 1000).unwrap();
    let positions: Vec<u64> = (0..10).map(|_| partition.append(&header, &one).unwrap().position).collect();
    assert_eq!(positions, (1..=10).collect::<Vec<_>>());
    partition.sync(3).await.unwrap();
    assert!(partition.log.lock().dirty.is_empty(), "all ten with one flush");
    partition.sync(10).await.unwrap();
    partition.flush().unwrap();
}

#[tokio::test]
async fn a_repeat_of_what_a_killed_process_did_not_sync_is_synced_before_it_is_acknowledged() {
    let fixture = Fixture::new(1 << 20);
    let one = batch(5, (9, 0, 0), 0, 0);
    append(&fixture.open(), &one).unwrap();
    let partition = fixture.open();
    let repeat = partition.append(&validate(&one, 1000).unwrap(), &one).unwrap();
    assert_eq!(repeat.base_offset, 0);
    assert_eq!(partition.log.lock().dirty.len(), 1);
    partition.sync(repeat.position).await.unwrap();
    assert!(partition.log.lock().dirty.is_empty());
    assert_eq!(append(&partition, &batch(5, (9, 0, 5), 0, 0)).unwrap(), 5);
}

#[tokio::test]
async fn after_a_failed_sync_nothing_is_acknowledged_any_more() {
    let fixture = Fixture::new(1 << 20);
    let partition = fixture.open();
    let one = batch(1, NOBODY, 0, 0);
    // A file that cannot be opened stands for one that cannot be synced.
    partition.log.lock().dirty.push(SegmentFile::new(fixture.dir.path().join("not/there.log")));
    let first = partition.append(&validate(&one, 1000).unwrap(), &one).unwrap();
    partition.sync(first.position).await.unwrap_err();
    partition.sync(first.position).await.unwrap_err();
    partition.flush().unwrap_err();
    let refused = append(&partition, &one).unwrap_err();
    assert!(matches!(refused, AppendError::Refused(ResponseError::KafkaStorageError)), "{refused:?}");
    partition.close();
    assert_eq!(partition.view(), None);
}
