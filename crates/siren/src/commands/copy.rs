//! `siren index copy`: the live generation of one store into another.
//!
//! Chunks and vectors are taken as they are stored; only the terms are told anew, by the same analyser. What has arrived is
//! read back and compared, document by document, before it is served.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use siren_domain::DocumentId;
use siren_domain::ports::{AnalysedChunk, DocumentRecord, Generation, Store, StoreError, StoredChunk};
use siren_index::analysed;
use siren_text::Analyser;

use super::Failure;
use crate::output::{self, Ticker};
use crate::settings::StoreKind;
use crate::wiring::Wiring;

/// Documents that are read at a time.
pub(super) const BATCH: usize = 64;
/// A vector is compared as the bytes that it is rounded to.
const LARGEST: f32 = 127.0;

/// What a document holds, in a few bytes: its chunks with their vectors.
type Sums = BTreeMap<DocumentId, [u8; 32]>;

pub(super) async fn run(
    wiring: &Wiring,
    (from, to): (StoreKind, StoreKind),
    json: bool,
) -> Result<(), Failure> {
    if from == to {
        return Err(Failure::usage("--from and --to name the same store: there is nothing to copy"));
    }
    let open = |kind| wiring.store_of(kind, wiring.state(), None);
    let copy = Copying {
        from: open(from)?,
        to: open(to)?,
        analyser: wiring.analyser()?,
        dimensions: wiring.embedder()?.map(|embedder| embedder.dimensions()),
        ticker: Ticker::new(wiring.quiet),
    };
    let Copied { source, made, already_there, .. } = copy.run().await?;
    if json {
        return output::json(
            &json!({ "schema": 1, "from": source, "to": made, "already_there": already_there, "verified": true }),
        );
    }
    let gone_on = match already_there {
        0 => String::new(),
        chunks => format!(" ({chunks} of them were there from an earlier try)"),
    };
    output::text(&format!(
        "generation {} is copied to generation {} of the other store, which is live there: {} documents, {} chunks{gone_on}, compared one by one\n",
        source.number, made.number, made.documents, made.chunks
    ))
}

/// A copy that is complete and not served yet.
struct Copied {
    source: Generation,
    made: Generation,
    sums: Sums,
    /// Chunks that an earlier try had left.
    already_there: u64,
}

struct Copying {
    from: Arc<dyn Store>,
    to: Arc<dyn Store>,
    analyser: Analyser,
    /// Numbers of a vector; a store may keep a few noughts more.
    dimensions: Option<usize>,
    ticker: Ticker,
}

impl Copying {
    async fn run(&self) -> Result<Copied, Failure> {
        let source = self.from.live().await?.ok_or(StoreError::NoIndex)?;
        same_analyser(&source, &self.analyser)?;
        let documents = documents_of(self.from.as_ref(), source.number).await?;
        let copied = self.copied(source, &documents).await?;
        let number = copied.made.number;
        if let Err(failure) = self.finished(&copied, &documents).await {
            return Err(taken_back(self.to.as_ref(), number, failure).await);
        }
        self.to.promote(number).await?;
        self.ticker.done();
        Ok(copied)
    }

    async fn copied(&self, source: Generation, documents: &[DocumentRecord]) -> Result<Copied, Failure> {
        let of = format!("copy of generation {} of {}", source.number, source.created_at);
        let mut writer = self.to.begin_copy(&of).await?;
        let mut sums = Sums::new();
        for some in documents.chunks(BATCH) {
            let mut chunks = stored(self.from.as_ref(), source.number, some, self.dimensions).await?;
            for document in some {
                let of_document = chunks.remove(&document.id).unwrap_or_default();
                sums.insert(document.id.clone(), sum(document, &of_document)?);
                writer.put(document.clone(), again(&self.analyser, of_document)).await?;
            }
            self.ticker.tick("documents read", sums.len(), Some(documents.len()));
        }
        let records = self.from.records_of(source.number).await?;
        for record in &records.records {
            writer.put_record(record.clone()).await?;
        }
        let already_there = writer.already_there().await?;
        let made = writer.finish(source.identity.clone()).await?;
        Ok(Copied { source, made, sums, already_there })
    }

    /// Puts the rest with a copy, and reads everything back.
    async fn finished(&self, copied: &Copied, documents: &[DocumentRecord]) -> Result<(), Failure> {
        let Copied { source, made, sums, .. } = copied;
        let before = self.from.records_of(source.number).await?;
        if let Some(conflicts) = &before.conflicts {
            self.to.put_conflicts(made.number, conflicts).await?;
        }
        if let Some(note) = self.from.gate_of(source.number).await? {
            self.to.put_gate(made.number, &note).await?;
        }
        let differs = |what: &str| {
            Failure::failed(format!("the copy differs from generation {} in {what}", source.number))
        };
        if (made.documents, made.chunks) != (source.documents, source.chunks) {
            return Err(differs("how many documents or chunks there are"));
        }
        let there = documents_of(self.to.as_ref(), made.number).await?;
        if there != documents {
            return Err(differs("its list of documents"));
        }
        for (at, some) in there.chunks(BATCH).enumerate() {
            let mut chunks = stored(self.to.as_ref(), made.number, some, self.dimensions).await?;
            for document in some {
                let of_document = chunks.remove(&document.id).unwrap_or_default();
                if sums.get(&document.id) != Some(&sum(document, &of_document)?) {
                    return Err(differs(&format!("the document {}", document.id)));
                }
            }
            self.ticker.tick("documents compared", at * BATCH + some.len(), Some(there.len()));
        }
        let after = self.to.records_of(made.number).await?;
        if (&before.records, &before.conflicts) != (&after.records, &after.conflicts) {
            return Err(differs("its records or conflicts"));
        }
        Ok(())
    }
}

