//! Which documents are nearly the same?
//!
//! Sketches of a document's letters, five at a time: Broder, "On the resemblance and containment of documents", 1997. No
//! text is kept, so that an index of any size is looked through in the memory of its sketches.

use std::collections::BTreeMap;

/// Letters that are looked at together.
const TOGETHER: usize = 5;
/// Numbers of a sketch; its estimate of likeness is off by about 1 / sqrt(128), .09, at worst.
const NUMBERS: usize = 128;
/// Numbers that two documents must share in a row to be compared: practically no pair of .8 is missed.
const ROWS: usize = 4;
/// A document with fewer stretches than this is like another one by chance.
const FEWEST: usize = 100;

/// What is kept of a document.
#[derive(Clone, Debug)]
pub(super) struct Sketch {
    least: [u64; NUMBERS],
    stretches: usize,
}

impl Default for Sketch {
    fn default() -> Self {
        Self { least: [u64::MAX; NUMBERS], stretches: 0 }
    }
}

impl Sketch {
    /// Adds a piece of the document's text.
    pub(super) fn add(&mut self, text: &str) {
        let letters: Vec<char> =
            text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        for stretch in letters.windows(TOGETHER) {
            let print = stretch.iter().fold(0xcbf2_9ce4_8422_2325, |print: u64, letter| {
                mixed(print ^ u64::from(u32::from(*letter)))
            });
            self.stretches += 1;
            for (number, least) in self.least.iter_mut().enumerate() {
                // Odd multipliers permute the numbers, each in its own way.
                let other = print.wrapping_mul((2 * number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
                *least = (*least).min(mixed(other));
            }
        }
    }

    /// Share of stretches that both have, of all that either has.
    fn likeness(&self, other: &Self) -> f64 {
        let same = self.least.iter().zip(&other.least).filter(|(a, b)| a == b).count();
        same as f64 / NUMBERS as f64
    }
}

fn mixed(number: u64) -> u64 {
    let number = (number ^ number >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
    number ^ number >> 32
}

/// Documents with the one that they are most like, by their places, where that is at least `least`.
pub(super) fn alike(sketches: &[Sketch], least: f64) -> BTreeMap<usize, (usize, f64)> {
    let mut best: BTreeMap<usize, (usize, f64)> = BTreeMap::new();
    let mut keep = |of: usize, other: usize, likeness: f64| {
        let held = best.entry(of).or_insert((other, likeness));
        if likeness > held.1 {
            *held = (other, likeness);
        }
    };
    for row in 0..NUMBERS / ROWS {
        let mut first: BTreeMap<&[u64], usize> = BTreeMap::new();
        let long = sketches.iter().enumerate().filter(|(_, sketch)| sketch.stretches >= FEWEST);
        for (at, sketch) in long {
            // Of many copies each is compared with the first alone.
            let other = *first.entry(&sketch.least[row * ROWS..(row + 1) * ROWS]).or_insert(at);
            let likeness = sketch.likeness(&sketches[other]);
            if other != at && likeness >= least {
                keep(at, other, likeness);
                keep(other, at, likeness);
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::{Sketch, alike};

    fn sketch(text: &str) -> Sketch {
        let mut sketch = Sketch::default();
        sketch.add(text);
        sketch
    }

    /// Sentences that differ from one another.
    fn text(from: usize, sentences: usize) -> String {
        (from..from + sentences)
            .map(|n| format!("{}번째 발표는 {}층 {}관에서 열렸다. ", n * 7919, n * 31 % 97, n * 57 % 89))
            .collect()
    }

    #[test]
    fn copies_are_found_and_other_documents_are_not() {
        let base = text(0, 60);
        let cases = [
            ("the same", base.clone(), true),
            ("another case and spacing", base.replace(' ', "\n"), true),
            ("one sentence more", format!("{base}{}", text(500, 1)), true),
            ("half of it", text(0, 30), false),
            ("another one", text(1000, 60), false),
            ("too short to tell", "회의는 열 시이다.".to_owned(), false),
        ];
        for (case, other, expected) in cases {
            let found = alike(&[sketch(&base), sketch(&other)], 0.8);
            assert_eq!(found.len(), if expected { 2 } else { 0 }, "{case}: {found:?}");
        }
    }

    #[test]
    fn likeness_is_about_the_share_of_what_is_common() {
        // Sentences share some letters whatever they say: the bounds are wide.
        let (all, most) = (text(0, 100), text(0, 90));
        let likeness = sketch(&all).likeness(&sketch(&most));
        assert!((0.75..1.0).contains(&likeness), "{likeness}");
    }
}
