//! What a model thinks of an answer, asked through an OpenAI-compatible server.
//!
//! It grades; it never answers, and what it says decides nothing by itself. Its words stand in files.

mod prompt;

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use siren_domain::ports::ModelError;

use crate::model_server::{Access, ModelServer, ModelServerError, RETRIES, Route, strange};
use crate::secret::Secret;
use prompt::Prompts;
pub use prompt::{JUDGE_PROMPTS, PromptFault};

/// The best grade.
const BEST: f64 = 2.0;

/// Which model grades, and how.
#[derive(Clone, Debug)]
pub struct JudgeSettings {
    /// The server's address, with or without `/v1`.
    pub base_url: String,
    /// The model's name there; empty leaves the choice to the server.
    pub model: String,
    /// What the server wants to see, if anything.
    pub api_key: Option<Secret>,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long to wait for a grade, all attempts together.
    pub timeout: Duration,
    /// A reply is not longer than this.
    pub max_tokens: u32,
    /// How freely the model chooses its words.
    pub temperature: f32,
    /// A folder with `judge.ko.jinja` and `judge.en.jinja`; what is not there is taken from the program's own.
    pub prompts: Option<PathBuf>,
}

/// Why no model can grade with these settings.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    /// The server cannot be asked.
    #[error(transparent)]
    Server(#[from] ModelServerError),
    /// A prompt cannot be used.
    #[error(transparent)]
    Prompt(#[from] PromptFault),
}

/// What is graded.
#[derive(Clone, Copy, Debug)]
pub struct Graded<'a> {
    /// The question.
    pub question: &'a str,
    /// The answer, as the asker reads it.
    pub answer: &'a str,
    /// What a right answer says, each in all accepted writings.
    pub facts: &'a [Vec<String>],
    /// What the answer was made from.
    pub passages: &'a [String],
    /// Which try it is: told to the server as its seed, so that tries may differ.
    pub round: u32,
}

/// Grades between 0 and 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Grade {
    /// Whether the answer tells what was asked.
    pub correct: f64,
    /// Whether what it says was told.
    pub grounded: f64,
    /// Why, in the model's words.
    pub reason: String,
}

/// A model that grades.
#[derive(Debug)]
pub struct OpenAiJudge {
    settings: JudgeSettings,
    server: ModelServer,
    prompts: Prompts,
}

#[derive(Deserialize)]
struct Reply {
    correct: f64,
    grounded: f64,
    #[serde(default)]
    reason: String,
}

impl OpenAiJudge {
    /// A judge by its settings. The server is not asked anything yet.
    pub fn new(settings: JudgeSettings) -> Result<Self, JudgeError> {
        let server = ModelServer::new(Access {
            base_url: &settings.base_url,
            route: Route::OpenAi("chat/completions"),
            model: &settings.model,
            api_key: settings.api_key.as_ref(),
            connect_timeout: settings.connect_timeout,
            idle_timeout: settings.timeout,
            retries: RETRIES,
        })?;
        let prompts = Prompts::new(settings.prompts.as_deref())?;
        Ok(Self { settings, server, prompts })
    }

    /// The model's name.
    pub fn name(&self) -> &str {
        if self.settings.model.is_empty() { "unnamed model" } else { &self.settings.model }
    }

    /// What the model is told, for a record of what was run.
    pub fn prompts(&self) -> &[String] {
        self.prompts.texts()
    }

    /// Grades an answer.
    pub async fn grade(&self, graded: Graded<'_>) -> Result<Grade, ModelError> {
        let prompts = self.prompts.messages(&graded);
        let [system, user] = prompts.map_err(|error| strange(format!("a prompt: {error}")))?;
        let mut body = json!({
            "messages": [{ "role": "system", "content": system }, { "role": "user", "content": user }],
            "temperature": self.settings.temperature,
            "max_tokens": self.settings.max_tokens,
            "seed": graded.round,
            "stream": false,
        });
        if !self.settings.model.is_empty() {
            body["model"] = json!(self.settings.model);
        }
        let answer: Value = self.server.ask(&body, self.settings.timeout).await?;
        let told = answer["choices"][0]["message"]["content"].as_str().unwrap_or_default();
        read(told).ok_or_else(|| strange("this holds no grades from 0 to 2"))
    }
}

/// The grades in a reply, which may have words or a fence around them, or the model's thoughts before them.
fn read(told: &str) -> Option<Grade> {
    let starts = told.rmatch_indices('{').map(|(start, _)| start);
    let mut replies = starts.filter_map(|start| {
        let mut values = serde_json::Deserializer::from_str(&told[start..]).into_iter::<Reply>();
        values.next()?.ok()
    });
    let reply = replies.next()?;
    let graded = |grade: f64| (0.0..=BEST).contains(&grade).then_some(grade / BEST);
    Some(Grade { correct: graded(reply.correct)?, grounded: graded(reply.grounded)?, reason: reply.reason })
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn grades_are_read_out_of_what_models_write() {
        let cases = [
            (r#"{"correct": 2, "grounded": 1, "reason": "좋다"}"#, Some((1.0, 0.5))),
            ("```json\n{\"correct\": 0, \"grounded\": 2}\n```", Some((0.0, 1.0))),
            (r#"<think>{"correct": 0, "grounded": 0}?</think> {"correct":1,"grounded":2}"#, Some((0.5, 1.0))),
            (r#"{"correct": 3, "grounded": 1}"#, None),
            (r#"{"correct": "2", "grounded": 1}"#, None),
            (r#"{"correct": -1, "grounded": 1}"#, None),
            ("좋은 답변입니다.", None),
            ("", None),
        ];
        for (told, expected) in cases {
            assert_eq!(read(told).map(|grade| (grade.correct, grade.grounded)), expected, "{told}");
        }
    }
}
