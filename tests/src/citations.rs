//! Whether a citation tells the truth: its quote stands where it says.

use serde_json::Value;

use crate::{Place, database};

/// Checks every citation of an answer (`ask --json`, or a completion) against the files and rows they name.
///
/// # Panics
/// If there is none, if one quotes what is not there, or if a number in the answer has no citation.
#[track_caller]
pub fn assert_true_to_source(place: &Place, text: &str, citations: &Value) {
    let citations = citations.as_array().expect("an array of citations");
    assert!(!citations.is_empty(), "no citation: {text}");
    for (at, citation) in citations.iter().enumerate() {
        assert_eq!(citation["n"], at + 1, "citations are numbered from 1 on: {citation:#}");
        assert!(text.contains(&format!("[{}]", at + 1)), "[{}] does not stand in: {text}", at + 1);
        let locator = &citation["locator"];
        match locator["kind"].as_str() {
            Some("file") => in_file(place, citation),
            Some("row") => in_row(place, citation),
            kind => panic!("a locator of kind {kind:?}: {citation:#}"),
        }
    }
}

/// The text of a field.
#[track_caller]
fn told<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_else(|| panic!("no text in {field:?}: {value:#}"))
}

/// The words of the quote stand in this order in the bytes named, with only markup between them.
#[track_caller]
fn in_file(place: &Place, citation: &Value) {
    let (locator, quote) = (&citation["locator"], told(citation, "quote"));
    let file = std::fs::read(place.path(told(locator, "path"))).expect("the file named is there");
    let byte = |end: &str| locator["bytes"][end].as_u64().and_then(|at| usize::try_from(at).ok());
    let (start, end) = (byte("start").expect("a start"), byte("end").expect("an end"));
    let original = std::str::from_utf8(&file[start..end]).expect("a range of whole characters");
    let mut rest = original;
    for word in words(quote) {
        let at = rest.find(word).unwrap_or_else(|| {
            panic!("{word:?} does not stand in bytes {start}..{end}:\n{original}\n{citation:#}")
        });
        rest = &rest[at + word.len()..];
    }
    let letters = |text: &str| words(text).map(|word| word.chars().count()).sum::<usize>();
    assert!(
        letters(original) <= letters(quote) * 2,
        "the range is wider than the quote:\n{original}\n{citation:#}"
    );
    let headings = locator["heading"].as_array().expect("headings");
    let text = String::from_utf8_lossy(&file);
    for heading in headings.iter().filter_map(Value::as_str) {
        assert!(words(heading).all(|word| text.contains(word)), "the file has no heading {heading:?}");
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// The columns named hold values that the quote tells.
#[track_caller]
fn in_row(place: &Place, citation: &Value) {
    let (locator, quote) = (&citation["locator"], told(citation, "quote"));
    let table = told(locator, "table");
    // The sample's sources read views; `siren.toml` names them by the table that a person knows.
    let view = match table {
        "companies" => "company_records".to_owned(),
        table => format!("{}_records", table.trim_end_matches('s')),
    };
    let row = database::row(&place.path(told(locator, "database")), &view, told(locator, "key"));
    let columns: Vec<_> =
        locator["columns"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(!columns.is_empty(), "no column is named: {citation:#}");
    for column in columns {
        let value = row.get(column).unwrap_or_else(|| panic!("the row has no {column:?}: {citation:#}"));
        assert!(quote.contains(value.as_str()), "{column} = {value:?} is not in the quote: {citation:#}");
    }
}
