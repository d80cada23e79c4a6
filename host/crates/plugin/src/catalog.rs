//! The catalog: which plugin classes there are, and which one a name means.
//!
//! Names follow Kafka Connect: a full class name always, a short alias where it means one class only. The messages are
//! Kafka's word for word, because clients and people search for them.
//!
//! A file once usable stays usable: when it is removed or overwritten by something that is none, its classes stay
//! listed until the worker ends, because running connectors were made from them and must be restartable.

mod alias;
mod error;
mod unlisted;

pub use error::ResolveError;

use crate::version::{self, VersionRange};
use crate::{ConfigMap, ConnectorPlugin, ConverterClass, PluginDesc, PluginType};
use parking_lot::RwLock;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file in `plugin.path` from which some or all of what it holds cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// The file.
    pub path: PathBuf,
    /// Why, and what to do about it.
    pub reason: String,
}

/// A class of any kind.
#[derive(Clone)]
pub enum Resolved {
    /// A connector.
    Connector(Arc<dyn ConnectorPlugin>),
    /// A converter.
    Converter(ConverterClass),
    /// A transformation or a predicate.
    Chain(Arc<PluginDesc>),
}

impl Resolved {
    /// What the class says about itself.
    pub fn desc(&self) -> &PluginDesc {
        match self {
            Self::Connector(connector) => connector.desc(),
            Self::Converter(converter) => converter.desc(),
            Self::Chain(desc) => desc,
        }
    }
}

/// All plugin classes of a worker. Shared; changed by whoever loads plugins, read by everybody.
#[derive(Default)]
pub struct Catalog {
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    converters: Vec<ConverterClass>,
    chain: Vec<Arc<PluginDesc>>,
    files: BTreeMap<PathBuf, PluginFile>,
    /// Derived from `files`, by class, then newest version first.
    connectors: Vec<Arc<dyn ConnectorPlugin>>,
    /// Derived from `files`.
    unusable: Vec<Unusable>,
    /// Derived from everything: names other than full class names.
    aliases: BTreeMap<String, String>,
    /// Counts how often the above was derived.
    revision: u64,
}

/// What is known about one file.
#[derive(Default)]
struct PluginFile {
    /// From the last load that worked.
    plugins: Vec<Arc<dyn ConnectorPlugin>>,
    /// Of the last load, if it failed.
    problem: Option<String>,
    /// It is not there any more.
    gone: bool,
}

impl Catalog {
    /// An empty catalog.
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// Adds classes that are built in.
    pub fn add_converters(&self, converters: Vec<ConverterClass>) {
        let mut state = self.state.write();
        state.converters.extend(converters);
        state.converters.sort_by(|a, b| a.desc().class.cmp(&b.desc().class));
        state.derive();
    }

    /// Adds transformations and predicates that are built in.
    pub fn add_chain(&self, descs: Vec<PluginDesc>) {
        let mut state = self.state.write();
        state.chain.extend(descs.into_iter().map(Arc::new));
        state.chain.sort_by(|a, b| a.class.cmp(&b.class));
        state.derive();
    }

    /// Records what loading a file came to. The classes take the place of what the file held before; a failure leaves
    /// that usable and lists the file with the reason. What is newly unusable is logged, once.
    pub fn set_file(&self, path: PathBuf, loaded: Result<Vec<Arc<dyn ConnectorPlugin>>, String>) {
        let news = {
            let mut state = self.state.write();
            let file = state.files.entry(path).or_default();
            match loaded {
                Ok(plugins) => *file = PluginFile { plugins, problem: None, gone: false },
                Err(problem) => (file.problem, file.gone) = (Some(problem), false),
            }
            let before = std::mem::take(&mut state.unusable);
            state.derive();
            state.unusable.iter().filter(|now| !before.contains(now)).cloned().collect::<Vec<_>>()
        };
        for unusable in news {
            tracing::warn!(path = %unusable.path.display(), reason = unusable.reason, "plugin file cannot be used");
        }
    }

    /// Forgets that a file, now gone, was unusable; classes that it once held stay, unless another file holds them.
    pub fn file_is_gone(&self, path: &Path) {
        let mut state = self.state.write();
        let Some(file) = state.files.get_mut(path) else { return };
        (file.problem, file.gone) = (None, true);
        if file.plugins.is_empty() {
            state.files.remove(path);
        }
        state.derive();
    }

