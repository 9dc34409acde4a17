//! `siren backup`: index, state and settings into a folder.
//!
//! ```text
//! manifest.json     what was saved, when, by which version, and the size and checksum of each file
//! generation.json   the live generation; documents.jsonl, chunks.jsonl (with vectors), records.jsonl, conflicts.json
//! gate.json         what the gate said of that generation, if it was asked
//! state.sqlite      conversations, feedback, jobs, audit, as of one moment; not where they are in PostgreSQL
//! settings.toml     the settings file
//! named.json named/ the files that the settings name
//! ```
//! The index is saved in the same form whichever store it lies in, so that it can be restored into either.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use siren_adapters::sqlite_copy::copy_database;
use siren_domain::Chunk;
use siren_domain::ports::{Generation, StoreError};

use super::copy::{BATCH, documents_of, stored};
use super::{Failure, named_files};
use crate::output::{self, Ticker};
use crate::wiring::Wiring;

pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const GENERATION: &str = "generation.json";
pub(super) const DOCUMENTS: &str = "documents.jsonl";
pub(super) const CHUNKS: &str = "chunks.jsonl";
pub(super) const RECORDS: &str = "records.jsonl";
pub(super) const CONFLICTS: &str = "conflicts.json";
pub(super) const GATE: &str = "gate.json";
pub(super) const STATE: &str = "state.sqlite";
pub(super) const SETTINGS: &str = "settings.toml";
/// Version of this form.
pub(super) const FORMAT: u32 = 1;

const IN_POSTGRES: &str =
    "conversations and other state are in PostgreSQL (`state.url`) and not in here: save them with pg_dump";

/// What a backup holds.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) schema: u32,
    pub(super) format: u32,
    /// The program that made it.
    pub(super) version: String,
    pub(super) made_at: String,
    /// What is not in it, for a person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) notes: Vec<String>,
    pub(super) files: BTreeMap<String, Saved>,
}

/// A file of a backup.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Saved {
    pub(super) bytes: u64,
    pub(super) blake3: String,
}

/// A chunk as it is saved.
#[derive(Serialize, Deserialize)]
pub(super) struct SavedChunk {
    pub(super) chunk: Chunk,
    /// Its numbers, four bytes each, as base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) vector: Option<String>,
}

pub(super) async fn run(wiring: &Wiring, folder: &Path, json: bool) -> Result<(), Failure> {
    let taken = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if taken {
        let place = folder.display();
        return Err(Failure::usage(format!(
            "{place} is not empty: name a folder that is, or is not there yet"
        )));
    }
    std::fs::create_dir_all(folder)?;
    save_index(wiring, folder).await?;
    let mut notes: Vec<String> = save_state(wiring, folder).await?.into_iter().collect();
    let settings = wiring.settings.file();
    if settings.exists() {
        named_files::write(&folder.join(SETTINGS), &std::fs::read(&settings)?)?;
    }
    notes.extend(named_files::save(&wiring.settings, folder)?);
    let manifest = manifest(folder, notes)?;
    // Last, and whole or not at all: a folder without it is no backup.
    let unfinished = folder.join("manifest.new");
    let mut file = File::create(&unfinished)?;
    file.write_all(&serde_json::to_vec_pretty(&manifest)?)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, folder.join(MANIFEST))?;
    if json {
        return output::json(&manifest);
    }
    let names: Vec<&str> = manifest.files.keys().map(String::as_str).collect();
    output::text(&format!(
        "saved in {}: {}\n{}it holds documents and conversations, and secrets that stand in the settings: keep it as safe as those\n",
        folder.display(),
        names.join(", "),
        manifest.notes.iter().map(|note| format!("{note}\n")).collect::<String>()
    ))
}

/// The state in its file. A server's is its own to save, and what lies here from before is not what is in use.
async fn save_state(wiring: &Wiring, folder: &Path) -> Result<Option<String>, Failure> {
    if !wiring.settings.settings.state.url.is_empty() {
        return Ok(Some(IN_POSTGRES.to_owned()));
    }
    let state = wiring.state().join(STATE);
    if state.exists() {
        copy_database(&state, &folder.join(STATE)).await.map_err(Failure::failed)?;
        named_files::on_disk(&folder.join(STATE))?;
    }
    Ok(None)
}

async fn save_index(wiring: &Wiring, folder: &Path) -> Result<(), Failure> {
    let store = wiring.store()?;
    let live: Generation = store.live().await?.ok_or(StoreError::NoIndex)?;
    let dimensions = wiring.embedder()?.map(|embedder| embedder.dimensions());
    let documents = documents_of(store.as_ref(), live.number).await?;
    let ticker = Ticker::new(wiring.quiet);
    let mut lines = Lines::new(folder, DOCUMENTS)?;
    documents.iter().try_for_each(|document| lines.put(document))?;
    lines.finish()?;
    let mut lines = Lines::new(folder, CHUNKS)?;
    for (at, some) in documents.chunks(BATCH).enumerate() {
        let mut chunks = stored(store.as_ref(), live.number, some, dimensions).await?;
        for document in some {
            for one in chunks.remove(&document.id).unwrap_or_default() {
                let bytes =
                    |numbers: Vec<f32>| numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
                let vector = one.vector.map(|numbers| STANDARD.encode(bytes(numbers)));
                lines.put(&SavedChunk { chunk: one.chunk, vector })?;
            }
        }
        ticker.tick("documents saved", at * BATCH + some.len(), Some(documents.len()));
    }
    lines.finish()?;
    ticker.done();
    let records = store.records_of(live.number).await?;
    let mut lines = Lines::new(folder, RECORDS)?;
    records.records.iter().try_for_each(|record| lines.put(record))?;
    lines.finish()?;
    named_files::write(&folder.join(CONFLICTS), &serde_json::to_vec(&records.conflicts)?)?;
    if let Some(note) = store.gate_of(live.number).await? {
        named_files::write(&folder.join(GATE), &serde_json::to_vec_pretty(&note)?)?;
    }
    named_files::write(&folder.join(GENERATION), &serde_json::to_vec_pretty(&live)?)
}

/// A file of JSON, a value a line.
struct Lines(BufWriter<File>);

impl Lines {
    fn new(folder: &Path, name: &str) -> Result<Self, Failure> {
        Ok(Self(BufWriter::new(File::create(folder.join(name))?)))
    }

    fn put(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer(&mut self.0, value)?;
        Ok(self.0.write_all(b"\n")?)
    }

    fn finish(self) -> Result<(), Failure> {
        Ok(self.0.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?)
    }
}

/// All files below a folder, each by its way down from there.
fn files_below(folder: &Path, way: &str, files: &mut BTreeMap<String, Saved>) -> Result<(), Failure> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{way}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            files_below(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.insert(name, saved(&entry.path())?);
        }
    }
    Ok(())
}

fn manifest(folder: &Path, notes: Vec<String>) -> Result<Manifest, Failure> {
    let mut files = BTreeMap::new();
    files_below(folder, "", &mut files)?;
    Ok(Manifest {
        schema: 1,
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: jiff::Timestamp::now().to_string(),
        notes,
        files,
    })
}

/// Size and checksum of a file.
pub(super) fn saved(path: &Path) -> Result<Saved, Failure> {
    let mut hasher = blake3::Hasher::new();
    let bytes = std::io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok(Saved { bytes, blake3: hasher.finalize().to_hex().to_string() })
}
