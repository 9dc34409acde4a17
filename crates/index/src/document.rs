//! One type for both kinds of source: a file and a row become the same `Document`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use siren_domain::ports::{ItemBody, SourceItem};
use siren_domain::{Fault, Metadata, OffsetMap, Origin, Value};
use siren_text::normalise;

use crate::date_text::{first_date, years};
use crate::read::{FrontMatter, Reader, Section, Warning, Written};

/// A source item with all that is known of it.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) meta: Metadata,
    pub(crate) written: Written,
}

/// What became of an item.
pub(crate) struct Read {
    /// The document, if there is anything to index.
    pub(crate) document: Option<Document>,
    /// What its owner should know.
    pub(crate) fault: Option<Fault>,
    /// Whether an earlier version must not stay either: nobody knows any more who may read it.
    pub(crate) withdrawn: bool,
}

/// Reads one item. Never fails: what cannot be read is told in the fault.
pub(crate) fn read_item(reader: &dyn Reader, source: &str, item: &SourceItem) -> Read {
    match &item.body {
        ItemBody::File(bytes) => read_file(reader, source, item, bytes),
        ItemBody::Record { title, text, fields } => {
            let document = record(source, item, title, text, fields);
            Read { document: Some(document), fault: None, withdrawn: false }
        }
    }
}

fn read_file(reader: &dyn Reader, source: &str, item: &SourceItem, bytes: &[u8]) -> Read {
    let path = place(&item.origin);
    let parsed = match reader.read(&path, bytes) {
        Ok(parsed) => parsed,
        Err(error) => return failed(fault(source, item, path, error.problem, error.remedy, false)),
    };
    let warning = parsed.warning.or_else(|| bad_date(&parsed.front));
    if parsed.written.text.trim().is_empty() {
        let remedy = "write something in it, or exclude it from the source".into();
        return failed(fault(source, item, path, "it holds no text".into(), remedy, false));
    }
    if let Some((line, problem)) = hides_access(&parsed.front, warning.as_ref(), parsed.access_unread) {
        let remedy =
            "correct the front matter: until then the file is left out, so that nobody reads it who may not";
        let fault = fault(source, item, at_line(&path, line), problem, remedy.into(), false);
        return Read { withdrawn: true, ..failed(fault) };
    }
    let mut meta = metadata(source, item, &path, parsed.front, parsed.title);
    meta.language = meta.language.or_else(|| told_language(&parsed.written.text));
    let fault = warning.map(|w| fault(source, item, at_line(&path, w.line), w.problem, w.remedy, true));
    Read { document: Some(Document { meta, written: parsed.written }), fault, withdrawn: false }
}

fn failed(fault: Fault) -> Read {
    Read { document: None, fault: Some(fault), withdrawn: false }
}

fn fault(
    source: &str,
    item: &SourceItem,
    place: String,
    problem: String,
    remedy: String,
    kept: bool,
) -> Fault {
    Fault { source: source.to_owned(), document: Some(item.id.clone()), place, problem, remedy, kept }
}

fn at_line(path: &str, line: Option<u64>) -> String {
    line.map_or_else(|| path.to_owned(), |line| format!("{path}:{line}"))
}

pub(crate) fn place(origin: &Origin) -> String {
    match origin {
        Origin::File { path } => path.clone(),
        Origin::Row { database, table, key } => format!("{database} › {table} › {key}"),
    }
}

/// A head that cannot be read may hold who may see the file; then nobody may. Nor where it names nobody. Gives line and
/// problem.
fn hides_access(
    front: &FrontMatter,
    warning: Option<&Warning>,
    unread: bool,
) -> Option<(Option<u64>, String)> {
    match (warning, &front.access) {
        (Some(warning), _) if unread => {
            let problem = format!("{}, and it has an `access` line that cannot be read", warning.problem);
            Some((warning.line, problem))
        }
        (_, Some(groups)) if groups.is_empty() => {
            Some((None, "the front matter's `access` names no group: write it as [group, group]".into()))
        }
        _ => None,
    }
}

