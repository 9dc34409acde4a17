//! `siren eval`.

mod accept;
mod beir;
mod compare;
mod draft;
mod import;
mod lint;
mod run;
mod sweep;

use siren_evaluation::EvaluationError;
use siren_evaluation::measures::Measure;
use siren_evaluation::report::{ScoreReport, score_text, to_json};
use siren_evaluation::runs::score_paths;

use super::Failure;
use crate::cli::EvalCommand;
use crate::output;
use crate::wiring::Wiring;

const RUN_TAG: &str = "siren";

impl From<EvaluationError> for Failure {
    fn from(error: EvaluationError) -> Self {
        match error {
            EvaluationError::Store(error) => error.into(),
            error => Self::usage(error),
        }
    }
}

pub(super) async fn run(wiring: &Wiring, command: EvalCommand) -> Result<(), Failure> {
    match command {
        EvalCommand::Run(args) => run::run(wiring, &args).await,
        EvalCommand::Beir { folder, json, run_file, keep_index } => {
            let folder = siren_evaluation::beir::load(&folder)?;
            super::setup::hint(wiring);
            let temporary = tempfile::tempdir()?;
            let state = keep_index.as_deref().unwrap_or_else(|| temporary.path());
            let done = beir::run(wiring, folder, state, json.json, run_file.as_deref()).await;
            if keep_index.is_none() {
                // A store elsewhere does not go away with the folder.
                wiring.store_in(state)?.discard().await?;
            }
            done
        }
        EvalCommand::Score { qrels, run, measures, per_query, json } => {
            let measures = Measure::list(&measures).map_err(Failure::usage)?;
            let scores = score_paths(&qrels, &run, &measures, per_query)?;
            match json.json {
                true => output::text(&format!("{}\n", to_json(&ScoreReport::new(&scores, per_query))?)),
                false => output::text(&score_text(&scores, per_query)),
            }
        }
        EvalCommand::Compare(args) => compare::run(&args),
        EvalCommand::Gate(args) => accept::gate(wiring, &args).await,
        EvalCommand::Accept { run, baselines, although_worse } => {
            accept::accept(&run, &baselines, although_worse)
        }
        EvalCommand::Sweep(args) => sweep::run(wiring, &args).await,
        EvalCommand::Lint { suite, refresh, json } => lint::run(wiring, &suite, refresh, json.json).await,
        EvalCommand::Draft { source, limit } => draft::run(wiring, &source, limit).await,
        EvalCommand::Import { feedback } => import::run(wiring, feedback.as_deref()).await,
    }
}
