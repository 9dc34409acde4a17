//! Every format that offices write, made by the real programs: read, found, and cited at its page, slide or sheet.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use e2e::{Place, assert_tells, repository};
use serde_json::{Value, json};

/// Where the citation points that quotes the fact. An answer may quote more than was asked for.
#[track_caller]
fn place_of(answer: &Value, fact: &str) -> Value {
    let citations = answer["citations"].as_array().into_iter().flatten();
    let quotes = |citation: &&Value| citation["quote"].as_str().is_some_and(|quote| quote.contains(fact));
    let found = citations.clone().find(quotes);
    found
        .map(|citation| citation["locator"].clone())
        .unwrap_or_else(|| panic!("{fact} is quoted nowhere: {answer:#}"))
}

/// A folder with every fixture, indexed.
fn office() -> (Place, Value) {
    let place = Place::with_notes();
    for entry in std::fs::read_dir(repository().join("tests/fixtures")).unwrap().flatten() {
        let path = entry.path();
        if path.is_file() && path.extension().is_some_and(|extension| extension != "md") {
            place.write(
                format!("notes/{}", entry.file_name().to_string_lossy()),
                std::fs::read(&path).unwrap(),
            );
        }
    }
    let report = place.json(&["reindex", "--json"]);
    (place, report)
}

#[test]
fn every_format_is_read_and_cited_at_its_place() {
    let (place, report) = office();
    let part = |kind: &str, name: &str| json!({ "kind": kind, "name": name });
    let none = Value::Null;
    #[rustfmt::skip]
    let cases = [
        ("물류팀의 다음 교육은 어디에서 여나요?", "강릉", "report.docx", none.clone(), "다음 계획"),
        ("회계팀의 다음 교육은 어디에서 여나요?", "목포", "report.doc", none.clone(), "다음 계획"),
        ("법무팀의 다음 교육은 어디에서 여나요?", "안동", "report.odt", none.clone(), "다음 계획"),
        ("구매팀의 다음 교육은 어디에서 여나요?", "전주", "report.pdf", part("page", "2"), "다음 계획"),
        ("보안팀의 다음 교육은 어디에서 여나요?", "여수", "printed.pdf", part("page", "2"), "다음 계획"),
        ("인사팀의 다음 교육은 어디에서 여나요?", "춘천", "report.hwp", none.clone(), "1. 다음 계획"),
        ("총무팀의 다음 교육은 어디에서 여나요?", "통영", "report.hwpx", none.clone(), "1. 다음 계획"),
        ("보안팀은 새벽나루 행사에 몇 명을 보냈나요?", "쉰두 명", "printed.pdf", part("page", "1"), "보안팀 참가 보고"),
        ("배포 승인은 몇 사람이면 되나요?", "한 사람", "deploy.ppt", part("slide", "1"), "하늘빛 배포 자동화"),
        ("이상이 보이면 얼마 안에 되돌리나요?", "오 분", "deploy.ppt", part("slide", "2"), "롤백 절차"),
        ("빔 프로젝터는 어디에 보관하나요?", "별관 회의실", "budget", part("sheet", "장비"), "장비"),
        ("쿠버네티스 기초 과정의 비용은 얼마인가요?", "1200000", "budget", part("sheet", "교육비"), "교육비"),
    ];
    for (question, fact, file, part, heading) in cases {
        let answer = place.ask(question);
        assert_tells(question, answer["answer"].as_str().unwrap_or_default(), &[fact]);
        let locator = place_of(&answer, fact);
        let path = locator["path"].as_str().unwrap_or_default();
        assert!(path.starts_with(&format!("notes/{file}")), "{question}: {answer:#}");
        assert_eq!(locator["part"], part, "{question}: {locator:#}");
        assert_eq!(
            locator["heading"].as_array().and_then(|path| path.last()),
            Some(&json!(heading)),
            "{locator:#}"
        );
        assert_eq!(locator["bytes"], Value::Null, "no byte of a binary file is a character of its text");
    }
    let texts = [
        ("우산은 어디에서 빌리나요?", "수위실", "notice-cp949.txt", none.clone()),
        ("자전거는 어디에 세우나요?", "거치대", "notice-utf16.txt", none.clone()),
        ("표하린의 내선은 무엇인가요?", "7101", "seats.csv", part("row", "1")),
        ("물수제비 모임은 무슨 요일인가요?", "토요일", "clubs.jsonl", part("row", "2")),
    ];
    for (question, fact, file, part) in texts {
        let answer = place.ask(question);
        assert_tells(question, answer["answer"].as_str().unwrap_or_default(), &[fact]);
        let locator = place_of(&answer, fact);
        assert_eq!(locator["path"], format!("notes/{file}"), "{question}: {answer:#}");
        assert_eq!(locator["part"], part, "{question}: {locator:#}");
        assert!(locator["bytes"]["end"].as_u64() > locator["bytes"]["start"].as_u64(), "{locator:#}");
    }
    let faults = report["faults"].as_array().unwrap();
    assert_eq!(faults.len(), 1, "{report:#}");
    assert_tells("the locked file", faults[0]["place"].as_str().unwrap(), &["notes/locked.hwp"]);
    assert_tells("the locked file", faults[0]["problem"].as_str().unwrap(), &["password"]);
}
