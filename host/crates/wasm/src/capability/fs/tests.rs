//! Everything a hostile guest can call, against real directories.

mod bounds;

use super::grants::tests::desc;
use super::*;
use cofferdam_config::FsAllow;
use cofferdam_plugin::{Access, ConfigMap, Scope};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::preopens::Host as _;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, ErrorCode, HostDescriptor, HostDirectoryEntryStream, OpenFlags, PathFlags,
};

struct Guest {
    dir: TempDir,
    state: FsState,
    table: ResourceTable,
    roots: Vec<(String, u32)>,
}

/// What an attempt came to.
type Attempt<T> = Result<T, ErrorCode>;

fn attempt<T>(result: FsResult<T>) -> Attempt<T> {
    result.map_err(|error| error.downcast().expect("an error code, no trap"))
}

impl Guest {
    /// A directory `in` with `a.txt`, `secret.txt`, a directory `sub` with a file, a FIFO, and links; and `outside`.
    fn new(accesses: &[(Access, &str)], allow: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        fs::create_dir_all(root.join("in/sub")).unwrap();
        fs::create_dir(root.join("outside")).unwrap();
        for (name, content) in [
            ("in/a.txt", "granted"),
            ("in/secret.txt", "secret"),
            ("in/sub/b.txt", "below"),
            ("outside/o.txt", "outside"),
        ] {
            fs::write(root.join(name), content).unwrap();
        }
        symlink("secret.txt", root.join("in/link.txt")).unwrap();
        symlink("../outside", root.join("in/out")).unwrap();
        symlink("../outside/o.txt", root.join("in/out.txt")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, root.join("in/fifo"), rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
        let capabilities = accesses.iter().map(|(access, path)| (*access, Scope::Literal((*path).into())));
        let allow = [FsAllow::parse(allow, root).unwrap()];
        let (grants, verdicts) = FsGrants::resolve(&desc(capabilities.collect()), &ConfigMap::new(), &allow, root);
        assert_eq!(verdicts, []);
        let identity = GuestIdentity { connector: "c".into(), task: Some(0) };
        let mut guest =
            Self { dir, state: grants.state(Some(identity)), table: ResourceTable::new(), roots: Vec::new() };
        let roots = guest.fs().get_directories().unwrap();
        guest.roots = roots.into_iter().map(|(fd, path)| (path, fd.rep())).collect();
        guest
    }

    fn fs(&mut self) -> FsCtxView<'_> {
        FsCtxView { state: &mut self.state, table: &mut self.table }
    }

