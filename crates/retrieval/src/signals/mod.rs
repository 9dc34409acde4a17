//! What a passage has to say to a question, in a few numbers that a person can read.
//!
//! BM25 counts each term for itself. These numbers tell what it cannot: whether the words stand together, in the
//! question's order, under a fitting title, and which of them is not there at all.

mod asked;
mod met;
mod weights;

use siren_domain::ports::TermWeight;
use siren_domain::{Chunk, Passage, Record, Signals};
use siren_text::counted;
use siren_text::kinds::{self, Kind};
use siren_text::terms::fold;

use asked::Asked;
use met::Met;
use weights::WEIGHTS;

use crate::fusion::Fusion;
use crate::held::Held;
use crate::linked::Asking;
use crate::understanding::calendar::{Day, told};
use crate::understanding::days::days;

/// What a passage gains that tells where or when an event was held, which is all that is asked: more than all else.
const HELD: f32 = 1.0;
/// What a record gains that tells the kind of thing that is asked for: a day, so many of them. Records are told alike, and
/// their words say little of which is meant.
const TELLS: f32 = 0.25;
/// Letters of a text that are compared for a common stretch at most.
const STRETCH_CHARS: usize = 1500;

/// A question, made ready for a closer look at passages.
pub(crate) struct Closer<'a> {
    asked: Asked,
    letters: Vec<char>,
    days: Vec<usize>,
    dates: Vec<Day>,
    records: Vec<&'a Record>,
    held: Option<Held<'a>>,
    kinds: Vec<Kind>,
    unit: Option<String>,
    asking: &'a Asking<'a>,
}

impl<'a> Closer<'a> {
    pub(crate) fn new(asking: &'a Asking<'a>, weights: &[TermWeight]) -> Self {
        let question = asking.question;
        Self {
            asked: Asked::new(question, weights),
            letters: letters(question),
            days: days(question),
            dates: told(question),
            held: Held::of(asking),
            records: asking.named(),
            kinds: kinds::asked(question),
            unit: counted::unit(question),
            asking,
        }
    }

    fn signals(&self, chunk: &Chunk) -> Signals {
        Signals { named: self.named(chunk), ..of(&self.asked, &self.letters, chunk) }
    }

    /// What the chunk gains by telling what is asked for.
    fn told(&self, chunk: &Chunk) -> f32 {
        match &self.held {
            Some(held) if held.is_told_in(self.asking, chunk) => HELD,
            None if self.is_told_in(chunk) => TELLS,
            _ => 0.0,
        }
    }

    /// Whether the chunk is a record that tells the kind of thing that is asked for.
    fn is_told_in(&self, chunk: &Chunk) -> bool {
        let counts = || self.unit.as_ref().is_some_and(|unit| counted::counts(&chunk.text, unit));
        !chunk.document.fields.is_empty()
            && (self.kinds.iter().any(|kind| kind.is_told_in(&chunk.text)) || counts())
    }

    /// The share of the records and days named in the question that the chunk speaks of.
    #[expect(clippy::cast_precision_loss, reason = "a question names few things")]
    fn named(&self, chunk: &Chunk) -> f32 {
        let all = self.records.len() + self.days.len() + self.dates.len();
        if all == 0 {
            return 0.0;
        }
        let above = || std::iter::once(&chunk.document.title).chain(&chunk.heading).chain([&chunk.text]);
        let told: Vec<usize> =
            if self.days.is_empty() { Vec::new() } else { above().flat_map(|t| days(t)).collect() };
        let of_days = self.days.iter().filter(|day| told.contains(day)).count();
        let dated = |day: &&Day| above().any(|text| day.is_told_in(text));
        let of_dates = self.dates.iter().filter(dated).count();
        let of_records = self.asking.spoken_of(chunk, &self.records).len();
        (of_records + of_days + of_dates) as f32 / all as f32
    }
}

