//! One `[[model]]`: a language model, where it is, and what it is asked for. What is not set is as in `[answer]`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::source::SourcePlace;
use super::{AnswerSettings, Settings};

/// What a model is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ModelRole {
    /// Writes answers.
    Answer,
    /// Says follow-ups anew.
    Rewrite,
    /// Judges sentences.
    Check,
}

/// The questions a model is best at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BestAt {
    #[default]
    Any,
    Simple,
    Hard,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelSettings {
    pub(crate) name: String,
    pub(crate) base_url: String,
    #[serde(default)]
    pub(crate) model: String,
    #[serde(default)]
    pub(crate) api_key: String,
    #[serde(default = "answer_alone")]
    pub(crate) roles: Vec<ModelRole>,
    #[serde(default)]
    pub(crate) difficulty: BestAt,
    /// Rules whose questions it is asked first.
    #[serde(default)]
    pub(crate) rules: Vec<String>,
    pub(crate) max_tokens: Option<u32>,
    pub(crate) temperature: Option<f32>,
    pub(crate) connect_timeout_s: Option<u64>,
    pub(crate) first_token_timeout_s: Option<u64>,
    pub(crate) idle_timeout_s: Option<u64>,
    pub(crate) total_timeout_s: Option<u64>,
    pub(crate) retries: Option<usize>,
    pub(crate) count_tokens: Option<bool>,
    pub(crate) input_price: Option<f64>,
    pub(crate) output_price: Option<f64>,
    /// Where it stands.
    #[serde(skip)]
    pub(crate) place: SourcePlace,
}

fn answer_alone() -> Vec<ModelRole> {
    vec![ModelRole::Answer]
}

/// What is wrong, and with which key.
type Problem = (Option<&'static str>, String);

impl ModelSettings {
    /// The one model that `[answer]` names, if it names one.
    fn of(answer: &AnswerSettings) -> Option<Self> {
        (!answer.base_url.is_empty()).then(|| Self {
            name: answer.model.clone(),
            base_url: answer.base_url.clone(),
            model: answer.model.clone(),
            api_key: answer.api_key.clone(),
            roles: answer_alone(),
            difficulty: BestAt::Any,
            rules: Vec::new(),
            max_tokens: None,
            temperature: None,
            connect_timeout_s: None,
            first_token_timeout_s: None,
            idle_timeout_s: None,
            total_timeout_s: None,
            retries: None,
            count_tokens: None,
            input_price: None,
            output_price: None,
            place: SourcePlace::default(),
        })
    }

    pub(crate) fn has(&self, role: ModelRole) -> bool {
        self.roles.contains(&role)
    }

    /// What may hold `${NAME}`.
    pub(super) fn fillable(&mut self) -> [(&'static str, &mut String); 2] {
        [("base_url", &mut self.base_url), ("api_key", &mut self.api_key)]
    }

    /// All that is set, secrets included.
    pub(super) fn written(&self) -> std::collections::BTreeMap<String, Value> {
        let Ok(Value::Object(all)) = serde_json::to_value(self) else { return Default::default() };
        all.into_iter().filter(|(_, value)| !matches!(value, Value::Null) && *value != "").collect()
    }

    /// What cannot be meant, in words.
    fn problem(&self) -> Option<Problem> {
        let wrong = |key, what: &str| Some((Some(key), format!("`{key}` {what}")));
        if self.name.trim().is_empty() {
            return wrong("name", "must not be empty: it is what notes and metrics call the model");
        }
        if self.base_url.trim().is_empty() {
            return wrong("base_url", "must name the model server's address");
        }
        if self.roles.is_empty() {
            return wrong("roles", "must name at least one of \"answer\", \"rewrite\" and \"check\"");
        }
        let answers = self.has(ModelRole::Answer);
        if !answers && self.difficulty != BestAt::Any {
            return wrong(
                "difficulty",
                "tells whom to ask for an answer: add \"answer\" to `roles`, or leave it out",
            );
        }
        if !answers && !self.rules.is_empty() {
            return wrong(
                "rules",
                "tell whom to ask for an answer: add \"answer\" to `roles`, or leave them out",
            );
        }
        let times = [
            ("connect_timeout_s", self.connect_timeout_s),
            ("first_token_timeout_s", self.first_token_timeout_s),
            ("idle_timeout_s", self.idle_timeout_s),
            ("total_timeout_s", self.total_timeout_s),
        ];
        let late = |seconds: Option<u64>| seconds.is_some_and(|seconds| !(1..=86_400).contains(&seconds));
        if let Some((key, _)) = times.into_iter().find(|(_, seconds)| late(*seconds)) {
            return wrong(key, "must be between 1 and 86400 seconds");
        }
        if self.retries.is_some_and(|retries| retries > 10) {
            return wrong("retries", "must be between 0 and 10");
        }
        let prices = [("input_price", self.input_price), ("output_price", self.output_price)];
        let bad = |price: Option<f64>| price.is_some_and(|price| !price.is_finite() || price < 0.0);
        match prices.into_iter().find(|(_, price)| bad(*price)) {
            Some((key, _)) => wrong(key, "must be 0 or more"),
            None => None,
        }
    }
}

impl Settings {
    /// Every model there is: the one of `[answer]`, then the named ones, in their order.
    pub(crate) fn all_models(&self) -> Vec<ModelSettings> {
        ModelSettings::of(&self.answer).into_iter().chain(self.models.iter().cloned()).collect()
    }

    /// The first mistake in a `[[model]]`, with its place.
    pub(super) fn wrong_model(&self) -> Option<String> {
        for (at, model) in self.models.iter().enumerate() {
            let taken = self.models[..at].iter().any(|earlier| earlier.name == model.name);
            let twice =
                || taken.then(|| (Some("name"), format!("another model is named {:?} already", model.name)));
            if let Some((key, problem)) = model.problem().or_else(twice) {
                return Some(format!("{}: [[model]]: {problem}", model.place.of(key)));
            }
        }
        None
    }
}
