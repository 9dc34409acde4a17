//! Is a difference more than chance?
//!
//! Paired: each question is its own control, and how hard it is falls out. Everything here gives the same numbers for
//! the same seed, on any number of threads.

mod bootstrap;
mod holm;
mod randomisation;

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

pub use bootstrap::{Interval, interval};
pub use holm::holm;
pub use randomisation::{Test, randomisation};

/// How a test is done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chance {
    /// What its random numbers begin with.
    pub seed: u64,
    /// Random sign flips, and resamples.
    pub rounds: usize,
    /// A difference counts when its corrected p is below this.
    pub alpha: f64,
}

impl Default for Chance {
    fn default() -> Self {
        Self { seed: 1, rounds: 20_000, alpha: 0.05 }
    }
}

/// Rounds that share a generator: what a thread does in one go.
const BLOCK: usize = 250;

/// Sizes of the blocks, each with its own generator.
fn blocks(rounds: usize, seed: u64) -> Vec<(usize, ChaCha8Rng)> {
    let count = rounds.div_ceil(BLOCK) as u64;
    let generator = |block: u64| {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(block);
        generator
    };
    let size = |block: u64| BLOCK.min(rounds - block as usize * BLOCK);
    (0..count).map(|block| (size(block), generator(block))).collect()
}