/// The first `most` passages in the order that their signals suggest; the others keep theirs, behind them.
///
/// The signals are of the words, so they join the side of the terms: against meaning, both together weigh what terms
/// alone weighed.
pub(crate) fn look_closer(closer: &Closer<'_>, fusion: Fusion, passages: &mut [Passage], most: usize) {
    let best = passages.first().map_or(0.0, |passage| passage.score);
    if most == 0 || best <= 0.0 {
        return;
    }
    // What tells it may stand far behind all else that has the name.
    let shown = if closer.held.is_some() { passages.len() } else { most.min(passages.len()) };
    let looked_at = &mut passages[..shown];
    for passage in &mut *looked_at {
        passage.parts.signals = Some(closer.signals(&passage.chunk));
    }
    let mut scores = scores(looked_at, fusion, best);
    for (passage, score) in looked_at.iter().zip(&mut scores) {
        *score += closer.told(&passage.chunk);
    }
    // The places keep their scores: what follows reads them as shares of the best, and words alone set passages less apart.
    let places: Vec<f32> = looked_at.iter().map(|passage| passage.score).collect();
    for (passage, score) in looked_at.iter_mut().zip(scores) {
        passage.score = score;
        passage.parts.closer = Some(score);
    }
    looked_at.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.chunk.id.cmp(&b.chunk.id)));
    for (passage, place) in looked_at.iter_mut().zip(places) {
        passage.score = place;
    }
    let mut above = f32::INFINITY;
    for passage in passages {
        above = passage.score.min(above.next_down());
        passage.score = above;
    }
}

fn scores(passages: &[Passage], fusion: Fusion, best: f32) -> Vec<f32> {
    let weight = match fusion {
        Fusion::Weighted { weight } if passages.iter().any(|passage| passage.parts.dense.is_some()) => weight,
        _ => 0.0,
    };
    let most_lexical = passages.iter().map(|passage| passage.parts.lexical).fold(0.0, f32::max);
    // What ranks gave is not told apart again.
    let share = |passage: &Passage| match fusion {
        Fusion::Weighted { .. } if most_lexical > 0.0 => passage.parts.lexical / most_lexical,
        Fusion::Weighted { .. } => 0.0,
        Fusion::ReciprocalRank => passage.score / best,
    };
    let words =
        |passage: &Passage| share(passage) + passage.parts.signals.map_or(0.0, |seen| WEIGHTS.sum(&seen));
    let most_words = passages.iter().map(words).fold(f32::MIN_POSITIVE, f32::max);
    let meaning = |passage: &Passage| passage.parts.dense.unwrap_or(0.0).max(0.0);
    let score = |passage: &Passage| (1.0 - weight) * words(passage) / most_words + weight * meaning(passage);
    passages.iter().map(score).collect()
}

fn of(asked: &Asked, letters_asked: &[char], chunk: &Chunk) -> Signals {
    let body = Met::new(asked, [chunk.text.as_str()]);
    let meta = &chunk.document;
    let above = std::iter::once(&meta.title).chain(&chunk.heading).chain(&meta.event);
    let frame = Met::new(asked, above.map(String::as_str));
    let all = body.with(&frame);
    Signals {
        coverage: asked.share(&all),
        title: asked.share(&frame.best),
        together: asked.together(&body),
        pairs: asked.pairs(&body),
        missing: asked.worst_missing(&all),
        numbers: asked.numbers_missing(&all),
        stretch: stretch(letters_asked, &letters(&chunk.text)),
        length: body.length,
        ..Signals::default()
    }
}

fn letters(text: &str) -> Vec<char> {
    fold(text).chars().filter(|c| c.is_alphanumeric()).take(STRETCH_CHARS).collect()
}

