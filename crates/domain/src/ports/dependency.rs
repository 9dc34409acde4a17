//! What do answers rest on, and is it there?

use async_trait::async_trait;

/// Why something is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// A word for programs, such as `unreachable`.
    pub code: &'static str,
    /// A sentence for whoever runs the server, with the remedy, without secrets or addresses.
    pub told: String,
    /// What the system said, for the log.
    pub cause: String,
}

/// Something that answers rest on.
#[async_trait]
pub trait Dependency: Send + Sync {
    /// What it is, such as `model`.
    fn name(&self) -> &'static str;

    /// Whether nothing can be answered without it. What can be done without is told and does not turn traffic away.
    fn is_needed(&self) -> bool;

    /// Looks whether it is there. Cheap: asked every few seconds.
    async fn look(&self) -> Result<(), Missing>;
}
