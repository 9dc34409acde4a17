//! The dates that a sentence tells, in Korean, ISO and English forms, as precisely as it does.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use siren_domain::PartialDate;

/// A date in a sentence; of a day without a year, the year may stand elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StatedDate {
    pub(crate) range: Range<usize>,
    pub(crate) year: Option<u16>,
    pub(crate) month: Option<u8>,
    pub(crate) day: Option<u8>,
}

impl StatedDate {
    /// How much is known of it.
    fn precision(&self) -> u8 {
        u8::from(self.year.is_some()) + u8::from(self.month.is_some()) + u8::from(self.day.is_some())
    }

    /// Whether it can lie between two dates, as far as all are known.
    pub(crate) fn lies_between(&self, first: PartialDate, last: PartialDate) -> bool {
        let day = self.day.map_or_else(String::new, |day| format!("-{day:02}"));
        let month = self.month.map_or_else(String::new, |month| format!("-{month:02}{day}"));
        let own = format!("{:04}{month}", self.year.unwrap_or(first.year()));
        let (first, last) = (first.to_string(), last.to_string());
        let known = own.len().min(first.len()).min(last.len());
        (&first[..known]..=&last[..known]).contains(&&own[..known])
    }

    /// Whether both can be true, as far as both are known.
    pub(crate) fn agrees(&self, recorded: PartialDate) -> bool {
        let text = recorded.to_string();
        let part = |at: Range<usize>| text.get(at).and_then(|part| part.parse::<u8>().ok());
        let same = |ours: Option<u8>, theirs: Option<u8>| match (ours, theirs) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => true,
        };
        self.year.is_none_or(|year| year == recorded.year())
            && same(self.month, part(5..7))
            && same(self.day, part(8..10))
    }
}

#[expect(clippy::expect_used, reason = "the patterns are literals that tests compile")]
static FORMS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    const MONTH: &str = "(?<m>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\\.?";
    let forms = [
        r"(?<y>\d{4})\s*년\s*(?<m>\d{1,2})\s*월(?:\s*(?<d>\d{1,2})\s*일)?".to_owned(),
        r"(?<y>(?:19|20)\d{2})\s?[-./]\s?(?<m>\d{1,2})\s?[-./]\s?(?<d>\d{1,2})".to_owned(),
        r"(?<y>(?:19|20)\d{2})[-./](?<m>0[1-9]|1[0-2])".to_owned(),
        r"(?<m>\d{1,2})\s*월\s*(?<d>\d{1,2})\s*일".to_owned(),
        format!(r"(?i)\b{MONTH}\s+(?<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?<y>\d{{4}})"),
        format!(r"(?i)(?<d>\d{{1,2}})(?:st|nd|rd|th)?\s+{MONTH},?\s+(?<y>\d{{4}})"),
        format!(r"(?i)\b{MONTH},?\s+(?<y>\d{{4}})"),
        r"(?<y>(?:19|20)\d{2})\s*년".to_owned(),
        r"(?<m>\d{1,2})\s*월".to_owned(),
    ];
    forms.iter().map(|form| Regex::new(form).expect("a valid pattern")).collect()
});

/// The dates of a sentence, in order. A day or month without a year has the sentence's only year.
pub(crate) fn dates(sentence: &str) -> Vec<StatedDate> {
    let mut out: Vec<StatedDate> = Vec::new();
    for form in FORMS.iter() {
        for found in form.captures_iter(sentence) {
            let Some(whole) = found.get(0) else { continue };
            let number = |name: &str| found.name(name).and_then(|part| part.as_str().parse::<u16>().ok());
            let month = number("m").or_else(|| month_named(found.name("m")?.as_str()));
            let small = |number: Option<u16>| number.and_then(|number| u8::try_from(number).ok());
            let date = StatedDate {
                range: whole.range(),
                year: number("y"),
                month: small(month),
                day: small(number("d")),
            };
            let alone = |c: Option<char>| !c.is_some_and(|c| c.is_ascii_digit());
            let whole_number = alone(sentence[..whole.start()].chars().next_back())
                && alone(sentence[whole.end()..].chars().next());
            let free = out.iter().all(|o| o.range.end <= whole.start() || whole.end() <= o.range.start);
            if free && whole_number && exists(&date) {
                out.push(date);
            }
        }
    }
    out.sort_by_key(|date| date.range.start);
    let mut years: Vec<u16> = out.iter().filter_map(|date| date.year).collect();
    years.dedup();
    if let [year] = years[..] {
        for date in &mut out {
            date.year.get_or_insert(year);
        }
    }
    out
}

