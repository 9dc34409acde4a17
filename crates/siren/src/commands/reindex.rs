//! `siren reindex`.

use serde_json::json;
use siren_domain::ports::IndexStore;
use siren_index::{Mode, Progress, Report};

use super::Failure;
use crate::cli::ReindexArgs;
use crate::output::report::told;
use crate::output::{self, Ticker};
use crate::wiring::Wiring;

pub(super) async fn run(wiring: &Wiring, args: &ReindexArgs) -> Result<(), Failure> {
    let report =
        reindex(wiring, Mode { full: args.full, dry_run: args.dry_run, allow_shrink: args.allow_shrink })
            .await?;
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
    nothing_indexed(&report, args.dry_run)
}

/// Brings the index up to date, with progress on stderr.
pub(super) async fn reindex(wiring: &Wiring, mode: Mode) -> Result<Report, Failure> {
    let pipeline = wiring.index_pipeline()?;
    let ticker = Ticker::new(wiring.quiet);
    let show = |progress: Progress<'_>| {
        let what = format!("documents ({}; {} read anew)", progress.source, progress.reprocessed);
        ticker.tick(&what, progress.seen, progress.expected);
    };
    let report = pipeline.reindex(mode, &show).await?;
    ticker.done();
    if !mode.dry_run && report.total_documents > 0 {
        // Also when nothing changed: a run that was killed may have left half a generation.
        wiring.store()?.prune(wiring.settings.settings.index.keep_generations).await?;
    }
    Ok(report)
}

/// One bad document never fails a run; a run with nothing to show for it does.
fn nothing_indexed(report: &Report, dry_run: bool) -> Result<(), Failure> {
    let touched = report.documents.reprocessed();
    if report.total_documents > 0 || (dry_run && touched > 0) {
        return Ok(());
    }
    let why = match report.faults.first() {
        Some(fault) => format!("first problem: {fault}"),
        None => {
            "no source is configured: add a [[source]] to siren.toml, or start in a folder that has `data/`"
                .into()
        }
    };
    Err(Failure::failed(format!("nothing could be indexed; {why}")))
}
