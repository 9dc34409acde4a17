//! What the rules say of a text.

use serde::{Deserialize, Serialize};

/// What to do with a question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Go on.
    #[default]
    Allow,
    /// Say the message and do not retrieve.
    Refuse {
        /// What the asker reads.
        message: String,
    },
    /// The rule itself is the answer.
    Answer {
        /// What the asker reads.
        message: String,
    },
    /// Go on, over documents of these years only.
    Narrow {
        /// The years named.
        years: Vec<u16>,
    },
}

/// What the rules say of a text, and which one said it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What to do.
    #[serde(flatten)]
    pub action: Action,
    /// The rule that decided; none when everything is allowed.
    #[serde(default)]
    pub rule: Option<String>,
    /// The words of the question that the rule matched, as the asker wrote them.
    #[serde(default)]
    pub evidence: Vec<String>,
}
