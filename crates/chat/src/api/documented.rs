//! How do the words of the domain look in JSON? For the description only: what is sent is the domain's own form, and a
//! test holds both together.

#![expect(dead_code, reason = "they describe what other types write and read")]

use std::borrow::Cow;

use schemars::generate::SchemaGenerator;
use schemars::{JsonSchema, Schema, json_schema};
use serde_json::json;

/// Why there is no answer.
#[derive(JsonSchema)]
#[schemars(rename = "Error")]
pub(crate) struct ErrorDoc {
    error: ErrorDetail,
}

#[derive(JsonSchema)]
struct ErrorDetail {
    /// What went wrong and what to do, for a person.
    message: String,
    /// The kind of failure.
    #[schemars(rename = "type")]
    kind: String,
    /// The field that is wrong, if it is one.
    param: Option<String>,
    /// The failure's name, for a program.
    code: String,
}

/// A span of the answer and the place it rests on.
#[derive(JsonSchema)]
#[schemars(rename = "Citation")]
pub(crate) struct CitationDoc {
    /// The number that stands in the answer as `[n]`.
    n: u64,
    document_id: String,
    title: String,
    /// The document's own words.
    quote: String,
    /// Where they stand.
    locator: LocatorDoc,
    /// Where a reader can open it.
    url: Option<String>,
    /// How old the document is: a year, month or day.
    date: Option<String>,
    /// The event it tells of.
    event: Option<String>,
}

/// Where a quote can be found.
#[derive(JsonSchema)]
#[schemars(rename = "Locator", tag = "kind", rename_all = "snake_case")]
pub(crate) enum LocatorDoc {
    /// In a file.
    File {
        path: String,
        /// Headings from the outermost to the innermost.
        heading: Vec<String>,
        /// The page, slide, sheet or row, where the file has such.
        #[serde(default)]
        part: Option<PartDoc>,
        /// Bytes of the original file, where it is a text.
        #[serde(default)]
        bytes: Option<RangeDoc>,
    },
    /// In a database.
    Row {
        database: String,
        table: String,
        key: String,
        /// The columns whose values the quote tells.
        columns: Vec<String>,
    },
}

#[derive(JsonSchema)]
#[schemars(rename = "Part")]
pub(crate) struct PartDoc {
    /// `page`, `slide`, `sheet` or `row`.
    kind: String,
    name: String,
}

#[derive(JsonSchema)]
#[schemars(rename = "ByteRange")]
pub(crate) struct RangeDoc {
    start: u64,
    end: u64,
}

/// What the rules say of a question.
#[derive(JsonSchema)]
#[schemars(rename = "Verdict")]
pub(crate) struct VerdictDoc {
    /// `allow`, `refuse`, `answer`, `hand_over`, `ask_back` or `narrow`; the last four bring fields of their own.
    action: String,
    /// The rule that decided.
    rule: Option<String>,
    /// The words of the question that the rule matched.
    evidence: Vec<String>,
    /// Of `refuse`, `answer`, `hand_over` and `ask_back`: what the asker reads.
    #[serde(default)]
    message: Option<String>,
    /// Of `hand_over`: whom to turn to.
    #[serde(default)]
    contact: Option<String>,
    /// Of `narrow`: the years named. Empty: all.
    #[serde(default)]
    years: Option<Vec<u16>>,
    /// Of `narrow`: the events named. Empty: all.
    #[serde(default)]
    events: Option<Vec<String>>,
    /// Whether an answer without citations is not given.
    #[serde(default)]
    require_citations: Option<bool>,
    /// The kinds of personal data that the question holds.
    #[serde(default)]
    personal: Option<Vec<String>>,
}

/// What a question was taken to mean.
#[derive(JsonSchema)]
#[schemars(rename = "Understood")]
pub(crate) struct UnderstoodDoc {
    /// The question as one that stands alone.
    standalone: String,
    /// Whether that differs from what was typed.
    rewritten: bool,
    /// Documents about these years came first. Empty: all.
    years: Vec<u16>,
    /// And those with one facet (`name=value`) of each list. Empty: all.
    facets: Vec<Vec<String>>,
    /// What it names of the index's own records, and the days of an event.
    named: Vec<String>,
    /// Words that were put right, since the index has no such word.
    #[serde(default)]
    mended: Vec<MendedDoc>,
    /// What it asks one by one, where it asks for several things.
    #[serde(default)]
    parts: Vec<String>,
    /// What it names that no document the asker may read is about.
    #[serde(default)]
    absent: Vec<String>,
}

