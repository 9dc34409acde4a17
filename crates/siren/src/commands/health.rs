//! `siren health`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::StreamExt;
use siren_domain::document::EVERYONE;
use siren_domain::ports::state::{FeedbackQuery, Feedbacks, State, Thumb};
use siren_domain::ports::{Among, Found, Known, PassageStore, RetrievalRequest, Store, StoreError};
use siren_domain::{DocumentId, Fault};
use siren_evaluation::suite;
use siren_guard::Guard;
use siren_guard::personal::{self, Allowed};
use siren_index::Mode;
use siren_index::health::{Asked, Detectors, Examiner, HealthSettings, Marked, Sensitive, Told as Words};

use super::{Failure, serve};
use crate::cli::HealthArgs;
use crate::clock::today;
use crate::output::health::{Told, told};
use crate::output::{self, Ticker};
use crate::rails::tells_of_instructions;
use crate::wiring::Wiring;

/// The newest of what is remembered that are looked at.
const REMEMBERED: usize = 2_000;

pub(super) async fn run(wiring: &Wiring, args: &HealthArgs) -> Result<(), Failure> {
    serve::index_if_none(wiring).await?;
    let store = wiring.store()?;
    let live = store.live().await?.ok_or(StoreError::NoIndex)?;
    let guard = wiring.guard()?;
    let allowed = Allowed::new(&wiring.settings.settings.guard.personal_data_allow);
    let injections = |text: &str| injections(&guard, text);
    let personal = |text: &str| personal_data(&allowed, text);
    let detectors =
        Detectors { injections: &injections, personal: &personal, is_injection: &tells_of_instructions };
    let mut examiner = Examiner::new(settings(wiring), detectors, roots(wiring)?);

    look_at_chunks(wiring, store.as_ref(), live.number, live.chunks, &mut examiner).await?;
    let mut notes = look_at_sources(wiring, &mut examiner).await?;
    if let Some(folder) = suite_of(wiring, args) {
        examiner.retrieved(&retrieved(wiring, &store, &folder).await?);
    } else {
        notes.push(Words::new(
            "어떤 평가 질문에서도 검색되지 않는 문서는 살피지 않았습니다(--suite, health.suite).",
            "no suite was asked for documents that nothing finds (--suite, health.suite)",
        ));
    }
    if let Some(path) = &args.feedback {
        complaints(path, &mut examiner)?;
    }
    if wiring.has_application_state() {
        remembered(wiring.application_state().await?.as_ref(), &mut examiner).await?;
    }
    examiner.compare();
    look_at_files(wiring, &mut examiner).await?;

    let report = examiner.finish();
    let told_of = Told { report: &report, generation: live.number, today: today(), notes: &notes };
    if let Some(path) = &args.html {
        std::fs::write(path, told_of.page()?)?;
    }
    match args.json.json {
        true => output::json(&told_of.document()?),
        false => output::text(&told(&told_of)),
    }
}

fn settings(wiring: &Wiring) -> HealthSettings {
    let set = &wiring.settings.settings.health;
    HealthSettings {
        stale_days: i64::try_from(set.stale_days).unwrap_or(i64::MAX),
        alike: set.alike,
        section_tokens: set.section_tokens as u64,
        chunk_letters: set.chunk_letters,
        today: today(),
    }
}

fn injections(guard: &Guard, text: &str) -> Vec<Marked> {
    guard.injections(text).into_iter().map(|found| (found.range, found.rule)).collect()
}

fn personal_data(allowed: &Allowed, text: &str) -> Vec<Sensitive> {
    let found = personal::find(text).into_iter().filter(|found| !allowed.has(&text[found.range.clone()]));
    let label = |kind: personal::Kind, korean| kind.label(korean).trim_matches(['[', ']']);
    found.map(|f| (f.range, Words::new(label(f.kind, true), label(f.kind, false)), f.checked)).collect()
}

/// The folders that paths of documents begin with, by source.
fn roots(wiring: &Wiring) -> Result<BTreeMap<String, String>, Failure> {
    let folders = wiring.file_sources()?.into_iter().filter_map(|files| Some((files.name, files.folder?)));
    Ok(folders.map(|(name, folder)| (name, folder.trim_end_matches('/').to_owned())).collect())
}

async fn look_at_chunks(
    wiring: &Wiring,
    store: &dyn Store,
    number: u64,
    chunks: u64,
    examiner: &mut Examiner<'_>,
) -> Result<(), Failure> {
    let ticker = Ticker::new(wiring.quiet);
    let (mut seen, all) = (0, usize::try_from(chunks).ok());
    let mut look = |chunk| {
        examiner.chunk(&chunk);
        seen += 1;
        ticker.tick("chunks", seen, all);
    };
    store.chunks(number, &Among::All, &mut look).await?;
    ticker.done();
    store.documents(number, &mut |record| examiner.record(&record)).await?;
    Ok(())
}

