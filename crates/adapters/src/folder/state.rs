//! What a folder tells of a file before it is read.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A file may change twice within so short a time that its times do not tell; the coarsest file systems count in two
/// seconds.
const COARSE: Duration = Duration::from_secs(2);

/// What is known of a file that was not opened.
pub(super) struct State {
    pub(super) is_regular: bool,
    pub(super) len: u64,
    /// When its content changed last, since 1970.
    modified: Duration,
    /// When its name, owner or content changed last, where that is told.
    changed: Duration,
    /// Which file it is, where that is told.
    inode: u64,
}

impl State {
    /// What tells this state of the file from any other; none if it changed so lately that it may change again unseen.
    pub(super) fn version(&self, now: SystemTime) -> Option<String> {
        let Self { len, modified, changed, inode, .. } = self;
        let latest = UNIX_EPOCH + *modified.max(changed);
        // A time to come says nothing about when the file was written.
        if now.duration_since(latest).ok()? < COARSE {
            return None;
        }
        Some(format!("{}-{len}-{inode}-{}", modified.as_nanos(), changed.as_nanos()))
    }
}

/// A folder whose files are looked up from within: by whole paths it takes longer the deeper the folder lies.
pub(super) struct Root {
    path: PathBuf,
    #[cfg(unix)]
    open: Option<rustix::fd::OwnedFd>,
}

impl Root {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(unix)]
impl Root {
    pub(super) fn open(path: &Path) -> Self {
        use rustix::fs::{Mode, OFlags, open};
        let open = open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).ok();
        Self { path: path.to_owned(), open }
    }

    /// Links are followed.
    pub(super) fn state(&self, relative: &Path) -> io::Result<State> {
        use rustix::fs::{AtFlags, CWD, FileType, statat};
        let told = match &self.open {
            Some(open) => statat(open, relative, AtFlags::empty()),
            None => statat(CWD, self.path.join(relative), AtFlags::empty()),
        }?;
        Ok(State {
            is_regular: FileType::from_raw_mode(told.st_mode) == FileType::RegularFile,
            len: u64::try_from(told.st_size).unwrap_or_default(),
            modified: since_1970(told.st_mtime, told.st_mtime_nsec),
            changed: since_1970(told.st_ctime, told.st_ctime_nsec),
            inode: told.st_ino,
        })
    }
}

/// The types of both differ from system to system. What is older than 1970 is taken to be of that year.
#[cfg(unix)]
fn since_1970(seconds: impl TryInto<u64>, nanos: impl TryInto<u32>) -> Duration {
    match (seconds.try_into(), nanos.try_into()) {
        (Ok(seconds), Ok(nanos)) => Duration::new(seconds, nanos),
        _ => Duration::ZERO,
    }
}

#[cfg(not(unix))]
impl Root {
    pub(super) fn open(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Links are followed.
    pub(super) fn state(&self, relative: &Path) -> io::Result<State> {
        let told = self.path.join(relative).metadata()?;
        Ok(State {
            is_regular: told.is_file(),
            len: told.len(),
            modified: told.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default(),
            changed: Duration::ZERO,
            inode: 0,
        })
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use super::Root;

    #[test]
    fn a_file_is_told_as_its_path_tells_it() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("in")).unwrap();
        std::fs::write(home.path().join("in/가.md"), "글").unwrap();
        std::os::unix::fs::symlink("in/가.md", home.path().join("link.md")).unwrap();
        let root = Root::open(home.path());
        for (relative, is_regular) in [("in/가.md", true), ("link.md", true), ("in", false)] {
            let told = root.state(Path::new(relative)).unwrap();
            let wanted = home.path().join(relative).metadata().unwrap();
            let nanos = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap().as_nanos();
            assert_eq!(told.is_regular, is_regular, "{relative}");
            assert_eq!(told.len, wanted.len(), "{relative}");
            assert_eq!(told.modified.as_nanos(), nanos(wanted.modified().unwrap()), "{relative}");
            assert_eq!(told.inode, wanted.ino(), "{relative}");
        }
        assert!(root.state(Path::new("none.md")).is_err());
        assert!(Root::open(&home.path().join("none")).state(Path::new("x.md")).is_err());
    }

    #[test]
    fn a_file_that_may_change_unseen_has_no_version() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("a.md"), "글").unwrap();
        let told = Root::open(home.path()).state(Path::new("a.md")).unwrap();
        let written = UNIX_EPOCH + told.changed.max(told.modified);
        let seconds = Duration::from_secs;
        for (now, has_version) in
            [(written - seconds(60), false), (written + seconds(1), false), (written + seconds(2), true)]
        {
            assert_eq!(told.version(now).is_some(), has_version);
        }
    }
}
