//! What a file is: its bytes tell of formats that have a mark, its name of those that are mere text.

use std::path::Path;

use super::Unreadable;
use super::archive::Archive;

/// A format that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Markdown,
    Html,
    Plain,
    Delimited(u8),
    JsonLines,
    Pdf,
    /// DOCX, PPTX, and what Word and PowerPoint wrote before them.
    Office,
    Workbook,
    OpenText,
    Hangul,
}

impl Format {
    /// Formats that are text keep the way back to their bytes, and are read in this process.
    pub(super) fn is_text(self) -> bool {
        !matches!(self, Self::Pdf | Self::Office | Self::Workbook | Self::OpenText | Self::Hangul)
    }

    /// Looks at the bytes before the name: a report is often sent under a wrong one.
    pub(super) fn of(path: &str, bytes: &[u8]) -> Result<Self, Unreadable> {
        if let Some(format) = marked(bytes)? {
            return Ok(format);
        }
        let extension = extension(path);
        let named = match extension.as_str() {
            "md" | "markdown" | "mdx" => Self::Markdown,
            "html" | "htm" | "xhtml" => Self::Html,
            "csv" => Self::Delimited(b','),
            "tsv" | "tab" => Self::Delimited(b'\t'),
            "jsonl" | "ndjson" => Self::JsonLines,
            name if BINARY.contains(&name) => return Err(not_what_it_says(name)),
            "txt" | "text" => Self::Plain,
            _ if looks_like_html(bytes) => Self::Html,
            _ => Self::Plain,
        };
        Ok(named)
    }
}

/// How the names of files that are read usually end.
pub const EXTENSIONS: [&str; 21] = [
    "md", "markdown", "mdx", "html", "htm", "txt", "pdf", "docx", "doc", "odt", "pptx", "ppt", "xlsx", "xls",
    "ods", "hwp", "hwpx", "csv", "tsv", "jsonl", "ndjson",
];

const BINARY: [&str; 18] = [
    "pdf", "docx", "docm", "doc", "pptx", "pptm", "ppsx", "ppt", "xlsx", "xlsm", "xlsb", "xls", "ods", "odt",
    "ott", "hwp", "hwpx", "hwt",
];

const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

fn extension(path: &str) -> String {
    Path::new(path).extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase()
}

fn marked(bytes: &[u8]) -> Result<Option<Format>, Unreadable> {
    // What stands before the mark is passed over by every PDF reader, up to a kilobyte.
    let head = &bytes[..bytes.len().min(1024)];
    if head.windows(5).any(|mark| mark == b"%PDF-") {
        return Ok(Some(Format::Pdf));
    }
    if bytes.starts_with(b"HWP Document File V3") {
        return Ok(Some(Format::Hangul));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return packed(bytes).map(Some);
    }
    if bytes.starts_with(OLE) {
        return compound(bytes).map(Some);
    }
    Ok(None)
}

fn packed(bytes: &[u8]) -> Result<Format, Unreadable> {
    let mut archive = Archive::open(bytes)?;
    let kinds = [
        ("word/", Format::Office),
        ("ppt/", Format::Office),
        ("xl/", Format::Workbook),
        ("Contents/content.hpf", Format::Hangul),
        ("Contents/section0.xml", Format::Hangul),
    ];
    let named = |start: &str| archive.names().any(|name| name.starts_with(start));
    if let Some((_, format)) = kinds.into_iter().find(|(start, _)| named(start)) {
        return Ok(format);
    }
    match archive.text("mimetype")?.as_deref().map(str::trim) {
        Some(
            "application/vnd.oasis.opendocument.text" | "application/vnd.oasis.opendocument.text-template",
        ) => Ok(Format::OpenText),
        Some("application/vnd.oasis.opendocument.spreadsheet") => Ok(Format::Workbook),
        _ => Err(Unreadable::new(
            "it is an archive, and none of the documents that are read",
            "unpack it and put the files in the folder, or exclude it from the source",
        )),
    }
}

/// Hangul, Word, Excel and PowerPoint wrote the same kind of container; the names of its streams tell them apart.
fn compound(bytes: &[u8]) -> Result<Format, Unreadable> {
    let holds = |name: &str| {
        let utf16: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        bytes.windows(utf16.len()).any(|window| window == utf16)
    };
    let kinds = [
        ("FileHeader", Format::Hangul),
        ("WordDocument", Format::Office),
        ("PowerPoint Document", Format::Office),
        ("Workbook", Format::Workbook),
        ("EncryptedPackage", Format::Office),
    ];
    let found = kinds.into_iter().find(|(name, _)| holds(name));
    match found {
        Some(("EncryptedPackage", _)) => Err(encrypted()),
        Some((_, format)) => Ok(format),
        None => Err(damaged("an office document", "its container holds no document that is known")),
    }
}

fn looks_like_html(bytes: &[u8]) -> bool {
    let start = bytes.trim_ascii_start();
    start.starts_with(b"<!") || start.get(..5).is_some_and(|tag| tag.eq_ignore_ascii_case(b"<html"))
}

fn not_what_it_says(name: &str) -> Unreadable {
    Unreadable::new(
        format!(
            "its name says {}, but its content is not: it is damaged, or it is something else",
            name.to_uppercase()
        ),
        "open it in its own program and save it anew, or exclude it from the source",
    )
}

/// A document that only a password opens.
pub(super) fn encrypted() -> Unreadable {
    Unreadable::new(
        "it is locked with a password",
        "save it without the password, or exclude it from the source",
    )
}

/// A document that its reader gave up on.
pub(super) fn damaged(what: &str, cause: impl std::fmt::Display) -> Unreadable {
    let cause = cause.to_string();
    let cause = cause.lines().next().unwrap_or_default();
    Unreadable::new(
        format!("it cannot be read as {what}: {cause}"),
        "open it in its own program and save it anew, or exclude it from the source",
    )
}
