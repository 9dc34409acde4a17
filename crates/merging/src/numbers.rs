//! The numbers that a sentence tells: `3만 4천 명`, `34,000명`, `1.5억`, `열두 명`, `about 34 thousand`.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use siren_text::terms::is_syllable;

/// How exactly a number is meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bound {
    Exact,
    /// Give or take.
    About(f64),
    /// At least so many, and less than so many more.
    Over(f64),
    AtLeast,
    AtMost,
    Below,
}

/// A number in a sentence.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Number {
    /// With its unit.
    pub(crate) range: Range<usize>,
    pub(crate) value: f64,
    pub(crate) bound: Bound,
    /// Whether the unit that was looked for stands behind it.
    pub(crate) counted: bool,
}

impl Number {
    pub(crate) fn exact(value: f64) -> Self {
        Self { range: 0..0, value, bound: Bound::Exact, counted: false }
    }

    /// Whether both can be true.
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        let (a, b) = (self.span(), other.span());
        match (self.bound, other.bound) {
            (Bound::AtLeast, Bound::AtLeast)
            | (Bound::AtMost, Bound::AtMost)
            | (Bound::Below, Bound::Below) => same(self.value, other.value),
            _ => {
                (a.0 < b.1 || same(a.0, b.1))
                    && (b.0 < a.1 || same(b.0, a.1))
                    && !self.excludes(other)
                    && !other.excludes(self)
            }
        }
    }

    /// `30 미만` is not 30.
    fn excludes(&self, other: &Self) -> bool {
        self.bound == Bound::Below && other.span().0 >= self.value
    }

    fn span(&self) -> (f64, f64) {
        match self.bound {
            Bound::Exact => (self.value, self.value),
            Bound::About(width) => (self.value - width, self.value + width),
            Bound::Over(width) => (self.value, self.value + width),
            Bound::AtLeast => (self.value, f64::INFINITY),
            Bound::AtMost | Bound::Below => (f64::NEG_INFINITY, self.value),
        }
    }
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0) || (a.is_infinite() && b.is_infinite() && a == b)
}

/// The numbers of a sentence in order. With a unit, those that are counted in it, else those that are counted in
/// nothing. `taken` is what dates are made of.
pub(crate) fn numbers(sentence: &str, unit: Option<&str>, taken: &[Range<usize>]) -> Vec<Number> {
    let free = |range: &Range<usize>| taken.iter().all(|t| t.end <= range.start || range.end <= t.start);
    let mut out = Vec::new();
    let mut at = 0;
    while at < sentence.len() {
        if !sentence.is_char_boundary(at) {
            at += 1;
            continue;
        }
        match number_at(sentence, at, unit) {
            Some((end, number)) => {
                out.extend(number.filter(|number| free(&number.range)));
                at = end;
            }
            None => at += 1,
        }
    }
    let counted = unit.is_some() && out.iter().any(|number| number.counted);
    out.retain(|number| number.counted || !counted);
    out
}

/// A value, the size of its last digit's place, and where it ends.
struct Read {
    value: f64,
    grain: f64,
    end: usize,
    digits: bool,
}

fn number_at(text: &str, at: usize, unit: Option<&str>) -> Option<(usize, Option<Number>)> {
    let before = &text[..at];
    let last = before.chars().next_back();
    if last.is_some_and(|c| c.is_ascii_digit()) {
        return None;
    }
    // The `만` of `신청만` is a particle.
    if last.is_some_and(is_syllable) && text[at..].starts_with(is_syllable) {
        return None;
    }
    let read = read(text, at).or_else(|| native(text, at))?;
    if !read.digits && unit.is_none() {
        return None;
    }
    // `v1.2`, `EC2`: part of a name.
    let named = last.is_some_and(|c| c.is_alphabetic() && !is_syllable(c))
        || (read.digits
            && before.ends_with(['.', '-', '_'])
            && before.chars().rev().nth(1).is_some_and(char::is_alphanumeric));
    let (value, grain) = (read.value, read.grain);
    let rest = &text[read.end..];
    let over = ["여 ", "여"]
        .into_iter()
        .find_map(|mark| rest.strip_prefix(mark))
        .filter(|rest| rest.starts_with(is_syllable));
    let behind = over.unwrap_or(rest);
    let (unit_len, counted) = counted(behind, unit);
    let bare = counted || !stands_for_something(behind);
    if named || !bare || (!read.digits && !counted) {
        return Some((read.end, None));
    }
    let end = text.len() - behind.len() + unit_len;
    let bound = bound(before, &text[end..], over.is_some(), value, grain);
    let range = at..if counted { end } else { read.end };
    Some((end.max(read.end), Some(Number { range, value, bound, counted })))
}

