//! Which records belong to the passages, and what of both goes before a model.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, RwLock};

use siren_domain::ports::{PassageStore, StoreError};
use siren_domain::{Chunk, Conflict, DocumentId, Linked, LinkedBy, Passage, Record, Records, ScoreParts};
use siren_merging::{Catalogue, Link};

use crate::editions::Editions;
use crate::understanding::mending::words_of_names;

/// A passage is as good as a record from this share of its score on. On `eval/conference`, 0.5 to 0.8 are alike and find
/// more than 0.4, see `docs/retrieval.md`.
const GOOD: f32 = 0.7;
/// Conflicts that are told of one context at most.
const MOST_CONFLICTS: usize = 3;

/// The records of the live generation, kept as long as it is live.
#[derive(Debug, Default)]
pub(crate) struct Cache(RwLock<Option<Arc<Known>>>);

/// What is known of records in one generation.
#[derive(Debug)]
pub(crate) struct Known {
    catalogue: Catalogue,
    records: Arc<Records>,
    /// What names are made of, and whose they are, by number.
    words: BTreeMap<String, Vec<usize>>,
    pub(crate) editions: Editions,
}

impl Known {
    fn new(records: Arc<Records>) -> Self {
        let mut words: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, record) in records.records.iter().enumerate() {
            for word in words_of_names(record.names.iter().map(String::as_str)) {
                words.entry(word).or_default().push(at);
            }
        }
        let editions = Editions::of(&records.records);
        Self { catalogue: Catalogue::new(records.records.clone()), records, words, editions }
    }

    /// The words that names of records and of the table of aliases are made of. Who asks may not know all of them.
    pub(crate) fn words_of_names(&self) -> &BTreeMap<String, Vec<usize>> {
        &self.words
    }
}

impl Cache {
    pub(crate) async fn known(&self, store: &dyn PassageStore) -> Result<Arc<Known>, StoreError> {
        let records = store.records().await?;
        let kept = self.0.read().ok().and_then(|kept| kept.clone());
        if let Some(known) = kept.filter(|known| known.records.generation == records.generation) {
            return Ok(known);
        }
        let known = Arc::new(Known::new(records));
        if let Ok(mut kept) = self.0.write() {
            *kept = Some(Arc::clone(&known));
        }
        Ok(known)
    }
}

/// A question to the records: who asks, and what may be added to the context.
pub(crate) struct Asking<'a> {
    pub(crate) store: &'a dyn PassageStore,
    pub(crate) known: &'a Known,
    pub(crate) question: &'a str,
    pub(crate) groups: &'a [String],
    /// Only passages of these years, as long as there are any. Empty: all.
    pub(crate) years: &'a [u16],
    /// Only passages of these events, as long as there are any. Empty: all.
    pub(crate) events: &'a [String],
    /// Whether the embedder failed meanwhile.
    pub(crate) by_terms_alone: &'a AtomicBool,
    /// Records at most.
    pub(crate) most: usize,
    /// Tokens at most.
    pub(crate) budget: usize,
}

