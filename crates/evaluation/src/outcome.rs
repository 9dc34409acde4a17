//! What became of one question of a suite?

use std::collections::BTreeMap;

use serde::Serialize;
use siren_domain::{Action, Answer, AskError, Citation, Passage};

use crate::facts;
use crate::marks::without_marks;
use crate::measures::Measure;
use crate::ranking::Run;
use crate::suite::SuiteQuestion;

/// Share of a question's facts that its answer says.
pub const FACT_RECALL: &str = "fact_recall";
/// Share of an answer's citations that quote a relevant document word for word.
pub const CITATION_CORRECTNESS: &str = "citation_correctness";
/// Unanswerable: whether the answer was withheld, by saying so or by a rule.
pub const ABSTENTION: &str = "abstention";
/// Answerable: whether the answer was withheld all the same. Lower is better.
pub const FALSE_ABSTENTION: &str = "false_abstention";
/// Length of the answer without marks, in characters.
pub const ANSWER_CHARS: &str = "answer_chars";

/// One question, its answer and what that is worth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QuestionOutcome {
    /// The question's id.
    pub id: String,
    /// The question.
    pub text: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Whether a document tells the answer.
    pub answerable: bool,
    /// What it is worth, by measure. A measure that does not apply to this question is not there.
    pub values: BTreeMap<String, f64>,
    /// The first writing of each fact that the answer does not say.
    pub missed_facts: Vec<String>,
    /// The answer as the asker read it.
    pub answer: String,
    /// Whether the answer was an honest "not found".
    pub abstained: bool,
    /// The rule that spoke in place of the documents.
    pub refused_by: Option<String>,
    /// Why there is no answer.
    pub error: Option<String>,
    /// The generation that was searched.
    pub generation: Option<u64>,
    /// Who wrote the answer.
    pub model: Option<String>,
    /// The documents of the retrieved passages, best first.
    pub ranking: Vec<RankedDocument>,
}

/// A document and the score of its best passage.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RankedDocument {
    /// The document's id.
    pub id: String,
    /// The score of its best passage.
    pub score: f32,
}

/// Judges what a question got.
pub(crate) fn judge(question: &SuiteQuestion, got: Result<Answer, AskError>) -> QuestionOutcome {
    match got {
        Ok(answer) => judge_answer(question, answer),
        Err(error) => QuestionOutcome {
            error: Some(error.to_string()),
            values: worst_values(question),
            missed_facts: question.facts.iter().filter_map(|f| f.first().cloned()).collect(),
            ..blank(question)
        },
    }
}

fn blank(question: &SuiteQuestion) -> QuestionOutcome {
    QuestionOutcome {
        id: question.id.clone(),
        text: question.text.clone(),
        tags: question.tags.clone(),
        answerable: question.is_answerable(),
        values: BTreeMap::new(),
        missed_facts: Vec::new(),
        answer: String::new(),
        abstained: false,
        refused_by: None,
        error: None,
        generation: None,
        model: None,
        ranking: Vec::new(),
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
    values
}

fn judge_answer(question: &SuiteQuestion, answer: Answer) -> QuestionOutcome {
    let said = without_marks(&answer.text);
    let mut outcome = QuestionOutcome {
        missed_facts: missed(question, &said),
        abstained: abstained(&answer),
        refused_by: rule_that_spoke(&answer),
        generation: answer.generation,
        ranking: ranking(&answer.passages),
        ..blank(question)
    };
    outcome.values = values(question, &outcome, &answer);
    outcome.values.insert(ANSWER_CHARS.to_owned(), said.chars().count() as f64);
    outcome.model = Some(answer.model);
    outcome.answer = answer.text;
    outcome
}

fn values(question: &SuiteQuestion, outcome: &QuestionOutcome, answer: &Answer) -> BTreeMap<String, f64> {
    let withheld = outcome.abstained || outcome.refused_by.is_some();
    let withheld_value = f64::from(u8::from(withheld));
    if !question.is_answerable() {
        return BTreeMap::from([(ABSTENTION.to_owned(), withheld_value)]);
    }
    let mut values = ranking_values(question, &outcome.ranking);
    values.insert(FALSE_ABSTENTION.to_owned(), withheld_value);
    if !question.facts.is_empty() {
        let all = question.facts.len();
        let said = all - outcome.missed_facts.len();
        values.insert(FACT_RECALL.to_owned(), said as f64 / all as f64);
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
    let ranking = run.ranking("").into_iter();
    ranking.map(|(id, score)| RankedDocument { id: id.to_owned(), score }).collect()
}
