//! `[answer]`: who writes answers.

use serde::{Deserialize, Serialize};

use super::{Purposes, Section, Slots, Wrong, counts, ensure, seconds, shares, wrongly};

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
    pub(crate) total_timeout_s: u64,
    pub(crate) retries: usize,
    pub(crate) breaker_failures: u32,
    pub(crate) breaker_pause_s: u64,
    pub(crate) count_tokens: bool,
    pub(crate) chain: Vec<ChainStep>,
    pub(crate) prompts: String,
    pub(crate) unsupported: Unsupported,
    pub(crate) cache_entries: usize,
    pub(crate) cache_s: u64,
    pub(crate) max_sentences: usize,
    pub(crate) min_evidence: f32,
    pub(crate) input_price: f64,
    pub(crate) output_price: f64,
}

/// A step that a model may take on the way to an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ChainStep {
    /// A follow-up is said anew; by rules where no model has the role.
    Rewrite,
    /// The answer is written; by the extractive answerer where no model has the role.
    Answer,
    /// Each sentence is judged once more, beside our own check, where a model has the role.
    Check,
}

/// What becomes of a sentence that no passage supports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unsupported {
    /// It is left out.
    #[default]
    Drop,
    /// It is shown, marked as unsupported, beside sentences that are.
    Mark,
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
            total_timeout_s: 110,
            retries: 2,
            breaker_failures: 5,
            breaker_pause_s: 30,
            count_tokens: true,
            chain: vec![ChainStep::Rewrite, ChainStep::Answer, ChainStep::Check],
            prompts: String::new(),
            unsupported: Unsupported::Drop,
            cache_entries: 1_000,
            cache_s: 3_600,
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
            ("answer.total_timeout_s", "seconds until a model's last token"),
            (
                "answer.retries",
                "how often a model is asked again before its first token; waits grow, and heed Retry-After",
            ),
            (
                "answer.breaker_failures",
                "failures in a row after which a model is left alone for a while; 0: never",
            ),
            (
                "answer.breaker_pause_s",
                "how long, in seconds; then one question tries whether it is well again",
            ),
            (
                "answer.count_tokens",
                "ask servers to count the tokens of a stream; false where a server refuses `stream_options`",
            ),
            (
                "answer.chain",
                "what models are asked for, where one has the role: rewrite (follow-ups), answer, check (each sentence)",
            ),
            (
                "answer.prompts",
                "a folder with prompts in place of the built-in ones, such as answer.ko.jinja; empty: the built-in ones",
            ),
            ("answer.unsupported", "what becomes of a sentence that no passage supports: drop or mark"),
            ("answer.cache_entries", "models' answers that are kept for the same question; 0: none"),
            (
                "answer.cache_s",
                "seconds that they are kept, unless what they rest on changes before; 0: none",
            ),
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
            ("answer.total_timeout_s", self.total_timeout_s),
            ("answer.breaker_pause_s", self.breaker_pause_s),
        ])?;
        ensure(self.retries <= 10, "answer.retries", "must be between 0 and 10")?;
        ensure(self.cache_entries <= 10_000_000, "answer.cache_entries", "must be between 0 and 10000000")?;
        ensure(self.cache_s <= 31_536_000, "answer.cache_s", "must be between 0 and 31536000")?;
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
