//! What people and disks get wrong: each mistake is told with its place and its remedy, and the rest goes on.

use e2e::http::{chat, get, post};
use e2e::{Place, assert_tells, database};
use serde_json::{Value, json};

const GOOD: &str = "---\ntitle: 분실물\n---\n\n# 분실물\n\n분실물은 지하 1층 안내 창구에서 보관한다.\n";
/// A heading and a sentence on lunch in the cafeteria of Boramae, as Korean Windows saves them.
const EUC_KR: &[u8] = b"# \xbd\xc4\xb4\xe7\n\n\xc1\xa1\xbd\xc9\xc0\xba \xba\xb8\xb6\xf3\xb8\xc5 \xb1\xb8\xb3\xbb\xbd\xc4\xb4\xe7\xbf\xa1\xbc\xad \xb8\xd4\xb4\xc2\xb4\xd9.\n";

fn faults(report: &Value) -> Vec<&Value> {
    report["faults"].as_array().into_iter().flatten().collect()
}

/// The fault that a place has, which tells a problem and a remedy.
#[track_caller]
fn assert_fault(case: &str, report: &Value, place: &str, kept: bool, problem: &str) {
    let found = faults(report);
    let fault = found.iter().find(|fault| fault["place"].as_str().is_some_and(|at| at.starts_with(place)));
    let fault = fault.unwrap_or_else(|| panic!("{case}: nothing is told of {place}: {report:#}"));
    assert_tells(case, fault["problem"].as_str().unwrap_or_default(), &[problem]);
    assert!(
        fault["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()),
        "{case}: no remedy: {fault:#}"
    );
    assert_eq!(fault["kept"], kept, "{case}: {fault:#}");
}

#[test]
fn a_bad_file_is_told_and_the_rest_goes_on() {
    let garbage: Vec<u8> = (0..2000_u32).map(|n| u8::try_from(n * 151 % 251 + 1).unwrap_or(0xff)).collect();
    let binary = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01".to_vec();
    let text = |text: &str| text.as_bytes().to_vec();
    let front = "---\ntitle: 회의록\ntags: [하나, 둘\n---\n\n# 회의록\n\n정기 회의는 수요일 오전에 한다.\n";
    let cases = [
        ("front.md", text(front), true, ":", "YAML"),
        ("private.md", text(&front.replace("tags", "access")), false, ":", "access"),
        ("dated.md", text("---\ndate: 다음 주쯤\n---\n\n회식은 다음 주에 한다.\n"), true, "", "date"),
        ("garbage.md", garbage, false, "", "UTF-8"),
        ("picture.md", binary, false, "", ""),
        ("empty.md", Vec::new(), false, "", "no text"),
        ("blank.md", text("---\ntitle: 제목만\n---\n\n \n"), false, "", "no text"),
    ];
    let place = Place::with_notes();
    place.write("notes/good.md", GOOD);
    place.write("notes/windows.txt", EUC_KR);
    for (name, content, ..) in &cases {
        place.write(format!("notes/{name}"), content);
    }
    // A file without read permission would be the plainer case, but root reads it all the same, and CI is often root.
    std::os::unix::fs::symlink("nowhere.md", place.path("notes/dangling.md")).unwrap();

    let report = place.json(&["reindex", "--json"]);
    for (name, _, kept, line, problem) in &cases {
        assert_fault(name, &report, &format!("notes/{name}{line}"), *kept, problem);
    }
    assert_fault("dangling.md", &report, "notes/dangling.md", false, "cannot be read");
    assert_eq!(faults(&report).len(), cases.len() + 1, "each once, and nothing else: {report:#}");
    let line = faults(&report)
        .iter()
        .find_map(|f| f["place"].as_str()?.strip_prefix("notes/front.md:")?.parse::<u32>().ok());
    assert!(line.is_some_and(|line| (2..=4).contains(&line)), "the line of the front matter: {report:#}");
    assert_eq!(
        (&report["documents"]["added"], &report["documents"]["failed"]),
        (&json!(4), &json!(6)),
        "{report:#}"
    );

    let questions = [
        ("분실물은 어디에서 보관하나요?", "안내 창구", "notes/good.md"),
        ("점심은 어디에서 먹나요?", "보라매 구내식당", "notes/windows.txt"),
        ("정기 회의는 무슨 요일에 하나요?", "수요일", "notes/front.md"),
    ];
    for (question, fact, path) in questions {
        let answer = place.ask(question);
        assert_tells(question, answer["answer"].as_str().unwrap_or_default(), &[fact]);
        assert_eq!(answer["citations"][0]["locator"]["path"], path, "{answer:#}");
    }
    // The bytes of a quote are counted in the file as it is, not in its UTF-8 form.
    let lunch = place.ask("점심은 어디에서 먹나요?");
    let bytes = &lunch["citations"][0]["locator"]["bytes"];
    let sentence = EUC_KR.iter().rposition(|byte| *byte == b'.').unwrap();
    assert_eq!((&bytes["start"], &bytes["end"]), (&json!(8), &json!(sentence + 1)), "{lunch:#}");

    let again = place.siren(&["reindex"]).exits(0).stdout;
    assert_tells("told again", &again, &["notes/garbage.md", "notes/dangling.md", "left out"]);
}

#[test]
fn a_bad_source_is_told_and_the_others_go_on() {
    let sql = |url: &str, query: &str| {
        format!(
            "[[source]]\nkind = \"sql\"\nname = \"staff\"\nurl = \"{url}\"\nquery = \"{query}\"\nkey = \"id\"\ntitle = \"{{{{ name }}}}\"\ntext = \"{{{{ name }}}} 님은 {{{{ team }}}} 소속이다.\"\n"
        )
    };
    let folder = |path: &str| format!("[[source]]\nkind = \"folder\"\npath = \"{path}\"\n");
    let cases = [
        ("an empty folder", folder("void"), "void", "no file"),
        ("a folder that is not there", folder("nowhere"), "nowhere", "no such folder"),
        ("a file for a folder", folder("notes/good.md"), "notes/good.md", "not a folder"),
        (
            "a missing database",
            sql("sqlite:none.sqlite", "SELECT * FROM staff"),
            "none.sqlite",
            "no database file",
        ),
        ("a missing table", sql("sqlite:staff.sqlite", "SELECT * FROM people"), "staff.sqlite", "people"),
        (
            "a missing column",
            sql("sqlite:staff.sqlite", "SELECT id, wage FROM staff"),
            "staff.sqlite",
            "wage",
        ),
        ("no key column", sql("sqlite:staff.sqlite", "SELECT name, team FROM staff"), "staff.sqlite", "id"),
        (
            "no rows",
            sql("sqlite:staff.sqlite", "SELECT * FROM staff WHERE id > 9"),
            "staff.sqlite",
            "no rows",
        ),
        (
            "not a database",
            sql("sqlite:notes/good.md", "SELECT * FROM staff"),
            "notes/good.md",
            "cannot be read",
        ),
    ];
    for (case, source, at, problem) in cases {
        let place = Place::with_settings(&format!("{}{source}", folder("notes")));
        place.write("notes/good.md", GOOD);
        std::fs::create_dir(place.path("void")).unwrap();
        database::create(
            &place.path("staff.sqlite"),
            "CREATE TABLE staff (id INTEGER PRIMARY KEY, name TEXT, team TEXT); INSERT INTO staff VALUES (1, '김하나', '총무팀');",
        );
        let report = place.json(&["reindex", "--json"]);
        assert_fault(case, &report, at, false, problem);
        assert_eq!(report["documents"]["added"], 1, "{case}: {report:#}");
        let answer = place.ask("분실물은 어디에서 보관하나요?");
        assert_tells(case, answer["answer"].as_str().unwrap_or_default(), &["안내 창구"]);

        place.write("siren.toml", source);
        let alone = place.siren(&["--state", "alone", "reindex"]).exits(1);
        assert_tells(&format!("{case}, alone"), &alone.stderr, &["nothing could be indexed", at]);
    }
}

#[test]
fn a_bad_request_is_told_what_is_wrong() {
    let place = Place::with_notes();
    place.write("notes/good.md", GOOD);
    place.siren(&["reindex"]).exits(0);
    let server = place.serve();
    let megabyte = "가나다 ".repeat(100_000);
    let asked = |question: &str| {
        json!({ "messages": [{ "role": "user", "content": question }] }).to_string().into_bytes()
    };
    let cases = [
        ("no JSON", b"{\"messages\": [".to_vec(), 400, "invalid_json"),
        ("not UTF-8", EUC_KR.to_vec(), 400, "invalid_json"),
        ("no body", Vec::new(), 400, "empty_body"),
        ("no messages", b"{}".to_vec(), 400, "missing_required_parameter"),
        ("messages of another type", b"{\"messages\": 3}".to_vec(), 400, "invalid_type"),
        ("an empty question", asked(" "), 400, "empty_question"),
        ("a long question", asked(&"가".repeat(2001)), 400, "question_too_long"),
        ("a megabyte", asked(&megabyte), 413, "request_too_large"),
    ];
    for (case, body, status, code) in cases {
        let response = post(server.address(), "/v1/chat/completions", &body);
        let error = &response.json()["error"];
        assert_eq!((response.status, error["code"].as_str()), (status, Some(code)), "{case}: {response:#?}");
        assert!(
            error["message"].as_str().is_some_and(|message| message.contains(':')),
            "{case}: a remedy: {error:#}"
        );
    }
    for path in ["/v1/nothing", "/../siren.toml"] {
        assert_eq!(get(server.address(), path).status, 404, "{path}");
    }
    assert_eq!(get(server.address(), "/v1/chat/completions").status, 405);

    let answer = chat(server.address(), "분실물은 어디에서 보관하나요?", false);
    assert_tells("after all that", &answer.body, &["안내 창구"]);
    assert!(!server.told().contains("가나다"), "what people type is not logged:\n{}", server.told());
    assert_eq!(server.terminate().code(), Some(0));
}

#[test]
fn a_bad_question_on_standard_input_is_wrong_usage() {
    let place = Place::with_notes();
    place.write("notes/good.md", GOOD);
    let megabyte = "가나다 ".repeat(100_000);
    let cases: [(&str, &[u8], &str); 4] = [
        ("a megabyte", megabyte.as_bytes(), "serve.max_question_chars"),
        ("one character too many", "가".repeat(2001).leak().as_bytes(), "2001"),
        ("not UTF-8", EUC_KR, "UTF-8"),
        ("only white space", b" \n\n", "empty"),
    ];
    for (case, input, needle) in cases {
        let ran = place.siren_reading(input, &["ask", "-"]).exits(2);
        assert_tells(case, &ran.stderr, &[needle]);
        assert!(ran.stdout.is_empty() && ran.stderr.len() < 1000, "{case}: {ran:?}");
    }
}

#[test]
fn a_damaged_state_is_told_and_made_good_as_it_says() {
    let place = Place::with_notes();
    place.write("notes/good.md", GOOD);
    place.siren(&["reindex"]).exits(0);
    place.write(".siren/CURRENT", "seven\n");
    for args in [&["ask", "분실물은 어디에서 보관하나요?"][..], &["reindex"], &["index", "list"]]
    {
        let ran = place.siren(args).exits(1);
        assert_tells(&format!("{args:?}"), &ran.stderr, &["CURRENT", "siren index rollback"]);
    }
    place.siren(&["index", "rollback", "1"]).exits(0);
    assert_tells(
        "made good",
        &place.siren(&["ask", "분실물은 어디에서 보관하나요?"]).exits(0).stdout,
        &["안내 창구"],
    );

    let taken = place.serve();
    let second = place.siren(&["serve", "--listen", taken.address()]).exits(1);
    assert_tells("a port that is taken", &second.stderr, &[taken.address(), "--listen"]);
}

#[test]
fn many_faults_of_one_cause_are_counted_and_the_first_are_listed() {
    const MANY: usize = 150;
    let place = Place::with_notes();
    place.write("notes/good.md", GOOD);
    (0..MANY).for_each(|number| place.write(format!("notes/empty/{number}.md"), ""));
    let report = place.json(&["reindex", "--json"]);
    assert_eq!((&report["fault_count"], &report["documents"]["failed"]), (&json!(MANY), &json!(MANY)));
    assert_eq!(faults(&report).len(), 100, "{report:#}");
    let causes = report["fault_causes"].as_array().map(Vec::as_slice).unwrap_or_default();
    assert!(matches!(causes, [cause] if cause["count"] == MANY), "{causes:#?}");
    let all = std::fs::read_to_string(place.path(".siren/faults.jsonl")).unwrap();
    let places = all.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["place"].to_string());
    assert_eq!(places.collect::<std::collections::BTreeSet<_>>().len(), MANY, "{all}");
    let told = place.siren(&["reindex"]).exits(0);
    assert_tells("the text", &told.stdout, &["(150 times, left out)", "and 130 more", "faults.jsonl"]);

    std::fs::remove_dir_all(place.path("notes/empty")).unwrap();
    let report = place.json(&["reindex", "--json", "--allow-shrink"]);
    assert_eq!((&report["fault_count"], faults(&report).len()), (&json!(0), 0), "{report:#}");
    assert!(!place.path(".siren/faults.jsonl").exists(), "it would tell of faults that are mended");
}
