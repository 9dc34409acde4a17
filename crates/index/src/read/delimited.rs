//! CSV and TSV: each row told with the heads of its columns, each value at its place in the file.

use std::ops::Range;

use siren_domain::{Part, PartKind};

use super::Parsed;
use super::rows::{Heads, Role};
use super::writer::Writer;

pub(super) fn read(text: &str, by: u8) -> Parsed {
    let by = separator(text, by);
    let mut writer = Writer::default();
    let mut heads = Heads::default();
    let mut number = 0;
    let mut head = None;
    for row in (Rows { text, at: 0, by }) {
        let cells: Vec<String> = row.iter().map(|field| field.text(text)).collect();
        if cells.iter().all(String::is_empty) {
            continue;
        }
        match heads.role(&cells) {
            Role::Head => head = Some(row),
            Role::Values(heads) => {
                number += 1;
                writer.part(Part { kind: PartKind::Row, name: number.to_string() });
                tell(text, heads, &row, &mut writer);
            }
        }
    }
    if let Some(row) = head.filter(|_| heads.alone().is_some()) {
        writer.part(Part { kind: PartKind::Row, name: "1".into() });
        tell(text, &[], &row, &mut writer);
    }
    let (written, _) = writer.finish(text.len());
    Parsed { written, ..Parsed::default() }
}

fn tell(text: &str, heads: &[String], row: &[Field], writer: &mut Writer) {
    let filled = row.iter().enumerate().filter(|(_, field)| !field.text(text).is_empty());
    for (nth, (at, field)) in filled.enumerate() {
        let start = field.0.start;
        if nth == 0 {
            // A paragraph of its own, so that an answer quotes this row and not its neighbours.
            writer.block(start);
        } else {
            writer.put(", ", start);
        }
        if let Some(head) = heads.get(at).filter(|head| !head.is_empty()) {
            writer.put(&format!("{head}: "), start);
        }
        for (nth, (piece, spaced)) in field.pieces(text).into_iter().enumerate() {
            if nth > 0 && spaced {
                writer.put(" ", piece.start);
            }
            writer.copy(&text[piece.clone()], piece.start);
        }
    }
}

/// Programs set to Korean or German often write semicolons or tabs into what they call CSV.
fn separator(text: &str, by: u8) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let candidates = [by, b'\t', b';'];
    candidates.into_iter().find(|by| first.contains(char::from(*by))).unwrap_or(by)
}

/// Where a value stands: without the quotes around it, with the doubled ones in it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Field(Range<usize>);

impl Field {
    /// What of the value is shown: its lines, and between quotes not the second of two quotes. The flag says whether
    /// a line ended before the piece.
    fn pieces(&self, text: &str) -> Vec<(Range<usize>, bool)> {
        let quoted = text[..self.0.start].ends_with('"');
        let mut out: Vec<(Range<usize>, bool)> = Vec::new();
        let mut line = self.0.start;
        for part in text[self.0.clone()].split_inclusive('\n') {
            let start = line + (part.len() - part.trim_start().len());
            let end = start.max(line + part.trim_end().len());
            let mut from = start;
            let mut spaced = !out.is_empty();
            for (at, _) in text[start..end].match_indices("\"\"").filter(|_| quoted) {
                out.push((from..start + at + 1, std::mem::take(&mut spaced)));
                from = start + at + 2;
            }
            out.push((from..end, spaced));
            line += part.len();
        }
        out.retain(|(range, _)| !range.is_empty());
        out
    }

    fn text(&self, text: &str) -> String {
        let mut out = String::new();
        for (range, spaced) in self.pieces(text) {
            out.push_str(if spaced && !out.is_empty() { " " } else { "" });
            out.push_str(&text[range]);
        }
        out
    }
}

struct Rows<'t> {
    text: &'t str,
    at: usize,
    by: u8,
}

impl Iterator for Rows<'_> {
    type Item = Vec<Field>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.text.len() {
            return None;
        }
        let mut row = Vec::new();
        loop {
            let field = self.field();
            row.push(field);
            match self.text.as_bytes().get(self.at) {
                Some(by) if *by == self.by => self.at += 1,
                _ => {
                    self.at += 1;
                    return Some(row);
                }
            }
        }
    }
}

impl Rows<'_> {
    /// The field that starts here. Stops at the separator, the line's end, or the text's.
    fn field(&mut self) -> Field {
        let bytes = self.text.as_bytes();
        let ends = |at: usize| bytes.get(at).is_none_or(|byte| *byte == self.by || *byte == b'\n');
        let mut at = self.at;
        if bytes.get(at) == Some(&b'"') {
            let start = at + 1;
            let mut end = start;
            while let Some(offset) = bytes[end..].iter().position(|byte| *byte == b'"') {
                end += offset;
                if ends(end + 1) {
                    self.at = end + 1;
                    return Field(start..end);
                }
                // A doubled quote, or one that its writer forgot to double.
                end += if bytes.get(end + 1) == Some(&b'"') { 2 } else { 1 };
            }
        }
        while !ends(at) {
            at += 1;
        }
        let field = Field(self.at..at);
        self.at = at;
        field
    }
}

#[cfg(test)]
mod tests {
    use super::{Rows, read};

    fn fields(text: &str) -> Vec<Vec<String>> {
        Rows { text, at: 0, by: b',' }.map(|row| row.iter().map(|field| field.text(text)).collect()).collect()
    }

    #[test]
    fn fields_of_rows() {
        #[rustfmt::skip]
        let cases: [(&str, &[&[&str]]); 8] = [
            ("a,b\nc,d\n", &[&["a", "b"], &["c", "d"]]),
            ("\"a,b\",c", &[&["a,b", "c"]]),
            ("\"그는 \"\"예\"\"라고 했다\",c", &[&["그는 \"예\"라고 했다", "c"]]),
            ("\"두\n줄\",c", &[&["두 줄", "c"]]),
            ("a,,c,", &[&["a", "", "c", ""]]),
            ("\"a\"b\",c", &[&["a\"b", "c"]]),
            ("\"열린 채,c\nd", &[&["\"열린 채", "c"], &["d"]]),
            ("3\" 나사,1", &[&["3\" 나사", "1"]]),
        ];
        for (text, expected) in cases {
            assert_eq!(fields(text), expected, "{text:?}");
        }
    }

    #[test]
    fn values_stand_at_their_places() {
        let text = "과정,비용\n\"쿠버네티스, 기초\",1200\n관측,850\n";
        let written = read(text, b',').written;
        assert_eq!(written.text, "과정: 쿠버네티스, 기초, 비용: 1200\n\n과정: 관측, 비용: 850");
        let parts: Vec<_> =
            written.parts.iter().map(|(at, part)| (&written.text[*at..][..6], part.name.as_str())).collect();
        assert_eq!(parts, [("과정", "1"), ("과정", "2")]);
        let at = written.text.find("850").expect("there");
        let range = written.offsets.original_range(at..at + 3);
        assert_eq!(&text[range], "850");
    }
}
