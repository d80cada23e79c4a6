//! How much a guest can have under way, hold and have told.

use super::*;
use crate::capability::fs::descriptor::LISTINGS_MAX;
use futures::FutureExt;
use wasmtime_wasi::p2::bindings::filesystem::types::DescriptorStat;
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, StreamError};
use wasmtime_wasi::{FsPerms, OpenMode};

/// Everything that an instance may have under way, is.
async fn all_busy(guest: &Guest) -> Vec<Option<tokio::sync::OwnedSemaphorePermit>> {
    let mut turns = Vec::new();
    for _ in 0..work::TURNS {
        turns.push(guest.state.work.turn().await);
    }
    turns
}

fn output(guest: &mut Guest, fd: &Resource<Descriptor>) -> DynOutputStream {
    let stream = attempt(guest.fs().write_via_stream(Resource::new_borrow(fd.rep()), 0)).unwrap();
    guest.table.delete(stream).unwrap()
}

fn input(guest: &mut Guest, fd: &Resource<Descriptor>) -> DynInputStream {
    let stream = attempt(guest.fs().read_via_stream(Resource::new_borrow(fd.rep()), 0)).unwrap();
    guest.table.delete(stream).unwrap()
}

/// A file that is always full.
fn full(guest: &mut Guest) -> Resource<Descriptor> {
    let file = fs::File::options().write(true).open("/dev/full").unwrap();
    let file = wasmtime_wasi::filesystem::File::new(file, FsPerms::ReadWrite, OpenMode::WRITE, false);
    guest.table.push(Descriptor::File(file)).unwrap()
}

#[tokio::test]
async fn what_the_system_says_of_a_failed_write_is_kept() {
    const FULL: Option<&str> = Some("No space left on device (os error 28)");
    let mut guest = Guest::new(&[(Access::WriteFile, "in/a.txt")], "in:rw");
    let fd = full(&mut guest);
    let mut stream = output(&mut guest, &fd);
    let written = stream.blocking_write_and_flush("x".into()).await;
    assert!(matches!(written, Err(StreamError::LastOperationFailed(_))), "{written:?}");
    assert_eq!(guest.state.take_failure().as_deref(), FULL);
    assert_eq!(guest.state.take_failure(), None, "told once");
    assert!(matches!(stream.check_write(), Err(StreamError::Closed)));

    let mut stream = output(&mut guest, &fd);
    stream.write("x".into()).unwrap();
    stream.ready().await;
    assert!(matches!(stream.check_write(), Err(StreamError::LastOperationFailed(_))));
    assert!(matches!(stream.check_write(), Err(StreamError::Closed)), "told once");
    assert_eq!(guest.state.take_failure().as_deref(), FULL);

    // Here the guest is told itself.
    let written = attempt(guest.fs().write(Resource::new_borrow(fd.rep()), b"x".to_vec(), 0).await);
    assert_eq!(written, Err(ErrorCode::InsufficientSpace));
    assert_eq!(guest.state.take_failure(), None);
}

#[tokio::test]
async fn streams_write_and_read_in_pieces() {
    let mut guest = Guest::new(&[(Access::WriteFile, "in/a.txt")], "in:rw");
    let fd = guest.create("in", "a.txt").await.unwrap();
    let mut stream = output(&mut guest, &fd);
    stream.blocking_write_and_flush("GRA".into()).await.unwrap();
    assert_eq!(stream.write_ready().await.unwrap(), 64 << 10);
    stream.write("NT".into()).unwrap();
    assert!(matches!(stream.write("x".into()), Err(StreamError::Trap(_))), "one at a time");
    assert_eq!(stream.write_ready().await.unwrap(), 64 << 10);
    assert!(matches!(stream.write(vec![0; (64 << 10) + 1].into()), Err(StreamError::Trap(_))));
    assert_eq!(fs::read_to_string(guest.host("in/a.txt")).unwrap(), "GRANTed");

    let fd = guest.open("in", "a.txt").await.unwrap();
    let mut stream = input(&mut guest, &fd);
    assert_eq!(stream.read(3).unwrap(), "");
    stream.ready().await;
    assert_eq!(stream.read(2).unwrap(), "GR");
    assert_eq!(stream.blocking_read(100).await.unwrap(), "A");
    stream.ready().await;
    assert_eq!(stream.read(100).unwrap(), "NTed");
    assert!(matches!(stream.blocking_read(100).await, Err(StreamError::Closed)));
    assert!(matches!(stream.read(1), Err(StreamError::Closed)));
}

