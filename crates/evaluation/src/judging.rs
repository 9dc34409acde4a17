//! What is an answer worth?

use std::collections::{BTreeMap, BTreeSet};

use siren_domain::document::EVERYONE;
use siren_domain::{Action, Answer, AskError, Citation, Metadata, Passage};
use siren_text::tokens::TokenCounter;

use crate::answers::{exact_match, token_f1};
use crate::facts;
use crate::grounding::{self, Grounding};
use crate::judge::{Asking, Case, Judged};
use crate::marks::without_marks;
use crate::measures::Measure;
use crate::outcome::*;
use crate::ranking::Run;
use crate::suite::SuiteQuestion;

/// Passages kept of a question, and letters kept of each.
const SHOWN: usize = 5;
const EXCERPT: usize = 160;
/// Passages that a judge reads.
const PASSAGES: usize = 10;

/// What answers are judged with, besides the suite.
#[derive(Clone, Copy, Default)]
pub struct Judging<'a> {
    /// Tells whether claims are supported; without it, citations are judged by their documents alone.
    pub grounding: Option<&'a dyn Grounding>,
    /// What a million tokens cost a model that is not this program's own.
    pub prices: Prices,
    /// Who is asked what it thinks of the answers; nobody by default.
    pub judge: Option<Asking<'a>>,
}

/// What a million tokens cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Prices {
    /// Of those that a model reads.
    pub input: f64,
    /// Of those that it writes.
    pub output: f64,
}

/// Judges what a question got.
pub(crate) async fn judge(
    question: &SuiteQuestion,
    got: Result<Answer, AskError>,
    judging: Judging<'_>,
) -> QuestionOutcome {
    match got {
        Ok(answer) => {
            let judged = opinion(question, &answer, judging.judge).await;
            let mut outcome = judge_answer(question, answer, judging);
            outcome.values.extend(judged.iter().flat_map(Judged::values));
            outcome.judged = judged;
            outcome
        }
        Err(error) => QuestionOutcome {
            error: Some(error.to_string()),
            values: worst_values(question),
            missed_facts: question.facts.iter().filter_map(|f| f.first().cloned()).collect(),
            ..blank(question)
        },
    }
}

/// What the judge thinks of an answer that a document should tell. What was withheld is judged without it.
async fn opinion(question: &SuiteQuestion, answer: &Answer, asking: Option<Asking<'_>>) -> Option<Judged> {
    let asking = asking?;
    if !question.is_answerable() || abstained(answer) || rule_that_spoke(answer).is_some() {
        return None;
    }
    let linked = answer.linked.iter().map(|linked| &linked.counterpart);
    let passages = answer.passages.iter().chain(linked).map(|passage| passage.chunk.text.clone());
    let case = Case {
        question: &question.text,
        answer: &answer.text,
        facts: &question.facts,
        passages: passages.take(PASSAGES).collect(),
    };
    Some(asking.about(&case).await)
}

fn blank(question: &SuiteQuestion) -> QuestionOutcome {
    QuestionOutcome {
        id: question.id.clone(),
        text: question.text.clone(),
        tags: question.tags.clone(),
        answerable: question.is_answerable(),
        must: question.is_must(),
        ..QuestionOutcome::default()
    }
}

/// A question that fails must never look better than one that is answered badly.
fn worst_values(question: &SuiteQuestion) -> BTreeMap<String, f64> {
    let mut values = BTreeMap::from([(ANSWER_CHARS.to_owned(), 0.0)]);
    if !question.is_answerable() {
        values.insert(ABSTENTION.to_owned(), 0.0);
        return values;
    }
    values.extend(Measure::USUAL.map(|measure| (measure.to_string(), 0.0)));
    values.insert(CITATION_CORRECTNESS.to_owned(), 0.0);
    values.insert(FALSE_ABSTENTION.to_owned(), 1.0);
    if !question.facts.is_empty() {
        values.insert(FACT_RECALL.to_owned(), 0.0);
    }
    if !question.answers.is_empty() {
        values.extend([EXACT_MATCH, TOKEN_F1].map(|measure| (measure.to_owned(), 0.0)));
    }
    values
}

