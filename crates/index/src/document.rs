//! One type for both kinds of source: a file and a row become the same `Document`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use siren_domain::ports::{ItemBody, SourceItem};
use siren_domain::{Fault, Metadata, OffsetMap, Origin, PartialDate, Value};
use siren_text::normalise;

use crate::date_text::{first_date, head_date, years};
use crate::read::{FrontMatter, MOST_OF_HEADING, Reader, Section, Warning, Written, shortened};

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
    /// What becomes of the version that the index has, where there is no document.
    pub(crate) earlier: Earlier,
}

/// What becomes of an earlier version of an item that gives no document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Earlier {
    /// The item could not be read: it may still say the same.
    Stays,
    /// It was emptied, which is how its owner takes it back; or how a full disk does, so it goes as deleted files go.
    GoesAsDeleted,
    /// Nobody knows any more who may read it.
    Goes,
}

/// Tells the event of a document from its title, where its head does not.
pub(crate) type Events<'e> = dyn Fn(&str) -> Option<String> + 'e;

/// Reads one item. Never fails: what cannot be read is told in the fault.
pub(crate) fn read_item(reader: &dyn Reader, source: &str, item: &SourceItem, events: &Events<'_>) -> Read {
    match &item.body {
        ItemBody::File(bytes) => read_file(reader, (source, events), item, bytes),
        ItemBody::Record { title, text, fields } => {
            let document = record(source, item, title, text, fields);
            Read { document: Some(document), fault: None, earlier: Earlier::Stays }
        }
    }
}

