//! How well are a BEIR folder's documents found, and its questions answered?

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use siren_domain::document::EVERYONE;
use siren_domain::ports::{
    AnswerModel, AnswerPart, AnswerRequest, ModelError, RetrievalRequest, Retrieved, Retriever,
};
use siren_domain::{Passage, ScoreParts};

use crate::answers::{exact_match, token_f1};
use crate::beir::{BeirFolder, BeirQuery};
use crate::error::EvaluationError;
use crate::facts;
use crate::marks::without_marks;
use crate::progress::{Counter, Progress};
use crate::ranking::Run;

/// Enough to keep the cores busy; more would only queue.
const CONCURRENCY: usize = 4;

/// How often, and in how many words, a question's accepted answer was given.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnswerContained {
    /// Sentences an answer may have.
    pub max_sentences: usize,
    /// Questions with accepted answers: what the means are over.
    pub queries: usize,
    /// Share of them whose answer contains an accepted string.
    pub contained: f64,
    /// Share of them whose answer is an accepted string and nothing else.
    pub exact_match: f64,
    /// How much of an accepted string the answers are: KorQuAD's F1.
    pub token_f1: f64,
    /// Mean length of an answer in characters; no answer counts as 0.
    pub mean_chars: f64,
    /// Questions that the model failed on. They count as answered by nothing.
    pub failed: usize,
}

/// Whatever looks at what a query has found.
pub type Seen<'s> = &'s mut (dyn FnMut(&str, &[Candidate<'_>]) + Send);

/// Ranks the documents of `source` for each query, from the `depth` best passages, and shows those to `seen`.
///
/// The folder's documents were indexed as `<source>/<BEIR id>`; the run has the BEIR ids.
pub async fn run(
    retriever: &dyn Retriever,
    queries: &[BeirQuery],
    depth: usize,
    source: &str,
    progress: Progress<'_>,
    mut seen: Option<Seen<'_>>,
) -> Result<Run, EvaluationError> {
    let done = Counter::new(queries.len(), progress);
    let searches = queries.iter().map(|query| async {
        let found = retriever.retrieve(&request(query, Some(depth))).await?;
        done.one_more();
        Ok::<_, EvaluationError>((query.id.as_str(), found.passages))
    });
    // Collected, because a stream that holds a borrowing closure cannot be sent to another thread.
    let searches: Vec<_> = searches.collect();
    let mut run = Run::default();
    let mut results = stream::iter(searches).buffer_unordered(CONCURRENCY);
    while let Some((query, passages)) = results.try_next().await? {
        let candidates: Vec<Candidate<'_>> = passages
            .iter()
            .map(|passage| Candidate {
                document: document_of(passage, source),
                score: passage.score,
                parts: passage.parts,
            })
            .collect();
        for candidate in &candidates {
            run.raise(query, candidate.document, candidate.score);
        }
        if let Some(seen) = &mut seen {
            seen(query, &candidates);
        }
    }
    Ok(run)
}

/// A passage that was found for a query, and why.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Candidate<'p> {
    /// Its document's id in the folder.
    pub document: &'p str,
    /// What it is ranked by.
    pub score: f32,
    /// What the score is made of.
    pub parts: ScoreParts,
}

fn request(query: &BeirQuery, top_k: Option<usize>) -> RetrievalRequest {
    RetrievalRequest {
        question: query.text.clone(),
        groups: vec![EVERYONE.to_owned()],
        top_k,
        ..RetrievalRequest::default()
    }
}

fn document_of<'p>(passage: &'p Passage, source: &str) -> &'p str {
    let id = passage.chunk.document.id.as_str();
    let key = id.strip_prefix(source).and_then(|rest| rest.strip_prefix('/'));
    key.unwrap_or(id)
}

