//! The work: indexes first, each once; then the cells that have no result yet, several at a time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::{StreamExt, TryStreamExt, stream};
use siren_domain::ports::StoreError;
use siren_evaluation::suite::Suite;
use siren_evaluation::sweep::CellResult;
use siren_index::Mode;

use super::plan::{Plan, Planned};
use crate::commands::Failure;
use crate::evaluating::ask_suite;
use crate::output::{self, Ticker};
use crate::wiring::Wiring;

/// A result, and half of the answers' milliseconds, which is no part of it.
pub(super) type Done = (CellResult, Option<f64>);

struct Files<'a> {
    place: &'a Path,
}

impl Files<'_> {
    fn result(&self, cell: &Planned) -> PathBuf {
        self.place.join("cells").join(format!("{}.json", cell.name))
    }

    fn time(&self, cell: &Planned) -> PathBuf {
        self.place.join("times").join(&cell.name)
    }

    fn index(&self, cell: &Planned) -> PathBuf {
        self.place.join("index").join(&cell.index)
    }

    fn held(&self, cell: &Planned) -> Option<Done> {
        let text = std::fs::read(self.result(cell)).ok()?;
        let time = std::fs::read_to_string(self.time(cell)).ok();
        Some((serde_json::from_slice(&text).ok()?, time.and_then(|time| time.trim().parse().ok())))
    }

    /// Whole or not there: a sweep may be killed at any moment.
    fn keep(&self, cell: &Planned, (result, time): &Done) -> Result<(), Failure> {
        if let Some(time) = time {
            whole(&self.time(cell), time.to_string().as_bytes())?;
        }
        whole(&self.result(cell), &serde_json::to_vec(result)?)
    }
}

fn whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let unfinished = path.with_extension("new");
    std::fs::write(&unfinished, bytes)?;
    Ok(std::fs::rename(&unfinished, path)?)
}

/// The results of all cells, in the plan's order. What an earlier run of the same sweep finished is not done again.
pub(super) async fn work(
    wiring: &Wiring,
    plan: &Plan,
    suite: &Suite,
    place: &Path,
    jobs: usize,
) -> Result<Vec<Done>, Failure> {
    for folder in ["cells", "times", "index"] {
        std::fs::create_dir_all(place.join(folder))?;
    }
    let files = Files { place };
    let mut done: BTreeMap<usize, Done> =
        plan.cells.iter().enumerate().filter_map(|(at, cell)| Some((at, files.held(cell)?))).collect();
    if !done.is_empty() {
        output::note(
            wiring.quiet,
            &format!("{} of {} cells were finished before", done.len(), plan.cells.len()),
        );
    }
    let open: Vec<usize> = (0..plan.cells.len()).filter(|at| !done.contains_key(at)).collect();
    let wirings = indexes(wiring, plan, &open, &files).await?;
    let suite = Arc::new(suite.clone());
    let ticker = Ticker::new(wiring.quiet);
    let finished = AtomicUsize::new(0);
    let tasks = open.iter().map(|at| {
        let cell = &plan.cells[*at];
        let wiring = wirings[&cell.index].like(cell.settings.clone(), &files.index(cell));
        let (suite, tried) = (Arc::clone(&suite), cell.tried.clone());
        async move {
            // A task of its own, so that cells use as many cores as there are.
            let done = tokio::spawn(async move { one(&wiring, &suite, tried).await }).await;
            Ok::<_, Failure>((*at, done.map_err(Failure::failed)??))
        }
    });
    let tasks: Vec<_> = tasks.collect();
    let mut results = stream::iter(tasks).buffer_unordered(jobs);
    while let Some((at, result)) = results.try_next().await? {
        files.keep(&plan.cells[at], &result)?;
        done.insert(at, result);
        ticker.tick("cells", finished.fetch_add(1, Ordering::Relaxed) + 1, Some(open.len()));
    }
    ticker.done();
    Ok(done.into_values().collect())
}

/// Makes every index that an open cell needs, and opens what its cells share.
async fn indexes(
    wiring: &Wiring,
    plan: &Plan,
    open: &[usize],
    files: &Files<'_>,
) -> Result<BTreeMap<String, Wiring>, Failure> {
    let mut wirings: BTreeMap<String, Wiring> = BTreeMap::new();
    let needed: Vec<&Planned> = open.iter().map(|at| &plan.cells[*at]).collect();
    let distinct =
        needed.iter().map(|cell| cell.index.as_str()).collect::<std::collections::BTreeSet<_>>().len();
    let ticker = Ticker::new(wiring.quiet);
    for cell in needed {
        if wirings.contains_key(&cell.index) {
            continue;
        }
        let own = wirings.values().next().unwrap_or(wiring).like(cell.settings.clone(), &files.index(cell));
        if own.store()?.live().await?.is_none() {
            own.index_pipeline()?.reindex(Mode::default(), &|_| {}).await?;
        }
        // Opened here once; the cells share them.
        own.analyser()?;
        own.embedder()?;
        wirings.insert(cell.index.clone(), own);
        ticker.tick("indexes", wirings.len(), Some(distinct));
    }
    ticker.done();
    Ok(wirings)
}

async fn one(wiring: &Wiring, suite: &Suite, tried: siren_evaluation::sweep::Cell) -> Result<Done, Failure> {
    let store = wiring.store()?;
    let chunks = store.live().await?.ok_or(StoreError::NoIndex)?.chunks;
    let report = ask_suite(wiring, store, suite, &|_, _| {}).await?;
    let time = report.latency_ms.map(|latency| latency.p50);
    Ok((CellResult::new(tried, chunks, &report), time))
}
