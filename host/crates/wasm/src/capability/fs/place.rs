//! What a guest's path means, relative to the directory that it is used with.

/// Where a path leads, by the letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place<'p> {
    /// To the directory itself.
    Itself,
    /// To this name in it.
    Name(&'p str),
    /// Further down, up, or nowhere.
    Other,
}

impl<'p> Place<'p> {
    /// Reads a path. A trailing slash asks for a directory, which a granted name never is.
    pub(super) fn of(path: &'p str) -> Self {
        if path.starts_with('/') {
            return Self::Other;
        }
        let mut parts = path.split('/').filter(|part| !part.is_empty() && *part != ".");
        match (parts.next(), parts.next()) {
            (None, _) => Self::Itself,
            (Some(".."), _) | (_, Some(_)) => Self::Other,
            (Some(_), None) if path.ends_with('/') || path.ends_with("/.") => Self::Other,
            (Some(name), None) => Self::Name(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_name_is_a_name() {
        let name = Place::Name("a.txt");
        for (path, place) in [
            ("", Place::Itself),
            (".", Place::Itself),
            ("./", Place::Itself),
            ("a.txt", name),
            ("./a.txt", name),
            (".//./a.txt", name),
            ("a.txt/", Place::Other),
            ("a.txt/.", Place::Other),
            ("a.txt/b", Place::Other),
            ("../a.txt", Place::Other),
            ("..", Place::Other),
            ("x/../a.txt", Place::Other),
            ("/a.txt", Place::Other),
        ] {
            assert_eq!(Place::of(path), place, "{path:?}");
        }
    }
}
