//! Which sentences make the answer.

use std::collections::BTreeMap;
use std::ops::Range;

use siren_domain::Passage;
use siren_domain::ports::{AnswerPart, AnswerRequest};
use siren_text::sentences;
use siren_text::sentences::starts_item;

use super::cues::{Wanted, has_number, leads_in, refers_back, wanted};
use super::evidence::{Asked, Evidence, Purpose, Terms, evidence, frame, terms};

/// How answers are picked. The numbers were chosen on the project's own suite and on public question sets; see the
/// evaluation's notes before changing one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExtractiveSettings {
    /// At most so many sentences; a list counts as one.
    pub max_sentences: usize,
    /// Below this chance that the passages answer the question, the honest answer is "not found".
    pub min_evidence: f32,
}

impl Default for ExtractiveSettings {
    fn default() -> Self {
        Self { max_sentences: 3, min_evidence: 0.5 }
    }
}

/// Passages that sentences are taken from.
const PASSAGES: usize = 5;
/// What counts of a term that only the title, a heading or a neighbouring sentence holds.
const AROUND: f32 = 0.5;
/// What a passage's place in the ranking adds.
const RANK: f32 = 0.7;
/// What a fitting kind of content adds: a date for "when", a number for "how many".
const FITTING: f32 = 0.4;
/// What a list adds where a list is wanted: its items seldom repeat the question's words.
const LISTED: f32 = 0.45;
/// A further sentence of the best one's passage must be this good, relative to the best one.
const FURTHER: f32 = 0.6;
/// The same for a sentence of another passage, which more often tells of something else.
const ELSEWHERE: f32 = 0.75;
/// The same for a record beside a record: they are told alike, in words that each of them has.
const ANOTHER_RECORD: f32 = 0.9;
/// A row up to this long is quoted whole.
const ROW_CHARS: usize = 260;
/// Items of a list that are shown at most.
const LIST_ITEMS: usize = 12;
/// Records are a list from so many on, and one belongs to it from this share of the first one's score on.
const SEVERAL: usize = 3;
const ALIKE: f32 = 0.6;

/// A sentence, or a line with the list that it announces.
#[derive(Clone, Debug)]
struct Unit {
    passage: usize,
    range: Range<usize>,
    order: usize,
    score: f32,
}

pub(super) fn answer(request: &AnswerRequest, settings: ExtractiveSettings) -> Vec<AnswerPart> {
    let passages: Vec<usize> = (0..request.passages.len()).collect();
    let parts = request.parts.iter().map(|part| (part.question.as_str(), passages_of(request, &part.chunks)));
    let parts: Vec<(&str, Vec<usize>)> = parts.filter(|(_, passages)| !passages.is_empty()).collect();
    if parts.len() < 2 {
        return of_one(request, &request.question, &passages, settings);
    }
    let each = ExtractiveSettings { max_sentences: settings.max_sentences.div_ceil(parts.len()), ..settings };
    let answers = parts.iter().flat_map(|(question, passages)| of_one(request, question, passages, each));
    let mut told: Vec<AnswerPart> = Vec::new();
    let mut said: Vec<&str> = Vec::new();
    for part in answers {
        let words = match &part {
            AnswerPart::NotFound => continue,
            AnswerPart::Quote { passage, range } => {
                Some(request.passages[*passage].chunk.text[range.clone()].trim())
            }
            _ => None,
        };
        if words.is_none_or(|words| !said.contains(&words)) {
            said.extend(words);
            told.push(part);
        }
    }
    if said.is_empty() {
        told.push(AnswerPart::NotFound);
    }
    told
}

/// Where the chunks stand among the passages.
fn passages_of(request: &AnswerRequest, chunks: &[String]) -> Vec<usize> {
    let place = |id: &String| request.passages.iter().position(|passage| passage.chunk.id == *id);
    chunks.iter().filter_map(place).collect()
}

/// The answer to one question from some of the passages, best first.
fn of_one(
    request: &AnswerRequest,
    question: &str,
    among: &[usize],
    settings: ExtractiveSettings,
) -> Vec<AnswerPart> {
    let all: Vec<Passage> = among.iter().map(|at| request.passages[*at].clone()).collect();
    let passages = first(&all);
    let wanted = wanted(question);
    let asked = Asked::new(question, &request.terms, Purpose::Whether);
    if passages.is_empty() {
        return vec![AnswerPart::NotFound];
    }
    let absent = request.absent.iter().any(|name| question.contains(name.as_str()));
    let evidence = Evidence { absent, ..evidence(&asked, &wanted, passages) };
    let judged = AnswerPart::Judged(evidence.told(question, settings.min_evidence));
    if evidence.confidence() < settings.min_evidence {
        return vec![judged, AnswerPart::NotFound];
    }
    let pointed = request.pointed.as_ref().and_then(|id| all.iter().position(|p| p.chunk.id == *id));
    let asked = Asked::new(question, &request.terms, Purpose::Which).among(passages);
    let chosen = match pointed {
        Some(at) => whole(at, &all[at]).into_iter().collect(),
        None => {
            let units = passages.iter().enumerate().flat_map(|(at, passage)| {
                let rank = if passages[0].score > 0.0 { passage.score / passages[0].score } else { 1.0 };
                units(at, passage, &asked, &wanted, RANK * rank)
            });
            let chosen = choose(units.collect(), settings.max_sentences, passages);
            with_whose(with_records(chosen, &wanted, &all), &wanted, &all)
        }
    };
    // Passages of nothing but signs have no words to quote.
    if chosen.is_empty() {
        return vec![judged, AnswerPart::NotFound];
    }
    let placed = joined(chosen, &all).into_iter().map(|part| match part {
        AnswerPart::Quote { passage, range } => AnswerPart::Quote { passage: among[passage], range },
        other => other,
    });
    std::iter::once(judged).chain(placed).collect()
}

