//! Conversations: questions that are asked one after another, each with what was said before it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::{Loading, SuiteQuestion};
use crate::error::EvaluationError;
use crate::lines::json_lines;

pub(super) const FILE: &str = "conversations.jsonl";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Conversation {
    #[serde(rename = "_id")]
    id: String,
    lang: String,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
    turns: Vec<TurnLine>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TurnLine {
    text: String,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    relevant: BTreeMap<String, i32>,
    #[serde(default)]
    facts: Vec<Vec<String>>,
    #[serde(default)]
    answers: Vec<String>,
    #[serde(default)]
    forbidden: Vec<String>,
    #[serde(default)]
    must: bool,
}

/// Each turn becomes a question: the first of `k001` is `k001.1`.
pub(super) fn load(folder: &Path, loading: &mut Loading) -> Result<(), EvaluationError> {
    let path = folder.join(FILE);
    if !path.exists() {
        return Ok(());
    }
    let form = "write {\"_id\", \"lang\", \"tags\", \"groups\", \"turns\": [{\"text\", \"relevant\", \"facts\", \
                \"answers\", \"tags\", \"forbidden\", \"must\"}]}, of which _id, lang, turns and their text are needed";
    json_lines(&path, form, |place, conversation: Conversation| {
        if conversation.turns.is_empty() {
            return Err(place.wrong("turns: empty", "write what is asked, one turn after another"));
        }
        let Conversation { id, lang, tags, groups, turns } = conversation;
        for (turn, n) in turns.into_iter().zip(1..) {
            let mut all = tags.clone();
            all.extend(turn.tags.into_iter().filter(|tag| !tags.contains(tag)));
            let question = SuiteQuestion {
                id: format!("{id}.{n}"),
                text: turn.text,
                lang: lang.clone(),
                tags: all,
                relevant: turn.relevant,
                facts: turn.facts,
                pair: None,
                groups: groups.clone(),
                forbidden: turn.forbidden,
                must: turn.must,
                answers: turn.answers,
                note: String::new(),
                conversation: Some(id.clone()),
            };
            loading.take(place, question)?;
        }
        Ok(())
    })
}