/// Of the dates of a sentence, those that are told most precisely.
pub(crate) fn most_precise(dates: &[StatedDate]) -> Vec<&StatedDate> {
    let most = dates.iter().map(StatedDate::precision).max();
    dates.iter().filter(|date| Some(date.precision()) == most).collect()
}

fn exists(date: &StatedDate) -> bool {
    // A leap year stands for a year that is not told.
    date.month.is_none() || PartialDate::new(date.year.unwrap_or(2024), date.month, date.day).is_some()
}

fn month_named(word: &str) -> Option<u16> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let word = word.to_ascii_lowercase();
    let at = MONTHS.iter().position(|month| word.starts_with(month))?;
    u16::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::{dates, most_precise};

    /// `2024-05-16`, `?-05-16`, `2024-05`, each with its words.
    fn told(text: &str) -> Vec<String> {
        let part = |part: Option<u8>| part.map_or_else(String::new, |part| format!("-{part:02}"));
        let year = |year: Option<u16>| year.map_or_else(|| "?".to_owned(), |year| year.to_string());
        let shown = dates(text)
            .into_iter()
            .map(|d| format!("{}{}{} {}", year(d.year), part(d.month), part(d.day), &text[d.range.clone()]));
        shown.collect()
    }

    #[test]
    fn dates_in_sentences() {
        let cases: &[(&str, &[&str])] = &[
            ("2024년 5월 16일에 열렸다", &["2024-05-16 2024년 5월 16일"]),
            ("2024년 5월에", &["2024-05 2024년 5월"]),
            ("2024-05-16과 2024.5.7", &["2024-05-16 2024-05-16", "2024-05-07 2024.5.7"]),
            ("2024년 서밋은 5월 18일에", &["2024 2024년", "2024-05-18 5월 18일"]),
            ("5월 18일", &["?-05-18 5월 18일"]),
            ("May 16, 2024", &["2024-05-16 May 16, 2024"]),
            ("on 16 May 2024", &["2024-05-16 16 May 2024"]),
            ("in May 2024", &["2024-05 May 2024"]),
            ("2024년 13월", &["2024 2024년"]),
            ("12024년, 29,000명", &[]),
            ("2023년과 2024년 5월", &["2023 2023년", "2024-05 2024년 5월"]),
        ];
        for (text, expected) in cases {
            assert_eq!(&told(text), expected, "{text}");
        }
    }

    #[test]
    fn agreement_at_the_coarser_of_both() {
        let cases = [
            ("2024년 5월 16일", "2024-05-16", true),
            ("2024년 5월 16일", "2024-05", true),
            ("2024년 5월", "2024-05-16", true),
            ("2024년", "2024-05-16", true),
            ("5월 16일", "2024-05-16", true),
            ("5월 17일", "2024-05-16", false),
            ("2023년", "2024-05-16", false),
            ("2024년 6월", "2024-05-16", false),
            ("2024년 6월", "2024", true),
        ];
        for (text, recorded, expected) in cases {
            let found = dates(text);
            let agree = most_precise(&found).iter().any(|date| date.agrees(recorded.parse().unwrap()));
            assert_eq!(agree, expected, "{text} {recorded}");
        }
    }
}
