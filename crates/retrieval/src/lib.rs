//! Stage 2: from a question to ranked passages and the context of a prompt.
//!
//! This crate never opens an index, never calls a model and never writes an answer: it asks a store and decides what
//! of its hits is worth a reader's time.

mod absent;
mod assembly;
mod context;
mod editions;
mod fusion;
mod held;
mod linked;
mod neighbours;
mod pointed;
mod rerank;
mod retriever;
mod searching;
mod several;
mod signals;
mod understanding;

pub use fusion::Fusion;
pub use retriever::{PassageRetriever, RetrievalSettings};
pub use understanding::aliases::Aliases;
pub use understanding::order::Order;
pub use understanding::understand;
