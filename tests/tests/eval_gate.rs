//! An index that is worse is not served: half of it gone, wrongly analysed, or showing what it must not.

use std::collections::BTreeMap;
use std::sync::Arc;

use e2e::{Place, assert_tells, repository};
use serde_json::{Value, json};
use siren_adapters::embedded::EmbeddedStore;
use siren_domain::Chunk;
use siren_domain::ports::{Among, AnalysedChunk, DocumentRecord, IndexStore};

fn conference() -> String {
    repository().join("eval/conference").to_string_lossy().into_owned()
}

/// The sample, with the suite as the gate of its index.
fn gated() -> Place {
    let place = Place::with_sample();
    let settings = place.read("siren.toml") + &format!("\n[eval]\ngate = {:?}\n", conference());
    place.write("siren.toml", settings);
    place.siren(&["reindex"]).exits(0);
    place
}

fn gate_of(place: &Place, number: u64) -> Value {
    let listed = place.json(&["index", "list", "--json"]);
    let mut generations = listed["generations"].as_array().into_iter().flatten();
    let generation = generations.find(|generation| generation["number"] == number);
    generation.map_or(Value::Null, |generation| generation["gate"]["outcome"].clone())
}

#[test]
fn half_of_the_documents_gone_keeps_the_old_index() {
    let place = gated();
    assert_eq!(gate_of(&place, 1), "passed");
    let whole = place.read("siren.toml");
    let cut = whole.replacen("include = ", "exclude = [\"*2024*\", \"*2025*\"]\ninclude = ", 1);
    place.write("siren.toml", cut);

    let ran = place.siren(&["reindex", "--allow-shrink"]).exits(3);
    assert_tells(
        "the reason",
        &ran.stderr,
        &["refuses generation 2", "loss: nDCG@10", "worse on c0", "--no-gate"],
    );
    assert_eq!((place.live(), gate_of(&place, 2)), (1, json!("refused")));
    let asked = place.ask("셀 기반 아키텍처와 MSA는 무엇이 다른가요?");
    assert_eq!(asked["generation"], 1, "the old index answers");

    let again = place.siren(&["reindex", "--allow-shrink", "--json"]).exits(3);
    assert_eq!((&again.json()["refused"], &again.json()["generation"]), (&json!(3), &Value::Null));
    place.siren(&["reindex", "--allow-shrink", "--no-gate"]).exits(0);
    assert_eq!((place.live(), gate_of(&place, 4)), (4, json!("skipped")), "remembered with the generation");
    place.siren(&["index", "rollback"]).exits(0);
    assert_eq!(place.live(), 1, "the ones that were refused are passed over");
}

const ACCESS_SUITE: &str = r#"{"_id": "menu", "text": "점심에는 무엇이 나오나요?", "lang": "ko", "relevant": {"notes/menu.md": 1}, "facts": [["비빔밥"]], "tags": ["must"]}
{"_id": "site", "text": "새 사옥 부지는 어디인가요?", "lang": "ko", "tags": ["unanswerable"], "forbidden": ["notes/site.md"]}
{"_id": "site-hr", "text": "새 사옥 부지는 어디인가요?", "lang": "ko", "groups": ["hr"], "relevant": {"notes/site.md": 1}, "facts": [["판교"]]}
"#;

fn small() -> Place {
    let place = Place::with_notes();
    place.write("siren.toml", place.read("siren.toml") + "[eval]\ngate = \"suite\"\n");
    place.write("suite/suite.toml", "schema = 1\nname = \"access\"\ndescription = \"d\"\n");
    place.write("suite/questions.jsonl", ACCESS_SUITE);
    place.write("notes/menu.md", "---\ntitle: 점심 식단\n---\n\n오늘 점심에는 비빔밥이 나온다.\n");
    site(&place, "hr");
    place.siren(&["reindex"]).exits(0);
    place
}

fn site(place: &Place, access: &str) {
    let text = format!("---\ntitle: 새 사옥\naccess: [{access}]\n---\n\n새 사옥 부지는 판교이다.\n");
    place.write("notes/site.md", text);
}