/// The longest stretch of letters that both have, as a share of the question.
#[expect(clippy::cast_precision_loss, reason = "some hundred letters")]
fn stretch(asked: &[char], text: &[char]) -> f32 {
    if asked.is_empty() {
        return 0.0;
    }
    let mut longest = 0;
    let mut above = vec![0_usize; asked.len() + 1];
    for c in text {
        // From the right, so that the row above is still there to the left.
        for at in (0..asked.len()).rev() {
            above[at + 1] = if asked[at] == *c { above[at] + 1 } else { 0 };
            longest = longest.max(above[at + 1]);
        }
    }
    longest as f32 / asked.len() as f32
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use siren_domain::ports::TermWeight;
    use siren_domain::{Chunk, DocumentId, Metadata, OffsetMap, Origin, Passage, ScoreParts, Signals};
    use siren_text::Analyser;

    use super::{Asked, letters, of as signals_of};

    fn passage(title: &str, text: &str, score: f32) -> Passage {
        let origin = Origin::File { path: "d".into() };
        let chunk = Chunk {
            id: text.into(),
            document: Arc::new(Metadata::new(DocumentId::from_text("s/d"), "s", origin, title)),
            heading: Vec::new(),
            sections: Vec::new(),
            text: text.into(),
            tokens: 1,
            offsets: OffsetMap::default(),
            parts: Vec::new(),
        };
        Passage { chunk: Arc::new(chunk), score, parts: ScoreParts::default() }
    }

    /// Every term is as telling as any other.
    fn even(question: &str) -> Vec<TermWeight> {
        let terms = Analyser::default().question_terms(question);
        terms.into_iter().map(|term| TermWeight { term, idf: 2.0, known: true }).collect()
    }

    fn of(question: &str, title: &str, text: &str) -> Signals {
        let asked = Asked::new(question, &even(question));
        signals_of(&asked, &letters(question), &passage(title, text, 1.0).chunk)
    }

    /// A signal, and two texts of which the first has more of it.
    #[test]
    fn what_each_signal_tells() {
        let question = "은행 이사 비용은 2024년에 얼마였나요?";
        let far = "이사를 했다. 그날은 비가 많이 왔고 길이 막혀서 모두 늦게 도착했으며 점심도 걸렀다고 그 직원은 나중에 여러 사람에게 말했다. 은행에서 2024년 비용을 정했다.";
        type Signal = fn(&Signals) -> f32;
        type Case<'c> = (&'c str, Signal, (&'c str, &'c str), (&'c str, &'c str));
        let cases: [Case<'_>; 7] = [
            ("coverage", |s| s.coverage, ("", "은행이 이사했다"), ("", "은행이 문을 열었다")),
            ("title", |s| s.title, ("은행 이사", "글"), ("은행", "글")),
            ("together", |s| s.together, ("", "은행 이사 비용은 2024년에 컸다"), ("", far)),
            ("pairs", |s| s.pairs, ("", "은행 이사 비용"), ("", "비용 이사 은행")),
            ("missing", |s| -s.missing, ("", "은행 이사 비용 2024"), ("", "은행 이사 2024")),
            ("numbers", |s| -s.numbers, ("", "2024년"), ("", "2023년")),
            ("stretch", |s| s.stretch, ("", "은행 이사 비용은"), ("", "이사 비용은 은행")),
        ];
        for (name, signal, (title, more), (other, less)) in cases {
            let (more, less) = (of(question, title, more), of(question, other, less));
            assert!(signal(&more) > signal(&less), "{name}: {more:?} {less:?}");
        }
    }

    /// Thousands of places and hundreds of words: what is looked at grows with the text, not with their product.
    #[test]
    fn a_word_that_is_asked_over_and_over() {
        let (word, text) = ("서버 ".repeat(660), "서버 ".repeat(500));
        let told = of(&word, "", &text);
        assert_eq!((told.coverage, told.together, told.pairs), (1.0, 1.0, 1.0));
        let alike: String =
            (0..660).map(|at| format!("서버{} ", char::from_u32(0xac00 + at).unwrap_or('가'))).collect();
        assert!(of(&alike, "", &text).coverage > 0.0);
    }

    #[test]
    fn a_question_of_nothing() {
        assert_eq!(of("?", "", "은행"), Signals { length: 2.0_f32.ln(), ..Signals::default() });
    }
}
