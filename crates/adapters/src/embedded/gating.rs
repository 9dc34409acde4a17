//! What the gate said, kept with each generation; and what a copy elsewhere is made from.

use std::path::Path;

use async_trait::async_trait;
use siren_domain::DocumentId;
use siren_domain::gate::GateNote;
use siren_domain::ports::{GenerationWriter, IndexStore, Store, StoreError, StoredChunk};

use super::files::{failed, read_json, write_atomically};
use super::reader::OpenGeneration;
use super::{CURRENT, EmbeddedStore, GENERATIONS};

const GATE: &str = "gate.json";

#[async_trait]
impl Store for EmbeddedStore {
    async fn put_gate(&self, number: u64, note: &GateNote) -> Result<(), StoreError> {
        self.about(number)?;
        let path = self.folder(number).join(GATE);
        let text =
            serde_json::to_vec_pretty(note).map_err(|error| failed(&path, "cannot be told", &error))?;
        write_atomically(&path, &text)
    }

    async fn gate_of(&self, number: u64) -> Result<Option<GateNote>, StoreError> {
        let path = self.folder(number).join(GATE);
        if path.exists() { read_json(&path).map(Some) } else { Ok(None) }
    }

    async fn stored(&self, number: u64, documents: &[DocumentId]) -> Result<Vec<StoredChunk>, StoreError> {
        let generation = self.about(number)?;
        OpenGeneration::open(&self.folder(number), generation)?.stored(documents)
    }

    /// What is written here is written quickly: a copy that was broken off begins anew.
    async fn begin_copy(&self, _: &str) -> Result<Box<dyn GenerationWriter>, StoreError> {
        self.begin(None).await
    }

    async fn remove_generation(&self, number: u64) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        self.about(number)?;
        if self.current()? == Some(number) {
            return Err(StoreError::Busy(format!("generation {number} is served")));
        }
        self.take_out(number)
    }

    async fn discard(&self) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        let removed = |path: &Path, done: std::io::Result<()>| match done {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(failed(path, "cannot be removed", &error))
            }
            _ => Ok(()),
        };
        let (pointer, generations) = (self.state.join(CURRENT), self.state.join(GENERATIONS));
        removed(&pointer, std::fs::remove_file(&pointer))?;
        removed(&generations, std::fs::remove_dir_all(&generations))
    }
}
