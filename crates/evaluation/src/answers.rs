//! Is an answer one of the accepted ones?
//!
//! Exact match and token F1, with the normalisation of KorQuAD 1.0's `evaluate-v1.0.py`: lower case, quotes and brackets
//! out, ASCII punctuation out, white space made one; F1 over characters, as Korean has no free-standing words to count.

use std::collections::BTreeMap;

/// What KorQuAD takes out before everything else.
const MARKS: &str = "'\"《》<>〈〉()‘’";

fn normalised(text: &str) -> String {
    let text: String = text.chars().map(|c| if MARKS.contains(c) { ' ' } else { c }).collect();
    let text: String = text.to_lowercase().chars().filter(|c| !c.is_ascii_punctuation()).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// 1 if the answer is an accepted one, else 0.
pub fn exact_match(answer: &str, accepted: &[String]) -> f64 {
    let answer = normalised(answer);
    f64::from(u8::from(accepted.iter().any(|accepted| normalised(accepted) == answer)))
}

/// The best F1 of the answer's characters with those of an accepted one.
pub fn token_f1(answer: &str, accepted: &[String]) -> f64 {
    let of_one = |accepted: &String| f1(&normalised(answer), &normalised(accepted));
    accepted.iter().map(of_one).fold(0.0, f64::max)
}

fn f1(answer: &str, accepted: &str) -> f64 {
    let letters = |text: &str| {
        let mut counts: BTreeMap<char, usize> = BTreeMap::new();
        for letter in text.chars().filter(|c| !c.is_whitespace()) {
            *counts.entry(letter).or_default() += 1;
        }
        counts
    };
    let (answer, accepted) = (letters(answer), letters(accepted));
    let count = |of: &BTreeMap<char, usize>| of.values().sum::<usize>() as f64;
    let same: usize =
        answer.iter().map(|(c, n)| (*n).min(accepted.get(c).copied().unwrap_or_default())).sum();
    if same == 0 {
        return 0.0;
    }
    let (precision, recall) = (same as f64 / count(&answer), same as f64 / count(&accepted));
    2.0 * precision * recall / (precision + recall)
}

#[cfg(test)]
mod tests {
    use super::{exact_match, token_f1};

    #[test]
    fn judges_as_korquad_does() {
        // Counted by hand along KorQuAD's evaluate-v1.0.py.
        let cases: [(&str, &[&str], f64, f64); 8] = [
            ("교향곡", &["교향곡"], 1.0, 1.0),
            ("〈파우스트〉", &["파우스트"], 1.0, 1.0),
            ("'서울 시청'", &["서울  시청."], 1.0, 1.0),
            ("1989년 2월", &["1989년 2월 15일"], 0.0, 2.0 * (7.0 / 10.0) / (1.0 + 7.0 / 10.0)),
            ("AWS", &["aws", "아마존"], 1.0, 1.0),
            ("베토벤의", &["베토벤"], 0.0, 6.0 / 7.0),
            ("", &["답"], 0.0, 0.0),
            ("아무것도", &["전혀"], 0.0, 0.0),
        ];
        for (answer, accepted, exact, f1) in cases {
            let accepted: Vec<String> = accepted.iter().map(|a| (*a).to_owned()).collect();
            assert_eq!(exact_match(answer, &accepted), exact, "{answer:?}");
            assert!(
                (token_f1(answer, &accepted) - f1).abs() < 1e-9,
                "{answer:?}: {}",
                token_f1(answer, &accepted)
            );
        }
    }
}
