//! The YAML between `---` lines that Jekyll, Gatsby, Hugo and Obsidian put at a file's head.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use super::Warning;

/// What a file's head says of it. Generators name the same thing differently; unknown keys are passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

/// Where the head's YAML and the body behind it lie, if the file has a head.
pub(super) fn split(text: &str) -> Option<(Range<usize>, usize)> {
    let first = text.find('\n')?;
    (text[..first].trim_end() == "---").then_some(())?;
    let start = first + 1;
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        if matches!(line.trim_end(), "---" | "...") {
            return Some((start..at, at + line.len()));
        }
        at += line.len();
    }
    None
}

/// Reads the YAML. `first_line` is the line of the file that it starts on.
pub(super) fn parse(yaml: &str, first_line: u64) -> Result<FrontMatter, Warning> {
    if yaml.trim().is_empty() {
        return Ok(FrontMatter::default());
    }
    let map: BTreeMap<String, Value> = serde_saphyr::from_str(yaml).map_err(|error| {
        let line = error.location().map(|at| first_line + at.line().saturating_sub(1));
        let cause = error.without_snippet().to_string();
        Warning {
            line,
            problem: format!("the front matter is not valid YAML: {}", cause.lines().next().unwrap_or_default()),
            remedy: "correct it; until then the text is indexed without title, date, tags and owner from it, and only for the source's own groups".into(),
        }
    })?;
    let map: BTreeMap<String, Value> = map.into_iter().map(|(k, v)| (k.to_lowercase(), v)).collect();
    let one = |keys: &[&str]| keys.iter().find_map(|key| map.get(*key).and_then(Value::text));
    let address = |text: &String| text.starts_with("http://") || text.starts_with("https://");
    Ok(FrontMatter {
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
        access: map.get("access").map(Value::texts),
    })
}

/// Whether a head that cannot be read may say who may read the file.
pub(super) fn speaks_of_access(head: &str) -> bool {
    static WORD: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\baccess\b"));
    WORD.is_match(head)
}

/// A head that nothing closes is no head to a generator, but its `access` line is meant.
pub(super) fn unclosed_with_access(text: &str) -> Option<Warning> {
    static LINE: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?im)^\s*["']?access["']?\s*:"#));
    let opens = text.lines().next().is_some_and(|line| line.trim_end() == "---");
    (opens && split(text).is_none() && LINE.is_match(text)).then(|| Warning {
        line: Some(1),
        problem: "the front matter is not closed: no line `---` follows the first one".into(),
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
