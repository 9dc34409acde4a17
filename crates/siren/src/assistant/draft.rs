//! An answer in the making: what is let through, with which marks.
//!
//! A model's text is held back sentence by sentence until it is known which passage supports it, so that nothing is
//! ever shown first and taken back later.

use std::ops::Range;

use siren_domain::ports::Retrieved;
use siren_domain::{Attempt, Citation, Confidence, Conflict, Outcome, Passage, Understood};
use siren_guard::grounding::{best_quote, is_supported, support};
use siren_guard::marks::parse_marks;
use siren_text::sentences;
use siren_text::sentences::BULLET;

use super::differing::Differing;
use super::messages::{self, Language};
use crate::rails::Outgoing;

/// Documents named when nothing was found.
const NEAREST: usize = 3;

/// A sentence of a model, and which passage supports it, if one does.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) words: String,
    pub(super) passage: Option<usize>,
}

pub(super) struct Draft {
    passages: Vec<Passage>,
    differing: Differing,
    language: Language,
    outgoing: Outgoing,
    text: String,
    citations: Vec<Citation>,
    /// Where each citation's quote lies, to give the same words the same number.
    quoted: Vec<(usize, Range<usize>)>,
    /// The passages' own words that stand in the answer.
    told: Vec<String>,
    /// A model's words that do not make a sentence yet.
    held: String,
    /// Sentences that no passage supports.
    unsupported: usize,
    /// Whether they are shown, marked.
    marks_unsupported: bool,
    /// Those that wait for one that is supported: an answer of nothing else is none.
    waiting: Vec<String>,
    /// Whether one was shown.
    marked: bool,
    /// Sentences that must not be said.
    withheld: usize,
    model: String,
    broken: bool,
    notes: Vec<String>,
    settled: bool,
    attempts: Vec<Attempt>,
    confidence: Vec<Confidence>,
}