#[tokio::test]
async fn blocking_work_waits_its_turn() {
    let mut guest = Guest::new(&[(Access::WriteFile, "in/a.txt")], "in:rw");
    let fd = guest.create("in", "a.txt").await.unwrap();
    let (mut writing, mut reading) = (output(&mut guest, &fd), input(&mut guest, &fd));
    let turns = all_busy(&guest).await;
    assert!(guest.stat("in", "a.txt").now_or_never().is_none());
    assert!(guest.unlink("in", "a.txt").now_or_never().is_none());
    writing.write("W".into()).unwrap();
    assert_eq!(reading.read(1).unwrap(), "");
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(writing.check_write().unwrap(), 0);
    assert_eq!(fs::read_to_string(guest.host("in/a.txt")).unwrap(), "granted");
    drop(turns);
    // A write that was accepted is made, whatever becomes of the stream.
    writing.cancel().await;
    assert_eq!(fs::read_to_string(guest.host("in/a.txt")).unwrap(), "Wranted");
    assert_eq!(guest.stat("in", "a.txt").await, Ok(7));
}

#[tokio::test]
async fn outstanding_work_is_waited_for() {
    let mut guest = Guest::new(&[(Access::WriteFile, "in/a.txt")], "in:rw");
    let fd = guest.create("in", "a.txt").await.unwrap();
    let Ok(Descriptor::File(file)) = guest.table.get(&fd) else { panic!("a file") };
    let at_work = file.file.clone();
    let outstanding = guest.state.outstanding();
    drop(guest);
    assert!(!outstanding.drained(Duration::from_millis(10)).await);
    drop(at_work);
    assert!(outstanding.drained(Duration::from_secs(20)).await);
}

#[tokio::test]
async fn outstanding_work_on_a_path_is_waited_for() {
    for below in [false, true] {
        let mut guest = Guest::new(&[(Access::WriteDirectory, "in")], "in:rw");
        let sub = guest.open_with("in", "sub", OpenFlags::DIRECTORY, DescriptorFlags::READ).await.unwrap();
        let fd = if below { sub } else { guest.root("in") };
        // As a thread holds it that creates, truncates, renames or removes.
        let Ok(Descriptor::Dir(dir)) = guest.table.get(&fd) else { panic!("a directory") };
        let at_work = dir.dir.clone();
        let outstanding = guest.state.outstanding();
        drop(guest);
        assert!(!outstanding.drained(Duration::ZERO).await);
        drop(at_work);
        assert!(outstanding.drained(Duration::from_secs(20)).await);
    }
}

fn too_long<T: std::fmt::Debug>(attempt: Attempt<T>) {
    assert!(matches!(attempt, Err(ErrorCode::NameTooLong)), "{attempt:?}");
}

#[tokio::test]
async fn paths_are_bounded_before_anything_is_done_with_them() {
    let mut guest = Guest::new(&[(Access::WriteDirectory, "in")], "in:rw");
    let long = "x".repeat(4097);
    for root in ["in", "/"] {
        too_long(guest.read(root, &long).await);
        too_long(guest.create(root, &long).await);
        too_long(guest.stat(root, &long).await);
        too_long(guest.unlink(root, &long).await);
        too_long(guest.rename((root, &long), ("in", "y")).await);
        too_long(guest.link((root, &long), ("in", "y")).await);
    }
    too_long(guest.rename(("in", "a.txt"), ("in", &long)).await);
    too_long(guest.symlink("in", &long, "link").await);
    let root = guest.root("in");
    let stat = guest.fs().stat_at(root, PathFlags::empty(), long).await.map(|DescriptorStat { size, .. }| size);
    too_long(attempt(stat));
}

