//! Reindex does what changed, and nothing else; generations come and go on demand.

use e2e::{Place, assert_tells, database};
use serde_json::{Value, json};

/// What a run did to documents, by what became of them, and which ones.
#[track_caller]
fn assert_did(case: &str, report: &Value, counts: [(&str, usize); 4], touched: &[&str]) {
    for (what, number) in counts {
        assert_eq!(report["documents"][what], number, "{case}: {what}: {report:#}");
    }
    assert_eq!(report["touched"], json!(touched), "{case}");
    assert_eq!(report["faults"], json!([]), "{case}");
}

fn all_but(unchanged: usize, added: usize, changed: usize, deleted: usize) -> [(&'static str, usize); 4] {
    [("added", added), ("changed", changed), ("deleted", deleted), ("unchanged", unchanged)]
}

fn documents(place: &Place) -> usize {
    let shown = place.json(&["index", "show", "--json"]);
    shown["documents"].as_array().map_or(0, Vec::len)
}

#[test]
fn only_what_changed_is_read_again() {
    let place = Place::with_sample();
    let first = place.json(&["reindex", "--json"]);
    let n = documents(&place);
    assert_eq!((&first["documents"]["added"], &first["generation"]), (&json!(n), &json!(1)), "{first:#}");

    let second = place.json(&["reindex", "--json"]);
    assert_did("nothing changed", &second, all_but(n, 0, 0, 0), &[]);
    assert_eq!((&second["chunks_written"], &second["generation"]), (&json!(0), &Value::Null), "{second:#}");
    assert_eq!(place.live(), 1, "no new generation of the same content");

    let edited = "data/takeaways/summit-2019-microservices.md";
    place.write(edited, place.read(edited) + "\n덧붙임: 사내 밋업은 매달 셋째 목요일 보라매홀에서 한다.\n");
    place.write(
        "data/takeaways/new-hire.md",
        "---\ntitle: 신규 입사자 안내\n---\n\n노트북은 열두 층 안내 창구에서 받는다.\n",
    );
    std::fs::remove_file(place.path("data/takeaways/summit-2019-lambda-serverless.md")).unwrap();
    let touched = [
        "takeaways/new-hire.md",
        "takeaways/summit-2019-lambda-serverless.md",
        "takeaways/summit-2019-microservices.md",
    ];

    let dry = place.json(&["reindex", "--dry-run", "--json"]);
    assert_did("dry run", &dry, all_but(n - 2, 1, 1, 1), &touched);
    assert_eq!(
        (place.live(), place.names(".siren/generations")),
        (1, vec!["1".to_owned()]),
        "a dry run writes nothing"
    );

    let third = place.json(&["reindex", "--json"]);
    assert_did("one of each", &third, all_but(n - 2, 1, 1, 1), &touched);
    assert_eq!((&third["generation"], documents(&place)), (&json!(2), n), "{third:#}");
    let answer = |question: &str| place.ask(question)["answer"].as_str().unwrap_or_default().to_owned();
    assert_tells("the edited file", &answer("사내 밋업은 어디에서 하나요?"), &["보라매홀"]);
    assert_tells("the new file", &answer("노트북은 어디에서 받나요?"), &["안내 창구"]);
    let gone = place.siren(&["ask", "람다 세션에서 무엇을 들었나요?", "--json"]).exits(0).stdout;
    assert!(!gone.contains("summit-2019-lambda-serverless.md"), "the deleted file still shows:\n{gone}");
}

#[test]
fn a_touched_row_is_read_again_like_a_touched_file() {
    let place = Place::with_sample();
    place.siren(&["reindex"]).exits(0);
    let n = documents(&place);
    let sql = place.read("data/conferences.sql");
    let file = place.path("data/conferences.sqlite");

    database::create(&file, &sql);
    let same = place.json(&["reindex", "--json"]);
    assert_did("the same rows in a new file", &same, all_but(n, 0, 0, 0), &[]);

    let edits = "UPDATE figures SET note = '접수 창구에서 확인했다' WHERE id = 12;
        DELETE FROM figures WHERE id = 9;
        INSERT INTO figures (id, event_id, subject, value) VALUES (28, 4, '기념 배지의 수', '7777개');";
    database::create(&file, &format!("{sql}\n{edits}"));
    let touched = ["figures/12", "figures/28", "figures/9"];
    let dry = place.json(&["reindex", "--dry-run", "--json"]);
    assert_did("dry run", &dry, all_but(n - 2, 1, 1, 1), &touched);
    let report = place.json(&["reindex", "--json"]);
    assert_did("one of each", &report, all_but(n - 2, 1, 1, 1), &touched);
    let answer = place.ask("2024년 서밋 기념 배지의 수는 몇 개인가요?");
    assert_tells("the new row", answer["answer"].as_str().unwrap_or_default(), &["7777개"]);

    std::fs::remove_file(&file).unwrap();
    let missing = place.json(&["reindex", "--json"]);
    assert_eq!(
        (&missing["documents"]["deleted"], &missing["generation"]),
        (&json!(0), &Value::Null),
        "{missing:#}"
    );
    assert_eq!(missing["faults"].as_array().map(Vec::len), Some(4), "each source of it says so: {missing:#}");
    assert_eq!(documents(&place), n, "a database that is away takes no document along");
}

#[test]
fn full_makes_everything_anew_and_a_setting_does_so_by_itself() {
    let place = Place::with_sample();
    place.siren(&["reindex"]).exits(0);
    let n = documents(&place);
    let full = place.json(&["reindex", "--full", "--json"]);
    assert_eq!((&full["documents"]["unchanged"], &full["generation"]), (&json!(0), &json!(2)), "{full:#}");
    assert_eq!(full["total_documents"], n);

    place.write("siren.toml", place.read("siren.toml") + "\n[index]\nmax_tokens = 200\n");
    let other = place.json(&["reindex", "--json"]);
    assert_eq!((&other["documents"]["unchanged"], &other["generation"]), (&json!(0), &json!(3)), "{other:#}");
    assert!(
        other["total_chunks"].as_u64() > full["total_chunks"].as_u64(),
        "smaller chunks are more: {other:#}"
    );
    let again = place.json(&["reindex", "--json"]);
    assert_did("settled", &again, all_but(n, 0, 0, 0), &[]);
}

#[test]
fn generations_are_listed_shown_rolled_back_and_pruned() {
    let place = Place::with_notes();
    let none = place.siren(&["index", "list"]).exits(0);
    assert_tells("no index yet", &none.stdout, &["siren reindex"]);
    place.siren(&["index", "show"]).exits(1);
    place.siren(&["index", "rollback"]).exits(2);

    let told = |place: &Place| {
        place.ask("창고 비밀번호는 무엇인가요?")["answer"].as_str().unwrap_or_default().to_owned()
    };
    for round in 1..=4 {
        place.write("notes/store.md", format!("# 창고\n\n창고 비밀번호는 {round}000번이다.\n"));
        place.siren(&["reindex"]).exits(0);
    }
    let live = |place: &Place| {
        let list = place.json(&["index", "list", "--json"]);
        let rows = list["generations"].as_array().cloned().unwrap_or_default();
        let numbers: Vec<_> = rows.iter().filter_map(|row| row["number"].as_u64()).collect();
        let live: Vec<_> =
            rows.iter().filter(|r| r["live"] == true).filter_map(|r| r["number"].as_u64()).collect();
        (numbers, live)
    };
    assert_eq!(live(&place), (vec![1, 2, 3, 4], vec![4]));
    assert_tells(
        "the list",
        &place.siren(&["index", "list"]).exits(0).stdout,
        &["* 4", "documents", "chunks"],
    );
    let shown = place.json(&["index", "show", "--json"]);
    assert_eq!(shown["documents"][0]["id"], "notes/store.md", "{shown:#}");
    assert_tells(
        "show",
        &place.siren(&["index", "show"]).exits(0).stdout,
        &["generation 4", "notes/store.md", "창고"],
    );

    let steps: [(&[&str], i32, u64, &str); 6] = [
        (&["index", "rollback"], 0, 3, "3000"),
        (&["index", "rollback"], 0, 2, "2000"),
        (&["index", "rollback", "4"], 0, 4, "4000"),
        (&["index", "rollback", "1"], 0, 1, "1000"),
        (&["index", "rollback"], 2, 1, "1000"),
        (&["index", "rollback", "99"], 2, 1, "1000"),
    ];
    for (args, code, number, fact) in steps {
        place.siren(args).exits(code);
        assert_eq!(live(&place).1, [number], "{args:?}");
        assert_tells(&format!("{args:?}"), &told(&place), &[fact]);
    }

    place.siren(&["index", "prune", "--keep", "2"]).exits(0);
    assert_eq!(live(&place), (vec![1, 3, 4], vec![1]), "the live one stays although it is old");
    assert_tells("after pruning", &told(&place), &["1000"]);
    let report = place.json(&["reindex", "--json"]);
    assert_eq!(
        (&report["generation"], &report["documents"]["changed"]),
        (&json!(5), &json!(1)),
        "{report:#}"
    );
    assert_tells("after the next reindex", &told(&place), &["4000"]);
}

/// The index is up to date and served, whatever becomes of what need not be kept.
#[test]
fn what_cannot_be_tidied_up_is_a_warning() {
    let place = Place::with_notes();
    place.write("notes/store.md", "# 창고\n\n창고 비밀번호는 1000번이다.\n");
    // Where a file of the gate's is looked for, there is a folder.
    place.write(".siren/gate/99.json/stray", "");
    let report = place.json(&["reindex", "--json"]);
    assert_eq!(report["generation"], json!(1), "{report:#}");
    let fault = &report["faults"][0];
    assert_eq!((&fault["place"], &fault["kept"]), (&json!("old generations"), &json!(true)), "{report:#}");
    assert_tells("the warning", fault["problem"].as_str().unwrap_or_default(), &["could not be removed"]);
    let answer = place.ask("창고 비밀번호는 무엇인가요?");
    assert_tells("the answer", answer["answer"].as_str().unwrap_or_default(), &["1000"]);
}

/// Event and day come from title and text where no head tells them, and both can be asked for.
#[test]
fn what_title_and_text_tell_can_be_filtered_by() {
    let settings = "[[source]]\nkind = \"folder\"\nname = \"notes\"\npath = \"notes\"\nevent = \"{{ title|split(':')|first }}\"\n";
    let place = Place::with_settings(settings);
    place.write(
        "notes/a.md",
        "# 새벽나루: 첫날\n\n일시: 2024년 5월 17일 (금)\n\n창고 비밀번호는 1000번이다.\n",
    );
    place.write(
        "notes/b.md",
        "# 하늘빛: 둘째 날\n\n일시: 2024년 6월 3일 (월)\n\n창고 비밀번호는 2000번이다.\n",
    );
    place.siren(&["reindex"]).exits(0);
    let cases = [
        ("date=2024-05", "notes/a.md"),
        ("date=2024-06", "notes/b.md"),
        ("event=새벽나루", "notes/a.md"),
        ("event=하늘빛", "notes/b.md"),
    ];
    for (facet, expected) in cases {
        let asked = place.json(&["ask", "창고 비밀번호는 무엇인가요?", "--json", "--filter", facet]);
        let passages = asked["passages"].as_array().cloned().unwrap_or_default();
        let ids: Vec<_> = passages.iter().filter_map(|p| p["chunk_id"].as_str()).collect();
        assert!(!ids.is_empty() && ids.iter().all(|id| id.starts_with(expected)), "{facet}: {ids:?}");
    }
    // Another template: nothing in the files changed, and both are made anew.
    place.write("siren.toml", settings.replace("first", "last|trim"));
    let report = place.json(&["reindex", "--json"]);
    assert_did("another event", &report, all_but(0, 0, 2, 0), &["notes/a.md", "notes/b.md"]);
}
