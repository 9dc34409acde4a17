//! `[judge]`: a model that says what it thinks of answers, in evaluation and only when it is asked for.

use serde::{Deserialize, Serialize};

use super::{Purposes, Section, Slots, Wrong, counts, ensure, seconds};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct JudgeSettings {
    pub(crate) base_url: String,
    pub(crate) model: String,
    #[serde(skip_serializing)]
    pub(crate) api_key: String,
    pub(crate) rounds: usize,
    pub(crate) prompts: String,
    pub(crate) max_tokens: u32,
    pub(crate) temperature: f32,
    pub(crate) timeout_s: u64,
}

impl Default for JudgeSettings {
    fn default() -> Self {
        Self {
            base_url: String::new(),
            model: String::new(),
            api_key: String::new(),
            rounds: 3,
            prompts: String::new(),
            max_tokens: 400,
            temperature: 0.3,
            timeout_s: 60,
        }
    }
}

impl Section for JudgeSettings {
    fn purposes(&self) -> Purposes {
        &[
            (
                "judge.base_url",
                "an OpenAI-compatible server whose model `siren eval run --judge` asks; empty: none",
            ),
            ("judge.model", "the model's name there, best another one than the one that answers"),
            ("judge.api_key", "its key, best as \"${NAME}\""),
            (
                "judge.rounds",
                "how often each answer is judged: what a judge strays by is told beside its means",
            ),
            (
                "judge.prompts",
                "a folder with judge.ko.jinja and judge.en.jinja in place of the built-in ones; empty: the built-in ones",
            ),
            ("judge.max_tokens", "tokens that a judge's reply may have"),
            ("judge.temperature", "above 0, so that a judge shows how sure it is of itself"),
            ("judge.timeout_s", "seconds to wait for a grade"),
        ]
    }

    fn check(&self) -> Result<(), Wrong> {
        counts(&[("judge.rounds", self.rounds, 20)])?;
        seconds(&[("judge.timeout_s", self.timeout_s)])?;
        ensure((0.0..=2.0).contains(&self.temperature), "judge.temperature", "must be between 0 and 2")
    }

    fn secrets(&mut self) -> Slots<'_> {
        vec![("judge.api_key", &mut self.api_key)]
    }

    fn addresses(&mut self) -> Slots<'_> {
        vec![("judge.base_url", &mut self.base_url)]
    }
}
