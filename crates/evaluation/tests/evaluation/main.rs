//! What the crate promises, seen from outside.

mod fakes;
mod files;
mod goldens;
mod laws;
mod pipeline;
mod reports;

/// A test that may fail on the way to what it asserts.
type Done = Result<(), Box<dyn std::error::Error>>;
