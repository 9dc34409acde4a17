//! How far could the mean difference be off?
//!
//! The percentile interval of the paired bootstrap: Efron, Tibshirani, "An introduction to the bootstrap", 1993, ch. 13.

use rand::Rng;
use rand::rngs::ChaCha8Rng;
use rayon::prelude::*;

use super::{Chance, blocks};

/// From, to.
pub type Interval = [f64; 2];

/// Where 95 % of the means of resampled differences lie.
pub fn interval(differences: &[f64], chance: Chance) -> Interval {
    let n = differences.len();
    if n == 0 {
        return [0.0, 0.0];
    }
    let mean = |generator: &mut ChaCha8Rng| {
        let drawn = (0..n).map(|_| differences[below(generator, n)]);
        drawn.sum::<f64>() / n as f64
    };
    let of_block = |(rounds, mut generator): (usize, ChaCha8Rng)| {
        (0..rounds).map(|_| mean(&mut generator)).collect::<Vec<_>>()
    };
    // Another stream of numbers than the test's: the two say different things.
    let drawn = blocks(chance.rounds, !chance.seed).into_par_iter().flat_map_iter(of_block);
    let mut means: Vec<f64> = drawn.collect();
    means.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| means[((means.len() - 1) as f64 * share).round() as usize];
    [at(0.025), at(0.975)]
}

/// A number below `n`, by Lemire's multiplication; its bias for `n` questions is beyond measure.
fn below(generator: &mut ChaCha8Rng, n: usize) -> usize {
    ((u128::from(generator.next_u64()) * n as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use super::{Chance, interval};

    #[test]
    fn the_interval_is_that_of_the_normal_approximation_where_it_holds() {
        // Half 1, half 0: mean .5, standard error .5 / sqrt(400).
        let values: Vec<f64> = (0..400).map(|n| f64::from(n % 2)).collect();
        let [low, high] = interval(&values, Chance::default());
        let reach = 1.96 * 0.5 / 20.0;
        assert!((low - (0.5 - reach)).abs() < 0.004 && (high - (0.5 + reach)).abs() < 0.004, "{low} {high}");
    }

    #[test]
    fn what_never_varies_has_no_width() {
        let cases: [(&[f64], [f64; 2]); 3] =
            [(&[], [0.0, 0.0]), (&[0.25; 7], [0.25, 0.25]), (&[-1.0], [-1.0, -1.0])];
        for (values, expected) in cases {
            assert_eq!(interval(values, Chance::default()), expected, "{values:?}");
        }
    }

    #[test]
    fn one_seed_gives_one_interval() {
        let values: Vec<f64> = (0..50).map(|n| f64::from(n % 7) / 7.0).collect();
        let seeded = |seed| interval(&values, Chance { seed, ..Chance::default() });
        assert_eq!(seeded(3), seeded(3));
        assert_ne!(seeded(3), seeded(4));
    }
}