fn read_file(
    reader: &dyn Reader,
    (source, events): (&str, &Events<'_>),
    item: &SourceItem,
    bytes: &[u8],
) -> Read {
    let path = place(&item.origin);
    let parsed = match reader.read(&path, bytes) {
        Ok(parsed) => parsed,
        Err(error) => {
            let fault = fault(source, item, path, error.problem, error.remedy, false);
            return failed(fault, Earlier::Stays);
        }
    };
    let warning = parsed.warning.or_else(|| bad_date(&parsed.front));
    if let Some((line, problem)) = hides_access(&parsed.front, warning.as_ref(), parsed.access_unread) {
        let remedy =
            "correct the front matter: until then the file is left out, so that nobody reads it who may not";
        let fault = fault(source, item, at_line(&path, line), problem, remedy.into(), false);
        return failed(fault, Earlier::Goes);
    }
    if parsed.written.text.trim().is_empty() {
        let remedy = "write something in it, or exclude it from the source".into();
        let fault = fault(source, item, path, "it holds no text".into(), remedy, false);
        // Who says in it who may read it has emptied it on purpose.
        let meant = parsed.front.access.is_some();
        return failed(fault, if meant { Earlier::Goes } else { Earlier::GoesAsDeleted });
    }
    let told = (parsed.front, parsed.title);
    let mut meta = metadata((source, events), item, &path, told, &parsed.written.text);
    meta.language = meta.language.or_else(|| told_language(&parsed.written.text));
    let fault = warning.map(|w| fault(source, item, at_line(&path, w.line), w.problem, w.remedy, true));
    let document = Some(Document { meta, written: parsed.written });
    Read { document, fault, earlier: Earlier::Stays }
}

fn failed(fault: Fault, earlier: Earlier) -> Read {
    Read { document: None, fault: Some(fault), earlier }
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

/// The date that path and title tell, or where they do not tell the day, the one at the text's head that agrees.
fn precise(told: Option<PartialDate>, text: &str) -> Option<PartialDate> {
    let is_day = |date: &PartialDate| date.to_string().len() == "YYYY-MM-DD".len();
    let agrees = |head: &PartialDate| told.is_none_or(|told| head.to_string().starts_with(&told.to_string()));
    told.filter(is_day).or_else(|| head_date(text).filter(agrees)).or(told)
}

fn metadata(
    (source, events): (&str, &Events<'_>),
    item: &SourceItem,
    path: &str,
    (front, heading): (FrontMatter, Option<String>),
    text: &str,
) -> Metadata {
    let title = front.title.or(heading).map(|title| normalise(&title).text);
    let title =
        title.filter(|t| !t.trim().is_empty()).unwrap_or_else(|| title_of_path(&normalise(path).text));
    let title = brief(title);
    // The most precise one wins: a title often has the year where the path has the day.
    let told = [front.date.as_deref(), Some(path), Some(&title)];
    let dates: Vec<_> = told.into_iter().flatten().filter_map(first_date).collect();
    let given = item.given.clone();
    let own = front.date.as_deref().and_then(first_date).or(given.date);
    let told = dates.into_iter().max_by_key(|date| date.to_string().len());
    let date = own.or_else(|| precise(told, text));
    let event = front.event.or_else(|| events(&title).map(|event| normalise(&event).text)).map(brief);
    let mut about = years(&title);
    about.extend(event.iter().flat_map(|event| years(event)));
    about.extend(years(path));
    about.extend(date.map(PartialDate::year));
    Metadata {
        id: item.id.clone(),
        source: source.to_owned(),
        origin: item.origin.clone(),
        title,
        event,
        date,
        years: about.into_iter().collect(),
        tags: brief_each(if front.tags.is_empty() { given.tags } else { front.tags }),
        owner: front.owner.or(given.owner).map(brief),
        url: front.url.or(given.url),
        access: front.access.unwrap_or(given.access),
        language: front.language.or(given.language),
        fields: BTreeMap::new(),
    }
}

/// What every chunk of a document repeats must not be as long as the document.
fn brief(text: String) -> String {
    shortened(text, MOST_OF_HEADING)
}

/// Tags that a document may have.
const MOST_TAGS: usize = 200;

fn brief_each(tags: Vec<String>) -> Vec<String> {
    tags.into_iter().take(MOST_TAGS).map(brief).collect()
}

/// Bytes that the texts of a record's fields may have together where each chunk repeats them.
const MOST_OF_FIELDS: usize = 4 << 10;

/// Takes out of a record's fields the long texts, which its words tell anyway: the longest first, until the rest is short.
/// A record that has nothing else keeps the beginning of one, as it would be taken for a document.
pub(crate) fn leave_long_fields(fields: &mut BTreeMap<String, Value>) {
    let length = |value: &Value| if let Value::Text(text) = value { text.len() } else { 0 };
    let mut together: usize = fields.values().map(length).sum();
    while together > MOST_OF_FIELDS {
        let Some((longest, taken)) = fields.iter().max_by_key(|(_, value)| length(value)) else { return };
        let (longest, taken) = (longest.clone(), taken.clone());
        together -= length(&taken);
        fields.remove(&longest);
        if let (true, Value::Text(text)) = (fields.is_empty(), taken) {
            fields.insert(longest, Value::Text(brief(text)));
        }
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
    let event = given.event.or_else(|| named(&["event", "event_name"])).map(brief);
    let mut about: BTreeSet<u16> = years(title);
    about.extend(event.iter().flat_map(|event| years(event)));
    about.extend(date.map(PartialDate::year));
    about.extend(named(&["year"]).iter().flat_map(|year| years(year)));
    let title =
        if title.trim().is_empty() { item.id.to_string() } else { brief(normalise(title.trim()).text) };
    let meta = Metadata {
        id: item.id.clone(),
        source: source.to_owned(),
        origin: item.origin.clone(),
        title,
        event,
        date,
        years: about.into_iter().collect(),
        tags: brief_each(given.tags),
        owner: given.owner.or_else(|| named(&["owner"])).map(brief),
        url: given.url.or_else(|| named(&["url"])),
        access: given.access,
        language: given.language.or_else(|| told_language(&text)),
        fields: fields.clone(),
    };
    let whole = Section { heading: Vec::new(), range: 0..text.len() };
    let offsets = OffsetMap::identity(text.len());
    Document { meta, written: Written { text, offsets, sections: vec![whole], ..Written::default() } }
}
