//! Stage 1 from a source's items to a store's generations, with nothing but memory underneath.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#![expect(clippy::result_large_err, reason = "a source gives faults as the port has them")]

mod chunks;
mod fakes;
mod merging;
mod metadata;
mod runs;
mod vectors;
