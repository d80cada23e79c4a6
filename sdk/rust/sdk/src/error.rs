//! How a connector says that something failed.
//!
//! There are two reactions to a failure, so there are two kinds of error: try the same call again, or give up. Anything
//! that `?` brings along from elsewhere gives up, because only the author knows what a second attempt could change.

use crate::types;
use std::fmt::{self, Display};
use std::time::Duration;

/// What functions of a connector return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure, with what the host is to do about it.
///
/// The text becomes the task's trace or a line of its log. It should say what was attempted, on what, why it failed,
/// and what would help.
///
/// Every [`std::error::Error`] converts into one that gives up, its causes included; see [`ResultExt`] for the way to
/// say more.
///
/// ```
/// # use cofferdam_sdk::Error;
/// # use std::time::Duration;
/// let busy = Error::retriable("the database is restarting").after(Duration::from_secs(5));
/// assert!(busy.is_retriable());
/// assert_eq!(busy.context("cannot write to orders").to_string(), "cannot write to orders: the database is restarting");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    message: String,
    reaction: Reaction,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reaction {
    Fail,
    Retry { after: Option<Duration> },
}

impl Error {
    /// Give up: the connector or task goes to FAILED with this text.
    pub fn failed(message: impl Display) -> Self {
        Self { message: message.to_string(), reaction: Reaction::Fail }
    }

    /// It may pass: the host waits, then makes the same call again. While starting, it is as good as
    /// [`failed`](Self::failed).
    pub fn retriable(message: impl Display) -> Self {
        Self { message: message.to_string(), reaction: Reaction::Retry { after: None } }
    }

    /// How long the host should wait before it tries again. Without effect on an error that gives up.
    #[must_use]
    pub fn after(mut self, wait: Duration) -> Self {
        if let Reaction::Retry { after } = &mut self.reaction {
            *after = Some(wait);
        }
        self
    }

    /// The same error with a text before its own.
    #[must_use]
    pub fn context(mut self, what: impl Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// Whether the host will try again.
    pub fn is_retriable(&self) -> bool {
        matches!(self.reaction, Reaction::Retry { .. })
    }

    /// How long the host was asked to wait, if it was.
    pub fn retry_after(&self) -> Option<Duration> {
        match self.reaction {
            Reaction::Retry { after } => after,
            Reaction::Fail => None,
        }
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_retriable() { "retriable" } else { "failed" };
        write!(f, "{kind}: {}", self.message)
    }
}

/// `Error` itself is no [`std::error::Error`], or this would not be possible.
impl<E: std::error::Error> From<E> for Error {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            message = format!("{message}: {cause}");
            source = cause.source();
        }
        Self::failed(message)
    }
}

impl From<Error> for types::Error {
    fn from(error: Error) -> Self {
        match error.reaction {
            Reaction::Fail => Self::Failed(error.message),
            Reaction::Retry { after } => Self::Retriable(types::Retry {
                message: error.message,
                after_ms: after.map(|wait| u32::try_from(wait.as_millis()).unwrap_or(u32::MAX)),
            }),
        }
    }
}

/// Says what was attempted, and what is to happen about it.
///
/// ```
/// use cofferdam_sdk::{Result, ResultExt};
///
/// fn read(path: &str) -> Result<Vec<u8>> {
///     std::fs::read(path).or_failed(format_args!("cannot read {path}"))
/// }
/// assert!(read("/no/such/file").unwrap_err().to_string().starts_with("cannot read /no/such/file: "));
/// ```
pub trait ResultExt<T> {
    /// An error becomes one that gives up, with this text before it and its causes after it.
    fn or_failed(self, what: impl Display) -> Result<T>;

    /// An error becomes one that is tried again, with this text before it and its causes after it.
    fn or_retriable(self, what: impl Display) -> Result<T>;
}

impl<T, E: Into<Error>> ResultExt<T> for std::result::Result<T, E> {
    fn or_failed(self, what: impl Display) -> Result<T> {
        self.map_err(|error| Error { reaction: Reaction::Fail, ..error.into() }.context(what))
    }

    fn or_retriable(self, what: impl Display) -> Result<T> {
        self.map_err(|error| {
            let error = error.into();
            let reaction = Reaction::Retry { after: error.retry_after() };
            Error { reaction, ..error }.context(what)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[derive(Debug)]
    struct Refused(io::Error);

    impl Display for Refused {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("refused")
        }
    }

    impl std::error::Error for Refused {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    fn refused() -> Result<(), Refused> {
        Err(Refused(io::Error::other("no route")))
    }

    #[test]
    fn causes_are_kept() {
        let failed = refused().or_failed("cannot connect").unwrap_err();
        assert_eq!(failed.to_string(), "cannot connect: refused: no route");
        let retriable = refused().or_retriable("cannot connect").unwrap_err();
        assert_eq!(retriable.to_string(), "cannot connect: refused: no route");
        assert!(retriable.is_retriable() && !failed.is_retriable());
    }

    #[test]
    fn the_reaction_is_the_last_that_was_named() {
        let busy = || Err::<(), _>(Error::retriable("busy").after(Duration::from_secs(5)));
        assert!(!busy().or_failed("no").unwrap_err().is_retriable());
        assert_eq!(busy().or_retriable("no").unwrap_err().retry_after(), Some(Duration::from_secs(5)));
        assert!(Err::<(), _>(Error::failed("over")).or_retriable("no").unwrap_err().is_retriable());
    }
}