/// How long the unit is that stands here, and whether it does.
fn counted(behind: &str, unit: Option<&str>) -> (usize, bool) {
    const SAME: [&[&str]; 3] = [
        &["명", "people", "persons", "attendees", "participants"],
        &["%", "퍼센트", "프로", "percent"],
        &["원", "won", "krw"],
    ];
    let Some(unit) = unit else { return (0, false) };
    let space = behind.len() - behind.trim_start_matches(' ').len();
    let rest = behind[space..].to_lowercase();
    let alike = SAME.iter().find(|units| units.contains(&unit)).copied().unwrap_or_default();
    let mut units = alike.iter().copied().chain([unit]).filter(|unit| rest.starts_with(&unit.to_lowercase()));
    units.next().map_or((0, false), |unit| (space + unit.len(), true))
}

/// Whether the number counts or names something by what stands right behind it: `3층`, `2일차`, `100 GB`.
fn stands_for_something(behind: &str) -> bool {
    let touching = behind.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '%' || c == '_');
    let counters = [
        "명", "개", "원", "년", "월", "일", "시간", "분", "초", "건", "회", "번", "대", "곳", "배", "주",
        "층", "위", "%", "people",
    ];
    let next = behind.trim_start_matches(' ');
    touching && !behind.starts_with(['으', '로', '은', '는', '이', '가', '을', '를'])
        || (next.len() < behind.len() && counters.iter().any(|unit| next.starts_with(unit)))
}

fn bound(before: &str, behind: &str, over: bool, value: f64, grain: f64) -> Bound {
    let before = before.trim_end().to_lowercase();
    let behind = behind.trim_start_matches([' ', '+']).to_lowercase();
    let leads = |words: &[&str]| words.iter().any(|word| before.ends_with(word));
    let follows = |words: &[&str]| words.iter().any(|word| behind.starts_with(word));
    let width = (grain / 2.0).max(value.abs() * 0.05);
    if over || follows(&["남짓"]) {
        return Bound::Over(grain.max(value.abs() * 0.1));
    }
    if follows(&["이상", "넘", "을 넘", "이 넘", "을 훌쩍", "초과", "을 돌파", "돌파", "or more"])
        || leads(&["최소", "at least", "over", "more than", "적어도"])
    {
        return Bound::AtLeast;
    }
    if follows(&["미만", "이 안", "도 안", "에 못", "이 채"]) || leads(&["less than", "fewer than", "under"])
    {
        return Bound::Below;
    }
    if follows(&["이하", "까지", "이내"]) || leads(&["최대", "up to", "at most"]) {
        return Bound::AtMost;
    }
    let about = [
        "약",
        "대략",
        "거의",
        "얼추",
        "어림잡아",
        "about",
        "around",
        "approximately",
        "nearly",
        "roughly",
        "some",
        "~",
    ];
    if leads(&about) || follows(&["가량", "정도", "안팎", "내외", "쯤", "가까이", "에 가까", "에 달하"])
    {
        return Bound::About(width);
    }
    Bound::Exact
}

const LARGE: [(char, f64); 3] = [('조', 1e12), ('억', 1e8), ('만', 1e4)];
const SMALL: [(char, f64); 3] = [('천', 1e3), ('백', 1e2), ('십', 1e1)];
const SINO: [(char, f64); 10] = [
    ('일', 1.0),
    ('이', 2.0),
    ('삼', 3.0),
    ('사', 4.0),
    ('오', 5.0),
    ('육', 6.0),
    ('칠', 7.0),
    ('팔', 8.0),
    ('구', 9.0),
    ('영', 0.0),
];

fn of(table: &[(char, f64)], c: Option<char>) -> Option<f64> {
    let c = c?;
    table.iter().find(|(known, _)| *known == c).map(|(_, value)| *value)
}

/// Digits and Korean magnitudes: `2억 3,000만`, `3만 4천`, `삼만 사천`, `1.5억`, `34 thousand`.
fn read(text: &str, at: usize) -> Option<Read> {
    let (mut total, mut grain, mut end, mut digits) = (0.0, 1.0, at, false);
    let mut below = f64::INFINITY;
    loop {
        let space = usize::from(end > at && text[end..].starts_with(' '));
        let Some((value, small_grain, next, had_digits)) = below_ten_thousand(text, end + space) else {
            break;
        };
        let magnitude = of(&LARGE, text[next..].chars().next());
        let next_end = next + magnitude.map_or(0, |_| '만'.len_utf8());
        let size = magnitude.unwrap_or(1.0);
        // What follows a magnitude is smaller than it, or another number.
        if size >= below
            || value * size >= below
            || (space == 1 && magnitude.is_none() && small_grain < 100.0 && !had_digits)
        {
            break;
        }
        total += value * size;
        grain = small_grain * size;
        digits |= had_digits;
        end = next_end;
        below = size;
        if magnitude.is_none() {
            break;
        }
    }
    if end == at {
        return None;
    }
    let (factor, length) = english_magnitude(&text[end..]);
    Some(Read { value: total * factor, grain: grain * factor, end: end + length, digits })
}

