//! What is known of a document: from its head, its path, its heading, a row's columns.

use siren_domain::ports::{Given, ItemBody, SourceItem};
use siren_domain::{DocumentId, Metadata, Origin, Value};

use super::fakes::{SETTINGS, file, indexed};

/// `title | date | years | event | access | owner | tags | url`; what is not known is `-`.
fn told(meta: &Metadata) -> String {
    let or_none = |text: Option<String>| text.filter(|text| !text.is_empty()).unwrap_or_else(|| "-".into());
    let years: Vec<String> = meta.years.iter().map(u16::to_string).collect();
    [
        meta.title.clone(),
        or_none(meta.date.map(|date| date.to_string())),
        or_none(Some(years.join(","))),
        or_none(meta.event.clone()),
        meta.access.join(","),
        or_none(meta.owner.clone()),
        or_none(Some(meta.tags.join(","))),
        or_none(meta.url.clone()),
    ]
    .join(" | ")
}

#[track_caller]
fn check(item: SourceItem, expected: &str) {
    let given = format!("{item:?}");
    let (chunks, faults) = indexed(item, SETTINGS);
    assert_eq!(faults, [], "{given}");
    assert_eq!(told(&chunks[0].chunk.document), expected, "{given}");
}

#[test]
fn of_files() {
    let whole = "---\ntitle: 제목\ndate: 2024-05-16\nevent: AWS Summit Seoul 2024\naccess: [hr, legal]\nowner: 플랫폼팀\n\
        tags: [클라우드, 보안]\nurl: https://example.com/a\n---\n글";
    let legacy = "---\nTitle: 제목\nAccess: hr, legal\nauthor: {name: 김하나}\ncategories: 회고\npermalink: /a/\n---\n글";
    let decomposed = "\u{1112}\u{116c}\u{110b}\u{1174}\u{1105}\u{1169}\u{11a8}";
    #[rustfmt::skip]
    let cases = [
        ("a.md", whole, "제목 | 2024-05-16 | 2024 | AWS Summit Seoul 2024 | hr,legal | 플랫폼팀 | 클라우드,보안 | https://example.com/a"),
        ("a.md", legacy, "제목 | - | - | - | hr,legal | 김하나 | 회고 | -"),
        ("2019-04-17-aws-summit.md", "글", "2019-04-17 aws summit | 2019-04-17 | 2019 | - | all | - | - | -"),
        ("posts/aws-summit-seoul-2025-day2.md", "글", "aws summit seoul 2025 day2 | 2025 | 2025 | - | all | - | - | -"),
        ("2024/05/회고.md", "글", "회고 | 2024 | 2024 | - | all | - | - | -"),
        ("notes.md", "# 2023년 12월 회고\n\n글", "2023년 12월 회고 | 2023-12 | 2023 | - | all | - | - | -"),
        ("notes.md", "글\n\n# 나중 제목", "notes | - | - | - | all | - | - | -"),
        ("2019-04-17-x.md", "---\ntitle: 서밋 2019\n---\n글", "서밋 2019 | 2019-04-17 | 2019 | - | all | - | - | -"),
        ("2019-04-17-x.md", "---\ndate: 2022-11\n---\n글", "2019-04-17 x | 2022-11 | 2019,2022 | - | all | - | - | -"),
        ("a.md", "---\nevent: 인더스트리 위크 2021\n---\n글", "a | - | 2021 | 인더스트리 위크 2021 | all | - | - | -"),
        ("a.md", "---\ntitle: \"\"\n---\n# 머리말\n\n글", "머리말 | - | - | - | all | - | - | -"),
        ("a.md", "\u{feff}---\r\ntitle: 창문\r\ndate: 2024-05-16\r\n---\r\n글", "창문 | 2024-05-16 | 2024 | - | all | - | - | -"),
        ("notes.md", "# 회의록\n\n일시: 2024년 5월 17일 (금)\n\n글", "회의록 | 2024-05-17 | 2024 | - | all | - | - | -"),
        ("2024/회의록.md", "2024-05-17\n\n글", "회의록 | 2024-05-17 | 2024 | - | all | - | - | -"),
        ("2023/회의록.md", "2024-05-17\n\n글", "회의록 | 2023 | 2023 | - | all | - | - | -"),
        ("2019-04-17-x.md", "2024-05-17\n\n글", "2019-04-17 x | 2019-04-17 | 2019 | - | all | - | - | -"),
        ("-.md", "글", "-.md | - | - | - | all | - | - | -"),
        (&format!("{decomposed}.md"), "글", "회의록 | - | - | - | all | - | - | -"),
        ("a.md", &format!("---\ntitle: {decomposed}\nevent: {decomposed}\n---\n글"), "회의록 | - | - | 회의록 | all | - | - | -"),
        ("a.html", "<title>규정 2020</title><p>글", "규정 2020 | 2020 | 2020 | - | all | - | - | -"),
        ("a.txt", "글", "a | - | - | - | all | - | - | -"),
        ("a.txt", "---\ntitle: 메모\naccess: [hr]\n---\n글", "메모 | - | - | - | hr | - | - | -"),
        ("a.html", "---\nlayout: page\naccess: hr\n---\n<title>규정</title><p>글", "규정 | - | - | - | hr | - | - | -"),
        ("a.md", "\n\n---\ntitle: 늦은 머리\naccess: [hr]\n---\n글", "늦은 머리 | - | - | - | hr | - | - | -"),
        ("a.md", "+++\ntitle = \"휴고\"\ntags = [\"가\"]\naccess = [\"hr\"]\n+++\n글", "휴고 | - | - | - | hr | - | 가 | -"),
    ];
    for (path, text, expected) in cases {
        check(file(path, text), expected);
    }
}