/// Answers each question that has accepted answers with each model: `(sentences it may write, model)`.
pub async fn answers_contained(
    retriever: &dyn Retriever,
    models: &[(usize, Arc<dyn AnswerModel>)],
    folder: &BeirFolder,
    progress: Progress<'_>,
) -> Result<Vec<AnswerContained>, EvaluationError> {
    let queries: Vec<_> = folder.queries.iter().filter(|q| !q.answers.is_empty()).collect();
    let done = Counter::new(queries.len(), progress);
    let tries = queries.iter().map(|query| async {
        let found = retriever.retrieve(&request(query, None)).await?;
        let answers = answer_with_each(models, query, &found).await;
        done.one_more();
        Ok::<_, EvaluationError>(answers)
    });
    let tries: Vec<_> = tries.collect();
    // In the folder's order, so that the sums below never depend on which search was quickest.
    let tries: Vec<Vec<Tried>> = stream::iter(tries).buffered(CONCURRENCY).try_collect().await?;
    let reports = models.iter().enumerate().map(|(at, &(max_sentences, _))| {
        let of_model: Vec<_> = tries.iter().filter_map(|tried| tried.get(at)).collect();
        summary(max_sentences, &of_model)
    });
    Ok(reports.collect())
}

/// What one model made of one question.
#[derive(Default)]
struct Tried {
    contained: bool,
    exact: f64,
    f1: f64,
    chars: usize,
    failed: bool,
}

async fn answer_with_each(
    models: &[(usize, Arc<dyn AnswerModel>)],
    query: &BeirQuery,
    found: &Retrieved,
) -> Vec<Tried> {
    let request = found.request(&query.text);
    let mut tried = Vec::new();
    for (_, model) in models {
        tried.push(match whole_answer(model.as_ref(), request.clone()).await {
            Ok(answer) => Tried {
                contained: query.answers.iter().any(|a| facts::contains(&answer, a)),
                exact: exact_match(&answer, &query.answers),
                f1: token_f1(&answer, &query.answers),
                chars: answer.chars().count(),
                failed: false,
            },
            Err(_) => Tried { failed: true, ..Tried::default() },
        });
    }
    tried
}

/// The answer's own words: quotes one after another, a model's text without its marks.
async fn whole_answer(model: &dyn AnswerModel, request: AnswerRequest) -> Result<String, ModelError> {
    let texts: Vec<_> = request.passages.iter().map(|p| p.chunk.text.clone()).collect();
    let mut parts = model.answer(request);
    // A model's text comes in crumbs that belong together; a quote stands alone.
    let (mut pieces, mut stands_alone) = (Vec::<String>::new(), true);
    while let Some(part) = parts.try_next().await? {
        match part {
            AnswerPart::Delta(text) => {
                match pieces.last_mut() {
                    Some(last) if !stands_alone => last.push_str(&text),
                    _ => pieces.push(text),
                }
                stands_alone = false;
            }
            AnswerPart::Quote { passage, range } => {
                let quote = texts.get(passage).and_then(|text| text.get(range));
                pieces.push(quote.unwrap_or_default().to_owned());
                stands_alone = true;
            }
            AnswerPart::Judged(_) | AnswerPart::NotFound | AnswerPart::Spent(_) => {}
        }
    }
    let words = pieces.iter().map(|piece| without_marks(piece).trim().to_owned());
    Ok(words.collect::<Vec<_>>().join(" "))
}

fn summary(max_sentences: usize, tried: &[&Tried]) -> AnswerContained {
    let queries = tried.len();
    let over = queries.max(1) as f64;
    AnswerContained {
        max_sentences,
        queries,
        contained: tried.iter().filter(|t| t.contained).count() as f64 / over,
        exact_match: tried.iter().map(|t| t.exact).sum::<f64>() / over,
        token_f1: tried.iter().map(|t| t.f1).sum::<f64>() / over,
        mean_chars: tried.iter().map(|t| t.chars).sum::<usize>() as f64 / over,
        failed: tried.iter().filter(|t| t.failed).count(),
    }
}
