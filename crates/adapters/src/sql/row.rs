//! What a row says, whatever database it comes from.

use std::collections::BTreeMap;

use minijinja::{AutoEscape, Environment, Error, ErrorKind, Value};

/// A row as it came: each column's name and value, in order.
pub(super) type Row = Vec<(String, Cell)>;

/// One column's value.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    /// Nothing is known.
    Null,
    /// A value in the database's own text form.
    Known {
        /// As the database writes it.
        text: String,
        /// As a template sees it. Written out, it is `text`.
        value: Value,
    },
    /// Something that is no text, and what it is.
    NoText(String),
}

impl Cell {
    pub(super) fn integer(number: i64) -> Self {
        Self::Known { text: number.to_string(), value: Value::from(number) }
    }

    /// A real number as the database writes it. It is a number in a template too if that would write it alike.
    pub(super) fn real(text: String) -> Self {
        let number = text.parse::<f64>().ok().map(Value::from).filter(|number| number.to_string() == text);
        let value = number.unwrap_or_else(|| Value::from(text.as_str()));
        Self::Known { text, value }
    }

    pub(super) fn text(text: String) -> Self {
        let value = Value::from(text.as_str());
        Self::Known { text, value }
    }
}

/// The settings `title` and `text`, compiled.
#[derive(Clone, Debug)]
pub(super) struct Words {
    templates: Environment<'static>,
}

/// Which setting went wrong, where and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WordsError {
    pub(super) key: &'static str,
    pub(super) line: usize,
    pub(super) cause: String,
}

const KEYS: [&str; 2] = ["title", "text"];

impl Words {
    pub(super) fn new(title: &str, text: &str) -> Result<Self, WordsError> {
        let mut templates = Environment::new();
        templates.set_auto_escape_callback(|_| AutoEscape::None);
        for (key, source) in KEYS.into_iter().zip([title, text]) {
            let added = templates.add_template_owned(key, source.to_owned());
            added.map_err(|error| wrong(key, &error))?;
        }
        let words = Self { templates };
        for key in KEYS {
            // A filter or test that does not exist is met only in rendering. An empty row meets most of them.
            let unknown = |kind| {
                matches!(kind, ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction)
            };
            if let Err((kind, error)) = words.render(key, &BTreeMap::new())
                && unknown(kind)
            {
                return Err(error);
            }
        }
        Ok(words)
    }

    /// Title and text of a row.
    pub(super) fn tell(&self, row: &BTreeMap<String, Value>) -> Result<(String, String), WordsError> {
        let [title, text] = KEYS.map(|key| self.render(key, row).map_err(|(_, error)| error));
        Ok((title?, text?))
    }

    fn render(
        &self,
        key: &'static str,
        row: &BTreeMap<String, Value>,
    ) -> Result<String, (ErrorKind, WordsError)> {
        let rendered =
            self.templates.get_template(key).and_then(|template| template.render(Value::from(row.clone())));
        rendered.map_err(|error| (error.kind(), wrong(key, &error)))
    }
}

fn wrong(key: &'static str, error: &Error) -> WordsError {
    let cause = match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    };
    WordsError { key, line: error.line().unwrap_or(1), cause }
}

#[cfg(test)]
mod tests {
    use super::{Cell, Words};

    #[test]
    fn a_number_in_a_template_is_written_as_the_database_writes_it() {
        for text in ["3.0", "0.1", "-2.5", "1.0e+20", "1.0e-07", "Inf", "123456789.123457", "0.0"] {
            let Cell::Known { text: kept, value } = Cell::real(text.to_owned()) else { continue };
            assert_eq!((kept.as_str(), value.to_string().as_str()), (text, text));
        }
    }

    #[test]
    fn a_bad_template_names_setting_and_line() {
        let cases = [
            ("{{ a", "b", "title", 1),
            ("a", "one\n{% if x %}", "text", 2),
            ("a", "one\ntwo {{ x|nosuch }}", "text", 2),
            ("{{ nosuch() }}", "b", "title", 1),
        ];
        for (title, text, key, line) in cases {
            let error = Words::new(title, text).err();
            assert_eq!(error.as_ref().map(|e| (e.key, e.line)), Some((key, line)), "{error:?}");
        }
    }
}
