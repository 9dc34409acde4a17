//! One module a command: arguments in, results on stdout, a message and an exit code on failure.

mod ask;
mod backup;
mod config;
mod copy;
mod eval;
mod guard;
mod health;
mod index;
mod keys;
mod mcp;
mod named_files;
pub(crate) mod reindex;
mod restore;
mod serve;
mod setup;

pub(crate) use reindex::Reindexing;
use siren_domain::AskError;
use siren_domain::ports::StoreError;

use crate::cli::{Cli, Command};
use crate::settings::{Effective, SettingsError};
use crate::wiring::Wiring;

/// Why a command did not do what it was asked, for a person and for a shell.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) message: String,
    pub(crate) code: u8,
}

impl Failure {
    /// It went wrong: exit code 1.
    pub(crate) fn failed(message: impl std::fmt::Display) -> Self {
        Self { message: message.to_string(), code: 1 }
    }

    /// It was asked wrongly: exit code 2.
    pub(crate) fn usage(message: impl std::fmt::Display) -> Self {
        Self { message: message.to_string(), code: 2 }
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self::usage(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoGeneration(_) => Self::usage(error),
            _ => Self::failed(error),
        }
    }
}

impl From<AskError> for Failure {
    fn from(error: AskError) -> Self {
        match error {
            AskError::BadQuestion(_) => Self::usage(error),
            _ => Self::failed(error),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::failed(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::failed(error)
    }
}

/// Does what the command line says.
pub(crate) async fn run(cli: Cli, settings: Effective) -> Result<(), Failure> {
    let offline = cli.offline;
    let wiring = Wiring::new(settings, cli.state, cli.quiet);
    match cli.command {
        None => serve::quick_start(&wiring, offline).await,
        Some(Command::Ask(args)) => ask::run(&wiring, args).await,
        Some(Command::Serve(args)) => serve::run(&wiring, args).await,
        Some(Command::Mcp(args)) => mcp::run(&wiring, args).await,
        Some(Command::Reindex(args)) => reindex::run(&wiring, &args).await,
        Some(Command::Index(command)) => index::run(&wiring, command).await,
        Some(Command::Eval(command)) => eval::run(&wiring, command).await,
        Some(Command::Health(args)) => health::run(&wiring, &args).await,
        Some(Command::Guard(command)) => guard::run(&wiring, command).await,
        Some(Command::Keys(command)) => keys::run(&wiring, command).await,
        Some(Command::Backup { folder, json }) => backup::run(&wiring, &folder, json.json).await,
        Some(Command::Restore { folder, force, json }) => {
            restore::run(&wiring, &folder, force, json.json).await
        }
        Some(Command::Setup) => setup::run(&wiring).await,
        Some(Command::Config(args)) => config::run(&wiring, args),
        Some(Command::ReadDocuments { .. }) => Ok(()), // `main` has done it before there was a runtime
    }
}
