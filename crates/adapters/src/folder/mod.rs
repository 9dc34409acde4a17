//! Which files a folder holds.
//!
//! Reads; never writes, never follows a link out of the folder, never changes a name or a byte.

mod state;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::SystemTime;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use siren_domain::Fault;
use siren_domain::ports::{DocumentSource, Found, Known, SourceItem};
use walkdir::{DirEntry, WalkDir};

use self::state::{Root, State};
use crate::files::{FileSettings, Files, Trouble, is_hidden, slashed};
use crate::source_error::SourceError;

/// Entries of the folder that are looked at together.
const TOGETHER: usize = 1024;
/// So many times as many may be looked at before they are asked for.
const AHEAD: usize = 8;

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
    files: Arc<Files>,
}

impl FolderSource {
    /// A source over the folder. Whether the folder is there is asked when it is read, not now.
    pub fn new(settings: FolderSettings) -> Result<Self, SourceError> {
        Ok(Self { root: settings.root, files: Arc::new(Files::new(settings.files)?) })
    }
}

impl DocumentSource for FolderSource {
    fn name(&self) -> &str {
        &self.files.settings.name
    }

    fn event(&self, item: &SourceItem, title: &str) -> Option<String> {
        self.files.event(item, title)
    }

    fn items(&self, known: Arc<dyn Known>) -> BoxStream<'_, Result<Found, Fault>> {
        stream::iter(Pass::new(self, known)).boxed()
    }
}

/// One pass over the folder. A file is read when it is asked for.
struct Pass {
    look: Arc<Look>,
    /// In the order of their paths; whether they were looked at yet is up to the threads that do.
    looked: Receiver<Receiver<Looked>>,
    walking: Option<JoinHandle<()>>,
    /// What comes next.
    seen: VecDeque<Seen>,
    /// Whether anything was said yet.
    told: bool,
    ended: bool,
}

/// What some entries of the folder are, or the panic that kept it from being known.
type Looked = std::thread::Result<VecDeque<Seen>>;

/// How files are looked at.
struct Look {
    files: Arc<Files>,
    known: Arc<dyn Known>,
    root: Root,
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
    state: State,
    version: Option<String>,
}

impl Pass {
    fn new(source: &FolderSource, known: Arc<dyn Known>) -> Self {
        let look = Arc::new(Look {
            files: Arc::clone(&source.files),
            known,
            root: Root::open(&source.root),
            home: source.root.canonicalize().ok(),
            began: SystemTime::now(),
        });
        let (sender, looked) = sync_channel(AHEAD);
        let ahead = Arc::clone(&look);
        Self {
            look,
            looked,
            walking: Some(std::thread::spawn(move || walk(&ahead, &sender))),
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
            let Ok(some) = self.looked.recv() else {
                self.walked();
                return (!self.told).then(|| Err(self.look.files.nothing()));
            };
            let looked = some.recv().unwrap_or_else(|nobody_looks| Err(Box::new(nobody_looks)));
            self.seen = looked.unwrap_or_else(|panic| resume_unwind(panic));
        }
    }

    /// A walk that broke off must not pass for a folder that has no more.
    fn walked(&mut self) {
        if let Some(walking) = self.walking.take() {
            walking.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
    }
}

/// Has what lies in the folder looked at, on as many threads as there are, until nobody listens: where nothing is new,
/// that is all the work.
fn walk(look: &Arc<Look>, sender: &SyncSender<Receiver<Looked>>) {
    let shown = |entry: &DirEntry| entry.depth() == 0 || !is_hidden(entry.file_name().as_encoded_bytes());
    // By their names: those of one folder begin alike, and comparing paths whole is cheaper than finding the names in them.
    let by_name = |one: &DirEntry, other: &DirEntry| one.path().as_os_str().cmp(other.path().as_os_str());
    let mut entries = WalkDir::new(look.root.path()).sort_by(by_name).into_iter().filter_entry(shown);
    loop {
        let some: Vec<_> = entries.by_ref().take(TOGETHER).collect();
        let (tell, told) = sync_channel(1);
        if some.is_empty() || sender.send(told).is_err() {
            return;
        }
        let look = Arc::clone(look);
        rayon::spawn(move || {
            let at = || some.iter().filter_map(|entry| look.result(entry)).collect();
            let _nobody_listens = tell.send(catch_unwind(AssertUnwindSafe(at)));
        });
    }
}

impl Look {
    fn result(&self, entry: &walkdir::Result<DirEntry>) -> Option<Seen> {
        match entry {
            Ok(entry) => self.entry(entry),
            Err(error) => self.unreadable(error).map(|fault| Seen::Told(Err(fault))),
        }
    }

    fn entry(&self, entry: &DirEntry) -> Option<Seen> {
        let files = &self.files;
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
        let relative = entry.path().strip_prefix(self.root.path()).unwrap_or(entry.path());
        if kind.is_symlink() {
            return self.link(entry.path(), relative);
        }
        files.wants(relative).then(|| self.file(entry.path(), relative))
    }

    fn link(&self, path: &Path, relative: &Path) -> Option<Seen> {
        let files = &self.files;
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
        let files = &self.files;
        let Some(key) = slashed(relative) else {
            let remedy = "rename the file with letters in UTF-8";
            return Seen::Told(Err(files.one(relative, "the file's name is not UTF-8", remedy)));
        };
        // Asked before it is opened: opening a pipe would wait for a writer. And before it is read: what changes
        // meanwhile has another version next time.
        let state = match self.root.state(relative) {
            Ok(state) => state,
            Err(error) => return Seen::Told(Err(self.unread(relative, &error))),
        };
        let version = state.version(self.began).map(|state| files.version(&state));
        if let Some(version) = &version {
            let id = files.id(&key);
            if self.known.has(&id, version) {
                return Seen::Told(Ok(Found::Same(id)));
            }
        }
        let (path, relative) = (path.to_owned(), relative.to_owned());
        Seen::New(Unread { path, relative, key, state, version })
    }

    fn read(&self, file: Unread) -> Told {
        let Unread { path, relative, key, state, version } = file;
        let files = &self.files;
        match read(&path, &state, files.settings.max_bytes) {
            Ok(Some(bytes)) => files.item(&key, version, bytes).map(Found::Item),
            Ok(None) => Err(files.too_large(&relative)),
            Err(error) => Err(self.unread(&relative, &error)),
        }
    }

    fn unread(&self, relative: &Path, error: &io::Error) -> Box<Fault> {
        let remedy = "let the program read it, or leave it out with `exclude`";
        self.files.one(relative, format!("the file cannot be read: {error}"), remedy)
    }

    fn outside(&self, relative: &Path) -> Box<Fault> {
        let remedy = "put the files themselves here, or make where it leads a source of its own";
        self.files.one(relative, "this link leads out of the folder", remedy)
    }

    fn unreadable(&self, error: &walkdir::Error) -> Option<Box<Fault>> {
        let (root, files) = (self.root.path(), &self.files);
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

impl Iterator for Pass {
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

/// The file's bytes; none if there are more than `max_bytes`. A file that grows meanwhile is not read past them.
fn read(path: &Path, state: &State, max_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    if !state.is_regular {
        return Err(io::Error::other("it is not a regular file"));
    }
    if state.len > max_bytes {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(state.len).unwrap_or_default());
    File::open(path)?.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= max_bytes).then_some(bytes))
}
