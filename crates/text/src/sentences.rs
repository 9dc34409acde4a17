//! Where sentences begin and end, in prose, in headings and in lists.

use std::ops::Range;

/// Set before the items of a list when documents are read; see the index stage.
pub const BULLET: &str = "• ";

/// The sentences of a text, trimmed, in order. Headings, list items and table rows are sentences of their own.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut start = 0;
    for line in units(text) {
        start = line.start;
        let mut chars = text[line.clone()].char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let behind = &text[line.start + at + c.len_utf8()..line.end];
            if ends_sentence(&text[start..line.start + at], c, behind) {
                let end = line.start + at + c.len_utf8() + closing_len(behind);
                while chars.next_if(|&(next, _)| line.start + next < end).is_some() {}
                push_trimmed(text, start..end, &mut out);
                start = end;
            }
        }
        push_trimmed(text, start..line.end, &mut out);
        start = line.end;
    }
    debug_assert!(start <= text.len());
    out
}

/// Stretches that no sentence crosses: paragraphs, list items, headings. A single line break inside a paragraph is only a
/// boundary where the line ends like a sentence.
fn units(text: &str) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    let mut open = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        let body = line.trim();
        if body.is_empty() {
            open = false;
            continue;
        }
        match out.last_mut() {
            Some(last) if open && !starts_item(body) => last.end = range.end,
            _ => out.push(range),
        }
        open = !body.ends_with(['.', '!', '?', ':', '。', '…', '다', '요', '죠']);
    }
    out
}

/// Whether a line is an item of a list (`• `, `1. `) or a row of a table.
pub fn starts_item(line: &str) -> bool {
    let line = line.trim_start();
    if line.starts_with(BULLET) || line.contains(" | ") {
        return true;
    }
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < line.len() && line.len() - rest.len() <= 3 && rest.starts_with(". ")
}

fn ends_sentence(before: &str, c: char, behind: &str) -> bool {
    match c {
        '。' | '！' | '？' => true,
        '!' | '?' => !behind.starts_with(['!', '?', '.']) && (breaks(behind) || ends_korean(before)),
        '.' => {
            let run = behind.starts_with('.');
            let last = before.chars().next_back();
            let numbered = last.is_some_and(|c| c.is_ascii_digit())
                && before.trim_start().chars().all(|c| c.is_ascii_digit());
            !run && !numbered
                && !abbreviation(before)
                && (breaks(behind) || (ends_korean(before) && behind.starts_with(crate::terms::is_syllable)))
        }
        _ => false,
    }
}

/// Whether a sentence may end here: white space, a closing quote or nothing follows.
fn breaks(behind: &str) -> bool {
    let rest = &behind[closing_len(behind)..];
    rest.is_empty() || rest.starts_with(char::is_whitespace)
}

fn closing_len(behind: &str) -> usize {
    let rest = behind.trim_start_matches(['"', '\'', '”', '’', ')', ']', '」', '』', '*']);
    behind.len() - rest.len()
}

fn ends_korean(before: &str) -> bool {
    before.ends_with(['다', '요', '죠', '까', '음', '함'])
}

fn abbreviation(before: &str) -> bool {
    const LONGEST: usize = 4;
    const KNOWN: &[&str] =
        &["vs", "etc", "e.g", "i.e", "dr", "mr", "mrs", "ms", "inc", "co", "corp", "ltd", "no", "st", "u.s"];
    // No more than the longest of them and what stands before it: a word may be as long as the text.
    let tail = &before[before.floor_char_boundary(before.len().saturating_sub(LONGEST + 1))..];
    let word = tail.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
    if word.len() > LONGEST {
        return false;
    }
    let lower = word.to_ascii_lowercase();
    KNOWN.contains(&lower.as_str()) || (word.len() == 1 && word.starts_with(|c: char| c.is_ascii_uppercase()))
}

fn push_trimmed(text: &str, range: Range<usize>, out: &mut Vec<Range<usize>>) {
    let slice = &text[range.clone()];
    let start = range.start + (slice.len() - slice.trim_start().len());
    let end = start + slice.trim().len();
    if text[start..end].contains(char::is_alphanumeric) {
        out.push(start..end);
    }
}

#[cfg(test)]
mod tests {
    use super::sentences;
    use proptest::prelude::*;

    #[test]
    fn finds_sentences() {
        let cases: &[(&str, &[&str])] = &[
            ("하나입니다. 둘입니다.", &["하나입니다.", "둘입니다."]),
            ("붙었다.그래도 나눈다.", &["붙었다.", "그래도 나눈다."]),
            ("비율은 3.5다. 끝", &["비율은 3.5다.", "끝"]),
            ("1. 첫째 항목\n2. 둘째 항목", &["1. 첫째 항목", "2. 둘째 항목"]),
            ("• 하나\n• 둘", &["• 하나", "• 둘"]),
            (
                "제목\n\n본문이 한 줄에서\n다음 줄로 이어진다.",
                &["제목", "본문이 한 줄에서\n다음 줄로 이어진다."],
            ),
            ("끝났다\n새 줄이다", &["끝났다", "새 줄이다"]),
            ("정말요?! 네.", &["정말요?!", "네."]),
            ("그는 “좋다.”라고 했다. 끝.", &["그는 “좋다.”라고 했다.", "끝."]),
            ("AWS vs. Azure는 다르다.", &["AWS vs. Azure는 다르다."]),
            ("음... 그렇다.", &["음...", "그렇다."]),
            ("", &[]),
            ("---", &[]),
        ];
        for (text, expected) in cases {
            let found: Vec<&str> = sentences(text).into_iter().map(|r| &text[r]).collect();
            assert_eq!(&found, expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn sentences_lie_in_order_and_lose_no_letter(text in "([가-힣]{1,5}|[a-z0-9]{1,4}|[.!?] |\\.|\n|• |”){0,40}") {
            let found = sentences(&text);
            prop_assert!(found.windows(2).all(|pair| pair[0].end <= pair[1].start));
            let letters = |s: &str| s.chars().filter(|c| c.is_alphanumeric()).count();
            let kept: usize = found.iter().map(|r| letters(&text[r.clone()])).sum();
            prop_assert_eq!(kept, letters(&text));
        }
    }
}
