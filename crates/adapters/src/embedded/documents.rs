//! Which documents a generation holds: a line each, written as they come.
//!
//! Only prints of the ids of one run are kept in memory; what the base holds is copied from file to file.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use siren_domain::ports::{DocumentRecord, StoreError};
use siren_domain::{DocumentId, Print, Prints};

use super::DOCUMENTS;
use super::files::failed;

/// Documents of a run in the order they came, before it is known which of them stay.
const COMING: &str = "documents.coming";

pub(super) struct Documents {
    folder: PathBuf,
    base: Option<PathBuf>,
    coming: BufWriter<File>,
    lines: usize,
    /// The line of each document of this run; none for one that is gone.
    last: HashMap<Print, Option<usize>>,
    prints: Prints,
}

/// How much a generation holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) documents: u64,
    pub(super) chunks: u64,
}

/// As much of a line as decides whether it stays.
#[derive(Deserialize)]
struct Line<'l> {
    #[serde(borrow)]
    id: Cow<'l, str>,
    chunks: u32,
}

impl Documents {
    /// Of a generation that is made in `folder`, with all that the file `base` tells of, or with nothing.
    pub(super) fn begin(folder: &Path, base: Option<PathBuf>) -> Result<Self, StoreError> {
        let path = folder.join(COMING);
        let file = File::create(&path).map_err(|error| failed(&path, "cannot be made", &error))?;
        Ok(Self {
            folder: folder.to_owned(),
            base,
            coming: BufWriter::new(file),
            lines: 0,
            last: HashMap::new(),
            prints: Prints::default(),
        })
    }

    /// Whether the document was put or removed in this run.
    pub(super) fn has_met(&self, id: &DocumentId) -> bool {
        self.last.contains_key(&self.prints.of(id.as_str()))
    }

    pub(super) fn put(&mut self, document: &DocumentRecord) -> Result<(), StoreError> {
        let written = serde_json::to_writer(&mut self.coming, document).map_err(std::io::Error::from);
        written
            .and_then(|()| self.coming.write_all(b"\n"))
            .map_err(|error| failed(&self.folder.join(COMING), "cannot be written", &error))?;
        self.last.insert(self.prints.of(document.id.as_str()), Some(self.lines));
        self.lines += 1;
        Ok(())
    }

    pub(super) fn remove(&mut self, id: &DocumentId) {
        self.last.insert(self.prints.of(id.as_str()), None);
    }

    /// Writes the list of all documents: those of the base that stay, then those of this run.
    pub(super) fn finish(mut self) -> Result<Held, StoreError> {
        let (target, coming) = (self.folder.join(DOCUMENTS), self.folder.join(COMING));
        self.coming.flush().map_err(|error| failed(&coming, "cannot be written", &error))?;
        let unwritten = |error| failed(&target, "cannot be written", &error);
        let mut out = BufWriter::new(File::create(&target).map_err(unwritten)?);
        let mut held = Held::default();
        if let Some(base) = &self.base {
            let stays = |_, id: &str| !self.last.contains_key(&self.prints.of(id));
            copy(base, &mut out, &mut held, stays)?;
        }
        copy(&coming, &mut out, &mut held, |line, id| {
            self.last.get(&self.prints.of(id)) == Some(&Some(line))
        })?;
        out.flush().map_err(unwritten)?;
        std::fs::remove_file(&coming).map_err(|error| failed(&coming, "cannot be removed", &error))?;
        Ok(held)
    }
}

/// Copies the lines that stay, told by their number and document, and counts them.
fn copy(
    from: &Path,
    out: &mut impl Write,
    held: &mut Held,
    stays: impl Fn(usize, &str) -> bool,
) -> Result<(), StoreError> {
    let unread = |error: &dyn std::fmt::Display| failed(from, "cannot be read", error);
    let mut file = BufReader::new(File::open(from).map_err(|error| unread(&error))?);
    let mut line = String::new();
    for number in 0.. {
        line.clear();
        if file.read_line(&mut line).map_err(|error| unread(&error))? == 0 {
            break;
        }
        let Line { id, chunks } =
            serde_json::from_str(&line).map_err(|error| failed(from, "is damaged", &error))?;
        if stays(number, &id) {
            held.documents += 1;
            held.chunks += u64::from(chunks);
            out.write_all(line.as_bytes()).map_err(|error| unread(&error))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;
    use siren_domain::DocumentId;
    use siren_domain::ports::DocumentRecord;

    use super::{Documents, Held};
    use crate::embedded::DOCUMENTS;
    use crate::embedded::files::read_json_lines;

    fn record(name: u8, chunks: u32) -> DocumentRecord {
        DocumentRecord {
            id: DocumentId::new("s", &name.to_string()),
            source: "s".into(),
            title: "따옴표 \" 와 역빗금 \\".into(),
            hash: String::new(),
            content: String::new(),
            version: None,
            fault: None,
            chunks,
        }
    }

    type Model = BTreeMap<DocumentId, DocumentRecord>;

    /// Does the steps to a generation upon `base` and to a map: a document of so many chunks is put, or removed.
    fn made(
        folder: &std::path::Path,
        base: Option<&std::path::Path>,
        steps: &[(u8, Option<u32>)],
        model: &mut Model,
    ) -> Held {
        std::fs::create_dir_all(folder).unwrap();
        let mut documents = Documents::begin(folder, base.map(|base| base.join(DOCUMENTS))).unwrap();
        let mut seen = BTreeSet::new();
        for (name, put) in steps {
            let record = record(*name, put.unwrap_or_default());
            let met = !seen.insert(record.id.clone());
            assert_eq!(documents.has_met(&record.id), met);
            match put {
                Some(_) => {
                    documents.put(&record).unwrap();
                    model.insert(record.id.clone(), record);
                }
                None => {
                    documents.remove(&record.id);
                    model.remove(&record.id);
                }
            }
        }
        documents.finish().unwrap()
    }

    proptest! {
        #[test]
        fn a_generation_lists_what_was_put_last(
            first in prop::collection::vec((0u8..8, prop::option::of(0u32..5)), 0..20),
            second in prop::collection::vec((0u8..8, prop::option::of(0u32..5)), 0..20),
        ) {
            let state = tempfile::tempdir().unwrap();
            let (one, two) = (state.path().join("1"), state.path().join("2"));
            let mut model = Model::new();
            for (folder, base, steps) in [(&one, None, &first), (&two, Some(one.as_path()), &second)] {
                let held = made(folder, base, steps, &mut model);
                let listed: Vec<DocumentRecord> = read_json_lines(&folder.join(DOCUMENTS)).unwrap();
                let chunks = model.values().map(|record| u64::from(record.chunks)).sum();
                prop_assert_eq!(held, Held { documents: listed.len() as u64, chunks });
                let listed: Model = listed.into_iter().map(|record| (record.id.clone(), record)).collect();
                prop_assert_eq!(&listed, &model);
            }
        }
    }
}
