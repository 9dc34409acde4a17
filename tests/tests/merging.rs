//! Documents and records as one: links, records that travel with passages, and sources that differ.
#![expect(clippy::expect_used, reason = "a test that cannot go on should stop")]

use e2e::{Place, assert_tells, database};
use serde_json::{Value, json};

const SETTINGS: &str = r#"
[[source]]
kind = "folder"
path = "notes"

[[source]]
kind = "sql"
name = "forums"
url = "sqlite:forums.sqlite"
table = "forums"
query = "SELECT * FROM forums ORDER BY id"
key = "id"
title = "{{ name }} 행사 기록"
text = "{{ name }}의 참석자는 {{ attendees }}명이고 주관은 {{ host }}이다."

[source.merge]
names = ["name", "name_en"]
keys = { event = "code" }
authority = "AUTHORITY"

[source.merge.check.attendees]
words = ["참석자", "attendees"]
unit = "명"

[source.merge.check.held_on]
words = ["열렸", "held"]
"#;

const ROWS: &str = "CREATE TABLE forums (id INTEGER PRIMARY KEY, name TEXT, name_en TEXT, code TEXT,
        attendees INTEGER, held_on TEXT, host TEXT);
    INSERT INTO forums VALUES
        (1, '바다포럼', 'Sea Forum', 'SEA-24', 34000, '2024-05-16', '해양연구원'),
        (2, '하늘포럼', 'Sky Forum', 'SKY-24', 500, '2024-09-03', '항공협회');";

/// A folder of notes and a database, who is right when they differ, and more rows.
fn place(authority: &str, sql: &str) -> Place {
    let place = Place::with_settings(&SETTINGS.replace("AUTHORITY", authority));
    database::create(&place.path("forums.sqlite"), &format!("{ROWS}{sql}"));
    place
}

fn note(place: &Place, name: &str, head: &str, text: &str) {
    place.write(format!("notes/{name}"), format!("---\ntitle: {name} 후기\n{head}---\n\n{text}\n"));
}

/// `passage: record by evidence`, of all links of an answer, in order.
fn links(answer: &Value) -> Vec<String> {
    let passages = answer["passages"].as_array().expect("passages");
    let of = |passage: &Value| -> Vec<String> {
        let id = passage["document_id"].as_str().unwrap_or_default().to_owned();
        let linked = passage["linked"].as_array().expect("linked").iter();
        linked
            .map(|link| format!("{id}: {} {} {}", link["document_id"], link["by"], link["evidence"]))
            .collect()
    };
    let mut all: Vec<String> = passages.iter().flat_map(of).collect();
    all.iter_mut().for_each(|link| *link = link.replace('"', ""));
    all.sort();
    all
}

#[test]
fn a_record_travels_with_the_passage_that_it_belongs_to() {
    let place = place("record", "");
    note(&place, "name.md", "", "바다 포럼에서 산호 복원 기술을 처음 들었다.");
    note(&place, "key.md", "event: SKY-24\n", "드론 배송은 이미 시범 운행을 마쳤다고 한다.");
    note(&place, "word.md", "", "바다포럼당 모임은 이 행사와 아무 상관이 없는 동호회이다.");
    let report = place.json(&["reindex", "--json"]);
    assert_eq!((&report["faults"], &report["conflicts"]), (&json!([]), &json!([])), "{report:#}");
    let cases = [
        ("산호 복원 기술은 어디에서 들었나요?", "notes/name.md: forums/1 name 바다 포럼"),
        ("드론 배송 시범 운행은 어떻게 됐나요?", "notes/key.md: forums/2 key event = SKY-24"),
    ];
    for (question, expected) in cases {
        let answer = place.ask(question);
        let links = links(&answer);
        assert!(links.contains(&expected.to_owned()), "{question}: {links:?}");
        assert!(
            links.iter().all(|link| !link.starts_with("notes/word.md")),
            "inside a longer word: {links:?}"
        );
    }
    place.write("siren.toml", place.read("siren.toml") + "\n[retrieval]\nlinked_records = 0\n");
    assert_eq!(links(&place.ask(cases[0].0)), [""; 0], "none are wanted");
}

#[test]
fn a_record_shows_only_to_those_who_may_read_it() {
    let place = place("record", "");
    let settings =
        place.read("siren.toml").replace("name = \"forums\"", "name = \"forums\"\naccess = [\"hr\"]");
    place.write("siren.toml", settings);
    note(&place, "a.md", "", "바다포럼의 참석자는 30,000명이었고 산호 복원 기술이 나왔다.");
    place.siren(&["reindex"]).exits(0);
    let ask = |groups: &str| {
        let question = "산호 복원 기술이 나온 바다포럼의 참석자는 몇 명인가요?";
        place.siren(&["ask", question, "--json", "--groups", groups]).exits(0)
    };
    let (outside, inside) = (ask("it"), ask("hr"));
    for trace in ["forums/1", "34000", "34,000", "해양연구원"] {
        assert!(!outside.stdout.contains(trace), "{trace} shows: {}", outside.stdout);
    }
    let (outside, inside) = (outside.json(), inside.json());
    assert_tells("what they may read", outside["answer"].as_str().unwrap_or_default(), &["30,000명"]);
    assert_eq!((&outside["conflicts"], links(&outside)), (&json!([]), vec![]));
    assert_eq!(inside["conflicts"].as_array().map(Vec::len), Some(1), "{inside:#}");
    assert_tells("the record counts", inside["answer"].as_str().unwrap_or_default(), &["34000명"]);
}

const QUESTION: &str = "바다포럼의 참석자는 몇 명이었나요?";

