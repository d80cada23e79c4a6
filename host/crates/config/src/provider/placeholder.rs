//! Where placeholders are in a text. Kafka's pattern is `\$\{([^}]*?):(([^}]*?):)?([^}]*?)\}`
//! (`ConfigTransformer.DEFAULT_PATTERN`): neither nesting nor escaping, and any of the parts may be empty.

use std::ops::Range;

/// `${provider:key}` or `${provider:path:key}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placeholder<'a> {
    /// All of it in the text, from `${` to `}`.
    pub(super) range: Range<usize>,
    pub(super) provider: &'a str,
    /// Empty where it is not said.
    pub(super) path: &'a str,
    pub(super) key: &'a str,
}

/// The placeholders of a text, in order.
pub(super) fn placeholders(text: &str) -> impl Iterator<Item = Placeholder<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        while let Some(opening) = text.get(from..)?.find("${") {
            let inner = from + opening + 2;
            let closing = inner + text.get(inner..)?.find('}')?;
            from = closing + 1;
            // Without a colon it is other text, and so is what else begins within it: that ends at the same brace.
            if let Some((provider, rest)) = text.get(inner..closing)?.split_once(':') {
                let (path, key) = rest.split_once(':').unwrap_or(("", rest));
                return Some(Placeholder { range: inner - 2..from, provider, path, key });
            }
        }
        None
    })
}
