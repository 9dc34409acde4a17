//! How far a run has come: a bar on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

/// Between two lines where no terminal is.
const EVERY: Duration = Duration::from_secs(10);
const SPINNER: &str = "{spinner} {human_pos} {msg}, {per_sec}";
const BAR: &str = "{bar:24} {human_pos} of {human_len} {msg}, {per_sec}, {eta} left";

/// How far a run has come.
pub(crate) struct Ticker {
    bar: ProgressBar,
    /// When the next line is due; none on a terminal, and where nobody wants to know.
    lines: Option<Mutex<Instant>>,
    start: Instant,
}

impl Ticker {
    pub(crate) fn new(quiet: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let bar = if terminal && !quiet { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        bar.set_style(style(SPINNER));
        bar.enable_steady_tick(Duration::from_millis(120));
        let start = Instant::now();
        let lines = (!terminal && !quiet).then(|| Mutex::new(start + EVERY));
        Self { bar, lines, start }
    }

    /// `done` of `of` things are done, and `what` they are.
    pub(crate) fn tick(&self, what: &str, done: usize, of: Option<usize>) {
        // More than was expected: nobody knows any more how much is left.
        let of = of.filter(|of| *of >= done);
        if self.bar.length() != of.map(|of| of as u64) {
            match of {
                Some(of) => self.bar.set_length(of as u64),
                None => self.bar.unset_length(),
            }
            self.bar.set_style(style(if of.is_some() { BAR } else { SPINNER }));
        }
        self.bar.set_message(what.to_owned());
        self.bar.set_position(done as u64);
        self.line(what, done, of);
    }

    fn line(&self, what: &str, done: usize, of: Option<usize>) {
        let Some(Ok(mut due)) = self.lines.as_ref().map(Mutex::lock) else { return };
        if Instant::now() < *due {
            return;
        }
        *due = Instant::now() + EVERY;
        super::to_stderr(&told(what, done, of, self.start.elapsed()));
    }

    pub(crate) fn done(&self) {
        self.bar.finish_and_clear();
    }
}

#[expect(clippy::expect_used, reason = "the templates are literals that a test renders")]
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("a valid template")
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn told(what: &str, done: usize, of: Option<usize>, elapsed: Duration) -> String {
    let rate = done as f64 / elapsed.as_secs_f64().max(0.001);
    let (of, left) = match of {
        Some(of) if rate > 0.0 => {
            let left = Duration::from_secs_f64((of - done) as f64 / rate);
            (format!(" of {of}"), format!(", about {} left", HumanDuration(left)))
        }
        Some(of) => (format!(" of {of}"), String::new()),
        None => (String::new(), String::new()),
    };
    format!("siren: {done}{of} {what}, {rate:.0}/s{left}")
}

#[cfg(test)]
mod tests {
    use super::{BAR, SPINNER, style, told};
    use std::time::Duration;

    #[test]
    fn tells_rate_and_time_left() {
        let _both_are_templates = [BAR, SPINNER].map(style);
        let cases = [
            (500, Some(2000), 10, "siren: 500 of 2000 documents, 50/s, about 30 seconds left"),
            (500, None, 10, "siren: 500 documents, 50/s"),
            (0, Some(10), 10, "siren: 0 of 10 documents, 0/s"),
            (10, Some(10), 1, "siren: 10 of 10 documents, 10/s, about 0 seconds left"),
        ];
        for (done, of, seconds, expected) in cases {
            assert_eq!(told("documents", done, of, Duration::from_secs(seconds)), expected);
        }
    }
}
