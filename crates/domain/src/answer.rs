//! A question, and everything that its answer rests on.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::chunk::{Locator, Passage};
use crate::date::PartialDate;
use crate::document::DocumentId;
use crate::ports::{Fate, Retrieved, TermWeight};
use crate::record::{Conflict, Linked};
use crate::verdict::Verdict;

/// Who said something in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The asker.
    User,
    /// This program.
    Assistant,
}

/// Something said earlier in a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Who said it.
    pub speaker: Speaker,
    /// What was said.
    pub text: String,
}

/// What an employee asks, and as whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// The question as typed.
    pub text: String,
    /// Who asks, by a name that stays the same over requests; empty for nobody in particular.
    pub asker: String,
    /// The asker's groups; everyone is also in [`crate::document::EVERYONE`].
    pub groups: Vec<String>,
    /// How many passages to keep; none for the setting.
    pub top_k: Option<usize>,
    /// Only from documents with one facet (`name=value`) of each list. Empty: all.
    pub facets: Vec<Vec<String>>,
    /// What was said before, oldest first, as the client tells it.
    pub history: Vec<Turn>,
}

impl Question {
    /// A question by nobody in particular.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

/// A span of the answer and the place it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// The number that stands in the answer as `[n]`.
    pub n: usize,
    /// The document.
    pub document_id: DocumentId,
    /// Its title.
    pub title: String,
    /// The document's own words.
    pub quote: String,
    /// Where they stand.
    pub locator: Locator,
    /// Where a reader can open it.
    pub url: Option<String>,
    /// How old the document is.
    pub date: Option<PartialDate>,
    /// The event it tells of.
    pub event: Option<String>,
}

/// What a question was taken to mean.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Understood {
    /// The question as one that needs neither what was said before nor a calendar.
    pub standalone: String,
    /// Whether that differs from what was typed.
    pub rewritten: bool,
    /// Documents about these years came first. Empty: all.
    pub years: Vec<u16>,
    /// And those with one facet (`name=value`) of each list. Empty: all.
    pub facets: Vec<Vec<String>>,
    /// What it names of the index's own records, and the days of an event: passages about them came sooner.
    pub named: Vec<String>,
    /// Words that were put right, since the index has no such word: misspelt, run together, spelled out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mended: Vec<Mended>,
    /// What it asks one by one, where it asks for several things.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    /// What it names that the asker may read nothing of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<String>,
}

/// A word of a question and what it was taken for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mended {
    /// What was typed.
    pub typed: String,
    /// What was looked for.
    pub meant: String,
}

/// How the passages of an answer were found and chosen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explanation {
    /// What was looked for, and how telling each term is.
    pub terms: Vec<TermWeight>,
    /// What became of each passage.
    pub fates: Vec<Fate>,
    /// Whose documents were looked at: those of one of these groups.
    pub groups: Vec<String>,
    /// Whether years were given up because nothing was found within them.
    pub other_years: bool,
    /// Whether events were given up because nothing was found of them.
    pub other_events: bool,
    /// How surely the passages answer it, or each part of it, where sentences of theirs were chosen.
    pub confidence: Vec<Confidence>,
}

/// How surely the passages answer a question.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Confidence {
    /// The question, or the part of it.
    pub question: String,
    /// From 0 to 1.
    pub confidence: f32,
    /// Below this, the answer is "not found".
    pub needed: f32,
    /// What it is judged by, by name.
    pub features: BTreeMap<&'static str, f32>,
}

