//! Watches `plugin.path` and keeps the catalog in step with it.
//!
//! The file system's notifications only say when to look; what has changed is told by comparing each file's size,
//! time and identity with the last look, so that a lost or coalesced notification costs time, never correctness. A file
//! is loaded once two looks in a row found it the same. One that turns out to be incomplete is left alone until it
//! changes again; only when it has stayed incomplete for a while is it listed, as unusable. One that could not be loaded
//! for want of something that may come back (room in the sandbox, a file handle) is listed and tried again.
//!
//! A file that is renamed into place is whole at once; one that is copied slowly is found whole at the end of the copy.
//! Nothing precompiled is loaded from here: a `.cwasm` is refused by name, because its code would be trusted blindly.

mod look;

use crate::{Catalog, ConnectorPlugin};
use async_trait::async_trait;
use look::{Fingerprint, look};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::{mpsc, watch};
use tokio::task::{self, JoinError, JoinHandle, JoinSet};
use tokio::time::Instant;

/// Between a notification and the look that it causes, and between two looks that must agree.
const SETTLE: Duration = Duration::from_millis(150);
/// Between looks when nothing is notified; notifications do not reach every kind of file system.
const POLL: Duration = Duration::from_secs(5);
/// Between looks when the file system does not notify at all.
const POLL_ONLY: Duration = Duration::from_millis(750);
/// How long a file may be incomplete before it is listed as unusable.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a start waits for what is there. Compiled code is taken from the cache in a fraction of that, and what must
/// be compiled first may take minutes, which nobody should wait for who does not need it.
const FIRST_SCAN: Duration = Duration::from_secs(30);
/// Between two attempts to load a file, at most; each costs reading it.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Why a file could not be loaded.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum LoadError {
    /// It ends early: it is probably still being written.
    #[error("{0}")]
    Incomplete(String),
    /// It is no plugin that this worker can use. The text says why and what to do.
    #[error("{0}")]
    Unusable(String),
    /// This worker could not load it now, which says nothing about the file: it is tried again.
    #[error("{0}")]
    Later(String),
}

/// Turns a file into plugin classes.
#[async_trait]
pub trait Loader: Send + Sync {
    /// The classes in a file. Bounded in time and memory, whatever the file holds.
    async fn load(&self, path: &Path) -> Result<Vec<Arc<dyn ConnectorPlugin>>, LoadError>;
}

/// Keeps a catalog in step with `plugin.path` until dropped.
pub struct PluginWatcher {
    watching: JoinHandle<()>,
    catalog: Arc<Catalog>,
    /// Whether everything that was there at start has been loaded. Sent whenever something may have changed.
    scanned: watch::Receiver<bool>,
}

impl PluginWatcher {
    /// Loads what is there, then returns and goes on watching. Files are loaded side by side, as far as the loader
    /// lets them. Directories that are missing or empty are told in the log; they may appear later.
    ///
    /// Returns after 30 s at the latest: what takes longer to load, because it has to be compiled, goes on in the
    /// background. Who needs it waits with [`Self::scanned`] or [`Self::scanned_for`].
    pub async fn start(catalog: Arc<Catalog>, loader: Arc<dyn Loader>, dirs: Vec<PathBuf>) -> Self {
        Self::start_within(FIRST_SCAN, catalog, loader, dirs).await
    }

    async fn start_within(limit: Duration, catalog: Arc<Catalog>, loader: Arc<dyn Loader>, dirs: Vec<PathBuf>) -> Self {
        let mut watch = Watch::new(Arc::clone(&catalog), loader, dirs);
        watch.tell_what_is_missing();
        watch.look(Settled::Assumed);
        watch.first = watch.jobs.keys().copied().collect();
        let all = async {
            while let Some(joined) = watch.loading.join_next_with_id().await {
                watch.loaded(joined);
            }
        };
        if tokio::time::timeout(limit, all).await.is_err() {
            let files = watch.jobs.len();
            tracing::warn!(files, "plugin files are still being loaded; their classes are listed once they are");
        }
        let (news, scanned) = watch::channel(watch.first.is_empty());
        Self { watching: tokio::spawn(watch.run(news)), catalog, scanned }
    }

    /// Waits until everything that was there at start has been loaded, or cannot be.
    pub async fn scanned(&self) {
        self.until(|_| false).await;
    }

