//! Models: what writes answers, what turns texts into vectors, what orders passages.

use std::ops::Range;

use async_trait::async_trait;
use futures::stream::BoxStream;

use super::{QuestionPart, TermWeight};
use crate::answer::{Confidence, Tokens, Turn};
use crate::chunk::Passage;

/// What an answer is to be made from.
#[derive(Clone, Debug, Default)]
pub struct AnswerRequest {
    /// The question.
    pub question: String,
    /// The passages within the token budget, best first. `[n]` is the n-th of them, from 1.
    pub passages: Vec<Passage>,
    /// How telling each term of the question is.
    pub terms: Vec<TermWeight>,
    /// What it asks one by one, where it asks for several things.
    pub parts: Vec<QuestionPart>,
    /// The chunk that it points at by its place before or behind another: what it asks of is told there.
    pub pointed: Option<String>,
    /// What the question names, in its own words, that nothing is known of.
    pub absent: Vec<String>,
}

/// The next piece of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum AnswerPart {
    /// Text in the model's own words, with `[n]` marks; not yet checked.
    Delta(String),
    /// A passage's own words.
    Quote {
        /// Which passage, from 0.
        passage: usize,
        /// Which bytes of its text.
        range: Range<usize>,
    },
    /// How surely the passages tell: said before what they tell, or that they do not.
    Judged(Confidence),
    /// The passages do not tell.
    NotFound,
    /// What the model read and wrote, as its server counts it or as it is estimated.
    Spent(Tokens),
}

/// Why a model did not answer, cut by what the caller does next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// Nothing there, or overloaded: try again or fall back.
    #[error("the model server is unavailable: {0}")]
    Unavailable(String),
    /// The prompt is longer than the model's context: shorten it.
    #[error("the prompt does not fit the model: {0}")]
    TooLong(String),
    /// It answered with something that is not an answer: fall back.
    #[error("the model server answered wrongly: {0}")]
    Protocol(String),
}

/// Why there is no vector, cut by what the caller does next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmbedError {
    /// Nothing there, or overloaded: try again, or go on without vectors.
    #[error("the embedding server is unavailable: {0}")]
    Unavailable(String),
    /// It answered with something that is not a vector for each text: look at its settings.
    #[error("the embedding server answered wrongly: {0}")]
    Protocol(String),
}

/// Turns texts into vectors, near one another where the texts mean the same.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// What makes the vectors. Those of another identity cannot be compared with them.
    fn identity(&self) -> &str;

    /// Numbers of a vector.
    fn dimensions(&self) -> usize;

    /// A vector of length 1 for each text, in order.
    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError>;

    /// The vector of a question that passages are looked for by: some models tell the two apart.
    async fn embed_question(&self, question: &str) -> Result<Vec<f32>, EmbedError> {
        let made = self.embed(&[question.to_owned()]).await?.pop();
        made.ok_or_else(|| EmbedError::Protocol("no vector came".into()))
    }
}

/// Looks at a question and each passage together, which is slower and better than looking at them apart.
#[async_trait]
pub trait Reranker: Send + Sync {
    /// A number for each text, in order: the larger, the better it answers the question.
    async fn rerank(&self, question: &str, texts: &[&str]) -> Result<Vec<f32>, ModelError>;
}

/// Writes an answer from passages.
pub trait AnswerModel: Send + Sync {
    /// Its name, for people.
    fn name(&self) -> &str;

    /// The version of what it is told beside question and passages; none when it is told nothing.
    fn prompt(&self) -> Option<&str> {
        None
    }

    /// The answer, piece by piece. A stream that ends without an error is a whole answer.
    fn answer(&self, request: AnswerRequest) -> BoxStream<'static, Result<AnswerPart, ModelError>>;
}

/// What a model said, and what that took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken<T> {
    /// What it said.
    pub said: T,
    /// What it read and wrote.
    pub tokens: Tokens,
}

/// Says a follow-up so that it stands alone.
#[async_trait]
pub trait Rewriter: Send + Sync {
    /// Its name, for people.
    fn name(&self) -> &str;

    /// The question as one that needs nothing of what was said before.
    async fn rewrite(&self, question: &str, history: &[Turn]) -> Result<Spoken<String>, ModelError>;
}

/// Judges whether a text supports a sentence.
#[async_trait]
pub trait Checker: Send + Sync {
    /// Its name, for people.
    fn name(&self) -> &str;

    /// Whether all that the sentence says stands in the text.
    async fn supports(&self, sentence: &str, text: &str) -> Result<Spoken<bool>, ModelError>;
}
