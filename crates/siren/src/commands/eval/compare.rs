//! `siren eval compare`.

use siren_evaluation::compare::{self, Tags};
use siren_evaluation::measures::Measure;
use siren_evaluation::record::RunRecord;
use siren_evaluation::report::{CompareReport, to_json};
use siren_evaluation::runs::{read_any_run, read_judged, values};
use siren_evaluation::significance::Chance;

use crate::cli::CompareArgs;
use crate::commands::Failure;
use crate::output;

pub(super) fn run(args: &CompareArgs) -> Result<(), Failure> {
    let measures = Measure::list(&args.measures).map_err(Failure::usage)?;
    let judged = read_judged(&args.qrels)?;
    let (a, b) = (read_any_run(&args.run_a)?, read_any_run(&args.run_b)?);
    let ((values_a, order), (values_b, _)) = (values(&judged, &a, &measures), values(&judged, &b, &measures));
    let mut tags = judged.tags;
    if tags.is_empty() {
        tags = a.record.as_ref().map_or_else(Tags::new, RunRecord::tags_of_questions);
    }
    let chance =
        Chance { seed: args.chance.seed, rounds: args.chance.permutations as usize, ..Chance::default() };
    let compared = compare::compare(&values_a, &values_b, &order, &tags, chance);
    let name = |path: &std::path::Path| path.display().to_string();
    let report = CompareReport::new(name(&args.run_a), name(&args.run_b), compared, chance);
    match args.json.json {
        true => output::text(&format!("{}\n", to_json(&report)?)),
        false => output::text(&report.to_string()),
    }
}
