//! `siren guard`: what the rules say, whether they are sound, how well they do.

mod cases;
mod check;
mod learn;
mod trial;

use crate::cli::GuardCommand;
use crate::commands::Failure;
use crate::wiring::Wiring;

pub(super) async fn run(wiring: &Wiring, command: GuardCommand) -> Result<(), Failure> {
    match command {
        GuardCommand::Check { text, json, groups } => check::run(wiring, &text, &groups, json.json).await,
        GuardCommand::Lint { json } => check::lint(wiring, json.json),
        GuardCommand::Test(args) => trial::run(wiring, &args).await,
        GuardCommand::Learn(args) => learn::run(wiring, &args).await,
    }
}
