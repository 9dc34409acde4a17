//! `[state]`: what is remembered of those who ask, where, and for how long.

use serde::{Deserialize, Serialize};

use super::{Purposes, Section, Slots, Wrong, counts, ensure};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StateSettings {
    pub(crate) url: String,
    pub(crate) connections: u32,
    pub(crate) memory_tokens: usize,
    pub(crate) keep_answers: bool,
    pub(crate) conversation_days: usize,
    pub(crate) audit_days: usize,
    pub(crate) usage_days: usize,
}

impl Default for StateSettings {
    fn default() -> Self {
        Self {
            url: String::new(),
            connections: 8,
            memory_tokens: 1_000,
            keep_answers: true,
            conversation_days: 90,
            audit_days: 365,
            usage_days: 400,
        }
    }
}

impl Section for StateSettings {
    fn purposes(&self) -> Purposes {
        &[
            (
                "state.url",
                "a PostgreSQL database for conversations, feedback, jobs, audit and keys, such as postgres://siren:${STATE_PASSWORD}@db/siren, which several servers can share; empty keeps them in state.sqlite below --state",
            ),
            ("state.connections", "connections of one server to that database"),
            ("state.memory_tokens", "tokens of a conversation that a follow-up may refer to"),
            (
                "state.keep_answers",
                "whether answers outside conversations are kept too, so that feedback on them can be read with what it is about",
            ),
            (
                "state.conversation_days",
                "days after its last answer that a conversation is deleted, and after their time an answer outside any and a job",
            ),
            ("state.audit_days", "days that the audit log is kept, and a key after its end"),
            ("state.usage_days", "days that is kept what was spent"),
        ]
    }

    fn check(&self) -> Result<(), Wrong> {
        counts(&[
            ("state.connections", self.connections as usize, 1_000),
            ("state.memory_tokens", self.memory_tokens, 1_000_000),
            ("state.conversation_days", self.conversation_days, 36_500),
            ("state.audit_days", self.audit_days, 36_500),
            ("state.usage_days", self.usage_days, 36_500),
        ])?;
        let known = ["postgres://", "postgresql://"].iter().any(|scheme| self.url.starts_with(scheme));
        ensure(
            self.url.is_empty() || known,
            "state.url",
            "must be empty or begin with postgres://: a SQLite file needs no address, it lies below --state",
        )
    }

    fn addresses(&mut self) -> Slots<'_> {
        vec![("state.url", &mut self.url)]
    }
}
