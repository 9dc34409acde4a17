//! `siren`: questions about in-house knowledge, answered with their sources.
//!
//! This crate puts stages and adapters together; it is the only one that knows both. It ranks nothing and answers
//! nothing itself.

mod assistant;
mod cli;
mod clock;
mod commands;
mod containment;
mod evaluating;
mod fault_file;
mod hints;
mod library;
mod maintenance;
mod messages;
mod models;
mod names;
mod operations;
mod output;
mod rails;
mod settings;
mod telemetry;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};
use commands::Failure;
use settings::Effective;
use telemetry::start_log;

/// Indexing makes many small things on several threads: with the system's allocator a run takes a seventh longer.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Some(Command::ReadDocuments { seconds, megabytes }) = cli.command {
        std::panic::set_hook(Box::new(|_| {}));
        return containment::read_documents(containment::Bounds { seconds, megabytes });
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::complain(&format!("the runtime cannot start: {error}"));
            return ExitCode::from(1);
        }
    };
    let ran = Effective::load(cli.config.as_deref()).map_err(Failure::from).and_then(|settings| {
        let entered = runtime.enter();
        // Sends what is left when all is done: not from within the runtime.
        let _log = start_log(cli.quiet, &settings.settings.telemetry)?;
        drop(entered);
        runtime.block_on(commands::run(cli, settings))
    });
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { message, code }) => {
            output::complain(&message);
            ExitCode::from(code)
        }
    }
}
