//! A whole store: both of its sides, and what only commands need.

use async_trait::async_trait;

use super::{GenerationWriter, IndexStore, PassageStore, StoreError};
use crate::chunk::Chunk;
use crate::document::DocumentId;
use crate::gate::GateNote;

/// A chunk as it is stored, for a copy of it elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredChunk {
    /// The chunk.
    pub chunk: Chunk,
    /// Its vector, where it has one; it may have been rounded.
    pub vector: Option<Vec<f32>>,
}

/// Both sides of a store, and what only commands need.
#[async_trait]
pub trait Store: IndexStore + PassageStore {
    /// Keeps what the gate said of a generation that is complete.
    async fn put_gate(&self, number: u64, note: &GateNote) -> Result<(), StoreError>;

    /// What the gate said of a generation; none when there was no gate.
    async fn gate_of(&self, number: u64) -> Result<Option<GateNote>, StoreError>;

    /// The chunks of these documents with their vectors, in no order.
    async fn stored(&self, number: u64, documents: &[DocumentId]) -> Result<Vec<StoredChunk>, StoreError>;

    /// Starts the next generation as a copy, from nothing. `of` names what is copied: where a copy of the same was broken
    /// off, what it has written already need not be written again.
    async fn begin_copy(&self, of: &str) -> Result<Box<dyn GenerationWriter>, StoreError>;

    /// Removes one generation that is not served.
    async fn remove_generation(&self, number: u64) -> Result<(), StoreError>;

    /// Removes the whole index, as if there never was one.
    async fn discard(&self) -> Result<(), StoreError>;
}
