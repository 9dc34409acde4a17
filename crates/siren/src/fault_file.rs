//! All faults of the last run, where there are more than its report lists: a line of JSON each.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use siren_domain::Fault;
use siren_index::{Faults, Witness};

/// Its name in the state folder.
pub(crate) const FAULTS: &str = "faults.jsonl";

/// Takes faults in as they happen. They go to a file without a name first: a run that is killed leaves nothing.
pub(crate) struct FaultFile {
    state: PathBuf,
    coming: Arc<Mutex<Coming>>,
}

#[derive(Default)]
enum Coming {
    #[default]
    None,
    Some(BufWriter<File>),
    /// There is no room, say: the report tells what it tells.
    Failed,
}

impl FaultFile {
    /// Of a state folder, which need not be there yet.
    pub(crate) fn new(state: &Path) -> Self {
        Self { state: state.to_owned(), coming: Arc::default() }
    }

    /// What a run shows its faults to.
    pub(crate) fn witness(&self) -> Arc<Witness> {
        let (coming, state) = (Arc::clone(&self.coming), self.state.clone());
        Arc::new(move |fault: &Fault| {
            let mut coming = coming.lock().unwrap_or_else(PoisonError::into_inner);
            if coming.push(fault, &state).is_err() {
                *coming = Coming::Failed;
            }
        })
    }

    /// Puts the file where people find it, if the report does not list them all; takes away that of an earlier run.
    pub(crate) fn keep(&self, faults: &Faults) -> io::Result<()> {
        let path = self.state.join(FAULTS);
        let mut coming = self.coming.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::take(&mut *coming) {
            Coming::Some(out) if faults.count() > faults.listed().len() => {
                let mut from = out.into_inner().map_err(io::IntoInnerError::into_error)?;
                from.seek(SeekFrom::Start(0))?;
                let beside = path.with_extension("new");
                io::copy(&mut from, &mut File::create(&beside)?)?;
                std::fs::rename(&beside, &path)
            }
            _ if path.exists() => std::fs::remove_file(&path),
            _ => Ok(()),
        }
    }
}

impl Coming {
    fn push(&mut self, fault: &Fault, state: &Path) -> io::Result<()> {
        if let Self::None = self {
            let file = tempfile::tempfile_in(state).or_else(|_| tempfile::tempfile());
            *self = Self::Some(BufWriter::new(file?));
        }
        let Self::Some(out) = self else { return Ok(()) };
        serde_json::to_writer(&mut *out, fault)?;
        out.write_all(b"\n")
    }
}
