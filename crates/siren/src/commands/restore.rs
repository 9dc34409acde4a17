//! `siren restore`: what `siren backup` has saved, back into the store that is configured.
//!
//! Nothing is touched before every checksum is right, and the index is served only when what was written has been read back.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde_json::json;
use siren_adapters::sqlite_copy::{nobody_uses, put_database};
use siren_domain::gate::GateNote;
use siren_domain::ports::{DocumentRecord, Generation, Store, StoredChunk};
use siren_domain::{Conflict, Record};

use super::Failure;
use super::backup::{
    CHUNKS, CONFLICTS, DOCUMENTS, FORMAT, GATE, GENERATION, MANIFEST, Manifest, RECORDS, SETTINGS, STATE,
    SavedChunk, saved,
};
use super::copy::{BATCH, again, documents_of, same_analyser, stored, sum, taken_back};
use super::named_files::{self, is_below};
use crate::output::{self, Ticker};
use crate::wiring::Wiring;

pub(super) async fn run(wiring: &Wiring, folder: &Path, force: bool, json: bool) -> Result<(), Failure> {
    let manifest = checked(folder)?;
    let store = wiring.store()?;
    if let Some(live) = store.live().await?.filter(|_| !force) {
        return Err(Failure::usage(format!(
            "there is an index already (generation {}): --force puts the restored one in its place",
            live.number
        )));
    }
    let state = wiring.state().join(STATE);
    let restores_state = folder.join(STATE).exists() && wiring.settings.settings.state.url.is_empty();
    if restores_state && state.exists() && !force {
        let place = state.display();
        return Err(Failure::usage(format!(
            "{place} is there already: --force puts the restored one in its place"
        )));
    }
    if restores_state {
        nobody_uses(&state).await.map_err(Failure::failed)?;
    }
    let made = restored(wiring, folder, store.as_ref()).await?;
    let mut notes = manifest.notes.clone();
    if restores_state {
        let aside = put_database(&folder.join(STATE), &state).await.map_err(Failure::failed)?;
        let old = aside.map(|aside| format!("; what was there is in {}", aside.display()));
        notes.push(format!("conversations and other state are restored{}", old.unwrap_or_default()));
    } else if folder.join(STATE).exists() {
        notes.push("`state.url` names PostgreSQL: the saved state.sqlite is not restored".to_owned());
    }
    if folder.join(SETTINGS).exists() {
        notes.push(restore_settings(&folder.join(SETTINGS), &wiring.settings.file())?);
    }
    notes.extend(named_files::restore(&wiring.settings, folder)?);
    if json {
        return output::json(
            &json!({ "schema": 1, "generation": made, "made_at": manifest.made_at, "notes": notes }),
        );
    }
    notes.insert(
        0,
        format!("generation {} is live: {} documents, {} chunks", made.number, made.documents, made.chunks),
    );
    output::text(&format!("{}\n", notes.join("\n")))
}

/// The manifest of a backup that is whole.
fn checked(folder: &Path) -> Result<Manifest, Failure> {
    let path = folder.join(MANIFEST);
    let text = std::fs::read(&path).map_err(|error| {
        Failure::usage(format!(
            "{}: {error}: this is no folder that `siren backup` has finished",
            path.display()
        ))
    })?;
    let manifest: Manifest = serde_json::from_slice(&text)
        .map_err(|error| Failure::failed(format!("{} is damaged: {error}", path.display())))?;
    if manifest.format != FORMAT {
        return Err(Failure::failed(format!(
            "this backup has format {}, made by version {}; this version reads format {FORMAT}: restore it with that version",
            manifest.format, manifest.version
        )));
    }
    for (name, told) in &manifest.files {
        let path = folder.join(name);
        let right = is_below(Path::new(name))
            && !name.contains('\\')
            && saved(&path).is_ok_and(|there| there == *told);
        if !right {
            return Err(Failure::failed(format!(
                "{} is not what was saved (its checksum differs): take another backup; nothing was changed",
                path.display()
            )));
        }
    }
    Ok(manifest)
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    serde_json::from_slice(&std::fs::read(path)?)
        .map_err(|error| Failure::failed(format!("{} is damaged: {error}", path.display())))
}

fn lines<T: DeserializeOwned>(
    path: &Path,
) -> Result<impl Iterator<Item = Result<T, Failure>> + use<T>, Failure> {
    let place = path.display().to_string();
    let lines = BufReader::new(File::open(path)?).lines();
    Ok(lines.map(move |line| {
        serde_json::from_str(&line?).map_err(|error| Failure::failed(format!("{place} is damaged: {error}")))
    }))
}

