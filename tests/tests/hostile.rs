//! Files made, or broken, to do harm: each costs itself and is told, the rest is indexed. All are made here.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::io::{Read, Write};
use std::time::Instant;

use e2e::{Place, assert_tells, repository};
use serde_json::Value;
use zip::write::{SimpleFileOptions, ZipWriter};

const GOOD: &str = "# 분실물\n\n분실물은 지하 1층 안내 창구에서 보관한다.\n";

/// A zip archive of these files.
fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A workbook of a few kilobytes whose first sheet spans every cell that there can be.
fn endless_sheet() -> Vec<u8> {
    let real = std::fs::read(repository().join("tests/fixtures/budget.xlsx")).unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(real)).unwrap();
    let cell = |at: &str| format!("<c r=\"{at}\"><v>1</v></c>");
    let sheet = format!(
        "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><dimension ref=\"A1:XFD1048576\"/><sheetData><row r=\"1\">{}</row><row r=\"1048576\">{}</row></sheetData></worksheet>",
        cell("A1"),
        cell("XFD1048576")
    );
    let mut files = Vec::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).unwrap();
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        if file.name().unwrap().ends_with("sheet1.xml") {
            content = sheet.clone().into_bytes();
        }
        files.push((file.name().unwrap().into_owned(), content));
    }
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    packed(&files)
}

/// A PDF whose page tree and whose page content lead back to themselves.
fn cyclic_pdf() -> Vec<u8> {
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [2 0 R 3 0 R] /Parent 2 0 R /Count 2 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 3 0 R /Resources 3 0 R /XObject << /A 3 0 R >> >>",
    ];
    let mut out = "%PDF-1.4\n".to_owned();
    let mut places = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        places.push(out.len());
        out.push_str(&format!("{} 0 obj\n{object}\nendobj\n", at + 1));
    }
    let table = out.len();
    out.push_str("xref\n0 4\n0000000000 65535 f \n");
    for place in places {
        out.push_str(&format!("{place:010} 00000 n \n"));
    }
    out.push_str(&format!("trailer << /Size 4 /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n"));
    out.into_bytes()
}

/// The start of a file, and the whole of it with its middle overwritten.
fn broken(name: &str) -> [Vec<u8>; 2] {
    let whole = std::fs::read(repository().join("tests/fixtures").join(name)).unwrap();
    let mut spoilt = whole.clone();
    let (from, to) = (whole.len() / 4, whole.len() * 3 / 4);
    spoilt[from..to]
        .iter_mut()
        .enumerate()
        .for_each(|(at, byte)| *byte = u8::try_from(at * 151 % 251).unwrap_or(0));
    [whole[..whole.len() / 2].to_vec(), spoilt]
}

fn fault<'r>(report: &'r Value, place: &str) -> Option<&'r Value> {
    report["faults"].as_array().unwrap().iter().find(|fault| fault["place"] == place)
}