impl Draft {
    pub(super) fn new(
        passages: Vec<Passage>,
        conflicts: Vec<Conflict>,
        language: Language,
        outgoing: Outgoing,
        marks_unsupported: bool,
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
            told: Vec::new(),
            held: String::new(),
            unsupported: 0,
            marks_unsupported,
            waiting: Vec::new(),
            marked: false,
            model: String::new(),
            broken: false,
            notes: Vec::new(),
            settled: false,
            attempts: Vec::new(),
            confidence: Vec::new(),
        }
    }

    /// How surely the passages answer, says who was asked.
    pub(super) fn judged(&mut self, confidence: Confidence) {
        self.confidence.push(confidence);
    }

    /// The sentences that a model's next words make whole.
    pub(super) fn claims(&mut self, delta: &str) -> Vec<Claim> {
        self.held.push_str(delta);
        self.let_through(false)
    }

    /// What is left of a model's words at its end.
    pub(super) fn last_claims(&mut self) -> Vec<Claim> {
        self.let_through(true)
    }

    /// The text of a passage, for another look at what it supports.
    pub(super) fn passage_text(&self, passage: usize) -> &str {
        self.passages.get(passage).map_or("", |passage| passage.chunk.text.as_str())
    }

    /// The passages do not tell, says who was asked.
    pub(super) fn found_nothing(&mut self) {
        self.settled = true;
    }

    /// The model failed.
    pub(super) fn broke_off(&mut self) {
        self.broken = true;
        self.held.clear();
    }

    /// A model was passed over: the asker has spent what a day allows.
    pub(super) fn passed_over(&mut self, model: &str) {
        self.attempts.push(Attempt { model: model.to_owned(), outcome: Outcome::OverBudget });
    }

    /// A model has ended, and all its claims are told. Returns how it went.
    pub(super) fn ended(&mut self, model: &str) -> Outcome {
        self.model = model.to_owned();
        let outcome = match (self.text.is_empty(), self.broken) {
            (false, true) => Outcome::BrokeOff,
            (false, false) => Outcome::Answered,
            _ if self.settled => Outcome::NotFound,
            (true, true) => Outcome::Failed,
            (true, false) => Outcome::Unsupported,
        };
        if !self.text.is_empty() {
            self.settled = true;
            if self.broken {
                self.notes.push(messages::model_broke_off(self.language));
            }
            if self.unsupported > 0 && !self.marks_unsupported {
                self.notes.push(messages::left_out(self.language, self.unsupported));
            }
        }
        self.attempts.push(Attempt { model: model.to_owned(), outcome });
        self.broken = false;
        self.unsupported = 0;
        self.waiting.clear();
        outcome
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
            self.outgoing.mask_conflict(&mut conflict);
            conflict
        };
        met.map(|(conflict, _)| shown(conflict)).collect()
    }

    /// Nothing more comes. Returns the honest "not found" when nothing came.
    pub(super) fn close(&mut self, found: &Retrieved) -> Option<String> {
        if !self.text.is_empty() {
            return None;
        }
        let mut nearest: Vec<Passage> = Vec::new();
        for passage in &found.passages {
            let new = nearest.iter().all(|near| near.chunk.document.id != passage.chunk.document.id);
            if new && nearest.len() < NEAREST {
                nearest.push(passage.clone());
            }
        }
        nearest.iter_mut().for_each(|passage| self.outgoing.mask_passage(passage));
        let mut absent = found.absent.clone();
        self.outgoing.mask_lines(&mut absent);
        self.text = messages::not_found(self.language, &absent, &nearest);
        Some(self.text.clone())
    }

    /// What was retrieved and understood, as it may be shown beside the answer.
    pub(super) fn shown(&self, found: &mut Retrieved, understood: &mut Understood) {
        self.outgoing.mask(found);
        self.outgoing.mask_lines(&mut understood.named);
        self.outgoing.mask_lines(&mut understood.absent);
    }

    pub(super) fn into_parts(mut self) -> Written {
        let mut notes = messages::fallbacks(self.language, &self.attempts, !self.citations.is_empty());
        notes.append(&mut self.notes);
        if self.withheld > 0 {
            notes.push(messages::withheld(self.language, self.withheld));
        }
        // Every sentence that was let through cites what supports it, unless it is marked.
        let grounded = !self.citations.is_empty() && !self.marked;
        Written {
            text: self.text,
            citations: self.citations,
            model: self.model,
            notes,
            grounded,
            attempts: self.attempts,
            confidence: self.confidence,
        }
    }

    /// Takes a passage's own words in. Returns what is shown of them.
    pub(super) fn quote(&mut self, passage: usize, range: Range<usize>) -> Option<String> {
        let instead = self.differing.overruled(&self.passages, passage, &range);
        let (passage, range) = instead.unwrap_or((passage, range));
        self.quoted_once(passage, range)
    }

    /// A passage's words, unless they stand there already: as what is right in place of what is overruled, or because
    /// another passage says so too.
    fn quoted_once(&mut self, passage: usize, range: Range<usize>) -> Option<String> {
        let text = &self.passages.get(passage)?.chunk.text;
        let words = text.get(range.clone())?.trim().to_owned();
        let range = without_bullet(text, range);
        let bare = text.get(range.clone())?.trim().to_owned();
        if self.told.contains(&bare) || self.quoted.contains(&(passage, range.clone())) {
            return None;
        }
        let words = self.cleared(&words)?;
        let n = self.cite(passage, range)?;
        self.told.push(bare);
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

    fn let_through(&mut self, ended: bool) -> Vec<Claim> {
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
        ready.iter().filter_map(|sentence| self.claim(sentence)).collect()
    }

    fn claim(&self, sentence: &str) -> Option<Claim> {
        let (words, marks) = parse_marks(sentence);
        let words = words.trim();
        let says = words.contains(char::is_alphanumeric);
        says.then(|| Claim { words: words.to_owned(), passage: self.supporting(words, &marks) })
    }

    /// Takes a model's sentence in. Returns what is shown of it: the sentence with the mark of what supports it.
    pub(super) fn say(&mut self, claim: &Claim) -> Option<String> {
        let Some(passage) = claim.passage else {
            self.unsupported += 1;
            return self.say_marked(&claim.words);
        };
        let text = &self.passages.get(passage)?.chunk.text;
        let range = best_quote(&claim.words, text, &sentences(text));
        let instead = self.differing.overruled_words(&claim.words, &self.passages, passage, &range);
        let waiting = std::mem::take(&mut self.waiting);
        let first: Vec<String> = waiting.iter().filter_map(|words| self.marked_piece(words)).collect();
        let said = match instead {
            Some((passage, range)) => self.quoted_once(passage, range),
            None => self.supported_piece(&claim.words, passage, range),
        };
        let whole = first.concat() + &said.unwrap_or_default();
        (!whole.is_empty()).then_some(whole)
    }

    fn supported_piece(&mut self, words: &str, passage: usize, range: Range<usize>) -> Option<String> {
        let words = self.cleared(words)?;
        let n = self.cite(passage, range)?;
        let piece = format!("{}{words} [{n}]", self.separator(&words));
        self.text.push_str(&piece);
        Some(piece)
    }

    /// A sentence that nothing supports, where such are shown: with a mark that says so, beside others that are supported.
    fn say_marked(&mut self, words: &str) -> Option<String> {
        if !self.marks_unsupported {
            return None;
        }
        if self.text.is_empty() {
            self.waiting.push(words.to_owned());
            return None;
        }
        self.marked_piece(words)
    }

    fn marked_piece(&mut self, words: &str) -> Option<String> {
        let words = self.cleared(words)?;
        let mark = messages::unsupported_mark(self.language);
        let piece = format!("{}{words} {mark}", self.separator(&words));
        self.text.push_str(&piece);
        self.marked = true;
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
        let range = without_bullet(&chunk.text, range);
        if let Some(at) = self.quoted.iter().position(|quoted| *quoted == (passage, range.clone())) {
            return Some(at + 1);
        }
        let document = &chunk.document;
        let n = self.citations.len() + 1;
        let citation = Citation {
            n,
            document_id: document.id.clone(),
            title: document.title.clone(),
            quote: chunk.text.get(range.clone())?.trim().to_owned(),
            locator: chunk.locator(range.clone()),
            url: document.url.clone(),
            date: document.date,
            event: document.event.clone(),
        };
        self.citations.push(self.outgoing.mask_citation(citation));
        self.quoted.push((passage, range));
        Some(n)
    }
}

/// The mark before a list's item is ours, not the document's.
fn without_bullet(text: &str, range: Range<usize>) -> Range<usize> {
    match text.get(range.clone()).is_some_and(|words| words.starts_with(BULLET)) {
        true => range.start + BULLET.len()..range.end,
        false => range,
    }
}

/// What became of a draft.
pub(super) struct Written {
    pub(super) text: String,
    pub(super) citations: Vec<Citation>,
    pub(super) model: String,
    pub(super) notes: Vec<String>,
    pub(super) grounded: bool,
    pub(super) attempts: Vec<Attempt>,
    pub(super) confidence: Vec<Confidence>,
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
