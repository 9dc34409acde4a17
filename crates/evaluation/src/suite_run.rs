//! How good are the answers to a suite's questions?

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use siren_domain::ports::{Assistant, ask_whole};
use siren_domain::{Question, Speaker, Turn};

use crate::compare::Values;
use crate::judge::{JudgeReport, judge_report};
use crate::judging::{Judging, judge};
use crate::outcome::QuestionOutcome;
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
    /// How long answers took; none when nothing was timed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<Latency>,
    /// What a judge's grades are worth, where one was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judge: Option<JudgeReport>,
    /// Each question, in the suite's order.
    pub questions: Vec<QuestionOutcome>,
}

/// How long answers took, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// The mean.
    pub mean: f64,
    /// Half of them were quicker.
    pub p50: f64,
    /// Nineteen of twenty were quicker.
    pub p95: f64,
}

impl Latency {
    /// Of some times; none of none.
    pub fn of(mut times: Vec<f64>) -> Option<Self> {
        times.sort_by(f64::total_cmp);
        let last = times.len().checked_sub(1)?;
        let at = |share: f64| times[(last as f64 * share).round() as usize];
        Some(Self { mean: times.iter().sum::<f64>() / times.len() as f64, p50: at(0.5), p95: at(0.95) })
    }
}

/// Means over some questions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The questions.
    pub n: usize,
    /// Those without an answer because something failed. They have the worst values, not none.
    pub errors: usize,
    /// The mean of each measure over the questions it applies to.
    pub means: BTreeMap<String, Mean>,
}

/// A mean, and over how many questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// Questions the measure applies to.
    pub n: usize,
}

/// Asks every question of the suite and judges the answers. A turn of a conversation is asked behind the turns before
/// it and this program's own answers to them.
pub async fn run_suite(
    assistant: &dyn Assistant,
    suite: &Suite,
    judging: Judging<'_>,
    progress: Progress<'_>,
) -> SuiteReport {
    let done = Counter::new(suite.questions.len(), progress);
    let together =
        |a: &SuiteQuestion, b: &SuiteQuestion| a.conversation.is_some() && a.conversation == b.conversation;
    let done = &done;
    let conversations = suite.questions.chunk_by(together).map(|turns| async move {
        let mut history = Vec::new();
        let mut outcomes = Vec::new();
        for question in turns {
            let outcome = ask(assistant, question, &history, judging).await;
            history.push(Turn { speaker: Speaker::User, text: question.text.clone() });
            history.push(Turn { speaker: Speaker::Assistant, text: outcome.answer.clone() });
            outcomes.push(outcome);
            done.one_more();
        }
        outcomes
    });
    // Collected, because a stream that holds a borrowing closure cannot be sent to another thread.
    let conversations: Vec<_> = conversations.collect();
    let asked: Vec<Vec<_>> = stream::iter(conversations).buffered(CONCURRENCY).collect().await;
    let mut report = report(suite, asked.into_iter().flatten().collect());
    report.judge = judging.judge.map(|asking| judge_report(asking, &report.questions));
    report
}

async fn ask(
    assistant: &dyn Assistant,
    question: &SuiteQuestion,
    history: &[Turn],
    judging: Judging<'_>,
) -> QuestionOutcome {
    let asked = Question {
        groups: question.groups.clone(),
        history: history.to_vec(),
        ..Question::new(&question.text)
    };
    judge(question, ask_whole(assistant, asked).await, judging).await
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
        latency_ms: Latency::of(questions.iter().filter_map(|q| q.latency_ms).collect()),
        judge: None,
        questions,
    }
}

impl SuiteReport {
    /// What each question is worth, by measure.
    pub fn values(&self) -> Values {
        values_of(&self.questions)
    }

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

/// What each question is worth, by measure.
pub fn values_of(questions: &[QuestionOutcome]) -> Values {
    let mut values = Values::new();
    for question in questions {
        for (measure, value) in &question.values {
            values.entry(measure.clone()).or_default().insert(question.id.clone(), *value);
        }
    }
    values
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
