//! Which records a file of rows holds: CSV with a header, or a JSON object a line.
//!
//! Reads, a row at a time; never writes.

mod csv;
mod encoding;
mod jsonl;

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use siren_domain::Fault;
use siren_domain::ports::{DocumentSource, Found, Known};

use self::encoding::Decoded;
use crate::files::Trouble;
use crate::records::{Pass, Place, RecordSettings, Records, Told};
use crate::source_error::SourceError;

/// What to read, and how to tell it.
#[derive(Clone, Debug)]
pub struct RecordFileSettings {
    /// Where the file lies: absolute, or relative to where the program was started.
    pub path: PathBuf,
    /// How it is written.
    pub format: RecordFormat,
    /// A row longer than this is not read.
    pub max_bytes: u64,
    /// How its rows are told.
    pub records: RecordSettings,
}

/// How a file of rows is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordFormat {
    /// Values with a delimiter in between, after a row with their names. Without a delimiter, the header tells it.
    Csv(Option<char>),
    /// A JSON object a line.
    JsonLines,
}

/// The rows of a file.
#[derive(Clone)]
pub struct RecordFileSource {
    path: PathBuf,
    format: Format,
    max_bytes: u64,
    records: Records,
}

#[derive(Clone, Copy)]
enum Format {
    Csv(Option<u8>),
    JsonLines,
}

/// One after another, what the rows of an open file give.
type Rows<'a> = Box<dyn Iterator<Item = Told> + Send + 'a>;

impl RecordFileSource {
    /// A source over the file. Whether it is there is asked when it is read, not now.
    pub fn new(settings: RecordFileSettings) -> Result<Self, SourceError> {
        let RecordFileSettings { path, format, max_bytes, records } = settings;
        let format = match format {
            RecordFormat::JsonLines => Format::JsonLines,
            RecordFormat::Csv(None) => Format::Csv(None),
            RecordFormat::Csv(Some(c)) if c.is_ascii() && !"\"\r\n".contains(c) => {
                Format::Csv(u8::try_from(c).ok())
            }
            RecordFormat::Csv(Some(_)) => {
                let cause = "write one character, such as \",\", \";\" or \"\\t\"";
                return Err(SourceError::new(&records.name, "delimiter", cause));
            }
        };
        Ok(Self { path, format, max_bytes, records: Records::new(records)? })
    }

    fn told(&self, known: Arc<dyn Known>) -> Rows<'_> {
        let opened = self.open().and_then(|file| {
            let pass = self.records.pass(known);
            match self.format {
                Format::Csv(delimiter) => csv::rows(file, delimiter, self.max_bytes, pass),
                Format::JsonLines => Ok(jsonl::rows(file, self.max_bytes, pass)),
            }
        });
        opened.unwrap_or_else(|trouble| {
            let fault = self.records.whole(Place::File, trouble);
            Box::new(std::iter::once(Told { fault: Some(fault), ..Told::default() }))
        })
    }

    fn open(&self) -> Result<Decoded<File>, Trouble> {
        let unreadable = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => {
                Trouble::new("there is no such file", "create it, or correct `path` of this source")
            }
            _ => Trouble::new(format!("the file cannot be read: {error}"), "let the program read it"),
        };
        // Asked before it is opened: opening a pipe would wait for a writer.
        if !self.path.metadata().map_err(unreadable)?.is_file() {
            return Err(Trouble::new("this is not a file", "point `path` at a file"));
        }
        let mut file = File::open(&self.path).map_err(unreadable)?;
        let encoding = encoding::of(&mut file).map_err(unreadable)?;
        encoding.map(|encoding| Decoded::new(file, encoding))
    }
}

impl DocumentSource for RecordFileSource {
    fn name(&self) -> &str {
        &self.records.settings.name
    }

    fn items(&self, known: Arc<dyn Known>) -> BoxStream<'_, Result<Found, Fault>> {
        let mut ended = false;
        let rows = self.told(known).take_while(move |told| {
            let take = !ended;
            ended |= told.ends;
            take
        });
        stream::iter(rows.flat_map(Told::given)).boxed()
    }
}

/// The fault of a file that has no rows.
fn nothing(pass: &Pass<'_>) -> Option<Told> {
    let remedy = "fill the file, or correct `path` of this source";
    let fault = pass.nothing(Place::File, "the file holds no rows", remedy)?;
    Some(Told { fault: Some(fault), ..Told::default() })
}

/// Gives no more than so many bytes until it is told that they were well used.
struct Bounded<R> {
    inner: R,
    bound: u64,
    left: u64,
}

impl<R> Bounded<R> {
    fn new(inner: R, bound: u64) -> Self {
        Self { inner, bound, left: bound }
    }

    fn renew(&mut self) {
        self.left = self.bound;
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other(format!("a row is longer than {} bytes", self.bound)));
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.inner.read(&mut buffer[..most])?;
        self.left -= read as u64;
        Ok(read)
    }
}
