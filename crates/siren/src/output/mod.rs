//! Results on stdout, everything else on stderr.

pub(crate) mod answer;
mod progress;
pub(crate) mod report;

use std::io::Write;

use serde::Serialize;

use crate::commands::Failure;

pub(crate) use progress::Ticker;

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