/// The passages that sentences are taken from, each with its neighbours.
fn first(all: &[Passage]) -> &[Passage] {
    let mut found = 0;
    let is_first = |at: &usize| {
        found += usize::from(!is_neighbour(all, *at));
        found <= PASSAGES
    };
    &all[..(0..all.len()).take_while(is_first).count()]
}

/// What was not found by itself, but stands beside a passage of the same document.
fn is_neighbour(all: &[Passage], at: usize) -> bool {
    let document = |at: usize| &all[at].chunk.document.id;
    all[at].score == 0.0 && at.checked_sub(1).is_some_and(|before| document(before) == document(at))
}

/// All of a passage as one unit.
fn whole(at: usize, passage: &Passage) -> Option<Unit> {
    let ranges = statements(passage);
    let (first, last) = (ranges.first()?, ranges.last()?);
    Some(Unit { passage: at, range: first.start..last.end, order: 0, score: 1.0 })
}

/// Where several things are wanted, each may have a record of its own: the records of one source that fit about as well
/// as what was chosen tell them.
fn with_records(chosen: Vec<Unit>, wanted: &Wanted, passages: &[Passage]) -> Vec<Unit> {
    let best = passages.first().map_or(0.0, |passage| passage.score);
    let mut by_source: BTreeMap<&str, Vec<Unit>> = BTreeMap::new();
    for (at, passage) in passages.iter().enumerate() {
        if wanted.several && is_row(passage) && passage.score >= ALIKE * best {
            by_source.entry(&passage.chunk.document.source).or_default().extend(whole(at, passage));
        }
    }
    let most = by_source.into_values().max_by_key(Vec::len).unwrap_or_default();
    if most.len() < SEVERAL { chosen } else { most.into_iter().take(LIST_ITEMS).collect() }
}

/// Where it is asked whose something is, and the sentences do not say it, what names the record that the document is about: a
/// document has it in its title. A sentence of its own is better than the record.
fn with_whose(mut chosen: Vec<Unit>, wanted: &Wanted, passages: &[Passage]) -> Vec<Unit> {
    let best = chosen.first().map(|unit| &passages[unit.passage].chunk.document);
    let Some(document) = best.filter(|document| wanted.whose && document.fields.is_empty()) else {
        return chosen;
    };
    let is_named = |passage: &&Passage| is_row(passage) && document.title.contains(name_of(passage));
    let Some(name) = passages.iter().find(is_named).map(name_of) else { return chosen };
    let own = passages.iter().enumerate().filter(|(_, passage)| passage.chunk.document.id == document.id);
    let sentences = own.flat_map(|(at, passage)| {
        let ranges = statements(passage).into_iter().enumerate();
        ranges.map(move |(order, range)| Unit { passage: at, range, order, score: 0.0 })
    });
    let names_it = |unit: &Unit| passages[unit.passage].chunk.text[unit.range.clone()].contains(name);
    if chosen.iter().any(names_it) {
        return chosen;
    }
    let record =
        || passages.iter().position(|passage| is_named(&passage)).and_then(|at| whole(at, &passages[at]));
    let telling = sentences.into_iter().find(names_it).or_else(record);
    chosen.extend(telling);
    chosen
}

/// The name that a passage's title begins with.
fn name_of(passage: &Passage) -> &str {
    let title = &passage.chunk.document.title;
    title.split(['(', '-', ',']).next().unwrap_or(title).trim()
}

fn is_row(passage: &Passage) -> bool {
    !passage.chunk.document.fields.is_empty()
}

fn units(at: usize, passage: &Passage, asked: &Asked, wanted: &Wanted, prior: f32) -> Vec<Unit> {
    let text = &passage.chunk.text;
    let frame = frame(passage);
    let ranges = statements(passage);
    let spoken: Vec<Terms> = ranges.iter().map(|range| terms(&text[range.clone()])).collect();
    let heading = passage.chunk.heading.last().map(String::as_str);
    let mut out = Vec::new();
    for (i, range) in ranges.iter().enumerate() {
        let sentence = &text[range.clone()];
        if heading == Some(sentence) && ranges.len() > 1 && !has_number(sentence) {
            continue;
        }
        let mut around = frame.clone();
        if let Some(before) = i.checked_sub(1).and_then(|i| spoken.get(i)) {
            around.extend(before.iter().cloned());
        }
        let mut score = prior + asked.coverage(&spoken[i], &around, AROUND);
        if !wanted.is_plain() && wanted.suits(sentence) {
            score += FITTING;
        }
        let range = with_list(text, &ranges, i, wanted);
        if wanted.list && range.len() > sentence.len() {
            score += LISTED;
        }
        out.push(Unit { passage: at, range, order: i, score });
    }
    out
}

