//! How good are the answers to a suite's questions?

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream};
use serde::Serialize;
use siren_domain::Question;
use siren_domain::ports::{Assistant, ask_whole};

use crate::outcome::{QuestionOutcome, judge};
use crate::progress::{Counter, Progress};
use crate::ranking::Run;
use crate::suite::{Suite, SuiteQuestion};

/// A person waits for a model's answer; two questions at a time load it no more than two people do.
const CONCURRENCY: usize = 2;

/// What a suite's questions got, as a whole, by tag and one by one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SuiteReport {
    /// The suite's name.
    pub suite: String,
    /// What it is for.
    pub description: String,
    /// The generations that were searched: more than one if the index changed meanwhile.
    pub generations: BTreeSet<u64>,
    /// Who wrote the answers.
    pub models: BTreeSet<String>,
    /// Over all questions.
    pub overall: Summary,
    /// Over the questions with each tag.
    pub tags: BTreeMap<String, Summary>,
    /// Each question, in the suite's order.
    pub questions: Vec<QuestionOutcome>,
}

/// Means over some questions.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// The questions.
    pub n: usize,
    /// Those without an answer because something failed. They have the worst values, not none.
    pub errors: usize,
    /// The mean of each measure over the questions it applies to.
    pub means: BTreeMap<String, Mean>,
}

/// A mean, and over how many questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// Questions the measure applies to.
    pub n: usize,
}

/// Asks every question of the suite and judges the answers.
pub async fn run_suite(assistant: &dyn Assistant, suite: &Suite, progress: Progress<'_>) -> SuiteReport {
    let done = Counter::new(suite.questions.len(), progress);
    let outcomes = suite.questions.iter().map(|question| async {
        let outcome = ask(assistant, question).await;
        done.one_more();
        outcome
    });
    // Collected, because a stream that holds a borrowing closure cannot be sent to another thread.
    let outcomes: Vec<_> = outcomes.collect();
    let questions = stream::iter(outcomes).buffered(CONCURRENCY).collect().await;
    report(suite, questions)
}

async fn ask(assistant: &dyn Assistant, question: &SuiteQuestion) -> QuestionOutcome {
    judge(question, ask_whole(assistant, Question::new(&question.text)).await)
}

fn report(suite: &Suite, questions: Vec<QuestionOutcome>) -> SuiteReport {
    let tags: BTreeSet<_> = questions.iter().flat_map(|q| &q.tags).cloned().collect();
    let of_tag = |tag: &String| Summary::over(questions.iter().filter(|q| q.tags.contains(tag)));
    SuiteReport {
        suite: suite.name.clone(),
        description: suite.description.clone(),
        generations: questions.iter().filter_map(|q| q.generation).collect(),
        models: questions.iter().filter_map(|q| q.model.clone()).collect(),
        overall: Summary::over(&questions),
        tags: tags.iter().map(|tag| (tag.clone(), of_tag(tag))).collect(),
        questions,
    }
}

impl SuiteReport {
    /// The document rankings, as a run that can be written and scored like any other.
    pub fn run(&self) -> Run {
        let mut run = Run::default();
        for question in self.questions.iter().filter(|q| q.answerable) {
            for document in &question.ranking {
                run.insert(&question.id, &document.id, document.score);
            }
        }
        run
    }
}

impl Summary {
    /// Sums up some questions, in their order.
    pub fn over<'a>(questions: impl IntoIterator<Item = &'a QuestionOutcome>) -> Self {
        let mut summary = Self::default();
        for question in questions {
            summary.n += 1;
            summary.errors += usize::from(question.error.is_some());
            for (measure, value) in &question.values {
                let mean = summary.means.entry(measure.clone()).or_default();
                mean.mean += value;
                mean.n += 1;
            }
        }
        for mean in summary.means.values_mut() {
            mean.mean /= mean.n as f64;
        }
        summary
    }
}