fn bad_date(front: &FrontMatter) -> Option<Warning> {
    let date = front.date.as_ref()?;
    first_date(date).is_none().then(|| Warning {
        line: None,
        problem: format!("the front matter's date {date:?} is no date"),
        remedy: "write it as YYYY-MM-DD; until then the document has no date of its own".into(),
    })
}

fn metadata(
    source: &str,
    item: &SourceItem,
    path: &str,
    front: FrontMatter,
    heading: Option<String>,
) -> Metadata {
    let title = front.title.or(heading).map(|title| normalise(&title).text);
    let title =
        title.filter(|t| !t.trim().is_empty()).unwrap_or_else(|| title_of_path(&normalise(path).text));
    // The most precise one wins: a title often has the year where the path has the day.
    let told = [front.date.as_deref(), Some(path), Some(&title)];
    let dates: Vec<_> = told.into_iter().flatten().filter_map(first_date).collect();
    let given = item.given.clone();
    let own = front.date.as_deref().and_then(first_date).or(given.date);
    let date = own.or_else(|| dates.into_iter().max_by_key(|date| date.to_string().len()));
    let event = front.event.or(given.event);
    let mut about = years(&title);
    about.extend(event.iter().flat_map(|event| years(event)));
    about.extend(years(path));
    about.extend(date.map(siren_domain::PartialDate::year));
    Metadata {
        id: item.id.clone(),
        source: source.to_owned(),
        origin: item.origin.clone(),
        title,
        event,
        date,
        years: about.into_iter().collect(),
        tags: if front.tags.is_empty() { given.tags } else { front.tags },
        owner: front.owner.or(given.owner),
        url: front.url.or(given.url),
        access: front.access.unwrap_or(given.access),
        language: front.language.or(given.language),
        fields: BTreeMap::new(),
    }
}

fn told_language(text: &str) -> Option<String> {
    siren_text::language(text).map(str::to_owned)
}

/// `2024-05-17-aws_summit.md` reads `2024-05-17 aws summit`.
pub(crate) fn title_of_path(path: &str) -> String {
    let stem = Path::new(path).file_stem().and_then(|stem| stem.to_str()).unwrap_or(path);
    let (date, rest) = match stem.get(..10) {
        Some(date) if first_date(date).is_some_and(|d| d.to_string() == date) => (date, &stem[10..]),
        _ => ("", stem),
    };
    let words: Vec<&str> = rest.split(['-', '_', ' ']).filter(|word| !word.is_empty()).collect();
    let title = format!("{date} {}", words.join(" "));
    if title.trim().is_empty() { path.to_owned() } else { title.trim().to_owned() }
}

fn record(
    source: &str,
    item: &SourceItem,
    title: &str,
    text: &str,
    fields: &BTreeMap<String, Value>,
) -> Document {
    let text = normalise(text).text;
    let told = |name: &&str| {
        fields.get(*name).map(|value| normalise(&value.to_string()).text).filter(|v| !v.is_empty())
    };
    let named = |names: &[&str]| names.iter().find_map(told);
    let given = item.given.clone();
    let named_date = || named(&["date", "held_on", "as_of", "starts_on"]).as_deref().and_then(first_date);
    let date = given.date.or_else(named_date);
    let event = given.event.or_else(|| named(&["event", "event_name"]));
    let mut about: BTreeSet<u16> = years(title);
    about.extend(event.iter().flat_map(|event| years(event)));
    about.extend(date.map(siren_domain::PartialDate::year));
    about.extend(named(&["year"]).iter().flat_map(|year| years(year)));
    let title = if title.trim().is_empty() { item.id.to_string() } else { normalise(title.trim()).text };
    let meta = Metadata {
        id: item.id.clone(),
        source: source.to_owned(),
        origin: item.origin.clone(),
        title,
        event,
        date,
        years: about.into_iter().collect(),
        tags: given.tags,
        owner: given.owner.or_else(|| named(&["owner"])),
        url: given.url.or_else(|| named(&["url"])),
        access: given.access,
        language: given.language.or_else(|| told_language(&text)),
        fields: fields.clone(),
    };
    let whole = Section { heading: Vec::new(), range: 0..text.len() };
    let offsets = OffsetMap::identity(text.len());
    Document { meta, written: Written { text, offsets, sections: vec![whole], ..Written::default() } }
}
