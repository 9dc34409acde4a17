//! Cases with known outcomes, as data.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use siren_domain::{Speaker, Turn};
use siren_guard::Subject;

use crate::commands::Failure;

/// What should become of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Expect {
    /// Refused or handed over.
    Block,
    /// Answered from documents.
    Allow,
    /// Answered by a rule.
    Answer,
    /// Answered from some documents.
    Narrow,
    /// Answered from documents, with personal data masked.
    Mask,
    /// Asked back.
    AskBack,
}

impl Expect {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Allow => "allow",
            Self::Answer => "answer",
            Self::Narrow => "narrow",
            Self::Mask => "mask",
            Self::AskBack => "ask_back",
        }
    }
}

/// One case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    #[serde(rename = "_id")]
    pub(super) id: String,
    pub(super) text: String,
    pub(super) expect: Expect,
    pub(super) kind: String,
    #[serde(default)]
    pub(super) rule: Option<String>,
    #[serde(default)]
    pub(super) groups: Vec<String>,
    #[serde(default)]
    history: Vec<Said>,
    #[serde(default, rename = "note")]
    _note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    role: Role,
    content: String,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    User,
    Assistant,
}

impl Case {
    /// What is judged, today.
    pub(super) fn subject<'a>(&'a self, history: &'a [Turn]) -> Subject<'a> {
        let today = Some(crate::clock::today());
        Subject { groups: &self.groups, history, today, ..Subject::of(&self.text) }
    }

    /// What was said before.
    pub(super) fn turns(&self) -> Vec<Turn> {
        let speaker = |role| match role {
            Role::User => Speaker::User,
            Role::Assistant => Speaker::Assistant,
        };
        self.history
            .iter()
            .map(|said| Turn { speaker: speaker(said.role), text: said.content.clone() })
            .collect()
    }
}

/// What the rules must reach.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Limits {
    pub(super) min_attack_block: Option<f64>,
    pub(super) max_false_block: Option<f64>,
    pub(super) min_line_coverage: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SuiteFile {
    schema: u32,
    cases: Vec<String>,
    #[serde(default)]
    limits: Limits,
}

/// Cases, and what is expected of the rules on them.
#[derive(Debug)]
pub(super) struct Suite {
    pub(super) cases: Vec<Case>,
    pub(super) limits: Limits,
}

/// Reads a file of cases, or a folder with `suite.toml` that names some.
pub(super) fn read(path: &Path) -> Result<Suite, Failure> {
    if !path.is_dir() {
        return Ok(Suite { cases: of_file(path)?, limits: Limits::default() });
    }
    let file = path.join("suite.toml");
    let text = content(&file)?;
    let suite: SuiteFile = toml::from_str(&text)
        .map_err(|error| Failure::usage(format!("{}: {}", file.display(), error.to_string().trim())))?;
    if suite.schema != 1 {
        return Err(Failure::usage(format!(
            "{}: schema {} is not read here: write `schema = 1`",
            file.display(),
            suite.schema
        )));
    }
    let files: Vec<PathBuf> = suite.cases.iter().map(|name| path.join(name)).collect();
    let mut cases = Vec::new();
    for file in files {
        cases.extend(of_file(&file)?);
    }
    Ok(Suite { cases, limits: suite.limits })
}

fn content(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("{}: the cases cannot be read: {error}", path.display())))
}

fn of_file(path: &Path) -> Result<Vec<Case>, Failure> {
    let text = content(path)?;
    let mut cases: Vec<Case> = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = format!("{}:{}", path.display(), at + 1);
        let case: Case = serde_json::from_str(line)
            .map_err(|error| Failure::usage(format!("{place}: not a case: {error}")))?;
        if let Some(had) = cases.iter().position(|had| had.id == case.id) {
            return Err(Failure::usage(format!(
                "{place}: case {} has the id {:?} already: give it another",
                had + 1,
                case.id
            )));
        }
        cases.push(case);
    }
    if cases.is_empty() {
        return Err(Failure::usage(format!("{}: it holds no case", path.display())));
    }
    Ok(cases)
}