fn judge_answer(question: &SuiteQuestion, answer: Answer, judging: Judging<'_>) -> QuestionOutcome {
    let said = without_marks(&answer.text);
    let mut outcome = QuestionOutcome {
        missed_facts: missed(question, &said),
        abstained: abstained(&answer),
        refused_by: rule_that_spoke(&answer),
        leaked: leaked(question, &answer),
        generation: answer.generation,
        ranking: ranking(&answer.passages),
        passages: shown(question, &answer.passages),
        latency_ms: answer.timings_ms.get("total").copied(),
        ..blank(question)
    };
    outcome.values = values(question, &outcome, &answer, &said, judging);
    outcome.values.extend(effort(&answer, &said, judging.prices));
    outcome.model = Some(answer.model);
    outcome.answer = answer.text;
    outcome
}

/// What the answer took.
fn effort(answer: &Answer, said: &str, prices: Prices) -> BTreeMap<String, f64> {
    let read: f64 = answer.passages.iter().map(|passage| f64::from(passage.chunk.tokens)).sum();
    let written = TokenCounter::new().count(said) as f64;
    let mut effort = BTreeMap::from([
        (ANSWER_CHARS.to_owned(), said.chars().count() as f64),
        (ANSWER_TOKENS.to_owned(), written),
        (PASSAGE_TOKENS.to_owned(), read),
    ]);
    let own = ["extractive", "rule"].contains(&answer.model.as_str());
    if prices != Prices::default() {
        let cost = (read * prices.input + written * prices.output) / 1e6;
        effort.insert(COST.to_owned(), if own { 0.0 } else { cost });
    }
    effort
}

fn values(
    question: &SuiteQuestion,
    outcome: &QuestionOutcome,
    answer: &Answer,
    said: &str,
    judging: Judging<'_>,
) -> BTreeMap<String, f64> {
    let withheld = outcome.abstained || outcome.refused_by.is_some();
    let number = |yes: bool| f64::from(u8::from(yes));
    let mut values = BTreeMap::from([(REFUSED_BY_RULE.to_owned(), number(outcome.refused_by.is_some()))]);
    if !question.groups.is_empty() || !question.forbidden.is_empty() || !outcome.leaked.is_empty() {
        values.insert(LEAKS.to_owned(), outcome.leaked.len() as f64);
    }
    if withheld {
        values.insert(ABSTENTION_PRECISION.to_owned(), number(!question.is_answerable()));
    } else if let Some(grounding) = judging.grounding {
        values.extend(grounding::values(grounding, answer));
    }
    if !question.is_answerable() {
        values.insert(ABSTENTION.to_owned(), number(withheld));
        return values;
    }
    values.extend(ranking_values(question, &outcome.ranking));
    values.insert(FALSE_ABSTENTION.to_owned(), number(withheld));
    if !question.facts.is_empty() {
        let all = question.facts.len();
        let said = all - outcome.missed_facts.len();
        values.insert(FACT_RECALL.to_owned(), said as f64 / all as f64);
    }
    if !question.answers.is_empty() {
        let said = if withheld { "" } else { said };
        values.insert(EXACT_MATCH.to_owned(), exact_match(said, &question.answers));
        values.insert(TOKEN_F1.to_owned(), token_f1(said, &question.answers));
    }
    if !withheld {
        values.insert(CITATION_CORRECTNESS.to_owned(), citation_correctness(question, answer));
    }
    values
}

