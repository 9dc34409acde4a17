//! `[answer]`: who writes answers.

use serde::{Deserialize, Serialize};

use super::{Purposes, Section, Slots, Wrong, counts, seconds, shares, wrongly};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AnswerSettings {
    pub(crate) base_url: String,
    pub(crate) model: String,
    #[serde(skip_serializing)]
    pub(crate) api_key: String,
    pub(crate) api_key_file: String,
    pub(crate) max_tokens: u32,
    pub(crate) temperature: f32,
    pub(crate) connect_timeout_s: u64,
    pub(crate) first_token_timeout_s: u64,
    pub(crate) idle_timeout_s: u64,
    pub(crate) max_sentences: usize,
    pub(crate) min_evidence: f32,
    pub(crate) input_price: f64,
    pub(crate) output_price: f64,
}

impl Default for AnswerSettings {
    fn default() -> Self {
        let extractive = siren_adapters::extractive::ExtractiveSettings::default();
        Self {
            base_url: String::new(),
            model: String::new(),
            api_key: String::new(),
            api_key_file: String::new(),
            max_tokens: 512,
            temperature: 0.0,
            connect_timeout_s: 5,
            first_token_timeout_s: 60,
            idle_timeout_s: 30,
            max_sentences: extractive.max_sentences,
            min_evidence: extractive.min_evidence,
            input_price: 0.0,
            output_price: 0.0,
        }
    }
}

impl Section for AnswerSettings {
    fn purposes(&self) -> Purposes {
        &[
            (
                "answer.base_url",
                "an OpenAI-compatible server, such as http://127.0.0.1:8000/v1; empty: extractive answers",
            ),
            (
                "answer.model",
                "the model asked for; empty leaves the choice to the server, which not every server accepts",
            ),
            ("answer.api_key", "its key, best as \"${NAME}\" or SIREN_LLM_API_KEY"),
            ("answer.api_key_file", "a file that holds it instead, such as a mounted secret"),
            ("answer.max_tokens", "tokens that a model's answer may have"),
            ("answer.temperature", "0 for the same answer every time"),
            ("answer.connect_timeout_s", "seconds to reach the model server"),
            ("answer.first_token_timeout_s", "seconds until its first token"),
            ("answer.idle_timeout_s", "seconds between two tokens"),
            ("answer.max_sentences", "sentences of an extractive answer; a list counts as one"),
            (
                "answer.min_evidence",
                "chance (0 to 1) that the passages answer, below which the extractive answer is \"not found\"",
            ),
            (
                "answer.input_price",
                "what a million tokens cost that the model reads; `eval run` tells the cost of answers",
            ),
            ("answer.output_price", "what a million tokens cost that the model writes"),
        ]
    }

    fn check(&self) -> Result<(), Wrong> {
        counts(&[("answer.max_sentences", self.max_sentences, 20)])?;
        seconds(&[
            ("answer.connect_timeout_s", self.connect_timeout_s),
            ("answer.first_token_timeout_s", self.first_token_timeout_s),
            ("answer.idle_timeout_s", self.idle_timeout_s),
        ])?;
        shares(&[("answer.min_evidence", f64::from(self.min_evidence))])?;
        let prices = [("answer.input_price", self.input_price), ("answer.output_price", self.output_price)];
        match prices.into_iter().find(|(_, price)| !price.is_finite() || *price < 0.0) {
            Some((key, _)) => Err(wrongly(key, "must be 0 or more")),
            None => Ok(()),
        }
    }

    fn secret_files(&mut self) -> Vec<(&'static str, &str, &mut String)> {
        vec![("answer.api_key_file", self.api_key_file.as_str(), &mut self.api_key)]
    }

    fn secrets(&mut self) -> Slots<'_> {
        vec![("answer.api_key", &mut self.api_key)]
    }

    fn addresses(&mut self) -> Slots<'_> {
        vec![("answer.base_url", &mut self.base_url)]
    }
}