    /// All connector classes by name; of several versions of one class, the newest first.
    pub fn connectors(&self) -> Vec<Arc<dyn ConnectorPlugin>> {
        self.state.read().connectors.clone()
    }

    /// Grows with every change: as long as it is the same, so is everything else.
    pub fn revision(&self) -> u64 {
        self.state.read().revision
    }

    /// All converter classes by name.
    pub fn converters(&self) -> Vec<ConverterClass> {
        self.state.read().converters.clone()
    }

    /// All transformation and predicate classes by name.
    pub fn chain(&self) -> Vec<Arc<PluginDesc>> {
        self.state.read().chain.clone()
    }

    /// Files that cannot be used, wholly or in part, by path.
    pub fn unusable(&self) -> Vec<Unusable> {
        self.state.read().unusable.clone()
    }

    /// All versions of the connector class with this full name, the newest first.
    pub fn versions(&self, class: &str) -> Vec<Arc<dyn ConnectorPlugin>> {
        let state = self.state.read();
        state.connectors.iter().filter(|plugin| plugin.desc().class == class).cloned().collect()
    }

    /// The versions of a class of any kind, the oldest first. A class of two kinds has each version twice, as in Kafka
    /// Connect.
    pub fn available_versions(&self, class: &str) -> Vec<String> {
        let state = self.state.read();
        let connectors = state.connectors.iter().rev().map(|plugin| plugin.desc());
        let descs = connectors.chain(state.converters.iter().map(|converter| converter.desc()));
        descs.filter(|desc| desc.class == class).map(|desc| desc.version.clone()).collect()
    }

    /// The connector that a configuration asks for with `connector.class` and `connector.plugin.version`: of the versions
    /// that will do, the newest. Kafka: `Plugins.newConnector`.
    pub fn connector_of(&self, config: &ConfigMap) -> Result<Arc<dyn ConnectorPlugin>, ResolveError> {
        let newest = self.connector(config.get("connector.class").map(String::as_str).unwrap_or_default())?;
        let Some(required) = config.get("connector.plugin.version") else { return Ok(newest) };
        let range = VersionRange::parse(required)?;
        let class = newest.desc().class.clone();
        let found = self.versions(&class).into_iter().find(|plugin| range.contains(&plugin.desc().version));
        found.ok_or_else(|| {
            let message = range.no_match(&class, &self.available_versions(&class));
            ResolveError::NoVersion { newest: Box::new(newest.desc().clone()), message }
        })
    }

    /// The newest version of the connector that a class name or alias means. Kafka: `Plugins.connectorClass`.
    pub fn connector(&self, class_or_alias: &str) -> Result<Arc<dyn ConnectorPlugin>, ResolveError> {
        let state = self.state.read();
        if let Some(plugin) = state.newest(state.class_of(class_or_alias)) {
            return Ok(Arc::clone(plugin));
        }
        let with_suffix = format!("{class_or_alias}Connector");
        let mut classes: Vec<&Arc<dyn ConnectorPlugin>> = state
            .connectors
            .iter()
            .filter(|plugin| [class_or_alias, &with_suffix].contains(&plugin.desc().simple_name()))
            .collect();
        // Sorted by class and then newest first: what is left of each class is its newest version.
        classes.dedup_by(|later, earlier| later.desc().class == earlier.desc().class);
        let listed = || state.connectors.iter().map(|plugin| error::plugin_desc(plugin.desc())).collect();
        match classes.as_slice() {
            [one] => Ok(Arc::clone(one)),
            [] => Err(ResolveError::NoConnector { name: class_or_alias.to_owned(), available: listed() }),
            _ => Err(ResolveError::AmbiguousConnector { alias: class_or_alias.to_owned(), available: listed() }),
        }
    }

    /// The full name of the class of any kind that a class name or alias means, of one that is no plugin, too (a config
    /// provider, say).
    pub fn class_name(&self, class_or_alias: &str) -> Option<String> {
        let state = self.state.read();
        let class = state.class_of(class_or_alias);
        let is_converter = || state.converters.iter().any(|converter| converter.desc().class == class);
        let is_chained = || state.chain.iter().any(|desc| desc.class == class);
        let is_known = state.newest(class).is_some() || is_converter() || is_chained() || unlisted::is_class(class);
        is_known.then(|| class.to_owned())
    }