#[test]
fn of_rows() {
    let row = |title: &str, columns: &[(&str, &str)]| SourceItem {
        id: DocumentId::new("notes", "7"),
        origin: Origin::Row { database: "d".into(), table: "t".into(), key: "7".into() },
        version: None,
        given: Given { access: vec!["hr".into()], ..Given::default() },
        body: ItemBody::Record {
            title: title.into(),
            text: "글".into(),
            fields: columns.iter().map(|(k, v)| ((*k).to_owned(), Value::text(*v))).collect(),
        },
    };
    let decomposed = "\u{1109}\u{1165}\u{1106}\u{1175}\u{11ba}";
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);
    #[rustfmt::skip]
    let cases: [Case<'_>; 8] = [
        ("발표", &[("date", "2024-05-16"), ("event", "서밋 2023"), ("owner", "총무팀"), ("url", "https://e.com")],
            "발표 | 2024-05-16 | 2023,2024 | 서밋 2023 | hr | 총무팀 | - | https://e.com"),
        ("발표", &[("held_on", "2024.5.7"), ("event_name", "서밋")], "발표 | 2024-05-07 | 2024 | 서밋 | hr | - | - | -"),
        ("수치", &[("as_of", "2021년 9월"), ("year", "2020")], "수치 | 2021-09 | 2020,2021 | - | hr | - | - | -"),
        ("2019 발표", &[], "2019 발표 | - | 2019 | - | hr | - | - | -"),
        ("  ", &[], "notes/7 | - | - | - | hr | - | - | -"),
        ("빈 칸", &[("date", ""), ("starts_on", "2022"), ("event", "")], "빈 칸 | 2022 | 2022 | - | hr | - | - | -"),
        ("날짜 아님", &[("date", "곧")], "날짜 아님 | - | - | - | hr | - | - | -"),
        (decomposed, &[("event", decomposed)], "서밋 | - | - | 서밋 | hr | - | - | -"),
    ];
    for (title, columns, expected) in cases {
        check(row(title, columns), expected);
    }
}