/// An answer with all that made it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What the asker reads, with `[n]` marks.
    pub text: String,
    /// The sources of the marks, in order.
    pub citations: Vec<Citation>,
    /// What the rules said of the question.
    pub verdict: Verdict,
    /// What the question was taken to mean; none when a rule answered.
    pub understood: Option<Understood>,
    /// Whether every sentence is supported by a cited passage. False for "not found".
    pub grounded: bool,
    /// What was retrieved, best first. The answer was made from the first of these, within the token budget.
    pub passages: Vec<Passage>,
    /// The records that belong to the passages.
    pub linked: Vec<Linked>,
    /// Where a document and a record that the answer rests on differ.
    pub conflicts: Vec<Conflict>,
    /// How it came about; none when a rule answered.
    pub explanation: Option<Explanation>,
    /// Milliseconds by stage.
    pub timings_ms: BTreeMap<&'static str, f64>,
    /// The generation that was searched; none when a rule answered.
    pub generation: Option<u64>,
    /// Who wrote it: `extractive`, a model's name, or `rule`.
    pub model: String,
    /// What a person should know about how it was made, such as a model that failed.
    pub notes: Vec<String>,
    /// What made it, to the letter.
    pub provenance: Provenance,
    /// What it was made from; none when a rule answered.
    pub basis: Option<Arc<Basis>>,
}

/// What an answer was made from: with the same of it, the same answer can be made again. It holds documents' words as
/// they are, so nobody but the program itself may see it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Basis {
    /// The question as typed, in its one spelling.
    pub typed: String,
    /// The question that was answered.
    pub asked: String,
    /// The asker's groups, which say what may be shown.
    pub groups: Vec<String>,
    /// What the rules said of the question.
    pub verdict: Verdict,
    /// What was retrieved, as the index holds it. Whoever writes the answer holds it too.
    pub found: Arc<Retrieved>,
    /// Which rules judged: a hash of them.
    pub rules: String,
    /// Which instructions a model was given: a hash of them.
    pub prompt: String,
}

/// What made an answer: with the passages and the generation, enough to make it again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// The version of what models were told; none when no model was asked.
    pub prompt: Option<String>,
    /// The version of the rules that judged question and answer.
    pub rules: String,
    /// The models that were asked, in order, and what became of each.
    pub attempts: Vec<Attempt>,
    /// Whether the words were kept from an earlier answer to the same question from the same passages.
    pub cached: bool,
    /// What all models together read and wrote for it.
    pub tokens: Tokens,
    /// What that cost, in the currency of the settings' prices.
    pub cost: f64,
    /// Milliseconds from the question to the first word that was shown.
    pub first_word_ms: Option<f64>,
}

/// A model that was asked for an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its name.
    pub model: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What becomes of a model that is asked for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It wrote the answer.
    Answered,
    /// It says that the passages do not tell.
    NotFound,
    /// It failed before a word of it was shown.
    Failed,
    /// It failed half-way.
    BrokeOff,
    /// No passage supports anything it said.
    Unsupported,
    /// It was not asked: the asker has spent what a day allows.
    OverBudget,
}

/// Tokens that a model read and wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Read.
    pub input: u64,
    /// Written.
    pub output: u64,
    /// Whether some of them were counted by us, where a server did not tell.
    #[serde(default)]
    pub estimated: bool,
}

impl Tokens {
    /// As a model's server counts them.
    pub fn told(input: u64, output: u64) -> Self {
        Self { input, output, estimated: false }
    }

    /// As we count them.
    pub fn estimated(input: u64, output: u64) -> Self {
        Self { input, output, estimated: true }
    }

    /// Whether there are none.
    pub fn is_none(self) -> bool {
        self.input + self.output == 0
    }
}

impl std::ops::AddAssign for Tokens {
    fn add_assign(&mut self, other: Self) {
        self.input += other.input;
        self.output += other.output;
        self.estimated |= other.estimated;
    }
}

/// What happens while a question is answered, in order. The last event is `Done` or `Failed`, always.
#[derive(Clone, Debug)]
pub enum AnswerEvent {
    /// The next piece of the answer's text; joined they are `Answer::text`.
    Text(String),
    /// The answer is whole.
    Done(Box<Answer>),
    /// There is no answer.
    Failed(AskError),
}

/// Why there is no answer, cut by what the caller does next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The question is wrong as it is: tell the asker.
    #[error("{0}")]
    BadQuestion(String),
    /// There is no index yet, or it does not fit the settings: tell the operator.
    #[error("{0}")]
    NotReady(String),
    /// A store or disk failed: try again later. The text is for the log.
    #[error("{0}")]
    Unavailable(String),
    /// There is more to do than can be done: try again shortly.
    #[error("too many questions were waiting for this one to be begun: try again shortly")]
    Saturated,
}
