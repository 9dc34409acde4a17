//! `siren eval beir`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use siren_adapters::extractive::{ExtractiveAnswerer, ExtractiveSettings};
use siren_domain::ports::{AnswerModel, DocumentRecord, DocumentSource, IndexStore, PassageStore};
use siren_evaluation::beir::BeirFolder;
use siren_evaluation::beir_run::Candidate;
use siren_evaluation::measures::Measure;
use siren_evaluation::report::{BeirReport, to_json};
use siren_evaluation::{beir_run, score, trec};
use siren_index::Mode;

use super::RUN_TAG;
use crate::commands::Failure;
use crate::output::{self, Ticker};
use crate::wiring::{BeirSource, Wiring};

/// Documents ranked for a query: as deep as published runs are.
const DEPTH: usize = 100;
/// Lengths at which extractive answers are judged.
const SENTENCES: [usize; 3] = [1, 2, 3];

/// What is written on request.
pub(super) struct Files {
    /// The rankings.
    pub(super) run: Option<PathBuf>,
    /// The passages of each query with what their scores are made of.
    pub(super) candidates: Option<PathBuf>,
}

pub(super) async fn run(
    wiring: &Wiring,
    folder: BeirFolder,
    state: &Path,
    json: bool,
    files: &Files,
) -> Result<(), Failure> {
    let ticker = Ticker::new(wiring.quiet);
    let mut timings = BTreeMap::new();
    let mut lap = Instant::now();
    let mut stop = |name: &str, timings: &mut BTreeMap<String, f64>| {
        timings.insert(name.to_owned(), lap.elapsed().as_secs_f64() * 1000.0);
        lap = Instant::now();
    };

    let source = Arc::new(BeirSource::new(&folder));
    let name = source.name().to_owned();
    let store = wiring.store_in(state)?;
    only_a_corpus(store.as_ref(), &name).await?;
    let pipeline = wiring.pipeline(vec![source], Arc::clone(&store))?;
    pipeline.reindex(Mode::default(), &|p| ticker.tick("documents indexed", p.seen, p.expected)).await?;
    stop("index", &mut timings);

    let retriever = wiring.retriever(store as Arc<dyn PassageStore>)?;
    let tell = |done, of| ticker.tick("queries", done, Some(of));
    let mut lines = Vec::new();
    let mut seen = |query: &str, candidates: &[Candidate<'_>]| {
        lines.push(serde_json::json!({ "query": query, "candidates": candidates }));
    };
    let seen =
        files.candidates.is_some().then_some(&mut seen as &mut (dyn FnMut(&str, &[Candidate<'_>]) + Send));
    let run = beir_run::run(retriever.as_ref(), &folder.queries, DEPTH, &name, &tell, seen).await?;
    if let Some(path) = &files.candidates {
        write_lines(path, &lines)?;
    }
    stop("search", &mut timings);

    let answerers = SENTENCES.map(|max_sentences| {
        // Every question is answered here: what is judged is the choice of sentences, not the courage to speak.
        let settings = ExtractiveSettings { max_sentences, min_evidence: 0.0 };
        (max_sentences, Arc::new(ExtractiveAnswerer::new(settings)) as Arc<dyn AnswerModel>)
    });
    let answered = folder.queries.iter().any(|query| !query.answers.is_empty());
    let contained = match answered {
        true => beir_run::answers_contained(retriever.as_ref(), &answerers, &folder, &tell).await?,
        false => Vec::new(),
    };
    if answered {
        stop("answer", &mut timings);
    }
    ticker.done();
    let scores = score::score(&folder.qrels, &run, &Measure::USUAL);
    if let Some(path) = &files.run {
        trec::write_run(path, &run, RUN_TAG)?;
    }
    let report = BeirReport::new(&folder, &scores, contained, timings);
    match json {
        true => output::text(&format!("{}\n", to_json(&report)?)),
        false => output::text(&report.to_string()),
    }
}

fn write_lines(path: &Path, lines: &[serde_json::Value]) -> Result<(), Failure> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    for line in lines {
        writeln!(file, "{line}")?;
    }
    file.flush()?;
    Ok(())
}

/// A kept index may be searched again, but an index that people are served from must not become a corpus.
async fn only_a_corpus(store: &dyn IndexStore, name: &str) -> Result<(), Failure> {
    let Some(live) = store.live().await? else { return Ok(()) };
    let mut other = None;
    let mut look = |document: DocumentRecord| {
        if document.source != name {
            other = Some(document.id);
        }
    };
    store.documents(live.number, &mut look).await?;
    match other {
        None => Ok(()),
        Some(other) => Err(Failure::usage(format!(
            "--keep-index names an index of other documents, such as {other}: name an empty folder"
        ))),
    }
}
