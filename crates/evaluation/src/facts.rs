//! Does an answer say a fact, however it is spaced and punctuated?
//!
//! Korean spacing is free (`클라우드 전환` is `클라우드전환`), so white space is not compared, and neither are quotes,
//! brackets, middle dots and commas. Numbers are the exception: a space or a mark between two digits keeps them
//! apart, and a fact never matches inside a longer number.

/// Whether the answer contains the variant of a fact.
pub fn contains(answer: &str, variant: &str) -> bool {
    let (answer, variant) = (fold(answer), fold(variant));
    let Some(last_start) = answer.len().checked_sub(variant.len()) else {
        return false;
    };
    !variant.is_empty()
        && (0..=last_start)
            .filter(|&start| answer[start..].starts_with(&variant))
            .any(|start| is_whole(&answer, start, start + variant.len()))
}

/// Whether anything of the text is compared at all.
pub(crate) fn is_blank(variant: &str) -> bool {
    fold(variant).is_empty()
}

/// Stands between two numbers where white space or a mark stood. No text folds to it by itself.
const GAP: char = '\u{1f}';

/// What of a text is compared.
fn fold(text: &str) -> Vec<char> {
    let text: Vec<char> = text.chars().flat_map(char::to_lowercase).map(half_width).collect();
    let mut out: Vec<char> = Vec::with_capacity(text.len());
    let (mut spaced, mut marked) = (false, false);
    for (at, &char) in text.iter().enumerate() {
        if is_space(char) {
            spaced = true;
        } else if is_mark(char) {
            marked |= !is_thousands_comma(&text, at);
        } else {
            let before = out.last().copied().unwrap_or(GAP);
            let apart = (before.is_ascii_digit() && (spaced || marked)) || (is_myriad(before) && marked);
            if apart && char.is_ascii_digit() {
                out.push(GAP);
            }
            out.push(char);
            (spaced, marked) = (false, false);
        }
    }
    out
}

/// Full-width letters and digits become ASCII, the many dashes and tildes one.
fn half_width(char: char) -> char {
    match char {
        '\u{ff01}'..='\u{ff5d}' => {
            char::from_u32(u32::from(char) - 0xfee0).map_or(char, |c| c.to_ascii_lowercase())
        }
        '~' | '\u{ff5e}' | '\u{301c}' | '\u{223c}' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' => '-',
        _ => char,
    }
}

