use super::*;
use crate::catalog::tests::source;
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::sync::Semaphore;

/// How long anything may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// A loader for tests: a whole file is `whole CLASS`, one that is `whole` without an end is incomplete, `slow CLASS` waits
/// until it may, for `panic` it panics.
struct TextLoader {
    loads: AtomicUsize,
    /// Nothing can be loaded for now.
    busy: AtomicBool,
    slow: Semaphore,
}

impl Default for TextLoader {
    fn default() -> Self {
        Self { loads: AtomicUsize::new(0), busy: AtomicBool::new(false), slow: Semaphore::new(0) }
    }
}

#[async_trait]
impl Loader for TextLoader {
    async fn load(&self, path: &Path) -> Result<Vec<Arc<dyn ConnectorPlugin>>, LoadError> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        if self.busy.load(Ordering::SeqCst) {
            return Err(LoadError::Later("no room".into()));
        }
        let mut text = fs::read_to_string(path).map_err(|error| LoadError::Unusable(error.to_string()))?;
        assert!(!text.starts_with("panic"), "as the file asks");
        if let Some(class) = text.strip_prefix("slow ") {
            let _turn = self.slow.acquire().await;
            text = format!("whole {class}");
        }
        match text.strip_prefix("whole ").and_then(|text| text.strip_suffix('\n')) {
            Some(class) => Ok(vec![source(class, "1")]),
            None if text.starts_with("whole") => Err(LoadError::Incomplete("it ends early".into())),
            None => Err(LoadError::Unusable("not a plugin".into())),
        }
    }
}

struct Fixture {
    dir: tempfile::TempDir,
    catalog: Arc<Catalog>,
    loader: Arc<TextLoader>,
    watcher: PluginWatcher,
}

impl Fixture {
    async fn start(prepare: impl FnOnce(&Path)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        prepare(dir.path());
        let catalog = Catalog::new();
        let loader = Arc::new(TextLoader::default());
        let dirs = vec![dir.path().to_owned()];
        let watcher = PluginWatcher::start(catalog.clone(), loader.clone(), dirs).await;
        Self { dir, catalog, loader, watcher }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn classes(&self) -> Vec<String> {
        self.catalog.connectors().iter().map(|plugin| plugin.desc().class.clone()).collect()
    }

    async fn until(&self, what: &str, done: impl Fn(&Self) -> bool) {
        if !changes(&self.watcher, || done(self)).await {
            panic!("{what}: {:?} {:?}", self.classes(), self.catalog.unusable());
        }
    }
}

/// Waits until something is so, looking whenever the watcher may have changed it.
async fn changes(watcher: &PluginWatcher, done: impl Fn() -> bool) -> bool {
    let mut news = watcher.scanned.clone();
    tokio::time::timeout(DEADLINE, news.wait_for(|_| done())).await.is_ok()
}

#[tokio::test]
async fn what_is_there_at_start_is_listed_when_start_returns() {
    let fixture = Fixture::start(|dir| {
        fs::write(dir.join("a.wasm"), "whole org.x.A\n").unwrap();
        fs::create_dir(dir.join("sub")).unwrap();
        fs::write(dir.join("sub/b.wasm"), "whole org.x.B\n").unwrap();
        fs::write(dir.join("c.cwasm"), "whole org.x.C\n").unwrap();
        fs::write(dir.join("d.wasm"), "nonsense").unwrap();
        fs::write(dir.join("e.txt"), "whole org.x.E\n").unwrap();
        fs::write(dir.join(".f.wasm"), "whole org.x.F\n").unwrap();
    })
    .await;
    assert_eq!(fixture.classes(), ["org.x.A", "org.x.B"]);
    let unusable = fixture.catalog.unusable();
    assert_eq!(unusable.len(), 2, "{unusable:?}");
    assert!(unusable[0].reason.contains("precompiled code is never loaded"), "{unusable:?}");
    assert_eq!(unusable[1].reason, "not a plugin");
}

#[tokio::test]
async fn a_file_that_appears_is_listed() {
    let fixture = Fixture::start(|_| {}).await;
    fs::create_dir(fixture.path("sub")).unwrap();
    fs::write(fixture.path("sub/a.wasm"), "whole org.x.A\n").unwrap();
    fixture.until("listed", |fixture| fixture.classes() == ["org.x.A"]).await;

    fs::write(fixture.path("b.tmp"), "whole org.x.B\n").unwrap();
    fs::rename(fixture.path("b.tmp"), fixture.path("b.wasm")).unwrap();
    fixture.until("renamed", |fixture| fixture.classes().len() == 2).await;
}

#[tokio::test]
async fn a_half_written_file_is_not_listed_until_it_is_whole() {
    let fixture = Fixture::start(|_| {}).await;
    fs::write(fixture.path("a.wasm"), "whole org").unwrap();
    fixture.until("tried", |fixture| fixture.loader.loads.load(Ordering::SeqCst) == 1).await;
    assert_eq!((fixture.classes().len(), fixture.catalog.unusable().len()), (0, 0));
    fs::write(fixture.path("a.wasm"), "whole org.x.A\n").unwrap();
    fixture.until("whole", |fixture| fixture.classes() == ["org.x.A"]).await;
    assert_eq!(fixture.catalog.unusable(), []);
}

#[tokio::test]
async fn a_file_that_stays_incomplete_is_listed_as_unusable() {
    let fixture = Fixture::start(|dir| fs::write(dir.join("a.wasm"), "whole org").unwrap()).await;
    assert_eq!(fixture.catalog.unusable(), []);
    fixture
        .until("unusable", |fixture| fixture.catalog.unusable().iter().any(|file| file.reason == "it ends early"))
        .await;
    assert_eq!(fixture.loader.loads.load(Ordering::SeqCst), 1, "an unchanged file is loaded once");
}

#[tokio::test]
async fn removed_and_replaced_files() {
    let fixture = Fixture::start(|dir| {
        fs::write(dir.join("a.wasm"), "whole org.x.A\n").unwrap();
        fs::write(dir.join("bad.wasm"), "nonsense").unwrap();
    })
    .await;
    fs::remove_file(fixture.path("a.wasm")).unwrap();
    fs::remove_file(fixture.path("bad.wasm")).unwrap();
    fixture.until("bad file forgotten", |fixture| fixture.catalog.unusable().is_empty()).await;
    assert_eq!(fixture.classes(), ["org.x.A"]);
    fs::write(fixture.path("a.wasm"), "whole org.x.Another\n").unwrap();
    fixture.until("replaced", |fixture| fixture.classes() == ["org.x.Another"]).await;
}

#[tokio::test]
async fn a_directory_may_appear_later() {
    let dir = tempfile::tempdir().unwrap();
    let plugins = dir.path().join("plugins");
    let catalog = Catalog::new();
    let watcher = PluginWatcher::start(catalog.clone(), Arc::new(TextLoader::default()), vec![plugins.clone()]).await;
    fs::create_dir(&plugins).unwrap();
    fs::write(plugins.join("a.wasm"), "whole org.x.A\n").unwrap();
    assert!(changes(&watcher, || !catalog.connectors().is_empty()).await);
}

#[tokio::test]
async fn a_slow_file_holds_up_nobody_but_who_needs_it() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.wasm"), "whole org.x.A\n").unwrap();
    fs::write(dir.path().join("slow.wasm"), "slow org.x.Slow\n").unwrap();
    let (catalog, loader) = (Catalog::new(), Arc::new(TextLoader::default()));
    let dirs = vec![dir.path().to_owned()];
    let start = PluginWatcher::start_within(Duration::ZERO, catalog.clone(), loader.clone(), dirs);
    let watcher = tokio::time::timeout(DEADLINE, start).await.unwrap();
    tokio::time::timeout(DEADLINE, watcher.scanned_for("org.x.A")).await.unwrap();
    assert!(catalog.connector("org.x.Slow").is_err());
    loader.slow.add_permits(1);
    tokio::time::timeout(DEADLINE, watcher.scanned_for("org.x.Slow")).await.unwrap();
    assert!(catalog.connector("org.x.Slow").is_ok());
    // Not for ever for what nobody provides.
    tokio::time::timeout(DEADLINE, watcher.scanned_for("org.x.Nobody")).await.unwrap();
    tokio::time::timeout(DEADLINE, watcher.scanned()).await.unwrap();
}

