//! Which phrases and patterns stand in a text, and what excuses them.
//!
//! A phrase is looked for among the letters of the folded text, so that spaces and punctuation between letters hide
//! nothing. What keeps that from finding everything everywhere is where a hit may start and end:
//!
//! - **A phrase with Hangul** starts at the beginning of a word. Only when its first written word has at least three
//!   syllables and the phrase at least four (`대통령 선거`, `종목추천`) may it also stand inside a longer word
//!   (`미국대통령선거`): writers of rules choose by how they space the phrase. Particles may follow it.
//! - **A phrase without Hangul** matches whole words, with gaps exactly where the phrase has them.
//! - **A `not` phrase** excuses the hits it overlaps, and those only: `정치` within `정치적으로 올바른` is excused,
//!   another `정치` in the same question is not.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::fold::{Folded, is_hangul};
use crate::rules::Rule;

/// Syllables that the first word of a phrase needs to be found inside a longer word, and the whole phrase.
const INSIDE_FIRST_WORD: usize = 3;
const INSIDE_PHRASE: usize = 4;
/// A regular expression is asked for so many hits in one text. Searching for all of them is quadratic in the worst
/// case; a text that repeats an excused expression so often is not excused any more.
const REGEX_HITS: usize = 64;

/// A phrase of a rule, folded.
#[derive(Clone, Debug)]
pub(crate) struct Phrase {
    /// Its letters.
    dense: String,
    /// For each letter, whether it directly follows the one before.
    touching: Vec<bool>,
    hangul: bool,
    inside_words: bool,
    latin_start: bool,
    latin_end: bool,
}

impl Phrase {
    pub(crate) fn new(text: &str) -> Self {
        let folded = Folded::new(text);
        let n = folded.n_letters();
        let touching: Vec<bool> = (0..n).map(|i| folded.touches_previous(i)).collect();
        let letters: Vec<char> = (0..n).map(|i| folded.letter(i)).collect();
        let syllables = letters.iter().filter(|&&c| is_hangul(c)).count();
        let first_word = (1..n).find(|&i| !touching[i]).unwrap_or(n);
        let first_word = letters[..first_word].iter().filter(|&&c| is_hangul(c)).count();
        let latin = |c: Option<&char>| c.is_some_and(|&c| !is_hangul(c));
        Self {
            hangul: syllables > 0,
            inside_words: first_word >= INSIDE_FIRST_WORD && syllables >= INSIDE_PHRASE,
            latin_start: latin(letters.first()),
            latin_end: latin(letters.last()),
            dense: folded.dense,
            touching,
        }
    }

    pub(crate) fn n_letters(&self) -> usize {
        self.touching.len()
    }

    /// Whether the phrase may stand at these letters, which are the same as its own.
    fn may_stand_at(&self, folded: &Folded, letters: &Range<usize>) -> bool {
        let starts = folded.begins_word(letters.start) || (self.inside_words && !self.latin_start);
        let ends = !self.latin_end || letters.end == folded.n_letters() || folded.begins_word(letters.end);
        starts && ends && (self.hangul || self.spaced_alike(folded, letters))
    }

    fn spaced_alike(&self, folded: &Folded, letters: &Range<usize>) -> bool {
        (1..self.n_letters()).all(|i| self.touching[i] == folded.touches_previous(letters.start + i))
    }
}

/// What a phrase does for its rule.
#[derive(Clone, Copy, Debug)]
enum Role {
    Any,
    All(usize),
    Not,
}

#[derive(Debug)]
struct Entry {
    rule: usize,
    role: Role,
    phrase: Phrase,
}

/// All phrases of all rules in one automaton: one pass over a text, however many rules there are.
#[derive(Debug)]
pub(crate) struct Matcher {
    automaton: AhoCorasick,
    entries: Vec<Entry>,
}

/// What was found of one rule's phrases, as stretches of the original.
#[derive(Clone, Debug, Default)]
struct Found {
    any: Vec<Range<usize>>,
    all: Vec<(usize, Range<usize>)>,
    not: Vec<Range<usize>>,
}

impl Matcher {
    /// A matcher for these rules, which it knows by their places.
    pub(crate) fn new(rules: &[Rule]) -> Result<Self, aho_corasick::BuildError> {
        let mut entries = Vec::new();
        for (at, rule) in rules.iter().enumerate() {
            let condition = &rule.condition;
            let any = condition.any.iter().map(|phrase| (Role::Any, phrase));
            let all = condition.all.iter().enumerate();
            let all = all.map(|(i, phrase)| (Role::All(i), phrase));
            let not = condition.not.iter().map(|phrase| (Role::Not, phrase));
            entries.extend(any.chain(all).chain(not).map(|(role, phrase)| Entry {
                rule: at,
                role,
                phrase: phrase.clone(),
            }));
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(entries.iter().map(|entry| entry.phrase.dense.as_bytes()))?;
        Ok(Self { automaton, entries })
    }

    /// For each rule, the stretches of the original that make it apply; none when it does not.
    pub(crate) fn hits(&self, rules: &[Rule], folded: &Folded) -> Vec<Option<Vec<Range<usize>>>> {
        let mut found = vec![Found::default(); rules.len()];
        for hit in self.automaton.find_overlapping_iter(&folded.dense) {
            let entry = &self.entries[hit.pattern().as_usize()];
            let letters = folded.letters_of(hit.range());
            if !entry.phrase.may_stand_at(folded, &letters) {
                continue;
            }
            let range = folded.original_of_letters(letters);
            let found = &mut found[entry.rule];
            match entry.role {
                Role::Any => found.any.push(range),
                Role::All(i) => found.all.push((i, range)),
                Role::Not => found.not.push(range),
            }
        }
        let applied = rules.iter().zip(found);
        applied.map(|(rule, found)| apply(rule, found, folded)).collect()
    }
}

fn apply(rule: &Rule, found: Found, folded: &Folded) -> Option<Vec<Range<usize>>> {
    let condition = &rule.condition;
    let excuses = union(found.not);
    let excused = |range: &Range<usize>| {
        let after = excuses.partition_point(|excuse| excuse.end <= range.start);
        excuses.get(after).is_some_and(|excuse| excuse.start < range.end)
    };
    let mut hits = found.any;
    hits.retain(|hit| !excused(hit));
    for regex in &condition.regex {
        let mut seen = 0;
        for hit in regex.find_iter(&folded.text).filter(|hit| !hit.is_empty()).take(REGEX_HITS) {
            seen += 1;
            let range = folded.original_of_text(hit.range());
            if !excused(&range) || seen == REGEX_HITS {
                hits.push(range);
            }
        }
    }
    let needs_hit = !(condition.any.is_empty() && condition.regex.is_empty());
    if needs_hit && hits.is_empty() {
        return None;
    }
    let mut met = vec![false; condition.all.len()];
    for (i, range) in found.all {
        if !excused(&range) {
            met[i] = true;
            hits.push(range);
        }
    }
    (met.into_iter().all(|met| met) && !hits.is_empty()).then(|| union(hits))
}

/// In the order of the text, those that overlap as one.
fn union(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| range.start);
    let mut out: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match out.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => out.push(range),
        }
    }
    out
}
