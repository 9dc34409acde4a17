//! Results on stdout, everything else on stderr.

pub(crate) mod answer;
pub(crate) mod explanation;
pub(crate) mod health;
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

/// The log's way out: whole lines, without personal data.
#[derive(Debug, Default)]
pub(crate) struct MaskedStderr(Vec<u8>);

impl Write for MaskedStderr {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let text = String::from_utf8_lossy(&self.0).into_owned();
        self.0.clear();
        std::io::stderr().write_all(log_line(&text).as_bytes())
    }
}

impl Drop for MaskedStderr {
    fn drop(&mut self) {
        let _nobody_listens = self.flush();
    }
}

/// A line of the log. Its own first word, the time, is no personal data.
fn log_line(line: &str) -> String {
    let (time, rest) = line.split_once(' ').unwrap_or(("", line));
    let rest = siren_guard::personal::masked(rest, &siren_guard::personal::Allowed::default());
    if time.is_empty() { rest.into_owned() } else { format!("{time} {rest}") }
}

fn to_stderr(message: &str) {
    let _nobody_listens = writeln!(std::io::stderr(), "{message}");
}
