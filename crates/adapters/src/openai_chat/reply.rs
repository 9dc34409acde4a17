//! What a server sends: pieces of an answer, or a whole one.

use serde::Deserialize;
use serde_json::Value;
use siren_domain::Tokens;
use siren_domain::ports::ModelError;

use crate::model_server::{Teller, strange};

/// A piece of an answer, or the whole of one.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Piece {
    /// Words for the asker.
    pub(super) text: String,
    /// Whether the model says anything at all, be it to itself.
    pub(super) alive: bool,
    /// Why it stopped; none while it goes on.
    pub(super) finish: Option<String>,
    /// What the server counted.
    pub(super) usage: Option<Tokens>,
}

#[derive(Deserialize)]
struct Reply {
    choices: Option<Vec<Choice>>,
    usage: Option<Value>,
}

/// What the server counted; none where it says so in a way of its own.
fn counted(usage: Option<&Value>) -> Option<Tokens> {
    let count = |field: &str| usage?.get(field)?.as_u64();
    Some(Tokens::told(count("prompt_tokens")?, count("completion_tokens")?))
}

#[derive(Deserialize)]
struct Choice {
    #[serde(alias = "message")]
    delta: Option<Words>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Words {
    content: Option<String>,
    #[serde(alias = "reasoning")]
    reasoning_content: Option<Value>,
}

impl Piece {
    /// Reads one line of a stream, or a whole body.
    pub(super) fn read(json: &str, teller: &Teller) -> Result<Self, ModelError> {
        let strange = || strange("this is no piece of an answer");
        let value: Value = serde_json::from_str(json).map_err(|_| strange())?;
        if let Some(error) = teller.error_in(&value) {
            return Err(error);
        }
        if value.get("choices").is_none() {
            return Err(strange());
        }
        let reply: Reply = serde_json::from_value(value).map_err(|_| strange())?;
        let usage = counted(reply.usage.as_ref());
        // The last line may tell the usage only, with no choices.
        let Some(choice) = reply.choices.unwrap_or_default().into_iter().next() else {
            return Ok(Self { usage, ..Self::default() });
        };
        let (text, thought) = match choice.delta {
            Some(words) => (words.content.unwrap_or_default(), words.reasoning_content),
            None => (String::new(), None),
        };
        let thinks = matches!(thought, Some(Value::String(thought)) if !thought.is_empty());
        Ok(Self { alive: thinks || !text.is_empty(), text, finish: choice.finish_reason, usage })
    }
}
