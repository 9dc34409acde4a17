//! Why there is no answer, and whether asking again may help.

use std::error::Error;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::StatusCode;
use serde_json::Value;
use siren_domain::ports::ModelError;

use crate::secret::Secret;

/// So much of an address or a cause is repeated.
const EXCERPT: usize = 200;
/// An error's name is no longer.
const NAME: usize = 64;
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

/// Puts failures into words that a log may keep. What a server says in words is not among them: it may repeat what it was
/// asked.
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
    code: String,
    kind: String,
}

impl Teller {
    /// A reply with a status other than success.
    pub(crate) fn refused(&self, status: StatusCode, retry_after: Option<&str>, body: &str) -> Failure {
        let said = serde_json::from_str(body).ok().and_then(|value| said_outright(&value));
        let said = said.unwrap_or_else(|| Said { message: body.to_owned(), ..Said::default() });
        let error = self.judged(Some(status), &said);
        let may_pass = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)
            || status.is_server_error();
        let again = match retry_after.and_then(|text| asked_wait(text, Timestamp::now())) {
            _ if !may_pass || !matches!(error, ModelError::Unavailable(_)) => Again::Never,
            None => Again::Soon,
            Some(wait) if wait <= LONGEST_WAIT => Again::After(wait),
            Some(_) => Again::Never,
        };
        Failure { error, again }
    }

    /// An error that stands where an answer should, if `value` is one.
    pub(crate) fn error_in(&self, value: &Value) -> Option<ModelError> {
        let said = said(value)?;
        let status = said.code.parse().ok().and_then(|code| StatusCode::from_u16(code).ok());
        Some(self.judged(status.filter(|status| !status.is_success()), &said))
    }

    /// A connection that could not be made, or broke.
    pub(crate) fn broken(&self, error: reqwest::Error) -> Failure {
        let again = if error.is_connect() { Again::Soon } else { Again::Never };
        let text = self.excerpt(&chain(&error.without_url()));
        Failure { error: ModelError::Unavailable(format!("{}: {text}", self.address)), again }
    }

    fn judged(&self, status: Option<StatusCode>, said: &Said) -> ModelError {
        let code = status.map(|status| status.as_u16());
        let text = self.named(code, said);
        let kind = format!("{} {}", said.code, said.kind).to_lowercase();
        let words = format!("{kind} {}", said.message.to_lowercase());
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
            None if any(&UNAVAILABLE, &kind) => ModelError::Unavailable(text),
            _ => ModelError::Protocol(text),
        }
    }

    /// A status, and the names that a server gives its error.
    fn named(&self, status: Option<u16>, said: &Said) -> String {
        let names = [&said.code, &said.kind].into_iter().filter(|name| self.is_name(name));
        let names = names.map(String::as_str).collect::<Vec<_>>().join(", ");
        match (status, names.as_str()) {
            (Some(status), "") => format!("status {status}"),
            (Some(status), names) => format!("status {status}: {names}"),
            (None, "") => "an error without a name".to_owned(),
            (None, names) => names.to_owned(),
        }
    }

    /// Whether this is a name for programs, such as `context_length_exceeded`, and no words of somebody's.
    pub(crate) fn is_name(&self, text: &str) -> bool {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let key = self.key.as_ref().map(Secret::expose).filter(|key| !key.is_empty());
        text.len() <= NAME
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(fits)
            && !key.is_some_and(|key| text.contains(key))
    }

    /// A cause or an address: on one line, not too long, without the key.
    pub(crate) fn excerpt(&self, text: &str) -> String {
        let key = self.key.as_ref().map(Secret::expose).filter(|key| !key.is_empty());
        let text = key.map_or_else(|| text.to_owned(), |key| text.replace(key, "…"));
        let line = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
        let line = line.collect::<Vec<_>>().join(" ");
        line.chars().take(EXCERPT).collect()
    }
}

/// Something that is not what the interface says. What was seen of it is not repeated: it may be somebody's words.
pub(crate) fn strange(what: impl Into<String>) -> ModelError {
    ModelError::Protocol(what.into())
}

/// How long a server asks to wait: so many seconds, or until a date. What cannot be waited for is the longest wait.
fn asked_wait(retry_after: &str, now: Timestamp) -> Option<Duration> {
    let text = retry_after.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::try_from_secs_f32(seconds).unwrap_or(Duration::MAX));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    // A date that is past asks for no wait.
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
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
    Said { message, code: text("code"), kind: text("type") }
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::asked_wait;

    #[test]
    fn a_wait_is_told_in_seconds_or_by_a_date() {
        let now = "2026-11-30T10:00:00Z".parse().unwrap_or_default();
        let cases = [
            ("3", Some(Duration::from_secs(3))),
            (" 0.5 ", Some(Duration::from_millis(500))),
            ("-1", Some(Duration::MAX)),
            ("Mon, 30 Nov 2026 10:00:04 GMT", Some(Duration::from_secs(4))),
            ("Mon, 30 Nov 2026 12:00:00 GMT", Some(Duration::from_secs(7_200))),
            ("Fri, 31 Dec 1999 23:59:59 GMT", Some(Duration::ZERO)),
            ("soon", None),
            ("", None),
        ];
        for (told, expected) in cases {
            assert_eq!(asked_wait(told, now), expected, "{told:?}");
        }
    }
}
