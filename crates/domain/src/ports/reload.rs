//! What can be exchanged while the server runs?

use async_trait::async_trait;

/// What a reload has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// Settings that are in force now.
    pub in_force: Vec<String>,
    /// Settings that changed and are in force after a restart only.
    pub needs_restart: Vec<String>,
}

/// Reads settings and rules anew.
#[async_trait]
pub trait Reload: Send + Sync {
    /// All of them, or none and why.
    async fn reload(&self) -> Result<Reloaded, String>;
}
