//! Chunks that wait, in a file without a name, until the whole generation is known.
//!
//! What a term weighs depends on how long chunks are on average, and that is known when the last one has come. The file is
//! gone with the process, however it ends.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::points::Prepared;

/// A document with its chunks.
#[derive(Debug)]
pub(super) struct Spooled {
    /// Which of the documents that came it was.
    pub(super) turn: u64,
    /// Its record, as JSON.
    pub(super) record: String,
    pub(super) chunks: Vec<Prepared>,
}

/// Written first, then read once from the beginning.
pub(super) struct Spool(BufWriter<File>);

impl Spool {
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Self(BufWriter::with_capacity(1 << 20, tempfile::tempfile()?)))
    }

    pub(super) fn put(&mut self, document: &Spooled) -> std::io::Result<()> {
        let out = &mut self.0;
        out.write_all(&document.turn.to_le_bytes())?;
        write(out, document.record.as_bytes())?;
        out.write_all(&(document.chunks.len() as u64).to_le_bytes())?;
        for chunk in &document.chunks {
            write_json(out, chunk)?;
            write(out, chunk.chunk.as_bytes())?;
            let numbers = chunk.vector.iter().flatten().flat_map(|number| number.to_le_bytes());
            write(out, &numbers.collect::<Vec<u8>>())?;
        }
        Ok(())
    }

    pub(super) fn read(self) -> std::io::Result<Unspooled> {
        let mut file = self.0.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        let end = file.stream_position()?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Unspooled { file: BufReader::with_capacity(1 << 20, file), end })
    }
}

pub(super) struct Unspooled {
    file: BufReader<File>,
    end: u64,
}

impl Unspooled {
    fn next(&mut self) -> std::io::Result<Option<Spooled>> {
        if self.file.stream_position()? >= self.end {
            return Ok(None);
        }
        let turn = number(&mut self.file)?;
        let record = text(&mut self.file)?;
        let mut chunks = Vec::new();
        for _ in 0..number(&mut self.file)? {
            let mut chunk: Prepared = read_json(&mut self.file)?;
            chunk.chunk = text(&mut self.file)?;
            let bytes = read(&mut self.file)?;
            let (numbers, _) = bytes.as_chunks::<4>();
            let vector: Vec<f32> = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            chunk.vector = (!vector.is_empty()).then_some(vector);
            chunks.push(chunk);
        }
        Ok(Some(Spooled { turn, record, chunks }))
    }
}

impl Iterator for Unspooled {
    type Item = std::io::Result<Spooled>;

    fn next(&mut self) -> Option<Self::Item> {
        Unspooled::next(self).transpose()
    }
}

fn write(out: &mut impl Write, bytes: &[u8]) -> std::io::Result<()> {
    out.write_all(&(bytes.len() as u64).to_le_bytes())?;
    out.write_all(bytes)
}

fn write_json(out: &mut impl Write, value: &impl Serialize) -> std::io::Result<()> {
    write(out, &serde_json::to_vec(value)?)
}

fn number(file: &mut impl Read) -> std::io::Result<u64> {
    let mut bytes = [0; 8];
    file.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

fn read(file: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let length = number(file)?;
    let mut bytes = vec![0; usize::try_from(length).map_err(std::io::Error::other)?];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn text(file: &mut impl Read) -> std::io::Result<String> {
    String::from_utf8(read(file)?).map_err(std::io::Error::other)
}

fn read_json<T: DeserializeOwned>(file: &mut impl Read) -> std::io::Result<T> {
    Ok(serde_json::from_slice(&read(file)?)?)
}
