//! What stands between askers, documents and models: rules that can be exchanged while serving, and what they let
//! through.

mod live;
mod outgoing;
mod passages;

pub(crate) use live::LiveGuard;
pub(crate) use outgoing::{Outgoing, Privacy};
pub(crate) use passages::{defused, hidden_instructions, masked_request};
