//! What goes before a model: passages that tell something new, as many as fit.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use siren_domain::Passage;
use siren_domain::ports::{Fate, QuestionPart};
use siren_text::Analyser;
use siren_text::terms::fold;
use siren_text::words::words;

/// From this share of common terms on, two passages tell a reader the same.
const SAME: f32 = 0.9;
/// From this share on they tell of the same, though perhaps not with the same values.
const OF_THE_SAME: f32 = 0.5;
/// Numbers in a title that tell a year.
const YEARS: RangeInclusive<u16> = 1900..=2099;

/// What a question wants, as far as it tells passages apart that are nearly the same.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted<'a> {
    /// The years it asks about.
    pub(crate) years: &'a [u16],
    /// What it asks one by one.
    pub(crate) parts: &'a [QuestionPart],
}

impl Wanted<'_> {
    /// Whether one passage can stand for the other: it is about the same of the years, and the best for the same parts.
    fn alike(&self, passage: &Passage, other: &Passage) -> bool {
        let of = |passage: &Passage, year: &u16| passage.chunk.document.years.contains(year);
        let best = |passage: &Passage, part: &QuestionPart| part.chunks.first() == Some(&passage.chunk.id);
        self.years.iter().all(|year| of(passage, year) == of(other, year))
            && self.parts.iter().all(|part| best(passage, part) == best(other, part))
    }
}

/// A passage of the context, as others are compared with it.
struct Told {
    at: usize,
    terms: BTreeSet<String>,
    about: Vec<String>,
}

impl Told {
    fn of(at: usize, passage: &Passage) -> Self {
        let terms = Analyser::single_terms(&passage.chunk.text).into_iter().collect();
        Self { at, terms, about: about(passage) }
    }

    /// Records of a database are alike by design (one template), so a row only repeats the very same text.
    fn repeats(&self, passage: &Passage, earlier: &Self, before: &Passage) -> bool {
        let is_row = !passage.chunk.document.fields.is_empty();
        let same_words = passage.chunk.text == before.chunk.text
            || (!is_row && alike(&self.terms, &earlier.terms) >= SAME);
        same_words && self.about == earlier.about
    }
}

/// What becomes of each passage: the first that together cost at most `budget` tokens are the context, without those
/// that repeat another one. The best passage is always among them, or what tells the same and is newer: where two texts of
/// one title are nearly the same, what differs has been changed.
pub(crate) fn fates(passages: &[Passage], wanted: Wanted<'_>, budget: usize) -> Vec<Fate> {
    let mut chosen: Vec<Told> = Vec::new();
    let mut fates = Vec::with_capacity(passages.len());
    let mut spent = 0;
    let cost = |at: usize| passages[at].chunk.tokens as usize;
    for (at, passage) in passages.iter().enumerate() {
        let told = Told::of(at, passage);
        let is_same = |earlier: &&Told| {
            let before = &passages[earlier.at];
            told.repeats(passage, earlier, before) && wanted.alike(passage, before)
        };
        let repeated = chosen.iter().find(is_same).map(|earlier| earlier.at);
        // What it would stand in place of costs nothing any more.
        let instead = repeated.filter(|earlier| is_newer(passage, &passages[*earlier]));
        let would_be = spent + cost(at) - instead.map_or(0, cost);
        let fits = would_be <= budget || chosen.len() == usize::from(instead.is_some());
        fates.push(match repeated {
            Some(passage) if instead.is_none() || !fits => Fate::Repeats { passage },
            _ if fits => {
                spent = would_be;
                chosen.retain(|other| Some(other.at) != instead);
                chosen.push(told);
                Fate::InContext
            }
            _ => Fate::OverBudget,
        });
        if let (Some(earlier), true) = (instead, fits) {
            fates[earlier] = Fate::Repeats { passage: at };
        }
    }
    fates
}

/// Puts the newest first of passages that tell of the same under one title, each in words of its own: what they differ in
/// has been changed. The places keep their scores.
pub(crate) fn newest_first(passages: &mut [Passage], wanted: Wanted<'_>) {
    let scores: Vec<f32> = passages.iter().map(|passage| passage.score).collect();
    for at in 1..passages.len() {
        let newer = &passages[at];
        let is_outdated = |older: &Passage| {
            is_newer(newer, older) && wanted.alike(newer, older) && tell_of_the_same(newer, older)
        };
        if let Some(older) = passages[..at].iter().position(is_outdated) {
            passages[older..=at].rotate_right(1);
        }
    }
    for (passage, score) in passages.iter_mut().zip(scores) {
        passage.score = score;
    }
}

fn tell_of_the_same(passage: &Passage, other: &Passage) -> bool {
    let is_row = |passage: &Passage| !passage.chunk.document.fields.is_empty();
    if is_row(passage) || is_row(other) || about(passage) != about(other) {
        return false;
    }
    alike(&Told::of(0, passage).terms, &Told::of(0, other).terms) >= OF_THE_SAME
}

