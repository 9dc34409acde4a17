//! Chunks of a generation that were read lately. It never changes, so what was read once need not be read again; whether
//! the asker may read a chunk was decided by the search that found it.

use std::hash::Hash;
use std::sync::Arc;

use moka::sync::Cache;
use siren_domain::Chunk;

/// Bytes of text that are kept.
const KEPT: u64 = 64 << 20;
/// What a chunk takes beside its text, about.
const BESIDE: usize = 1024;

/// Chunks by where they are stored.
pub(crate) struct KeptChunks<Place>(Cache<Place, Arc<Chunk>>);

impl<Place: Copy + Eq + Hash + Send + Sync + 'static> Default for KeptChunks<Place> {
    fn default() -> Self {
        let weigh =
            |_: &Place, chunk: &Arc<Chunk>| u32::try_from(chunk.text.len() + BESIDE).unwrap_or(u32::MAX);
        Self(Cache::builder().max_capacity(KEPT).weigher(weigh).build())
    }
}

impl<Place: Copy + Eq + Hash + Send + Sync + 'static> KeptChunks<Place> {
    /// The chunk, where it was read lately.
    pub(crate) fn get(&self, place: Place) -> Option<Arc<Chunk>> {
        self.0.get(&place)
    }

    /// Keeps a chunk that was read.
    pub(crate) fn keep(&self, place: Place, chunk: Chunk) -> Arc<Chunk> {
        let chunk = Arc::new(chunk);
        self.0.insert(place, Arc::clone(&chunk));
        chunk
    }
}
