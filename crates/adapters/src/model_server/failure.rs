//! Why there is no answer, and whether asking again may help.

use std::error::Error;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;
use siren_domain::ports::ModelError;

use crate::secret::Secret;

/// So much of what a server says is repeated.
const EXCERPT: usize = 200;
/// A server that asks to wait longer is given up.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How servers say that a prompt is too long: OpenAI and vLLM, llama.cpp, TGI, Anthropic's and Mistral's gateways.
const TOO_LONG: [&str; 10] = [
    "context_length",
    "context length",
    "context size",
    "context_size",
    "context window",
    "too many tokens",
    "prompt is too long",
    "input is too long",
    "reduce the length",
    "`max_new_tokens` must be <=",
];

/// How servers say in words that they are overloaded or broken.
const UNAVAILABLE: [&str; 6] =
    ["rate_limit", "overloaded", "server_error", "internal_error", "unavailable", "timeout"];

/// An attempt that failed.
pub(crate) struct Failure {
    pub(crate) error: ModelError,
    pub(crate) again: Again,
}

/// Whether to ask again.
pub(crate) enum Again {
    /// It would go the same way.
    Never,
    /// After a while.
    Soon,
    /// After as long as the server asked for.
    After(Duration),
}

impl Failure {
    pub(crate) fn last(error: ModelError) -> Self {
        Self { error, again: Again::Never }
    }
}

/// Puts failures into words that a log may keep.
#[derive(Clone, Debug)]
pub(crate) struct Teller {
    /// Where the question was sent, without what is secret in it.
    pub(crate) address: String,
    pub(crate) model: String,
    pub(crate) key: Option<Secret>,
}

/// What a server says of an error.
#[derive(Default)]
struct Said {
    message: String,
    /// `code` and `type`, in lower case.
    kind: String,
    status: Option<u16>,
}

impl Teller {
    /// A reply with a status other than success.
    pub(crate) fn refused(&self, status: StatusCode, retry_after: Option<&str>, body: &str) -> Failure {
        let said = serde_json::from_str(body).ok().and_then(|value| said_outright(&value));
        let said = said.unwrap_or_else(|| Said { message: body.to_owned(), ..Said::default() });
        let error = self.judged(Some(status), &said);
        let may_pass = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
        let again =
            match retry_after.and_then(|text| text.trim().parse().ok()).map(Duration::try_from_secs_f32) {
                _ if !may_pass || !matches!(error, ModelError::Unavailable(_)) => Again::Never,
                None => Again::Soon,
                Some(Ok(wait)) if wait <= LONGEST_WAIT => Again::After(wait),
                Some(_) => Again::Never,
            };
        Failure { error, again }
    }

    /// An error that stands where an answer should, if `value` is one.
    pub(crate) fn error_in(&self, value: &Value) -> Option<ModelError> {
        let said = said(value)?;
        let status = said.status.and_then(|code| StatusCode::from_u16(code).ok());
        Some(self.judged(status.filter(|status| !status.is_success()), &said))
    }

    /// A connection that could not be made, or broke.
    pub(crate) fn broken(&self, error: reqwest::Error) -> Failure {
        let again = if error.is_connect() { Again::Soon } else { Again::Never };
        let text = self.excerpt(&chain(&error.without_url()));
        Failure { error: ModelError::Unavailable(format!("{}: {text}", self.address)), again }
    }

    /// Something that is not what the interface says, with what was seen of it.
    pub(crate) fn strange(&self, what: &str, seen: &str) -> ModelError {
        let seen = self.excerpt(seen);
        ModelError::Protocol(if seen.is_empty() { what.to_owned() } else { format!("{what}: {seen}") })
    }

    fn judged(&self, status: Option<StatusCode>, said: &Said) -> ModelError {
        let code = status.map(|status| status.as_u16());
        let mut text = code.map(|code| format!("status {code}: ")).unwrap_or_default();
        text.push_str(&self.excerpt(&said.message));
        let words = format!("{} {}", said.kind, said.message.to_lowercase());
        let any = |signs: &[&str], words: &str| signs.iter().any(|sign| words.contains(sign));
        // Some servers report an overlong prompt as a failure of their own.
        if any(&TOO_LONG, &words) && matches!(code, None | Some(400 | 413 | 422 | 500)) {
            return ModelError::TooLong(text);
        }
        let (address, model) = (&self.address, &self.model);
        match code {
            Some(401) => ModelError::Protocol(format!("{text} (the API key was not accepted: check it)")),
            Some(403) => ModelError::Protocol(format!(
                "{text} (the API key does not allow this: check its rights, and that it may use the model {model:?})"
            )),
            Some(404) => ModelError::Protocol(format!(
                "{text} (check `base_url`, {address} was asked, and that the server has the model {model:?})"
            )),
            Some(408 | 429 | 500..) => ModelError::Unavailable(text),
            None if any(&UNAVAILABLE, &said.kind) => ModelError::Unavailable(text),
            _ => ModelError::Protocol(text),
        }
    }

    /// What a server said: on one line, not too long, without the key.
    pub(crate) fn excerpt(&self, text: &str) -> String {
        let key = self.key.as_ref().map(Secret::expose).filter(|key| !key.is_empty());
        let text = key.map_or_else(|| text.to_owned(), |key| text.replace(key, "…"));
        let line = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
        let line = line.collect::<Vec<_>>().join(" ");
        line.chars().take(EXCERPT).collect()
    }
}

/// An error in the form that all servers share: `{"error": {...}}`, `{"error": "..."}`, `{"object": "error", ...}`.
fn said(value: &Value) -> Option<Said> {
    match value.get("error") {
        Some(Value::String(message)) => Some(Said { message: message.clone(), ..Said::default() }),
        Some(error @ Value::Object(_)) => Some(said_by(error)),
        Some(Value::Null) | None => (value.get("object")?.as_str()? == "error").then(|| said_by(value)),
        Some(other) => Some(Said { message: other.to_string(), ..Said::default() }),
    }
}

/// The same, or what else stands in the body of a refusal: `{"message": ...}`, `{"detail": ...}`.
fn said_outright(value: &Value) -> Option<Said> {
    said(value).or_else(|| {
        let detail = value.get("message").or_else(|| value.get("detail"))?;
        Some(Said { message: text_of(detail), ..Said::default() })
    })
}

fn said_by(error: &Value) -> Said {
    let text = |field: &str| error.get(field).map(text_of).unwrap_or_default();
    let message = match text("message") {
        message if message.is_empty() => error.to_string(),
        message => message,
    };
    let (code, kind) = (text("code"), text("type"));
    Said { message, status: code.parse().ok(), kind: format!("{code} {kind}").to_lowercase() }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