#[test]
fn each_costs_itself_only() {
    let nested = |open: &str, depth: usize, close: &str| {
        format!("{}깊은 글{}", open.repeat(depth), close.repeat(depth)).into_bytes()
    };
    let bomb = vec![b' '; 201 << 20];
    let dense = vec![b'a'; 20 << 20];
    // Kept: whether the words in it are found all the same. Else what the fault tells.
    let cases: [(&str, Vec<u8>, Option<&str>); 15] = [
        ("bomb.docx", packed(&[("word/document.xml", &bomb)]), Some("bomb")),
        ("dense.pptx", packed(&[("ppt/presentation.xml", &dense)]), Some("100 times its size")),
        ("endless.xlsx", endless_sheet(), Some("1024 MB of memory")),
        ("cyclic.pdf", cyclic_pdf(), Some("")),
        ("nothing.pdf", b"not a PDF at all".to_vec(), Some("PDF")),
        ("archive.hwpx", packed(&[("readme.txt", b"text")]), Some("archive")),
        ("line.txt", vec![b'a'; 100 << 20], Some("larger than")),
        ("null.txt", vec![0; 4096], Some("binary")),
        ("deep.html", nested("<div>", 400_000, "</div>"), None),
        ("lists.html", nested("<ul><li>", 100_000, ""), None),
        ("quotes.md", nested("> ", 20_000, ""), None),
        ("brackets.md", nested("[", 100_000, "]"), None),
        ("stars.md", nested("*a **b", 50_000, ""), None),
        ("deep.jsonl", nested("{\"a\":", 100_000, "}"), Some("JSON")),
        ("yaml.md", nested("---\na: [[[[", 1, &"[".repeat(100_000)), None),
    ];
    let place = Place::with_notes();
    place.write("notes/good.md", GOOD);
    for (name, content, _) in &cases {
        place.write(format!("notes/{name}"), content);
    }
    place.write("outside.md", "# 밖\n\n밖에 있는 글이다.\n");
    std::os::unix::fs::symlink("../outside.md", place.path("notes/escape.md")).unwrap();
    std::os::unix::fs::symlink("../notes", place.path("notes/loop")).unwrap();
    std::os::unix::fs::symlink("self.md", place.path("notes/self.md")).unwrap();

    let report = place.json(&["reindex", "--json"]);
    for (name, _, problem) in &cases {
        let told = fault(&report, &format!("notes/{name}"));
        match (problem, told) {
            (Some(problem), Some(fault)) => {
                assert_eq!(fault["kept"], false, "{name}: {fault:#}");
                assert_tells(name, fault["problem"].as_str().unwrap(), &[problem]);
                assert!(fault["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{fault:#}");
            }
            (None, told) => assert!(told.is_none_or(|fault| fault["kept"] == true), "{name}: {told:#?}"),
            (Some(_), None) => panic!("{name}: nothing is told: {report:#}"),
        }
    }
    for (link, problem) in [("escape.md", "leads out"), ("self.md", "cannot be read")] {
        let told = fault(&report, &format!("notes/{link}")).unwrap_or_else(|| panic!("{link}: {report:#}"));
        assert_tells(link, told["problem"].as_str().unwrap(), &[problem]);
    }
    let answer = place.ask("분실물은 어디에서 보관하나요?");
    assert_tells("the good one", answer["answer"].as_str().unwrap(), &["안내 창구"]);
}

#[test]
fn broken_files_of_every_format_are_told() {
    let place = Place::with_notes();
    place.write("notes/good.md", GOOD);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(repository().join("tests/fixtures")).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !entry.path().is_file() || name.ends_with(".md") {
            continue;
        }
        for (kind, content) in ["half", "spoilt"].iter().zip(broken(&name)) {
            let name = format!("{kind}-{name}");
            place.write(format!("notes/{name}"), content);
            names.push(name);
        }
    }
    assert!(names.len() > 20, "{names:?}");
    let report = place.json(&["reindex", "--json"]);
    let read: Vec<_> = place.json(&["index", "show", "--json"])["documents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|document| document["id"].as_str().unwrap().to_owned())
        .collect();
    for name in names {
        // Some formats are read as far as they are whole; what is not read is told.
        let told = fault(&report, &format!("notes/{name}")).is_some();
        assert!(
            told || read.contains(&format!("notes/{name}")),
            "{name} is neither read nor told: {report:#}"
        );
    }
    let answer = place.ask("분실물은 어디에서 보관하나요?");
    assert_tells("the good one", answer["answer"].as_str().unwrap(), &["안내 창구"]);
}

/// Patterns that a reader may look through again and again. Each file ends; none takes the run with it.
#[test]
fn what_repeats_is_read_in_time_in_proportion_to_its_length() {
    const BYTES: usize = 100_000;
    #[rustfmt::skip]
    let patterns = [
        ("[", ""), ("![", ""), ("[[", ""), ("[a](", ""), ("[^1]: ", ""), ("(", ""), ("<", ""), ("<!--", ""), ("<a ", ""),
        ("</", ""), (">", ""), ("> ", ""), ("*", ""), ("**a", ""), ("_", "a"), ("~", "x"), ("=", "x"), ("x=", ""), ("`", "a"),
        ("`a``", ""), ("$", ""), ("{%", ""), ("{%}", ""), ("{{", ""), ("{:", ""), ("{{<", ""), ("%%", "%"), ("|", ""),
        ("|a", "a|b\n-|-\n"), ("-", ""), ("- ", ""), ("1. ", ""), ("&", ""), ("&amp", ""), ("&#", ""), ("\\", ""), ("#", ""),
        ("# a\n", ""), ("## b\nc\n", "# x\n"), ("- a\n", ""), ("  - a\n", ""), ("a\n===\n", ""), ("~~~\n", ""), ("\t", ""),
        (" ", "x"), ("\n", ""), ("\r", ""), (":::", ""), ("---\n", ""), ("+++\n", ""), ("access:", "---\n"), ("import ", ""),
        ("import {", ""), (" ^a", ""), ("[!", "> "), ("\"", ""), ("\"\"", ","), (",", ""), (";", ""), ("{\"a\":", ""),
        ("<b>", ""), ("<ul><li>", ""), ("<table><tr><td>", ""), ("<p", ""), ("<script>", ""), ("<h1>", ""), ("\u{200b}", "x"),
        ("가\u{301}", ""), ("\u{1112}\u{1161}", ""), ("ㅋ", ""), ("2024", ""), ("2024-05-", ""), ("http://", ""), ("a@b.", ""),
        ("A", ""), ("1", ""), ("1.", ""), ("가", ""), ("가 ", ""), (".", "가"), ("다. ", ""),
    ];
    let place = Place::with_notes();
    place.write("notes/good.md", GOOD);
    for (number, (pattern, before)) in patterns.iter().enumerate() {
        let text = format!("{before}{}", pattern.repeat(BYTES / pattern.len()));
        for format in ["md", "html", "txt", "csv", "jsonl"] {
            place.write(format!("notes/{number}.{format}"), &text);
        }
    }
    // A heading that is half a megabyte stands above many sections.
    let sections = format!("# {}\n{}", "긴 제목 ".repeat(50_000), "## b\nc\n".repeat(70_000));
    place.write("notes/sections.md", sections);
    place.write("notes/marks.md", format!("x{}", "=".repeat(1 << 20)));
    let start = Instant::now();
    let report = place.json(&["reindex", "--json"]);
    let (took, indexed) = (start.elapsed().as_secs(), report["documents"]["added"].as_u64().unwrap());
    assert!(took < 300, "{took} s");
    assert!(indexed > 100, "{report:#}");
    let answer = place.ask("분실물은 어디에서 보관하나요?");
    assert_tells("the good one", answer["answer"].as_str().unwrap(), &["안내 창구"]);
}
