//! How do requests and answers of the native API look? The comments here are what its description tells.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use siren_domain::ports::Hints;
use siren_domain::ports::state::{Conversation, StoredAnswer};
use siren_domain::remembered::{LinkedRecord, Thumb, Told};
use siren_domain::{Answer, Citation, Conflict, Locator, PartialDate, Passage, Understood, Verdict};

use super::documented::{CitationDoc, LinkedDoc, LocatorDoc, ThumbDoc, UnderstoodDoc, VerdictDoc};

/// A question.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    /// The question, with a letter or digit in it.
    #[schemars(length(min = 1, max = 2000), regex(pattern = r"[\p{L}\p{N}]"))]
    pub(crate) question: String,
    /// The conversation that it belongs to; a new one is begun without.
    #[serde(default)]
    pub(crate) conversation_id: Option<String>,
    /// Only from documents with all of these, such as `event=AWS Summit`.
    #[serde(default)]
    #[schemars(inner(regex(pattern = r"^((source|event|owner|language|tag)|field\.[^=]*)=[\s\S]+$")))]
    pub(crate) facets: Vec<String>,
    /// How many passages to keep.
    #[serde(default, deserialize_with = "super::input::whole")]
    #[schemars(range(min = 1, max = 1000))]
    pub(crate) top_k: Option<u64>,
    /// Whether to answer event by event; otherwise in one piece, as the event `done`.
    #[serde(default = "yes")]
    pub(crate) stream: bool,
}

fn yes() -> bool {
    true
}

/// A whole answer.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Answered {
    /// The answer's name: feedback and replays ask for it.
    pub(crate) answer_id: String,
    /// The conversation that it belongs to.
    pub(crate) conversation_id: String,
    /// Whether it is kept. It is not where the store failed or the conversation was deleted meanwhile.
    pub(crate) kept: bool,
    /// The answer, with `[n]` marks.
    pub(crate) answer: String,
    #[serde(flatten)]
    pub(crate) details: Details,
    /// Milliseconds by stage.
    pub(crate) timings_ms: BTreeMap<String, f64>,
}

/// What an answer rests on.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Details {
    /// The sources of the marks, in order.
    #[schemars(with = "Vec<CitationDoc>")]
    citations: Vec<Citation>,
    /// What the rules said of the question.
    #[schemars(with = "VerdictDoc")]
    verdict: Verdict,
    /// What the question was taken to mean; null when a rule answered.
    #[schemars(with = "Option<UnderstoodDoc>")]
    understood: Option<Understood>,
    /// Whether a cited passage supports every sentence.
    grounded: bool,
    /// The records that belong to the passages.
    #[schemars(with = "Vec<LinkedDoc>")]
    linked: Vec<LinkedRecord>,
    /// Where a document and a record that the answer rests on differ.
    conflicts: Vec<ConflictShape>,
    /// The generation of the index that was searched.
    generation: Option<u64>,
    /// Who wrote it: `extractive`, a model's name, or `rule`.
    model: String,
    /// What a person should know about how it was made.
    notes: Vec<String>,
}

impl Details {
    pub(crate) fn citations(&self) -> &[Citation] {
        &self.citations
    }
}

impl From<Told> for Details {
    fn from(told: Told) -> Self {
        Self {
            citations: told.citations,
            verdict: told.verdict,
            understood: told.understood,
            grounded: told.grounded,
            linked: told.linked,
            conflicts: told.conflicts.iter().map(ConflictShape::of).collect(),
            generation: told.generation,
            model: told.model,
            notes: told.notes,
        }
    }
}

impl Answered {
    pub(crate) fn of(answer: &Answer, answer_id: &str, conversation_id: &str, kept: bool) -> Self {
        let timings = answer.timings_ms.iter().map(|(stage, ms)| ((*stage).to_owned(), *ms));
        Self {
            answer_id: answer_id.to_owned(),
            conversation_id: conversation_id.to_owned(),
            kept,
            answer: answer.text.clone(),
            details: Told::of(answer).into(),
            timings_ms: timings.collect(),
        }
    }
}

