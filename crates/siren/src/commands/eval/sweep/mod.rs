//! `siren eval sweep`.

mod cells;
mod plan;
mod promote;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::json;
use siren_evaluation::report::sweep_page;
use siren_evaluation::significance::Chance;
use siren_evaluation::suite::{self, Suite};
use siren_evaluation::sweep::{Decision, SweepReport, choose, read_grid};

use crate::cli::SweepArgs;
use crate::commands::Failure;
use crate::output;
use crate::wiring::Wiring;
use plan::Plan;

pub(super) async fn run(wiring: &Wiring, args: &SweepArgs) -> Result<(), Failure> {
    let grid = read_grid(&args.grid)?;
    let Some(folder) = args.suite.clone().or_else(|| grid.suite.clone()) else {
        return Err(Failure::usage(format!(
            "{}: no suite: name one in the grid, or with --suite",
            args.grid.display()
        )));
    };
    let suite = suite::load(&folder)?;
    let plan = Plan::new(wiring, &grid, &suite)?;
    let place = args.out.clone().unwrap_or_else(|| wiring.state().join("sweeps").join(&plan.name));
    for skipped in &plan.skipped {
        output::note(wiring.quiet, &format!("left out: {skipped}"));
    }
    let done = cells::work(wiring, &plan, &suite, &place, usize::from(args.jobs)).await?;
    let latencies: BTreeMap<usize, f64> =
        done.iter().enumerate().filter_map(|(at, (_, ms))| Some((at, (*ms)?))).collect();
    let results: Vec<_> = done.into_iter().map(|(cell, _)| cell).collect();
    if !results[0].values.contains_key(&grid.measure) {
        let there: Vec<&str> = results[0].values.keys().map(String::as_str).collect();
        let message = format!(
            "{}: measure: nothing was measured by {:?}: there is {}",
            args.grid.display(),
            grid.measure,
            there.join(", ")
        );
        return Err(Failure::usage(message));
    }
    let chance = Chance { seed: grid.seed, ..Chance::default() };
    let choice = choose(&results, &grid.measure, &groups(&suite), grid.folds, chance);
    let report = SweepReport::new(&suite.name, &grid, results, choice);
    let written = write(&place, &report, &latencies)?;
    let promoted = match args.promote && report.choice.decision != Decision::Stay {
        true => Some(promote::promote(wiring, &report.cells[report.choice.winner].settings)?),
        false => None,
    };
    if args.json.json {
        let mut document = serde_json::to_value(&report)?;
        for cell in document["cells"].as_array_mut().into_iter().flatten() {
            // Each question's values of each cell are in results.json.
            cell.as_object_mut().map(|cell| cell.remove("values"));
        }
        document["files"] = json!(written);
        document["promoted"] = json!(promoted);
        return output::json(&document);
    }
    output::text(&report.to_string())?;
    output::text(&format!(
        "\n{}\n",
        written.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join("\n")
    ))?;
    match (args.promote, promoted) {
        (true, Some(file)) => {
            output::text(&format!("promoted: {} ({})\n", file.display(), report.choice.why))
        }
        (true, None) => output::text(&format!("not promoted: {}\n", report.choice.why)),
        (false, _) => Ok(()),
    }
}

/// What belongs together: a question in two languages, the turns of a conversation.
fn groups(suite: &Suite) -> BTreeMap<String, String> {
    let group =
        |q: &siren_evaluation::suite::SuiteQuestion| q.conversation.clone().or_else(|| q.pair.clone());
    suite.questions.iter().filter_map(|q| Some((q.id.clone(), group(q)?))).collect()
}

fn write(
    place: &Path,
    report: &SweepReport,
    latencies: &BTreeMap<usize, f64>,
) -> Result<Vec<PathBuf>, Failure> {
    let files = [
        ("results.json", serde_json::to_string_pretty(report)? + "\n"),
        ("results.csv", report.csv()?),
        ("report.html", sweep_page(report, latencies)?),
    ];
    let mut written = Vec::new();
    for (name, text) in files {
        let path = place.join(name);
        std::fs::write(&path, text)?;
        written.push(path);
    }
    Ok(written)
}