/// `34,000`, `4천`, `5백`, `사천`, `이백오십`; a magnitude alone counts as one of it.
fn below_ten_thousand(text: &str, at: usize) -> Option<(f64, f64, usize, bool)> {
    static DIGITS: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?").ok());
    let (mut total, mut grain, mut end, mut digits, mut any) = (0.0, 1.0, at, false, false);
    let mut below = f64::INFINITY;
    loop {
        let rest = text.get(end..)?;
        let literal = DIGITS.as_ref().and_then(|pattern| pattern.find(rest)).map(|found| found.as_str());
        let (coefficient, length, own_grain) = match literal {
            Some(literal) => {
                (literal.replace(',', "").parse::<f64>().ok()?, literal.len(), grain_of(literal))
            }
            None => match of(&SINO, rest.chars().next()) {
                Some(value) => (value, '일'.len_utf8(), 1.0),
                None => (1.0, 0, 1.0),
            },
        };
        let magnitude = of(&SMALL, rest[length..].chars().next());
        let large = || of(&LARGE, rest[length..].chars().next()).is_some();
        let size = magnitude.unwrap_or(1.0);
        if size >= below || (length == 0 && magnitude.is_none() && (any || !large())) {
            break;
        }
        // A lone syllable such as `이` or `일` is a word.
        if literal.is_none() && length > 0 && magnitude.is_none() && !any && !large() {
            break;
        }
        total += coefficient * size;
        grain = own_grain * size;
        end += length + magnitude.map_or(0, |_| '천'.len_utf8());
        digits |= literal.is_some();
        any = true;
        below = size;
        if magnitude.is_none() {
            break;
        }
    }
    any.then_some((total, grain, end, digits))
}

/// The place of the last digit that is not zero: of `29,000` a thousand, of `1.5` a tenth.
fn grain_of(literal: &str) -> f64 {
    let plain = literal.replace(',', "");
    if let Some((_, fraction)) = plain.split_once('.') {
        return fraction.chars().fold(1.0, |grain, _| grain / 10.0);
    }
    let zeros = plain.len() - plain.trim_end_matches('0').len();
    (0..zeros.min(plain.len().saturating_sub(1))).fold(1.0, |grain, _| grain * 10.0)
}

fn english_magnitude(rest: &str) -> (f64, usize) {
    let lower = rest.to_ascii_lowercase();
    let space = lower.len() - lower.trim_start_matches(' ').len();
    let known = [("thousand", 1e3), ("million", 1e6), ("billion", 1e9), ("k", 1e3), ("m", 1e6)];
    let fits = |word: &str| {
        let rest = &lower[space..];
        let short = word.len() == 1;
        rest.strip_prefix(word).is_some_and(|r| !r.starts_with(|c: char| c.is_alphanumeric()))
            && !(short && space > 0)
    };
    known
        .iter()
        .find(|(word, _)| space <= 1 && fits(word))
        .map_or((1.0, 0), |(word, factor)| (*factor, space + word.len()))
}

/// `두`, `열두`, `스무`: only ever before a counter.
fn native(text: &str, at: usize) -> Option<Read> {
    const TENS: [(&str, f64); 10] = [
        ("열", 10.0),
        ("스물", 20.0),
        ("스무", 20.0),
        ("서른", 30.0),
        ("마흔", 40.0),
        ("쉰", 50.0),
        ("예순", 60.0),
        ("일흔", 70.0),
        ("여든", 80.0),
        ("아흔", 90.0),
    ];
    const ONES: [(&str, f64); 14] = [
        ("하나", 1.0),
        ("한", 1.0),
        ("둘", 2.0),
        ("두", 2.0),
        ("셋", 3.0),
        ("세", 3.0),
        ("넷", 4.0),
        ("네", 4.0),
        ("다섯", 5.0),
        ("여섯", 6.0),
        ("일곱", 7.0),
        ("여덟", 8.0),
        ("아홉", 9.0),
        ("스무", 20.0),
    ];
    let rest = &text[at..];
    let tens = TENS.iter().find(|(word, _)| rest.starts_with(word));
    let length = tens.map_or(0, |(word, _)| word.len());
    let ones = ONES.iter().find(|(word, _)| rest[length..].starts_with(word));
    let end = at + length + ones.map_or(0, |(word, _)| word.len());
    let value = tens.map_or(0.0, |(_, value)| *value) + ones.map_or(0.0, |(_, value)| *value);
    (end > at).then_some(Read { value, grain: 1.0, end, digits: false })
}

