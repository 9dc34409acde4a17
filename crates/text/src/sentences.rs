//! Where sentences begin and end, in prose, in headings and in lists.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::hangul::{Syllable, tail};
use crate::terms::is_syllable;

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
        open = !body.ends_with(['.', '!', '?', ':', '。', '…', '다', '요', '죠']) && !ends_memo(body);
    }
    out
}

/// Whether a line ends as notes do that have no full stops: `예산이 없음`, `검토를 진행함`, `공개할 예정임`. Nouns that end alike
/// are where a line of prose may break: `다음`, `포함`, `게임`.
fn ends_memo(line: &str) -> bool {
    #[expect(clippy::expect_used, reason = "the pattern is a literal that a test compiles")]
    static NOUN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new("(?:포|명|보관|사물|우편|투표|수신|결)함$|(?:책|모|게|네|선|후|담|취|전|부|연|해|신|위|타|프레|런타)임$")
            .expect("a valid pattern")
    });
    let word = line.rsplit(|c: char| !is_syllable(c)).next().unwrap_or_default();
    let Some(before) = word.strip_suffix(['음', '함', '됨', '임']) else { return false };
    let Some(last) = before.chars().next_back() else { return false };
    if word.ends_with('음') {
        // Of verbs in the past, and of those that notes end in.
        return is_past(last) || matches!(last, '없' | '않' | '같' | '많' | '좋' | '높' | '낮');
    }
    word.ends_with('됨') || word == "것임" || (before.chars().count() > 1 && !NOUN.is_match(word))
}

/// Whether a syllable has `ㅆ` under it.
fn is_past(syllable: char) -> bool {
    Syllable::of(syllable).is_some_and(|syllable| syllable.tail == tail::SS)
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
            !run && !is_number(before.trim_start())
                && !abbreviation(before)
                && (breaks(behind) || (ends_korean(before) && behind.starts_with(is_syllable)))
                && !counts_on(before, behind)
        }
        _ => false,
    }
}

/// Whether this and a full stop is the number of an item: `12`, `가`.
fn is_number(label: &str) -> bool {
    let is_letter = label.chars().count() == 1 && label.chars().all(|c| LETTERS.contains(c));
    is_letter || (!label.is_empty() && label.chars().all(|c| c.is_ascii_digit()))
}

/// Letters that Korean counts by.
const LETTERS: &str = "가나다라마바사아자차카타파하";

/// Whether a full stop here belongs to a date, `2024. 5. 16.`, or to numbers that lead to an item, `1. 가. 항`. Behind the
/// last of a line it is both.
fn counts_on(before: &str, behind: &str) -> bool {
    /// Bytes of the longest, and more.
    const LONGEST: usize = 24;
    #[expect(clippy::expect_used, reason = "the pattern is a literal that a test compiles")]
    static NUMBERS: LazyLock<Regex> = LazyLock::new(|| {
        let (month, day) = (r"(?:1[0-2]|0?[1-9])\.", r"(?:3[01]|[12]\d|0?[1-9])\.");
        let date = format!(r"(?:(?:19|20)\d\d|['’]\d\d)\.\s?{month}(?:\s?{day})?|{month}\s{day}");
        Regex::new(&format!(r"(?:^|[^\d.])(?:{date}|\d{{1,2}}\.\s?[{LETTERS}]\.)")).expect("a valid pattern")
    });
    let mut back = before.chars().rev();
    let is_label = match back.next() {
        Some(c) if LETTERS.contains(c) => back.next().is_none_or(|c| !is_syllable(c)),
        last => last.is_some_and(|c| c.is_ascii_digit()),
    };
    if behind.trim().is_empty() || !is_label {
        return false;
    }
    let from = before.floor_char_boundary(before.len().saturating_sub(LONGEST));
    let to = behind.floor_char_boundary(LONGEST.min(behind.len()));
    let around = format!("{}.{}", &before[from..], &behind[..to]);
    let dot = before.len() - from;
    NUMBERS.find_iter(&around).any(|found| found.range().contains(&dot))
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
        check(cases);
    }

    fn check(cases: &[(&str, &[&str])]) {
        for (text, expected) in cases {
            let found: Vec<&str> = sentences(text).into_iter().map(|r| &text[r]).collect();
            assert_eq!(&found, expected, "{text:?}");
        }
    }

    #[test]
    fn dates_and_numbers_of_items_stay_whole() {
        check(&[
            ("행사는 2024. 5. 16. 코엑스에서 열린다.", &["행사는 2024. 5. 16. 코엑스에서 열린다."]),
            ("행사일은 2024.5.16. 이다. 끝.", &["행사일은 2024.5.16. 이다.", "끝."]),
            ("기간은 2024. 5. 16. ~ 5. 17. 두 날이다.", &["기간은 2024. 5. 16. ~ 5. 17. 두 날이다."]),
            ("접수는 5. 16. 마감한다. 끝.", &["접수는 5. 16. 마감한다.", "끝."]),
            ("접수는 '24. 5. 부터 받는다.", &["접수는 '24. 5. 부터 받는다."]),
            ("행사일은 2024. 5. 16.\n장소는 코엑스", &["행사일은 2024. 5. 16.", "장소는 코엑스"]),
            ("행사일은 2024. 5. 16.(목)이다. 끝.", &["행사일은 2024. 5. 16.(목)이다.", "끝."]),
            ("1. 가. 항에 따른다. 끝.", &["1. 가. 항에 따른다.", "끝."]),
            ("제2조 1. 나. 항에 따른다.", &["제2조 1. 나. 항에 따른다."]),
            ("가. 목적을 적는다. 나. 뜻을 적는다.", &["가. 목적을 적는다.", "나. 뜻을 적는다."]),
            ("It grew by 3.5. Then it fell.", &["It grew by 3.5.", "Then it fell."]),
            ("It was 2024. Nobody came.", &["It was 2024.", "Nobody came."]),
            ("판은 1.2. 다음은 없다.", &["판은 1.2.", "다음은 없다."]),
            ("값은 2024. 40명이 왔다.", &["값은 2024.", "40명이 왔다."]),
        ]);
    }

    /// Notes have no full stops.
    #[test]
    fn lines_of_notes_end() {
        check(&[
            ("예산이 없음\n담당자가 있음", &["예산이 없음", "담당자가 있음"]),
            (
                "검토를 진행함\n승인됨\n공개할 예정임\n끝났음",
                &["검토를 진행함", "승인됨", "공개할 예정임", "끝났음"],
            ),
            ("다음\n행사의 처음\n이다.", &["다음\n행사의 처음\n이다."]),
            ("참가비는 점심을 포함\n한다. 모임\n이다.", &["참가비는 점심을 포함\n한다.", "모임\n이다."]),
        ]);
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
