//! `siren eval run`.

use std::path::{Path, PathBuf};

use siren_evaluation::judge::Asking;
use siren_evaluation::record::RunRecord;
use siren_evaluation::report::{Html, SuiteDocument, suite_text, to_json};
use siren_evaluation::suite;
use siren_evaluation::suite_run::SuiteReport;
use siren_evaluation::trec;

use super::RUN_TAG;
use crate::cli::RunArgs;
use crate::commands::{Failure, serve, setup};
use crate::evaluating::{ModelJudge, ask_judged, record};
use crate::output::{self, Ticker};
use crate::wiring::Wiring;

pub(super) async fn run(wiring: &Wiring, args: &RunArgs) -> Result<(), Failure> {
    let suite = suite::load(&args.suite)?;
    let baseline = args.baseline.as_deref().map(RunRecord::read).transpose()?;
    serve::index_if_none(wiring).await?;
    setup::hint(wiring);
    let store = wiring.store()?;
    let ticker = Ticker::new(wiring.quiet);
    let tell = |done, of| ticker.tick("questions", done, Some(of));
    let judge = if args.judge { Some(ModelJudge::new(wiring)?) } else { None };
    let rounds = u32::try_from(wiring.settings.settings.judge.rounds).unwrap_or(1);
    let asking = judge.as_ref().map(|judge| Asking { judge, rounds });
    let report = ask_judged(wiring, std::sync::Arc::clone(&store), &suite, asking, &tell).await?;
    ticker.done();
    if let Some(path) = &args.run_file {
        trec::write_run(path, &report.run(), RUN_TAG)?;
    }
    if args.record.is_some() || args.html.is_some() {
        let record = record(wiring, store.as_ref(), &suite, &report).await?;
        if let Some(path) = &args.record {
            record.write(path)?;
            write_times(path, &report)?;
        }
        if let Some(path) = &args.html {
            let accepted = match baseline {
                Some(baseline) => Some(baseline),
                None => accepted(&suite.name)?,
            };
            let html = Html { record: &record, accepted: accepted.as_ref(), latency: report.latency_ms };
            std::fs::write(path, html.page()?)?;
        }
    }
    match args.json.json {
        true => output::text(&format!("{}\n", to_json(&SuiteDocument::new(&report))?)),
        false => output::text(&suite_text(&report)),
    }
}

/// The accepted run of a suite in the usual place, if there is one.
fn accepted(suite: &str) -> Result<Option<RunRecord>, Failure> {
    let path = super::accept::usual(suite);
    Ok(if path.exists() { Some(RunRecord::read(&path)?) } else { None })
}

/// Times lie in a file of their own beside the record, which is the same for the same thing.
fn write_times(record: &Path, report: &SuiteReport) -> Result<(), Failure> {
    let questions = report.questions.iter().map(|q| (q.id.clone(), serde_json::json!(q.latency_ms)));
    let questions: serde_json::Map<_, _> = questions.collect();
    let times = serde_json::json!({ "schema": 1, "latency_ms": report.latency_ms, "questions": questions });
    std::fs::write(times_of(record), serde_json::to_string_pretty(&times)? + "\n")?;
    Ok(())
}

fn times_of(record: &Path) -> PathBuf {
    record.with_extension("times.json")
}
