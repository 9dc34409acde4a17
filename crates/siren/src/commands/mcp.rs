//! `siren mcp`.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use siren_chat::{Access, Auditing, ChatState};
use siren_domain::Principal;
use siren_domain::ports::Authenticated;
use siren_domain::ports::state::{AuditLog, State, Usage};

use super::Failure;
use super::serve::{index_if_none, limits, masker};
use crate::cli::McpArgs;
use crate::wiring::Wiring;

/// Serves the tools over standard streams: standard output is the protocol's and nobody else's.
pub(super) async fn run(wiring: &Wiring, args: McpArgs) -> Result<(), Failure> {
    index_if_none(wiring).await?;
    let (settings, auth) = (&wiring.settings.settings.serve, &wiring.settings.settings.auth);
    let state = remembered(wiring).await;
    if let Some(state) = &state {
        wiring.spending().keep_in(Arc::clone(state) as Arc<dyn Usage>);
    }
    let (embedder, hints) = (wiring.embedder()?, wiring.hints()?);
    let state = ChatState {
        assistant: wiring.assistant()?,
        library: wiring.library()?,
        embedder: Arc::new(move || embedder.clone()),
        model_name: settings.model_name.clone(),
        limits: limits(settings),
        metrics: None,
        access: Access::default(),
        dependencies: Arc::new(Vec::new),
        reload: None,
        auditing: Auditing {
            log: state.map(|state| state as Arc<dyn AuditLog>),
            questions: auth.audit_questions.then(|| masker(hints)),
        },
        created: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        application: None,
    };
    let local = Principal::local();
    let principal =
        Principal { name: args.asker.unwrap_or_else(|| local.name.clone()), groups: args.groups, ..local };
    let caller = Authenticated { principal, by: "local".to_owned(), until: None };
    let served = siren_chat::serve_standard_streams(state, caller).await;
    wiring.spending().written().await;
    Ok(served?)
}

/// Where it is kept what was asked and spent. A state that cannot be written to, such as one in a folder that is read-only,
/// keeps nobody from asking.
async fn remembered(wiring: &Wiring) -> Option<Arc<dyn State>> {
    let state = wiring.application_state().await;
    let told = |failure: &Failure| {
        tracing::warn!("what is asked here is not written down, nor what it costs: {}", failure.message);
    };
    state.inspect_err(told).ok()
}
