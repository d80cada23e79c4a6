//! Media types as headers name them: `application/json; charset=utf-8`.

use std::collections::BTreeMap;
use std::fmt;

/// A media type, or a range of them, with parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Media {
    /// `application`, in lower case; `*` in ranges.
    main: String,
    /// `json`, in lower case; `*` in ranges.
    sub: String,
    /// Names in lower case.
    parameters: BTreeMap<String, String>,
}

/// A header that cannot be understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

impl Media {
    /// Reads one type.
    pub(crate) fn parse(text: &str) -> Result<Self, Malformed> {
        let mut parts = split(text, ';');
        let essence = parts.next().ok_or(Malformed)?.trim();
        let (main, sub) = essence.split_once('/').ok_or(Malformed)?;
        if !is_token(main) || !is_token(sub) {
            return Err(Malformed);
        }
        let mut parameters = BTreeMap::new();
        for part in parts.map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or(Malformed)?;
            let (name, value) = (name.trim(), value.trim());
            let value = match value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) {
                Some(quoted) => unquoted(quoted),
                None if is_token(value) => value.to_owned(),
                None => return Err(Malformed),
            };
            if !is_token(name) {
                return Err(Malformed);
            }
            parameters.insert(name.to_ascii_lowercase(), value);
        }
        Ok(Self { main: main.to_ascii_lowercase(), sub: sub.to_ascii_lowercase(), parameters })
    }

    /// Whether it is this very type, whatever its parameters.
    pub(crate) fn is(&self, main: &str, sub: &str) -> bool {
        self.main == main && self.sub == sub
    }

    /// Whether it is this type or a range that has it in it.
    pub(crate) fn covers(&self, main: &str, sub: &str) -> bool {
        (self.main == "*" || self.main == main) && (self.sub == "*" || self.sub == sub)
    }

    /// Whether it is one type and not a range.
    pub(crate) fn is_concrete(&self) -> bool {
        self.main != "*" && self.sub != "*"
    }

    /// 2 for a type, 1 for `type/*`, 0 for `*/*`.
    fn specificity(&self) -> u8 {
        u8::from(self.main != "*") + u8::from(self.sub != "*")
    }
}

/// With parameters in the order of their names.
impl fmt::Display for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.main, self.sub)?;
        for (name, value) in &self.parameters {
            // The two that Jetty knows, as it writes them.
            let lower = value.to_ascii_lowercase();
            let known = name == "charset" && ["utf-8", "iso-8859-1"].contains(&lower.as_str());
            let value = if known { &lower } else { value };
            if is_token(value) {
                write!(f, ";{name}={value}")?;
            } else {
                write!(f, ";{name}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))?;
            }
        }
        Ok(())
    }
}

/// The ranges of an `Accept` header, the one liked best first: by weight, then types before ranges, then as written.
/// What is said about weight is taken out. Jersey: `HttpHeaderReader.readAcceptMediaType`.
pub(crate) fn ranges<'a>(values: impl Iterator<Item = &'a str>) -> Result<Vec<Media>, Malformed> {
    let (mut ranges, mut given) = (Vec::new(), false);
    let items = values.inspect(|value| given |= !value.trim().is_empty()).flat_map(|value| split(value, ','));
    for item in items.map(str::trim).filter(|item| !item.is_empty()) {
        // A lone word stands for all below it.
        let (essence, parameters) = item.split_once(';').unwrap_or((item, ""));
        let mut media = match essence.contains('/') {
            true => Media::parse(item)?,
            false => Media::parse(&format!("{}/*;{parameters}", essence.trim()))?,
        };
        let weight = match media.parameters.remove("q").map(|q| q.parse::<f32>()) {
            None => 1.0,
            Some(Ok(weight)) if (0.0..=1.0).contains(&weight) => weight,
            Some(_) => return Err(Malformed),
        };
        media.parameters.remove("qs");
        ranges.push((weight, media));
    }
    if ranges.is_empty() && given {
        return Err(Malformed);
    }
    ranges.sort_by(|(a, left), (b, right)| b.total_cmp(a).then(right.specificity().cmp(&left.specificity())));
    Ok(ranges.into_iter().map(|(_, media)| media).collect())
}

/// Splits at a character that is not within quotes.
fn split(text: &str, at: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |c: char| {
        let here = c == at && !quoted;
        (quoted, escaped) = match c {
            _ if escaped => (quoted, false),
            '\\' => (quoted, quoted),
            '"' => (!quoted, false),
            _ => (quoted, false),
        };
        here
    })
}

fn unquoted(quoted: &str) -> String {
    let mut text = String::with_capacity(quoted.len());
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        if c == '\\' { text.extend(chars.next()) } else { text.push(c) }
    }
    text
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_as_headers_name_them() {
        let shown = |text: &str| Media::parse(text).map(|media| media.to_string());
        for (text, expected) in [
            ("application/json", "application/json"),
            (" Application/JSON ; Charset=UTF-8;", "application/json;charset=utf-8"),
            (r#"a/b; z="1;\"2\""; y=Ab"#, r#"a/b;y=Ab;z="1;\"2\"""#),
            ("a/b;charset=UTF-16", "a/b;charset=UTF-16"),
            ("a/*", "a/*"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(expected));
        }
        for text in
            ["", "garbage", "*", "a/", "/b", "a / b", "a/b, c/d", "a/b c", "a/b; x", "a/b; x=", "a/b; =x", "a/b;x=\"y"]
        {
            assert_eq!(shown(text), Err(Malformed), "{text}");
        }
    }

    #[test]
    fn ranges_come_in_the_order_of_liking() {
        let shown = |text: &str| {
            ranges([text].into_iter()).map(|ranges| ranges.iter().map(Media::to_string).collect::<Vec<_>>().join(" "))
        };
        for (text, expected) in [
            ("text/html, image/gif, *; q=.2, */*; q=.2", "text/html image/gif */* */*"),
            ("*/*, a/*, a/b;v=1", "a/b;v=1 a/* */*"),
            ("a/b;v=1;q=0.5, */*", "*/* a/b;v=1"),
            ("a/b;v=1, a/b;v=2", "a/b;v=1 a/b;v=2"),
            ("a/b;q=0", "a/b"),
            ("application, ,", "application/*"),
            ("a/b;v=\"x, y\"", "a/b;v=\"x, y\""),
            ("", ""),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(expected), "{text}");
        }
        for text in [",", "a/", "a/b;q=2", "a/b;q=abc", "a/b;q=NaN", "a/b; x", "/b"] {
            assert_eq!(shown(text), Err(Malformed), "{text}");
        }
    }
}
