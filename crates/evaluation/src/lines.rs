//! What does each line of a file hold, and how is the line called in an error?

use std::fmt;
use std::path::Path;

use rayon::prelude::*;
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

/// Queries, each with what neighbouring lines say of it.
pub(crate) type Groups<'a, T> = Vec<(&'a str, Vec<T>)>;

/// What `read` makes of each line, by query, with neighbouring lines of one query together. Stretches of the text are
/// read on as many threads as there are; the first wrong line of the file is the one that is told.
pub(crate) fn in_parallel<'a, T: Send>(
    text: &'a str,
    file: &str,
    read: impl Fn(Place<'_>, &'a str) -> Result<Option<(&'a str, T)>, EvaluationError> + Sync,
) -> Result<Vec<Groups<'a, T>>, EvaluationError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let stretches = stretches(text, rayon::current_num_threads() * 4);
    let of_stretch = |stretch: &&'a str| {
        let mut groups: Groups<'a, T> = Vec::new();
        // The line within the stretch; what stands before it is counted only when a line is wrong.
        let mut wrong = None;
        for (at, line) in numbered(stretch) {
            match read(Place { file, line: at }, line) {
                Ok(None) => {}
                Ok(Some((query, value))) => match groups.last_mut() {
                    Some((last, values)) if *last == query => values.push(value),
                    last => {
                        // Queries of a file mostly have about as many lines as the one before.
                        let mut values = Vec::with_capacity(last.map_or(1, |(_, values)| values.len()));
                        values.push(value);
                        groups.push((query, values));
                    }
                },
                Err(_) => {
                    wrong = Some((at, line));
                    break;
                }
            }
        }
        (groups, wrong)
    };
    let read_all: Vec<_> = stretches.par_iter().map(of_stretch).collect();
    let mut before = 0;
    let mut groups = Vec::with_capacity(read_all.len());
    for ((of_stretch, wrong), stretch) in read_all.into_iter().zip(stretches) {
        if let Some((at, line)) = wrong {
            read(Place { file, line: before + at }, line)?;
        }
        before += memchr::memchr_iter(b'\n', stretch.as_bytes()).count();
        groups.push(of_stretch);
    }
    Ok(groups)
}

/// Non-empty lines with their numbers, from 1.
fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = Some(text);
    let mut number = 0;
    std::iter::from_fn(move || {
        loop {
            let from = rest.filter(|rest| !rest.is_empty())?;
            number += 1;
            let line = match memchr::memchr(b'\n', from.as_bytes()) {
                Some(end) => {
                    rest = Some(&from[end + 1..]);
                    &from[..end]
                }
                None => {
                    rest = None;
                    from
                }
            };
            let line = line.strip_suffix('\r').unwrap_or(line);
            if !line.bytes().all(|byte| byte.is_ascii_whitespace()) {
                return Some((number, line));
            }
        }
    })
}

/// The text in about so many parts that end with a line's end.
fn stretches(text: &str, count: usize) -> Vec<&str> {
    let size = (text.len() / count.max(1)).max(1 << 12);
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let from = size.min(rest.len());
        let end = memchr::memchr(b'\n', &rest.as_bytes()[from..]).map_or(rest.len(), |at| from + at + 1);
        let (part, behind) = rest.split_at(end);
        parts.push(part);
        rest = behind;
    }
    parts
}

/// One JSON value per line. The remedy tells what a line has to look like.
pub(crate) fn json_lines<T: DeserializeOwned>(
    path: &Path,
    remedy: &str,
    mut take: impl FnMut(Place<'_>, T) -> Result<(), EvaluationError>,
) -> Result<(), EvaluationError> {
    json_lines_of(&read_text(path)?, &path.display().to_string(), remedy, &mut take)
}

/// The same of a text that was read already.
pub(crate) fn json_lines_of<T: DeserializeOwned>(
    text: &str,
    file: &str,
    remedy: &str,
    take: &mut dyn FnMut(Place<'_>, T) -> Result<(), EvaluationError>,
) -> Result<(), EvaluationError> {
    for (place, line) in lines(text, file) {
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
