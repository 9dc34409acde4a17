//! Which files a folder holds.
//!
//! Reads; never writes, never follows a link out of the folder, never changes a name or a byte.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use siren_domain::ports::{DocumentSource, Found, Given, ItemBody, Known, SourceItem};
use siren_domain::{DocumentId, Fault, Origin};
use walkdir::{DirEntry, WalkDir};

/// What to read, and how it is shown.
#[derive(Clone, Debug)]
pub struct FolderSettings {
    /// The source's name; the first part of its documents' ids.
    pub name: String,
    /// Where the folder lies: absolute, or relative to where the program was started.
    pub root: PathBuf,
    /// What stands before a file's own path when a person sees it, such as `data/takeaways`.
    pub shown_as: String,
    /// Globs over paths relative to the folder; `*` stays within one folder, `**` does not.
    pub include: Vec<String>,
    /// Globs of what is left out although it is included.
    pub exclude: Vec<String>,
    /// Who may read the files unless they say otherwise themselves.
    pub access: Vec<String>,
    /// Files larger than this are not read.
    pub max_bytes: u64,
}

/// Why a folder cannot be a source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FolderError {
    /// A pattern is none.
    #[error("source {source_name:?}: `{key}` has a bad pattern {pattern:?}: {cause}")]
    BadGlob {
        /// The source.
        source_name: String,
        /// The setting: `include` or `exclude`.
        key: &'static str,
        /// The pattern as written.
        pattern: String,
        /// What is wrong with it.
        cause: String,
    },
}

/// The files of a folder, in order of their paths.
#[derive(Clone, Debug)]
pub struct FolderSource {
    settings: FolderSettings,
    include: GlobSet,
    exclude: GlobSet,
}

impl FolderSource {
    /// A source over the folder. Whether the folder is there is asked when it is read, not now.
    pub fn new(settings: FolderSettings) -> Result<Self, FolderError> {
        let include = globs(&settings, "include", &settings.include)?;
        let exclude = globs(&settings, "exclude", &settings.exclude)?;
        Ok(Self { settings, include, exclude })
    }
}

fn globs(settings: &FolderSettings, key: &'static str, patterns: &[String]) -> Result<GlobSet, FolderError> {
    let bad = |pattern: &str, cause: &globset::Error| FolderError::BadGlob {
        source_name: settings.name.clone(),
        key,
        pattern: pattern.to_owned(),
        cause: cause.kind().to_string(),
    };
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = GlobBuilder::new(pattern).literal_separator(true).build();
        set.add(glob.map_err(|cause| bad(pattern, &cause))?);
    }
    set.build().map_err(|cause| bad(&patterns.join(", "), &cause))
}

impl DocumentSource for FolderSource {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn items<'a>(&'a self, _known: &'a dyn Known) -> BoxStream<'a, Result<Found, Fault>> {
        stream::iter(Items::new(self)).boxed()
    }
}

/// One pass over the folder. A file is read when it is asked for.
struct Items<'a> {
    source: &'a FolderSource,
    entries: Box<dyn Iterator<Item = walkdir::Result<DirEntry>> + Send>,
    /// The folder itself without links, to tell where a link leads.
    home: Option<PathBuf>,
    /// Whether anything was said yet.
    told: bool,
    ended: bool,
}

impl<'a> Items<'a> {
    fn new(source: &'a FolderSource) -> Self {
        let root = &source.settings.root;
        let shown = |entry: &DirEntry| entry.depth() == 0 || !is_hidden(entry);
        let entries = WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(shown);
        Self { source, entries: Box::new(entries), home: root.canonicalize().ok(), told: false, ended: false }
    }

    /// The next item, or the fault of the folder as a whole.
    fn advance(&mut self) -> Option<Result<SourceItem, Box<Fault>>> {
        loop {
            let said = match self.entries.next() {
                Some(Ok(entry)) => self.entry(&entry),
                Some(Err(error)) => self.unreadable(&error).map(|fault| Err(Box::new(fault))),
                None if self.told => return None,
                None => Some(Err(Box::new(self.nothing()))),
            };
            if said.is_some() {
                return said;
            }
        }
    }

    fn entry(&self, entry: &DirEntry) -> Option<Result<SourceItem, Box<Fault>>> {
        let kind = entry.file_type();
        if entry.depth() == 0 {
            // A link is followed when it is the folder itself.
            let folder = entry.path().is_dir();
            return (!folder).then(|| {
                let remedy = "point `path` at the folder that holds the files, not at a file";
                Err(Box::new(self.whole(self.shown(Path::new("")), "this is not a folder", remedy)))
            });
        }
        if kind.is_dir() {
            return None;
        }
        let relative = entry.path().strip_prefix(&self.source.settings.root).unwrap_or(entry.path());
        if self.source.exclude.is_match(relative) {
            return None;
        }
        if kind.is_symlink() && entry.path().is_dir() {
            // A folder within this folder is walked where it lies.
            return (!self.leads_inside(entry.path())).then(|| Err(Box::new(self.outside(relative))));
        }
        if !self.source.include.is_match(relative) {
            return None;
        }
        if kind.is_symlink() && entry.path().exists() && !self.leads_inside(entry.path()) {
            return Some(Err(Box::new(self.outside(relative))));
        }
        Some(self.file(entry.path(), relative))
    }

