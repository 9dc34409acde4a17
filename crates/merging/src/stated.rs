//! What a sentence says of a field, and whether that is what a record holds.

use std::ops::Range;

use siren_domain::record::Checked;
use siren_domain::{PartialDate, Value};

use crate::dates::{StatedDate, dates, most_precise};
use crate::folded::Folded;
use crate::numbers::{Number, numbers};

/// Bytes between a field's word and a number that is counted in nothing, or a name: farther away it belongs to
/// something else.
const NEAR: usize = 60;

/// What a record holds, as it can be compared.
#[derive(Debug)]
enum Recorded {
    Number(Number),
    Date(PartialDate, PartialDate),
    Name,
}

fn recorded(checked: &Checked) -> Recorded {
    let unit = checked.unit.as_deref();
    if let Some(number) = checked.value.number() {
        return Recorded::Number(Number::exact(number));
    }
    match &checked.value {
        Value::Date(date) => time(*date, checked),
        Value::Text(text) => {
            if let Some(date) = whole_date(text) {
                return time(date, checked);
            }
            let told = numbers(text, unit, &[]);
            match &told[..] {
                [number] if number.counted || number.range == (0..text.trim_end().len()) => {
                    Recorded::Number(number.clone())
                }
                _ => Recorded::Name,
            }
        }
        Value::Integer(_) | Value::Real(_) | Value::Boolean(_) => Recorded::Name,
    }
}

fn time(first: PartialDate, checked: &Checked) -> Recorded {
    let last = checked.until.as_ref().and_then(|until| match until {
        Value::Date(date) => Some(*date),
        value => whole_date(&value.to_string()),
    });
    Recorded::Date(first, last.filter(|last| *last >= first).unwrap_or(first))
}

fn holds(date: &StatedDate, first: PartialDate, last: PartialDate) -> bool {
    date.agrees(first) || (first != last && date.lies_between(first, last))
}

fn whole_date(text: &str) -> Option<PartialDate> {
    let told = dates(text);
    let [date] = &told[..] else { return text.parse().ok() };
    let whole = date.range == (0..text.trim_end().len());
    PartialDate::new(date.year?, date.month, date.day).filter(|_| whole)
}

/// A value of the same column that stands in the sentence: its place, and whether it is the record's own.
pub(crate) type Named = (Range<usize>, bool);

/// Where a sentence states the field otherwise. `taken` is what names are made of, `named` finds the column's values.
pub(crate) fn differing(
    sentence: &str,
    checked: &Checked,
    taken: &[Range<usize>],
    named: impl FnOnce(&str) -> Vec<Named>,
) -> Option<Range<usize>> {
    let words = places(sentence, &checked.words);
    if words.is_empty() {
        return None;
    }
    let dates = dates(sentence);
    match recorded(checked) {
        Recorded::Date(first, last) => {
            let told: Vec<&StatedDate> = most_precise(&dates);
            let right = told.iter().any(|date| holds(date, first, last));
            nearest(told.into_iter().map(|date| date.range.clone()), &words).filter(|_| !right)
        }
        Recorded::Number(recorded) => {
            let taken: Vec<Range<usize>> =
                dates.into_iter().map(|date| date.range).chain(taken.iter().cloned()).collect();
            let told = numbers(sentence, checked.unit.as_deref(), &taken);
            let told: Vec<Number> = told.into_iter().filter(|number| belongs(number, &words)).collect();
            let right = told.iter().any(|number| number.agrees(&recorded));
            nearest(told.into_iter().map(|number| number.range), &words).filter(|_| !right)
        }
        Recorded::Name => {
            let told = named(sentence);
            let right = told.iter().any(|(_, own)| *own);
            let near =
                told.into_iter().map(|(range, _)| range).filter(|range| distance(range, &words) <= NEAR);
            nearest(near, &words).filter(|_| !right)
        }
    }
}

/// Whether a number can be the field's: it is counted as the field is, or stands close by and is no year.
fn belongs(number: &Number, words: &[Range<usize>]) -> bool {
    let is_year = (1900.0..2100.0).contains(&number.value) && number.range.len() == 4;
    number.counted || (!is_year && distance(&number.range, words) <= NEAR)
}

/// Whether a text tells what the record holds in the field.
pub fn tells(text: &str, checked: &Checked) -> bool {
    match recorded(checked) {
        Recorded::Date(first, last) => most_precise(&dates(text)).iter().any(|date| holds(date, first, last)),
        Recorded::Number(recorded) => {
            numbers(text, checked.unit.as_deref(), &[]).iter().any(|number| number.agrees(&recorded))
        }
        Recorded::Name => !places(text, &[checked.value.to_string()]).is_empty(),
    }
}

fn places(sentence: &str, words: &[String]) -> Vec<Range<usize>> {
    let folded = Folded::new(sentence);
    words.iter().flat_map(|word| folded.places_of(&Folded::name(word).0)).collect()
}

fn nearest(told: impl Iterator<Item = Range<usize>>, words: &[Range<usize>]) -> Option<Range<usize>> {
    told.min_by_key(|range| distance(range, words))
}

