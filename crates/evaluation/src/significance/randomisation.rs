//! How often would signs drawn by lot give a difference as large?
//!
//! Fisher's paired randomisation test, two-sided, on the mean; for retrieval: Smucker, Allan, Carterette, "A comparison
//! of statistical significance tests for information retrieval evaluation", CIKM 2007.

use rand::Rng;
use rand::rngs::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

use super::{Chance, blocks};

/// With so many differences or fewer, all signs are gone through.
const EXACT: usize = 16;

/// What the test says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Test {
    /// The chance of a difference as large when there is none.
    pub p: f64,
    /// Whether all signs were gone through.
    pub exact: bool,
}

/// Tests whether the mean of paired differences is 0.
pub fn randomisation(differences: &[f64], chance: Chance) -> Test {
    // What does not differ stays the same whatever its sign.
    let moved: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
    let observed = moved.iter().sum::<f64>().abs();
    // Sums in another order differ in their last digits.
    let least = observed - 1e-9 * observed.max(1e-9);
    if moved.is_empty() {
        return Test { p: 1.0, exact: true };
    }
    if moved.len() <= EXACT {
        let all = 1_u32 << moved.len();
        let sum = |signs: u32| -> f64 {
            let signed = moved.iter().enumerate().map(|(at, d)| if signs >> at & 1 == 1 { -d } else { *d });
            signed.sum()
        };
        let extreme = (0..all).filter(|signs| sum(*signs).abs() >= least).count();
        return Test { p: extreme as f64 / f64::from(all), exact: true };
    }
    let of_block = |(rounds, mut generator): (usize, ChaCha8Rng)| {
        (0..rounds).filter(|_| flipped(&moved, &mut generator).abs() >= least).count()
    };
    let extreme: usize = blocks(chance.rounds, chance.seed).into_par_iter().map(of_block).sum();
    // The observed signs are one of the possible ones: p is never 0.
    Test { p: (extreme + 1) as f64 / (chance.rounds + 1) as f64, exact: false }
}

fn flipped(moved: &[f64], generator: &mut ChaCha8Rng) -> f64 {
    let mut sum = 0.0;
    for some in moved.chunks(64) {
        let mut signs = generator.next_u64();
        for difference in some {
            // Without a branch: half of them would be foreseen wrongly.
            sum += f64::from_bits(difference.to_bits() ^ (signs & 1) << 63);
            signs >>= 1;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Chance, randomisation};

    #[test]
    fn p_values_that_can_be_counted_by_hand() {
        // Of 2^n signs, those as extreme: both ends; for 1,1,1,-1 the four and their mirrors with one odd one out.
        let cases: [(&[f64], f64); 6] = [
            (&[], 1.0),
            (&[0.0, 0.0], 1.0),
            (&[0.5], 1.0),
            (&[1.0; 5], 2.0 / 32.0),
            (&[1.0, 1.0, 1.0, -1.0], 10.0 / 16.0),
            (&[0.1; 10], 2.0 / 1024.0),
        ];
        for (differences, p) in cases {
            let test = randomisation(differences, Chance::default());
            assert!((test.p - p).abs() < 1e-12 && test.exact, "{differences:?}: {test:?}");
        }
    }

    #[test]
    fn drawn_signs_come_near_the_exact_p() {
        // 17 differences are drawn, 16 of them counted; one more that is tiny changes next to nothing.
        let few: Vec<f64> = (0..16).map(|n| [0.3, -0.2, 0.25, 0.1, -0.05][n % 5]).collect();
        let mut more = few.clone();
        more.push(1e-9);
        let (exact, drawn) =
            (randomisation(&few, Chance::default()), randomisation(&more, Chance::default()));
        assert!(exact.exact && !drawn.exact);
        assert!((exact.p - drawn.p).abs() < 0.015, "{exact:?} {drawn:?}");
    }

    proptest! {
        #[test]
        fn the_sides_do_not_matter_and_the_seed_decides(
            differences in proptest::collection::vec(-1.0_f64..1.0, 0..60), seed in 0_u64..9,
        ) {
            let chance = Chance { seed, rounds: 1_000, ..Chance::default() };
            let there = randomisation(&differences, chance);
            let back: Vec<f64> = differences.iter().map(|d| -d).collect();
            prop_assert_eq!(there, randomisation(&back, chance));
            prop_assert!(there.p > 0.0 && there.p <= 1.0);
        }
    }
}
