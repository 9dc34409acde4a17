//! The least value of a smooth convex function of many numbers, by L-BFGS: the same for the same function.

use std::collections::VecDeque;

/// Steps that are remembered to know how the function bends.
const REMEMBERED: usize = 10;
/// A step must gain this share of what the slope promises, and is halved so often at most.
const GAIN: f64 = 1e-4;
const HALVINGS: usize = 30;

/// A step that was made, and how the gradient changed on it.
struct Step {
    moved: Vec<f64>,
    turned: Vec<f64>,
    along: f64,
}

/// From where to go, steps at most, and the share of the first gradient's length at which to end. `of` tells the value
/// and the gradient.
pub(super) fn least_of(
    mut at: Vec<f64>,
    steps: usize,
    enough: f64,
    of: impl Fn(&[f64]) -> (f64, Vec<f64>),
) -> Vec<f64> {
    let (mut value, mut gradient) = of(&at);
    let first = length(&gradient);
    let mut known: VecDeque<Step> = VecDeque::new();
    for _ in 0..steps {
        if length(&gradient) <= first * enough {
            break;
        }
        let direction = downhill(&gradient, &known);
        let slope = product(&direction, &gradient);
        let mut size = if known.is_empty() { 1.0 / length(&gradient).max(1.0) } else { 1.0 };
        let mut found = None;
        for _ in 0..HALVINGS {
            let next: Vec<f64> = at.iter().zip(&direction).map(|(x, d)| x + size * d).collect();
            let (next_value, next_gradient) = of(&next);
            if next_value <= value + GAIN * size * slope {
                found = Some((next, next_value, next_gradient));
                break;
            }
            size /= 2.0;
        }
        let Some((next, next_value, next_gradient)) = found else { break };
        let moved: Vec<f64> = next.iter().zip(&at).map(|(new, old)| new - old).collect();
        let turned: Vec<f64> = next_gradient.iter().zip(&gradient).map(|(new, old)| new - old).collect();
        let along = product(&moved, &turned);
        if along > f64::EPSILON {
            known.truncate(REMEMBERED - 1);
            known.push_front(Step { moved, turned, along });
        }
        (at, value, gradient) = (next, next_value, next_gradient);
    }
    at
}

/// The way down, bent as the remembered steps say. The newest step comes first.
fn downhill(gradient: &[f64], known: &VecDeque<Step>) -> Vec<f64> {
    let mut way: Vec<f64> = gradient.iter().map(|slope| -slope).collect();
    let mut shares = Vec::with_capacity(known.len());
    for step in known {
        let share = product(&step.moved, &way) / step.along;
        way.iter_mut().zip(&step.turned).for_each(|(w, t)| *w -= share * t);
        shares.push(share);
    }
    if let Some(newest) = known.front() {
        let scale = newest.along / product(&newest.turned, &newest.turned);
        way.iter_mut().for_each(|w| *w *= scale);
    }
    for (step, share) in known.iter().zip(shares).rev() {
        let back = product(&step.turned, &way) / step.along;
        way.iter_mut().zip(&step.moved).for_each(|(w, m)| *w += (share - back) * m);
    }
    way
}

fn product(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

fn length(of: &[f64]) -> f64 {
    product(of, of).sqrt()
}

#[cfg(test)]
mod tests {
    use super::least_of;

    #[test]
    fn the_least_of_a_bent_bowl_is_found() {
        // Curves of 1 to 100, turned against each other: (x - 1)² + 100 (y - x²/2)² + (z + y)².
        let bowl = |p: &[f64]| {
            let (a, b, c) = (p[0] - 1.0, p[1] - p[0] * p[0] / 2.0, p[2] + p[1]);
            let value = a * a + 100.0 * b * b + c * c;
            (value, vec![2.0 * a - 200.0 * b * p[0], 200.0 * b + 2.0 * c, 2.0 * c])
        };
        let found = least_of(vec![0.0, 0.0, 5.0], 200, 1e-9, bowl);
        for (is, should) in found.iter().zip([1.0, 0.5, -0.5]) {
            assert!((is - should).abs() < 1e-6, "{found:?}");
        }
        assert_eq!(least_of(vec![1.0, 0.5, -0.5], 200, 1e-9, bowl), [1.0, 0.5, -0.5]);
    }
}