/// A document and a record that differ in what a field holds.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Conflict")]
pub(crate) struct ConflictShape {
    /// The field.
    field: String,
    /// Which side counts: `record` or `document`.
    authority: String,
    /// What the document states.
    stated: SideShape,
    /// What the record holds.
    recorded: SideShape,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ConflictSide")]
struct SideShape {
    document_id: String,
    title: String,
    /// What it says.
    text: String,
    #[schemars(with = "LocatorDoc")]
    locator: Locator,
    #[schemars(with = "Option<String>")]
    date: Option<PartialDate>,
}

impl ConflictShape {
    pub(crate) fn of(conflict: &Conflict) -> Self {
        let side = |side: &siren_domain::record::Side| SideShape {
            document_id: side.document_id.to_string(),
            title: side.title.clone(),
            text: side.text.clone(),
            locator: side.locator.clone(),
            date: side.date,
        };
        let authority = match conflict.authority {
            siren_domain::Authority::Record => "record",
            siren_domain::Authority::Document => "document",
        };
        Self {
            field: conflict.field.clone(),
            authority: authority.to_owned(),
            stated: side(&conflict.stated),
            recorded: side(&conflict.recorded),
        }
    }
}

/// A conversation.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Conversation")]
pub(crate) struct ConversationShape {
    pub(crate) id: String,
    pub(crate) title: String,
    /// Milliseconds since 1970.
    pub(crate) created_ms: u64,
    /// When its last answer was given, in milliseconds since 1970.
    pub(crate) updated_ms: u64,
    /// How many answers it has.
    pub(crate) answers: u64,
}

impl From<Conversation> for ConversationShape {
    fn from(of: Conversation) -> Self {
        Self {
            id: of.id,
            title: of.title,
            created_ms: of.created,
            updated_ms: of.updated,
            answers: of.answers,
        }
    }
}

/// The asker's conversations, the one with the latest answer first.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ConversationList {
    pub(crate) conversations: Vec<ConversationShape>,
}

/// A conversation with its answers, oldest first.
#[derive(Serialize, JsonSchema)]
pub(crate) struct WholeConversation {
    #[serde(flatten)]
    pub(crate) conversation: ConversationShape,
    pub(crate) turns: Vec<KeptAnswer>,
}

/// A new title.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rename {
    /// What the asker knows it by. Personal data is masked before it is kept.
    #[schemars(length(min = 1, max = 200), regex(pattern = r"\S"))]
    pub(crate) title: String,
}

/// An answer as it was given.
#[derive(Serialize, JsonSchema)]
pub(crate) struct KeptAnswer {
    pub(crate) answer_id: String,
    /// Null where the client keeps the conversation itself.
    pub(crate) conversation_id: Option<String>,
    /// When it was given, in milliseconds since 1970.
    pub(crate) at_ms: u64,
    /// The question; personal data in it is masked.
    pub(crate) question: String,
    /// The answer, with `[n]` marks.
    pub(crate) answer: String,
    #[serde(flatten)]
    pub(crate) details: Details,
}

impl From<StoredAnswer> for KeptAnswer {
    fn from(kept: StoredAnswer) -> Self {
        Self {
            answer_id: kept.id,
            conversation_id: kept.conversation,
            at_ms: kept.at,
            question: kept.question,
            answer: kept.told.text.clone(),
            details: kept.told.into(),
        }
    }
}

/// An answer and what it was made from.
#[derive(Serialize, JsonSchema)]
pub(crate) struct AnswerWithBasis {
    #[serde(flatten)]
    pub(crate) kept: KeptAnswer,
    /// Null when a rule answered, and where whoever reads it may not read all of it (any more).
    pub(crate) made_from: Option<MadeFrom>,
    /// Whether the answer of somebody else is left out, since it rests on what its reader may not read.
    pub(crate) left_out: bool,
}

