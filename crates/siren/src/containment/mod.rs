//! Reads documents of strangers in other processes, so that one made to crash its parser costs only itself.
//!
//! Each child is this same program with a bound on its memory. It gets one document after another, and as many seconds
//! for each as the settings allow. A child that crashes, or takes longer, is replaced.

mod child;
mod message;
mod worker;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use siren_index::read::{DirectReader, Parsed, Reader, Unreadable, needs_containment};

pub(crate) use child::read_documents;
use worker::{Ended, Worker};

/// What a document may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) seconds: u64,
    pub(crate) megabytes: u64,
}

/// Reads small texts itself and has everything else read in a child process.
#[derive(Debug)]
pub(crate) struct ContainedReader {
    bounds: Bounds,
    /// Children with nothing to do. There are never more than threads that read at the same time.
    idle: Mutex<Vec<Worker>>,
}

impl ContainedReader {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self { bounds, idle: Mutex::new(Vec::new()) }
    }

    fn worker(&self) -> std::io::Result<Worker> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| Worker::start(self.bounds), Ok)
    }

    fn read_elsewhere(&self, path: &str, bytes: &[u8]) -> Result<Parsed, Unreadable> {
        let mut worker = self.worker().map_err(|error| {
            let problem = format!("no process could be started to read it: {error}");
            Unreadable::new(problem, "let the system start more processes, then run `siren reindex` again")
        })?;
        match worker.read(path, bytes, self.patience()) {
            Ok(read) => {
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
                read
            }
            Err(ended) => Err(self.told(ended)),
        }
    }

    /// The child keeps the time itself; this is for one that cannot.
    fn patience(&self) -> Duration {
        Duration::from_secs(self.bounds.seconds + 5)
    }

    fn told(&self, ended: Ended) -> Unreadable {
        let Bounds { seconds, megabytes } = self.bounds;
        match ended {
            Ended::Slow => Unreadable::new(
                format!("reading it took more than {seconds} seconds"),
                "raise `index.read_seconds`, split the document, or exclude it from the source",
            ),
            Ended::Memory => Unreadable::new(
                format!("reading it took more than {megabytes} MB of memory"),
                "raise `index.read_megabytes`, split the document, or exclude it from the source",
            ),
            Ended::Depth => Unreadable::new(
                "its parts are nested too deeply to be read",
                "simplify it in its own program, or exclude it from the source",
            ),
            Ended::Crash => Unreadable::crashed(),
        }
    }
}

impl Reader for ContainedReader {
    fn read(&self, path: &str, bytes: &[u8]) -> Result<Parsed, Unreadable> {
        if needs_containment(path, bytes) {
            self.read_elsewhere(path, bytes)
        } else {
            DirectReader.read(path, bytes)
        }
    }
}
