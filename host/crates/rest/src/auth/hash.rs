//! Password hashes: bcrypt, as `htpasswd -B` writes it, and Argon2 as a PHC string.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordVerifier as _};
use bcrypt::HashParts;
use std::fmt;

/// The highest cost of bcrypt: some seconds. A request cannot wait for more.
const MAX_BCRYPT_COST: u32 = 16;
/// The most memory that Argon2 may take, in KiB, and how often it may go through it.
const MAX_ARGON2_MEMORY: u32 = 256 << 10;
const MAX_ARGON2_PASSES: u32 = 64;

/// What a password is compared with, which takes a while on purpose.
pub(super) enum Hash {
    /// As it was written.
    Bcrypt(String),
    /// Taken apart.
    Argon2(Box<PasswordHash>),
}

impl Hash {
    /// Reads one. The error says what is wrong, and nothing of the hash.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let expected = "expected a hash of bcrypt ($2y$…) or Argon2 ($argon2id$…)";
        if text.starts_with("$2") {
            let parts: HashParts = text.parse().map_err(|error| format!("not a hash of bcrypt: {error}"))?;
            let cost = parts.get_cost();
            if !(4..=MAX_BCRYPT_COST).contains(&cost) {
                return Err(format!("a cost of {cost} is not supported; choose one from 4 to {MAX_BCRYPT_COST}"));
            }
            return Ok(Self::Bcrypt(text.to_owned()));
        }
        if !text.starts_with("$argon2") {
            return Err(expected.to_owned());
        }
        let hash = PasswordHash::new(text).map_err(|error| format!("not a hash of Argon2: {error}"))?;
        Algorithm::try_from(hash.algorithm.as_str()).map_err(|_| expected.to_owned())?;
        let params = Params::try_from(&hash).map_err(|error| format!("not a hash of Argon2: {error}"))?;
        if params.m_cost() > MAX_ARGON2_MEMORY || params.t_cost() > MAX_ARGON2_PASSES {
            return Err(format!("too costly; at most m={MAX_ARGON2_MEMORY},t={MAX_ARGON2_PASSES} are supported"));
        }
        if hash.salt.is_none() || hash.hash.is_none() {
            return Err("not a hash of Argon2: salt or hash is missing".to_owned());
        }
        Ok(Self::Argon2(Box::new(hash)))
    }

    /// Whether this is the password. Takes as long whatever the password is.
    pub(super) fn fits(&self, password: &str) -> bool {
        match self {
            // The hash has been read before, so an error is one of this password.
            Self::Bcrypt(hash) => bcrypt::verify(password, hash).unwrap_or(false),
            Self::Argon2(hash) => Argon2::default().verify_password(password.as_bytes(), hash.as_ref()).is_ok(),
        }
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hash")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bcrypt_as_htpasswd_writes_it() {
        // htpasswd -nbB -C 4 u secret
        let hash = Hash::parse(&super::super::tests::bcrypt("secret")).unwrap();
        assert!(hash.fits("secret") && !hash.fits("Secret") && !hash.fits(""));
    }

    #[test]
    fn argon2_with_the_parameters_that_it_names() {
        let hash = Hash::parse(&super::super::tests::argon2("secret")).unwrap();
        assert!(hash.fits("secret") && !hash.fits("secret "));
    }

    #[test]
    fn what_is_no_hash_is_refused_without_repeating_it() {
        let error = |text: &str| Hash::parse(text).unwrap_err();
        assert!(error("plain").starts_with("expected a hash of bcrypt"));
        assert!(error("$1$salt$hash").starts_with("expected a hash of bcrypt"));
        assert!(error("$2y$04$short").starts_with("not a hash of bcrypt"));
        assert!(error("$argon2id$v=19$m=8,t=1,p=1").contains("is missing"));
        assert!(error("$argon2id$nonsense").starts_with("not a hash of Argon2"));
        let costly = super::super::tests::bcrypt("x").replacen("$04$", "$31$", 1);
        assert!(error(&costly).contains("a cost of 31"), "{}", error(&costly));
        let huge = super::super::tests::argon2("x").replacen("m=8", "m=4194304", 1);
        assert!(error(&huge).starts_with("too costly"), "{}", error(&huge));
    }
}
