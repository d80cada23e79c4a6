//! A case: a file of the corpus.

use super::layout;
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A sequence of requests to one worker, with the answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows, for the reader.
    pub about: String,
    #[serde(default, skip_serializing_if = "Mode::is_standalone")]
    pub mode: Mode,
    /// Properties of the worker beside those that all have. Cases with the same properties share a worker.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub worker: BTreeMap<String, String>,
    /// Whether it needs a worker of its own: it leaves behind what no request removes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alone: bool,
    pub steps: Vec<Step>,
}

/// How the worker is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    #[default]
    Standalone,
    Distributed,
}

impl Mode {
    fn is_standalone(&self) -> bool {
        *self == Self::Standalone
    }
}

/// A request and its answer. `{data}` in any text stands for a directory that both the worker and the test may write,
/// `{worker}` for the worker's host and port.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Texts appended to files below `{data}` before the request is sent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub append: BTreeMap<String, String>,
    /// Method and target, as they go over the wire.
    pub request: String,
    /// Whole header lines. With a JSON body and no such line, `Content-Type: application/json` is sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
    /// The body as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    /// The body as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Asked again until the answer has these values: a JSON pointer into the body, or `status`; null for none at all.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub until: Map<String, Value>,
    /// Of the answer's members (or list of texts), only these are looked at; the others depend on the program.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<String>,
    /// How much of a validation's answer is looked at.
    #[serde(default, skip_serializing_if = "View::is_whole")]
    pub view: View,
    /// What Kafka Connect answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Reply>,
    /// What Cofferdam answers instead, on purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub here: Option<Here>,
}

impl Step {
    /// The method and the target of the request.
    pub fn method_and_target(&self) -> (&str, &str) {
        self.request.split_once(' ').unwrap_or((&self.request, ""))
    }

    /// What Cofferdam must answer.
    pub fn expected_here(&self) -> Option<Reply> {
        let recorded = self.recorded.clone()?;
        Some(match &self.here {
            Some(here) => here.in_place_of(recorded),
            None => recorded,
        })
    }
}

/// How much of a validation's answer is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum View {
    /// All of it.
    #[default]
    Whole,
    /// The order of the keys, the groups, the count, and the values of those keys that were sent or have errors.
    Errors,
}

impl View {
    fn is_whole(&self) -> bool {
        *self == Self::Whole
    }
}

/// An answer, normalised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    pub status: u16,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A difference that was decided on. What is not given is as recorded; the text `{any}` stands for any text.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Here {
    /// For each row of `host/docs/deviations.md` that tells it, a part of its first cell.
    pub deviations: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Headers that differ; null for one that is not sent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, Option<String>>,
    /// The body; an empty text for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Values in the recorded body that differ, by JSON pointer.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub at: Map<String, Value>,
}

impl Here {
    fn in_place_of(&self, mut reply: Reply) -> Reply {
        reply.status = self.status.unwrap_or(reply.status);
        for (name, value) in &self.headers {
            match value {
                Some(value) => drop(reply.headers.insert(name.clone(), value.clone())),
                None => drop(reply.headers.remove(name)),
            }
        }
        if self.json.is_some() || self.text.is_some() {
            reply.json.clone_from(&self.json);
            reply.text = self.text.clone().filter(|text| !text.is_empty());
        }
        for (pointer, value) in &self.at {
            if let Some(place) = reply.json.as_mut().and_then(|json| json.pointer_mut(pointer)) {
                place.clone_from(value);
            }
        }
        reply
    }
}

/// A case and where it is kept.
#[derive(Clone, Debug)]
pub struct Named {
    /// `AREA/CASE`.
    pub name: String,
    path: PathBuf,
    pub case: Case,
}

impl Named {
    /// Writes the case back to its file.
    pub fn store(&self) -> Result<()> {
        let value = serde_json::to_value(&self.case).context("a case as JSON")?;
        fs::write(&self.path, layout::pretty(&value)).with_context(|| format!("cannot write {}", self.path.display()))
    }
}

/// Where the corpus is.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rest/corpus")
}

/// All cases, by name; `COFFERDAM_CORPUS` may hold the beginning of the names wanted.
pub fn load() -> Result<Vec<Named>> {
    let wanted = std::env::var("COFFERDAM_CORPUS").unwrap_or_default();
    let mut cases = Vec::new();
    for area in listed(&root())? {
        for path in listed(&area)? {
            let name = path.strip_prefix(root())?.with_extension("").display().to_string();
            if name.starts_with(&wanted) {
                let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
                let case = serde_json::from_str(&text).with_context(|| format!("{name} is no case"))?;
                cases.push(Named { name, path, case });
            }
        }
    }
    if cases.is_empty() {
        bail!("no case begins with {wanted:?} in {}", root().display());
    }
    Ok(cases)
}

fn listed(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory).with_context(|| format!("cannot list {}", directory.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}
