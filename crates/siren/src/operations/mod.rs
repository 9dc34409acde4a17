//! What goes on beside questions while the server runs: who may come in, settings read anew, work at its time.

mod access;
mod current;
mod jobs;
mod parts;
mod reload;
mod schedule;

pub(crate) use access::{access, refuse_if_open};
pub(crate) use current::{Current, InForce};
pub(crate) use jobs::{REINDEX, ServerOperations};
pub(crate) use parts::state_part;
pub(crate) use reload::Reloader;
pub(crate) use schedule::run as run_schedule;