#[test]
fn a_leak_keeps_the_old_index_and_so_does_a_lost_answer() {
    let place = small();
    let run = place.json(&["eval", "run", "suite", "--json"]);
    assert_eq!(run["overall"]["means"]["leaks"]["mean"], 0.0, "{run:#}");
    site(&place, "all");
    let ran = place.siren(&["reindex"]).exits(3);
    assert_tells("the leak", &ran.stderr, &["leak: site (새 사옥 부지는 어디인가요?)", "notes/site.md"]);
    assert_eq!(place.live(), 1);

    site(&place, "hr");
    place.write("notes/menu.md", "---\ntitle: 구내식당\n---\n\n구내식당은 지하에 있다.\n");
    let ran = place.siren(&["reindex"]).exits(3);
    assert_tells("the lost answer", &ran.stderr, &["lost: menu", "must be answered"]);
    assert_eq!(place.live(), 1);
}

#[test]
fn what_a_generation_answered_is_kept_as_long_as_the_generation() {
    let place = small();
    place.write(".siren/gate/notes.json", "somebody's own");
    for at in 2..=4 {
        place.write("notes/more.md", format!("회의실은 {at}층에 있다.\n"));
        place.siren(&["reindex"]).exits(0);
    }
    assert_eq!(place.names(".siren/gate"), ["1.json", "2.json", "3.json", "4.json", "notes.json"]);
    place.siren(&["index", "prune", "--keep", "2"]).exits(0);
    assert_eq!(place.names(".siren/gate"), ["3.json", "4.json", "notes.json"]);
    place.write("siren.toml", place.read("siren.toml") + "[index]\nkeep_generations = 1\n");
    place.write("notes/more.md", "회의실은 5층에 있다.\n");
    place.siren(&["reindex"]).exits(0);
    assert_eq!(place.names(".siren/gate"), ["5.json", "notes.json"], "a run prunes, too");
}

#[test]
fn without_a_gate_it_is_said_once() {
    let place = Place::with_notes();
    place.write("notes/a.md", "점심에는 비빔밥이 나온다.\n");
    let first = place.siren(&["reindex"]).exits(0);
    assert_tells("the first run", &first.stderr, &["no gate", "eval.gate"]);
    let second = place.siren(&["reindex"]).exits(0);
    assert!(!second.stderr.contains("no gate"), "{}", second.stderr);
    let wrong = Place::with_settings("[eval]\ngate = \"nowhere\"\n");
    let ran = wrong.siren(&["reindex"]).exits(2);
    assert_tells("a gate that is not there", &ran.stderr, &["nowhere", "suite.toml"]);
}

/// What is done to a generation's documents: each with its chunks, kept as they are, changed or left out.
type Breaking = fn(usize, DocumentRecord, Vec<Chunk>) -> Option<(DocumentRecord, Vec<AnalysedChunk>)>;

/// Serves a copy of the live generation that was broken on purpose.
#[expect(clippy::unwrap_used, reason = "test code: what goes wrong in it should stop the test at its place")]
fn broken(place: &Place, breaking: Breaking) {
    let listed = place.json(&["index", "list", "--json"]);
    let identity = listed["generations"][0]["identity"].clone();
    let analyser = identity["analyser"].as_str().unwrap().to_owned();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Arc::new(EmbeddedStore::new(place.path(".siren"), analyser));
        let live = store.live().await.unwrap().unwrap();
        let mut chunks: BTreeMap<String, Vec<Chunk>> = BTreeMap::new();
        let mut add = |chunk: Chunk| chunks.entry(chunk.document.id.to_string()).or_default().push(chunk);
        store.chunks(live.number, &Among::All, &mut add).await.unwrap();
        let mut writer = store.begin(Some(live.number)).await.unwrap();
        let mut records = Vec::new();
        store.documents(live.number, &mut |record| records.push(record)).await.unwrap();
        for (at, record) in records.into_iter().enumerate() {
            let id = record.id.clone();
            let chunks = chunks.remove(id.as_str()).unwrap_or_default();
            match breaking(at, record, chunks) {
                Some((_, same)) if same.is_empty() => {}
                Some((record, chunks)) => writer.put(record, chunks).await.unwrap(),
                None => writer.remove(&id).await.unwrap(),
            }
        }
        let made = writer.finish(live.identity).await.unwrap();
        store.promote(made.number).await.unwrap();
    });
}