    fn leads_inside(&self, link: &Path) -> bool {
        match (link.canonicalize(), &self.home) {
            (Ok(target), Some(home)) => target.starts_with(home),
            _ => false,
        }
    }

    fn file(&self, path: &Path, relative: &Path) -> Result<SourceItem, Box<Fault>> {
        let settings = &self.source.settings;
        let Some(key) = slashed(relative) else {
            let remedy = "rename the file with letters in UTF-8";
            return Err(Box::new(self.one(relative, "the file's name is not UTF-8".into(), remedy)));
        };
        let bytes = match read(path, settings.max_bytes) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => {
                let problem = format!("the file is larger than {} bytes", settings.max_bytes);
                let remedy = "split the file, or leave it out with `exclude`";
                return Err(Box::new(self.one(relative, problem, remedy)));
            }
            Err(error) => {
                let problem = format!("the file cannot be read: {error}");
                let remedy = "let the program read it, or leave it out with `exclude`";
                return Err(Box::new(self.one(relative, problem, remedy)));
            }
        };
        Ok(SourceItem {
            id: DocumentId::new(&settings.name, &key),
            origin: Origin::File { path: self.shown(relative) },
            version: None,
            given: Given { access: settings.access.clone(), ..Given::default() },
            body: ItemBody::File(bytes),
        })
    }

    fn outside(&self, relative: &Path) -> Fault {
        let remedy = "put the files themselves here, or make where it leads a source of its own";
        self.one(relative, "this link leads out of the folder".into(), remedy)
    }

    fn unreadable(&self, error: &walkdir::Error) -> Option<Fault> {
        let root = &self.source.settings.root;
        let path = error.path().unwrap_or(root);
        let relative = path.strip_prefix(root).unwrap_or(path);
        let exclude = &self.source.exclude;
        if error.depth() > 0 && (exclude.is_match(relative) || exclude.is_match(relative.join("any"))) {
            return None;
        }
        let shown = self.shown(relative);
        let fault = match error.io_error() {
            Some(cause) if cause.kind() == io::ErrorKind::NotFound && error.depth() == 0 => {
                self.whole(shown, "there is no such folder", "create it, or correct `path` of this source")
            }
            Some(cause) => {
                let problem = format!("the folder cannot be read: {cause}");
                self.whole(shown, &problem, "let the program read it, or leave it out with `exclude`")
            }
            None => self.whole(shown, &error.to_string(), "take the link away"),
        };
        Some(fault)
    }

    fn nothing(&self) -> Fault {
        let patterns = self.source.settings.include.join(", ");
        let problem = format!("no file here matches `include` ({patterns})");
        self.whole(
            self.shown(Path::new("")),
            &problem,
            "put files there, or correct `path`, `include` or `exclude` of this source",
        )
    }

    fn one(&self, relative: &Path, problem: String, remedy: &str) -> Fault {
        let settings = &self.source.settings;
        Fault {
            source: settings.name.clone(),
            document: Some(DocumentId::new(&settings.name, &lossy(relative))),
            place: self.shown(relative),
            problem,
            remedy: remedy.to_owned(),
            kept: false,
        }
    }

    fn whole(&self, place: String, problem: &str, remedy: &str) -> Fault {
        Fault {
            source: self.source.settings.name.clone(),
            document: None,
            place,
            problem: problem.to_owned(),
            remedy: remedy.to_owned(),
            kept: false,
        }
    }

    fn shown(&self, relative: &Path) -> String {
        let folder = self.source.settings.shown_as.trim_end_matches('/');
        match (folder, lossy(relative)) {
            ("" | ".", file) if !file.is_empty() => file,
            (folder, file) if file.is_empty() => folder.to_owned(),
            (folder, file) => format!("{folder}/{file}"),
        }
    }
}

impl Iterator for Items<'_> {
    type Item = Result<Found, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let item = self.advance();
        self.told = true;
        self.ended = item.is_none();
        match item? {
            Ok(item) => Some(Ok(Found::Item(item))),
            Err(fault) => Some(Err(*fault)),
        }
    }
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// The path with forward slashes, if it can be written as text.
fn slashed(path: &Path) -> Option<String> {
    path.to_str().map(|_| lossy(path))
}

fn lossy(path: &Path) -> String {
    let parts = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy()),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// The file's bytes; none if there are more than `max_bytes`. A file that grows meanwhile is not read past them.
fn read(path: &Path, max_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    // Asked before it is opened: opening a pipe would wait for a writer.
    let metadata = path.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    if metadata.len() > max_bytes {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    File::open(path)?.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= max_bytes).then_some(bytes))
}
