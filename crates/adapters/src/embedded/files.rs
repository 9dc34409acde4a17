//! Files that are whole or not there at all.

use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};

use serde::Serialize;
use serde::de::DeserializeOwned;
use siren_domain::ports::StoreError;

const LOCK: &str = "writer.lock";
/// Values that are handed over together, and how many times so many may wait.
const TOGETHER: usize = 1024;
const AHEAD: usize = 4;
/// Threads that wait for files to be on disk.
const WAITING: usize = 8;

pub(super) fn failed(path: &Path, what: &str, cause: &dyn std::fmt::Display) -> StoreError {
    StoreError::Failed { context: format!("{} {what}", path.display()), cause: cause.to_string() }
}

pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, StoreError> {
    let bytes = std::fs::read(path).map_err(|error| failed(path, "cannot be read", &error))?;
    serde_json::from_slice(&bytes).map_err(|error| failed(path, "is damaged", &error))
}

pub(super) fn read_json_lines<T: DeserializeOwned + Send>(path: &Path) -> Result<Vec<T>, StoreError> {
    let mut values = Vec::new();
    each_json_line(path, &mut |value| values.push(value))?;
    Ok(values)
}

/// Shows the values of a file's lines, one by one; another thread reads them, a little ahead.
pub(super) fn each_json_line<T: DeserializeOwned + Send>(
    path: &Path,
    each: &mut (dyn FnMut(T) + Send),
) -> Result<(), StoreError> {
    let (some, coming) = sync_channel(AHEAD);
    std::thread::scope(|scope| {
        let reading = scope.spawn(move || read_ahead(path, &some));
        coming.into_iter().flatten().for_each(each);
        reading.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// What was read before a line that cannot be is given all the same.
fn read_ahead<T: DeserializeOwned>(path: &Path, some: &SyncSender<Vec<T>>) -> Result<(), StoreError> {
    let unread = |error: std::io::Error| failed(path, "cannot be read", &error);
    let mut file = BufReader::new(File::open(path).map_err(unread)?);
    let (mut line, mut values) = (String::new(), Vec::new());
    let done = loop {
        line.clear();
        match file.read_line(&mut line) {
            Ok(0) => break Ok(()),
            Ok(_) => {}
            Err(error) => break Err(unread(error)),
        }
        match serde_json::from_str(&line) {
            Ok(value) => values.push(value),
            Err(error) => break Err(failed(path, "is damaged", &error)),
        }
        if values.len() == TOGETHER && some.send(std::mem::take(&mut values)).is_err() {
            break Ok(());
        }
    };
    // Who does not listen any more has broken off, and tells why.
    let _nobody_listens = some.send(values);
    done
}

/// Writes values a line each. Returns the file, which may not be on disk yet.
pub(super) fn write_json_lines<'v, T: Serialize + 'v>(
    path: &Path,
    values: impl Iterator<Item = &'v T>,
) -> Result<File, StoreError> {
    let write = || -> std::io::Result<File> {
        let mut out = BufWriter::new(File::create(path)?);
        for value in values {
            serde_json::to_writer(&mut out, value)?;
            out.write_all(b"\n")?;
        }
        out.into_inner().map_err(std::io::IntoInnerError::into_error)
    };
    write().map_err(|error| failed(path, "cannot be written", &error))
}

/// Replaces a file: a reader sees the old content or the new one, also after a power cut.
pub(super) fn write_atomically(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    let beside = path.with_extension("new");
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&beside)?;
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)?;
        path.parent().map_or(Ok(()), sync_folder)
    };
    write().map_err(|error| failed(path, "cannot be written", &error))
}

/// Waits until all that lies in a folder is on disk, names included. What has another name as well is there already.
pub(super) fn settle(folder: &Path) -> std::io::Result<()> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            settle(&entry.path())?;
        } else if !has_other_names(&entry.metadata()?) {
            files.push(entry.path());
        }
    }
    // The disk takes as long for several that wait at a time as it takes for one.
    let wait = |files: &[PathBuf]| files.iter().try_for_each(|file| File::open(file)?.sync_all());
    std::thread::scope(|scope| {
        let waiting: Vec<_> = files
            .chunks(files.len().div_ceil(WAITING).max(1))
            .map(|some| scope.spawn(move || wait(some)))
            .collect();
        waiting.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })?;
    sync_folder(folder)
}

#[cfg(unix)]
fn has_other_names(file: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(file) > 1
}

#[cfg(not(unix))]
fn has_other_names(_: &Metadata) -> bool {
    false
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The right to write, held until the value is dropped or the process ends.
#[derive(Debug)]
pub(super) struct WriterLock(#[expect(dead_code, reason = "the open file is the lock")] File);

pub(super) fn lock(state: &Path) -> Result<WriterLock, StoreError> {
    let path = state.join(LOCK);
    std::fs::create_dir_all(state).map_err(|error| failed(state, "cannot be made", &error))?;
    let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = open.map_err(|error| failed(&path, "cannot be opened", &error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _unreadable = file.read_to_string(&mut holder);
            return Err(StoreError::Busy(format!(
                "another process is writing this index ({}): wait until it is done",
                holder.trim()
            )));
        }
        Err(TryLockError::Error(error)) => return Err(failed(&path, "cannot be locked", &error)),
    }
    let note = format!("process {} since {}\n", std::process::id(), jiff::Timestamp::now());
    let written = file
        .set_len(0)
        .and_then(|()| file.seek(SeekFrom::Start(0)))
        .and_then(|_| file.write_all(note.as_bytes()));
    written.map_err(|error| failed(&path, "cannot be written", &error))?;
    Ok(WriterLock(file))
}

/// Removes what writers left that were stopped half-way. Call with the lock held.
pub(super) fn clear_unfinished(folder: &Path, prefix: &str) -> Result<(), StoreError> {
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, "cannot be made", &error))?;
    let entries = std::fs::read_dir(folder).map_err(|error| failed(folder, "cannot be read", &error))?;
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            let path = entry.path();
            std::fs::remove_dir_all(&path).map_err(|error| failed(&path, "cannot be removed", &error))?;
        }
    }
    Ok(())
}

/// Gives every file of one folder a second name in another; a copy where the disk cannot.
pub(super) fn link_files(from: &Path, to: &Path, skip: impl Fn(&str) -> bool) -> Result<(), StoreError> {
    let entries = std::fs::read_dir(from).map_err(|error| failed(from, "cannot be read", &error))?;
    for entry in entries.flatten() {
        let name = entry.file_name();
        if skip(&name.to_string_lossy()) {
            continue;
        }
        let target = to.join(&name);
        let copied = || std::fs::copy(entry.path(), &target).map(|_bytes| ());
        let linked = std::fs::hard_link(entry.path(), &target).or_else(|_| copied());
        linked.map_err(|error| failed(&target, "cannot be linked", &error))?;
    }
    Ok(())
}