/// What the next reindex would tell: what cannot be read, and where documents and records differ. Nothing is written.
async fn look_at_sources(wiring: &Wiring, examiner: &mut Examiner<'_>) -> Result<Vec<Words>, Failure> {
    let ticker = Ticker::new(wiring.quiet);
    let (tell, told) = std::sync::mpsc::channel();
    // Nobody is told any more once this returns.
    let witness = move |fault: &Fault| drop(tell.send(fault.clone()));
    let pipeline = wiring.index_pipeline()?.with_witness(Arc::new(witness));
    let mode = Mode { dry_run: true, ..Mode::default() };
    let report = pipeline.reindex(mode, &|p| ticker.tick("documents", p.seen, p.expected)).await?;
    ticker.done();
    told.try_iter().for_each(|fault| examiner.fault(&fault));
    report.conflicts.iter().for_each(|conflict| examiner.conflict(conflict));
    let behind = report.documents.reprocessed() + report.documents.deleted + report.documents.moved;
    Ok(match behind {
        0 => Vec::new(),
        n => vec![Words::new(
            format!("색인이 소스보다 문서 {n}건 뒤처져 있습니다. 먼저 `siren reindex`를 실행하세요."),
            format!("the index is {n} documents behind its sources: run `siren reindex` first"),
        )],
    })
}

fn suite_of(wiring: &Wiring, args: &HealthArgs) -> Option<PathBuf> {
    let (set, gate) = (&wiring.settings.settings.health.suite, &wiring.settings.settings.eval.gate);
    let named = [set, gate].into_iter().find(|named| !named.is_empty());
    args.suite.clone().or_else(|| named.map(|named| wiring.settings.path(named)))
}

/// The documents that any question of the suite finds, by asking retrieval alone.
async fn retrieved(
    wiring: &Wiring,
    store: &Arc<dyn Store>,
    folder: &Path,
) -> Result<BTreeSet<DocumentId>, Failure> {
    let suite = suite::load(folder)?;
    let retriever = wiring.retriever(Arc::clone(store) as Arc<dyn PassageStore>)?;
    let ticker = Ticker::new(wiring.quiet);
    let mut found = BTreeSet::new();
    for (at, question) in suite.questions.iter().enumerate() {
        let mut groups = question.groups.clone();
        groups.push(EVERYONE.to_owned());
        let request =
            RetrievalRequest { question: question.text.clone(), groups, ..RetrievalRequest::default() };
        let got = retriever.retrieve(&request).await?;
        found.extend(got.passages.iter().map(|passage| passage.chunk.document.id.clone()));
        found.extend(got.linked.iter().map(|linked| linked.counterpart.chunk.document.id.clone()));
        ticker.tick("questions", at + 1, Some(suite.questions.len()));
    }
    ticker.done();
    Ok(found)
}

/// What people were not content with, from a file.
fn complaints(path: &Path, examiner: &mut Examiner<'_>) -> Result<(), Failure> {
    for complaint in suite::read_complaints(path)? {
        let documents: Vec<DocumentId> = complaint.cited.iter().map(DocumentId::from_text).collect();
        let asked =
            Asked { question: complaint.text, times: complaint.times, reason: complaint.comment, documents };
        match asked.documents.is_empty() {
            true => examiner.unanswered(&asked),
            false => examiner.disliked(&asked),
        }
    }
    Ok(())
}

/// What people were not content with, and what they got no answer to, as the application remembers it: each question once.
async fn remembered(state: &dyn State, examiner: &mut Examiner<'_>) -> Result<(), Failure> {
    let mut unanswered: BTreeMap<String, Asked> = BTreeMap::new();
    for answer in state.unanswered(REMEMBERED).await.map_err(Failure::failed)? {
        count(&mut unanswered, &answer.question, Vec::new(), "");
    }
    let mut disliked: BTreeMap<String, Asked> = BTreeMap::new();
    let query = FeedbackQuery { thumb: Some(Thumb::Down), since: 0, limit: REMEMBERED };
    for feedback in Feedbacks::list(state, &query).await.map_err(Failure::failed)? {
        // An answer that is deleted took what was said of it along.
        let Ok(answer) = state.answer(&feedback.answer).await else { continue };
        let cited: BTreeSet<DocumentId> =
            answer.told.citations.iter().map(|citation| citation.document_id.clone()).collect();
        let reason = feedback.reason.unwrap_or_default();
        count(&mut disliked, &answer.question, cited.into_iter().collect(), &reason);
    }
    unanswered.values().for_each(|asked| examiner.unanswered(asked));
    disliked.values().for_each(|asked| examiner.disliked(asked));
    Ok(())
}

/// One more time that a question was asked, however it was spaced and cased.
fn count(all: &mut BTreeMap<String, Asked>, question: &str, documents: Vec<DocumentId>, reason: &str) {
    let key = question.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let asked = all.entry(key).or_insert_with(|| Asked { question: question.to_owned(), ..Asked::default() });
    asked.times += 1;
    asked.documents.extend(documents);
    asked.documents.sort();
    asked.documents.dedup();
    if asked.reason.is_empty() {
        reason.clone_into(&mut asked.reason);
    }
}

/// Everything but what has to be looked at is known already, so that its file is not read.
struct AllBut(BTreeSet<DocumentId>);

impl Known for AllBut {
    fn has(&self, id: &DocumentId, _: &str) -> bool {
        !self.0.contains(id)
    }
}

async fn look_at_files(wiring: &Wiring, examiner: &mut Examiner<'_>) -> Result<(), Failure> {
    let known: Arc<dyn Known> = Arc::new(AllBut(examiner.wanted()));
    for files in wiring.file_sources()? {
        let exists = |path: &str| files.folder.is_some().then(|| wiring.settings.path(path).exists());
        let mut items = files.source.items(Arc::clone(&known));
        while let Some(met) = items.next().await {
            let met: Result<Found, Fault> = met;
            // What cannot be read was told above.
            if let Ok(Found::Item(item)) = met {
                examiner.file(&item, &exists);
            }
        }
    }
    Ok(())
}
