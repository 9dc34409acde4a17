//! What a language model makes of the passages, asked through the interface that OpenAI's servers have in common with
//! vLLM, llama.cpp, Ollama and others.
//!
//! Never shows the API key, never takes a stream that breaks off for an answer, never follows a redirection.

use std::sync::Arc;
use std::time::Duration;

use async_stream::try_stream;
use async_trait::async_trait;
use futures::stream::BoxStream;
use reqwest::Response;
use serde::Serialize;
use siren_domain::Turn;
use siren_domain::ports::{AnswerModel, AnswerPart, AnswerRequest, Checker, ModelError, Rewriter, Spoken};
use tokio::time::Instant;

pub use self::breaker::BreakerSettings;
use self::breaker::{Admitted, Breaker};
use self::opening::{Heard, Opening};
use self::prompt::Message;
pub use self::prompt::{PromptError, Prompts};
use self::reading::Reading;
use crate::model_server::{Access, ModelServer, ModelServerError, Route, strange};
pub use crate::secret::Secret;

mod breaker;
mod opening;
mod prompt;
mod reading;
mod reply;

/// A judgement is one word, but some models think aloud first.
const JUDGEMENT_TOKENS: u32 = 64;
/// A question said anew.
const QUESTION_TOKENS: u32 = 160;

/// Which server to ask, and how.
#[derive(Clone, Debug)]
pub struct OpenAiChatSettings {
    /// What people call it; empty for the model's name.
    pub name: String,
    /// The server's address, with or without `/v1`.
    pub base_url: String,
    /// The model's name there; empty leaves the choice to the server.
    pub model: String,
    /// What the server wants to see, if anything.
    pub api_key: Option<Secret>,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long to wait for the answer's first word, all attempts together.
    pub first_token_timeout: Duration,
    /// How long to wait from one word to the next.
    pub idle_timeout: Duration,
    /// How long to wait for the last word.
    pub answer_timeout: Duration,
    /// How often to ask again before the first word.
    pub retries: usize,
    /// When to leave it alone.
    pub breaker: BreakerSettings,
    /// Whether to ask the server to count tokens in streams. A few servers refuse requests that do.
    pub count_tokens: bool,
    /// An answer is not longer than this.
    pub max_tokens: u32,
    /// How freely the model chooses its words; 0 for the likeliest.
    pub temperature: f32,
}

impl OpenAiChatSettings {
    /// The model `model` at `base_url`, and for the rest what suits short answers.
    pub fn new(base_url: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            name: String::new(),
            base_url: base_url.into(),
            model: model.into(),
            api_key: None,
            connect_timeout: Duration::from_secs(5),
            first_token_timeout: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(20),
            answer_timeout: Duration::from_secs(110),
            retries: 2,
            breaker: BreakerSettings::default(),
            count_tokens: true,
            max_tokens: 512,
            temperature: 0.0,
        }
    }
}

/// A language model behind an OpenAI-compatible server.
#[derive(Clone, Debug)]
pub struct OpenAiChat {
    call: Arc<Call>,
}

/// All that a question needs on its way.
#[derive(Debug)]
struct Call {
    settings: OpenAiChatSettings,
    name: String,
    server: ModelServer,
    prompts: Arc<Prompts>,
    breaker: Arc<Breaker>,
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    model: &'a str,
    messages: &'a [Message],
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    temperature: f32,
    max_tokens: u32,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

impl OpenAiChat {
    /// A model by its settings, told what `prompts` say. The server is not asked anything yet.
    pub fn new(settings: OpenAiChatSettings, prompts: Arc<Prompts>) -> Result<Self, ModelServerError> {
        let server = ModelServer::new(Access {
            base_url: &settings.base_url,
            route: Route::OpenAi("chat/completions"),
            model: &settings.model,
            api_key: settings.api_key.as_ref(),
            connect_timeout: settings.connect_timeout,
            idle_timeout: settings.idle_timeout,
            retries: settings.retries,
        })?;
        let name = match (settings.name.as_str(), settings.model.as_str()) {
            ("", "") => "unnamed model",
            ("", model) => model,
            (name, _) => name,
        };
        let name = name.to_owned();
        let breaker = Arc::new(Breaker::new(settings.breaker, &name));
        Ok(Self { call: Arc::new(Call { settings, name, server, prompts, breaker }) })
    }

