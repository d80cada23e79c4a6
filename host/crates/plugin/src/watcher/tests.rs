use super::*;
use crate::catalog::tests::source;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A loader for tests: a whole file is `whole CLASS`, one that is `whole` without an end is incomplete.
#[derive(Default)]
struct TextLoader {
    loads: AtomicUsize,
}

#[async_trait]
impl Loader for TextLoader {
    async fn load(&self, path: &Path) -> Result<Vec<Arc<dyn ConnectorPlugin>>, LoadError> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        let text = fs::read_to_string(path).map_err(|error| LoadError::Unusable(error.to_string()))?;
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
    _watcher: PluginWatcher,
}

impl Fixture {
    async fn start(prepare: impl FnOnce(&Path)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        prepare(dir.path());
        let catalog = Catalog::new();
        let loader = Arc::new(TextLoader::default());
        let dirs = vec![dir.path().to_owned()];
        let watcher = PluginWatcher::start(catalog.clone(), loader.clone(), dirs).await;
        Self { dir, catalog, loader, _watcher: watcher }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn classes(&self) -> Vec<String> {
        self.catalog.connectors().iter().map(|plugin| plugin.desc().class.clone()).collect()
    }

    async fn until(&self, what: &str, done: impl Fn(&Self) -> bool) -> Duration {
        let start = Instant::now();
        while !done(self) {
            assert!(
                start.elapsed() < Duration::from_secs(30),
                "{what}: {:?} {:?}",
                self.classes(),
                self.catalog.unusable()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        start.elapsed()
    }
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
async fn a_file_that_appears_is_listed_within_two_seconds() {
    let fixture = Fixture::start(|_| {}).await;
    fs::create_dir(fixture.path("sub")).unwrap();
    fs::write(fixture.path("sub/a.wasm"), "whole org.x.A\n").unwrap();
    let took = fixture.until("listed", |fixture| fixture.classes() == ["org.x.A"]).await;
    assert!(took < Duration::from_secs(2), "{took:?}");

    fs::write(fixture.path("b.tmp"), "whole org.x.B\n").unwrap();
    fs::rename(fixture.path("b.tmp"), fixture.path("b.wasm")).unwrap();
    let took = fixture.until("renamed", |fixture| fixture.classes().len() == 2).await;
    assert!(took < Duration::from_secs(2), "{took:?}");
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
    let _watcher = PluginWatcher::start(catalog.clone(), Arc::new(TextLoader::default()), vec![plugins.clone()]).await;
    fs::create_dir(&plugins).unwrap();
    fs::write(plugins.join("a.wasm"), "whole org.x.A\n").unwrap();
    let start = Instant::now();
    while catalog.connectors().is_empty() {
        assert!(start.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
