//! Limits. Time is virtual.

use super::*;
use crate::auth::hash::Hash;
use crate::auth::tests::bcrypt;
use futures::future::{join, join_all};
use futures::{FutureExt as _, poll};
use std::io::{self, Write};
use std::pin::pin;
use tokio::time::advance;

fn attempts() -> Arc<Attempts> {
    let mut users = Users::new();
    users.add_with_password("alice", "secret");
    users.add_with_hash("bob", Hash::parse(&bcrypt("p w")).unwrap(), Role::Read);
    Arc::new(Attempts::new(users))
}

fn credentials(user: &str, password: &str) -> Credentials {
    Credentials { user: user.to_owned(), password: password.to_owned() }
}

#[tokio::test(start_paused = true)]
async fn beyond_the_limit_nobody_waits_and_who_is_known_gets_in() {
    let attempts = attempts();
    assert_eq!(attempts.check(credentials("bob", "p w")).await, Outcome::Granted(Role::Read));
    let flood = join_all((0..MAX_WAITING + 10).map(|n| attempts.check(credentials("alice", &n.to_string()))));
    let known = async {
        (attempts.check(credentials("alice", "secret")).await, attempts.check(credentials("bob", "p w")).await)
    };
    let (outcomes, known) = join(flood, known).await;
    assert_eq!(known, (Outcome::Granted(Role::Admin), Outcome::Granted(Role::Read)));
    let count = |wanted| outcomes.iter().filter(|outcome| **outcome == wanted).count();
    assert_eq!((count(Outcome::Refused), count(Outcome::TooMany)), (MAX_WAITING, 10));
    // All places are free again.
    assert_eq!(attempts.waiting.available_permits(), MAX_WAITING);
    assert_eq!(attempts.check(credentials("alice", "x")).await, Outcome::Refused);
}

#[tokio::test(start_paused = true)]
async fn who_hangs_up_keeps_the_place_until_the_delay_is_over() {
    let attempts = attempts();
    {
        let mut attempt = pin!(attempts.check(credentials("alice", "wrong")));
        assert!(poll!(attempt.as_mut()).is_pending());
    }
    assert_eq!(attempts.waiting.available_permits(), MAX_WAITING - 1);
    let freed = attempts.waiting.acquire_many(u32::try_from(MAX_WAITING).unwrap());
    drop(freed.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_password_is_recognized_once_it_was_right() {
    let attempts = attempts();
    let bob = credentials("bob", "p w");
    assert_eq!(attempts.users.recognize(&bob), None);
    assert_eq!(attempts.check(credentials("bob", "wrong")).await, Outcome::Refused);
    assert_eq!(attempts.users.recognize(&bob), None);
    assert_eq!(attempts.check(bob.clone()).await, Outcome::Granted(Role::Read));
    assert_eq!(attempts.users.recognize(&bob), Some(Role::Read));
    // From now on without waiting.
    assert_eq!(attempts.check(bob).now_or_never(), Some(Outcome::Granted(Role::Read)));
    assert_eq!(attempts.users.recognize(&credentials("bob", "wrong")), None);
    assert_eq!(attempts.users.recognize(&credentials("bob", "")), None);
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn failures_are_told_seldom_and_without_what_was_sent() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let attempts = attempts();
    join_all((0..50).map(|_| attempts.check(credentials("hunter1", "hunter2")))).await;
    let told = || String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert_eq!(told().lines().count(), 1, "{}", told());
    advance(TELL_EVERY).await;
    attempts.check(credentials("alice", "hunter2")).await;
    let told = told();
    assert_eq!(told.lines().count(), 2, "{told}");
    assert!(
        told.contains("count=1 last=\"unknown user\"") && told.contains("count=50 last=\"wrong password\""),
        "{told}"
    );
    assert!(!told.contains("hunter"), "{told}");
}
