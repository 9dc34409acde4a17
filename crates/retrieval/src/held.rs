//! Questions about an event itself and nothing of it: where it was, when it was.
//!
//! All that belongs to an event has its name, so such a question finds all of it alike. What tells where or when the event
//! was held is few passages, and the event's own record.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use siren_domain::{Chunk, Record};
use siren_text::kinds::{self, Kind};
use siren_text::lemma::lemmas;
use siren_text::question::Asking as Words;
use siren_text::stem::is_particles;
use siren_text::terms::{fold, is_syllable};
use siren_text::words::{Script, words};

use crate::linked::Asking;
use crate::understanding::days::without_days;

#[expect(clippy::expect_used, reason = "the patterns are literals that a test compiles")]
static PLACE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?:장소|행사장|개최지|회의장)[은는이가:]|에서\s?(?:\S+\s)?(?:열렸|열린|열려|개최|진행되)|\b(?:held|took place) (?:at|in)\b",
    )
    .expect("a valid pattern")
});
#[expect(clippy::expect_used, reason = "the patterns are literals that a test compiles")]
static DATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\d\s?월[^.]{0,30}(?:열렸|열린|열려|개최|진행되)|기간[은:]|\bheld (?:on|from|in)\b.{0,20}\d",
    )
    .expect("a valid pattern")
});
/// What a gathering does, and what a question may call that or its place and time.
const OF_ANY: [&str; 24] = [
    "열리",
    "열",
    "개최",
    "개최하",
    "개최되",
    "진행",
    "진행하",
    "진행되",
    "행사",
    "장소",
    "위치",
    "행사장",
    "날짜",
    "요일",
    "시기",
    "일시",
    "일정",
    "기간",
    "held",
    "place",
    "venue",
    "date",
    "year",
    "was",
];

/// The records that a question asks the place or the time of, and which of both.
pub(crate) struct Held<'a> {
    records: Vec<&'a Record>,
    kinds: Vec<Kind>,
}

impl<'a> Held<'a> {
    /// None when the question asks for anything else, or for anything of them.
    pub(crate) fn of(asking: &'a Asking<'_>) -> Option<Self> {
        let mut kinds = kinds::asked(asking.question);
        kinds.retain(|kind| matches!(kind, Kind::Place | Kind::Date));
        if kinds.is_empty() {
            return None;
        }
        let named = names_in(asking.question);
        let records = asking.keyed();
        let is_meant = |record: &&Record| {
            let own: BTreeSet<String> = record.names.iter().flat_map(|name| words_of(name)).collect();
            let years: Vec<String> = asking.years.iter().map(u16::to_string).collect();
            named.iter().all(|forms| forms.iter().any(|form| own.contains(form)))
                && (years.is_empty() || years.iter().any(|year| own.contains(year)))
        };
        let records: Vec<&Record> = records.into_iter().filter(is_meant).collect();
        (!named.is_empty() && !records.is_empty()).then_some(Self { records, kinds })
    }

    /// Whether the chunk is the record of what is asked about.
    pub(crate) fn is_of(&self, chunk: &Chunk) -> bool {
        self.records.iter().any(|record| record.id == chunk.document.id)
    }

    /// Whether the chunk is the record of what is asked about, or a document that tells it.
    pub(crate) fn is_told_in(&self, asking: &Asking<'_>, chunk: &Chunk) -> bool {
        if self.is_of(chunk) {
            return true;
        }
        let tells = |kind: &Kind| match kind {
            Kind::Place => PLACE.is_match(&chunk.text),
            _ => DATE.is_match(&chunk.text),
        };
        chunk.document.fields.is_empty()
            && self.kinds.iter().any(tells)
            && !asking.spoken_of(chunk, &self.records).is_empty()
    }
}

/// What a question names, each word in the forms that it may have: without what only asks, years and days.
fn names_in(question: &str) -> Vec<Vec<String>> {
    let question = without_days(question);
    let asking = Words::of(&question);
    let runs = words(&question).filter(|run| run.script != Script::Digits);
    let runs =
        runs.map(|run| fold(&question[run.range])).filter(|run| !asking.asks(run) && !is_particles(run));
    let forms = runs.map(|run| {
        if !run.chars().all(is_syllable) {
            let korean =
                siren_text::aliases::korean(&run).iter().map(ToString::to_string).collect::<Vec<_>>();
            return std::iter::once(run).chain(korean).collect();
        }
        lemmas(&run).forms
    });
    forms.filter(|forms: &Vec<String>| !forms.iter().any(|form| OF_ANY.contains(&form.as_str()))).collect()
}

fn words_of(name: &str) -> Vec<String> {
    let name = fold(name);
    words(&name).map(|word| name[word.range].to_owned()).collect()
}
