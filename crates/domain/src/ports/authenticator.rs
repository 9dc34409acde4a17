//! Who asks? What a client shows, made into somebody, or not.

use async_trait::async_trait;

use crate::principal::Principal;

/// Somebody of whom it was made sure, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    /// Who they are.
    pub principal: Principal,
    /// What they showed, by a name that tells no secret: `key:3f9a…`, `oidc`.
    pub by: String,
    /// When it ends, in seconds since 1970, if it does.
    pub until: Option<u64>,
}

/// Why nobody can be told by what was shown, cut by what the caller does next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// It is no credential of this kind: ask the next.
    #[error("not a credential of this kind")]
    Foreign,
    /// It is one, and does not hold: turn them away. The reason is for the log.
    #[error("{0}")]
    Refused(String),
    /// It cannot be judged just now: ask them to try again.
    #[error("{0}")]
    Unavailable(String),
}

/// Makes sure who somebody is.
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// Whoever shows this.
    async fn authenticate(&self, credential: &str) -> Result<Authenticated, AuthError>;

    /// Somebody whose credential was seen when their browser signed in, as they are now. The credential itself is not
    /// there any more: whatever ended it since then must be told by its name alone. [`AuthError::Foreign`] for a name that
    /// is not this authenticator's.
    async fn again(&self, known: &Authenticated) -> Result<Authenticated, AuthError>;
}
