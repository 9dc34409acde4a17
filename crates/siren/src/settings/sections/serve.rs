//! `[serve]`: the server.

use serde::{Deserialize, Serialize};

use super::{Purposes, Section, Wrong, counts, seconds};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServeSettings {
    pub(crate) listen: String,
    pub(crate) model_name: String,
    pub(crate) max_question_chars: usize,
    pub(crate) max_body_bytes: usize,
    pub(crate) concurrent_answers: usize,
    pub(crate) answer_timeout_s: u64,
    pub(crate) drain_s: u64,
}

impl Default for ServeSettings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            model_name: "siren".to_owned(),
            max_question_chars: 2000,
            max_body_bytes: 64 * 1024,
            concurrent_answers: 64,
            answer_timeout_s: 120,
            drain_s: 20,
        }
    }
}

impl Section for ServeSettings {
    fn purposes(&self) -> Purposes {
        &[
            ("serve.listen", "address and port"),
            ("serve.model_name", "the model that clients see"),
            ("serve.max_question_chars", "characters of a question"),
            ("serve.max_body_bytes", "bytes of a request"),
            ("serve.concurrent_answers", "answers in the making at once; one more is told to come back"),
            ("serve.answer_timeout_s", "seconds that an answer may take"),
            ("serve.drain_s", "seconds that running answers get when the server is stopped"),
        ]
    }

    fn check(&self) -> Result<(), Wrong> {
        counts(&[
            ("serve.max_question_chars", self.max_question_chars, 100_000),
            ("serve.max_body_bytes", self.max_body_bytes, 64 << 20),
            ("serve.concurrent_answers", self.concurrent_answers, 100_000),
        ])?;
        seconds(&[("serve.answer_timeout_s", self.answer_timeout_s), ("serve.drain_s", self.drain_s)])
    }
}
