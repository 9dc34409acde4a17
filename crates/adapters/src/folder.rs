//! Which files a folder holds.
//!
//! Reads; never writes, never follows a link out of the folder, never changes a name or a byte.

use std::collections::VecDeque;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use siren_domain::Fault;
use siren_domain::ports::{DocumentSource, Found, Known, SourceItem};
use walkdir::{DirEntry, WalkDir};

use crate::files::{FileSettings, Files, Trouble, is_hidden, slashed};
use crate::source_error::SourceError;

/// A file may change twice within so short a time that its times do not tell; the coarsest file systems count in two
/// seconds.
const COARSE: Duration = Duration::from_secs(2);
/// Entries of the folder that are looked at together.
const SIDE_BY_SIDE: usize = 4096;
/// So many times as many the walk may be ahead.
const AHEAD: usize = 2;
/// So few are not worth a thread.
const FEW: usize = 64;

/// What to read, and how it is shown.
#[derive(Clone, Debug)]
pub struct FolderSettings {
    /// Where the folder lies: absolute, or relative to where the program was started.
    pub root: PathBuf,
    /// Which of its files.
    pub files: FileSettings,
}

/// The files of a folder, in order of their paths.
#[derive(Clone, Debug)]
pub struct FolderSource {
    root: PathBuf,
    files: Files,
}

impl FolderSource {
    /// A source over the folder. Whether the folder is there is asked when it is read, not now.
    pub fn new(settings: FolderSettings) -> Result<Self, SourceError> {
        Ok(Self { root: settings.root, files: Files::new(settings.files)? })
    }
}

impl DocumentSource for FolderSource {
    fn name(&self) -> &str {
        &self.files.settings.name
    }

    fn event(&self, item: &SourceItem, title: &str) -> Option<String> {
        self.files.event(item, title)
    }

    fn items<'a>(&'a self, known: &'a dyn Known) -> BoxStream<'a, Result<Found, Fault>> {
        stream::iter(Pass::new(self, known)).boxed()
    }
}

/// Entries of the folder, in order.
type Entries = Vec<walkdir::Result<DirEntry>>;

/// One pass over the folder. A file is read when it is asked for.
struct Pass<'a> {
    look: Look<'a>,
    /// From a thread that goes ahead.
    entries: Receiver<Entries>,
    walking: Option<JoinHandle<()>>,
    /// What comes next.
    seen: VecDeque<Seen>,
    /// Whether anything was said yet.
    told: bool,
    ended: bool,
}

/// How files are looked at.
struct Look<'a> {
    source: &'a FolderSource,
    known: &'a dyn Known,
    /// The folder itself without links, to tell where a link leads.
    home: Option<PathBuf>,
    /// When the pass began: what changed after this, or just before, has no version.
    began: SystemTime,
}

type Told = Result<Found, Box<Fault>>;

/// What a look at a file finds.
enum Seen {
    Told(Told),
    /// It has to be read.
    New(Unread),
}

struct Unread {
    path: PathBuf,
    relative: PathBuf,
    key: String,
    metadata: Metadata,
    version: Option<String>,
}

impl<'a> Pass<'a> {
    fn new(source: &'a FolderSource, known: &'a dyn Known) -> Self {
        let root = source.root.clone();
        let home = root.canonicalize().ok();
        let look = Look { source, known, home, began: SystemTime::now() };
        let (sender, entries) = sync_channel(AHEAD);
        Self {
            look,
            entries,
            walking: Some(std::thread::spawn(move || walk(&root, &sender))),
            seen: VecDeque::new(),
            told: false,
            ended: false,
        }
    }

    /// The next item, or the fault of the folder as a whole.
    fn advance(&mut self) -> Option<Told> {
        loop {
            match self.seen.pop_front() {
                Some(Seen::Told(told)) => return Some(told),
                Some(Seen::New(unread)) => return Some(self.look.read(unread)),
                None => {}
            }
            let Ok(some) = self.entries.recv() else {
                self.walked();
                return (!self.told).then(|| Err(self.look.source.files.nothing()));
            };
            self.seen = self.look.at(&some);
        }
    }

