//! What a row says, whatever it comes from.

use minijinja::Value as Seen;
use siren_domain::{PartialDate, Value};

/// A row as it came: each column's name and value, in order.
pub(crate) type Row = Vec<(String, Cell)>;

/// One column's value.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    /// Nothing is known.
    Null,
    /// A value.
    Known {
        /// As its own system writes it.
        text: String,
        /// With its type.
        value: Value,
        /// As a template sees it. Written out, it is `text`.
        seen: Seen,
    },
    /// Something that is no text, and what it is.
    NoText(String),
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::Known { value: Value::Text(text.clone()), seen: Seen::from(text.as_str()), text }
    }

    pub(crate) fn boolean(yes: bool) -> Self {
        Self::Known { text: yes.to_string(), value: Value::Boolean(yes), seen: Seen::from(yes) }
    }

    /// A number as its system writes it, however many digits it has. It is a number in a template too if that would
    /// write it alike.
    pub(crate) fn number(text: impl Into<String>) -> Self {
        let text = text.into();
        if let Some(number) = text.parse::<i64>().ok().filter(|number| number.to_string() == text) {
            return Self::Known { text, value: Value::Integer(number), seen: Seen::from(number) };
        }
        let whole = text.parse::<i128>().ok().map(Seen::from);
        let number = whole.or_else(|| text.parse::<f64>().ok().map(Seen::from));
        let seen = number.filter(|number| number.to_string() == text);
        let seen = seen.unwrap_or_else(|| Seen::from(text.as_str()));
        let value = match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Value::Real(text.clone()),
            // Databases have numbers that are none: infinity, NaN.
            _ => Value::Text(text.clone()),
        };
        Self::Known { text, value, seen }
    }

    /// A day, with or without a time of day, as its system writes it; text if it is none.
    pub(crate) fn date(text: impl Into<String>) -> Self {
        let text = text.into();
        match day_of(&text) {
            Some(date) => Self::Known { value: Value::Date(date), seen: Seen::from(text.as_str()), text },
            None => Self::text(text),
        }
    }

    /// A value of a file that knows no types: a number if it is written as one is, a day if written as ISO 8601 does.
    pub(crate) fn guessed(text: String) -> Self {
        match text.as_str() {
            "" => Self::Null,
            number if is_plain_number(number) => Self::number(text),
            _ => Self::date(text),
        }
    }

    /// A list or an object: text as its system writes it, parts that a template can go through.
    pub(crate) fn parts(text: impl Into<String>, seen: Seen) -> Self {
        let text = text.into();
        Self::Known { value: Value::Text(text.clone()), seen, text }
    }
}

/// `2024-05-16`, whatever time of day stands behind it.
fn day_of(text: &str) -> Option<PartialDate> {
    let (day, time) = text.split_at_checked(10)?;
    let is_time = time.is_empty()
        || (time.starts_with([' ', 'T'])
            && time[1..].starts_with(|c: char| c.is_ascii_digit())
            && time[1..].bytes().all(|byte| byte.is_ascii_digit() || b":.,+-Z ".contains(&byte)));
    let date: PartialDate = day.parse().ok()?;
    (is_time && date.to_string() == day).then_some(date)
}

/// `7`, `-7`, `7.50`; not `007`, `+7`, `7.` or `1e5`, which are as likely to be codes.
fn is_plain_number(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    digits(whole) && (whole == "0" || !whole.starts_with('0')) && fraction.is_none_or(digits)
}

#[cfg(test)]
mod tests {
    use siren_domain::Value;

    use super::Cell;

    #[test]
    fn a_number_in_a_template_is_written_as_the_database_writes_it() {
        let numbers = [
            "3.0",
            "0.1",
            "-2.5",
            "1.0e+20",
            "1.0e-07",
            "Inf",
            "NaN",
            "123456789.123457",
            "0.0",
            "7",
            "-0",
            "400.00",
            "18446744073709551615",
            "-9223372036854775808",
            "12345678901234567890.123456789",
            "Infinity",
        ];
        for number in numbers {
            let Cell::Known { text, value, seen } = Cell::number(number) else { panic!("{number}") };
            assert_eq!((text.as_str(), value.to_string().as_str()), (number, number));
            assert_eq!(seen.to_string(), number);
        }
    }

    fn kind(cell: &Cell) -> &'static str {
        match cell {
            Cell::Null => "null",
            Cell::NoText(_) => "no text",
            Cell::Known { value: Value::Integer(_), .. } => "integer",
            Cell::Known { value: Value::Real(_), .. } => "real",
            Cell::Known { value: Value::Boolean(_), .. } => "boolean",
            Cell::Known { value: Value::Date(_), .. } => "date",
            Cell::Known { value: Value::Text(_), .. } => "text",
        }
    }

    #[test]
    fn a_file_without_types_is_read_as_a_person_would() {
        let cases = [
            ("", "null"),
            ("7", "integer"),
            ("-7", "integer"),
            ("0", "integer"),
            ("0.50", "real"),
            ("99999999999999999999", "real"),
            ("007", "text"),
            ("01012345678", "text"),
            ("+7", "text"),
            ("1e5", "text"),
            ("7.", "text"),
            ("-", "text"),
            ("1,000", "text"),
            ("2024-05-16", "date"),
            ("2024-5-16", "text"),
            ("2024-02-30", "text"),
            ("2024", "integer"),
            ("가나다라마바사아자차", "text"),
            ("true", "text"),
        ];
        for (text, expected) in cases {
            assert_eq!(kind(&Cell::guessed(text.to_owned())), expected, "{text:?}");
        }
    }

    #[test]
    fn a_time_of_day_is_kept_for_templates() {
        let cases = [
            ("2024-05-16", "date"),
            ("2024-05-16 09:30:00+09", "date"),
            ("2024-05-16T09:30:00Z", "date"),
            ("2024-05-16 09:30:00.123", "date"),
            ("2024-05-16 회의", "text"),
            ("2024-05-16 ", "text"),
            ("infinity", "text"),
            ("0044-03-15 BC", "text"),
            ("12024-05-16", "text"),
            ("09:30:00", "text"),
            ("", "text"),
        ];
        for (text, expected) in cases {
            let cell = Cell::date(text);
            assert_eq!(kind(&cell), expected, "{text:?}");
            let Cell::Known { text: kept, seen, .. } = cell else { panic!("{text}") };
            assert_eq!((kept.as_str(), seen.to_string().as_str()), (text, text));
        }
    }
}