/// What an answer was made from.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MadeFrom {
    /// The question that was answered, standing alone.
    pub(crate) question: String,
    /// A hash of the rules.
    pub(crate) rules: String,
    /// A hash of the instructions that a model was given.
    pub(crate) prompt: String,
    /// The generation of the index.
    pub(crate) generation: u64,
    /// What was retrieved, best first.
    pub(crate) passages: Vec<PassageShape>,
}

/// A passage, without personal data.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Passage")]
pub(crate) struct PassageShape {
    chunk_id: String,
    document_id: String,
    title: String,
    text: String,
    #[schemars(with = "LocatorDoc")]
    locator: Locator,
    url: Option<String>,
    #[schemars(with = "Option<String>")]
    date: Option<PartialDate>,
    score: f32,
}

impl PassageShape {
    /// A passage as it may be shown: what is in it is no secret to its reader.
    pub(crate) fn of(passage: &Passage) -> Self {
        let document = &passage.chunk.document;
        Self {
            chunk_id: passage.chunk.id.clone(),
            document_id: document.id.to_string(),
            title: document.title.clone(),
            locator: passage.chunk.locator(0..passage.chunk.text.len()),
            text: passage.chunk.text.clone(),
            url: document.url.clone(),
            date: document.date,
            score: passage.score,
        }
    }

    /// The passage without personal data.
    pub(crate) fn masked(passage: &Passage, hints: &dyn Hints) -> Self {
        let mut shape = Self::of(passage);
        shape.text = hints.masked(&shape.text);
        shape.title = hints.masked(&shape.title);
        mask_headings(&mut shape.locator, hints);
        shape
    }
}

/// The headings of a place are a document's words; the rest is what it is found by.
pub(crate) fn mask_headings(locator: &mut Locator, hints: &dyn Hints) {
    if let Locator::File { heading, .. } = locator {
        heading.iter_mut().for_each(|heading| *heading = hints.masked(heading));
    }
}

/// Whether the same comes of the same passages.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Replay {
    /// Whether both answers are the same, byte for byte.
    pub(crate) same: bool,
    /// What was answered then.
    pub(crate) answer: String,
    /// What is answered from the same passages now.
    pub(crate) again: String,
    /// Who wrote it then.
    pub(crate) model: String,
    /// Who writes it now.
    pub(crate) model_again: String,
    /// Whether the rules are others now.
    pub(crate) rules_changed: bool,
    /// Whether a model is instructed otherwise now.
    pub(crate) prompt_changed: bool,
}

/// What somebody says of an answer.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Say {
    #[schemars(length(min = 1, max = 100))]
    pub(crate) answer_id: String,
    #[schemars(with = "ThumbDoc")]
    pub(crate) thumb: Thumb,
    /// Why. Personal data is masked before it is kept.
    #[serde(default)]
    #[schemars(length(max = 2000))]
    pub(crate) reason: Option<String>,
    /// What would have been right. Personal data is masked before it is kept.
    #[serde(default)]
    #[schemars(length(max = 10000))]
    pub(crate) corrected_text: Option<String>,
}

/// What was found, best first.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Found {
    /// The generation of the index that was searched.
    pub(crate) generation: u64,
    pub(crate) results: Vec<PassageShape>,
}

/// A document as the asker may read it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct DocumentShape {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) source: String,
    pub(crate) event: Option<String>,
    #[schemars(with = "Option<String>")]
    pub(crate) date: Option<PartialDate>,
    pub(crate) owner: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) language: Option<String>,
    /// Where it lies: a path, or database, table and key.
    pub(crate) place: String,
    /// Its text, without markup.
    pub(crate) text: String,
}

/// Questions that can be asked here.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Suggestions {
    pub(crate) suggestions: Vec<String>,
}
