//! The assembled pipeline, asked what a suite asks.

mod grounds;
mod index_gate;
mod made_by;
mod model_judge;

use std::sync::Arc;

use siren_domain::ports::Store;
use siren_evaluation::judge::Asking;
use siren_evaluation::judging::{Judging, Prices};
use siren_evaluation::record::{MadeBy, RunRecord};
use siren_evaluation::suite::Suite;
use siren_evaluation::suite_run::{SuiteReport, run_suite};

use crate::commands::Failure;
use crate::wiring::Wiring;

pub(crate) use grounds::ServingCheck;
pub(crate) use index_gate::{IndexGate, NoGate, prune_records};
pub(crate) use made_by::{deciding, hash, made_by};
pub(crate) use model_judge::ModelJudge;

/// What random numbers begin with, where nobody says otherwise.
pub(crate) const SEED: u64 = 1;

/// Asks the whole suite of what these settings and this store make.
pub(crate) async fn ask_suite(
    wiring: &Wiring,
    store: Arc<dyn Store>,
    suite: &Suite,
    tell: &(dyn Fn(usize, usize) + Send + Sync),
) -> Result<SuiteReport, Failure> {
    ask_judged(wiring, store, suite, None, tell).await
}

/// The same, with a judge who says what it thinks of the answers, if there is one.
pub(crate) async fn ask_judged(
    wiring: &Wiring,
    store: Arc<dyn Store>,
    suite: &Suite,
    judge: Option<Asking<'_>>,
    tell: &(dyn Fn(usize, usize) + Send + Sync),
) -> Result<SuiteReport, Failure> {
    let assistant = wiring.assistant_over(store)?;
    let answer = &wiring.settings.settings.answer;
    let prices = Prices { input: answer.input_price, output: answer.output_price };
    let judging = Judging { grounding: Some(&ServingCheck), prices, judge };
    Ok(run_suite(assistant.as_ref(), suite, judging, tell).await)
}

/// The record of a run.
pub(crate) async fn record(
    wiring: &Wiring,
    store: &dyn Store,
    suite: &Suite,
    report: &SuiteReport,
) -> Result<RunRecord, Failure> {
    let made_by: MadeBy = made_by(wiring, store).await?;
    Ok(RunRecord::new(suite, report, made_by))
}
