//! `[serve]`: the server.

use serde::{Deserialize, Serialize};

use super::{Purposes, Section, Wrong, counts, ensure, seconds};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServeSettings {
    pub(crate) listen: String,
    pub(crate) model_name: String,
    pub(crate) max_question_chars: usize,
    pub(crate) max_body_bytes: usize,
    pub(crate) max_header_bytes: usize,
    pub(crate) concurrent_answers: usize,
    pub(crate) answers_worked_on: usize,
    pub(crate) queue_length: usize,
    pub(crate) queue_wait_ms: u64,
    pub(crate) turn_wait_ms: u64,
    pub(crate) max_connections: usize,
    pub(crate) header_timeout_s: u64,
    pub(crate) body_timeout_s: u64,
    pub(crate) write_timeout_s: u64,
    pub(crate) hosts: Vec<String>,
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
            max_header_bytes: 32 * 1024,
            concurrent_answers: 64,
            answers_worked_on: 0,
            queue_length: 64,
            queue_wait_ms: 30,
            turn_wait_ms: 80,
            max_connections: 4096,
            header_timeout_s: 30,
            body_timeout_s: 10,
            write_timeout_s: 30,
            hosts: Vec::new(),
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
            ("serve.max_header_bytes", "bytes of a request's head"),
            ("serve.concurrent_answers", "answers in the making at once"),
            (
                "serve.answers_worked_on",
                "those of them that are looked up or put together at once, while the others wait for models; 0: two for each core",
            ),
            (
                "serve.queue_length",
                "questions that may wait for one of them to end; one more is told to come back (429)",
            ),
            ("serve.queue_wait_ms", "milliseconds that they wait; then they are told to come back (503)"),
            (
                "serve.turn_wait_ms",
                "milliseconds that an answer in the making waits for its turn to be worked on; then it is given up (503)",
            ),
            ("serve.max_connections", "connections at once; one more waits until another is closed"),
            (
                "serve.header_timeout_s",
                "seconds that a client may take for a request's head; a connection on which nothing is asked is closed after it",
            ),
            ("serve.body_timeout_s", "seconds that a client may take for a request's body"),
            ("serve.write_timeout_s", "seconds that a client may refuse to take what is sent to it"),
            (
                "serve.hosts",
                "names that this server is known by, such as siren.example.com; without them, and where nobody has to say who they are, only numbers and localhost",
            ),
            ("serve.answer_timeout_s", "seconds that an answer may take"),
            ("serve.drain_s", "seconds that running answers get when the server is stopped"),
        ]
    }

    fn check(&self) -> Result<(), Wrong> {
        counts(&[
            ("serve.max_question_chars", self.max_question_chars, 100_000),
            ("serve.max_body_bytes", self.max_body_bytes, 64 << 20),
            ("serve.max_header_bytes", self.max_header_bytes, 1 << 20),
            ("serve.concurrent_answers", self.concurrent_answers, 100_000),
            ("serve.max_connections", self.max_connections, 1_000_000),
        ])?;
        ensure(self.answers_worked_on <= 10_000, "serve.answers_worked_on", "must be between 0 and 10000")?;
        ensure(self.queue_length <= 100_000, "serve.queue_length", "must be between 0 and 100000")?;
        ensure(self.queue_wait_ms <= 60_000, "serve.queue_wait_ms", "must be between 0 and 60000")?;
        ensure(self.turn_wait_ms <= 60_000, "serve.turn_wait_ms", "must be between 0 and 60000")?;
        seconds(&[
            ("serve.answer_timeout_s", self.answer_timeout_s),
            ("serve.drain_s", self.drain_s),
            ("serve.header_timeout_s", self.header_timeout_s),
            ("serve.body_timeout_s", self.body_timeout_s),
            ("serve.write_timeout_s", self.write_timeout_s),
        ])
    }
}