    /// The converter that a class name or alias means.
    pub fn converter(&self, class_or_alias: &str) -> Result<ConverterClass, ResolveError> {
        let state = self.state.read();
        let class = state.class_of(class_or_alias);
        let found = state.converters.iter().find(|converter| converter.desc().class == class);
        found.cloned().ok_or_else(|| ResolveError::NoClass { name: class_or_alias.to_owned() })
    }

    /// The converter, or the header converter, that a class name or alias means; of a class that is both, that one of the
    /// two.
    pub fn converter_of_type(&self, class_or_alias: &str, plugin_type: PluginType) -> Option<ConverterClass> {
        let state = self.state.read();
        let class = state.class_of(class_or_alias);
        let is_it = |desc: &PluginDesc| desc.class == class && desc.plugin_type == plugin_type;
        state.converters.iter().find(|converter| is_it(converter.desc())).cloned()
    }

    /// The class of any kind that a class name or alias means, as `GET /connector-plugins/{p}/config` asks for it.
    pub fn plugin(&self, class_or_alias: &str) -> Result<Resolved, ResolveError> {
        let state = self.state.read();
        let class = state.class_of(class_or_alias);
        if let Some(plugin) = state.newest(class) {
            return Ok(Resolved::Connector(Arc::clone(plugin)));
        }
        if let Some(desc) = state.chain.iter().find(|desc| desc.class == class) {
            return Ok(Resolved::Chain(Arc::clone(desc)));
        }
        let found = state.converters.iter().find(|converter| converter.desc().class == class);
        let name = || class_or_alias.to_owned();
        found.cloned().map(Resolved::Converter).ok_or_else(|| match unlisted::is_class(class) {
            true => ResolveError::OtherKind { name: name() },
            false => ResolveError::NoPlugin { name: name() },
        })
    }
}

impl State {
    /// The full name that an alias stands for, or the name itself.
    fn class_of<'a>(&'a self, class_or_alias: &'a str) -> &'a str {
        self.aliases.get(class_or_alias).map_or(class_or_alias, String::as_str)
    }

    fn newest(&self, class: &str) -> Option<&Arc<dyn ConnectorPlugin>> {
        self.connectors.iter().find(|plugin| plugin.desc().class == class)
    }

    fn derive(&mut self) {
        self.revision += 1;
        self.connectors.clear();
        self.unusable.clear();
        let mut seen: BTreeMap<(String, String), PathBuf> = BTreeMap::new();
        // What is there comes first: a file that was renamed must not clash with what it was.
        let (gone, there): (Vec<_>, Vec<_>) = self.files.iter().partition(|(_, file)| file.gone);
        for (path, file) in there.into_iter().chain(gone) {
            let mut problems: Vec<String> = file.problem.iter().cloned().collect();
            for plugin in &file.plugins {
                let desc = plugin.desc();
                let key = (desc.class.clone(), desc.version.clone());
                match seen.get(&key) {
                    Some(_) if file.gone => {}
                    Some(first) => problems.push(duplicate(desc, first)),
                    None => {
                        seen.insert(key, path.clone());
                        self.connectors.push(Arc::clone(plugin));
                    }
                }
            }
            self.unusable.extend(problems.into_iter().map(|reason| Unusable { path: path.clone(), reason }));
        }
        self.unusable.sort_by(|a, b| a.path.cmp(&b.path));
        self.connectors.sort_by(|a, b| {
            let (a, b) = (a.desc(), b.desc());
            a.class.cmp(&b.class).then_with(|| version::compare(&b.version, &a.version))
        });
        let connectors = self.connectors.iter().map(|plugin| plugin.desc());
        let descs = connectors
            .chain(self.converters.iter().map(|converter| converter.desc()))
            .chain(self.chain.iter().map(AsRef::as_ref));
        let names = descs.map(|desc| (desc.class.as_str(), [desc.simple_name(), desc.alias()]));
        self.aliases = alias::table(names.chain(unlisted::names()));
    }
}

fn duplicate(desc: &PluginDesc, first: &Path) -> String {
    format!(
        "class {} of version {} is already provided by {}; remove one of the two files or give it another version",
        desc.class,
        desc.version,
        first.display()
    )
}

#[cfg(test)]
pub(crate) mod tests;
