//! Whether a generation that is complete may be served.

use async_trait::async_trait;
use siren_domain::ports::{Generation, StoreError};

/// What is asked between writing a generation and serving it.
#[async_trait]
pub trait Gate: Send + Sync {
    /// Judges a generation beside the one that is served, if there is one.
    async fn judge(&self, candidate: &Generation, live: Option<&Generation>) -> Result<Judged, StoreError>;
}

/// What a gate says.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Judged {
    /// Why it must not be served; empty when it may.
    pub refusals: Vec<String>,
    /// What a person should know all the same.
    pub notes: Vec<String>,
}