    /// As [`Self::scanned`], but no longer than until there is a connector of this class or alias.
    pub async fn scanned_for(&self, class_or_alias: &str) {
        self.until(|catalog| catalog.connector(class_or_alias).is_ok()).await;
    }

    async fn until(&self, enough: impl Fn(&Catalog) -> bool) {
        let mut scanned = self.scanned.clone();
        // An error says that nothing is watched any more, so that nothing is to be waited for either.
        let _ = scanned.wait_for(|scanned| *scanned || enough(&self.catalog)).await;
    }
}

impl Drop for PluginWatcher {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

/// Whether a file seen for the first time may be loaded at once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Settled {
    /// At start: whoever wrote it has most likely finished.
    Assumed,
    /// Later: it must look the same twice.
    Shown,
}

/// What is known of one file.
struct Known {
    /// As it looked last.
    fingerprint: Fingerprint,
    /// Whether this look of it was loaded, or is being loaded.
    taken: bool,
    /// Since when it has been incomplete, and how.
    incomplete: Option<(Instant, String)>,
    /// When it is to be loaded again, if it could not be for now.
    again: Option<Instant>,
    /// How long that was put off last.
    put_off: Duration,
}

impl Known {
    fn new(fingerprint: Fingerprint, taken: bool) -> Self {
        Self { fingerprint, taken, incomplete: None, again: None, put_off: Duration::ZERO }
    }
}

type Loaded = Result<Vec<Arc<dyn ConnectorPlugin>>, LoadError>;

struct Watch {
    catalog: Arc<Catalog>,
    loader: Arc<dyn Loader>,
    dirs: Vec<PathBuf>,
    files: BTreeMap<PathBuf, Known>,
    loading: JoinSet<Loaded>,
    /// What is being loaded.
    jobs: HashMap<task::Id, (PathBuf, Fingerprint)>,
    /// What is still being loaded of the first scan.
    first: HashSet<task::Id>,
    notifications: mpsc::UnboundedReceiver<()>,
    /// `None` if the platform's notifications cannot be had.
    watcher: Option<RecommendedWatcher>,
    watched: BTreeSet<PathBuf>,
}

impl Watch {
    fn new(catalog: Arc<Catalog>, loader: Arc<dyn Loader>, dirs: Vec<PathBuf>) -> Self {
        let (notify, notifications) = mpsc::unbounded_channel();
        let watcher = notify::recommended_watcher(move |_| {
            // Fails when the watch has ended, which is when nobody wants to know.
            let _ = notify.send(());
        });
        let watcher = watcher.inspect_err(|error| {
            tracing::warn!(%error, "file system notifications are not available, plugin.path is polled");
        });
        let mut watch = Self {
            catalog,
            loader,
            dirs,
            files: BTreeMap::new(),
            loading: JoinSet::new(),
            jobs: HashMap::new(),
            first: HashSet::new(),
            notifications,
            watcher: watcher.ok(),
            watched: BTreeSet::new(),
        };
        watch.watch_dirs();
        watch
    }

    fn tell_what_is_missing(&self) {
        if self.dirs.is_empty() {
            tracing::warn!(
                "plugin.path is not set, so there are no connector classes; set it to a directory of .wasm components"
            );
        }
        for dir in self.dirs.iter().filter(|dir| !dir.exists()) {
            tracing::warn!(path = %dir.display(), "a directory of plugin.path does not exist; create it or correct plugin.path");
        }
    }

    /// Asks for notifications of directories that have none yet.
    fn watch_dirs(&mut self) {
        let Some(watcher) = &mut self.watcher else { return };
        self.watched.retain(|dir| dir.exists());
        for dir in self.dirs.iter().filter(|dir| dir.exists()) {
            if self.watched.contains(dir) {
                continue;
            }
            if let Err(error) = watcher.watch(dir, RecursiveMode::Recursive) {
                tracing::warn!(path = %dir.display(), %error, "cannot be notified of changes, plugin.path is polled");
                self.watcher = None;
                return;
            }
            self.watched.insert(dir.clone());
        }
    }

