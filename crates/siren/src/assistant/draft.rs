//! An answer in the making: what is let through, with which marks.
//!
//! A model's text is held back sentence by sentence until it is known which passage supports it, so that nothing is
//! ever shown first and taken back later.

use std::ops::Range;

use siren_domain::ports::{AnswerPart, Retrieved};
use siren_domain::{Citation, Conflict, Passage};
use siren_guard::grounding::{best_quote, is_supported, support};
use siren_guard::marks::parse_marks;
use siren_text::sentences;
use siren_text::sentences::BULLET;

use super::differing::Differing;
use super::messages::{self, Language};
use crate::rails::Outgoing;

/// Documents named when nothing was found.
const NEAREST: usize = 3;

pub(super) struct Draft {
    passages: Vec<Passage>,
    differing: Differing,
    language: Language,
    outgoing: Outgoing,
    text: String,
    citations: Vec<Citation>,
    /// Where each citation's quote lies, to give the same words the same number.
    quoted: Vec<(usize, Range<usize>)>,
    /// A model's words that do not make a sentence yet.
    held: String,
    /// Sentences that no passage supports.
    unsupported: usize,
    /// Sentences that must not be said.
    withheld: usize,
    model: String,
    broken: bool,
    notes: Vec<String>,
    settled: bool,
}

impl Draft {
    pub(super) fn new(
        passages: Vec<Passage>,
        conflicts: Vec<Conflict>,
        language: Language,
        outgoing: Outgoing,
    ) -> Self {
        Self {
            passages,
            differing: Differing::new(conflicts),
            language,
            outgoing,
            withheld: 0,
            text: String::new(),
            citations: Vec::new(),
            quoted: Vec::new(),
            held: String::new(),
            unsupported: 0,
            model: String::new(),
            broken: false,
            notes: Vec::new(),
            settled: false,
        }
    }

    /// Takes what a model wrote. Returns what can be shown of it.
    pub(super) fn add(&mut self, part: AnswerPart) -> Option<String> {
        match part {
            AnswerPart::Delta(delta) => {
                self.held.push_str(&delta);
                self.let_through(false)
            }
            AnswerPart::Quote { passage, range } => self.quote(passage, range),
            AnswerPart::NotFound => {
                self.settled = true;
                None
            }
        }
    }

    /// The model failed.
    pub(super) fn broke_off(&mut self) {
        self.broken = true;
        self.held.clear();
    }

    /// A model has ended. Returns the rest of what it said.
    pub(super) fn end_of(&mut self, model: &str) -> Option<String> {
        let rest = self.let_through(true);
        self.model = model.to_owned();
        if !self.text.is_empty() {
            self.settled = true;
            if self.broken {
                self.notes.push(messages::model_broke_off(self.language));
            }
            if self.unsupported > 0 {
                self.notes.push(messages::left_out(self.language, self.unsupported));
            }
        } else if self.broken && !self.settled {
            self.notes.push(messages::model_failed(self.language));
        }
        self.broken = false;
        self.unsupported = 0;
        rest
    }

    /// Whether no further model needs to be asked.
    pub(super) fn is_settled(&self) -> bool {
        self.settled
    }

    /// What is to be said of sources that differ from what the answer tells.
    pub(super) fn tell_differences(&mut self) -> Option<String> {
        if self.citations.is_empty() {
            return None;
        }
        let mut told = String::new();
        for (conflict, place) in self.differing.met(&self.passages) {
            let mark = place.and_then(|(passage, range)| self.cite(passage, range));
            let mark = mark.map_or_else(String::new, |n| format!(" [{n}]"));
            let differs = messages::differs(self.language, &conflict);
            told.push_str(&format!("\n\n{}{mark}", self.outgoing.masked(&differs)));
        }
        self.text.push_str(&told);
        (!told.is_empty()).then_some(told)
    }

    /// The conflicts that the answer touches.
    pub(super) fn conflicts(&self) -> Vec<Conflict> {
        let met = self.differing.met(&self.passages).into_iter();
        let shown = |mut conflict: Conflict| {
            for side in [&mut conflict.stated, &mut conflict.recorded] {
                side.text = self.outgoing.masked(&side.text).into_owned();
            }
            conflict
        };
        met.map(|(conflict, _)| shown(conflict)).collect()
    }

    /// Nothing more comes. Returns the honest "not found" when nothing came.
    pub(super) fn close(&mut self, found: &Retrieved) -> Option<String> {
        if !self.text.is_empty() {
            return None;
        }
        let mut nearest: Vec<&Passage> = Vec::new();
        for passage in &found.passages {
            let new = nearest.iter().all(|near| near.chunk.document.id != passage.chunk.document.id);
            if new && nearest.len() < NEAREST {
                nearest.push(passage);
            }
        }
        self.text = messages::not_found(self.language, &nearest);
        self.notes.clear();
        Some(self.text.clone())
    }

    /// What was retrieved, as it may be shown beside the answer.
    pub(super) fn shown(&self, passages: &mut [Passage]) {
        for passage in passages {
            if let std::borrow::Cow::Owned(clean) = self.outgoing.masked(&passage.chunk.text) {
                passage.chunk.text = clean;
            }
        }
    }

    pub(super) fn into_parts(mut self) -> (String, Vec<Citation>, String, Vec<String>, bool) {
        if self.withheld > 0 {
            self.notes.push(messages::withheld(self.language, self.withheld));
        }
        // Every sentence that was let through cites what supports it.
        let grounded = !self.citations.is_empty();
        (self.text, self.citations, self.model, self.notes, grounded)
    }