    /// All that the model says to the messages, without what it thinks aloud.
    async fn whole(&self, messages: &[Message], max_tokens: u32) -> Result<Spoken<String>, ModelError> {
        let admitted = self.call.admit()?;
        let said = self.whole_reply(messages, max_tokens).await;
        admitted.heard(said.as_ref().map(|_| ()));
        said
    }

    async fn whole_reply(&self, messages: &[Message], max_tokens: u32) -> Result<Spoken<String>, ModelError> {
        let mut reply = self.call.begin(messages, max_tokens).await?;
        let sent = || prompt::joined(messages);
        let (mut opening, mut said) = (Opening::default(), String::new());
        while let Some(text) = reply.next().await? {
            match opening.hear(&text) {
                Heard::Words(words) => said.push_str(&words),
                Heard::Nothing => {}
                Heard::NotFound => return Ok(Spoken { said: String::new(), tokens: reply.spent(sent) }),
            }
        }
        said.push_str(&opening.end().unwrap_or_default());
        Ok(Spoken { said, tokens: reply.spent(sent) })
    }
}

impl Admitted {
    /// Tells how it went. A prompt that is too long is not the model's fault.
    fn heard(self, how: Result<(), &ModelError>) {
        match how {
            Ok(()) | Err(ModelError::TooLong(_)) => self.went_well(),
            Err(ModelError::Unavailable(_) | ModelError::Protocol(_)) => self.failed(),
        }
    }
}

impl Call {
    fn admit(&self) -> Result<Admitted, ModelError> {
        self.breaker.admit().map_err(|left| {
            let left = left.as_secs();
            ModelError::Unavailable(format!("it failed too often and is left alone for {left} s more"))
        })
    }

    /// Sends the messages, more than once if need be, and gives the reply as soon as it begins.
    async fn begin(self: &Arc<Self>, messages: &[Message], max_tokens: u32) -> Result<Reading, ModelError> {
        let now = Instant::now();
        let last = now + self.settings.answer_timeout;
        let first = (now + self.settings.first_token_timeout).min(last);
        let body = Body {
            model: &self.settings.model,
            messages,
            stream: true,
            stream_options: self.settings.count_tokens.then_some(StreamOptions { include_usage: true }),
            temperature: self.settings.temperature,
            max_tokens,
        };
        let response = self.server.send(&body, first).await;
        let response = response.map_err(|failed| failed.unwrap_or_else(|| self.too_late()))?;
        Reading::new(Arc::clone(self), response, (first, last))
    }

    /// The whole body. Its first byte may come as late as `deadline`.
    async fn body(&self, response: Response, deadline: Instant) -> Result<String, ModelError> {
        self.server.body(response, deadline).await.map_err(|failed| failed.unwrap_or_else(|| self.too_late()))
    }

    fn too_late(&self) -> ModelError {
        let wait = self.settings.first_token_timeout;
        ModelError::Unavailable(format!("{}: no word came within {wait:?}", self.server.teller.address))
    }

    fn took_too_long(&self) -> ModelError {
        let wait = self.settings.answer_timeout;
        ModelError::Unavailable(format!(
            "{}: the answer was not whole within {wait:?}",
            self.server.teller.address
        ))
    }

    /// Whether an answer that ended for this reason is whole.
    fn accept_end(finish: Option<&str>) -> Result<(), ModelError> {
        match finish {
            None => Err(strange("the stream ended without a finish_reason")),
            Some(reason @ ("content_filter" | "error")) => {
                Err(strange(format!("the server stopped the answer: {reason}")))
            }
            Some(_) => Ok(()),
        }
    }