#[test]
fn sources_that_differ_are_reported_and_the_authority_answers() {
    let place = place("record", "");
    note(&place, "a.md", "date: 2024-06-01\n", "# 규모\n\n바다 포럼의 참석자는 모두 3만 명이었다고 들었다.");
    note(&place, "b.md", "date: 2024-06-02\n", "바다포럼의 참석자는 약 3만 4천 명이라고 한다.");
    note(&place, "c.md", "date: 2024-06-03\n", "Sea Forum was held on May 18, 2024 by the sea.");
    let report = place.json(&["reindex", "--json"]);
    let conflicts = report["conflicts"].as_array().cloned().unwrap_or_default();
    assert_eq!(conflicts.len(), 2, "{report:#}");
    let numbers = &conflicts[0];
    assert_eq!((&numbers["field"], &numbers["authority"]), (&json!("attendees"), &json!("record")));
    assert_eq!(
        (&numbers["stated"]["text"], &numbers["recorded"]["text"]),
        (&json!("3만 명"), &json!("34,000명"))
    );
    assert_eq!(numbers["stated"]["date"], "2024-06-01");
    let (stated, recorded) = (&numbers["stated"]["locator"], &numbers["recorded"]["locator"]);
    let byte = |end: &str| usize::try_from(stated["bytes"][end].as_u64().expect("a byte")).expect("small");
    let file = place.read("notes/a.md");
    assert_eq!(&file[byte("start")..byte("end")], "3만 명", "the locator points at the statement");
    assert_eq!((&recorded["table"], &recorded["key"]), (&json!("forums"), &json!("1")));
    assert_eq!(recorded["columns"], json!(["attendees"]));
    assert_eq!(
        (&conflicts[1]["field"], &conflicts[1]["stated"]["text"]),
        (&json!("held_on"), &json!("May 18, 2024"))
    );

    let answer = place.ask(QUESTION);
    let text = answer["answer"].as_str().unwrap_or_default();
    assert_tells(
        "the record counts, with the age of both",
        text,
        &["34000명", "서로 다릅니다", "2024-06-01"],
    );
    let before = text.split('※').next().unwrap_or_default();
    assert!(!before.contains("3만 명"), "what is overruled is no answer: {text}");
    assert_eq!(answer["conflicts"].as_array().map(Vec::len), Some(1), "{answer:#}");
    assert_eq!(answer["conflicts"][0]["stated"]["document_id"], "notes/a.md");
    let cited: Vec<&str> = answer["citations"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|c| c["document_id"].as_str())
        .collect();
    assert!(cited.contains(&"forums/1") && cited.contains(&"notes/a.md"), "either can be cited: {cited:?}");
    let english = place.ask("When was the Sea Forum held?");
    let english = english["answer"].as_str().unwrap_or_default();
    assert_tells("in English", english, &["the sources differ", "May 18, 2024", "2024-06-03", "2024-05-16"]);

    let again = place.json(&["reindex", "--json"]);
    assert_eq!(
        (&again["conflicts"], &again["generation"]),
        (&report["conflicts"], &Value::Null),
        "they stand"
    );
    let told = place.siren(&["reindex"]).exits(0).stdout;
    assert_tells(
        "as text",
        &told,
        &["conflicts  2", "notes/a.md › 규모: 3만 명", "forums.sqlite › forums › 1: 34,000명"],
    );
}

#[test]
fn the_document_may_be_the_authority() {
    let place = place("document", "");
    note(&place, "a.md", "date: 2024-06-01\n", "바다포럼의 참석자는 모두 30,000명이었다.");
    place.siren(&["reindex"]).exits(0);
    let answer = place.ask(QUESTION);
    let text = answer["answer"].as_str().unwrap_or_default();
    let before = text.split('※').next().unwrap_or_default();
    assert!(before.contains("30,000명") && !before.contains("34000명"), "the document counts: {text}");
    assert_tells("and the record differs", text, &["서로 다릅니다", "34,000명"]);
    assert_eq!(answer["conflicts"][0]["authority"], "document");
}

#[test]
fn a_change_on_either_side_clears_a_conflict() {
    let place = place("record", "");
    let wrong = || note(&place, "a.md", "", "바다포럼의 참석자는 모두 30,000명이었다.");
    let report = || place.json(&["reindex", "--json"]);
    let count = |report: &Value| report["conflicts"].as_array().map(Vec::len);
    wrong();
    note(&place, "b.md", "", "하늘포럼은 조용했다.");
    assert_eq!(count(&report()), Some(1));
    let file = place.path("forums.sqlite");
    database::create(&file, &format!("{ROWS}UPDATE forums SET attendees = 30000 WHERE id = 1;"));
    let corrected = report();
    assert_eq!((count(&corrected), &corrected["touched"]), (Some(0), &json!(["forums/1"])), "{corrected:#}");
    let answer = place.ask(QUESTION);
    assert_eq!(answer["conflicts"], json!([]), "{answer:#}");
    database::create(&file, ROWS);
    assert_eq!(count(&report()), Some(1), "it comes back with the old value");
    note(&place, "a.md", "", "바다포럼의 참석자는 모두 34,000명이었다.");
    assert_eq!(count(&report()), Some(0), "the document was corrected");
    wrong();
    assert_eq!(count(&report()), Some(1));
    let settings = place.read("siren.toml").replace("\"참석자\", \"attendees\"", "\"관객\"");
    place.write("siren.toml", settings);
    let renamed = report();
    assert_eq!((count(&renamed), &renamed["documents"]["unchanged"]), (Some(0), &json!(2)), "{renamed:#}");
}
