//! Stage 1 from a source's items to a store's generations, with nothing but memory underneath.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod chunks;
mod fakes;
mod merging;
mod metadata;
mod runs;
mod vectors;