/// Whether a document says that it is of a later date than another one says.
fn is_newer(passage: &Passage, other: &Passage) -> bool {
    match (&passage.chunk.document.date, &other.chunk.document.date) {
        (Some(date), Some(before)) => date > before,
        _ => false,
    }
}

/// What a passage stands under, in words: title, event and headings, each without the years that tell a version.
fn about(passage: &Passage) -> Vec<String> {
    let meta = &passage.chunk.document;
    let event = meta.event.as_deref().unwrap_or_default();
    let headings = passage.chunk.heading.iter().map(String::as_str);
    [meta.title.as_str(), event].into_iter().chain(headings).map(without_years).collect()
}

/// The words of a line, but for years.
fn without_years(line: &str) -> String {
    let line = fold(line);
    let mut out = Vec::new();
    let mut behind_year = false;
    for word in words(&line) {
        let mut written = &line[word.range];
        if behind_year {
            written = written.strip_prefix("년도").or(written.strip_prefix('년')).unwrap_or(written);
        }
        behind_year = written.parse().is_ok_and(|number| YEARS.contains(&number));
        if !behind_year && !written.is_empty() {
            out.push(written);
        }
    }
    out.join(" ")
}

/// Jaccard's coefficient.
#[expect(clippy::cast_precision_loss, reason = "a passage has some hundred terms")]
fn alike(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f32 {
    let common = a.intersection(b).count();
    let all = a.len() + b.len() - common;
    if all == 0 { 1.0 } else { common as f32 / all as f32 }
}

#[cfg(test)]
mod tests {
    use super::{Wanted, fates, newest_first, without_years};
    use siren_domain::ports::Fate::{self, InContext, OverBudget, Repeats};
    use siren_domain::ports::QuestionPart;
    use siren_domain::{
        Chunk, DocumentId, Metadata, OffsetMap, Origin, PartialDate, Passage, ScoreParts, Value,
    };
    use std::sync::Arc;

    const LONG: &str =
        "케이뱅크는 모든 서비스를 클라우드로 옮겼고 그 일은 두 해가 걸리지 않았다고 발표에서 말했다";
    /// The same as far as a reader is concerned.
    const NEARLY: &str =
        "케이뱅크는 모든 서비스를 클라우드로 옮겼고 그 일은 두 해가 걸리지 않았다고 발표에서 말했다.";

    /// A passage of a document of this title and year (0 for none), of ten tokens.
    fn titled(title: &str, year: u16, text: &str) -> Passage {
        let date = PartialDate::new(year, None, None);
        let origin = Origin::File { path: "d".into() };
        let meta = Metadata::new(DocumentId::from_text("s/d"), "s", origin, title);
        let years = date.map(PartialDate::year).into_iter().collect();
        let chunk = Chunk {
            id: format!("{title}{year}"),
            document: Arc::new(Metadata { date, years, ..meta }),
            heading: Vec::new(),
            text: text.into(),
            tokens: 10,
            offsets: OffsetMap::default(),
            parts: Vec::new(),
            sections: Vec::new(),
        };
        Passage { chunk: Arc::new(chunk), score: 1.0, parts: ScoreParts::default() }
    }

    fn of(year: u16, text: &str) -> Passage {
        titled("d", year, text)
    }

    fn plain(text: &str) -> Passage {
        of(0, text)
    }

    fn changed(mut passage: Passage, change: impl FnOnce(&mut Chunk)) -> Passage {
        change(Arc::make_mut(&mut passage.chunk));
        passage
    }

    fn row(text: &str) -> Passage {
        changed(plain(text), |chunk| {
            Arc::make_mut(&mut chunk.document).fields = [("id".to_owned(), Value::Integer(1))].into();
        })
    }

    fn under(heading: &str) -> Passage {
        changed(plain(LONG), |chunk| chunk.heading = vec![heading.into()])
    }

    fn at_event(event: &str) -> Passage {
        changed(plain(LONG), |chunk| Arc::make_mut(&mut chunk.document).event = Some(event.into()))
    }

    fn large(year: u16) -> Passage {
        changed(of(year, NEARLY), |chunk| chunk.tokens = 25)
    }

    #[test]
    fn what_goes_before_a_model() {
        let cases: [(&str, Vec<Passage>, usize, &[Fate]); 15] = [
            (
                "a newer one",
                vec![of(2022, LONG), of(2024, NEARLY), of(2023, NEARLY)],
                100,
                &[Repeats { passage: 1 }, InContext, Repeats { passage: 1 }],
            ),
            (
                "an older one",
                vec![of(2024, LONG), of(2022, NEARLY)],
                100,
                &[InContext, Repeats { passage: 0 }],
            ),
            (
                "no date to tell by",
                vec![plain(LONG), of(2024, NEARLY)],
                100,
                &[InContext, Repeats { passage: 0 }],
            ),
            ("nothing", vec![], 100, &[]),
            (
                "a repetition",
                vec![plain(LONG), plain(NEARLY), plain("다른 글")],
                100,
                &[InContext, Repeats { passage: 0 }, InContext],
            ),
            ("alike rows", vec![row(LONG), row(&format!("{LONG} 둘"))], 100, &[InContext, InContext]),
            (
                "guides of two offices",
                vec![titled("서울 사무소 안내", 2022, LONG), titled("부산 사무소 안내", 2024, LONG)],
                100,
                &[InContext, InContext],
            ),
            (
                "a title that tells its year",
                vec![titled("휴가 규정 (2022년)", 2022, LONG), titled("휴가 규정 (2024년)", 2024, NEARLY)],
                100,
                &[Repeats { passage: 1 }, InContext],
            ),
            ("two headings", vec![under("서울"), under("부산")], 100, &[InContext, InContext]),
            ("two events", vec![at_event("서밋"), at_event("위크")], 100, &[InContext, InContext]),
            (
                "the budget",
                vec![plain("하나"), plain("둘"), plain("셋")],
                20,
                &[InContext, InContext, OverBudget],
            ),
            ("too large a first", vec![plain("하나"), plain("둘")], 5, &[InContext, OverBudget]),
            (
                "behind what is too large",
                vec![plain("하나"), large(0), plain("셋")],
                20,
                &[InContext, OverBudget, InContext],
            ),
            (
                "a newer one at the edge",
                vec![of(2022, LONG), plain("둘"), of(2024, NEARLY), plain("셋")],
                20,
                &[Repeats { passage: 2 }, InContext, InContext, OverBudget],
            ),
            (
                "a newer one that does not fit",
                vec![of(2022, LONG), plain("둘"), large(2024)],
                20,
                &[InContext, InContext, Repeats { passage: 0 }],
            ),
        ];
        for (name, passages, budget, expected) in cases {
            assert_eq!(fates(&passages, Wanted::default(), budget), expected, "{name}");
        }
    }

    /// Reports of one template: each is what is asked for.
    #[test]
    fn what_is_asked_for_is_not_left_out() {
        let reports = [of(2024, LONG), of(2022, NEARLY), of(2022, LONG)];
        let part = |year: &str, chunks: &[&str]| QuestionPart {
            question: format!("{year}년 매출"),
            chunks: chunks.iter().map(|id| (*id).to_owned()).collect(),
        };
        let parts = [part("2022", &["d2022", "d2024"]), part("2024", &["d2024", "d2022"])];
        let newest = [InContext, Repeats { passage: 0 }, Repeats { passage: 0 }];
        let both = [InContext, InContext, Repeats { passage: 1 }];
        let cases = [
            ("nothing in particular", Wanted::default(), newest),
            ("two years", Wanted { years: &[2022, 2024], ..Wanted::default() }, both),
            ("other years", Wanted { years: &[2019], ..Wanted::default() }, newest),
            ("two parts", Wanted { parts: &parts, ..Wanted::default() }, both),
        ];
        for (name, wanted, expected) in cases {
            assert_eq!(fates(&reports, wanted, 100), expected, "{name}");
        }
    }

    #[test]
    fn the_newest_comes_first() {
        const RULE: &str =
            "휴가는 팀장에게 신청하고 일 년에 15일까지 쓸 수 있으며 남은 휴가는 다음 해로 넘어간다";
        const CHANGED: &str =
            "휴가는 팀장에게 신청하고 일 년에 20일까지 쓸 수 있으며 남은 휴가는 12월에 돈으로 받는다";
        let old = |title| titled(title, 2022, RULE);
        let new = |title| titled(title, 2024, CHANGED);
        let between = || titled("점심", 2023, LONG);
        let cases: [(&str, [Passage; 3], &[u16], &str); 6] = [
            ("changed", [old("규정"), between(), new("규정")], &[], "2024 2022 2023"),
            ("as it should be", [new("규정"), between(), old("규정")], &[], "2024 2023 2022"),
            ("of two things", [old("서울 규정"), between(), new("부산 규정")], &[], "2022 2023 2024"),
            ("other words", [old("규정"), between(), titled("규정", 2024, LONG)], &[], "2022 2023 2024"),
            ("years that are asked for", [old("규정"), between(), new("규정")], &[2022], "2022 2023 2024"),
            ("one title a year", [old("2022년 규정"), between(), new("2024년 규정")], &[], "2024 2022 2023"),
        ];
        for (case, mut passages, years, expected) in cases {
            newest_first(&mut passages, Wanted { years, parts: &[] });
            let order: Vec<String> =
                passages.iter().map(|passage| passage.chunk.document.years[0].to_string()).collect();
            assert_eq!(order.join(" "), expected, "{case}");
        }
    }

    #[test]
    fn titles_without_years() {
        let cases = [
            ("2022년 매출 보고", "매출 보고"),
            ("매출 보고 (2024년도)", "매출 보고"),
            ("AWS Summit 2024", "aws summit"),
            ("3호점 안내", "3 호점 안내"),
            ("2024.05 회의", "05 회의"),
            ("", ""),
        ];
        for (title, expected) in cases {
            assert_eq!(without_years(title), expected, "{title}");
        }
    }
}
