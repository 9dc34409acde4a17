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
    /// Say the message and to whom the asker can turn; do not retrieve.
    HandOver {
        /// What the asker reads.
        message: String,
        /// A person or team, with an address or number.
        contact: String,
    },
    /// Say the question and wait for its answer; do not retrieve.
    AskBack {
        /// What the asker reads.
        message: String,
    },
    /// Go on, over documents of these years and events only.
    Narrow {
        /// The years named. Empty: all.
        years: Vec<u16>,
        /// The events named. Empty: all.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        events: Vec<String>,
    },
}

impl Action {
    /// What is said instead of an answer from documents, if the question ends here.
    pub fn said(&self) -> Option<String> {
        match self {
            Self::Allow | Self::Narrow { .. } => None,
            Self::Refuse { message } | Self::Answer { message } | Self::AskBack { message } => {
                Some(message.clone())
            }
            Self::HandOver { message, contact } => Some(format!("{message}\n{contact}")),
        }
    }
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
    /// Whether an answer without citations must not be given.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub require_citations: bool,
    /// The kinds of personal data that the text holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub personal: Vec<String>,
}
