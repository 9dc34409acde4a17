//! What each format gives: its words, headings, tables and parts, and what it says of itself.
//!
//! The files lie in `tests/fixtures` of the repository, whose README tells which programs made them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::path::Path;

use siren_index::read::{BlockKind, Parsed, needs_containment, read};

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures");
    std::fs::read(folder.join(name)).unwrap()
}

fn parsed(name: &str) -> Parsed {
    read(name, &fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The headings of the section that holds these words.
fn heading_of(parsed: &Parsed, words: &str) -> String {
    let at =
        parsed.written.text.find(words).unwrap_or_else(|| panic!("{words:?} in {}", parsed.written.text));
    let section = parsed.written.sections.iter().find(|s| s.range.contains(&at)).unwrap();
    section.heading.join(" / ")
}

/// The part that holds these words.
fn part_of(parsed: &Parsed, words: &str) -> Option<String> {
    let at =
        parsed.written.text.find(words).unwrap_or_else(|| panic!("{words:?} in {}", parsed.written.text));
    let part = parsed.written.parts.iter().rev().find(|(start, _)| *start <= at)?;
    Some(format!("{:?} {}", part.1.kind, part.1.name))
}

#[test]
fn words_stand_under_their_headings_and_in_their_parts() {
    #[rustfmt::skip]
    let cases = [
        ("report.docx", "물류팀의 다음 교육은 10월에 강릉에서 연다.", "다음 계획", None),
        ("report.docx", "13:30 | 비용 절감 | 강도윤", "물류팀 참가 보고 / 일정", None),
        ("report.docx", "• 지표에는 주인이 있어야 한다.", "물류팀 참가 보고 / 배운 점", None),
        ("report.doc", "회계팀의 다음 교육은 3월에 목포에서 연다.", "다음 계획", None),
        ("report.doc", "13:30 | 비용 절감 | 강도윤", "회계팀 참가 보고 / 일정", None),
        ("report.odt", "법무팀의 다음 교육은 4월에 안동에서 연다.", "다음 계획", None),
        ("report.odt", "13:30 | 비용 절감 | 강도윤", "법무팀 참가 보고 / 일정", None),
        ("report.pdf", "두는 방법과 장애가 났을 때 되돌리는 절차를", "구매팀 참가 보고", Some("Page 1")),
        ("report.pdf", "13:30 | 비용 절감 | 강도윤", "구매팀 참가 보고", Some("Page 1")),
        ("report.pdf", "구매팀의 다음 교육은 9월에 전주에서 연다.", "다음 계획", Some("Page 2")),
        ("printed.pdf", "모두 쉰두 명을 보냈다.", "보안팀 참가 보고", Some("Page 1")),
        ("printed.pdf", "보안팀의 다음 교육은 11월에 여수에서 연다.", "다음 계획", Some("Page 2")),
        ("report.hwp", "13:30 | 비용 절감 | 강도윤", "인사팀 참가 보고 / 가. 일정", None),
        ("report.hwp", "인사팀의 다음 교육은 2월에 춘천에서 연다.", "1. 다음 계획", None),
        ("report.hwpx", "13:30 | 비용 절감 | 강도윤", "총무팀 참가 보고 / 가. 일정", None),
        ("report.hwpx", "총무팀의 다음 교육은 7월에 통영에서 연다.", "1. 다음 계획", None),
        ("budget.xlsx", "과정: 관측 도구, 시작일: 2025-05-19, 비용: 850000, 담당: 배시우", "교육비", Some("Sheet 교육비")),
        ("budget.xlsx", "과정: 합계, 비용: 2050000", "교육비", Some("Sheet 교육비")),
        ("budget.xls", "과정: 관측 도구, 시작일: 2025-05-19, 비용: 850000, 담당: 배시우", "교육비", Some("Sheet 교육비")),
        ("budget.ods", "품목: 빔 프로젝터, 수량: 2.5, 보관 장소: 별관 회의실", "장비", Some("Sheet 장비")),
        ("deploy.pptx", "승인은 한 사람이면 된다.", "하늘빛 배포 자동화", Some("Slide 1")),
        ("deploy.pptx", "이상이 보이면 오 분 안에 되돌린다.", "롤백 절차", Some("Slide 2")),
        ("deploy.pptx", "되돌린 뒤에는 담당자 문가온에게 알린다.", "롤백 절차", Some("Slide 2")),
        ("deploy.ppt", "이상이 보이면 오 분 안에 되돌린다.", "롤백 절차", Some("Slide 2")),
    ];
    for (name, words, heading, part) in cases {
        let parsed = parsed(name);
        assert_eq!(heading_of(&parsed, words), heading, "{name}: {words}");
        assert_eq!(part_of(&parsed, words).as_deref(), part, "{name}: {words}");
        assert!(parsed.written.offsets.is_empty(), "{name}: no byte of it is a character");
        assert!(needs_containment(name, &fixture(name)), "{name}");
    }
}

#[test]
fn words_of_texts_stand_at_their_bytes() {
    let cp949 = |text: &str| encoding_rs::EUC_KR.encode(text).0.into_owned();
    #[rustfmt::skip]
    let cases = [
        ("notice-cp949.txt", "수위실", cp949("수위실"), None),
        ("notice-utf16.txt", "거치대", utf16("거치대"), None),
        ("seats.csv", "표하린, 선임", cp949("표하린, 선임"), Some("Row 1")),
        ("seats.csv", "7204", b"7204".to_vec(), Some("Row 2")),
        ("clubs.jsonl", "옥상 정원", "옥상 정원".into(), Some("Row 1")),
        ("clubs.jsonl", "토요일", "토요일".into(), Some("Row 2")),
    ];
    for (name, words, bytes, part) in cases {
        let (file, parsed) = (fixture(name), parsed(name));
        let at =
            parsed.written.text.find(words).unwrap_or_else(|| panic!("{words} in {}", parsed.written.text));
        let range = parsed.written.offsets.original_range(at..at + words.len());
        assert_eq!(file[range], bytes, "{name}: {words}");
        assert_eq!(part_of(&parsed, words).as_deref(), part, "{name}: {words}");
        assert!(!needs_containment(name, &file), "{name}");
    }
    let told =
        "좌석: A-1, 이름: 표하린, 선임, 내선: 7101\n\n좌석: B-4, 이름: 그는 \"새봄\"이라 불린다, 내선: 7204";
    assert_eq!(parsed("seats.csv").written.text.trim(), told);
}

#[test]
fn documents_say_what_they_are() {
    let none = None;
    #[rustfmt::skip]
    let cases = [
        ("report.docx", Some("새벽나루 행사 보고: 물류팀"), Some("한지민"), Some("2025-06-12")),
        ("report.doc", Some("새벽나루 행사 보고: 회계팀"), Some("한지민"), Some("2025-06-12")),
        ("report.odt", Some("새벽나루 행사 보고: 법무팀"), Some("한지민"), Some("2025-06-12")),
        ("report.pdf", Some("새벽나루 행사 보고: 구매팀"), Some("한지민"), none),
        ("printed.pdf", Some("새벽나루 행사 보고: 보안팀"), none, none),
        ("budget.xlsx", Some("새벽나루 교육 예산"), Some("한지민"), Some("2025-06-12")),
        ("budget.xls", Some("새벽나루 교육 예산"), Some("한지민"), Some("2025-06-12")),
        ("budget.ods", Some("새벽나루 교육 예산"), Some("한지민"), Some("2025-06-12")),
        ("deploy.pptx", Some("하늘빛 배포 발표"), Some("문가온"), Some("2025-06-12")),
        ("deploy.ppt", Some("하늘빛 배포 발표"), Some("문가온"), Some("2025-06-12")),
    ];
    for (name, title, owner, date) in cases {
        let front = parsed(name).front;
        assert_eq!((front.title.as_deref(), front.owner.as_deref()), (title, owner), "{name}");
        // A PDF's date is the day of its export, which changes when the fixtures are made anew.
        assert!(date.is_none() || front.date.as_deref() == date, "{name}: {:?}", front.date);
        assert!(front.date.is_some_and(|date| date.len() == 10), "{name}");
    }
}

#[test]
fn tables_and_lists_are_kept_together() {
    for name in ["report.docx", "report.doc", "report.odt", "report.hwp", "report.hwpx"] {
        let written = parsed(name).written;
        let tables: Vec<_> = written.blocks.iter().filter(|block| block.kind == BlockKind::Table).collect();
        assert_eq!(tables.len(), 1, "{name}");
        let table = &written.text[tables[0].range.clone()];
        assert_eq!(
            table, "시각 | 발표 | 발표자\n10:00 | 관측 가능성 | 윤서아\n13:30 | 비용 절감 | 강도윤",
            "{name}"
        );
    }
}

#[test]
fn what_cannot_be_read_is_told_with_a_remedy() {
    let docx = fixture("report.docx");
    let encrypted = [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice(), &utf16("EncryptedPackage")].concat();
    let cases: [(&str, &[u8], &str); 6] = [
        ("locked.hwp", &fixture("locked.hwp"), "password"),
        ("a.docx", &encrypted, "password"),
        ("a.docx", &docx[..docx.len() / 2], "damaged"),
        ("a.pdf", b"", "PDF"),
        ("a.xlsx", b"plain words", "XLSX"),
        ("a.pdf", &pictures_only(), "no text layer"),
    ];
    for (name, bytes, problem) in cases {
        let error = read(name, bytes).expect_err(name);
        assert!(error.problem.contains(problem), "{name}: {error}");
        assert!(!error.remedy.is_empty());
    }
    assert!(read("a.pdf", &pictures_only()).is_err_and(|error| error.remedy.contains("OCR")));
    // A wrong name does not keep a document from being read.
    assert!(read("report.pdf", &docx).is_ok_and(|parsed| parsed.written.text.contains("물류팀")));
    assert!(!needs_containment("a.md", b"# text") && needs_containment("a.md", &vec![b'a'; 2 << 20]));
}

/// Pages and sheets that cannot be read are left out, and it is told which.
#[test]
fn what_is_left_out_is_told() {
    let page = ("", "BT /F1 12 Tf 20 100 Td (The lost property office is in the basement.) Tj ET");
    let spoilt = ("/Filter /FlateDecode", "these bytes are not compressed");
    #[rustfmt::skip]
    let cases = [
        ("a.pdf", pdf(&[page, page]), None),
        ("a.pdf", pdf(&[page, spoilt, page, spoilt]), Some("the pages 2, 4 cannot be read")),
        ("budget.xlsx", without_sheet("budget.xlsx", "sheet2.xml"), Some("\"장비\" cannot be read")),
        ("budget.xlsx", fixture("budget.xlsx"), None),
    ];
    for (name, bytes, told) in cases {
        let parsed = read(name, &bytes).unwrap();
        assert!(!parsed.written.text.trim().is_empty(), "{name}");
        let warning = parsed.warning.map(|warning| warning.problem);
        match told {
            Some(told) => assert!(warning.as_ref().is_some_and(|w| w.contains(told)), "{name}: {warning:?}"),
            None => assert_eq!(warning, None, "{name}"),
        }
    }
    let nothing_left = [pdf(&[spoilt]), pdf(&[spoilt, spoilt])];
    assert!(nothing_left.iter().all(|bytes| read("a.pdf", bytes).is_err()), "not taken for an emptied file");
}

/// The workbook without one of its sheets' files.
fn without_sheet(name: &str, sheet: &str) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(fixture(name))).unwrap();
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for at in 0..archive.len() {
        let file = archive.by_index_raw(at).unwrap();
        let keep = !file.name().unwrap().ends_with(sheet);
        if keep {
            out.raw_copy_file(file).unwrap();
        }
    }
    out.finish().unwrap().into_inner()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A PDF of one page with nothing on it but a filled rectangle.
fn pictures_only() -> Vec<u8> {
    pdf(&[("", "0 0 100 100 re f")])
}

/// A PDF of pages with these contents, each with what else stands in its stream's head.
fn pdf(pages: &[(&str, &str)]) -> Vec<u8> {
    let font = "<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>";
    let kids: Vec<String> = (0..pages.len()).map(|at| format!("{} 0 R", 3 + 2 * at)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), kids.len()),
    ];
    for (at, (head, content)) in pages.iter().enumerate() {
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Resources {font} /Contents {} 0 R >>",
            4 + 2 * at
        ));
        objects.push(format!("<< /Length {} {head} >>\nstream\n{content}\nendstream", content.len()));
    }
    let count = objects.len() + 1;
    let mut out = "%PDF-1.4\n".to_owned();
    let mut table = format!("xref\n0 {count}\n0000000000 65535 f \n");
    for (at, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", out.len()));
        out.push_str(&format!("{} 0 obj\n{object}\nendobj\n", at + 1));
    }
    let start = out.len();
    out.push_str(&format!("{table}trailer << /Size {count} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"));
    out.into_bytes()
}