impl Asking<'_> {
    fn links(&self, chunk: &Chunk) -> Vec<Link<'_>> {
        self.known.catalogue.links(chunk, &|record| record.readable_by(self.groups))
    }

    /// The records that the question names, and that the asker may read.
    pub(crate) fn named(&self) -> Vec<&Record> {
        self.known.catalogue.named_in(self.question, &|record| record.readable_by(self.groups))
    }

    /// The records that documents belong to, and that the asker may read.
    pub(crate) fn keyed(&self) -> Vec<&Record> {
        let all = self.known.records.records.iter();
        all.filter(|record| !record.keys.is_empty() && record.readable_by(self.groups)).collect()
    }

    /// Whether the asker may read the record of this number.
    pub(crate) fn may_read(&self, record: usize) -> bool {
        self.known.records.records[record].readable_by(self.groups)
    }

    /// The records that have the word in a name, and that the asker may read.
    pub(crate) fn called(&self, word: &str) -> impl Iterator<Item = &Record> {
        let owners = self.known.words.get(word).into_iter().flatten();
        owners.map(|at| &self.known.records.records[*at]).filter(|record| record.readable_by(self.groups))
    }

    /// Which of these records the chunk is, names, or shares a key with.
    pub(crate) fn spoken_of<'r>(&self, chunk: &Chunk, records: &[&'r Record]) -> Vec<&'r Record> {
        if records.is_empty() {
            return Vec::new();
        }
        let links = self.links(chunk);
        let is_of = |record: &&&Record| {
            chunk.document.id == record.id || links.iter().any(|link| link.record.id == record.id)
        };
        records.iter().filter(is_of).copied().collect()
    }

    /// Records are short and full of names, so a question that names one finds it first, whatever it asks. A record gives
    /// way to the passages that name it, are good as well and may stand `before` it: it comes right behind them.
    pub(crate) fn give_way(&self, passages: &mut Vec<Passage>, before: impl Fn(&Chunk, &Chunk) -> bool) {
        let catalogue = &self.known.catalogue;
        if passages.iter().all(|passage| catalogue.record(&passage.chunk.document.id).is_none()) {
            return;
        }
        let naming = |passage: &Passage| {
            let ids = self.links(&passage.chunk).into_iter().map(|link| link.record.id.clone());
            (passage.chunk.id.clone(), ids.collect())
        };
        let naming: BTreeMap<String, BTreeSet<DocumentId>> = passages.iter().map(naming).collect();
        let names = |passage: &Chunk, record: &Chunk| {
            naming.get(&passage.id).is_some_and(|ids| ids.contains(&record.document.id))
        };
        let mut moved: BTreeSet<String> = BTreeSet::new();
        let mut at = 0;
        while at < passages.len() {
            let goes_before =
                |passage: &Chunk, record: &Chunk| names(passage, record) && before(passage, record);
            let to =
                last_behind(passages, at, goes_before).filter(|_| !moved.contains(&passages[at].chunk.id));
            let Some(to) = to else {
                at += 1;
                continue;
            };
            let mut record = passages.remove(at);
            record.score = record.score.min(passages[to - 1].score.next_down());
            moved.insert(record.chunk.id.clone());
            passages.insert(to, record);
        }
    }

    /// The records that belong to the context's passages, and the conflicts that concern them.
    pub(crate) async fn travelling(
        &self,
        passages: &[Passage],
        context: &[usize],
    ) -> Result<(Vec<Linked>, Vec<Conflict>), StoreError> {
        let mut wanted = self.wanted(passages, context);
        let conflicts = self.conflicts(passages, context, &wanted);
        for conflict in &conflicts {
            wanted.extend(counterpart_of(conflict, passages, context));
        }
        let ids: Vec<DocumentId> = wanted.iter().map(|wanted| wanted.id.clone()).collect();
        let there: Vec<Chunk> =
            if ids.is_empty() { Vec::new() } else { self.store.passages(&ids, self.groups).await? };
        let mut left = self.budget;
        let mut out: Vec<Linked> = Vec::new();
        for wanted in wanted {
            let Some(chunk) = there.iter().find(|chunk| wanted.is(chunk)) else { continue };
            if out.iter().any(|linked| linked.counterpart.chunk.id == chunk.id) {
                continue;
            }
            let before = context.iter().any(|at| passages[*at].chunk.id == chunk.id);
            // What is right in a conflict goes before a model whatever it costs: without it the answer would be wrong.
            let fits = wanted.needed || chunk.tokens as usize <= left;
            let in_context = !before && fits;
            left = left.saturating_sub(if in_context { chunk.tokens as usize } else { 0 });
            let counterpart =
                Passage { chunk: Arc::new(chunk.clone()), score: 0.0, parts: ScoreParts::default() };
            let Wanted { passage, by, evidence, .. } = wanted;
            out.push(Linked { passage, by, evidence, counterpart, in_context });
        }
        Ok((out, conflicts))
    }

    /// The records to bring, those first that the question names, then by passage.
    fn wanted(&self, passages: &[Passage], context: &[usize]) -> Vec<Wanted> {
        let visible = |record: &Record| record.readable_by(self.groups);
        let asked: BTreeSet<DocumentId> = self
            .known
            .catalogue
            .named_in(self.question, &visible)
            .into_iter()
            .map(|r| r.id.clone())
            .collect();
        let mut out: Vec<Wanted> = Vec::new();
        for at in context {
            for link in self.links(&passages[*at].chunk) {
                let id = link.record.id.clone();
                if out.iter().all(|wanted| wanted.id != id) {
                    let (by, evidence) = (link.by, link.evidence);
                    out.push(Wanted { passage: *at, by, evidence, id, chunk: None, needed: false });
                }
            }
        }
        out.sort_by_key(|wanted| !asked.contains(&wanted.id));
        out.truncate(self.most);
        out
    }

    /// The conflicts that stand between what goes before a model, or comes with it, and something that the asker may read.
    fn conflicts(&self, passages: &[Passage], context: &[usize], wanted: &[Wanted]) -> Vec<Conflict> {
        let standing = self.known.records.conflicts.iter().flatten();
        let concerned = standing.filter(|conflict| {
            let record = &conflict.recorded.document_id;
            conflict.readable_by(self.groups)
                && (wanted.iter().any(|wanted| wanted.id == *record)
                    || context.iter().any(|at| {
                        let chunk = &passages[*at].chunk;
                        chunk.id == conflict.at.chunk_id || chunk.document.id == *record
                    }))
        });
        concerned.take(MOST_CONFLICTS).cloned().collect()
    }
}

