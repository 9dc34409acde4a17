//! Which lines belong to one query, in a file that is read in stretches?

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::fields::{eight, field, line};
use super::query::Judge;

/// What a thread reads in one go: it stays in the processor's cache.
pub(super) const STRETCH: u64 = 4 << 20;
/// In front of a stretch, for the line before it.
const BEFORE: u64 = 4 << 10;
/// Behind a stretch, for the rest of its last query.
const BEHIND: u64 = 16 << 10;

/// A file in stretches. A query belongs to the stretch that its first line begins in.
pub(super) struct Stretches {
    path: PathBuf,
    length: u64,
    size: u64,
}

/// What was read of the file: whole lines, from `start` on.
struct Window<'b> {
    file: File,
    length: u64,
    start: u64,
    bytes: &'b mut Vec<u8>,
}

impl Stretches {
    pub(super) fn of(path: &Path, size: u64) -> Option<Self> {
        let length = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?.len();
        (length > 0).then(|| Self { path: path.to_owned(), length, size })
    }

    pub(super) fn count(&self) -> u64 {
        self.length.div_ceil(self.size)
    }

    /// Gives the judge every query of a stretch. None when the file is not regular.
    pub(super) fn each_query(&self, at: u64, buffer: &mut Vec<u8>, judge: &mut Judge<'_>) -> Option<()> {
        let (from, to) = (at * self.size, ((at + 1) * self.size).min(self.length));
        let start = from.saturating_sub(BEFORE);
        buffer.clear();
        let file = File::open(&self.path).ok()?;
        let mut window = Window { file, length: self.length, start, bytes: buffer };
        window.read_to(to + BEHIND)?;
        let end = (to - start) as usize;
        // A byte order mark is no part of the first query.
        if from == 0 && window.bytes.starts_with("\u{feff}".as_bytes()) {
            return None;
        }
        let mut at =
            if from == 0 { 0 } else { window.behind_the_query_before((from - start) as usize, end)? };
        while at < end && at < window.bytes.len() {
            at = window.query(at, judge)?;
        }
        Some(())
    }
}

impl Window<'_> {
    /// Reads on to `to` or the end of the file, and gives up a line that is not whole.
    fn read_to(&mut self, to: u64) -> Option<()> {
        let held = self.start + self.bytes.len() as u64;
        let to = to.min(self.length);
        self.file.seek(SeekFrom::Start(held)).ok()?;
        let read = (&mut self.file).take(to.saturating_sub(held)).read_to_end(self.bytes).ok()?;
        if held + read as u64 != to {
            return None;
        }
        if to < self.length {
            let whole = memchr::memrchr(b'\n', self.bytes)? + 1;
            self.bytes.truncate(whole);
        }
        Some(())
    }

    fn is_whole(&self) -> bool {
        self.start + self.bytes.len() as u64 == self.length
    }

    /// The first line from `from` on that has another query than the line before it.
    fn behind_the_query_before(&self, from: usize, end: usize) -> Option<usize> {
        let bytes = &self.bytes[..];
        let Some(found) = memchr::memchr(b'\n', bytes.get(from - 1..)?) else { return Some(bytes.len()) };
        let mut at = from + found;
        let before = match memchr::memrchr(b'\n', &bytes[..at - 1]) {
            Some(end) => end + 1,
            None if self.start == 0 => 0,
            None => return None,
        };
        let query = field(bytes, before);
        while at < end && self.has_query(at, query.clone()) {
            at += memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len() - at, |end| end + 1);
        }
        Some(at)
    }

    /// Whether a line of this query begins here.
    fn has_query(&self, at: usize, query: Range<usize>) -> bool {
        let length = query.len();
        if !matches!(self.bytes.get(at + length), Some(b' ' | b'\t')) {
            return false;
        }
        match (eight(self.bytes, at), eight(self.bytes, query.start)) {
            // Short ids are compared in one go: the bytes behind them are shifted out.
            (Some(here), Some(there)) if (1..=8).contains(&length) => {
                (here ^ there) << (64 - 8 * length) == 0
            }
            _ => self.bytes[at..].starts_with(&self.bytes[query]),
        }
    }

    /// Gives the judge the query that begins at `at`, and tells where the next one does.
    fn query(&mut self, at: usize, judge: &mut Judge<'_>) -> Option<usize> {
        if matches!(self.bytes[at], b'\n') || self.bytes[at..].starts_with(b"\r\n") {
            return Some(at + memchr::memchr(b'\n', &self.bytes[at..])? + 1);
        }
        let query = field(self.bytes, at);
        if query.start != at || query.is_empty() {
            return None;
        }
        let mut next = at;
        loop {
            while next < self.bytes.len() && self.has_query(next, query.clone()) {
                let line = line(self.bytes, next + query.len())?;
                next = line.next;
                judge.add(line);
            }
            if next < self.bytes.len() || self.is_whole() {
                break;
            }
            let held = self.bytes.len();
            self.read_to(self.start + held as u64 + BEHIND)?;
            if self.bytes.len() == held {
                return None;
            }
        }
        // A line whose query no blank follows has no other column.
        if next == at {
            return None;
        }
        std::str::from_utf8(&self.bytes[at..next]).ok()?;
        judge.query(self.bytes, query)?;
        Some(next)
    }
}