/// A word of a question and what it was taken for.
#[derive(JsonSchema)]
#[schemars(rename = "Mended")]
struct MendedDoc {
    typed: String,
    meant: String,
}

/// A record that travelled with a passage.
#[derive(JsonSchema)]
#[schemars(rename = "LinkedRecord")]
pub(crate) struct LinkedDoc {
    document_id: String,
    title: String,
    /// `key` or `name`.
    by: String,
    /// What links it.
    evidence: String,
    /// The document that it belongs to.
    to: String,
}

/// Content or not.
#[derive(JsonSchema)]
#[schemars(rename = "Thumb", rename_all = "lowercase")]
pub(crate) enum ThumbDoc {
    Up,
    Down,
}

/// A question in the form of OpenAI's clients. Fields that are not named here are passed over.
#[derive(JsonSchema)]
#[schemars(rename = "ChatCompletionRequest")]
pub(crate) struct CompletionRequestDoc {
    /// Any name will do.
    #[serde(default)]
    model: Option<String>,
    messages: MessagesDoc,
    /// Whether to answer piece by piece.
    #[serde(default)]
    stream: Option<bool>,
    #[serde(default)]
    stream_options: Option<StreamOptionsDoc>,
    /// Looked at and passed over: answers here are short.
    #[serde(default)]
    #[schemars(range(min = 1, max = 2_147_483_648_u64))]
    max_tokens: Option<u64>,
    /// The same.
    #[serde(default)]
    #[schemars(range(min = 1, max = 2_147_483_648_u64))]
    max_completion_tokens: Option<u64>,
}

/// At least one message is something that a user said in words.
struct MessagesDoc;

impl JsonSchema for MessagesDoc {
    fn schema_name() -> Cow<'static, str> {
        "ChatMessages".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let words = json!({ "type": "string", "pattern": r"[\p{L}\p{N}]" });
        let part = json!({ "type": "object", "required": ["text"], "properties": { "text": words } });
        let content = json!({ "anyOf": [words, { "type": "array", "contains": part }] });
        let question = json!({
            "type": "object",
            "required": ["role", "content"],
            "properties": { "role": { "const": "user" }, "content": content },
        });
        json_schema!({
            "description": "What was said. The last message of role `user` with a letter or digit in it is the \
                question; it may have as many characters as `serve.max_question_chars` allows (2,000).",
            "type": "array",
            "minItems": 1,
            "items": generator.subschema_for::<MessageDoc>(),
            "contains": question,
        })
    }
}

/// Something that was said.
#[derive(JsonSchema)]
#[schemars(rename = "ChatMessage", tag = "role", rename_all = "lowercase")]
enum MessageDoc {
    User { content: ContentDoc },
    Assistant { content: Option<ContentDoc> },
    System { content: Option<ContentDoc> },
    Developer { content: Option<ContentDoc> },
    Tool { content: Option<ContentDoc> },
    Function { content: Option<ContentDoc> },
}

/// Words. Parts of the kinds `image_url`, `input_audio` and `file` are refused in a question, and passed over before it.
#[derive(JsonSchema)]
#[schemars(rename = "ChatContent", untagged)]
enum ContentDoc {
    Text(String),
    Parts(Vec<PartOfMessageDoc>),
}

#[derive(JsonSchema)]
#[schemars(rename = "ChatPart", tag = "type", rename_all = "lowercase")]
enum PartOfMessageDoc {
    Text { text: String },
}

#[derive(JsonSchema)]
#[schemars(rename = "StreamOptions")]
struct StreamOptionsDoc {
    /// Whether the stream ends with a chunk of token counts.
    #[serde(default)]
    include_usage: Option<bool>,
}

