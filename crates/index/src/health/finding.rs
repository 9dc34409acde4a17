//! What is a finding: what is wrong, where, how bad, and what its owner can do?

use std::borrow::Cow;

use serde::Serialize;
use siren_domain::{DocumentId, Locator, PartialDate};

/// What kind of thing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A document and a record differ.
    Conflict,
    /// A newer document states another number in the same words.
    Contradicted,
    /// Sentences that tell a model what to do.
    Injection,
    /// Personal data.
    PersonalData,
    /// It could not be read.
    Unreadable,
    /// It was read with something missing.
    PartlyRead,
    /// A link to something that is not there.
    BrokenLink,
    /// Title, date or owner is missing.
    Metadata,
    /// Older than it should be.
    Stale,
    /// Nearly the same as another one.
    Duplicate,
    /// A section that is too long to be cited well.
    LongSection,
    /// A piece with next to nothing in it.
    EmptyChunk,
    /// A question that was asked and not answered.
    Unanswered,
    /// An answer that people were not content with.
    Disliked,
    /// No question of the suite finds it.
    Unused,
}

impl Kind {
    /// All of them, the most urgent first.
    pub const ALL: [Self; 15] = [
        Self::Conflict,
        Self::Contradicted,
        Self::Injection,
        Self::PersonalData,
        Self::Unreadable,
        Self::PartlyRead,
        Self::BrokenLink,
        Self::Metadata,
        Self::Stale,
        Self::Duplicate,
        Self::LongSection,
        Self::EmptyChunk,
        Self::Unanswered,
        Self::Disliked,
        Self::Unused,
    ];
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Answers are wrong, unsafe or missing because of it.
    High,
    /// Answers may be.
    Medium,
    /// It is worth a look.
    Low,
}

/// The same in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Korean.
    pub ko: Cow<'static, str>,
    /// English.
    pub en: Cow<'static, str>,
}

impl Told {
    /// The same in both languages.
    pub fn new(ko: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self { ko: ko.into(), en: en.into() }
    }
}

/// The other side of a finding: what a document contradicts, or is nearly the same as.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Other {
    /// The document.
    pub document: DocumentId,
    /// Its title.
    pub title: String,
    /// What it says, where that matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locator: Option<Locator>,
    /// How old it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<PartialDate>,
    /// The same, in days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_days: Option<i64>,
}

/// Something that an owner should look at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// What kind of thing it is.
    pub kind: Kind,
    /// How bad it is.
    pub severity: Severity,
    /// The document it is about; none where it is about a source as a whole, or about what no document tells.
    #[serde(skip)]
    pub document: Option<DocumentId>,
    /// Who can mend it, where no document tells.
    #[serde(skip)]
    pub owner: Option<String>,
    /// File and line, or database, table and key, as far as that is known.
    pub place: String,
    /// The line in the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The byte of the file that it begins at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byte: Option<usize>,
    /// The stretch of the document, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locator: Option<Locator>,
    /// What is wrong.
    pub problem: Told,
    /// What to do.
    pub remedy: Told,
    /// What it differs from, or is like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<Other>,
}

impl Finding {
    pub(super) fn new(kind: Kind, severity: Severity, place: String, problem: Told, remedy: Told) -> Self {
        Self {
            kind,
            severity,
            document: None,
            owner: None,
            place,
            line: None,
            byte: None,
            locator: None,
            problem,
            remedy,
            other: None,
        }
    }

    pub(super) fn of(self, document: &DocumentId) -> Self {
        Self { document: Some(document.clone()), ..self }
    }

    pub(super) fn at(self, locator: Locator) -> Self {
        let byte = match &locator {
            Locator::File { bytes, .. } => bytes.as_ref().map(|bytes| bytes.start),
            Locator::Row { .. } => None,
        };
        Self { byte, locator: Some(locator), ..self }
    }
}