    async fn run(mut self, news: watch::Sender<bool>) {
        let mut next = Instant::now() + self.pause();
        loop {
            tokio::select! {
                Some(()) = self.notifications.recv() => next = next.min(Instant::now() + SETTLE),
                Some(joined) = self.loading.join_next_with_id() => self.loaded(joined),
                () = tokio::time::sleep_until(next) => {
                    // What was notified so far is covered by this look.
                    while self.notifications.try_recv().is_ok() {}
                    self.watch_dirs();
                    let unsettled = self.look(Settled::Shown);
                    next = Instant::now() + if unsettled { SETTLE } else { self.pause() };
                }
            }
            news.send_replace(self.first.is_empty());
        }
    }

    fn pause(&self) -> Duration {
        let notified = self.watcher.is_some() && self.watched.len() == self.dirs.len();
        if notified { POLL } else { POLL_ONLY }
    }

    /// Looks at all files and starts to load what has settled. True if something has not.
    fn look(&mut self, settled: Settled) -> bool {
        let found = look(&self.dirs);
        self.forget_missing(&found);
        let mut unsettled = false;
        for (path, fingerprint) in found {
            match self.files.get_mut(&path) {
                Some(known) if known.fingerprint == fingerprint => unsettled |= self.look_again(path, fingerprint),
                _ => {
                    let taken = settled == Settled::Assumed;
                    self.files.insert(path.clone(), Known::new(fingerprint, taken));
                    if taken {
                        self.load(path, fingerprint);
                    } else {
                        unsettled = true;
                    }
                }
            }
        }
        unsettled
    }

    /// Sees to a file that looks as it did. True if it has not settled.
    fn look_again(&mut self, path: PathBuf, fingerprint: Fingerprint) -> bool {
        let Some(known) = self.files.get_mut(&path) else { return false };
        if !known.taken || known.again.is_some_and(|due| due <= Instant::now()) {
            (known.taken, known.again) = (true, None);
            self.load(path, fingerprint);
        } else if let Some((since, problem)) = &known.incomplete {
            if since.elapsed() < PATIENCE {
                return true;
            }
            self.catalog.set_file(path, Err(problem.clone()));
            known.incomplete = None;
        }
        false
    }

    fn forget_missing(&mut self, found: &BTreeMap<PathBuf, Fingerprint>) {
        let missing: Vec<PathBuf> = self.files.keys().filter(|path| !found.contains_key(*path)).cloned().collect();
        for path in missing {
            self.files.remove(&path);
            self.catalog.file_is_gone(&path);
            tracing::info!(path = %path.display(), "plugin file is gone; its classes stay until the worker ends");
        }
    }

    fn load(&mut self, path: PathBuf, fingerprint: Fingerprint) {
        if look::is_precompiled(&path) {
            let reason = "precompiled code is never loaded from plugin.path; put the .wasm component there instead";
            return self.catalog.set_file(path, Err(reason.to_owned()));
        }
        let loader = Arc::clone(&self.loader);
        let file = path.clone();
        let job = self.loading.spawn(async move { loader.load(&file).await });
        self.jobs.insert(job.id(), (path, fingerprint));
    }

    fn loaded(&mut self, joined: Result<(task::Id, Loaded), JoinError>) {
        let (id, loaded) = match joined {
            Ok(loaded) => loaded,
            Err(error) => {
                tracing::error!(%error, "loading a plugin file panicked, which is a bug");
                (error.id(), Err(LoadError::Unusable(format!("loading it failed, which is a bug: {error}"))))
            }
        };
        self.first.remove(&id);
        let Some((path, fingerprint)) = self.jobs.remove(&id) else { return };
        // Of a file that has changed or gone meanwhile, another load tells, or none is wanted.
        let Some(known) = self.files.get_mut(&path).filter(|known| known.fingerprint == fingerprint) else { return };
        match loaded {
            Ok(plugins) => {
                for plugin in &plugins {
                    let desc = plugin.desc();
                    tracing::info!(path = %path.display(), class = desc.class, version = desc.version, "plugin loaded");
                }
                self.catalog.set_file(path, Ok(plugins));
            }
            Err(LoadError::Incomplete(problem)) => known.incomplete = Some((Instant::now(), problem)),
            Err(LoadError::Unusable(problem)) => self.catalog.set_file(path, Err(problem)),
            Err(LoadError::Later(problem)) => {
                known.put_off = (known.put_off * 2).clamp(POLL, PAUSE_MAX);
                known.again = Some(Instant::now() + known.put_off);
                self.catalog.set_file(path, Err(problem));
            }
        }
    }
}

#[cfg(test)]
mod tests;
