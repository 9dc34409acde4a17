//! `siren mcp`.

use siren_domain::Principal;

use super::Failure;
use crate::cli::McpArgs;
use crate::wiring::Wiring;

/// Serves the tools over standard streams: standard output is the protocol's and nobody else's.
pub(super) async fn run(wiring: &Wiring, args: McpArgs) -> Result<(), Failure> {
    super::serve::index_if_none(wiring).await?;
    let state = super::serve::chat_state(wiring, &wiring.settings.settings.serve.listen)?;
    let local = Principal::local();
    let caller =
        Principal { name: args.asker.unwrap_or_else(|| local.name.clone()), groups: args.groups, ..local };
    siren_chat::serve_standard_streams(state, caller).await?;
    Ok(())
}