/// An answer in the form of OpenAI's clients, with `citations` and `siren` beside it.
#[derive(JsonSchema)]
#[schemars(rename = "ChatCompletion")]
pub(crate) struct CompletionDoc {
    id: String,
    object: String,
    created: u64,
    model: String,
    choices: Vec<ChoiceDoc>,
    usage: UsageDoc,
    citations: Vec<CitationDoc>,
    siren: ProvenanceDoc,
}

#[derive(JsonSchema)]
#[schemars(rename = "Choice")]
struct ChoiceDoc {
    index: u64,
    message: ReplyDoc,
    /// Always null.
    logprobs: Option<String>,
    finish_reason: String,
}

#[derive(JsonSchema)]
#[schemars(rename = "ChatReply")]
struct ReplyDoc {
    role: String,
    content: String,
    /// Always null.
    refusal: Option<String>,
}

#[derive(JsonSchema)]
#[schemars(rename = "TokenCounts")]
struct UsageDoc {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
}

#[derive(JsonSchema)]
#[schemars(rename = "Provenance")]
struct ProvenanceDoc {
    grounded: bool,
    verdict: VerdictDoc,
    generation: Option<u64>,
    model: String,
    notes: Vec<String>,
    linked: Vec<LinkedDoc>,
    conflicts: Vec<super::shapes::ConflictShape>,
    /// Whether `usage` is as Siren counts (`o200k_base`) and not as the model's server does.
    usage_estimated: bool,
}

/// The models that clients may name.
#[derive(JsonSchema)]
#[schemars(rename = "ModelList")]
pub(crate) struct ModelListDoc {
    object: String,
    data: Vec<ModelDoc>,
}

/// A model that clients may name.
#[derive(JsonSchema)]
#[schemars(rename = "Model")]
pub(crate) struct ModelDoc {
    id: String,
    object: String,
    created: u64,
    owned_by: String,
}

/// Texts that vectors are asked for.
#[derive(JsonSchema)]
#[schemars(rename = "EmbeddingRequest")]
pub(crate) struct EmbeddingRequestDoc {
    input: TextsDoc,
    /// A name that `/v1/models` lists.
    #[serde(default)]
    model: Option<String>,
    /// `float` unless it says `base64`.
    #[serde(default)]
    encoding_format: Option<EncodingDoc>,
    /// As many as the vectors have, or left out: they cannot be shortened.
    #[serde(default)]
    dimensions: Option<u64>,
}

#[derive(JsonSchema)]
#[schemars(rename = "EmbeddingInput", untagged)]
enum TextsDoc {
    One(String),
    Many(Vec<String>),
}

#[derive(JsonSchema)]
#[schemars(rename = "EmbeddingEncoding", rename_all = "lowercase")]
enum EncodingDoc {
    Float,
    Base64,
}

/// Vectors, in the order of the texts.
#[derive(JsonSchema)]
#[schemars(rename = "Embeddings")]
pub(crate) struct EmbeddingsDoc {
    object: String,
    model: String,
    data: Vec<serde_json::Value>,
    usage: serde_json::Value,
}

/// What was read anew.
#[derive(JsonSchema)]
#[schemars(rename = "Reloaded")]
pub(crate) struct ReloadedDoc {
    /// Settings that are in force now.
    in_force: Vec<String>,
    /// Settings that changed and are in force after a restart only.
    needs_restart: Vec<String>,
}

/// An event of a stream.
#[derive(JsonSchema)]
#[schemars(rename = "Event")]
pub(crate) struct EventDoc {
    /// Its kind; OpenAI's streams name none.
    #[serde(default)]
    event: Option<String>,
    /// JSON.
    data: String,
}

/// Whether the server is well.
#[derive(JsonSchema)]
#[schemars(rename = "Health")]
pub(crate) struct HealthDoc {
    status: String,
    /// Why not: the reason of the first part that is needed and missing.
    #[serde(default)]
    reason: Option<String>,
    /// What was looked at; left out where nothing was.
    #[serde(default)]
    parts: Vec<HealthPartDoc>,
}

/// Something that answers rest on.
#[derive(JsonSchema)]
#[schemars(rename = "HealthPart")]
struct HealthPartDoc {
    part: String,
    ok: bool,
    /// Whether nothing can be answered without it.
    needed: bool,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    reason: Option<String>,
}
