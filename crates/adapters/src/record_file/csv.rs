//! Rows of a file with a header and delimiters.

use std::fs::File;
use std::io::{self, Read};

use csv::{Reader, ReaderBuilder, StringRecord};

use super::encoding::Decoded;
use super::{Bounded, Rows, nothing};
use crate::files::Trouble;
use crate::records::{Cell, Pass, Place, Row, Told};

/// A header longer than this is none.
const HEADER: u64 = 64 * 1024;
/// What delimits, most usual first.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

type Text = Bounded<io::Chain<io::Cursor<Vec<u8>>, Decoded<File>>>;

pub(super) fn rows<'a>(
    mut file: Decoded<File>,
    delimiter: Option<u8>,
    max_bytes: u64,
    pass: Pass<'a>,
) -> Result<Rows<'a>, Trouble> {
    let mut head = Vec::new();
    let unreadable = |error: io::Error| Trouble::new(error.to_string(), "save it as UTF-8");
    file.by_ref().take(HEADER).read_to_end(&mut head).map_err(unreadable)?;
    let delimiter = delimiter.unwrap_or_else(|| delimiter_of(&head));
    let text = Bounded::new(io::Cursor::new(head).chain(file), max_bytes);
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text);
    let mut header = StringRecord::new();
    reader.read_record(&mut header).map_err(|error| trouble(&error))?;
    let columns = header.iter().enumerate().map(|(at, name)| match name.trim() {
        "" => format!("column_{}", at + 1),
        name => name.to_owned(),
    });
    Ok(Box::new(CsvRows { columns: columns.collect(), reader, pass, ended: false }))
}

/// The delimiter that the first line has most of, outside quotes.
fn delimiter_of(head: &[u8]) -> u8 {
    let mut counts = [0_usize; DELIMITERS.len()];
    let mut quoted = false;
    for byte in head {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            byte if !quoted => {
                if let Some(at) = DELIMITERS.iter().position(|delimiter| delimiter == byte) {
                    counts[at] += 1;
                }
            }
            _ => {}
        }
    }
    let best = (0..DELIMITERS.len()).rev().max_by_key(|at| counts[*at]).unwrap_or_default();
    DELIMITERS[best]
}

struct CsvRows<'a> {
    columns: Vec<String>,
    reader: Reader<Text>,
    pass: Pass<'a>,
    ended: bool,
}

impl CsvRows<'_> {
    fn row(&self, record: &StringRecord) -> Row {
        let cells = record.iter().map(|text| Cell::guessed(text.to_owned()));
        self.columns.iter().cloned().zip(cells).collect()
    }
}

impl Iterator for CsvRows<'_> {
    type Item = Told;

    fn next(&mut self) -> Option<Told> {
        if self.ended {
            return None;
        }
        self.reader.get_mut().renew();
        let mut record = StringRecord::new();
        match self.reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => {
                self.ended = true;
                return nothing(&self.pass);
            }
            Err(error) => {
                self.ended = true;
                let line = self.reader.position().line();
                return Some(self.pass.stopped(line, trouble(&error)));
            }
        }
        let line = record.position().map_or(0, csv::Position::line);
        let row = self.row(&record);
        let (has, wants) = (record.len(), self.columns.len());
        // Spreadsheets leave delimiters behind where nothing is.
        if has < wants || record.iter().skip(wants).any(|extra| !extra.trim().is_empty()) {
            let problem = format!("the row has {has} values, the header {wants}");
            let remedy = "put values with a delimiter or a line break in them into double quotes";
            return Some(self.pass.broken(&row, line, problem, remedy));
        }
        Some(self.pass.row(row, Place::Line(line)))
    }
}

fn trouble(error: &csv::Error) -> Trouble {
    let problem = match error.kind() {
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => error.to_string(),
    };
    Trouble::new(problem, "look for a double quote that is not closed, or raise `max_bytes` of this source")
}

#[cfg(test)]
mod tests {
    use super::delimiter_of;

    #[test]
    fn the_header_tells_the_delimiter() {
        let cases = [
            ("a,b,c\n1;2;3;4", b','),
            ("a;b;c\n1,2,3,4", b';'),
            ("a\tb, c\td\r\n", b'\t'),
            ("\"a;b;c\",d\n", b','),
            ("\"a\nb;c\";d;e\n", b';'),
            ("a|b\n", b'|'),
            ("alone\n1,2", b','),
            ("", b','),
        ];
        for (head, expected) in cases {
            assert_eq!(delimiter_of(head.as_bytes()), expected, "{head:?}");
        }
    }
}
