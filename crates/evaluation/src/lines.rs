//! What does each line of a file hold, and how is the line called in an error?

use std::fmt;
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::error::EvaluationError;

/// A file's name and a line in it, counted from 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) file: &'a str,
    pub(crate) line: usize,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl Place<'_> {
    pub(crate) fn wrong(&self, problem: impl Into<String>, remedy: impl Into<String>) -> EvaluationError {
        EvaluationError::content(self, problem, remedy)
    }
}

/// A text file as a whole.
pub(crate) fn read_text(path: &Path) -> Result<String, EvaluationError> {
    let bytes = std::fs::read(path).map_err(|error| EvaluationError::file(path, &error))?;
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|&&byte| byte == b'\n').count() + 1;
        let file = path.display().to_string();
        Place { file: &file, line }.wrong("not UTF-8", "save the file as UTF-8")
    })
}

/// The lines that hold something, without byte order mark and line ends.
pub(crate) fn lines<'a>(text: &'a str, file: &'a str) -> impl Iterator<Item = (Place<'a>, &'a str)> + Clone {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let numbered = text.lines().zip(1..);
    let places = numbered.map(move |(content, line)| (Place { file, line }, content));
    places.filter(|(_, content)| !content.trim().is_empty())
}

/// One JSON value per line. The remedy tells what a line has to look like.
pub(crate) fn json_lines<T: DeserializeOwned>(
    path: &Path,
    remedy: &str,
    mut take: impl FnMut(Place<'_>, T) -> Result<(), EvaluationError>,
) -> Result<(), EvaluationError> {
    let text = read_text(path)?;
    let file = path.display().to_string();
    for (place, line) in lines(&text, &file) {
        let value =
            serde_json::from_str(line).map_err(|error| place.wrong(without_position(&error), remedy))?;
        take(place, value)?;
    }
    Ok(())
}

/// The parser counts lines within the line it was given, which would contradict the place.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    format!("{} (column {})", &text[..end], error.column())
}