#[cfg(test)]
mod tests {
    use super::{Bound, Number, numbers};

    #[test]
    fn numbers_in_sentences() {
        type Case<'a> = (&'a str, Option<&'a str>, &'a [(&'a str, f64)]);
        let cases: &[Case<'_>] = &[
            ("참석자는 3만 4천 명이었다", Some("명"), &[("3만 4천 명", 34_000.0)]),
            ("참석자 34,000명", Some("명"), &[("34,000명", 34_000.0)]),
            ("삼만 사천 명이 왔다", Some("명"), &[("삼만 사천 명", 34_000.0)]),
            ("이백오십 명", Some("명"), &[("이백오십 명", 250.0)]),
            ("열두 명과 스무 명", Some("명"), &[("열두 명", 12.0), ("스무 명", 20.0)]),
            ("천 명이 왔다", Some("명"), &[("천 명", 1_000.0)]),
            ("3만여 명", Some("명"), &[("3만여 명", 30_000.0)]),
            ("2억 3,000만 원을 썼다", Some("원"), &[("2억 3,000만 원", 230_000_000.0)]),
            ("1.5억", None, &[("1.5억", 150_000_000.0)]),
            ("매출 1.5억 원", Some("원"), &[("1.5억 원", 150_000_000.0)]),
            ("34 thousand people came", Some("명"), &[("34 thousand people", 34_000.0)]),
            ("1.5 million", None, &[("1.5 million", 1_500_000.0)]),
            ("30 퍼센트 줄었다", Some("%"), &[("30 퍼센트", 30.0)]),
            ("3층에서 29,000명이", Some("명"), &[("29,000명", 29_000.0)]),
            ("참석자: 30000", Some("명"), &[("30000", 30_000.0)]),
            ("3층, 2일차, EC2, v1.2, 100 GB", None, &[("100", 100.0)]),
            ("이 사람은 일만 한다", Some("명"), &[]),
            ("1만 2천", None, &[("1만 2천", 12_000.0)]),
            ("만 명", Some("명"), &[("만 명", 10_000.0)]),
            ("신청만 29,000명", Some("명"), &[("29,000명", 29_000.0)]),
            ("만 29,000명", Some("명"), &[("29,000명", 29_000.0)]),
            ("신청만 9,000명", Some("명"), &[("9,000명", 9_000.0)]),
            ("세션은 5개", Some("개"), &[("5개", 5.0)]),
        ];
        for (text, unit, expected) in cases {
            let found = numbers(text, *unit, &[]);
            let found: Vec<(&str, f64)> = found.iter().map(|n| (&text[n.range.clone()], n.value)).collect();
            assert_eq!(&found, expected, "{text:?}");
        }
    }

    #[test]
    fn how_a_number_is_meant() {
        let cases = [
            ("34,000명", 34_000.0, true),
            ("34,000명", 30_000.0, false),
            ("약 3만 명", 34_000.0, true),
            ("약 3만 명", 36_000.0, false),
            ("3만여 명", 34_000.0, true),
            ("3만여 명", 29_000.0, false),
            ("3만 명 이상", 34_000.0, true),
            ("3만 명 이상", 29_000.0, false),
            ("3만 명을 넘었다", 34_000.0, true),
            ("30명 미만", 29.0, true),
            ("30명 미만", 30.0, false),
            ("30명 이하", 30.0, true),
            ("최대 30명", 31.0, false),
            ("3만 명가량", 31_000.0, true),
            ("about 30,000 people", 31_000.0, true),
            ("약 29,000명", 34_000.0, false),
        ];
        for (text, recorded, expected) in cases {
            let found = numbers(text, Some("명"), &[]);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert_eq!(found[0].agrees(&Number::exact(recorded)), expected, "{text} {recorded}");
            assert_eq!(Number::exact(recorded).agrees(&found[0]), expected, "{recorded} {text}");
        }
        let at_least = |value| Number { bound: Bound::AtLeast, ..Number::exact(value) };
        assert!(at_least(5.0).agrees(&at_least(5.0)) && !at_least(5.0).agrees(&at_least(7.0)));
    }
}