/// What can be quoted: sentences; of a database row, the whole, because its sentences tell one thing together.
fn statements(passage: &Passage) -> Vec<Range<usize>> {
    let text = &passage.chunk.text;
    if is_row(passage) && text.chars().count() <= ROW_CHARS {
        let start = text.len() - text.trim_start().len();
        let whole = std::iter::once(start..start + text.trim().len());
        return whole.filter(|range| text[range.clone()].contains(char::is_alphanumeric)).collect();
    }
    sentences(text)
}

/// A line that announces a list is quoted with it.
fn with_list(text: &str, ranges: &[Range<usize>], at: usize, wanted: &Wanted) -> Range<usize> {
    let own = ranges[at].clone();
    let is_item = |range: &Range<usize>| starts_item(&text[range.clone()]);
    if is_item(&own) || !(wanted.list || leads_in(&text[own.clone()])) {
        return own;
    }
    let items = ranges[at + 1..].iter().take_while(|range| is_item(range)).take(LIST_ITEMS);
    let end = items.last().map_or(own.end, |item| item.end);
    own.start..end
}

/// Sentences that follow one another are one quote, with one citation.
fn joined(units: Vec<Unit>, passages: &[Passage]) -> Vec<AnswerPart> {
    let mut out: Vec<(usize, Range<usize>)> = Vec::new();
    for unit in units {
        let text = &passages[unit.passage].chunk.text;
        match out.last_mut() {
            Some((passage, range))
                if *passage == unit.passage && follows(text, range.end, unit.range.start) =>
            {
                range.end = unit.range.end;
            }
            _ => out.push((unit.passage, unit.range)),
        }
    }
    out.into_iter().map(|(passage, range)| AnswerPart::Quote { passage, range }).collect()
}

/// Whether nothing but a space stands between.
fn follows(text: &str, end: usize, start: usize) -> bool {
    text.get(end..start).is_some_and(|gap| gap.trim().is_empty() && !gap.contains('\n'))
}

/// The best unit and those that come near it, in reading order: by passage, then by place. A sentence that refers to the
/// one before it says little alone: it brings that one along, or stays away where there is no room.
fn choose(mut units: Vec<Unit>, most: usize, passages: &[Passage]) -> Vec<Unit> {
    units.sort_by(|a, b| {
        b.score.total_cmp(&a.score).then(a.passage.cmp(&b.passage)).then(a.order.cmp(&b.order))
    });
    let Some(best) = units.first().cloned() else { return Vec::new() };
    let mut chosen: Vec<Unit> = Vec::new();
    for unit in &units {
        let are_records = is_row(&passages[unit.passage]) && is_row(&passages[best.passage]);
        let share = match unit.passage == best.passage {
            true => FURTHER,
            false if are_records => ANOTHER_RECORD,
            false => ELSEWHERE,
        };
        if unit.score < share * best.score || chosen.len() >= most || !is_new(unit, &chosen, passages) {
            continue;
        }
        let referent = referent(unit, &units, passages).filter(|before| is_new(before, &chosen, passages));
        let fits = chosen.len() + 2 <= most;
        // The best sentence of all is told even where only one may be.
        if referent.is_none() || fits || chosen.is_empty() {
            chosen.extend(referent.filter(|_| fits).cloned());
            chosen.push(unit.clone());
        }
    }
    chosen.sort_by_key(|unit| (unit.passage != best.passage, unit.passage, unit.order));
    chosen
}

/// Whether it tells something that was not chosen yet, here or in another passage.
fn is_new(unit: &Unit, chosen: &[Unit], passages: &[Passage]) -> bool {
    let words = |unit: &Unit| passages[unit.passage].chunk.text[unit.range.clone()].trim();
    chosen.iter().all(|other| {
        let is_apart = other.passage != unit.passage
            || other.range.end <= unit.range.start
            || unit.range.end <= other.range.start;
        is_apart && words(unit) != words(other)
    })
}

/// The sentence before one that refers back.
fn referent<'u>(unit: &Unit, units: &'u [Unit], passages: &[Passage]) -> Option<&'u Unit> {
    if !refers_back(&passages[unit.passage].chunk.text[unit.range.clone()]) {
        return None;
    }
    let before = unit.order.checked_sub(1)?;
    let is_it = |other: &&Unit| other.passage == unit.passage && other.order == before;
    units.iter().find(is_it).filter(|other| other.range.end <= unit.range.start)
}
