//! Who may get in, and what for.
//!
//! No password is kept. What is kept of each user is a digest of the password, under a key that exists in this process
//! only: at once where the file has the password itself, and from the first success on where it has a hash. Clients send
//! user and password with every request, often several times a second, and a hash takes as long as it does to be compared
//! on purpose: without the digest a few polling clients would use up the machine.

use super::hash::Hash;
use super::header::Credentials;
use blake3::Hasher;
use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;
use subtle::{Choice, ConstantTimeEq as _};

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Everything.
    Admin,
    /// GET, HEAD and OPTIONS.
    Read,
}

type Digest = [u8; 32];

struct User {
    role: Role,
    hash: Option<Hash>,
    /// Of the password that is known to be right. One each, so this never grows.
    digest: OnceLock<Digest>,
}

/// All users.
pub(super) struct Users {
    key: [u8; 32],
    users: HashMap<String, User>,
    /// What the passwords of users who do not exist are compared with.
    nobody: Digest,
    /// Who does the work of users who do not exist.
    stand_in: Option<String>,
}

impl Users {
    pub(super) fn new() -> Self {
        Self { key: rand::random(), users: HashMap::new(), nobody: rand::random(), stand_in: None }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// Adds a user whose password is known.
    pub(super) fn add_with_password(&mut self, user: &str, password: &str) {
        let digest = OnceLock::from(self.digest(user, password));
        self.users.insert(user.to_owned(), User { role: Role::Admin, hash: None, digest });
    }

    /// Adds a user with a hash; `false`: there is one of this name.
    pub(super) fn add_with_hash(&mut self, user: &str, hash: Hash, role: Role) -> bool {
        if self.users.contains_key(user) {
            return false;
        }
        self.stand_in.get_or_insert_with(|| user.to_owned());
        self.users.insert(user.to_owned(), User { role, hash: Some(hash), digest: OnceLock::new() });
        true
    }

    /// Whether somebody is a user at all. For the log, not for decisions.
    pub(super) fn has(&self, user: &str) -> bool {
        self.users.contains_key(user)
    }

    /// The role of a user whose password is known to be right. Costs next to nothing, and as much for anybody.
    pub(super) fn recognize(&self, credentials: &Credentials) -> Option<Role> {
        let user = self.users.get(&credentials.user);
        let known = user.and_then(|user| user.digest.get());
        let sent = self.digest(&credentials.user, &credentials.password);
        let right = sent.ct_eq(known.unwrap_or(&self.nobody)) & Choice::from(u8::from(known.is_some()));
        user.filter(|_| right.into()).map(|user| user.role)
    }

    /// The same, with the hash; what is right is recognized from then on. Takes long, and as long for a user who does not
    /// exist, if all hashes are of one kind.
    pub(super) fn verify(&self, credentials: &Credentials) -> Option<Role> {
        let user = self.users.get(&credentials.user);
        let stand_in = || self.stand_in.as_ref().and_then(|name| self.users.get(name));
        let hash = user.or_else(stand_in).and_then(|user| user.hash.as_ref())?;
        let fits = hash.fits(&credentials.password);
        let user = user.filter(|_| fits)?;
        user.digest.get_or_init(|| self.digest(&credentials.user, &credentials.password));
        Some(user.role)
    }

    fn digest(&self, user: &str, password: &str) -> Digest {
        let mut hasher = Hasher::new_keyed(&self.key);
        hasher.update(user.as_bytes()).update(&[0]).update(password.as_bytes());
        hasher.finalize().into()
    }
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Users").field("count", &self.users.len()).finish_non_exhaustive()
    }
}