fn chunk(SavedChunk { chunk, vector }: SavedChunk) -> Result<StoredChunk, Failure> {
    let vector = vector.map(|text| STANDARD.decode(text).map_err(Failure::failed)).transpose()?;
    let numbers =
        |bytes: Vec<u8>| bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect();
    Ok(StoredChunk { chunk, vector: vector.map(numbers) })
}

async fn restored(wiring: &Wiring, folder: &Path, store: &dyn Store) -> Result<Generation, Failure> {
    let (source, analyser): (Generation, _) = (read(&folder.join(GENERATION))?, wiring.analyser()?);
    same_analyser(&source, &analyser)?;
    let ticker = Ticker::new(wiring.quiet);
    let mut writer =
        store.begin_copy(&format!("backup of generation {} of {}", source.number, source.created_at)).await?;
    let mut chunks = lines::<SavedChunk>(&folder.join(CHUNKS))?.map(|line| line.and_then(chunk)).peekable();
    let mut sums = Vec::new();
    for document in lines::<DocumentRecord>(&folder.join(DOCUMENTS))? {
        let document = document?;
        let is_its = |next: &Result<StoredChunk, Failure>| {
            next.as_ref().map_or(true, |one| one.chunk.document.id == document.id)
        };
        let mut own = Vec::new();
        while let Some(one) = chunks.next_if(is_its) {
            own.push(one?);
        }
        sums.push(sum(&document, &own)?);
        writer.put(document, again(&analyser, own)).await?;
        ticker.tick("documents restored", sums.len(), usize::try_from(source.documents).ok());
    }
    let beside = Beside::read(folder)?;
    for record in &beside.records {
        writer.put_record(record.clone()).await?;
    }
    let made = writer.finish(source.identity.clone()).await?;
    if let Err(failure) = finished(wiring, store, (&source, &made), &sums, &beside).await {
        return Err(taken_back(store, made.number, failure).await);
    }
    store.promote(made.number).await?;
    ticker.done();
    Ok(made)
}

/// What was saved beside documents and chunks.
struct Beside {
    records: Vec<Record>,
    conflicts: Option<Vec<Conflict>>,
    gate: Option<GateNote>,
}

impl Beside {
    fn read(folder: &Path) -> Result<Self, Failure> {
        let gate = folder.join(GATE);
        Ok(Self {
            records: lines(&folder.join(RECORDS))?.collect::<Result<_, _>>()?,
            conflicts: read(&folder.join(CONFLICTS))?,
            // There is none where no gate was asked.
            gate: if gate.exists() { Some(read(&gate)?) } else { None },
        })
    }
}

/// Puts the rest with a generation, and reads everything back.
async fn finished(
    wiring: &Wiring,
    store: &dyn Store,
    (source, made): (&Generation, &Generation),
    sums: &[[u8; 32]],
    beside: &Beside,
) -> Result<(), Failure> {
    if let Some(conflicts) = &beside.conflicts {
        store.put_conflicts(made.number, conflicts).await?;
    }
    if let Some(note) = &beside.gate {
        store.put_gate(made.number, note).await?;
    }
    let differs =
        |what: &str| Failure::failed(format!("what was restored differs from what was saved in {what}"));
    if (made.documents, made.chunks) != (source.documents, source.chunks) {
        return Err(differs("how many documents or chunks there are"));
    }
    let dimensions = wiring.embedder()?.map(|embedder| embedder.dimensions());
    let mut there = Vec::new();
    for some in documents_of(store, made.number).await?.chunks(BATCH) {
        let mut chunks = stored(store, made.number, some, dimensions).await?;
        for document in some {
            there.push(sum(document, &chunks.remove(&document.id).unwrap_or_default())?);
        }
    }
    if there != sums {
        return Err(differs("its documents"));
    }
    let back = store.records_of(made.number).await?;
    if (&back.records, &back.conflicts) != (&beside.records, &beside.conflicts) {
        return Err(differs("its records or conflicts"));
    }
    if store.gate_of(made.number).await? != beside.gate {
        return Err(differs("what the gate said"));
    }
    Ok(())
}

fn restore_settings(from: &Path, to: &Path) -> Result<String, Failure> {
    if to.exists() {
        return Ok(format!("{} stays as it is; the saved settings are in {}", to.display(), from.display()));
    }
    std::fs::copy(from, to)?;
    Ok(format!("{} is restored", to.display()))
}
