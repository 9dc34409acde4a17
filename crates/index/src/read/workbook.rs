//! XLSX, XLS and ODS: sheets as parts, each row told with the heads of its columns.

use std::io::Cursor;

use calamine::{
    Data, ExcelDateTime, Range, Reader, SheetType, Sheets, WorkbookProperties, open_workbook_auto_from_rs,
};
use siren_domain::{Part, PartKind};

use super::format::{damaged, encrypted};
use super::rows::{Heads, Role, told};
use super::writer::{MOST_OF_HEADING, Writer, shortened};
use super::{FrontMatter, Parsed, Unreadable, Warning};

/// Cells that hold something, in all sheets.
const MOST_CELLS: usize = 2_000_000;

pub(super) fn read(bytes: &[u8]) -> Result<Parsed, Unreadable> {
    let mut book: Sheets<_> =
        open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|error| unreadable(&error))?;
    let front = book.workbook_properties().map(front).unwrap_or_default();
    let mut writer = Writer::default();
    let mut cells = 0;
    let mut unread = Vec::new();
    // A sheet of charts has no cells.
    let sheets = book.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let names: Vec<String> = sheets.map(|sheet| sheet.name.clone()).collect();
    for name in names {
        let range = match book.worksheet_range(&name) {
            Ok(range) => range,
            Err(error) => {
                unread.push((name, error.to_string()));
                continue;
            }
        };
        cells += range.used_cells().count();
        if cells > MOST_CELLS {
            return Err(Unreadable::new(
                format!("it has more than {MOST_CELLS} cells"),
                "keep such tables in a database and make that a source, or exclude the file",
            ));
        }
        sheet(&name, &range, &mut writer);
    }
    let (mut written, _) = writer.finish(0);
    written.offsets = siren_domain::OffsetMap::default();
    match unread.first() {
        Some((_, error)) if written.text.trim().is_empty() => Err(damaged("a workbook", error)),
        _ => Ok(Parsed { written, front, warning: left_out(&unread), ..Parsed::default() }),
    }
}

/// Sheets that are told of by name.
const NAMED: usize = 5;

fn left_out(unread: &[(String, String)]) -> Option<Warning> {
    let (_, error) = unread.first()?;
    let names = unread.iter().take(NAMED).map(|(name, _)| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    let more = match unread.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(Warning {
        line: None,
        problem: format!("the sheets {names}{more} cannot be read, and are left out: {error}"),
        remedy: "open it in its own program and save it anew".into(),
    })
}

fn sheet(name: &str, range: &Range<Data>, writer: &mut Writer) {
    let rows = range.rows().map(|row| row.iter().map(shown).collect::<Vec<_>>());
    let rows: Vec<Vec<String>> = rows.filter(|row| row.iter().any(|cell| !cell.is_empty())).collect();
    if rows.is_empty() {
        return;
    }
    let name = shortened(name.to_owned(), MOST_OF_HEADING);
    writer.part(Part { kind: PartKind::Sheet, name: name.clone() });
    writer.heading_start(1, 0);
    writer.put(&name, 0);
    writer.heading_end(0);
    let mut heads = Heads::default();
    for row in &rows {
        if let Role::Values(heads) = heads.role(row) {
            // A paragraph of its own, so that an answer quotes this row and not its neighbours.
            writer.block(0);
            writer.put(&told(heads, row), 0);
        }
    }
    if let Some(line) = heads.alone() {
        writer.block(0);
        writer.put(&told(&[], line), 0);
    }
    writer.block(0);
}

/// A cell as a person would write it on one line.
fn shown(cell: &Data) -> String {
    match cell {
        Data::Empty | Data::Error(_) => String::new(),
        Data::String(text) => {
            siren_text::normalise(text).text.split_whitespace().collect::<Vec<_>>().join(" ")
        }
        Data::DateTime(at) if at.is_datetime() => moment(at),
        Data::DateTime(at) => at.as_f64().to_string(),
        Data::DateTimeIso(at) => at.trim_end_matches("T00:00:00").to_owned(),
        Data::Bool(told) => told.to_string().to_uppercase(),
        other => other.to_string(),
    }
}

/// A day without an hour is a date; an hour without a day is a time.
fn moment(at: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
    let time = if second == 0 {
        format!("{hour:02}:{minute:02}")
    } else {
        format!("{hour:02}:{minute:02}:{second:02}")
    };
    match (at.as_f64() < 1.0, at.as_f64().fract() == 0.0) {
        (true, _) => time,
        (false, true) => format!("{year:04}-{month:02}-{day:02}"),
        (false, false) => format!("{year:04}-{month:02}-{day:02} {time}"),
    }
}

fn unreadable(error: &calamine::Error) -> Unreadable {
    let text = error.to_string();
    if text.to_lowercase().contains("password") { encrypted() } else { damaged("a workbook", text) }
}

fn front(told: WorkbookProperties) -> FrontMatter {
    FrontMatter {
        title: told.title.filter(|title| !title.trim().is_empty()),
        owner: told.creator.filter(|author| !author.trim().is_empty()),
        date: super::day(told.created.as_deref().or(told.modified.as_deref())),
        tags: super::tags(told.keywords.iter()),
        ..FrontMatter::default()
    }
}