fn distance(range: &Range<usize>, words: &[Range<usize>]) -> usize {
    let from = |word: &Range<usize>| {
        if word.end <= range.start { range.start - word.end } else { word.start.saturating_sub(range.end) }
    };
    words.iter().map(from).min().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use siren_domain::Value;
    use siren_domain::record::Checked;

    use super::{differing, tells};

    fn checked(value: Value, words: &[&str], unit: Option<&str>) -> Checked {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        Checked { value, until: None, words, unit: unit.map(str::to_owned) }
    }

    #[test]
    fn what_differs() {
        let people = |value| checked(value, &["참석자", "참가 신청", "attendees"], Some("명"));
        let day = |text: &str| checked(Value::text(text), &["열렸", "held"], None);
        let count = checked(Value::Integer(5), &["세션"], None);
        let two_days = || Checked { until: Some(Value::text("2024-05-17")), ..day("2024-05-16") };
        let number = Value::Integer;
        let cases: Vec<(&str, Checked, Option<&str>)> = vec![
            ("참석자는 30,000명이었다", people(number(29_000)), Some("30,000명")),
            ("참석자는 29,000명이었다", people(number(29_000)), None),
            ("참석자는 2만 9천 명이었다", people(number(29_000)), None),
            ("참석자는 약 3만 명이었다", people(number(29_000)), None),
            ("참석자는 3만 명 이상이었다", people(number(29_000)), Some("3만 명")),
            ("발표자는 30명이었다", people(number(29_000)), None),
            ("참가신청은 3만 명이 했다", people(number(29_000)), Some("3만 명")),
            ("참석자는 2024년 5월에 많았다", people(number(29_000)), None),
            ("30,000 attendees came in 2024", people(number(29_000)), Some("30,000 attendees")),
            ("참석자 40,000명 가운데 29,000명", people(number(29_000)), None),
            ("참석자 30,000명", people(Value::text("29,000명 이상이 참가를 신청했다")), None),
            ("참석자 20,000명", people(Value::text("29,000명 이상이 참가를 신청했다")), Some("20,000명")),
            ("참석자 30,000명", people(Value::Real("29000.0".into())), Some("30,000명")),
            ("2024년 5월 17일에 열렸다", day("2024-05-16"), Some("2024년 5월 17일")),
            ("2024년 5월에 열렸다", day("2024-05-16"), None),
            ("2024년 서밋은 5월 18일에 열렸다", day("2024-05-16"), Some("5월 18일")),
            ("2024년 5월 16일과 17일에 열렸다", day("2024-05-16"), None),
            ("2024년 5월 17일에 열렸다", two_days(), None),
            ("5월 18일에 열렸다", two_days(), Some("5월 18일")),
            ("2024년 5월에 열렸다", two_days(), None),
            ("It was held on May 18, 2024", day("2024-05-16"), Some("May 18, 2024")),
            (
                "2024년 6월에 열렸다",
                checked(Value::Date("2024-05".parse().unwrap()), &["열렸"], None),
                Some("2024년 6월"),
            ),
            ("세션은 모두 7개", checked(Value::Integer(5), &["세션"], Some("개")), Some("7개")),
            ("세션이 7 있었다", count.clone(), Some("7")),
            ("2024 세션", count, None),
        ];
        for (sentence, checked, expected) in cases {
            let found = differing(sentence, &checked, &[], |_| Vec::new());
            assert_eq!(found.map(|range| &sentence[range]), expected, "{sentence} {checked:?}");
        }
    }

    #[test]
    fn names_differ_only_by_the_words() {
        let city = checked(Value::text("서울"), &["장소"], None);
        let sentence = "장소는 부산이었다";
        let at = "장소는 ".len().."장소는 부산".len();
        let cases = [
            (sentence, vec![(at.clone(), false)], true),
            (sentence, vec![(at.clone(), false), (0..3, true)], false),
            (sentence, vec![], false),
            ("사람은 부산에서 왔다", vec![(at, false)], false),
        ];
        for (sentence, named, expected) in cases {
            assert_eq!(differing(sentence, &city, &[], |_| named.clone()).is_some(), expected, "{named:?}");
        }
        let far = format!("장소는 {} 부산", "멀리 ".repeat(20));
        let at = far.len() - "부산".len()..far.len();
        assert_eq!(differing(&far, &city, &[], |_| vec![(at, false)]), None);
    }

    #[test]
    fn whether_a_text_tells_a_value() {
        let cases = [
            ("29,000명이 왔다", checked(Value::Integer(29_000), &[], Some("명")), true),
            ("3만 명이 왔다", checked(Value::Integer(29_000), &[], Some("명")), false),
            ("2024년 5월 16일", checked(Value::text("2024-05-16"), &[], None), true),
            ("장소는 코엑스", checked(Value::text("코엑스"), &[], None), true),
            ("장소는 벡스코", checked(Value::text("코엑스"), &[], None), false),
        ];
        for (text, checked, expected) in cases {
            assert_eq!(tells(text, &checked), expected, "{text}");
        }
    }
}