fn is_space(char: char) -> bool {
    char.is_whitespace()
        || char.is_control()
        || matches!(char, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

/// What varies in writing and says nothing: list marks, quotes, brackets.
fn is_mark(char: char) -> bool {
    const MARKS: &str = ",、·・‧•ㆍ･⋅∙\"'`“”‘’„«»()[]{}<>「」『』〈〉《》【】〔〕";
    MARKS.contains(char)
}

/// A comma with three digits behind it, no more, and one to three before it.
fn is_thousands_comma(text: &[char], at: usize) -> bool {
    let before = text[..at].iter().rev().take_while(|c| c.is_ascii_digit()).count();
    let behind = text[at + 1..].iter().take_while(|c| c.is_ascii_digit()).count();
    text[at] == ',' && (1..=3).contains(&before) && behind == 3
}

/// Korean counts on by these: `3억 5천만` is one number.
fn is_myriad(char: char) -> bool {
    matches!(char, '천' | '만' | '억' | '조')
}

/// Whether the stretch does not begin or end inside a longer number.
fn is_whole(text: &[char], start: usize, end: usize) -> bool {
    let number_at = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(char::is_ascii_digit);
    let myriad_at = |at: Option<usize>| {
        let unit = at.and_then(|at| text.get(at)).copied().is_some_and(is_myriad);
        unit && number_at(at.and_then(|at| at.checked_sub(1)))
    };
    let (first, last) = (Some(start), end.checked_sub(1));
    let (before, behind) = (start.checked_sub(1), Some(end));
    let begins_inside = number_at(first)
        && (number_at(before) || myriad_at(before) || before.is_some_and(|at| is_decimal_point(text, at)));
    let ends_inside = number_at(last) && (number_at(behind) || is_decimal_point(text, end));
    let counts_on = myriad_at(last) && (number_at(behind) || text.get(end).copied().is_some_and(is_myriad));
    !(begins_inside || ends_inside || counts_on)
}

/// A single dot between digits, but not behind a year: 2023.5 and 2023.5.16 are dates.
fn is_decimal_point(text: &[char], at: usize) -> bool {
    let in_chain = |c: &&char| c.is_ascii_digit() || **c == '.';
    let left: Vec<char> = text[..at].iter().rev().take_while(in_chain).copied().collect();
    let right: Vec<char> = text.iter().skip(at + 1).take_while(in_chain).copied().collect();
    let digit = |c: Option<&char>| c.is_some_and(char::is_ascii_digit);
    let between = text.get(at) == Some(&'.') && digit(left.first()) && digit(right.first());
    let inner_dot = |part: &[char]| {
        let part = part.iter().rposition(char::is_ascii_digit).map_or(part, |end| &part[..end]);
        part.contains(&'.')
    };
    let year = matches!(left[..], [_, _, '9', '1'] | [_, _, '0', '2']);
    between && !year && !inner_dot(&left) && !inner_dot(&right)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::contains;

    #[test]
    fn says_a_fact_in_any_writing() {
        let cases = [
            ("행사는 2023년 5월에 열렸다", "2023년5월"),
            ("클라우드전환이 핵심", "클라우드 전환"),
            ("비용을 1,234,567원 줄였다", "1234567원"),
            ("비용을 1234567원 줄였다", "1,234,567 원"),
            ("비용을 １，２３４원 줄였다", "1,234원"),
            ("한국·일본에서", "한국, 일본"),
            ("한국ㆍ일본에서", "한국·일본"),
            ("“생성형 AI”를", "생성형 ai"),
            ("아마존(Amazon) 웹 서비스", "아마존 amazon 웹"),
            ("2023～2024년", "2023-2024년"),
            ("3–5개", "3~5개"),
            ("고객은 5개다", "5개"),
            ("AWS Summit 2023 5개 발표", "5개"),
            ("리전이 12, 5개 지사", "5개"),
            ("매출 5천억, 3개 지사", "3개"),
            ("2023. 5. 16.", "2023.5.16"),
            ("2023. 5. 16.", "16"),
            ("2023.05", "2023"),
            ("13억, 3억", "3억"),
            ("2,024, 100개", "100개"),
            ("버전 1.29.3", "1.29"),
            ("S3 버킷", "s3"),
        ];
        for (answer, variant) in cases {
            assert!(contains(answer, variant), "{variant:?} in {answer:?}");
        }
    }

    #[test]
    fn does_not_find_what_is_not_said() {
        let cases = [
            ("15개", "5개"),
            ("13억", "3억"),
            ("1,500원", "500원"),
            ("12.5%", "5%"),
            ("2.5배", "2"),
            ("3억 5천만 원", "5천만 원"),
            ("3억 5천만 원", "3억"),
            ("5천만", "5천"),
            ("2023년", "202"),
            ("2023", "23"),
            ("v1.29", "v1.2"),
            ("20235개", "5개"),
            ("2023 5", "20235"),
            ("고객", "고객사"),
            ("무엇이든", ""),
            ("무엇이든", " · "),
            ("", "가"),
        ];
        for (answer, variant) in cases {
            assert!(!contains(answer, variant), "{variant:?} in {answer:?}");
        }
    }

    /// Words, numbers and marks. Between the parts of one number there is nothing.
    fn words() -> impl Strategy<Value = Vec<String>> {
        let word = prop_oneof!["[가-힣]{1,3}", "[a-zA-Z]{1,3}", "[0-9]{1,3}개", "[0-9]억", "[·“”()~-]"];
        proptest::collection::vec(word, 1..8)
    }

    proptest! {
        #[test]
        fn spacing_never_changes_the_outcome(
            answer in words(),
            other in words(),
            (from, length, taken) in (0_usize..8, 1_usize..5, proptest::bool::ANY),
            spaces in proptest::collection::vec("[ \u{3000}\n]{0,2}", 16),
        ) {
            // Spaces go between words and inside Hangul and Latin ones, never between two digits.
            let spaced = |words: &[String]| {
                let mut out = String::new();
                for (space, char) in spaces.iter().cycle().zip(words.concat().chars()) {
                    let number = out.ends_with(|c: char| c.is_ascii_digit()) && char.is_ascii_digit();
                    out.push_str(if number { "" } else { space });
                    out.push(char);
                }
                out
            };
            // Half of the variants are taken from the answer: most of those are contained.
            let end = (from + length).min(answer.len());
            let variant = if taken && from < end { answer[from..end].to_vec() } else { other };
            let plain = contains(&answer.concat(), &variant.concat());
            prop_assert_eq!(plain, contains(&spaced(&answer), &variant.concat()));
            prop_assert_eq!(plain, contains(&answer.concat(), &spaced(&variant)));
        }

        #[test]
        fn a_text_contains_its_words_by_themselves(answer in words()) {
            let words = answer.iter().filter(|word| !super::is_blank(word));
            for word in words.filter(|word| word.chars().all(char::is_alphabetic)) {
                prop_assert!(contains(&answer.join(" "), word));
            }
        }

        #[test]
        fn a_digit_in_front_hides_a_number(number in 1_u32..1000, digit in 1_u32..10) {
            let (short, long) = (format!("{number}개"), format!("약 {digit}{number}개"));
            prop_assert!(!contains(&long, &short));
        }
    }
}
