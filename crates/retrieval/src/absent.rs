//! What a question names that the asker may read nothing of: a company, an edition of an event, a day of it.
//!
//! Passages about another bank, last year's summit or the second day speak of all else that is asked, and would be told for
//! what they are not about.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use siren_domain::Passage;
use siren_domain::ports::StoreError;
use siren_text::lemma::lemmas;
use siren_text::organisations;
use siren_text::terms::fold;
use siren_text::words::{Script, words};

use crate::editions::missing_edition;
use crate::linked::Asking;
use crate::retriever::PassageRetriever;
use crate::searching::Found;
use crate::understanding::days;
use crate::understanding::mending::Mending;

/// A question that asks why something is missing names what is not there.
#[expect(clippy::expect_used, reason = "the pattern is a literal that a test compiles")]
static MISSING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)없|빠[지졌진]|말고|제외|\b(?:no|not|without|missing|except)\b").expect("a valid pattern")
});

impl PassageRetriever {
    /// What the question names and nobody tells of, in its own words.
    pub(crate) async fn absent(&self, asking: &Asking<'_>, found: &Found) -> Result<Vec<String>, StoreError> {
        let question = asking.question;
        if MISSING.is_match(question) {
            return Ok(Vec::new());
        }
        // A house seldom names itself in its documents.
        let of_house: Vec<Range<usize>> = self.aliases.met(question).into_iter().map(|(at, _)| at).collect();
        let is_of_house =
            |at: &Range<usize>| of_house.iter().any(|own| own.start < at.end && at.start < own.end);
        let mut spans: Vec<Range<usize>> = Vec::new();
        for range in organisations::named_in(question).into_iter().filter(|at| !is_of_house(at)) {
            let name = &question[range.clone()];
            if !is_written(name, &found.passages) && !self.is_known(asking, name).await? {
                spans.push(range);
            }
        }
        spans.extend(missing_edition(asking));
        spans.extend(days_untold(question, found.usable()));
        spans.extend(names_elsewhere(asking, found.usable()));
        Ok(spans.into_iter().map(|range| question[range].to_owned()).collect())
    }

    async fn is_known(&self, asking: &Asking<'_>, name: &str) -> Result<bool, StoreError> {
        let names = asking.known.words_of_names();
        Mending { store: asking.store, groups: asking.groups, names }.has_all(name).await
    }
}

/// Whether a passage has the name, be it within a longer one.
fn is_written(name: &str, passages: &[Passage]) -> bool {
    let name = fold(name);
    let has = |text: &String| fold(text).contains(&name);
    passages.iter().any(|passage| texts(passage).any(has))
}

/// Title, event, headings and what stands below them.
fn texts(passage: &Passage) -> impl Iterator<Item = &String> {
    let meta = &passage.chunk.document;
    let above = std::iter::once(&meta.title).chain(&meta.event).chain(&passage.chunk.heading);
    above.chain([&passage.chunk.text])
}

/// The days of the question that no passage tells of, where some tell of other days.
fn days_untold(question: &str, passages: &[Passage]) -> Vec<Range<usize>> {
    let asked = days::spans(question);
    if asked.is_empty() {
        return asked;
    }
    let told: BTreeSet<usize> = passages.iter().flat_map(texts).flat_map(|text| days::days(text)).collect();
    let is_untold =
        |range: &Range<usize>| !days::days(&question[range.clone()]).iter().any(|day| told.contains(day));
    if told.is_empty() { Vec::new() } else { asked.into_iter().filter(is_untold).collect() }
}

/// Names of records that no passage of the years and events in question has.
fn names_elsewhere(asking: &Asking<'_>, passages: &[Passage]) -> Vec<Range<usize>> {
    if asking.years.is_empty() && asking.events.is_empty() {
        return Vec::new();
    }
    let is_elsewhere = |form: &String| {
        let mut owners = asking.called(form).peekable();
        owners.peek().is_some()
            && owners.all(|owner| {
                owner.keys.is_empty()
                    && owner.names.iter().chain([form]).all(|name| !is_written(name, passages))
            })
    };
    let hangul = words(asking.question).filter(|word| word.script == Script::Hangul);
    let found = hangul.filter_map(|word| {
        let written = &asking.question[word.range.clone()];
        let forms = lemmas(written).forms.into_iter().filter(|form| written.starts_with(form.as_str()));
        let name = forms.filter(is_elsewhere).max_by_key(String::len)?;
        Some(word.range.start..word.range.start + name.len())
    });
    found.collect()
}
