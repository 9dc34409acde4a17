//! Suites as data: conversations, labels that no longer fit, drafts, and what people complained of.

use e2e::{Place, assert_tells};
use serde_json::{Value, json};

#[expect(clippy::unwrap_used, reason = "test code: what is no JSON should stop the test at its place")]
fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn place() -> Place {
    let place = Place::with_notes();
    place.write("notes/fair.md", "---\ntitle: 가을 박람회\n---\n\n가을 박람회 참가자는 1,200명이었다. 가을 박람회는 부산에서 열렸다.\n");
    place.write("notes/menu.md", "---\ntitle: 점심 식단\n---\n\n오늘 점심에는 비빔밥이 나온다.\n");
    place.write("s/suite.toml", "schema = 1\nname = \"s\"\ndescription = \"d\"\n");
    let turns = json!([
        { "text": "가을 박람회는 어디에서 열렸나요?", "relevant": { "notes/fair.md": 1 }, "facts": [["부산"]], "answers": ["부산"] },
        { "text": "가을 박람회 참가자는 몇 명이었나요?", "relevant": { "notes/fair.md": 1 }, "facts": [["1200명"]], "tags": ["follow-up"] },
    ]);
    let conversation = json!({ "_id": "k001", "lang": "ko", "tags": ["talk"], "turns": turns });
    place.write("s/conversations.jsonl", format!("{conversation}\n"));
    place
}

#[test]
fn each_turn_of_a_conversation_is_a_question() {
    let place = place();
    let report = place.json(&["eval", "run", "s", "--json"]);
    let ids: Vec<_> = report["questions"].as_array().into_iter().flatten().map(|q| q["id"].clone()).collect();
    assert_eq!(ids, ["k001.1", "k001.2"]);
    assert_eq!((&report["tags"]["talk"]["n"], &report["tags"]["follow-up"]["n"]), (&json!(2), &json!(1)));
    let means = &report["overall"]["means"];
    assert_eq!(
        (&means["fact_recall"]["mean"], &means["token_f1"]["n"]),
        (&json!(1.0), &json!(1)),
        "{means:#}"
    );
    for measure in ["citation_precision", "citation_recall", "groundedness"] {
        assert_eq!(means[measure]["mean"], 1.0, "{measure}: quotes say what they say");
    }
    let wrong = [
        (r#"{"_id": "k", "lang": "ko", "turns": []}"#, "conversations.jsonl:1: turns: empty"),
        (r#"{"_id": "k", "lang": "ko", "turns": [{"text": "어디?"}]}"#, "conversations.jsonl:1: relevant"),
        (r#"{"_id": "k", "turns": [{"text": "어디?"}]}"#, "missing field `lang`"),
    ];
    for (line, needle) in wrong {
        place.write("s/conversations.jsonl", line);
        assert_tells(line, &place.siren(&["eval", "run", "s"]).exits(2).stderr, &[needle]);
    }
}

#[test]
fn labels_that_no_longer_fit_are_found() {
    let place = place();
    let fresh = place.siren(&["eval", "lint", "s"]).exits(1);
    assert_tells("never labelled", &fresh.stdout, &["unlabelled", "--refresh"]);
    place.siren(&["eval", "lint", "s", "--refresh"]).exits(0);
    assert_eq!(lines(&place.read("s/labels.jsonl"))[0]["document"], "notes/fair.md");

    place.write("notes/fair.md", place.read("notes/fair.md").replace("1,200명", "1,500명"));
    place.siren(&["reindex"]).exits(0);
    let found = place.siren(&["eval", "lint", "s", "--json"]).exits(1).json();
    let kinds: Vec<_> =
        found["findings"].as_array().into_iter().flatten().map(|f| f["kind"].clone()).collect();
    assert_eq!(kinds, ["changed", "fact"], "{found:#}");
    std::fs::remove_file(place.path("notes/fair.md")).unwrap();
    place.siren(&["reindex"]).exits(0);
    let found = place.siren(&["eval", "lint", "s"]).exits(1);
    assert_tells("gone", &found.stdout, &["k001.1: gone", "notes/fair.md"]);
}

#[test]
fn documents_suggest_questions_and_complaints_become_some() {
    let place = place();
    let drafts = lines(&place.siren(&["eval", "draft"]).exits(0).stdout);
    let figure = drafts.iter().find(|draft| draft["facts"] == json!([["1,200명"]])).expect("the figure");
    assert_eq!(
        (&figure["relevant"], &figure["tags"]),
        (&json!({ "notes/fair.md": 2 }), &json!(["draft", "figure"]))
    );
    assert_eq!(lines(&place.siren(&["eval", "draft", "--limit", "1"]).exits(0).stdout).len(), 1);
    assert_tells(
        "no such source",
        &place.siren(&["eval", "draft", "--source", "crm"]).exits(2).stderr,
        &["crm"],
    );
    // What a person keeps can be asked as it is.
    place.write("s/questions.jsonl", drafts.iter().map(|draft| format!("{draft}\n")).collect::<String>());
    place.siren(&["eval", "run", "s"]).exits(0);

    let feedback = [
        json!({ "question": "박람회는 언제였나요?", "rating": "down", "answer": "부산", "comment": "날짜를 물었다", "expected": ["notes/fair.md"], "groups": ["hr"] }),
        json!({ "question": "고마워요", "rating": "up" }),
        json!({ "question": "박람회는 언제였나요?", "rating": "down", "groups": ["hr"], "time": "2026-11-20T10:00:00Z" }),
        json!({ "question": "where is it?", "rating": "down", "history": [{ "role": "user", "content": "the fair" }] }),
    ];
    place.write("feedback.jsonl", feedback.map(|line| format!("{line}\n")).concat());
    let imported = lines(&place.siren(&["eval", "import", "feedback.jsonl"]).exits(0).stdout);
    assert_eq!(imported.len(), 2, "each complaint once: {imported:#?}");
    assert_eq!(
        (&imported[0]["lang"], &imported[0]["relevant"]),
        (&json!("ko"), &json!({ "notes/fair.md": 2 }))
    );
    assert_tells("the note", imported[1]["note"].as_str().unwrap_or_default(), &["before, user: the fair"]);
    place.write("feedback.jsonl", "{\"question\": \"a\", \"rating\": \"meh\"}\n");
    let wrong = place.siren(&["eval", "import", "feedback.jsonl"]).exits(2);
    assert_tells("an unknown rating", &wrong.stderr, &["feedback.jsonl:1", "meh"]);
}
