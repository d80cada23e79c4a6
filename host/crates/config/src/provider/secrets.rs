//! Takes values that placeholders stood for out of texts that are shown: error messages, traces, log lines.

use crate::java;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// Values shorter than this, in bytes, are not looked for: they are in every text, and no secret.
const SHORTEST: usize = 4;
/// Values from this length on, in bytes, are found anywhere; shorter ones as whole words only.
const DISTINCT: usize = 8;

/// A value and the placeholder that stood for it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Secret {
    pub(super) value: String,
    pub(super) placeholder: String,
}

/// Values that must not be shown, each with the placeholder to show in its place. Cheap to clone.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets(Arc<[Secret]>);

impl Secrets {
    pub(super) fn new(found: BTreeSet<Secret>) -> Self {
        let trimmed = |secret: &Secret| Secret {
            // As parsing an option leaves it: files tend to end with a line feed.
            value: java::trim(&secret.value).to_owned(),
            placeholder: secret.placeholder.clone(),
        };
        let mut all: BTreeSet<Secret> = found.iter().map(trimmed).collect();
        all.extend(found);
        Self::sorted(all)
    }

    fn sorted(all: BTreeSet<Secret>) -> Self {
        let mut all: Vec<_> = all.into_iter().filter(|secret| secret.value.len() >= SHORTEST).collect();
        all.sort_by_key(|secret| std::cmp::Reverse(secret.value.len()));
        Self(all.into())
    }

    /// Whether there is nothing to hide.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These and those.
    #[must_use]
    pub fn and(&self, others: &Self) -> Self {
        match (self.is_empty(), others.is_empty()) {
            (_, true) => self.clone(),
            (true, false) => others.clone(),
            (false, false) => Self::sorted(self.0.iter().chain(others.0.iter()).cloned().collect()),
        }
    }

    /// The text with placeholders in the place of their values, the longest value first. Values of less than four bytes
    /// stay, and values of less than eight stay within longer words. A value that was changed (quoted, encoded, cut) is
    /// not recognized.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !self.0.iter().any(|secret| text.contains(&secret.value)) {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            match self.at_start_of(rest, out.chars().next_back()) {
                Some((secret, after)) => {
                    out.push_str(&secret.placeholder);
                    rest = after;
                }
                None => {
                    out.push(next);
                    rest = rest.get(next.len_utf8()..).unwrap_or_default();
                }
            }
        }
        Cow::Owned(out)
    }

    fn at_start_of<'a>(&self, text: &'a str, before: Option<char>) -> Option<(&Secret, &'a str)> {
        let in_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        self.0.iter().find_map(|secret| {
            let after = text.strip_prefix(secret.value.as_str())?;
            let whole = !in_word(before) && !in_word(after.chars().next());
            (whole || secret.value.len() >= DISTINCT).then_some((secret, after))
        })
    }
}

/// Tells the placeholders only.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|secret| &secret.placeholder)).finish()
    }
}