/// Takes out a generation that came out wrong: it is not served, and nobody must go back to it.
pub(super) async fn taken_back(store: &dyn Store, number: u64, failure: Failure) -> Failure {
    let became = match store.remove_generation(number).await {
        Ok(()) => "it is removed again, and nothing else was changed".to_owned(),
        Err(error) => {
            format!(
                "generation {number} is not served, but it could not be removed ({error}): never go back to it"
            )
        }
    };
    Failure { message: format!("{}; {became}", failure.message), ..failure }
}

/// Terms are not stored: only the analyser that made them tells them again.
pub(super) fn same_analyser(source: &Generation, analyser: &Analyser) -> Result<(), Failure> {
    let (made_by, own) = (&source.identity.analyser, analyser.identity());
    if *made_by == own {
        return Ok(());
    }
    Err(Failure::failed(format!(
        "generation {} was made by the analyser {made_by}, and this is {own}: go where the same assets are, or run `siren reindex`",
        source.number
    )))
}

/// The documents of a generation, by id.
pub(super) async fn documents_of(store: &dyn Store, number: u64) -> Result<Vec<DocumentRecord>, Failure> {
    let mut documents = Vec::new();
    store.documents(number, &mut |document| documents.push(document)).await?;
    documents.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(documents)
}

/// The chunks of these documents, by document, in order.
pub(super) async fn stored(
    store: &dyn Store,
    number: u64,
    documents: &[DocumentRecord],
    dimensions: Option<usize>,
) -> Result<BTreeMap<DocumentId, Vec<StoredChunk>>, Failure> {
    let ids: Vec<DocumentId> = documents.iter().map(|document| document.id.clone()).collect();
    let mut out: BTreeMap<DocumentId, Vec<StoredChunk>> = BTreeMap::new();
    for mut stored in store.stored(number, &ids).await? {
        if let (Some(vector), Some(length)) = (&mut stored.vector, dimensions) {
            vector.truncate(length);
        }
        out.entry(stored.chunk.document.id.clone()).or_default().push(stored);
    }
    for chunks in out.values_mut() {
        chunks.sort_by_key(|one| {
            one.chunk.id.rsplit_once('#').and_then(|(_, ordinal)| ordinal.parse::<usize>().ok())
        });
    }
    Ok(out)
}

/// Chunks as a writer takes them.
pub(super) fn again(analyser: &Analyser, chunks: Vec<StoredChunk>) -> Vec<AnalysedChunk> {
    let again = chunks.into_iter().map(|StoredChunk { chunk, vector }| {
        let mut analysed = analysed(analyser, chunk);
        analysed.vector = vector;
        analysed
    });
    again.collect()
}

/// The same for the same document with the same chunks and vectors, in whichever store it lies.
pub(super) fn sum(document: &DocumentRecord, chunks: &[StoredChunk]) -> Result<[u8; 32], Failure> {
    let mut hasher = blake3::Hasher::new();
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    add(&serde_json::to_vec(document)?);
    for StoredChunk { chunk, vector } in chunks {
        add(&serde_json::to_vec(chunk)?);
        add(&vector.as_deref().map(rounded).unwrap_or_default());
    }
    Ok(*hasher.finalize().as_bytes())
}

#[expect(clippy::cast_possible_truncation, reason = "between -127 and 127 by what it was divided by")]
fn rounded(vector: &[f32]) -> Vec<u8> {
    let largest = vector.iter().fold(f32::MIN_POSITIVE, |most, x| most.max(x.abs()));
    vector.iter().map(|x| ((x / (largest / LARGEST)).round() as i8).cast_unsigned()).collect()
}

#[cfg(test)]
mod tests {
    use super::{LARGEST, rounded};

    /// One store keeps vectors as bytes, the other as they are.
    #[test]
    fn rounding_twice_is_rounding_once() {
        let vector: Vec<f32> = (0..512_u16).map(|n| (f32::from(n) * 0.7).sin() / 20.0).collect();
        let once = rounded(&vector);
        let largest = vector.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        let kept = once.iter().map(|byte| f32::from(byte.cast_signed()) * (largest / LARGEST));
        assert_eq!(rounded(&kept.collect::<Vec<f32>>()), once);
        assert_eq!(rounded(&[]), Vec::<u8>::new());
    }
}
