//! What is the ranking of one query worth?

use std::hash::BuildHasher;
use std::ops::Range;

use foldhash::fast::FixedState;

use super::Values;
use super::fields::Line;
use super::judged::Judged;
use crate::measures::Measure;

/// Judges one query after another, in the same few pieces of memory.
pub(super) struct Judge<'a> {
    judged: &'a Judged<'a>,
    measures: &'a [Measure],
    entries: Vec<Entry>,
    seen: Seen,
    ranked: Vec<i32>,
    labels: Vec<i32>,
    values: Values,
}

struct Entry {
    document: Range<usize>,
    score: f32,
    label: i32,
}

impl<'a> Judge<'a> {
    pub(super) fn new(judged: &'a Judged<'a>, measures: &'a [Measure]) -> Self {
        Self {
            judged,
            measures,
            entries: Vec::new(),
            seen: Seen::default(),
            ranked: Vec::new(),
            labels: Vec::new(),
            values: Values::default(),
        }
    }

    /// What came of the queries since the last time.
    pub(super) fn take(&mut self) -> Values {
        std::mem::take(&mut self.values)
    }

    pub(super) fn add(&mut self, line: Line) {
        self.entries.push(Entry { document: line.document, score: line.score, label: 0 });
    }

    /// Judges the lines that were added. None when a document is there twice, or looks so.
    pub(super) fn query(&mut self, bytes: &[u8], query: Range<usize>) -> Option<()> {
        let place = self.judged.place(&bytes[query.clone()]);
        let judged = place.map(|place| self.judged.of(place)).unwrap_or_default();
        self.seen.begin(self.entries.len() + judged.len());
        for (at, (document, _)) in judged.iter().enumerate() {
            // No two of them are the same; two that look so are left to a reader that looks closer.
            if self.seen.put(document.as_bytes(), at as u32).is_some() {
                return None;
            }
        }
        for entry in &mut self.entries {
            let document = &bytes[entry.document.clone()];
            match self.seen.put(document, Seen::RANKED) {
                None => {}
                Some(Seen::RANKED) => return None,
                Some(at) => {
                    let (known, label) = judged.get(at as usize)?;
                    if known.as_bytes() != document {
                        return None;
                    }
                    entry.label = *label;
                }
            }
        }
        match place {
            None => self.values.unjudged.push(FixedState::default().hash_one(&bytes[query])),
            Some(place) => self.judge(bytes, place, judged),
        }
        self.entries.clear();
        Some(())
    }

    fn judge(&mut self, bytes: &[u8], place: usize, judged: &[(&str, i32)]) {
        if !self.entries.windows(2).all(|pair| pair[0].score > pair[1].score) {
            let id = |entry: &Entry| &bytes[entry.document.clone()];
            self.entries.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then_with(|| id(b).cmp(id(a))));
        }
        self.ranked.clear();
        self.ranked.extend(self.entries.iter().map(|entry| entry.label));
        self.labels.clear();
        self.labels.extend(judged.iter().map(|(_, label)| *label));
        self.values.judged.push(place);
        let values = self.measures.iter().map(|measure| measure.value(&self.ranked, &self.labels));
        self.values.values.extend(values);
    }
}

/// Documents of one query by their prints: a table that is emptied by counting on.
#[derive(Default)]
struct Seen {
    slots: Vec<Slot>,
    round: u32,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    print: u64,
    round: u32,
    at: u32,
}

impl Seen {
    /// A document that the run ranks.
    const RANKED: u32 = u32::MAX;

    /// Forgets everything, and makes room for so many.
    fn begin(&mut self, documents: usize) {
        let wanted = (documents * 2).next_power_of_two().max(16);
        if self.slots.len() < wanted || self.round == u32::MAX {
            self.slots = vec![Slot::default(); wanted.max(self.slots.len())];
            self.round = 0;
        }
        self.round += 1;
    }

    /// Puts a document in; if its print was there, what it stands for now and stood for before: a judged document that
    /// is ranked stands for a ranked one from then on.
    fn put(&mut self, document: &[u8], at: u32) -> Option<u32> {
        let print = FixedState::default().hash_one(document);
        let mask = self.slots.len() - 1;
        let mut place = print as usize & mask;
        loop {
            let slot = &mut self.slots[place];
            if slot.round != self.round {
                *slot = Slot { print, round: self.round, at };
                return None;
            }
            if slot.print == print {
                return Some(std::mem::replace(&mut slot.at, at));
            }
            place = (place + 1) & mask;
        }
    }
}
