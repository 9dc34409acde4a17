//! Which phrases and patterns stand in a text.
//!
//! The words of all phrases of all rules are in one automaton, so that a text is passed over once however many rules
//! there are. A phrase is looked for among the letters of the folded text: spaces and punctuation between letters hide
//! nothing. What keeps that from finding everything everywhere is where a word may start and end:
//!
//! - **A word with Hangul** starts at the beginning of a word, or right behind the piece before it. Particles may
//!   follow it; so may anything else unless it is marked as a whole word.
//! - **A word without Hangul** is a whole word, up to English inflection.
//! - **Between two words** of a phrase stand particles and words that say nothing, or whatever a gap allows.
//!
//! The work is linear in the text: every sighting of a word looks back at a bounded stretch.

mod literals;
mod sequence;

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::entities::{Entity, Names};
use crate::expression::Expression;
use crate::fold::Folded;
use crate::phrase::{Atom, Phrase, Symbol};
use sequence::Sequences;

/// A regular expression is asked for so many hits in one text: searching for all of them is quadratic in the worst
/// case.
const REGEX_HITS: usize = 64;

/// What is looked for, by its number among all patterns.
pub(crate) enum Sought<'a> {
    Phrase(&'a Phrase),
    Regex(&'a Expression),
}

/// A pattern that stands in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sighting {
    /// The pattern's number.
    pub(crate) pattern: usize,
    /// Where, in the original.
    pub(crate) range: Range<usize>,
    /// Which letters of which reading.
    pub(crate) letters: Range<usize>,
    pub(crate) reading: usize,
}

/// Everything found in a text, and how much was looked at for it.
#[derive(Debug, Default)]
pub(crate) struct Sightings {
    pub(crate) found: Vec<Sighting>,
    /// Steps taken: letters passed, words seen, stretches looked back at.
    pub(crate) work: usize,
}

/// One place of one phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    phrase: u32,
    piece: u16,
}

/// One way in which the same letters are looked for.
#[derive(Debug)]
struct Variant {
    atom: Atom,
    places: Vec<Place>,
}

/// What a string of letters means to the rules.
#[derive(Debug, Default)]
struct Meaning {
    variants: Vec<Variant>,
    /// Regular expressions that cannot match where the string is not.
    regexes: Vec<u32>,
}

#[derive(Debug)]
struct Called {
    pattern: usize,
    expression: Expression,
}

/// All that all rules look for.
#[derive(Debug)]
pub(crate) struct Matcher {
    automaton: AhoCorasick,
    meanings: Vec<Meaning>,
    phrases: Vec<(usize, Phrase)>,
    entities: Vec<(Entity, Vec<Place>)>,
    expressions: Vec<Called>,
    /// Those that no string announces.
    unannounced: Vec<u32>,
}

/// A matcher in the making.
#[derive(Default)]
struct Draft {
    by_string: HashMap<String, usize>,
    strings: Vec<String>,
    meanings: Vec<Meaning>,
    entities: HashMap<Entity, Vec<Place>>,
}

impl Draft {
    fn meaning(&mut self, string: &str) -> &mut Meaning {
        let at = *self.by_string.entry(string.to_owned()).or_insert_with(|| {
            self.strings.push(string.to_owned());
            self.meanings.push(Meaning::default());
            self.meanings.len() - 1
        });
        &mut self.meanings[at]
    }

    fn atom(&mut self, atom: &Atom, place: Place) {
        let variants = &mut self.meaning(&atom.dense).variants;
        match variants.iter_mut().find(|variant| variant.atom == *atom) {
            Some(variant) if variant.places.last() != Some(&place) => variant.places.push(place),
            Some(_) => {}
            None => variants.push(Variant { atom: atom.clone(), places: vec![place] }),
        }
    }

    fn names(&mut self, entity: Entity, names: &[String]) {
        let Some(places) = self.entities.get(&entity).cloned() else { return };
        for atom in names.iter().filter_map(|name| Atom::name(name)) {
            places.iter().for_each(|place| self.atom(&atom, *place));
        }
    }
}

