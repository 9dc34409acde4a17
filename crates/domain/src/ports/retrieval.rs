//! Stage 2 as the others see it: what is asked of it, and what it gives.

use std::collections::BTreeSet;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{AnswerRequest, StoreError, TermWeight};
use crate::answer::Mended;
use crate::chunk::Passage;
use crate::record::{Conflict, Linked, LinkedBy};

/// What to retrieve, and for whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetrievalRequest {
    /// The question, standing alone.
    pub question: String,
    /// The asker's groups.
    pub groups: Vec<String>,
    /// Prefer documents about these years. Empty: all.
    pub years: Vec<u16>,
    /// Prefer documents of these events. Empty: all.
    pub events: Vec<String>,
    /// Only documents with one facet (`name=value`) of each list. Empty: all.
    pub facets: Vec<Vec<String>>,
    /// How many passages to keep; none for the setting.
    pub top_k: Option<usize>,
}

/// What was retrieved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Retrieved {
    /// The generation that was searched.
    pub generation: u64,
    /// Best first.
    pub passages: Vec<Passage>,
    /// What became of each: those of the context go before a model, no two that say the same, together within the token
    /// budget.
    pub fates: Vec<Fate>,
    /// Records that the passages name or share a key with, and what stands beside a passage in a section that was cut; those
    /// of the context go before a model with their passage.
    pub linked: Vec<Linked>,
    /// Where a passage or a linked record differs from the other.
    pub conflicts: Vec<Conflict>,
    /// How telling each term of the question is.
    pub terms: Vec<TermWeight>,
    /// Whether the years were given up because nothing was found within them.
    pub widened: bool,
    /// Whether the events were given up because nothing was found of them.
    #[serde(default)]
    pub other_events: bool,
    /// What the question names of the index's own records, and the days of an event: passages about them come sooner.
    pub named: Vec<String>,
    /// The question as it was looked for, where that is not as it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_for: Option<String>,
    /// Which of its words were put right.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mended: Vec<Mended>,
    /// What it asks one by one, where it asks for several things.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<QuestionPart>,
    /// The chunk that it points at by its place before or behind another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointed: Option<String>,
    /// What it names, in its own words, that the asker may read nothing of: a company, an edition of an event, a day of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<String>,
}

/// One of several things that a question asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionPart {
    /// It as a question of its own.
    pub question: String,
    /// The chunks that were found for it, best first.
    pub chunks: Vec<String>,
}

/// What became of a passage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "fate")]
pub enum Fate {
    /// The answer is made from it.
    InContext,
    /// It tells what another passage tells that is better, or newer.
    Repeats {
        /// Which one, from 0.
        passage: usize,
    },
    /// The tokens were spent before its turn.
    OverBudget,
    /// It is about other years than the question.
    OtherYears,
    /// It is of other events than the question.
    OtherEvents,
}

impl Retrieved {
    /// Which passages go before a model, best first.
    pub fn context(&self) -> impl Iterator<Item = usize> {
        self.fates.iter().enumerate().filter(|(_, fate)| **fate == Fate::InContext).map(|(at, _)| at)
    }

    /// The passages that an answer is made from: best first, each with its neighbours, then the records that belong to them.
    pub fn context_passages(&self) -> Vec<Passage> {
        let is_neighbour = |linked: &&Linked| linked.by == LinkedBy::Neighbour;
        let linked = || self.linked.iter().filter(|linked| linked.in_context);
        let neighbours = |at: usize| linked().filter(is_neighbour).filter(move |linked| linked.passage == at);
        let with_neighbours = self.context().flat_map(|at| {
            let passage = self.passages.get(at).cloned();
            passage.into_iter().chain(neighbours(at).map(|linked| linked.counterpart.clone()))
        });
        let records = linked().filter(|linked| !is_neighbour(linked));
        with_neighbours.chain(records.map(|linked| linked.counterpart.clone())).collect()
    }

    /// Who may read all of it: members of one group of each of these lists.
    pub fn readers(&self) -> Vec<Vec<String>> {
        let linked = self.linked.iter().map(|linked| &linked.counterpart);
        let passages = self.passages.iter().chain(linked).map(|passage| &passage.chunk.document.access);
        let sides = self.conflicts.iter().flat_map(|conflict| [&conflict.stated, &conflict.recorded]);
        let all: BTreeSet<_> = passages.chain(sides.map(|side| &side.access)).collect();
        all.into_iter().cloned().collect()
    }

    /// What an answer to the question is to be made from.
    pub fn request(&self, question: &str) -> AnswerRequest {
        AnswerRequest {
            question: self.looked_for.as_deref().unwrap_or(question).to_owned(),
            passages: self.context_passages(),
            terms: self.terms.clone(),
            parts: self.parts.clone(),
            pointed: self.pointed.clone(),
            absent: self.absent.clone(),
        }
    }
}

/// Stage 2 as the others see it: from a question to ranked passages.
#[async_trait]
pub trait Retriever: Send + Sync {
    /// Ranks passages for a question.
    async fn retrieve(&self, request: &RetrievalRequest) -> Result<Retrieved, StoreError>;
}