    /// A walk that broke off must not pass for a folder that has no more.
    fn walked(&mut self) {
        if let Some(walking) = self.walking.take() {
            walking.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
    }
}

/// Tells what lies in the folder, until nobody listens.
fn walk(root: &Path, sender: &SyncSender<Entries>) {
    let shown = |entry: &DirEntry| entry.depth() == 0 || !is_hidden(entry.file_name().as_encoded_bytes());
    // By their names: those of one folder begin alike, and comparing paths whole is cheaper than finding the names in them.
    let by_name = |one: &DirEntry, other: &DirEntry| one.path().as_os_str().cmp(other.path().as_os_str());
    let mut entries = WalkDir::new(root).sort_by(by_name).into_iter().filter_entry(shown);
    loop {
        let some: Entries = entries.by_ref().take(SIDE_BY_SIDE).collect();
        if some.is_empty() || sender.send(some).is_err() {
            return;
        }
    }
}

impl Look<'_> {
    /// Looks at all of them, on as many threads as there are processors: where nothing is new, this is all that is done.
    fn at(&self, entries: &[walkdir::Result<DirEntry>]) -> VecDeque<Seen> {
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let look = |part: &[walkdir::Result<DirEntry>]| {
            part.iter().filter_map(|entry| self.result(entry)).collect::<Vec<_>>()
        };
        std::thread::scope(|scope| {
            let parts = entries.chunks(entries.len().div_ceil(threads).max(FEW));
            let parts: Vec<_> = parts.map(|part| scope.spawn(move || look(part))).collect();
            parts
                .into_iter()
                .flat_map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic)))
                .collect()
        })
    }

    fn result(&self, entry: &walkdir::Result<DirEntry>) -> Option<Seen> {
        match entry {
            Ok(entry) => self.entry(entry),
            Err(error) => self.unreadable(error).map(|fault| Seen::Told(Err(fault))),
        }
    }

    fn entry(&self, entry: &DirEntry) -> Option<Seen> {
        let files = &self.source.files;
        let kind = entry.file_type();
        if entry.depth() == 0 {
            // A link is followed when it is the folder itself.
            let folder = entry.path().is_dir();
            return (!folder).then(|| {
                let remedy = "point `path` at the folder that holds the files, not at a file";
                let trouble = Trouble::new("this is not a folder", remedy);
                Seen::Told(Err(files.whole(files.shown(Path::new("")), trouble)))
            });
        }
        if kind.is_dir() {
            return None;
        }
        let relative = entry.path().strip_prefix(&self.source.root).unwrap_or(entry.path());
        if kind.is_symlink() {
            return self.link(entry.path(), relative);
        }
        files.wants(relative).then(|| self.file(entry.path(), relative))
    }

    fn link(&self, path: &Path, relative: &Path) -> Option<Seen> {
        let files = &self.source.files;
        if files.excludes(relative) {
            return None;
        }
        if path.is_dir() {
            // A folder within this folder is walked where it lies.
            return (!self.leads_inside(path)).then(|| Seen::Told(Err(self.outside(relative))));
        }
        if !files.wants(relative) {
            return None;
        }
        if path.exists() && !self.leads_inside(path) {
            return Some(Seen::Told(Err(self.outside(relative))));
        }
        Some(self.file(path, relative))
    }

    fn leads_inside(&self, link: &Path) -> bool {
        match (link.canonicalize(), &self.home) {
            (Ok(target), Some(home)) => target.starts_with(home),
            _ => false,
        }
    }

    fn file(&self, path: &Path, relative: &Path) -> Seen {
        let files = &self.source.files;
        let Some(key) = slashed(relative) else {
            let remedy = "rename the file with letters in UTF-8";
            return Seen::Told(Err(files.one(relative, "the file's name is not UTF-8", remedy)));
        };
        // Asked before it is opened: opening a pipe would wait for a writer. And before it is read: what changes
        // meanwhile has another version next time.
        let metadata = match path.metadata() {
            Ok(metadata) => metadata,
            Err(error) => return Seen::Told(Err(self.unread(relative, &error))),
        };
        let version = state(&metadata, self.began).map(|state| files.version(&state));
        if let Some(version) = &version {
            let id = files.id(&key);
            if self.known.has(&id, version) {
                return Seen::Told(Ok(Found::Same(id)));
            }
        }
        let (path, relative) = (path.to_owned(), relative.to_owned());
        Seen::New(Unread { path, relative, key, metadata, version })
    }

    fn read(&self, file: Unread) -> Told {
        let Unread { path, relative, key, metadata, version } = file;
        let files = &self.source.files;
        match read(&path, &metadata, files.settings.max_bytes) {
            Ok(Some(bytes)) => files.item(&key, version, bytes).map(Found::Item),
            Ok(None) => Err(files.too_large(&relative)),
            Err(error) => Err(self.unread(&relative, &error)),
        }
    }

    fn unread(&self, relative: &Path, error: &io::Error) -> Box<Fault> {
        let remedy = "let the program read it, or leave it out with `exclude`";
        self.source.files.one(relative, format!("the file cannot be read: {error}"), remedy)
    }

    fn outside(&self, relative: &Path) -> Box<Fault> {
        let remedy = "put the files themselves here, or make where it leads a source of its own";
        self.source.files.one(relative, "this link leads out of the folder", remedy)
    }

    fn unreadable(&self, error: &walkdir::Error) -> Option<Box<Fault>> {
        let (root, files) = (&self.source.root, &self.source.files);
        let path = error.path().unwrap_or(root);
        let relative = path.strip_prefix(root).unwrap_or(path);
        if error.depth() > 0 && files.excludes_folder(relative) {
            return None;
        }
        let trouble = match error.io_error() {
            Some(cause) if cause.kind() == io::ErrorKind::NotFound && error.depth() == 0 => {
                Trouble::new("there is no such folder", "create it, or correct `path` of this source")
            }
            Some(cause) => Trouble::new(
                format!("the folder cannot be read: {cause}"),
                "let the program read it, or leave it out with `exclude`",
            ),
            None => Trouble::new(error.to_string(), "take the link away"),
        };
        Some(files.whole(files.shown(relative), trouble))
    }
}