#[tokio::test]
async fn the_same_directory_is_the_same_object_by_any_way() {
    let mut guest = Guest::new(&[(Access::ReadDirectory, "in")], "in:ro");
    let mut dir = guest.root("in").rep();
    for (path, same) in [(".", true), ("./././.", true), ("sub", false), (".", false)] {
        let fd = Resource::new_borrow(dir);
        let opened =
            guest.fs().open_at(fd, PathFlags::empty(), path.into(), OpenFlags::DIRECTORY, DescriptorFlags::READ).await;
        dir = attempt(opened).unwrap().rep();
        let (a, b) = (guest.root("in"), Resource::new_borrow(dir));
        assert_eq!(guest.fs().is_same_object(a, b).await.unwrap(), same, "{path}");
    }
    let (a, b) = (guest.root("in"), guest.root("/"));
    assert!(!guest.fs().is_same_object(a, b).await.unwrap());
}

#[tokio::test]
async fn listings_are_read_in_batches_and_bounded_in_number() {
    let mut guest = Guest::new(&[(Access::ReadDirectory, "in")], "in:ro");
    fs::create_dir(guest.host("in/many")).unwrap();
    for number in 0..1000 {
        fs::write(guest.host(&format!("in/many/{number:04}")), "").unwrap();
    }
    let many = guest.open_with("in", "many", OpenFlags::DIRECTORY, DescriptorFlags::READ).await.unwrap();
    let names = guest.list(Resource::new_borrow(many.rep())).await.unwrap();
    assert_eq!(names, (0..1000).map(|number| format!("{number:04}")).collect::<Vec<_>>());

    // That one was not closed.
    for _ in 1..LISTINGS_MAX {
        attempt(guest.fs().read_directory(Resource::new_borrow(many.rep())).await).unwrap();
    }
    let refused = attempt(guest.fs().read_directory(Resource::new_borrow(many.rep())).await);
    assert!(matches!(refused, Err(ErrorCode::Busy)), "{refused:?}");
    assert!(guest.state.take_failure().is_some_and(|failure| failure.contains("32 directory listings")));
}

#[tokio::test]
async fn the_types_of_listed_entries_are_told() {
    let mut guest = Guest::new(&[(Access::ReadDirectory, "in")], "in:ro");
    let root = guest.root("in");
    let listing = attempt(guest.fs().read_directory(root).await).unwrap();
    let mut found = Vec::new();
    while let Some(entry) = attempt(guest.fs().read_directory_entry(Resource::new_borrow(listing.rep())).await).unwrap()
    {
        found.push(format!("{} {:?}", entry.name, entry.type_));
    }
    found.sort();
    let types = ["a.txt", "fifo", "link.txt", "out", "out.txt", "secret.txt", "sub"].into_iter().zip([
        "RegularFile",
        "Fifo",
        "SymbolicLink",
        "SymbolicLink",
        "SymbolicLink",
        "RegularFile",
        "Directory",
    ]);
    let types: Vec<String> = types.map(|(name, kind)| format!("{name} DescriptorType::{kind}")).collect();
    assert_eq!(found, types);
    HostDirectoryEntryStream::drop(&mut guest.fs(), listing).unwrap();
    assert_eq!(guest.state.listings, 0);
}

#[test]
fn what_is_told_of_a_path_is_short_and_harmless() {
    let lines = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    tracing::subscriber::with_default(Lines(lines.clone()), || {
        let mut denials = denial::Denials::new(Some(GuestIdentity { connector: "c".into(), task: None }));
        denials.tell("read-file", &"é".repeat(4000), "because");
        denials.tell("read-file", "/a\n\u{1b}[2Jb", "because");
    });
    let lines = lines.lock().unwrap();
    assert!(lines[0].contains(&format!("{}…", "é".repeat(256))) && lines[0].len() < 1000, "{}", lines[0]);
    assert!(!lines[1].contains(['\n', '\u{1b}']), "{}", lines[1]);
}
