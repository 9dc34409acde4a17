//! Where words begin in Korean that was written without spaces, or with one behind each syllable.

use std::ops::RangeInclusive;

use siren_text::question::asks;
use siren_text::stem::is_particles;
use siren_text::terms::is_syllable;

/// Syllables of the longest word that is looked for in a run.
const LONGEST: usize = 8;
/// Syllables of the longest run that is cut into words.
const LONGEST_RUN: usize = 40;
/// Words of one syllable from which on a text was written syllable by syllable, and their least share.
const SINGLES: usize = 4;
const LEAST_SHARE: f32 = 0.8;
/// Short words that ask, which no index needs to know.
const ASKING: [&str; 14] = [
    "언제",
    "어디",
    "어디서",
    "어느",
    "무엇",
    "뭔가",
    "뭐가",
    "뭘로",
    "누가",
    "누구",
    "어떻게",
    "어떤",
    "얼마",
    "얼마나",
];
/// Syllables of any word that asks and may close a run: `뭔가요`, `뭐였더라`.
const CLOSING: RangeInclusive<usize> = 3..=4;

/// Whether the piece of a run is a word that asks.
pub(super) fn is_asking(piece: &str) -> bool {
    ASKING.contains(&piece) || (CLOSING.contains(&piece.chars().count()) && asks(piece))
}

/// Whether the piece can be a word that something is told by.
fn tells(piece: &str) -> bool {
    !is_particles(piece) && !asks(piece)
}

/// The text without the spaces between its syllables, where it was written so.
pub(super) fn joined(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_single = |word: &&&str| word.chars().filter(|c| is_syllable(*c)).count() == 1;
    let singles = words.iter().filter(is_single).count();
    #[expect(clippy::cast_precision_loss, reason = "a question has few words")]
    let share = singles as f32 / words.len().max(1) as f32;
    let is_question = singles >= SINGLES && share >= LEAST_SHARE && words.len() <= LONGEST_RUN;
    if is_question { words.concat() } else { text.to_owned() }
}

/// Every stretch of a run that may be a word, each once; none of a run that is too long to be cut.
pub(super) fn pieces_of(run: &str) -> Vec<String> {
    if run.chars().nth(LONGEST_RUN).is_some() {
        return Vec::new();
    }
    let starts: Vec<usize> = run.char_indices().map(|(at, _)| at).chain([run.len()]).collect();
    let mut out = Vec::new();
    for from in 0..starts.len() {
        for to in (from + 2..=from + LONGEST).take_while(|to| *to < starts.len()) {
            out.push(run[starts[from]..starts[to]].to_owned());
        }
    }
    out.sort();
    out.dedup();
    out
}

/// The words of a run, in order: those that together leave the least of it, the longest first. What is left between them
/// is taken for particles and endings. None when that would not be two words, or leave too much that is no particle.
pub(super) fn split(run: &str, is_word: &dyn Fn(&str) -> bool) -> Option<Vec<String>> {
    let starts: Vec<usize> = run.char_indices().map(|(at, _)| at).chain([run.len()]).collect();
    let n = starts.len() - 1;
    // The best of what lies before each place: its worth, and where its last word begins if it ends there.
    let mut best: Vec<(usize, Option<usize>)> = vec![(0, None); n + 1];
    for to in 1..=n {
        best[to] = (best[to - 1].0, None);
        for from in to.saturating_sub(LONGEST)..to.saturating_sub(1) {
            let piece = &run[starts[from]..starts[to]];
            let worth = best[from].0 + (to - from) * (to - from);
            let asks = is_asking(piece) && (to == n || ASKING.contains(&piece));
            if worth > best[to].0 && (asks || (tells(piece) && is_word(piece))) {
                best[to] = (worth, Some(from));
            }
        }
    }
    let mut out = Vec::new();
    let (mut at, mut next, mut covered) = (n, n, 0);
    while at > 0 {
        match best[at].1 {
            Some(from) => {
                let behind = &run[starts[at]..starts[next]];
                covered += at - from + if is_particles(behind) { next - at } else { 0 };
                out.push(run[starts[from]..starts[at]].to_owned());
                (at, next) = (from, from);
            }
            None => at -= 1,
        }
    }
    out.reverse();
    (out.len() > 1 && 5 * covered >= 3 * n).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::{joined, pieces_of, split};

    #[test]
    fn words_of_a_run() {
        let known = ["삼성", "삼성전자", "다이내믹", "어퍼", "이유", "클라우드", "전환", "서밋", "신청"];
        let cases = [
            ("삼성전자가다이내믹어퍼를들여온이유가", Some("삼성전자 다이내믹 어퍼 이유")),
            ("클라우드전환", Some("클라우드 전환")),
            ("서밋신청은어디서해요", Some("서밋 신청 어디서")),
            ("신청세번째가뭐였더라", Some("신청 뭐였더라")),
            ("서밋은어느클라우드에서열렸나요", Some("서밋 어느 클라우드")),
            ("삼성전자", None),
            ("모르는말뿐인데서밋", None),
            ("", None),
        ];
        for (run, expected) in cases {
            let found = split(run, &|piece| known.contains(&piece)).map(|pieces| pieces.join(" "));
            assert_eq!(found.as_deref(), expected, "{run}");
        }
    }

    #[test]
    fn pieces_are_few() {
        assert_eq!(pieces_of("가나다"), ["가나", "가나다", "나다"]);
        assert_eq!(pieces_of("가가가"), ["가가", "가가가"]);
        assert!((1..=280).contains(&pieces_of(&('가'..='힣').take(40).collect::<String>()).len()));
        assert!(pieces_of(&"가".repeat(41)).is_empty() && pieces_of(&"가나".repeat(1_000)).is_empty());
    }

    #[test]
    fn syllables_are_joined() {
        let cases = [
            ("서 밋 신 청 은 어 디 서 해 요?", "서밋신청은어디서해요?"),
            ("이 일 저 일 다 한 사람은 누구", "이 일 저 일 다 한 사람은 누구"),
            ("그 수 많은 것", "그 수 많은 것"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(joined(text), expected, "{text}");
        }
        let long = "가 ".repeat(1_000);
        assert_eq!(joined(&long), long);
    }
}
