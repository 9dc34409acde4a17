//! Where a passage states a record's field otherwise than the record.

use std::collections::BTreeSet;
use std::ops::Range;

use siren_domain::document::EVERYONE;
use siren_domain::record::{Checked, Conflict, Record, Side, Statement};
use siren_domain::{Chunk, Locator, Value};
use siren_text::sentences;

use crate::catalogue::Catalogue;
use crate::dates::dates;
use crate::stated::{Named, differing};

/// The conflicts between a passage and the records it speaks of. Only sentences are looked at that name the record, or
/// that name no other of its kind where headings, title or key say which one is meant.
pub fn conflicts(chunk: &Chunk, catalogue: &Catalogue) -> Vec<Conflict> {
    let mut out = Vec::new();
    if !catalogue.may_speak(&chunk.document) || !catalogue.may_state(&chunk.text) {
        return out;
    }
    for audience in catalogue.audiences() {
        Passage::new(chunk, catalogue, audience).conflicts(&mut out);
    }
    out
}

/// A passage as those see it who may read the records of one audience.
struct Passage<'a> {
    chunk: &'a Chunk,
    catalogue: &'a Catalogue,
    audience: &'a [String],
    keyed: Vec<usize>,
    /// The records that the title, and those that the keys, say it is about.
    around: Vec<Vec<usize>>,
}

impl<'a> Passage<'a> {
    fn new(chunk: &'a Chunk, catalogue: &'a Catalogue, audience: &'a [String]) -> Self {
        let keyed = catalogue.keyed(&chunk.document, &|record| seen_by_all(record, audience));
        let mut passage = Self { chunk, catalogue, audience, keyed, around: Vec::new() };
        let titled = passage.named(&chunk.document.title).into_iter().map(|(at, _)| at).collect();
        passage.around = vec![titled, passage.keyed.clone()];
        passage
    }

    fn named(&self, text: &str) -> Vec<(usize, Range<usize>)> {
        self.catalogue.named(text, &self.keyed, &|record| seen_by_all(record, self.audience))
    }

    fn conflicts(&self, out: &mut Vec<Conflict>) {
        let text = &self.chunk.text;
        for range in sentences(text) {
            let sentence = &text[range.clone()];
            if !self.catalogue.may_state(sentence) {
                continue;
            }
            let named = self.named(sentence);
            for at in self.about(&named, range.start) {
                let record = self.catalogue.at(at);
                if record.access != self.audience || record.checked.is_empty() || !in_time(sentence, record) {
                    continue;
                }
                let taken: Vec<Range<usize>> = named.iter().map(|(_, range)| range.clone()).collect();
                for (field, checked) in &record.checked {
                    let others = |sentence: &str| self.values_in(sentence, record, field, checked);
                    if let Some(found) = differing(sentence, checked, &taken, others) {
                        let place = range.start + found.start..range.start + found.end;
                        out.push(self.conflict(record, field, checked, place));
                    }
                }
            }
        }
    }

    /// The records that a sentence is about, at most one of each source: the one it names, else the one that the
    /// innermost heading names, the title, or the keys tell.
    fn about(&self, named: &[(usize, Range<usize>)], start: usize) -> Vec<usize> {
        let source = |at: usize| &self.catalogue.at(at).source;
        let here: Vec<usize> = named.iter().map(|(at, _)| *at).collect();
        let mut layers = vec![here];
        layers.extend(self.headings(start));
        layers.extend(self.around.iter().cloned());
        let sources: BTreeSet<&String> = layers.iter().flatten().map(|at| source(*at)).collect();
        let one_of = |name: &String| {
            let of = |layer: &Vec<usize>| -> BTreeSet<usize> {
                layer.iter().copied().filter(|at| source(*at) == name).collect()
            };
            let nearest = layers.iter().map(of).find(|layer| !layer.is_empty())?;
            nearest.iter().copied().next().filter(|_| nearest.len() == 1)
        };
        sources.into_iter().filter_map(one_of).collect()
    }

    /// The records that each heading above a sentence names, innermost first. Only headings that the chunk is also found
    /// by: otherwise a change of the record would not lead here.
    fn headings(&self, start: usize) -> Vec<Vec<usize>> {
        let chunk = self.chunk;
        let found_by =
            |heading: &&String| chunk.heading.contains(*heading) || chunk.text.contains(heading.as_str());
        let headings = chunk.heading_at(start).iter().rev().filter(found_by);
        headings.map(|heading| self.named(heading).into_iter().map(|(at, _)| at).collect()).collect()
    }

    /// The values of the column that stand in a sentence.
    fn values_in(&self, sentence: &str, record: &Record, field: &str, checked: &Checked) -> Vec<Named> {
        let Some(values) = self.catalogue.values(&record.source, field) else { return Vec::new() };
        let counts = |at: usize| seen_by_all(self.catalogue.at(values.held[at].1), self.audience);
        let own = |at: &usize| Value::Text(values.held[*at].0.clone()) == checked.value;
        let found = values.finder.mentions(sentence, &counts);
        found.into_iter().map(|mention| (mention.range, mention.owners.iter().any(own))).collect()
    }

    fn conflict(&self, record: &Record, field: &str, checked: &Checked, place: Range<usize>) -> Conflict {
        let chunk = self.chunk;
        let document = &chunk.document;
        let stated = Side {
            document_id: document.id.clone(),
            title: document.title.clone(),
            text: chunk.text[place.clone()].to_owned(),
            locator: chunk.locator(place.clone()),
            date: document.date,
            access: document.access.clone(),
        };
        let recorded = Side {
            document_id: record.id.clone(),
            title: record.title.clone(),
            text: told(checked),
            locator: at_column(&record.locator, field),
            date: record.date,
            access: record.access.clone(),
        };
        let at = Statement { chunk_id: chunk.id.clone(), start: place.start, end: place.end };
        Conflict { field: field.to_owned(), authority: record.authority, stated, at, recorded }
    }
}

/// Whether whoever may read what this audience may read, may read the record.
fn seen_by_all(record: &Record, audience: &[String]) -> bool {
    record.access.iter().any(|group| group == EVERYONE)
        || audience.iter().all(|group| record.access.contains(group))
}

/// Whether a sentence that tells years tells the record's: a sentence about the year before is not about it.
fn in_time(sentence: &str, record: &Record) -> bool {
    let Some(date) = record.date else { return true };
    let told: Vec<u16> = dates(sentence).into_iter().filter_map(|date| date.year).collect();
    told.is_empty() || told.contains(&date.year())
}

fn at_column(locator: &Locator, field: &str) -> Locator {
    match locator.clone() {
        Locator::Row { database, table, key, .. } => {
            Locator::Row { database, table, key, columns: vec![field.to_owned()] }
        }
        file @ Locator::File { .. } => file,
    }
}

/// `34,000명`: what the record holds as a person writes it.
fn told(checked: &Checked) -> String {
    let unit = checked.unit.as_deref().unwrap_or_default();
    match &checked.value {
        Value::Integer(number) => format!("{}{unit}", grouped(*number)),
        Value::Real(number) => format!("{number}{unit}"),
        value => value.to_string(),
    }
}

fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if number < 0 { format!("-{out}") } else { out }
}
