//! What Jekyll, Gatsby, Hugo and Obsidian put at a file's head: YAML between `---` lines, or TOML between `+++`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::Warning;

/// What a file's head says of it. Generators name the same thing differently; unknown keys are passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrontMatter {
    /// `title`.
    pub title: Option<String>,
    /// `event`.
    pub event: Option<String>,
    /// `date`, as written.
    pub date: Option<String>,
    /// `tags`, `categories`, `category`, `keywords`.
    pub tags: Vec<String>,
    /// `owner`, else `author`.
    pub owner: Option<String>,
    /// `url`, else `permalink`, else `canonical_url`, where it is an address.
    pub url: Option<String>,
    /// `lang`, else `language`: `ko`, `en`.
    pub language: Option<String>,
    /// `access`.
    pub access: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Many(Vec<Value>),
    Map(BTreeMap<String, Value>),
    One(Scalar),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Whole(i64),
    Real(f64),
    Other(serde::de::IgnoredAny),
}

/// Bytes that an address may have: no browser opens a longer one.
const MOST_OF_ADDRESS: usize = 2 << 10;

/// A file's head, and where the body behind it starts.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) front: FrontMatter,
    pub(super) warning: Option<Warning>,
    /// Whether the head that the warning is about may say who may read the file.
    pub(super) access_unread: bool,
    pub(super) body: usize,
}

impl FrontMatter {
    /// This, and from `other` what this does not tell.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            title: self.title.or(other.title),
            event: self.event.or(other.event),
            date: self.date.or(other.date),
            tags: if self.tags.is_empty() { other.tags } else { self.tags },
            owner: self.owner.or(other.owner),
            url: self.url.or(other.url),
            language: self.language.or(other.language),
            access: self.access.or(other.access),
        }
    }
}

/// Reads the head of a file of any format: static site generators put one before HTML as well.
pub(super) fn read(text: &str) -> Head {
    let Some(found) = split(text) else {
        let warning = unclosed_with_access(text);
        return Head { access_unread: warning.is_some(), warning, ..Head::default() };
    };
    let inner = &text[found.inner];
    let first_line =
        1 + text[..found.body].matches('\n').count() as u64 - inner.matches('\n').count() as u64 - 1;
    let parsed = match found.fence {
        TOML_FENCE => parse_toml(inner, first_line),
        _ => parse_yaml(inner, first_line),
    };
    let (front, warning) = match parsed {
        Ok(front) => (front, None),
        Err(warning) => (FrontMatter::default(), Some(warning)),
    };
    Head { front, access_unread: warning.is_some() && speaks_of_access(inner), warning, body: found.body }
}

const YAML_FENCE: &str = "---";
/// Hugo's.
const TOML_FENCE: &str = "+++";

struct Found {
    fence: &'static str,
    inner: Range<usize>,
    body: usize,
}

/// Where the head and the body behind it lie, if the file has a head. Blank lines before it do not count.
fn split(text: &str) -> Option<Found> {
    let lead = text.len() - text.trim_start().len();
    let first = lead + text[lead..].find('\n')?;
    let fence = [YAML_FENCE, TOML_FENCE].into_iter().find(|fence| text[lead..first].trim_end() == *fence)?;
    let start = first + 1;
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        let end = line.trim_end();
        if end == fence || (fence == YAML_FENCE && end == "...") {
            return Some(Found { fence, inner: start..at, body: at + line.len() });
        }
        at += line.len();
    }
    None
}

const UNREADABLE: &str = "correct it; until then the text is indexed without title, date, tags and owner from it, and only for the source's own groups";

fn parse_toml(toml: &str, first_line: u64) -> Result<FrontMatter, Warning> {
    let map = toml::from_str(toml).map_err(|error| Warning {
        line: error.span().map(|span| first_line + toml[..span.start].matches('\n').count() as u64),
        problem: format!("the front matter is not valid TOML: {}", error.message()),
        remedy: UNREADABLE.into(),
    })?;
    Ok(front_matter(map))
}

fn parse_yaml(yaml: &str, first_line: u64) -> Result<FrontMatter, Warning> {
    if yaml.trim().is_empty() {
        return Ok(FrontMatter::default());
    }
    let map = serde_saphyr::from_str(yaml).map_err(|error| {
        let line = error.location().map(|at| first_line + at.line().saturating_sub(1));
        let cause = error.without_snippet().to_string();
        let cause = cause.lines().next().unwrap_or_default();
        let problem = format!("the front matter is not valid YAML: {cause}");
        Warning { line, problem, remedy: UNREADABLE.into() }
    })?;
    Ok(front_matter(map))
}

fn front_matter(map: BTreeMap<String, Value>) -> FrontMatter {
    let map: BTreeMap<String, Value> = map.into_iter().map(|(k, v)| (k.to_lowercase(), v)).collect();
    let one = |keys: &[&str]| keys.iter().find_map(|key| map.get(*key).and_then(Value::text));
    let address = |text: &String| {
        (text.starts_with("http://") || text.starts_with("https://")) && text.len() <= MOST_OF_ADDRESS
    };
    FrontMatter {
        title: one(&["title"]),
        event: one(&["event"]),
        date: one(&["date", "created", "published", "updated"]),
        tags: ["tags", "categories", "category", "keywords"]
            .iter()
            .filter_map(|key| map.get(*key))
            .flat_map(Value::texts)
            .collect(),
        owner: one(&["owner", "author"]),
        url: one(&["url", "canonical_url", "permalink"]).filter(address),
        language: one(&["lang", "language"])
            .map(|tag| tag.split(['-', '_']).next().unwrap_or_default().to_lowercase()),
        access: map.get("access").map(Value::texts),
    }
}

/// Whether a head that cannot be read may say who may read the file.
fn speaks_of_access(head: &str) -> bool {
    static WORD: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\baccess\b"));
    WORD.is_match(head)
}

/// A head that nothing closes is no head to a generator, but its `access` line is meant.
fn unclosed_with_access(text: &str) -> Option<Warning> {
    static LINE: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?im)^\s*["']?access["']?\s*[:=]"#));
    let first = text.trim_start().lines().next().map(str::trim_end);
    let opens = first.is_some_and(|line| [YAML_FENCE, TOML_FENCE].contains(&line));
    (opens && LINE.is_match(text)).then(|| Warning {
        line: Some(1),
        problem: "the front matter is not closed: no line like the first one follows".into(),
        remedy: "close it".into(),
    })
}

#[expect(clippy::expect_used, reason = "the patterns are literals that a test compiles")]
fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a valid pattern")
}

impl Value {
    fn text(&self) -> Option<String> {
        match self {
            Self::One(scalar) => scalar.text(),
            Self::Many(values) => values.iter().find_map(Self::text),
            Self::Map(map) => ["name", "title"].iter().find_map(|key| map.get(*key)?.text()),
        }
    }

    fn texts(&self) -> Vec<String> {
        match self {
            Self::One(scalar) => {
                let text = scalar.text().unwrap_or_default();
                text.split(',').map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect()
            }
            Self::Many(values) => values.iter().flat_map(Self::texts).collect(),
            Self::Map(_) => self.text().into_iter().collect(),
        }
    }
}

impl Scalar {
    fn text(&self) -> Option<String> {
        let text = match self {
            Self::Text(text) => text.trim().to_owned(),
            Self::Whole(number) => number.to_string(),
            Self::Real(number) => number.to_string(),
            Self::Other(_) => return None,
        };
        (!text.is_empty()).then_some(text)
    }
}
