//! How far could the mean difference be off?
//!
//! The bias-corrected and accelerated interval (BCa) of the paired bootstrap: Efron, "Better bootstrap confidence
//! intervals", Journal of the American Statistical Association 82 (1987); Efron, Tibshirani, "An introduction to the
//! bootstrap", 1993, ch. 14. Differences of measures are skewed: most queries do not differ, and few differ by much.
//! There the plain percentiles are off to one side.

use rand::Rng;
use rand::rngs::ChaCha8Rng;
use rayon::prelude::*;

use super::{Chance, blocks};

/// From, to.
pub type Interval = [f64; 2];

/// What lies below and above the interval.
const TAILS: [f64; 2] = [0.025, 0.975];

/// Where the mean difference lies with a confidence of 95 %.
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
    shares(differences, &means).map(at)
}

/// Which shares of the resampled means the interval's ends are.
fn shares(differences: &[f64], means: &[f64]) -> [f64; 2] {
    let n = differences.len() as f64;
    let observed = differences.iter().sum::<f64>() / n;
    // Means that are equal but for their last digits count half on either side.
    let close = 1e-12 * observed.abs().max(1e-3);
    let lower = means.partition_point(|mean| *mean < observed - close);
    let upto = means.partition_point(|mean| *mean <= observed + close);
    let bias = (lower + upto) as f64 / (2 * means.len()) as f64;
    let moment = |power: i32| differences.iter().map(|d| (d - observed).powi(power)).sum::<f64>();
    let spread = moment(2);
    if spread <= f64::EPSILON * observed.abs() || bias <= 0.0 || bias >= 1.0 {
        return TAILS;
    }
    // Leaving one difference out moves the mean by that difference: the jackknife needs no further pass.
    let acceleration = moment(3) / (6.0 * spread.powf(1.5));
    let bias = quantile(bias);
    TAILS.map(|tail| {
        let moved = bias + quantile(tail);
        below_z(bias + moved / (1.0 - acceleration * moved))
    })
}

/// Share of the normal distribution that lies below `z`.
fn below_z(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

/// What that share of the normal distribution lies below, found by halving.
fn quantile(share: f64) -> f64 {
    let (mut low, mut high) = (-9.0, 9.0);
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if below_z(middle) < share { low = middle } else { high = middle }
    }
    low
}

/// A number below `n`, by Lemire's multiplication; its bias for `n` questions is beyond measure.
fn below(generator: &mut ChaCha8Rng, n: usize) -> usize {
    ((u128::from(generator.next_u64()) * n as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use super::{Chance, below_z, interval, quantile};

    #[test]
    fn the_interval_is_that_of_the_normal_approximation_where_it_holds() {
        // Half 1, half 0: mean .5, standard error .5 / sqrt(400).
        let values: Vec<f64> = (0..400).map(|n| f64::from(n % 2)).collect();
        let [low, high] = interval(&values, Chance::default());
        let reach = 1.96 * 0.5 / 20.0;
        assert!((low - (0.5 - reach)).abs() < 0.004 && (high - (0.5 + reach)).abs() < 0.004, "{low} {high}");
    }

    #[test]
    fn skewed_differences_have_the_interval_that_scipy_gives_them() {
        // scipy.stats.bootstrap((x,), numpy.mean, method="BCa", n_resamples=100_000); its plain percentiles are beside.
        for (values, expected, plain) in skewed() {
            let found = interval(&values, Chance { rounds: 200_000, ..Chance::default() });
            let off = |of: [f64; 2]| (found[0] - of[0]).abs().max((found[1] - of[1]).abs());
            assert!(off(expected) < 0.003, "{found:?} in place of {expected:?}");
            assert!(off(plain) > off(expected) + 0.004, "{found:?} is as near to {plain:?}");
        }
    }

    #[test]
    fn the_normal_distribution_is_that_of_the_tables() {
        for (z, share) in [(0.0, 0.5), (1.0, 0.841_344_746), (-1.959_963_985, 0.025), (2.575_829_304, 0.995)]
        {
            assert!((below_z(z) - share).abs() < 1e-8 && (quantile(share) - z).abs() < 1e-6, "{z}");
        }
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

    /// Values, their interval by BCa, and by plain percentiles.
    fn skewed() -> [(Vec<f64>, [f64; 2], [f64; 2]); 2] {
        let squares = (0..30).map(|n| f64::from(n * n) / 900.0).collect();
        let rare = (0..40).map(|n| if n < 36 { 0.0 } else { f64::from(n - 35) / 4.0 }).collect();
        [(squares, SQUARES[0], SQUARES[1]), (rare, RARE[0], RARE[1])]
    }

    const SQUARES: [[f64; 2]; 2] = [[0.221_96, 0.428_96], [0.216_65, 0.422_19]];
    const RARE: [[f64; 2]; 2] = [[0.018_75, 0.162_5], [0.006_25, 0.135_47]];
}
