//! `siren mcp`.

use std::time::{SystemTime, UNIX_EPOCH};

use siren_chat::{Access, Auditing, ChatState};
use siren_domain::Principal;

use super::Failure;
use crate::cli::McpArgs;
use crate::wiring::Wiring;

/// Serves the tools over standard streams: standard output is the protocol's and nobody else's.
pub(super) async fn run(wiring: &Wiring, args: McpArgs) -> Result<(), Failure> {
    super::serve::index_if_none(wiring).await?;
    let settings = &wiring.settings.settings.serve;
    let state = ChatState {
        assistant: wiring.assistant()?,
        library: wiring.library()?,
        embedder: wiring.embedder()?,
        model_name: settings.model_name.clone(),
        limits: super::serve::limits(settings),
        metrics: None,
        access: Access::default(),
        dependencies: Vec::new(),
        reload: None,
        auditing: Auditing::default(),
        created: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        application: None,
    };
    let local = Principal::local();
    let caller =
        Principal { name: args.asker.unwrap_or_else(|| local.name.clone()), groups: args.groups, ..local };
    siren_chat::serve_standard_streams(state, caller).await?;
    Ok(())
}