/// What is there, loaded once.
async fn looked(text: &str, prepare: impl FnOnce(&TextLoader)) -> (tempfile::TempDir, Watch, Arc<TextLoader>) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.wasm"), text).unwrap();
    let loader = Arc::new(TextLoader::default());
    prepare(&loader);
    let mut watch = Watch::new(Catalog::new(), loader.clone(), vec![dir.path().to_owned()]);
    watch.look(Settled::Assumed);
    load_all(&mut watch).await;
    (dir, watch, loader)
}

async fn load_all(watch: &mut Watch) {
    while let Some(joined) = watch.loading.join_next_with_id().await {
        watch.loaded(joined);
    }
}

#[tokio::test]
async fn what_cannot_be_loaded_for_now_is_listed_and_tried_again() {
    let (dir, mut watch, loader) = looked("whole org.x.A\n", |loader| loader.busy.store(true, Ordering::SeqCst)).await;
    let path = dir.path().join("a.wasm");
    assert_eq!(watch.catalog.unusable()[0].reason, "no room");
    for pause in [5, 10, 20, 40, 60, 60] {
        let known = watch.files.get_mut(&path).unwrap();
        assert_eq!(known.put_off, Duration::from_secs(pause));
        assert!(known.again.replace(Instant::now()).is_some());
        watch.look(Settled::Shown);
        watch.look(Settled::Shown);
        load_all(&mut watch).await;
    }
    assert_eq!(loader.loads.load(Ordering::SeqCst), 7, "once when it is due");
    loader.busy.store(false, Ordering::SeqCst);
    watch.files.get_mut(&path).unwrap().again = Some(Instant::now());
    watch.look(Settled::Shown);
    load_all(&mut watch).await;
    assert_eq!((watch.catalog.connectors().len(), watch.catalog.unusable().len()), (1, 0));
    assert!(watch.files[&path].again.is_none());
}

#[tokio::test]
async fn a_loader_that_panics_leaves_the_file_listed() {
    let (_dir, watch, _) = looked("panic", |_| {}).await;
    let unusable = watch.catalog.unusable();
    assert!(unusable[0].reason.starts_with("loading it failed, which is a bug: "), "{unusable:?}");
    assert!(watch.jobs.is_empty());
}
