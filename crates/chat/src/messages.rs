//! Which of the messages is the question, and what was said before it?
//!
//! Every message has the form that the description of this server tells; a test holds both together. Beyond it, kinds of
//! parts that OpenAI's clients know and nobody reads here are passed over in what was said before the question: a
//! conversation that began with a picture elsewhere can go on here in words.

use serde_json::{Map, Value};
use siren_domain::{Speaker, Turn};

use crate::error::ApiError;
use crate::request::wrong_type;

/// Roles whose words are neither a question nor an answer.
const OTHERS: [&str; 4] = ["system", "developer", "tool", "function"];
/// Parts that OpenAI's clients know and that are not read.
const UNREAD: [&str; 5] = ["image_url", "input_audio", "file", "refusal", "thinking"];

/// What was said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// The last thing that a user said in words.
    pub(crate) question: String,
    /// Where it stood, for messages about it.
    pub(crate) param: String,
    /// What was said before it.
    pub(crate) history: Vec<Turn>,
}

/// One message; no text where some of it is not read.
struct Message {
    speaker: Option<Speaker>,
    text: Result<String, ApiError>,
}

impl Message {
    fn asks(&self) -> bool {
        self.speaker == Some(Speaker::User)
    }

    /// Whether an answer can be given to it, or has to be refused. A heart or an empty line is neither.
    fn is_question(&self) -> bool {
        let says = |text: &String| text.chars().any(char::is_alphanumeric);
        self.asks() && self.text.as_ref().map_or(true, says)
    }
}

pub(crate) fn read(root: &Map<String, Value>) -> Result<Said, ApiError> {
    let mut messages = Vec::new();
    for (index, message) in array(root)?.iter().enumerate() {
        messages.push(message_of(&format!("messages[{index}]"), message)?);
    }
    let Some(at) = messages.iter().rposition(Message::is_question) else {
        return Err(nobody_asks(messages.iter().rposition(Message::asks)));
    };
    let turn = |message: Message| {
        let text = message.text.ok().filter(|text| !text.is_empty())?;
        Some(Turn { speaker: message.speaker?, text })
    };
    let mut before: Vec<Message> = messages.drain(..=at).collect();
    let question = before.pop().map_or(Ok(String::new()), |asked| asked.text)?;
    let history = before.into_iter().filter_map(turn).collect();
    Ok(Said { question, param: format!("messages[{at}].content"), history })
}

fn nobody_asks(silent: Option<usize>) -> ApiError {
    match silent {
        Some(at) => {
            let path = format!("messages[{at}].content");
            let message =
                format!("`{path}` is empty: write the question there, with a letter or digit in it.");
            ApiError::field(path, "empty_question", message)
        }
        None => ApiError::field(
            "messages",
            "missing_user_message",
            "`messages` holds no message of role `user`: the last one is the question.",
        ),
    }
}

fn array(root: &Map<String, Value>) -> Result<&[Value], ApiError> {
    match root.get("messages") {
        None | Some(Value::Null) => Err(ApiError::field(
            "messages",
            "missing_required_parameter",
            "`messages` is missing: send an array with one message of role `user`.",
        )),
        Some(Value::Array(messages)) if messages.is_empty() => Err(ApiError::field(
            "messages",
            "empty_array",
            "`messages` is empty: send one message of role `user`.",
        )),
        Some(Value::Array(messages)) => Ok(messages),
        Some(_) => Err(wrong_type("messages", "an array of messages")),
    }
}

fn message_of(path: &str, message: &Value) -> Result<Message, ApiError> {
    let Value::Object(message) = message else {
        return Err(wrong_type(path, "an object with `role` and `content`"));
    };
    let speaker = match message.get("role").and_then(Value::as_str) {
        Some("user") => Some(Speaker::User),
        Some("assistant") => Some(Speaker::Assistant),
        Some(role) if OTHERS.contains(&role) => None,
        _ => {
            let expected = format!("one of `user`, `assistant`, `{}`", OTHERS.join("`, `"));
            return Err(wrong_type(&format!("{path}.role"), &expected));
        }
    };
    let path = format!("{path}.content");
    let text = match message.get("content") {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Array(parts)) => read_parts(parts, &path)?,
        // Whoever called a tool, or was one, may have said nothing.
        None | Some(Value::Null) if !matches!(speaker, Some(Speaker::User)) => Ok(String::new()),
        _ => return Err(wrong_type(&path, "a string or an array of text parts")),
    };
    Ok(Message { speaker, text })
}

/// The words of the parts; an error within where one of them is known and not read.
fn read_parts(parts: &[Value], path: &str) -> Result<Result<String, ApiError>, ApiError> {
    let mut texts = Vec::with_capacity(parts.len());
    let mut unread = None;
    for (index, part) in parts.iter().enumerate() {
        let path = format!("{path}[{index}]");
        match (part.get("type").and_then(Value::as_str), part.get("text")) {
            (Some("text"), Some(Value::String(text))) => texts.push(text.as_str()),
            (Some("text"), _) => return Err(wrong_type(&format!("{path}.text"), "a string")),
            (Some(kind), _) if UNREAD.contains(&kind) => unread = unread.or(Some(not_read(&path))),
            _ => return Err(not_read(&path)),
        }
    }
    Ok(unread.map_or_else(|| Ok(texts.join("\n")), Err))
}

fn not_read(path: &str) -> ApiError {
    let path = format!("{path}.type");
    let message = format!("`{path}` must be `text`: only text is read here.");
    ApiError::field(&path, "unsupported_content_part", message)
}