fn ranking_values(question: &SuiteQuestion, ranking: &[RankedDocument]) -> BTreeMap<String, f64> {
    let label = |document: &str| question.relevant.get(document).copied().unwrap_or(0);
    let ranked: Vec<_> = ranking.iter().map(|document| label(&document.id)).collect();
    let judged: Vec<_> = question.relevant.values().copied().collect();
    let values = Measure::USUAL.map(|m| (m.to_string(), m.value(&ranked, &judged)));
    BTreeMap::from(values)
}

fn missed(question: &SuiteQuestion, said: &str) -> Vec<String> {
    let is_said = |fact: &&Vec<String>| fact.iter().any(|variant| facts::contains(said, variant));
    let missed = question.facts.iter().filter(|fact| !is_said(fact));
    missed.filter_map(|fact| fact.first().cloned()).collect()
}

fn abstained(answer: &Answer) -> bool {
    let by_documents = matches!(answer.verdict.action, Action::Allow | Action::Narrow { .. });
    by_documents && !answer.grounded && answer.citations.is_empty()
}

/// A rule that answers withholds the documents' answer as one that refuses does.
fn rule_that_spoke(answer: &Answer) -> Option<String> {
    match answer.verdict.action {
        Action::Allow | Action::Narrow { .. } => None,
        Action::Refuse { .. } | Action::Answer { .. } | Action::HandOver { .. } | Action::AskBack { .. } => {
            Some(answer.verdict.rule.clone().unwrap_or_else(|| "unnamed".into()))
        }
    }
}

/// Everything shown of documents that the suite forbids, or that are not for the asker's groups.
fn leaked(question: &SuiteQuestion, answer: &Answer) -> Vec<String> {
    let may_read = |document: &Metadata| {
        let mut access = document.access.iter();
        access.any(|group| group == EVERYONE || question.groups.contains(group))
    };
    let passages = answer.passages.iter().chain(answer.linked.iter().map(|linked| &linked.counterpart));
    let mut leaked = BTreeSet::new();
    for passage in passages {
        let document = &passage.chunk.document;
        if !may_read(document) || question.forbidden.iter().any(|id| id == document.id.as_str()) {
            leaked.insert(document.id.to_string());
        }
    }
    let cited = answer.citations.iter().map(|citation| citation.document_id.as_str());
    leaked.extend(cited.filter(|id| question.forbidden.iter().any(|f| f == id)).map(str::to_owned));
    leaked.into_iter().collect()
}

/// An answer without citations has none that is correct.
fn citation_correctness(question: &SuiteQuestion, answer: &Answer) -> f64 {
    let is_correct = |citation: &&Citation| {
        question.is_relevant(citation.document_id.as_str()) && is_verbatim(citation, &answer.passages)
    };
    let correct = answer.citations.iter().filter(is_correct).count();
    correct as f64 / answer.citations.len().max(1) as f64
}

fn is_verbatim(citation: &Citation, passages: &[Passage]) -> bool {
    let quote = single_spaced(&citation.quote);
    let mut told = passages.iter().filter(|p| p.chunk.document.id == citation.document_id);
    !quote.is_empty() && told.any(|passage| single_spaced(&passage.chunk.text).contains(&quote))
}

fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn ranking(passages: &[Passage]) -> Vec<RankedDocument> {
    let mut run = Run::default();
    for passage in passages {
        run.raise("", passage.chunk.document.id.as_str(), passage.score);
    }
    run.ranked("").map(|(id, score)| RankedDocument { id: id.to_owned(), score }).collect()
}

fn shown(question: &SuiteQuestion, passages: &[Passage]) -> Vec<ShownPassage> {
    let shown = passages.iter().take(SHOWN).map(|passage| ShownPassage {
        chunk: passage.chunk.id.clone(),
        title: passage.chunk.document.title.clone(),
        excerpt: single_spaced(&passage.chunk.text).chars().take(EXCERPT).collect(),
        label: question.relevant.get(passage.chunk.document.id.as_str()).copied().unwrap_or(0),
        score: passage.score,
        lexical: passage.parts.lexical,
        dense: passage.parts.dense,
    });
    shown.collect()
}