/// Something to be brought.
struct Wanted {
    passage: usize,
    by: LinkedBy,
    evidence: String,
    id: DocumentId,
    /// A certain chunk of it; none for its first.
    chunk: Option<String>,
    needed: bool,
}

impl Wanted {
    fn is(&self, chunk: &Chunk) -> bool {
        chunk.document.id == self.id && self.chunk.as_ref().is_none_or(|id| *id == chunk.id)
    }
}

/// Both sides of a conflict, as far as they are not in the context yet, with the passage that they come for.
fn counterpart_of(conflict: &Conflict, passages: &[Passage], context: &[usize]) -> Vec<Wanted> {
    let of =
        |wanted: &dyn Fn(&Chunk) -> bool| context.iter().copied().find(|at| wanted(&passages[*at].chunk));
    let states = of(&|chunk| chunk.id == conflict.at.chunk_id);
    let record = of(&|chunk| chunk.document.id == conflict.recorded.document_id);
    let passage = states.or(record).or(context.first().copied()).unwrap_or_default();
    let (stated, recorded) = (&conflict.stated, &conflict.recorded);
    let bring = |id: &DocumentId, chunk: Option<&String>, evidence: &str| Wanted {
        passage,
        by: LinkedBy::Name,
        evidence: evidence.to_owned(),
        id: id.clone(),
        chunk: chunk.cloned(),
        needed: true,
    };
    let missing_statement =
        states.is_none().then(|| bring(&stated.document_id, Some(&conflict.at.chunk_id), &stated.text));
    let missing_record = record.is_none().then(|| bring(&recorded.document_id, None, &recorded.title));
    missing_statement.into_iter().chain(missing_record).collect()
}

/// Where the last passage stands behind the record at `at` that goes before it and is good as well.
fn last_behind(
    passages: &[Passage],
    at: usize,
    goes_before: impl Fn(&Chunk, &Chunk) -> bool,
) -> Option<usize> {
    let record = &passages[at];
    let behind = passages.iter().enumerate().skip(at + 1);
    let good = behind.filter(|(_, passage)| passage.score >= GOOD * record.score);
    good.rev().find(|(_, passage)| goes_before(&passage.chunk, &record.chunk)).map(|(to, _)| to)
}
