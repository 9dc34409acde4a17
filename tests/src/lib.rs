//! What the user journeys in `tests/` share: the real binary, a place of its own for each test, and people's tools.
//!
//! Nothing here knows a crate of Siren: what is tested is what a person or a program outside sees.
#![expect(
    clippy::expect_used,
    reason = "test code: what goes wrong in it should stop the test, loudly and at its place"
)]

pub mod citations;
pub mod database;
pub mod described;
pub mod environment;
pub mod http;
pub mod link;
pub mod model_server;
pub mod place;
pub mod postgres;
pub mod process;
pub mod qdrant;
pub mod servers;
pub mod small_disk;
pub mod telemetry;

use std::path::{Path, PathBuf};

pub use place::{Place, Ran};
pub use process::Server;

/// The checkout that is under test.
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("tests/ lies in the repository").to_path_buf()
}

/// Fails with `case` unless `text` holds all of `needles`.
#[track_caller]
pub fn assert_tells(case: &str, text: &str, needles: &[&str]) {
    for needle in needles {
        assert!(text.contains(needle), "{case}: {needle:?} is not told in:\n{text}");
    }
}

/// Numbers that look random and are the same on every run.
#[derive(Debug)]
pub struct Seeded(u64);

impl Seeded {
    /// The sequence of this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        // Constants of Knuth's MMIX generator; the high bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}
