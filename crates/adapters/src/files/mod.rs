//! What all places of files have in common: which files are wanted, how they are shown, what is given of them.
//!
//! Opens nothing.

mod given;

use std::path::{Component, Path};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use siren_domain::ports::{ItemBody, SourceItem};
use siren_domain::{DocumentId, Fault, Origin};

pub use self::given::FileGiven;
use self::given::Gifts;
use crate::source_error::SourceError;

/// Which files to read, and how they are shown.
#[derive(Clone, Debug)]
pub struct FileSettings {
    /// The source's name; the first part of its documents' ids.
    pub name: String,
    /// What stands before a file's own path when a person sees it, such as `data/takeaways` or `s3://notes`.
    pub shown_as: String,
    /// Globs over paths relative to the source; `*` stays within one folder, `**` does not.
    pub include: Vec<String>,
    /// Globs of what is left out although it is included.
    pub exclude: Vec<String>,
    /// Files larger than this are not read.
    pub max_bytes: u64,
    /// What is known of a file unless it says otherwise itself.
    pub given: FileGiven,
}

/// The settings, compiled.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    pub(crate) settings: FileSettings,
    include: GlobSet,
    exclude: GlobSet,
    gifts: Gifts,
}

/// What ends a source's run, or that of a part of it that cannot be told by name.
pub(crate) struct Trouble {
    pub(crate) problem: String,
    pub(crate) remedy: String,
}

impl Trouble {
    pub(crate) fn new(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { problem: problem.into(), remedy: remedy.into() }
    }
}

impl Files {
    pub(crate) fn new(settings: FileSettings) -> Result<Self, SourceError> {
        let include = globs(&settings.name, "include", &settings.include)?;
        let exclude = globs(&settings.name, "exclude", &settings.exclude)?;
        let gifts = Gifts::new(&settings)?;
        Ok(Self { settings, include, exclude, gifts })
    }

    /// Whether the file is one of those asked for. Hidden ones are met before, where a whole folder can be passed by.
    pub(crate) fn wants(&self, relative: &Path) -> bool {
        !self.exclude.is_match(relative) && self.include.is_match(relative)
    }

    pub(crate) fn excludes(&self, relative: &Path) -> bool {
        self.exclude.is_match(relative)
    }

    /// Whether all that lies in the folder is left out, as far as its name tells.
    pub(crate) fn excludes_folder(&self, relative: &Path) -> bool {
        self.exclude.is_match(relative) || self.exclude.is_match(relative.join("any"))
    }

    pub(crate) fn id(&self, key: &str) -> DocumentId {
        DocumentId::new(&self.settings.name, key)
    }

    /// The version of a file whose own state is `state`: it changes with what the settings give as well.
    pub(crate) fn version(&self, state: &str) -> String {
        format!("{state} {}", self.gifts.hash())
    }

    /// A file as an item.
    pub(crate) fn item(
        &self,
        key: &str,
        version: Option<String>,
        bytes: Vec<u8>,
    ) -> Result<SourceItem, Box<Fault>> {
        let given = self.gifts.of(key).map_err(|error| {
            let problem =
                format!("`{}`, line {}, cannot be filled in: {}", error.key, error.line, error.cause);
            self.one(Path::new(key), problem, "correct the template")
        })?;
        Ok(SourceItem {
            id: self.id(key),
            origin: Origin::File { path: self.shown(Path::new(key)) },
            version,
            given,
            body: ItemBody::File(bytes),
        })
    }

    /// The event of a file whose title is known now.
    pub(crate) fn event(&self, item: &SourceItem, title: &str) -> Option<String> {
        let path = item.id.as_str().strip_prefix(&self.settings.name)?.strip_prefix('/')?;
        self.gifts.event(path, title)
    }

    pub(crate) fn too_large(&self, relative: &Path) -> Box<Fault> {
        let problem = format!("the file is larger than {} bytes", self.settings.max_bytes);
        self.one(relative, problem, "split the file, leave it out with `exclude`, or raise `max_bytes`")
    }

    /// A fault of one file.
    pub(crate) fn one(&self, relative: &Path, problem: impl Into<String>, remedy: &str) -> Box<Fault> {
        Box::new(Fault {
            source: self.settings.name.clone(),
            document: Some(self.id(&lossy(relative))),
            place: self.shown(relative),
            problem: problem.into(),
            remedy: remedy.to_owned(),
            kept: false,
        })
    }

    /// A fault of the source: what it does not give may be there all the same.
    pub(crate) fn whole(&self, place: String, trouble: Trouble) -> Box<Fault> {
        Box::new(Fault {
            source: self.settings.name.clone(),
            document: None,
            place,
            problem: trouble.problem,
            remedy: trouble.remedy,
            kept: false,
        })
    }

    /// The fault of a source that gave nothing and had no fault: a source that was emptied by mistake looks the same.
    pub(crate) fn nothing(&self) -> Box<Fault> {
        let patterns = self.settings.include.join(", ");
        let problem = format!("no file here matches `include` ({patterns})");
        let remedy =
            "put files there, or correct the place, `include` or `exclude` of this source".to_owned();
        self.whole(self.shown(Path::new("")), Trouble { problem, remedy })
    }

    /// A path below the source as a person sees it.
    pub(crate) fn shown(&self, relative: &Path) -> String {
        let folder = self.settings.shown_as.trim_end_matches('/');
        match (folder, lossy(relative)) {
            ("" | ".", file) if !file.is_empty() => file,
            (folder, file) if file.is_empty() => folder.to_owned(),
            (folder, file) => format!("{folder}/{file}"),
        }
    }
}

fn globs(source: &str, key: &'static str, patterns: &[String]) -> Result<GlobSet, SourceError> {
    let bad = |pattern: &str, cause: &globset::Error| {
        SourceError::new(source, key, format!("{pattern:?} is no pattern: {}", cause.kind()))
    };
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = GlobBuilder::new(pattern).literal_separator(true).build();
        set.add(glob.map_err(|cause| bad(pattern, &cause))?);
    }
    set.build().map_err(|cause| bad(&patterns.join(", "), &cause))
}

/// Whether a file or folder of this name is hidden.
pub(crate) fn is_hidden(name: &[u8]) -> bool {
    name.starts_with(b".")
}

/// The path with forward slashes, if it can be written as text.
pub(crate) fn slashed(path: &Path) -> Option<String> {
    path.to_str().map(|_| lossy(path))
}

pub(crate) fn lossy(path: &Path) -> String {
    let mut out = String::with_capacity(path.as_os_str().len());
    for part in path.components() {
        if let Component::Normal(name) = part {
            if !out.is_empty() {
                out.push('/');
            }
            out.push_str(&name.to_string_lossy());
        }
    }
    out
}