/// What each chunk repeats of its document is short, however long the document's owner made it.
#[test]
fn what_chunks_repeat_is_short() {
    let long = "긴 글이다. ".repeat(5_000);
    let row = |columns: &[(&str, &str)]| SourceItem {
        id: DocumentId::new("notes", "7"),
        origin: Origin::Row { database: "d".into(), table: "t".into(), key: "7".into() },
        version: None,
        given: Given { event: Some(long.clone()), owner: Some(long.clone()), ..Given::default() },
        body: ItemBody::Record {
            title: long.clone(),
            text: long.clone(),
            fields: columns.iter().map(|(k, v)| ((*k).to_owned(), Value::text(*v))).collect(),
        },
    };
    let medium = "가".repeat(500);
    let head =
        format!("---\ntitle: {long}\nowner: {long}\ntags: [{long}]\n---\n# {long}\n\n{long}\n\n## 둘\n\n글");
    let cases: [(&str, SourceItem, &[&str]); 5] = [
        ("a file", file("a.md", head), &[]),
        ("a file's heading", file("a.md", format!("# {long}\n\n{long}\n\n## 둘\n\n글")), &[]),
        ("a row", row(&[("id", "7"), ("body", &long), ("answer", &medium)]), &["answer", "id"]),
        ("a row of long columns", row(&[("body", &long), ("more", &long)]), &["body"]),
        (
            "a row of many",
            row(&[("a", &medium), ("b", &medium), ("c", &medium), ("id", "7")]),
            &["a", "b", "id"],
        ),
    ];
    for (case, item, kept) in cases {
        let (chunks, _) = indexed(item, SETTINGS);
        assert!(chunks.len() > 10, "{case}: {}", chunks.len());
        for chunk in &chunks {
            let stored = serde_json::to_string(&chunk.chunk).map_or(usize::MAX, |json| json.len());
            assert!(stored < 16_000, "{case}: {stored}");
        }
        let fields: Vec<&str> = chunks[0].chunk.document.fields.keys().map(String::as_str).collect();
        assert_eq!(fields, kept, "{case}");
        let facets = chunks[0].chunk.document.facets();
        assert!(facets.iter().all(|facet| facet.len() < 400), "{case}: {facets:?}");
    }
}

#[test]
fn a_head_that_cannot_be_read_shows_a_file_to_nobody_it_may_hide_from() {
    let utf16 = |text: &str| -> Vec<u8> {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    };
    let utf8 = |text: &str| text.as_bytes().to_vec();
    #[rustfmt::skip]
    let cases = [
        ("a list that is not closed", utf8("---\ntitle: x\ntags: [a, b\n---\n글"), Some("notes/a.md:")),
        ("the same, behind a mark, with Windows' line ends", utf8("\u{feff}---\r\ntags: [a\r\n---\r\n글"), Some("notes/a.md:")),
        ("a date that is none", utf8("---\ndate: 곧\naccess: [hr]\n---\n글"), Some("notes/a.md")),
        ("the word only in the body", utf8("---\ntags: [a\n---\nAccess: 는 이렇게 쓴다."), Some("notes/a.md:")),
        ("a key that only begins so", utf8("---\ntags: [a\naccessories: b\n---\n글"), Some("notes/a.md:")),
        ("an access line", utf8("---\naccess: [hr]\ntags: [a\n---\n글"), None),
        ("an access line that is itself broken", utf8("---\naccess: [hr\n---\n글"), None),
        ("in capitals, with a space", utf8("---\nACCESS : [hr\n---\n글"), None),
        ("indented", utf8("---\n  access: [hr\n---\n글"), None),
        ("in quotes", utf8("---\n\"access\": [hr\n---\n글"), None),
        ("in UTF-16", utf16("---\naccess: [hr\n---\n글"), None),
        ("a head that is not closed", utf8("---\ntitle: x\naccess: [hr]\n\n글"), None),
        ("groups in a form that is not known", utf8("---\naccess: {groups: [hr]}\n---\n글"), None),
        ("no groups", utf8("---\naccess:\n---\n글"), None),
    ];
    for (case, bytes, place) in cases {
        let (chunks, faults) = indexed(file("notes/a.md", bytes), SETTINGS);
        assert_eq!(faults.len(), 1, "{case}: {faults:?}");
        assert_eq!(chunks.is_empty(), place.is_none(), "{case}: {:?}", faults[0]);
        assert_eq!(faults[0].kept, place.is_some(), "{case}: {:?}", faults[0]);
        assert!(faults[0].place.starts_with(place.unwrap_or("notes/a.md")), "{case}: {:?}", faults[0]);
        assert!(place.is_some() || faults[0].problem.contains("access"), "{case}: {:?}", faults[0]);
        assert!(!faults[0].remedy.is_empty(), "{case}");
    }
}