    fn empty(&self, finish: &str) -> ModelError {
        let remedy = if finish == "length" { ": raise `max_tokens`" } else { "" };
        let finish = if self.server.teller.is_name(finish) { finish } else { "" };
        strange(format!("the answer is empty (it ended with {finish:?}){remedy}"))
    }
}

fn bad_prompt(error: &PromptError) -> ModelError {
    strange(format!("a prompt: {error}"))
}

/// Takes the outcome in, and passes it on.
fn noted<T>(admitted: &mut Option<Admitted>, told: Result<T, ModelError>) -> Result<T, ModelError> {
    if let Err(error) = &told
        && let Some(admitted) = admitted.take()
    {
        admitted.heard(Err(error));
    }
    told
}

impl AnswerModel for OpenAiChat {
    fn name(&self) -> &str {
        &self.call.name
    }

    fn prompt(&self) -> Option<&str> {
        Some(self.call.prompts.version())
    }

    fn answer(&self, request: AnswerRequest) -> BoxStream<'static, Result<AnswerPart, ModelError>> {
        let call = Arc::clone(&self.call);
        Box::pin(try_stream! {
            let messages = call.prompts.answer(&request).map_err(|error| bad_prompt(&error))?;
            let mut admitted = Some(call.admit()?);
            let reply = call.begin(&messages, call.settings.max_tokens).await;
            let mut reply = noted(&mut admitted, reply)?;
            drop(messages);
            let sent = || call.prompts.answer(&request).map_or(String::new(), |sent| prompt::joined(&sent));
            let mut opening = Opening::default();
            loop {
                let text = match noted(&mut admitted, reply.next().await) {
                    Ok(Some(text)) => text,
                    Ok(None) => break,
                    Err(error) => {
                        yield AnswerPart::Spent(reply.spent(sent));
                        Err(error)?;
                        return;
                    }
                };
                match opening.hear(&text) {
                    Heard::Nothing => {}
                    Heard::Words(words) => yield AnswerPart::Delta(words),
                    Heard::NotFound => {
                        admitted.into_iter().for_each(|admitted| admitted.heard(Ok(())));
                        yield AnswerPart::Spent(reply.spent(sent));
                        yield AnswerPart::NotFound;
                        return;
                    }
                }
            }
            let told = opening.told();
            let rest = match opening.end() {
                Some(rest) => Some(rest),
                None if told => None,
                None => {
                    let empty = Err(call.empty(reply.finish.as_deref().unwrap_or_default()));
                    yield AnswerPart::Spent(reply.spent(sent));
                    noted(&mut admitted, empty)?
                }
            };
            if let Some(rest) = rest {
                yield AnswerPart::Delta(rest);
            }
            admitted.into_iter().for_each(|admitted| admitted.heard(Ok(())));
            yield AnswerPart::Spent(reply.spent(sent));
        })
    }
}

#[async_trait]
impl Rewriter for OpenAiChat {
    fn name(&self) -> &str {
        &self.call.name
    }

    async fn rewrite(&self, question: &str, history: &[Turn]) -> Result<Spoken<String>, ModelError> {
        let messages = self.call.prompts.rewrite(question, history);
        let messages = messages.map_err(|error| bad_prompt(&error))?;
        let Spoken { said, tokens } = self.whole(&messages, QUESTION_TOKENS).await?;
        // Small models like to go on: what they add stands on lines of its own.
        let line = said.lines().map(str::trim).find(|line| line.contains(char::is_alphanumeric));
        let line = line.unwrap_or_default().trim_matches(['"', '“', '”', '\'', '`', '*', ' ']);
        if line.is_empty() {
            return Err(strange("this is no question"));
        }
        Ok(Spoken { said: line.to_owned(), tokens })
    }
}

#[async_trait]
impl Checker for OpenAiChat {
    fn name(&self) -> &str {
        &self.call.name
    }

    async fn supports(&self, sentence: &str, text: &str) -> Result<Spoken<bool>, ModelError> {
        let messages = self.call.prompts.check(sentence, text);
        let messages = messages.map_err(|error| bad_prompt(&error))?;
        let Spoken { said, tokens } = self.whole(&messages, JUDGEMENT_TOKENS).await?;
        let word: String =
            said.chars().skip_while(|c| !c.is_alphanumeric()).take_while(|c| c.is_alphanumeric()).collect();
        match word.to_lowercase().as_str() {
            "yes" => Ok(Spoken { said: true, tokens }),
            "no" => Ok(Spoken { said: false, tokens }),
            _ => Err(strange("this is neither YES nor NO")),
        }
    }
}
