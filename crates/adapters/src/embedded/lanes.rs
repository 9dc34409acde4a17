//! Segments are written by several threads side by side.
//!
//! Which chunk comes into which segment, and at which place, depends on the order in which documents are put and on
//! nothing else: the order of ties is the same on every run and on every machine. (Unless two segments are of one size to
//! the chunk: tantivy then puts either first. Turns are of an odd length to make that rare.)

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use siren_domain::ports::AnalysedChunk;
use tantivy::{Index, SegmentMeta, TantivyError};

use super::schema::Fields;
use super::segments::SegmentMaker;

/// Threads that write.
const LANES: usize = 2;
/// The first lane takes so many chunks before it is the next one's turn: what is small comes into one segment.
const FIRST_TURN: usize = 257;
/// Later turns are short, and shorter than what may wait: a long one would keep the other lane without work.
const TURN: usize = 33;
/// What a lane holds before it writes a segment, with what writing takes.
const MEMORY: usize = 40 << 20;
/// Chunks that may wait for a lane: many turns of it, so that nobody waits for one that has just begun.
const WAITING: usize = 512;

pub(super) struct Lanes {
    index: Index,
    fields: Fields,
    lanes: [Option<Lane>; LANES],
    at: usize,
    /// Chunks that the lane takes until the next one's turn.
    left: usize,
}

struct Lane {
    chunks: SyncSender<AnalysedChunk>,
    thread: JoinHandle<tantivy::Result<Vec<SegmentMeta>>>,
}

impl Lanes {
    pub(super) fn new(index: Index, fields: Fields) -> Self {
        Self { index, fields, lanes: Default::default(), at: 0, left: FIRST_TURN }
    }

    /// Takes the chunks of a document; waits while too many others wait.
    pub(super) fn put(&mut self, chunks: Vec<AnalysedChunk>) -> tantivy::Result<()> {
        if self.left == 0 {
            self.at = (self.at + 1) % LANES;
            self.left = TURN;
        }
        self.left = self.left.saturating_sub(chunks.len());
        let lane = match self.lanes[self.at].take() {
            Some(lane) => lane,
            None => Lane::start(&self.index, self.fields)?,
        };
        match chunks.into_iter().try_for_each(|chunk| lane.chunks.send(chunk)) {
            Ok(()) => {
                self.lanes[self.at] = Some(lane);
                Ok(())
            }
            // It only stops before its time when it failed.
            Err(_) => lane.finish().map(drop),
        }
    }

    /// The segments of all that was put, complete.
    pub(super) fn finish(&mut self) -> tantivy::Result<Vec<SegmentMeta>> {
        (self.at, self.left) = (0, FIRST_TURN);
        // All are told that nothing more comes, then waited for.
        let ending = self.lanes.each_mut().map(|lane| lane.take().map(Lane::end));
        let mut out = Vec::new();
        for thread in ending.into_iter().flatten() {
            out.extend(joined(thread)?);
        }
        Ok(out)
    }
}

impl Drop for Lanes {
    /// Nothing is written any more once it is gone.
    fn drop(&mut self) {
        let _given_up = self.finish();
    }
}

impl Lane {
    fn start(index: &Index, fields: Fields) -> tantivy::Result<Self> {
        let (chunks, coming) = sync_channel(WAITING);
        let index = index.clone();
        let thread = std::thread::Builder::new()
            .name("segments".into())
            .spawn(move || write(&index, fields, &coming))?;
        Ok(Self { chunks, thread })
    }

    fn end(self) -> JoinHandle<tantivy::Result<Vec<SegmentMeta>>> {
        self.thread
    }

    fn finish(self) -> tantivy::Result<Vec<SegmentMeta>> {
        joined(self.end())
    }
}

fn joined(thread: JoinHandle<tantivy::Result<Vec<SegmentMeta>>>) -> tantivy::Result<Vec<SegmentMeta>> {
    thread
        .join()
        .unwrap_or_else(|_| Err(TantivyError::InternalError("a thread that writes broke off".into())))
}

fn write(
    index: &Index,
    fields: Fields,
    chunks: &Receiver<AnalysedChunk>,
) -> tantivy::Result<Vec<SegmentMeta>> {
    let mut done = Vec::new();
    let mut open: Option<SegmentMaker> = None;
    while let Ok(chunk) = chunks.recv() {
        let mut segment = match open.take() {
            Some(segment) => segment,
            None => SegmentMaker::begin(index, fields)?,
        };
        segment.add(&chunk)?;
        if segment.memory() >= MEMORY || segment.is_full() {
            done.push(segment.finish()?);
        } else {
            open = Some(segment);
        }
    }
    if let Some(segment) = open {
        done.push(segment.finish()?);
    }
    Ok(done)
}