    fn quote(&mut self, passage: usize, range: Range<usize>) -> Option<String> {
        let instead = self.differing.overruled(&self.passages, passage, &range);
        let (passage, range) = instead.unwrap_or((passage, range));
        self.quoted_once(passage, range)
    }

    /// A passage's words, unless they stand there already: as what is right in place of what is overruled.
    fn quoted_once(&mut self, passage: usize, range: Range<usize>) -> Option<String> {
        if self.quoted.contains(&(passage, range.clone())) {
            return None;
        }
        let words = self.passages.get(passage)?.chunk.text.get(range.clone())?.to_owned();
        let words = self.cleared(words.trim())?;
        let n = self.cite(passage, range)?;
        let piece = format!("{}{words} [{n}]", self.separator(&words));
        self.text.push_str(&piece);
        Some(piece)
    }

    /// The words as they may be said; counted when they may not.
    fn cleared(&mut self, words: &str) -> Option<String> {
        let cleared = self.outgoing.cleared(words);
        self.withheld += usize::from(cleared.is_none());
        cleared
    }

    /// Lists stand on lines of their own.
    fn separator(&self, words: &str) -> &'static str {
        let is_list = |text: &str| text.lines().any(siren_text::sentences::starts_item);
        if self.text.is_empty() {
            ""
        } else if is_list(words) || self.text.lines().last().is_some_and(is_list) {
            "\n"
        } else {
            " "
        }
    }

    fn let_through(&mut self, ended: bool) -> Option<String> {
        let ranges = claims(&self.held);
        // The last sentence may still grow, and its marks may stand behind its full stop.
        let whole = if ended { ranges.len() } else { ranges.len().saturating_sub(1) };
        let ready: Vec<String> =
            ranges[..whole].iter().map(|range| self.held[range.clone()].to_owned()).collect();
        let rest = match ranges.get(whole) {
            Some(next) => next.start,
            None if ended => self.held.len(),
            None => 0,
        };
        self.held = self.held.split_off(rest);
        let pieces: Vec<String> = ready.iter().filter_map(|sentence| self.sentence(sentence)).collect();
        (!pieces.is_empty()).then(|| pieces.concat())
    }

    /// A model's sentence with the marks of what supports it, if anything does.
    fn sentence(&mut self, sentence: &str) -> Option<String> {
        let (words, marks) = parse_marks(sentence);
        let words = words.trim();
        if !words.contains(char::is_alphanumeric) {
            return None;
        }
        let Some(passage) = self.supporting(words, &marks) else {
            self.unsupported += 1;
            return None;
        };
        let text = &self.passages.get(passage)?.chunk.text;
        let range = best_quote(words, text, &sentences(text));
        let instead = self.differing.overruled_words(words, &self.passages, passage, &range);
        if let Some((passage, range)) = instead {
            return self.quoted_once(passage, range);
        }
        let words = self.cleared(words)?;
        let n = self.cite(passage, range)?;
        let piece = format!("{}{words} [{n}]", self.separator(&words));
        self.text.push_str(&piece);
        Some(piece)
    }

    /// The passage that supports the sentence: one that it cites, else any.
    fn supporting(&self, words: &str, marks: &[usize]) -> Option<usize> {
        let cited =
            marks.iter().filter_map(|mark| mark.checked_sub(1)).filter(|at| *at < self.passages.len());
        let text = |at: usize| self.passages[at].chunk.text.as_str();
        let mut cited = cited.filter(|at| is_supported(words, &[text(*at)]));
        if let Some(at) = cited.next() {
            return Some(at);
        }
        let all: Vec<&str> = (0..self.passages.len()).map(text).collect();
        let best = support(words, &all).passage?;
        is_supported(words, &[all[best]]).then_some(best)
    }

    /// The number of the quote, a new one unless it was quoted before.
    fn cite(&mut self, passage: usize, range: Range<usize>) -> Option<usize> {
        let chunk = &self.passages.get(passage)?.chunk;
        // The mark before a list's item is ours, not the document's.
        let range = match chunk.text.get(range.clone())?.starts_with(BULLET) {
            true => range.start + BULLET.len()..range.end,
            false => range,
        };
        if let Some(at) = self.quoted.iter().position(|quoted| *quoted == (passage, range.clone())) {
            return Some(at + 1);
        }
        let document = &chunk.document;
        let n = self.citations.len() + 1;
        self.citations.push(Citation {
            n,
            document_id: document.id.clone(),
            title: document.title.clone(),
            quote: self.outgoing.masked(chunk.text.get(range.clone())?.trim()).into_owned(),
            locator: chunk.locator(range.clone()),
            url: document.url.clone(),
            date: document.date,
            event: document.event.clone(),
        });
        self.quoted.push((passage, range));
        Some(n)
    }
}

/// What a model says, piece by piece: its lines are items or paragraphs of their own, whatever they end with.
pub(crate) fn claims(text: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        out.extend(sentences(line).into_iter().map(|range| start + range.start..start + range.end));
        start += line.len();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::claims;

    #[test]
    fn no_line_hides_behind_another() {
        let cases: [(&str, &[&str]); 3] = [
            ("- 하나 [1]\n- 둘 [1]", &["- 하나 [1]", "- 둘 [1]"]),
            ("첫 문장이다 [1]. 둘째다 [2].", &["첫 문장이다 [1].", "둘째다 [2]."]),
            ("줄\n\n다음 줄", &["줄", "다음 줄"]),
        ];
        for (text, expected) in cases {
            let found: Vec<&str> = claims(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, expected, "{text:?}");
        }
    }
}
