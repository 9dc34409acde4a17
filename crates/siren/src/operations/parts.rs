//! What answers rest on beside the index.

use std::sync::Arc;

use async_trait::async_trait;
use siren_adapters::reachable::ModelReachable;
use siren_domain::ports::state::State;
use siren_domain::ports::{Dependency, Missing};

use crate::commands::Failure;
use crate::settings::Settings;

/// The parts that a readiness probe looks at.
pub(crate) fn parts(
    settings: &Settings,
    state: &Arc<dyn State>,
) -> Result<Vec<Arc<dyn Dependency>>, Failure> {
    let needed = settings.auth.api_keys;
    let mut parts: Vec<Arc<dyn Dependency>> = vec![Arc::new(StatePart { state: Arc::clone(state), needed })];
    if !settings.answer.base_url.is_empty() {
        let model = ModelReachable::new(&settings.answer.base_url);
        parts.push(Arc::new(model.map_err(|cause| Failure::usage(format!("`answer.base_url`: {cause}")))?));
    }
    Ok(parts)
}

struct StatePart {
    state: Arc<dyn State>,
    /// Keys are in it: without it nobody comes in.
    needed: bool,
}

#[async_trait]
impl Dependency for StatePart {
    fn name(&self) -> &'static str {
        "state"
    }

    fn is_needed(&self) -> bool {
        self.needed
    }

    async fn look(&self) -> Result<(), Missing> {
        // A look at one row that need not be there.
        self.state.held("readiness").await.map(|_| ()).map_err(|error| Missing {
            code: "state_unavailable",
            told: "the application's state does not answer: the server's log tells why".to_owned(),
            cause: error.to_string(),
        })
    }
}
