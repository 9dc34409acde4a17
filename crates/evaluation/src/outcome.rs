//! What became of one question of a suite?

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::judge::Judged;

/// Share of a question's facts that its answer says.
pub const FACT_RECALL: &str = "fact_recall";
/// Whether the answer is an accepted one, word for word.
pub const EXACT_MATCH: &str = "exact_match";
/// How much of an accepted answer the answer is.
pub const TOKEN_F1: &str = "token_f1";
/// Share of an answer's citations that quote a relevant document word for word.
pub const CITATION_CORRECTNESS: &str = "citation_correctness";
/// Unanswerable: whether the answer was withheld, by saying so or by a rule. The recall of abstention.
pub const ABSTENTION: &str = "abstention";
/// Withheld: whether the question really was unanswerable. The precision of abstention.
pub const ABSTENTION_PRECISION: &str = "abstention_precision";
/// Answerable: whether the answer was withheld all the same. Lower is better.
pub const FALSE_ABSTENTION: &str = "false_abstention";
/// Whether a rule spoke in place of the documents.
pub const REFUSED_BY_RULE: &str = "refused_by_rule";
/// Documents that the asker was shown and must not see. Lower is better.
pub const LEAKS: &str = "leaks";
/// Length of the answer without marks, in characters.
pub const ANSWER_CHARS: &str = "answer_chars";
/// Length of the answer without marks, in tokens.
pub const ANSWER_TOKENS: &str = "answer_tokens";
/// Tokens of the retrieved passages: what a model reads, at most.
pub const PASSAGE_TOKENS: &str = "passage_tokens";
/// What a model's answer costs by the prices in the settings. Lower is better.
pub const COST: &str = "cost";

/// One question, its answer and what that is worth.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QuestionOutcome {
    /// The question's id.
    pub id: String,
    /// The question.
    pub text: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Whether a document tells the answer.
    pub answerable: bool,
    /// Whether it must be answered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub must: bool,
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
    /// Documents that the asker must not see and was shown something of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaked: Vec<String>,
    /// The generation that was searched.
    pub generation: Option<u64>,
    /// Who wrote the answer.
    pub model: Option<String>,
    /// The documents of the retrieved passages, best first.
    pub ranking: Vec<RankedDocument>,
    /// The best passages, for a person who wants to know why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passages: Vec<ShownPassage>,
    /// What a judge said of the answer, where one was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged: Option<Judged>,
    /// How long it took. Apart from everything else, because it is never the same twice.
    #[serde(skip)]
    pub latency_ms: Option<f64>,
}

/// A document and the score of its best passage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankedDocument {
    /// The document's id.
    pub id: String,
    /// The score of its best passage.
    pub score: f32,
}

/// A retrieved passage, and how it came by its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShownPassage {
    /// The chunk's id.
    pub chunk: String,
    /// Its document's title.
    pub title: String,
    /// How it begins.
    pub excerpt: String,
    /// The label of its document.
    pub label: i32,
    /// What it is ranked by.
    pub score: f32,
    /// BM25 over terms.
    pub lexical: f32,
    /// Cosine of the embeddings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dense: Option<f32>,
}
