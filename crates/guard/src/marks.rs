//! Citation marks: `[1]`, `[1, 2]`, `[1][3]`, `【1】`.

use std::sync::LazyLock;

use regex::Regex;

#[expect(clippy::expect_used, reason = "the pattern is a constant, and tests run it")]
static MARK: LazyLock<Regex> = LazyLock::new(|| {
    // Up to three digits: `[2024]` is a year. `【1†source】` is how some models write it.
    Regex::new(r"\[\s*([1-9]\d{0,2}(?:\s*[,、，;]\s*[1-9]\d{0,2})*)\s*\]|【\s*([1-9]\d{0,2}(?:\s*[,、，;]\s*[1-9]\d{0,2})*)\s*(?:†[^】]{0,80})?】")
        .expect("a constant pattern compiles")
});

/// A sentence without its citation marks, and the numbers they held: each once, in order of appearance.
///
/// White space that only set a mark apart goes with it. A mark that is a link's text, `[1](url)`, is a mark; its
/// address stays.
pub fn parse_marks(sentence: &str) -> (String, Vec<usize>) {
    let mut text = String::with_capacity(sentence.len());
    let mut numbers: Vec<usize> = Vec::new();
    let mut from = 0;
    for found in MARK.captures_iter(sentence) {
        let (Some(mark), Some(list)) = (found.get(0), found.get(1).or(found.get(2))) else {
            continue;
        };
        push_piece(&mut text, &sentence[from..mark.start()]);
        from = mark.end();
        let read = list.as_str().split([',', '、', '，', ';']);
        for number in read.filter_map(|number| number.trim().parse().ok()) {
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        let next = sentence[from..].chars().next();
        if next.is_none_or(|c| c.is_whitespace() || ".,!?;:)。、".contains(c)) {
            text.truncate(text.trim_end().len());
        }
    }
    push_piece(&mut text, &sentence[from..]);
    (text, numbers)
}

/// Appends a piece; at the start of the text a space left by a mark is dropped.
fn push_piece(text: &mut String, piece: &str) {
    text.push_str(if text.is_empty() { piece.trim_start() } else { piece });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse_marks;

    #[test]
    fn reads_marks() {
        let cases: &[(&str, &str, &[usize])] = &[
            ("비용을 30% 줄였다 [1].", "비용을 30% 줄였다.", &[1]),
            ("비용을 줄였다.[1][3]", "비용을 줄였다.", &[1, 3]),
            ("줄였다 [1, 2], 그리고 [2] 늘렸다.", "줄였다, 그리고 늘렸다.", &[1, 2]),
            ("줄였다【1】", "줄였다", &[1]),
            ("줄였다【2†source】.", "줄였다.", &[2]),
            ("[1] 케이뱅크는", "케이뱅크는", &[1]),
            ("배열 a[0]과 [2024]년", "배열 a[0]과 [2024]년", &[]),
            ("마크 없음", "마크 없음", &[]),
            ("", "", &[]),
        ];
        for (sentence, text, numbers) in cases {
            let (read, found) = parse_marks(sentence);
            assert_eq!((read.as_str(), found.as_slice()), (*text, *numbers), "{sentence}");
        }
    }

    proptest! {
        #[test]
        fn never_grows(sentence in "[\\[\\]0-9, 가-나【】.a]{0,30}") {
            let (text, numbers) = parse_marks(&sentence);
            prop_assert!(text.len() <= sentence.len());
            prop_assert!(numbers.iter().all(|&n| n > 0));
        }
    }
}
