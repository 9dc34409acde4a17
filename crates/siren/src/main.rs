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
mod library;
mod output;
mod rails;
mod settings;
mod wiring;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};
use commands::Failure;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Some(Command::ReadDocuments { seconds, megabytes }) = cli.command {
        std::panic::set_hook(Box::new(|_| {}));
        return containment::read_documents(containment::Bounds { seconds, megabytes });
    }
    start_log(cli.quiet);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::complain(&format!("the runtime cannot start: {error}"));
            return ExitCode::from(1);
        }
    };
    match runtime.block_on(commands::run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { message, code }) => {
            output::complain(&message);
            ExitCode::from(code)
        }
    }
}

/// The log goes to stderr; results go to stdout. A panic is told without its payload, which may hold a question.
fn start_log(quiet: bool) {
    let usual = if quiet { "error" } else { "warn,siren=info,siren_chat=info" };
    let filter = settings::log_filter().unwrap_or_else(|| usual.to_owned());
    let filter = tracing_subscriber::EnvFilter::try_new(filter).unwrap_or_default();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(output::MaskedStderr::default)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(String::new, ToString::to_string);
        tracing::error!("internal error at {place}");
    }));
}