    fn host(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn root(&self, guest: &str) -> Resource<Descriptor> {
        let (_, rep) = self.roots.iter().find(|(path, _)| path == guest).expect("a mount");
        Resource::new_borrow(*rep)
    }

    async fn open_with(
        &mut self,
        root: &str,
        path: &str,
        open: OpenFlags,
        flags: DescriptorFlags,
    ) -> Attempt<Resource<Descriptor>> {
        let fd = self.root(root);
        attempt(self.fs().open_at(fd, PathFlags::SYMLINK_FOLLOW, path.into(), open, flags).await)
    }

    async fn open(&mut self, root: &str, path: &str) -> Attempt<Resource<Descriptor>> {
        self.open_with(root, path, OpenFlags::empty(), DescriptorFlags::READ).await
    }

    async fn create(&mut self, root: &str, path: &str) -> Attempt<Resource<Descriptor>> {
        self.open_with(root, path, OpenFlags::CREATE, DescriptorFlags::WRITE).await
    }

    async fn read(&mut self, root: &str, path: &str) -> Attempt<String> {
        let fd = self.open(root, path).await?;
        let (bytes, _) = attempt(self.fs().read(fd, 100, 0).await)?;
        Ok(String::from_utf8(bytes).unwrap())
    }

    async fn list(&mut self, fd: Resource<Descriptor>) -> Attempt<Vec<String>> {
        let listing = attempt(self.fs().read_directory(fd).await)?;
        let mut names = Vec::new();
        loop {
            let again = Resource::new_borrow(listing.rep());
            match attempt(self.fs().read_directory_entry(again).await)? {
                Some(entry) => names.push(entry.name),
                None => break,
            }
        }
        names.sort();
        Ok(names)
    }

    async fn stat(&mut self, root: &str, path: &str) -> Attempt<u64> {
        let fd = self.root(root);
        attempt(self.fs().stat_at(fd, PathFlags::SYMLINK_FOLLOW, path.into()).await).map(|stat| stat.size)
    }

    async fn rename(&mut self, from: (&str, &str), to: (&str, &str)) -> Attempt<()> {
        let (old, new) = (self.root(from.0), self.root(to.0));
        attempt(self.fs().rename_at(old, from.1.into(), new, to.1.into()).await)
    }

    async fn link(&mut self, from: (&str, &str), to: (&str, &str)) -> Attempt<()> {
        let (old, new) = (self.root(from.0), self.root(to.0));
        attempt(self.fs().link_at(old, PathFlags::empty(), from.1.into(), new, to.1.into()).await)
    }

    async fn symlink(&mut self, root: &str, target: &str, path: &str) -> Attempt<()> {
        let fd = self.root(root);
        attempt(self.fs().symlink_at(fd, target.into(), path.into()).await)
    }

    async fn unlink(&mut self, root: &str, path: &str) -> Attempt<()> {
        let fd = self.root(root);
        attempt(self.fs().unlink_file_at(fd, path.into()).await)
    }
}

fn refused<T: std::fmt::Debug>(attempt: Attempt<T>) {
    assert!(matches!(attempt, Err(ErrorCode::NotPermitted)), "{attempt:?}");
}

fn missing<T: std::fmt::Debug>(attempt: Attempt<T>) {
    assert!(matches!(attempt, Err(ErrorCode::NoEntry)), "{attempt:?}");
}

#[tokio::test]
async fn a_file_grant_is_one_name() {
    let mut guest = Guest::new(&[(Access::ReadFile, "in/a.txt")], "in:ro");
    assert_eq!(guest.read("in", "a.txt").await.as_deref(), Ok("granted"));
    assert_eq!(guest.read("in", "./a.txt").await.as_deref(), Ok("granted"));
    assert_eq!(guest.stat("in", "a.txt").await, Ok(7));
    for other in [
        "secret.txt",
        "sub",
        "sub/b.txt",
        "sub/../secret.txt",
        "../outside/o.txt",
        "/etc/passwd",
        "a.txt/",
        "..",
        "nothing",
    ] {
        refused(guest.read("in", other).await);
        refused(guest.stat("in", other).await);
    }
    refused(guest.create("in", "a.txt").await);
    refused(guest.create("in", "new.txt").await);
    refused(guest.unlink("in", "a.txt").await);
    assert!(!guest.host("in/new.txt").exists());
}

#[tokio::test]
async fn a_file_grants_directory_lists_that_name_only() {
    let mut guest = Guest::new(&[(Access::ReadFile, "in/a.txt")], "in:ro");
    let root = guest.root("in");
    assert_eq!(guest.list(root).await, Ok(vec!["a.txt".to_owned()]));
    let again = guest.open_with("in", ".", OpenFlags::DIRECTORY, DescriptorFlags::READ).await.unwrap();
    let rep = again.rep();
    assert_eq!(guest.list(again).await, Ok(vec!["a.txt".to_owned()]));
    let fd = Resource::new_borrow(rep);
    let path = "secret.txt".to_owned();
    let opened = guest.fs().open_at(fd, PathFlags::empty(), path, OpenFlags::empty(), DescriptorFlags::READ).await;
    refused(attempt(opened));
}

#[tokio::test]
async fn what_is_not_granted_at_all_is_not_there() {
    let mut guest = Guest::new(&[(Access::ReadFile, "in/a.txt")], "in:ro");
    missing(guest.read("/", "etc/passwd").await);
    missing(guest.stat("/", "etc").await);
    refused(guest.create("/", "tmp/x").await);
    let root = guest.root("/");
    missing(guest.list(root).await);
    let root = guest.root("/");
    missing(attempt(guest.fs().stat(root).await).map(|stat| stat.size));
    missing(guest.open_with("/", ".", OpenFlags::DIRECTORY, DescriptorFlags::READ).await);
}

#[tokio::test]
async fn a_write_grant_creates_truncates_and_removes_its_name_and_no_more() {
    let mut guest = Guest::new(&[(Access::WriteFile, "in/new.txt")], "in:rw");
    missing(guest.read("in", "new.txt").await);
    let fd = guest.create("in", "new.txt").await.unwrap();
    assert!(matches!(guest.fs().write(fd, b"hello".to_vec(), 0).await, Ok(5)));
    assert_eq!(fs::read_to_string(guest.host("in/new.txt")).unwrap(), "hello");
    refused(guest.create("in", "other.txt").await);
    refused(guest.rename(("in", "new.txt"), ("in", "other.txt")).await);
    refused(guest.rename(("in", "secret.txt"), ("in", "new.txt")).await);
    refused(guest.link(("in", "secret.txt"), ("in", "new.txt")).await);
    refused(guest.link(("in", "new.txt"), ("in", "other.txt")).await);
    refused(guest.unlink("in", "secret.txt").await);
    let fd = guest.root("in");
    refused(attempt(guest.fs().create_directory_at(fd, "new.txt".into()).await));
    let fd = guest.root("in");
    refused(attempt(guest.fs().remove_directory_at(fd, "sub".into()).await));
    assert_eq!(guest.unlink("in", "new.txt").await, Ok(()));
    refused(guest.symlink("in", "secret.txt", "new.txt").await);
    missing(guest.read("in", "new.txt").await);
    assert_eq!(fs::read_to_string(guest.host("in/secret.txt")).unwrap(), "secret");
}

#[tokio::test]
async fn a_name_that_is_no_regular_file_is_refused() {
    let links = [(Access::WriteFile, "in/link.txt"), (Access::WriteFile, "in/sub"), (Access::WriteFile, "in/fifo")];
    let mut guest = Guest::new(&links, "in:rw");
    for name in ["link.txt", "sub", "fifo"] {
        let opened = tokio::time::timeout(Duration::from_secs(20), guest.read("in", name)).await;
        refused(opened.expect("nothing waits for a FIFO"));
        let opened = tokio::time::timeout(Duration::from_secs(20), guest.create("in", name)).await;
        refused(opened.expect("nothing waits for a FIFO"));
    }
    // What a link leads to is not told either.
    assert_eq!(guest.stat("in", "link.txt").await, Ok("secret.txt".len() as u64));
    assert_eq!(fs::read_to_string(guest.host("in/secret.txt")).unwrap(), "secret");
}

#[tokio::test]
async fn a_directory_grant_is_all_of_it_and_nothing_above() {
    let mut guest = Guest::new(&[(Access::ReadDirectory, "in")], "in:ro");
    assert_eq!(guest.read("in", "sub/b.txt").await.as_deref(), Ok("below"));
    assert_eq!(guest.read("in", "link.txt").await.as_deref(), Ok("secret"), "a link that stays inside");
    let root = guest.root("in");
    assert_eq!(guest.list(root).await.map(|names| names.len()), Ok(7));
    for out in ["../outside/o.txt", "out/o.txt", "out.txt", "/etc/passwd", "sub/../../outside/o.txt"] {
        refused(guest.read("in", out).await);
        refused(guest.stat("in", out).await);
    }
    refused(guest.create("in", "new.txt").await);
    refused(guest.unlink("in", "a.txt").await);
    refused(guest.rename(("in", "a.txt"), ("in", "b.txt")).await);
    let opened = tokio::time::timeout(Duration::from_secs(20), guest.read("in", "fifo")).await;
    refused(opened.expect("nothing waits for a FIFO"));
    let sub = guest.open_with("in", "sub", OpenFlags::DIRECTORY, DescriptorFlags::READ).await.unwrap();
    assert_eq!(guest.list(sub).await, Ok(vec!["b.txt".to_owned()]));
}

#[tokio::test]
async fn a_writable_directory_lets_no_link_lead_out() {
    let mut guest = Guest::new(&[(Access::WriteDirectory, "in")], "in:rw");
    assert!(guest.create("in", "sub/new.txt").await.is_ok());
    assert_eq!(guest.rename(("in", "a.txt"), ("in", "sub/a.txt")).await, Ok(()));
    assert_eq!(guest.symlink("in", "sub/a.txt", "inside").await, Ok(()));
    assert_eq!(guest.read("in", "inside").await.as_deref(), Ok("granted"));
    refused(guest.symlink("in", "../outside/o.txt", "evil").await);
    refused(guest.symlink("in", "/etc/passwd", "evil").await);
    refused(guest.create("in", "out/new.txt").await);
    refused(guest.rename(("in", "secret.txt"), ("in", "out/stolen")).await);
    refused(guest.rename(("in", "out/o.txt"), ("in", "stolen")).await);
    refused(guest.link(("in", "out/o.txt"), ("in", "stolen")).await);
    let entries = fs::read_dir(guest.host("outside")).unwrap().count();
    assert_eq!(entries, 1);
}

#[tokio::test]
async fn a_file_may_be_written_in_a_directory_that_is_read() {
    let mut guest = Guest::new(&[(Access::ReadDirectory, "in"), (Access::WriteFile, "in/link.txt")], "in:rw");
    refused(guest.create("in", "a.txt").await);
    refused(guest.create("in", "link.txt").await);
    fs::remove_file(guest.host("in/link.txt")).unwrap();
    assert!(guest.create("in", "link.txt").await.is_ok());
    assert_eq!(guest.read("in", "secret.txt").await.as_deref(), Ok("secret"));
    refused(guest.rename(("in", "secret.txt"), ("in", "link.txt")).await);
    refused(guest.link(("in", "secret.txt"), ("in", "link.txt")).await);
}

#[tokio::test]
async fn renames_and_links_between_grants() {
    let grants = [(Access::WriteDirectory, "in/sub"), (Access::WriteFile, "in/a.txt")];
    let mut guest = Guest::new(&grants, "in:rw");
    refused(guest.rename(("in/sub", "b.txt"), ("in", "a.txt")).await);
    refused(guest.rename(("in", "a.txt"), ("in/sub", "a.txt")).await);
    refused(guest.link(("in", "a.txt"), ("in/sub", "a.txt")).await);
    refused(guest.link(("in/sub", "b.txt"), ("in", "a.txt")).await);
    assert_eq!(fs::read_to_string(guest.host("in/a.txt")).unwrap(), "granted");
}

#[tokio::test]
async fn a_directory_that_does_not_exist_may_appear_later() {
    let mut guest = Guest::new(&[(Access::ReadFile, "in/later/a.txt")], "in:ro");
    missing(guest.read("in/later", "a.txt").await);
    refused(guest.read("in/later", "b.txt").await);
    fs::create_dir(guest.host("in/later")).unwrap();
    missing(guest.read("in/later", "a.txt").await);
    fs::write(guest.host("in/later/a.txt"), "at last").unwrap();
    assert_eq!(guest.read("in/later", "a.txt").await.as_deref(), Ok("at last"));
}

#[tokio::test]
async fn a_link_on_the_way_to_a_grant_may_not_lead_out_of_what_is_allowed() {
    let mut guest = Guest::new(&[(Access::ReadFile, "in/out/o.txt")], "in:ro");
    refused(guest.read("in/out", "o.txt").await);
    // The way to what is allowed is the operator's own.
    let mut guest = Guest::new(&[(Access::ReadFile, "in/out/o.txt")], "in/out:ro");
    assert_eq!(guest.read("in/out", "o.txt").await.as_deref(), Ok("outside"));
}

#[tokio::test]
async fn an_allowed_file_is_a_grant_without_its_directory() {
    let mut guest = Guest::new(&[(Access::ReadFile, "in/a.txt")], "in/a.txt:ro");
    assert_eq!(guest.read("in", "a.txt").await.as_deref(), Ok("granted"));
    refused(guest.read("in", "secret.txt").await);
}

#[tokio::test]
async fn a_handle_that_the_host_did_not_give_is_worth_nothing() {
    let mut guest = Guest::new(&[(Access::ReadDirectory, "in")], "in:ro");
    let file = guest.open("in", "a.txt").await.unwrap();
    let opened =
        guest.fs().open_at(file, PathFlags::empty(), "x".into(), OpenFlags::empty(), DescriptorFlags::READ).await;
    assert!(matches!(attempt(opened), Err(ErrorCode::NotDirectory)));
    let opened = guest.fs().stat(Resource::new_borrow(4711)).await;
    assert!(opened.unwrap_err().downcast().is_err(), "a trap");
}

#[test]
fn denials_are_told_once_per_path_and_not_for_ever() {
    let lines = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let subscriber = Lines(lines.clone());
    tracing::subscriber::with_default(subscriber, || {
        let mut denials = denial::Denials::new(Some(GuestIdentity { connector: "c".into(), task: Some(1) }));
        for _ in 0..3 {
            denials.tell("read-file", "/etc/passwd", "because");
        }
        for number in 0..1000 {
            denials.tell("read-file", &format!("/{number}"), "because");
        }
    });
    let lines = lines.lock().unwrap();
    assert_eq!(lines.len(), 101);
    for part in ["connector=\"c\"", "task=1", "read-file", "/etc/passwd", "sandbox.fs.allow", "because"] {
        assert!(lines[0].contains(part), "{part} in {}", lines[0]);
    }
    assert!(lines[100].contains("further denials"), "{}", lines[100]);
}

/// Keeps the WARN lines about denials.
struct Lines(std::sync::Arc<std::sync::Mutex<Vec<String>>>);

impl tracing::Subscriber for Lines {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "cofferdam_wasm::capability::fs::denial" && *metadata.level() == tracing::Level::WARN
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        struct Visit(String);
        impl tracing::field::Visit for Visit {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                self.0.push_str(&format!("{field}={value:?} "));
            }
        }
        let mut visit = Visit(String::new());
        event.record(&mut visit);
        self.0.lock().unwrap().push(visit.0);
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}