impl Iterator for Pass<'_> {
    type Item = Result<Found, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let said = self.advance();
        self.told = true;
        self.ended = said.is_none();
        Some(said?.map_err(|fault| *fault))
    }
}

/// What tells one state of a file from any other; none if it changed so lately that it may change again unseen.
fn state(metadata: &Metadata, now: SystemTime) -> Option<String> {
    let modified = metadata.modified().ok()?;
    let (inode, changed) = identity(metadata);
    let latest = modified.max(UNIX_EPOCH + changed);
    // A time to come says nothing about when the file was written.
    if now.duration_since(latest).ok()? < COARSE {
        return None;
    }
    let modified = modified.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    Some(format!("{modified}-{}-{inode}-{}", metadata.len(), changed.as_nanos()))
}

/// Which file it is, and when its name, owner or content changed last.
#[cfg(unix)]
fn identity(metadata: &Metadata) -> (u64, Duration) {
    use std::os::unix::fs::MetadataExt;
    let seconds = u64::try_from(metadata.ctime()).unwrap_or_default();
    let nanos = u32::try_from(metadata.ctime_nsec()).unwrap_or_default();
    (metadata.ino(), Duration::new(seconds, nanos))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> (u64, Duration) {
    (0, Duration::ZERO)
}

/// The file's bytes; none if there are more than `max_bytes`. A file that grows meanwhile is not read past them.
fn read(path: &Path, metadata: &Metadata, max_bytes: u64) -> io::Result<Option<Vec<u8>>> {
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
