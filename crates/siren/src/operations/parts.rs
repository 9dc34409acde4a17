//! What answers rest on beside the index.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use futures::future::join_all;
use siren_adapters::reachable::ModelReachable;
use siren_domain::ports::state::State;
use siren_domain::ports::{Dependency, Missing};

use crate::commands::Failure;
use crate::settings::{ChainStep, ModelRole, Settings};

/// The state; needed where keys are in it.
pub(crate) fn state_part(settings: &Settings, state: &Arc<dyn State>) -> Arc<dyn Dependency> {
    Arc::new(StatePart { state: Arc::clone(state), needed: settings.auth.api_keys })
}

/// The models that write answers; none where there are no such.
pub(super) fn models(settings: &Settings) -> Result<Option<Arc<dyn Dependency>>, Failure> {
    let mut servers: Vec<(String, ModelReachable)> = Vec::new();
    let mut known = BTreeSet::new();
    let are_asked = settings.answer.chain.contains(&ChainStep::Answer);
    let all = settings.all_models().into_iter();
    let answering = all.filter(|model| are_asked && model.has(ModelRole::Answer));
    // One server may have several models, and is asked once.
    for model in answering.filter(|model| known.insert(model.base_url.clone())) {
        let reachable = ModelReachable::new(&model.base_url)
            .map_err(|cause| Failure::usage(format!("the address of the model {:?}: {cause}", model.name)))?;
        servers.push((model.name, reachable));
    }
    Ok((!servers.is_empty()).then(|| Arc::new(ModelPart { servers }) as Arc<dyn Dependency>))
}

/// The servers of all models that write answers.
struct ModelPart {
    /// Each with the first of its models.
    servers: Vec<(String, ModelReachable)>,
}

#[async_trait]
impl Dependency for ModelPart {
    fn name(&self) -> &'static str {
        "model"
    }

    fn is_needed(&self) -> bool {
        // Without any, answers are extractive.
        false
    }

    async fn look(&self) -> Result<(), Missing> {
        let looked = join_all(self.servers.iter().map(|(_, server)| server.look())).await;
        let away = self.servers.iter().zip(looked);
        let away: Vec<_> = away.filter_map(|((name, _), looked)| Some((name, looked.err()?))).collect();
        match away.as_slice() {
            [] => Ok(()),
            [(_, missing)] if self.servers.len() == 1 => Err(missing.clone()),
            away => Err(self.missing(away)),
        }
    }
}

impl ModelPart {
    fn missing(&self, away: &[(&String, Missing)]) -> Missing {
        let names: Vec<String> = away.iter().map(|(name, _)| format!("`{name}`")).collect();
        let then = match away.len() == self.servers.len() {
            true => "answers are extractive until one does",
            false => "others are asked in their place",
        };
        let causes: Vec<&str> = away.iter().map(|(_, missing)| missing.cause.as_str()).collect();
        Missing {
            code: "unreachable",
            told: format!("the servers of these models do not answer: {}: {then}", names.join(", ")),
            cause: causes.join("; "),
        }
    }
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
