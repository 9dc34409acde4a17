//! What is left of p when several things are tested?
//!
//! Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6 (1979).

/// The corrected p of each, in the order given: below alpha, all such differences together are chance at most so often.
pub fn holm(ps: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..ps.len()).collect();
    order.sort_by(|a, b| ps[*a].total_cmp(&ps[*b]));
    let mut corrected = vec![1.0; ps.len()];
    let mut least = 0.0_f64;
    for (rank, at) in order.into_iter().enumerate() {
        least = least.max((ps.len() - rank) as f64 * ps[at]).min(1.0);
        corrected[at] = least;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::holm;

    #[test]
    fn corrects_as_r_does() {
        // p.adjust(c(...), method = "holm") of R.
        let cases: [(&[f64], &[f64]); 4] = [
            (&[], &[]),
            (&[0.03], &[0.03]),
            (&[0.01, 0.04, 0.03], &[0.03, 0.06, 0.06]),
            (&[0.9, 0.001, 0.5, 0.02], &[1.0, 0.004, 1.0, 0.06]),
        ];
        for (ps, expected) in cases {
            let found = holm(ps);
            let same = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12);
            assert!(same && found.len() == expected.len(), "{ps:?}: {found:?}");
        }
    }
}
