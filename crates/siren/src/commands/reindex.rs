//! `siren reindex`.

use std::sync::Arc;

use serde_json::json;
use siren_domain::Fault;
use siren_evaluation::suite;
use siren_index::{Gate, Judged, Mode, Progress, Report};

use super::Failure;
use crate::cli::ReindexArgs;
use crate::evaluating::{IndexGate, NoGate, prune_records};
use crate::fault_file::FaultFile;
use crate::output::report::told;
use crate::output::{self, Ticker};
use crate::wiring::Wiring;

/// Is there when it was said that there is no gate.
const TOLD: &str = "no-gate.told";

pub(super) async fn run(wiring: &Wiring, args: &ReindexArgs) -> Result<(), Failure> {
    let mode = Mode { full: args.full, dry_run: args.dry_run, allow_shrink: args.allow_shrink };
    let report = reindex_through(wiring, mode, gate(wiring, args.no_gate)?).await?;
    tell_of_gates(wiring, args.no_gate);
    super::setup::hint(wiring);
    if args.json.json {
        let mut document = serde_json::to_value(&report)?;
        let conflicts: Vec<_> = report.conflicts.iter().map(output::answer::conflict).collect();
        document["conflicts"] = json!(conflicts);
        document["schema"] = json!(1);
        document["dry_run"] = json!(args.dry_run);
        output::json(&document)?;
    } else {
        output::text(&told(&report, args.dry_run))?;
    }
    if let (Some(number), Some(judged)) = (report.refused, &report.gate) {
        return Err(refused(number, judged));
    }
    nothing_indexed(&report, args.dry_run)
}

/// Reindexing, as commands and servers do it.
pub(crate) struct Reindexing;

impl Reindexing {
    /// The gate of the settings, if they have one and nobody says to pass it over.
    pub(crate) fn gate(wiring: &Wiring, no_gate: bool) -> Result<Option<Arc<dyn Gate>>, Failure> {
        gate(wiring, no_gate)
    }

    /// Brings the index up to date, and removes generations that need not be kept.
    pub(crate) async fn run(
        wiring: &Wiring,
        mode: Mode,
        gate: Option<Arc<dyn Gate>>,
        show: &(dyn Fn(Progress<'_>) + Sync),
    ) -> Result<Report, Failure> {
        let faults = FaultFile::new(wiring.state());
        let pipeline = wiring.index_pipeline()?.with_gate(gate).with_witness(faults.witness());
        let mut report = pipeline.reindex(mode, show).await?;
        // Also when nothing changed: a run that was killed may have left half a generation.
        if !mode.dry_run
            && (report.total_documents > 0 || report.refused.is_some())
            && let Err(failure) = tidied(wiring).await
        {
            // The index is up to date all the same, and served.
            report.faults.extend([untidy(&failure)]);
        }
        if !mode.dry_run && faults.keep(&report.faults).is_err() {
            tracing::warn!("the list of all faults could not be written: the report lists the first ones");
        }
        Ok(report)
    }
}

/// Removes what need not be kept.
async fn tidied(wiring: &Wiring) -> Result<(), Failure> {
    let store = wiring.store()?;
    store.prune(wiring.settings.settings.index.keep_generations).await?;
    let there: Vec<u64> = store.generations().await?.iter().map(|generation| generation.number).collect();
    prune_records(wiring.state(), &there)
}

fn untidy(failure: &Failure) -> Fault {
    Fault {
        source: "index".into(),
        document: None,
        place: "old generations".into(),
        problem: format!("what need not be kept could not be removed: {}", failure.message),
        remedy:
            "see that the state folder can be written to; the next run, or `siren index prune`, removes it"
                .into(),
        kept: true,
    }
}

/// The gate of the settings, if they have one.
fn gate(wiring: &Wiring, no_gate: bool) -> Result<Option<Arc<dyn Gate>>, Failure> {
    if no_gate {
        return Ok(Some(Arc::new(NoGate(wiring.store()?))));
    }
    let named = &wiring.settings.settings.eval.gate;
    if named.is_empty() {
        return Ok(None);
    }
    let suite = suite::load(&wiring.settings.path(named))?;
    Ok(Some(Arc::new(IndexGate::new(wiring, suite))))
}

/// Says once for a state folder that nothing is held back.
fn tell_of_gates(wiring: &Wiring, no_gate: bool) {
    let marker = wiring.state().join(TOLD);
    if no_gate || wiring.quiet || !wiring.settings.settings.eval.gate.is_empty() || marker.exists() {
        return;
    }
    output::note(
        false,
        "no gate: every new index is served as it is; `eval.gate` names a suite that it has to answer as well as the old one",
    );
    if wiring.state().is_dir() {
        // Where nothing can be written, it is said again.
        let _not_remembered = std::fs::write(marker, "");
    }
}

fn refused(number: u64, judged: &Judged) -> Failure {
    let reasons: Vec<String> =
        judged.refusals.iter().map(|reason| format!("\n  {}", output::harmless(reason))).collect();
    let message = format!(
        "the gate refuses generation {number}, and the old index stays:{}\n`siren reindex --no-gate` or `siren index rollback {number}` serves it all the same",
        reasons.concat()
    );
    Failure { message, code: 3 }
}

/// Brings the index up to date, with progress on stderr. Asks the gate, if there is one.
pub(crate) async fn reindex(wiring: &Wiring, mode: Mode) -> Result<Report, Failure> {
    let report = reindex_through(wiring, mode, gate(wiring, false)?).await?;
    match (report.refused, &report.gate) {
        (Some(number), Some(judged)) => Err(refused(number, judged)),
        _ => Ok(report),
    }
}

async fn reindex_through(
    wiring: &Wiring,
    mode: Mode,
    gate: Option<Arc<dyn Gate>>,
) -> Result<Report, Failure> {
    let ticker = Ticker::new(wiring.quiet);
    let show = |progress: Progress<'_>| {
        let what = format!("documents ({}; {} read anew)", progress.source, progress.reprocessed);
        ticker.tick(&what, progress.seen, progress.expected);
    };
    let report = Reindexing::run(wiring, mode, gate, &show).await?;
    ticker.done();
    Ok(report)
}

/// One bad document never fails a run; a run with nothing to show for it does.
fn nothing_indexed(report: &Report, dry_run: bool) -> Result<(), Failure> {
    let touched = report.documents.reprocessed();
    if report.total_documents > 0 || (dry_run && touched > 0) {
        return Ok(());
    }
    let why = match report.faults.listed().first() {
        Some(fault) => format!("first problem: {fault}"),
        None => {
            "no source is configured: add a [[source]] to siren.toml, or start in a folder that has `data/`"
                .into()
        }
    };
    Err(Failure::failed(format!("nothing could be indexed; {why}")))
}
