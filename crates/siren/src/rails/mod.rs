//! What stands between askers, documents and models: rules that can be exchanged while serving, and what they let
//! through.

mod live;
mod meanings;
mod names;
mod outgoing;
mod passages;

pub(crate) use live::{Known, LiveGuard, read};
pub(crate) use meanings::{Meanings, Meant};
pub(crate) use names::{NamedBy, NamesOfIndex};
pub(crate) use outgoing::{Outgoing, Privacy};
pub(crate) use passages::{
    defused, hidden_instructions, masked_request, reword, reworded, tells_of_instructions,
};
