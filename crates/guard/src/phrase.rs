//! The language of phrases: what a rule looks for in a text.
//!
//! `{whose} 연봉 … 얼마`: words, lists, entities and gaps. It is explained at the top of `rules/default.toml`.

use std::collections::BTreeMap;

use crate::entities::Entity;
use crate::fold::{Folded, is_hangul};

/// Syllables that the first word needs to be found inside a longer word, and the whole of it.
const INSIDE_FIRST_WORD: usize = 3;
const INSIDE_PHRASE: usize = 4;
/// Letters that `…` passes over at most.
const GAP: usize = 10;
/// Letters that any gap passes over at most.
const WIDEST_GAP: usize = 60;
/// Letters of a word, and of an entry of a list.
const LONGEST_ATOM: usize = 40;
/// Words marked `?` in one phrase.
const MOST_OPTIONAL: usize = 4;

/// What may follow a word within the word it is found in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Anything after Hangul, nothing after other letters.
    Open,
    /// Particles and endings.
    Inflected,
    /// Anything after Hangul, English inflection after Latin letters.
    Loose,
}

/// Letters that are looked for as they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Atom {
    /// Its letters.
    pub(crate) dense: String,
    /// For each letter, whether it directly follows the one before.
    pub(crate) touching: Vec<bool>,
    pub(crate) hangul: bool,
    pub(crate) inside_words: bool,
    pub(crate) latin_start: bool,
    pub(crate) latin_end: bool,
    pub(crate) ending: Ending,
}

/// What a piece of a phrase is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Symbol {
    Atom(Atom),
    Entity(Entity),
}

/// What may stand between a piece and the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gap {
    /// Particles, endings and fillers.
    Close,
    /// So many letters of the same sentence.
    UpTo(usize),
}

/// One place of a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) gap: Gap,
    pub(crate) symbols: Vec<Symbol>,
}

/// A phrase, ready to be looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Phrase {
    pub(crate) pieces: Vec<Piece>,
    /// Only what opens a question may stand before it.
    pub(crate) at_start: bool,
    /// Only what closes a question may stand behind it.
    pub(crate) at_end: bool,
}

/// The lists of a rule file.
pub(crate) type Lists = BTreeMap<String, Vec<Atom>>;

impl Atom {
    pub(crate) fn new(text: &str, ending: Ending) -> Self {
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
            ending,
        }
    }

    /// An entry of a list or a word of a phrase: `=` before it wants a whole word, `*` finds it inside words too.
    fn marked(text: &str) -> Result<Self, String> {
        let (rest, ending) = match text.strip_prefix('=') {
            Some(rest) => (rest, Ending::Inflected),
            None => (text, Ending::Loose),
        };
        let (rest, inside) = rest.strip_prefix('*').map_or((rest, false), |rest| (rest, true));
        let mut atom = Self::new(rest, ending);
        atom.inside_words = inside || (atom.inside_words && rest.split_whitespace().count() > 1);
        match atom.n_letters() {
            0 => Err(format!("`{text}` has no letter")),
            n if n > LONGEST_ATOM => Err(format!("`{rest}` has more than {LONGEST_ATOM} letters")),
            _ => Ok(atom),
        }
    }

    /// An entry of a list.
    pub(crate) fn entry(text: &str) -> Result<Self, String> {
        let atom = Self::marked(text)?;
        if atom.n_letters() < 2 && atom.ending != Ending::Inflected {
            return Err(format!("`{text}` has fewer than two letters and no `=` before it"));
        }
        Ok(atom)
    }

    /// The name of a person or company, found as a whole word.
    pub(crate) fn name(text: &str) -> Option<Self> {
        let atom = Self::new(text, Ending::Inflected);
        (2..=LONGEST_ATOM).contains(&atom.n_letters()).then_some(Self { inside_words: false, ..atom })
    }

    pub(crate) fn n_letters(&self) -> usize {
        self.touching.len()
    }
}

impl Phrase {
    /// A phrase of the first version of the rule language: its letters as they stand.
    pub(crate) fn plain(text: &str) -> Result<Self, String> {
        let atom = Atom::new(text, Ending::Open);
        if atom.n_letters() < 2 {
            return Err(String::from("has fewer than two letters"));
        }
        if atom.n_letters() > LONGEST_ATOM {
            return Err(format!("has more than {LONGEST_ATOM} letters"));
        }
        let piece = Piece { gap: Gap::Close, symbols: vec![Symbol::Atom(atom)] };
        Ok(Self { pieces: vec![piece], at_start: false, at_end: false })
    }

