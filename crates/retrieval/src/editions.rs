//! Which year's edition of an event a question names, and whether there is one: `2022년 서밋`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use siren_domain::Record;
use siren_text::lemma::lemmas;
use siren_text::terms::fold;
use siren_text::words::{Script, words};

use crate::linked::Asking;

/// The records that documents belong to and that have a year in their name.
#[derive(Debug, Default)]
pub(crate) struct Editions {
    all: Vec<Edition>,
    /// Which of them a word without the year names.
    by_word: BTreeMap<String, Vec<usize>>,
}

#[derive(Debug)]
struct Edition {
    /// The record's number.
    record: usize,
    years: BTreeSet<u16>,
    words: BTreeSet<String>,
}

impl Editions {
    pub(crate) fn of(records: &[Record]) -> Self {
        let mut editions = Self::default();
        for (at, record) in records.iter().enumerate().filter(|(_, record)| !record.keys.is_empty()) {
            let Some(edition) = Edition::of(at, record) else { continue };
            for word in &edition.words {
                editions.by_word.entry(word.clone()).or_default().push(editions.all.len());
            }
            editions.all.push(edition);
        }
        editions
    }

    fn called<'a>(&'a self, form: &str) -> impl Iterator<Item = &'a Edition> {
        self.by_word.get(form).into_iter().flatten().map(|at| &self.all[*at])
    }
}

impl Edition {
    fn of(at: usize, record: &Record) -> Option<Self> {
        let (mut years, mut own) = (BTreeSet::new(), BTreeSet::new());
        for name in record.names.iter().map(|name| fold(name)) {
            for word in words(&name).map(|word| &name[word.range]) {
                match year(word) {
                    Some(year) => years.extend([year]),
                    None => own.extend([word.to_owned()]),
                }
            }
        }
        (!years.is_empty()).then_some(Self { record: at, years, words: own })
    }
}

fn year(word: &str) -> Option<u16> {
    let year = word.parse().ok()?;
    (word.len() == 4 && (1900..2100).contains(&year)).then_some(year)
}

/// A word of the question as far as it tells which edition is meant.
enum Told {
    Year(Range<usize>),
    /// A word that some editions are called by, and not all of them.
    Name(Range<usize>),
    Other,
}

/// Where the question names a year's edition of what has editions, but none of that year.
pub(crate) fn missing_edition(asking: &Asking<'_>) -> Option<Range<usize>> {
    let editions = &asking.known.editions;
    if asking.years.is_empty() || editions.all.is_empty() {
        return None;
    }
    let may_read = |edition: &&Edition| asking.may_read(edition.record);
    let mut is_there = false;
    let mut told = Vec::new();
    for word in words(asking.question) {
        let written = fold(&asking.question[word.range.clone()]);
        let forms =
            if word.script == Script::Hangul { lemmas(&written).forms } else { vec![written.clone()] };
        let called: Vec<&Edition> =
            forms.iter().flat_map(|form| editions.called(form)).filter(may_read).collect();
        let is_called = |edition: &&Edition| forms.iter().any(|form| edition.words.contains(form));
        let others = || editions.all.iter().filter(may_read).any(|edition| !is_called(&edition));
        told.push(match word.script {
            Script::Digits if is_asked(&written, asking.years) => Told::Year(word.range),
            _ if !called.is_empty() && others() => {
                is_there |= called.iter().any(|one| asking.years.iter().any(|year| one.years.contains(year)));
                let form = forms.iter().find(|form| written.starts_with(form.as_str()));
                Told::Name(word.range.start..word.range.start + form.map_or(written.len(), String::len))
            }
            _ if !called.is_empty() || ["년", "년도"].contains(&written.as_str()) => continue,
            _ => Told::Other,
        });
    }
    let pair = told.windows(2).find_map(|pair| match pair {
        [Told::Year(year), Told::Name(name)] => Some(year.start..name.end),
        [Told::Name(name), Told::Year(year)] => Some(name.start..year.end),
        _ => None,
    });
    pair.filter(|_| !is_there)
}

/// Whether the digits are one of the years, in full or by their last two.
fn is_asked(digits: &str, years: &[u16]) -> bool {
    let short = |year: &u16| digits.len() == 2 && digits.parse() == Ok(year % 100);
    years.iter().any(|year| digits == year.to_string() || short(year))
}
