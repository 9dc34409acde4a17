//! What the gate said, kept with each generation.

use siren_domain::gate::GateNote;
use siren_domain::ports::StoreError;

use super::EmbeddedStore;
use super::files::{failed, read_json, write_atomically};

const GATE: &str = "gate.json";

impl EmbeddedStore {
    /// Keeps what the gate said of a generation that is complete.
    pub fn put_gate(&self, number: u64, note: &GateNote) -> Result<(), StoreError> {
        self.about(number)?;
        let path = self.folder(number).join(GATE);
        let text =
            serde_json::to_vec_pretty(note).map_err(|error| failed(&path, "cannot be told", &error))?;
        write_atomically(&path, &text)
    }

    /// What the gate said of a generation; none when there was no gate.
    pub fn gate_of(&self, number: u64) -> Result<Option<GateNote>, StoreError> {
        let path = self.folder(number).join(GATE);
        if path.exists() { read_json(&path).map(Some) } else { Ok(None) }
    }
}
