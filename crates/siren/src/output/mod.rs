//! Results on stdout, everything else on stderr.

pub(crate) mod answer;

use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::ProgressBar;
use serde::Serialize;

use crate::commands::Failure;

/// Whether a terminal shows it, and how wide that is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) colour: bool,
    pub(crate) width: usize,
}

impl Style {
    pub(crate) fn of_stdout() -> Self {
        let term = console::Term::stdout();
        let width = usize::from(term.size().1).clamp(40, 100);
        Self { colour: term.is_term() && console::colors_enabled(), width }
    }
}

/// Prints a text. A reader that has gone away (`| head`) is no failure.
pub(crate) fn text(text: &str) -> Result<(), Failure> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::failed(error)),
        _ => Ok(()),
    }
}

/// A document's words without characters that would steer a terminal.
pub(crate) fn harmless(words: &str) -> String {
    words.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

/// Prints one JSON document.
pub(crate) fn json(document: &impl Serialize) -> Result<(), Failure> {
    text(&format!("{}\n", serde_json::to_string_pretty(document)?))
}

/// Says something on the way.
pub(crate) fn note(quiet: bool, message: &str) {
    if !quiet {
        to_stderr(message);
    }
}

/// Says why nothing came of it.
pub(crate) fn complain(message: &str) {
    to_stderr(&format!("siren: {message}"));
}

fn to_stderr(message: &str) {
    let _nobody_listens = writeln!(std::io::stderr(), "{message}");
}

/// How far a run has come: a line that renews itself on a terminal, nothing elsewhere.
pub(crate) struct Ticker(ProgressBar);

impl Ticker {
    pub(crate) fn new(quiet: bool) -> Self {
        let shown = !quiet && std::io::stderr().is_terminal();
        let bar = if shown { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    pub(crate) fn tick(&self, message: &str) {
        self.0.set_message(message.to_owned());
    }

    pub(crate) fn done(&self) {
        self.0.finish_and_clear();
    }
}