    /// Reads a phrase. One with optional words is several.
    pub(crate) fn read(text: &str, lists: &Lists) -> Result<Vec<Self>, String> {
        let text = text.trim();
        let (text, at_start) = text.strip_prefix('^').map_or((text, false), |rest| (rest, true));
        let (text, at_end) = text.strip_suffix('$').map_or((text, false), |rest| (rest, true));
        let mut ways: Vec<Vec<Piece>> = vec![Vec::new()];
        let mut gap = Gap::Close;
        let mut optional = 0;
        for token in text.split_whitespace() {
            if let Some(wide) = gap_of(token)? {
                gap = wide;
                continue;
            }
            let (token, maybe) = token.strip_suffix('?').map_or((token, false), |token| (token, true));
            let piece = Piece { gap, symbols: symbols(token, lists)? };
            let without = if maybe { ways.clone() } else { Vec::new() };
            ways.iter_mut().for_each(|way| way.push(piece.clone()));
            ways.extend(without);
            optional += usize::from(maybe);
            if optional > MOST_OPTIONAL {
                return Err(format!("has more than {MOST_OPTIONAL} optional words"));
            }
            gap = Gap::Close;
        }
        if gap != Gap::Close {
            return Err(String::from("ends with a gap"));
        }
        let phrases: Vec<Self> = ways.into_iter().map(|pieces| Self { pieces, at_start, at_end }).collect();
        if phrases.iter().any(|phrase| !phrase.says_enough()) {
            return Err(String::from("has fewer than two letters"));
        }
        Ok(phrases)
    }

    /// A phrase made of one entity.
    pub(crate) fn entity(entity: Entity) -> Self {
        let piece = Piece { gap: Gap::Close, symbols: vec![Symbol::Entity(entity)] };
        Self { pieces: vec![piece], at_start: false, at_end: false }
    }

    /// Two letters at least, or a whole word of one.
    fn says_enough(&self) -> bool {
        let enough = |symbol: &Symbol| match symbol {
            Symbol::Atom(atom) => atom.n_letters() > 1 || atom.ending == Ending::Inflected,
            Symbol::Entity(_) => true,
        };
        match self.pieces.as_slice() {
            [] => false,
            [only] => only.symbols.iter().all(enough),
            _ => true,
        }
    }

    /// Its words where there is a choice the first: a text that the phrase is found in.
    pub(crate) fn sample(&self) -> String {
        let symbol = |piece: &Piece| match piece.symbols.first() {
            Some(Symbol::Atom(atom)) => {
                let gap = |(at, c): (usize, char)| {
                    if at > 0 && !atom.touching[at] { format!(" {c}") } else { c.to_string() }
                };
                atom.dense.chars().enumerate().map(gap).collect()
            }
            Some(Symbol::Entity(entity)) => entity.sample().to_owned(),
            None => String::new(),
        };
        self.pieces.iter().map(symbol).collect::<Vec<String>>().join(" ")
    }
}

fn gap_of(token: &str) -> Result<Option<Gap>, String> {
    if matches!(token, "…" | "...") {
        return Ok(Some(Gap::UpTo(GAP)));
    }
    let Some(number) = token.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) else {
        return Ok(None);
    };
    match number.parse() {
        Ok(letters) if (1..=WIDEST_GAP).contains(&letters) => Ok(Some(Gap::UpTo(letters))),
        _ => Err(format!("has the gap `{token}`, which is not between <1> and <{WIDEST_GAP}>")),
    }
}

/// `연봉/급여/{pay}`: any of these.
fn symbols(token: &str, lists: &Lists) -> Result<Vec<Symbol>, String> {
    let mut symbols = Vec::new();
    for choice in token.split('/') {
        let name = choice.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        match name {
            None => symbols
                .push(Symbol::Atom(Atom::marked(choice).map_err(|problem| format!("is wrong: {problem}"))?)),
            Some(name) => match (lists.get(name), Entity::named(name)) {
                (Some(list), _) => symbols.extend(list.iter().cloned().map(Symbol::Atom)),
                (None, Some(entity)) => symbols.push(Symbol::Entity(entity)),
                (None, None) => return Err(format!("names the list `{{{name}}}`, which there is not")),
            },
        }
    }
    Ok(symbols)
}