#[test]
fn the_same_gate_holds_in_ci() {
    let place = Place::with_sample();
    let suite = conference();
    place.siren(&["eval", "run", &suite, "--record", "accepted.json"]).exits(0);
    let gate = ["eval", "gate", &suite, "--baseline", "accepted.json"];
    let passed = place.siren(&[&gate[..], &["--json"]].concat()).exits(0).json();
    assert_eq!((&passed["passes"], &passed["reasons"]), (&json!(true), &json!([])));

    let breakings: [(&str, Breaking, &[&str]); 3] = [
        (
            "half of the chunks are gone",
            |at, record, _| (at % 2 == 0).then_some((record, Vec::new())),
            &["loss: nDCG@10", "loss: R@5"],
        ),
        (
            "an analyser for another language",
            |_, record, chunks| {
                let words = |chunk: Chunk| {
                    let terms = chunk.text.split_whitespace().map(str::to_lowercase).collect();
                    AnalysedChunk { chunk, terms, years: Vec::new(), vector: None }
                };
                Some((record, chunks.into_iter().map(words).collect()))
            },
            &["loss: nDCG@10", "loss: R@5"],
        ),
        ("a copy of the same", |_, record, _| Some((record, Vec::new())), &[]),
    ];
    for (case, breaking, needles) in breakings {
        place.siren(&["index", "rollback", "1"]).exits(0);
        broken(&place, breaking);
        let code = if needles.is_empty() { 0 } else { 3 };
        let ran = place.siren(&gate).exits(code);
        assert_tells(case, &ran.stderr, needles);
    }
    // A change of settings is held to the same.
    place.siren(&["index", "rollback", "1"]).exits(0);
    place.write("siren.toml", place.read("siren.toml") + "\n[answer]\nmin_evidence = 0.99\n");
    let ran = place.siren(&gate).exits(3);
    assert_tells("settings that silence it", &ran.stdout, &["answer.min_evidence: 0.", "-> 0.99"]);
    assert_tells("settings that silence it", &ran.stderr, &["loss: false_abstention"]);
}

#[test]
fn a_worse_run_is_accepted_only_when_somebody_says_so() {
    let place = small();
    place.siren(&["eval", "run", "suite", "--record", "good.json"]).exits(0);
    let first = place.siren(&["eval", "accept", "good.json"]).exits(0);
    assert_tells("the first", &first.stdout, &["eval/baselines/access.json", "first accepted run"]);
    let accepted = place.read("eval/baselines/access.json");
    let same = place.siren(&["eval", "accept", "good.json"]).exits(0);
    assert_tells(
        "the comparison comes first",
        &same.stdout,
        &["no winner: p = 1.000", "What was changed\n  nothing", "accepted"],
    );

    place.write("siren.toml", place.read("siren.toml") + "[answer]\nmin_evidence = 1.0\n");
    place.siren(&["eval", "run", "suite", "--record", "bad.json"]).exits(0);
    let refused = place.siren(&["eval", "accept", "bad.json"]).exits(3);
    assert_tells("the reason", &refused.stderr, &["not accepted", "lost: menu", "--although-worse"]);
    assert_eq!(place.read("eval/baselines/access.json"), accepted, "untouched");
    place.siren(&["eval", "accept", "bad.json", "--although-worse"]).exits(0);
    // The passages that were shown are left out of what is accepted.
    let of = |file: &str| -> Value { serde_json::from_str(&place.read(file)).expect("a record") };
    let (held, bad) = (of("eval/baselines/access.json"), of("bad.json"));
    for part in ["suite_hash", "made_by", "overall"] {
        assert_eq!(held[part], bad[part], "{part}");
    }

    place.write(
        "good.json",
        place.read("good.json").replacen("\"fact_recall\": 1.0", "\"fact_recall\": 0.5", 1),
    );
    let changed = place.siren(&["eval", "accept", "good.json"]).exits(2);
    assert_tells(
        "a record somebody has edited",
        &changed.stderr,
        &["good.json", "changed after it was written"],
    );
}
