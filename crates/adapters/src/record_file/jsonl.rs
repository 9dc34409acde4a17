//! Rows of a file with a JSON object a line.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use minijinja::value::{Serde, Value as Seen};
use serde_json::value::RawValue;

use super::encoding::Decoded;
use super::{Rows, nothing};
use crate::files::Trouble;
use crate::records::{Cell, Pass, Place, Row, Told};

pub(super) fn rows(file: Decoded<File>, max_bytes: u64, pass: Pass<'_>) -> Rows<'_> {
    Box::new(JsonRows { reader: BufReader::new(file), max_bytes, pass, line: 0, ended: false })
}

struct JsonRows<'a> {
    reader: BufReader<Decoded<File>>,
    max_bytes: u64,
    pass: Pass<'a>,
    line: u64,
    ended: bool,
}

/// What stands on a line.
enum Line {
    Text(String),
    TooLong,
    End,
}

impl JsonRows<'_> {
    fn line(&mut self) -> io::Result<Line> {
        let mut bytes = Vec::new();
        let mut bounded = self.reader.by_ref().take(self.max_bytes.saturating_add(1));
        if bounded.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(Line::End);
        }
        self.line += 1;
        if bytes.last() != Some(&b'\n') && bytes.len() as u64 > self.max_bytes {
            self.reader.skip_until(b'\n')?;
            return Ok(Line::TooLong);
        }
        String::from_utf8(bytes).map(Line::Text).map_err(io::Error::other)
    }

    fn told(&mut self, text: &str) -> Told {
        match serde_json::from_str::<BTreeMap<String, &RawValue>>(text) {
            Ok(object) => {
                let row: Row = object.into_iter().map(|(name, value)| (name, cell(value.get()))).collect();
                self.pass.loose_row(row, Place::Line(self.line))
            }
            Err(error) => {
                // The parser counts its own line, which is always the first.
                let cause = error.to_string();
                let cause = cause.split(" at line ").next().unwrap_or(&cause);
                let problem = format!("this is no JSON object: {cause} (column {})", error.column());
                self.pass.broken(&Row::new(), self.line, problem, "write one JSON object a line")
            }
        }
    }
}

impl Iterator for JsonRows<'_> {
    type Item = Told;

    fn next(&mut self) -> Option<Told> {
        while !self.ended {
            match self.line() {
                Ok(Line::Text(text)) if text.trim().is_empty() => {}
                Ok(Line::Text(text)) => return Some(self.told(&text)),
                Ok(Line::TooLong) => {
                    let problem = format!("the line is longer than {} bytes", self.max_bytes);
                    let remedy = "split the record, or raise `max_bytes` of this source";
                    return Some(self.pass.broken(&Row::new(), self.line, problem, remedy));
                }
                Ok(Line::End) => {
                    self.ended = true;
                    return nothing(&self.pass);
                }
                Err(error) => {
                    self.ended = true;
                    let trouble = Trouble::new(error.to_string(), "save it as UTF-8");
                    return Some(self.pass.stopped(self.line + 1, trouble));
                }
            }
        }
        None
    }
}

/// A value as it is written.
fn cell(json: &str) -> Cell {
    let no_json = |error: serde_json::Error| Cell::NoText(error.to_string());
    match json.bytes().next() {
        Some(b'"') => serde_json::from_str::<String>(json).map_or_else(no_json, Cell::date),
        Some(b'{' | b'[') => {
            let parts = serde_json::from_str::<serde_json::Value>(json);
            parts.map_or_else(no_json, |parts| Cell::parts(json, Seen::from(Serde(parts))))
        }
        Some(b't' | b'f') => Cell::boolean(json == "true"),
        Some(b'n') | None => Cell::Null,
        _ => Cell::number(json),
    }
}
