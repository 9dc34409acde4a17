//! A model that judges answers: asked for, never by itself, and never trusted alone.

use e2e::model_server::{Asked, ModelServer, Reply};
use e2e::{Place, assert_tells};
use serde_json::{Value, json};

fn place(url: &str) -> Place {
    let place = Place::with_notes();
    let judge =
        format!("[judge]\nbase_url = {url:?}\nmodel = \"judge-1\"\napi_key = \"k-secret\"\nrounds = 3\n");
    place.write("siren.toml", judge + &place.read("siren.toml"));
    place.write("notes/fair.md", "---\ntitle: 가을 박람회\n---\n\n가을 박람회 참가자는 1,200명이었다. 가을 박람회는 부산에서 열렸다.\n");
    place.write("notes/menu.md", "---\ntitle: 점심 식단\n---\n\n오늘 점심에는 비빔밥이 나온다.\n");
    place.write("s/suite.toml", "schema = 1\nname = \"s\"\ndescription = \"d\"\n");
    let questions = [
        json!({ "_id": "fair", "text": "가을 박람회는 어디에서 열렸나요?", "lang": "ko", "relevant": { "notes/fair.md": 1 }, "facts": [["부산"]] }),
        json!({ "_id": "menu", "text": "점심에는 무엇이 나오나요?", "lang": "ko", "relevant": { "notes/menu.md": 1 }, "facts": [["비빔밥"], ["냉면"]] }),
        json!({ "_id": "none", "text": "주차 요금은 얼마인가요?", "lang": "ko", "tags": ["unanswerable"] }),
    ];
    place.write("s/questions.jsonl", questions.map(|line| format!("{line}\n")).concat());
    place
}

fn saying(replies: &[&str]) -> ModelServer {
    ModelServer::start(Reply::Whole(replies.iter().map(|reply| (*reply).to_owned()).collect()))
}

#[test]
fn a_judge_is_asked_several_times_and_told_beside_what_needs_none() {
    let good = r#"{"correct": 2, "grounded": 2, "reason": "옳다"}"#;
    let server = saying(&[good]);
    let place = place(&server.url());
    let plain = place.json(&["eval", "run", "s", "--json"]);
    assert!(plain.get("judge").is_none() && server.asked().is_empty(), "nobody is asked by default");

    let report = place.json(&["eval", "run", "s", "--judge", "--json", "--record", "run.json"]);
    let asked = server.asked();
    assert_eq!(asked.len(), 6, "two answers, three times each; what is withheld is not judged");
    let told = asked.iter().map(|asked| asked.body["messages"].to_string()).collect::<String>();
    assert_tells("what the judge is shown", &told, &["채점", "부산", "비빔밥", "냉면", "<passage>"]);
    assert!(!told.contains("k-secret") && asked[0].head.contains("Bearer k-secret"), "{}", asked[0].head);
    let judge = &report["judge"];
    assert_eq!(
        (&judge["judge"], &judge["rounds"], &judge["answers"]),
        (&json!("judge-1"), &json!(3), &json!(2))
    );
    let spread = &judge["itself"]["judged_correct"];
    assert_eq!(
        (&spread["mean"], &spread["deviation"], &spread["changed"]),
        (&json!(1.0), &json!(0.0), &json!(0.0))
    );
    let agreement = judge["agreement"].as_array().cloned().unwrap_or_default();
    assert_eq!(
        (&agreement[0]["with"], &agreement[0]["n"], &agreement[0]["same"]),
        (&json!("fact_recall"), &json!(2), &json!(0.5))
    );
    assert_eq!(
        agreement[0]["kappa"],
        Value::from(0.0),
        "one that always says yes agrees by chance alone: {agreement:#?}"
    );
    assert_eq!(report["overall"]["means"]["judged_grounded"], json!({ "mean": 1.0, "n": 2 }));
    let record: Value = serde_json::from_str(&place.read("run.json")).unwrap_or_default();
    assert_eq!(record["questions"][0]["judged"]["grades"].as_array().map(Vec::len), Some(3));
    assert!(!place.read("run.json").contains("k-secret"));
}

/// Another grade each time that it is asked about the same answer, and none the third time.
fn by_round(asked: &Asked) -> Value {
    let grades = match asked.body["seed"].as_u64() {
        Some(0) => r#"{"correct": 2, "grounded": 2}"#,
        Some(1) => r#"{"correct": 0, "grounded": 2}"#,
        _ => "글쎄요",
    };
    json!({ "choices": [{ "index": 0, "message": { "role": "assistant", "content": grades } }] })
}

#[test]
fn a_judge_that_contradicts_itself_is_seen_to() {
    let server = ModelServer::start(Reply::Computes(by_round));
    let place = place(&server.url());
    let report = place.json(&["eval", "run", "s", "--judge", "--json"]);
    let judge = &report["judge"];
    assert_eq!(
        (&judge["failures"], &judge["itself"]["judged_correct"]["changed"]),
        (&json!(2), &json!(1.0)),
        "{judge:#}"
    );
    let text = place.siren(&["eval", "run", "s", "--judge"]).exits(0).stdout;
    assert_tells(
        "the text",
        &text,
        &[
            "Judge judge-1: 2 answers, 3 times each, 2 times without a grade",
            "strays by",
            "kappa",
            "judged_correct with fact_recall",
        ],
    );
}

#[test]
fn without_a_judge_it_is_said_how_to_have_one() {
    let place = place("");
    let ran = place.siren(&["eval", "run", "s", "--judge"]).exits(2);
    assert_tells("no judge", &ran.stderr, &["judge.base_url"]);
    place.write("siren.toml", place.read("siren.toml").replace("rounds = 3", "rounds = 0"));
    let ran = place.siren(&["eval", "run", "s"]).exits(2);
    assert_tells("no rounds", &ran.stderr, &["siren.toml:5", "judge.rounds"]);
}

/// Never a grade.
fn rambling(_: &Asked) -> Value {
    json!({ "choices": [{ "index": 0, "message": { "role": "assistant", "content": "글쎄요" } }] })
}

#[test]
fn a_judge_that_grades_nothing_is_told_without_figures() {
    let server = ModelServer::start(Reply::Computes(rambling));
    let text = place(&server.url()).siren(&["eval", "run", "s", "--judge"]).exits(0).stdout;
    assert_tells("the text", &text, &["Judge judge-1: 0 answers", "it graded nothing"]);
    assert!(!text.contains("strays by") && !text.contains("kappa"), "{text}");
}