impl Matcher {
    /// A matcher for these patterns, which it knows by their numbers.
    pub(crate) fn new<'a>(
        sought: impl IntoIterator<Item = (usize, Sought<'a>)>,
        names: &Names,
    ) -> Result<Self, aho_corasick::BuildError> {
        let mut draft = Draft::default();
        let (mut phrases, mut expressions, mut unannounced) = (Vec::new(), Vec::new(), Vec::new());
        for (pattern, sought) in sought {
            match sought {
                Sought::Phrase(phrase) => {
                    let id = u32::try_from(phrases.len()).unwrap_or(u32::MAX);
                    draft.phrase(id, phrase);
                    phrases.push((pattern, phrase.clone()));
                }
                Sought::Regex(regex) => {
                    let id = u32::try_from(expressions.len()).unwrap_or(u32::MAX);
                    match literals::required(regex.as_str()) {
                        Some(strings) => {
                            strings.iter().for_each(|string| draft.meaning(string).regexes.push(id));
                        }
                        None => unannounced.push(id),
                    }
                    expressions.push(Called { pattern, expression: regex.clone() });
                }
            }
        }
        draft.names(Entity::Person, &names.people);
        draft.names(Entity::Company, &names.companies);
        let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&draft.strings)?;
        let entities = draft.entities.into_iter().collect();
        Ok(Self { automaton, meanings: draft.meanings, phrases, entities, expressions, unannounced })
    }

    /// Everything that stands in any of the readings of a text.
    pub(crate) fn sightings(&self, readings: &[Folded]) -> Sightings {
        let mut all = Sightings::default();
        for (reading, folded) in readings.iter().enumerate() {
            self.in_reading(reading, folded, &mut all);
        }
        all
    }

    fn in_reading(&self, reading: usize, folded: &Folded, all: &mut Sightings) {
        let mut wanted: BTreeSet<u32> = self.unannounced.iter().copied().collect();
        let mut sequences = Sequences::new(&self.phrases, folded, reading);
        let mut entities = self.entities_in(folded).into_iter().peekable();
        for hit in self.automaton.find_overlapping_iter(&folded.dense) {
            let letters = folded.letters_of(hit.range());
            while let Some((stretch, places)) = entities.next_if(|(stretch, _)| stretch.end <= letters.end) {
                places.iter().for_each(|place| sequences.feed(*place, None, &stretch));
            }
            let meaning = &self.meanings[hit.pattern().as_usize()];
            wanted.extend(&meaning.regexes);
            for variant in &meaning.variants {
                sequences.work += 1;
                if variant.atom.may_end_at(folded, &letters) {
                    variant
                        .places
                        .iter()
                        .for_each(|place| sequences.feed(*place, Some(&variant.atom), &letters));
                }
            }
        }
        for (stretch, places) in entities {
            places.iter().for_each(|place| sequences.feed(*place, None, &stretch));
        }
        all.work += sequences.work + folded.n_letters();
        all.found.append(&mut sequences.found);
        for id in wanted {
            let Called { pattern, expression } = &self.expressions[id as usize];
            let Some(regex) = expression.regex() else { continue };
            all.work += folded.n_letters();
            for hit in regex.find_iter(&folded.text).filter(|hit| !hit.is_empty()).take(REGEX_HITS) {
                let letters = folded.letter_at_text(hit.start())..folded.letter_at_text(hit.end());
                let range = folded.original_of_text(hit.range());
                all.found.push(Sighting { pattern: *pattern, range, letters, reading });
            }
        }
    }

    /// Where the text names things of the kinds that phrases ask for, by their ends.
    fn entities_in(&self, folded: &Folded) -> Vec<(Range<usize>, &[Place])> {
        let of_kind = |(entity, places): &'_ (Entity, Vec<Place>)| (entity.in_text(folded), places.len());
        let mut all = Vec::new();
        for (at, (stretches, _)) in self.entities.iter().map(of_kind).enumerate() {
            all.extend(stretches.into_iter().map(|stretch| (stretch, self.entities[at].1.as_slice())));
        }
        all.sort_by_key(|(stretch, _)| stretch.end);
        all
    }

    /// Whether no string announces a regular expression, so that it is tried on every text.
    pub(crate) fn is_unannounced(pattern: &str) -> bool {
        literals::required(pattern).is_none()
    }
}

impl Draft {
    fn phrase(&mut self, id: u32, phrase: &Phrase) {
        for (at, piece) in phrase.pieces.iter().enumerate() {
            let place = Place { phrase: id, piece: u16::try_from(at).unwrap_or(u16::MAX) };
            for symbol in &piece.symbols {
                match symbol {
                    Symbol::Atom(atom) => self.atom(atom, place),
                    Symbol::Entity(entity) => self.entities.entry(*entity).or_default().push(place),
                }
            }
        }
    }
}
