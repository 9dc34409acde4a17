//! Questions in the terminal: what a person reads, what a program reads, who may read what.

use e2e::citations::assert_true_to_source;
use e2e::{Place, assert_tells};
use serde_json::Value;

fn sample() -> Place {
    let place = Place::with_sample();
    place.siren(&["reindex"]).exits(0);
    place
}

fn text(answer: &Value) -> &str {
    answer["answer"].as_str().unwrap_or_default()
}

/// Every field that design.md §6 promises to programs.
#[track_caller]
fn assert_shape(case: &str, answer: &Value) {
    let kinds = [
        ("answer", answer["answer"].is_string()),
        ("citations", answer["citations"].is_array()),
        ("verdict", answer["verdict"].is_object()),
        ("grounded", answer["grounded"].is_boolean()),
        ("passages", answer["passages"].is_array()),
        ("timings_ms", answer["timings_ms"].is_object()),
    ];
    for (field, is_right) in kinds {
        assert!(is_right, "{case}: {field}: {:#}", answer[field]);
    }
    assert!(answer.get("generation").is_some(), "{case}: generation");
    assert!(answer["verdict"]["action"].is_string(), "{case}: {:#}", answer["verdict"]);
    assert!(answer["timings_ms"]["total"].is_f64(), "{case}: {:#}", answer["timings_ms"]);
    for citation in answer["citations"].as_array().into_iter().flatten() {
        for field in ["n", "document_id", "title", "quote", "locator", "url", "date"] {
            assert!(citation.get(field).is_some(), "{case}: citation.{field}: {citation:#}");
        }
    }
    for passage in answer["passages"].as_array().into_iter().flatten() {
        let fits =
            passage["chunk_id"].is_string() && passage["score"].is_f64() && passage["parts"].is_object();
        assert!(fits, "{case}: {passage:#}");
    }
}

#[test]
fn facts_of_documents_and_of_the_database_are_found() {
    let place = sample();
    let cases = [
        ("both", "케이뱅크는 언제 클라우드 전환을 마쳤나요?", "2023년 5월", None),
        ("database only", "인더스트리 위크 2022 입장은 몇 시부터 됐나요?", "12시", Some("row")),
        ("database only", "2024년 서밋에서는 점심 식권을 며칠 동안 줬나요?", "이틀", Some("row")),
        (
            "document only",
            "티맵이 클라우드로 옮긴 계기가 된, 때마침 끝난 계약은 무슨 계약이에요?",
            "IDC",
            Some("file"),
        ),
        ("document only", "셀의 크기는 어떻게 정하나요?", "테스트해 볼 수 있을 만큼", Some("file")),
    ];
    for (case, question, fact, kind) in cases {
        let answer = place.ask(question);
        assert_shape(question, &answer);
        assert_tells(question, text(&answer), &[fact]);
        assert_eq!(answer["grounded"], true, "{question}: {answer:#}");
        assert_eq!(answer["generation"], 1);
        assert_true_to_source(&place, text(&answer), &answer["citations"]);
        let citations = answer["citations"].as_array().into_iter().flatten();
        let telling = citations.filter(|c| c["quote"].as_str().is_some_and(|quote| quote.contains(fact)));
        let kinds: Vec<_> = telling.filter_map(|c| c["locator"]["kind"].as_str()).collect();
        assert!(!kinds.is_empty(), "{case}: no citation tells {fact:?}: {answer:#}");
        assert!(kind.is_none_or(|kind| kinds.iter().all(|k| *k == kind)), "{case}: {question}: {kinds:?}");
    }
}

#[test]
fn a_person_reads_the_answer_and_then_its_numbered_sources() {
    let place = sample();
    let question = "케이뱅크는 언제 클라우드 전환을 마쳤나요?";
    let ran = place.siren(&["ask", question]).exits(0);
    let json = place.ask(question);
    let shown = &ran.stdout;
    assert!(!shown.contains('\u{1b}'), "no colours in a pipe: {shown:?}");
    assert!(shown.lines().all(|line| !line.ends_with(' ')), "{shown}");

    // Lines are broken to the width of the terminal, so letters are compared.
    let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let page = letters(shown);
    let mut from =
        page.find(&letters(text(&json))).unwrap_or_else(|| panic!("the answer is not shown:\n{shown}"));
    for citation in json["citations"].as_array().into_iter().flatten() {
        let field = |name: &str| letters(citation[name].as_str().unwrap_or_default());
        let locator = &citation["locator"];
        let place = letters(locator["path"].as_str().or(locator["database"].as_str()).unwrap_or_default());
        let number = format!("[{}]{}", citation["n"], field("title"));
        for (what, wanted) in [
            ("number and title", number),
            ("date", field("date")),
            ("quote", field("quote")),
            ("place", place),
        ] {
            let at = page[from..].find(&wanted);
            from += at.unwrap_or_else(|| panic!("{what} {wanted:?} is not shown in its turn:\n{shown}"));
        }
    }
    assert!(ran.stderr.is_empty(), "nothing else to say: {}", ran.stderr);
}

#[test]
fn what_nothing_tells_is_not_made_up() {
    let place = sample();
    for question in ["화성 이주 우주선의 발사 예정일이 언제인가요?", "구내식당 김치찌개 조리법이 궁금합니다"]
    {
        let answer = place.ask(question);
        assert_shape(question, &answer);
        assert_tells(question, text(&answer), &["찾지 못했습니다"]);
        assert_eq!(answer["grounded"], false, "{answer:#}");
        assert_eq!(answer["citations"].as_array().map(Vec::len), Some(0), "{answer:#}");
        let shown = place.siren(&["ask", question]).exits(0).stdout;
        assert_tells(question, &shown, &["찾지 못했습니다"]);
    }
    let english = place.ask("When does the submarine leave for Antarctica?");
    assert_tells("asked in English", text(&english), &["Not found"]);
    assert_eq!(english["grounded"], false);
}

#[test]
fn what_is_no_question_is_wrong_usage() {
    let place = sample();
    let cases: [(&str, &[&str], &str); 6] = [
        ("empty", &["ask", ""], "empty"),
        ("blank", &["ask", " \t "], "empty"),
        ("only marks", &["ask", "?!"], "empty"),
        ("no question", &["ask"], "<QUESTION>"),
        ("no passages wanted", &["ask", "케이뱅크", "--top-k", "0"], "--top-k"),
        ("an unknown flag", &["ask", "케이뱅크", "--loud"], "--loud"),
    ];
    for (case, args, needle) in cases {
        let ran = place.siren(args).exits(2);
        assert_tells(case, &ran.stderr, &[needle]);
        assert!(ran.stdout.is_empty(), "{case}: {}", ran.stdout);
    }
    let read = place.siren_reading("케이뱅크는 언제 클라우드 전환을 마쳤나요?\n".as_bytes(), &["ask", "-"]);
    assert_tells("from standard input", &read.exits(0).stdout, &["2023년 5월"]);
}

#[test]
fn top_k_is_how_many_passages_are_kept() {
    let place = sample();
    for k in [1, 3] {
        let answer = place.json(&["ask", "클라우드 전환", "--json", "--top-k", &k.to_string()]);
        assert_eq!(answer["passages"].as_array().map(Vec::len), Some(k), "{answer:#}");
        let scores: Vec<f64> =
            answer["passages"].as_array().into_iter().flatten().filter_map(|p| p["score"].as_f64()).collect();
        assert!(scores.is_sorted_by(|a, b| a >= b), "best first: {scores:?}");
    }
}

#[test]
fn a_restricted_file_is_found_by_its_group_and_shows_nowhere_else() {
    const RESTRICTED: [&str; 2] =
        ["industry-week-2022-core-modernization.md", "summit-2025-automation-predictability.md"];
    let place = sample();
    let questions = [
        "금융 회사의 코어 시스템은 왜 오래된 상태로 머무르게 되나요?",
        "코어 시스템이 레거시로 남는 이유와 현대화",
        "시스템의 예측 가능성을 지키려면 어떤 설계 규율이 필요한가요?",
        "자동화하지 말아야 하는 일은 무엇인가요?",
        // Nothing tells this: the nearest documents are named instead.
        "코어 시스템 현대화에 성공한 은행의 예산은 몇 조 원인가요?",
    ];
    let all_of = |args: &[&str]| place.siren(args).exits(0).stdout;
    let mut found = 0;
    for question in questions {
        for others in [
            &[][..],
            &["--groups", "sales"],
            &["--groups", "engineer,ENGINEERING,all"],
            &["--as", "engineering"],
        ] {
            for json in [&[][..], &["--json"]] {
                let shown = all_of(&[&["ask", question][..], others, json].concat());
                let seen = RESTRICTED.iter().find(|file| shown.contains(*file));
                assert!(seen.is_none(), "{question} {others:?}: {seen:?} shows:\n{shown}");
            }
        }
        let theirs = all_of(&["ask", question, "--json", "--groups", "sales,engineering"]);
        found += usize::from(RESTRICTED.iter().any(|file| theirs.contains(file)));
    }
    assert_eq!(found, questions.len(), "the group finds what is its own");
    let answer = place.json(&["ask", questions[0], "--json", "--groups", "engineering"]);
    assert_eq!(answer["citations"][0]["document_id"], format!("takeaways/{}", RESTRICTED[0]), "{answer:#}");
    assert_true_to_source(&place, text(&answer), &answer["citations"]);
}

#[test]
#[should_panic(expected = "\"IDC\" does not stand in")]
fn a_quote_that_is_not_there_would_be_noticed() {
    let place = sample();
    let answer = place.ask("티맵이 클라우드로 옮긴 계기가 된, 때마침 끝난 계약은 무슨 계약이에요?");
    let file = "data/takeaways/summit-2025-tmap-migration.md";
    place.write(file, place.read(file).replace("IDC", "ADC"));
    assert_true_to_source(&place, text(&answer), &answer["citations"]);
}

#[test]
fn an_answer_can_be_explained() {
    let place = sample();
    let question = "2019년 서밋에서 클라우드로 옮긴 기업 임원들이 공통으로 꼽은 장점이 뭐였나요?";
    let answer = place.json(&["ask", question, "--explain", "--json", "--top-k", "20"]);
    let told = &answer["explanation"];
    assert_eq!(told["groups"], serde_json::json!(["all"]), "{told:#}");
    let known = |term: &&Value| term["known"] == true && term["idf"].as_f64() > Some(0.0);
    assert!(told["terms"].as_array().is_some_and(|terms| terms.iter().filter(known).count() > 5), "{told:#}");
    let (passages, chosen) = (answer["passages"].as_array().unwrap(), told["passages"].as_array().unwrap());
    let ids = |list: &[Value]| list.iter().map(|one| one["chunk_id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(passages), ids(chosen));
    assert_eq!(chosen[0]["fate"], "in_context", "the best passage is always used: {told:#}");

    let shown = place.siren(&["ask", question, "--explain"]).exits(0).stdout;
    assert_tells(
        "explained",
        &shown,
        &["years     2019", "terms     ", "score", "the answer is made from it"],
    );
    let by_rule = place.json(&["ask", "너 누구야?", "--explain", "--json"]);
    assert!(by_rule["explanation"].is_null(), "{by_rule:#}");
}

/// An answer is never taken from what is told of somebody else.
#[test]
fn who_is_not_there_is_not_told_of() {
    let place = Place::with_notes();
    place.write("notes/bank.md", "# 전환 일정\n\n케이뱅크는 2023년 5월에 클라우드 전환을 마쳤다.\n");
    place.siren(&["reindex"]).exits(0);
    let found = place.ask("케이뱅크는 클라우드 전환을 언제 마쳤나요?");
    assert_tells("who is there", text(&found), &["2023년 5월"]);
    let question = "카카오뱅크는 클라우드 전환을 언제 마쳤나요?";
    let absent = place.ask(question);
    assert_eq!(absent["grounded"], false, "{absent:#}");
    assert_eq!(absent["understood"]["absent"], serde_json::json!(["카카오뱅크"]), "{absent:#}");
    assert_tells(question, text(&absent), &["‘카카오뱅크’에 관한 문서가 없습니다", "전환 일정"]);
    let both = place.ask("케이뱅크와 카카오뱅크는 각각 언제 전환을 마쳤나요?");
    assert_tells("both", text(&both), &["2023년 5월"]);
    assert_tells("both", &both["notes"].to_string(), &["‘카카오뱅크’에 관한 문서가 없습니다"]);
}

/// No document has the short name that a house calls its portal by; the table of names does.
#[test]
fn a_house_has_names_of_its_own() {
    let place = Place::with_notes();
    place.write("notes/portal.md", "# 사내 포털\n\n더사이렌포탈은 매주 화요일 저녁에 점검한다.\n");
    place.write("notes/tea.md", "# 차 모임\n\n차 모임은 매달 첫 월요일에 찻집에서 만난다.\n");
    place.siren(&["reindex"]).exits(0);
    let question = "TSP는 언제 점검하나요?";
    let before = place.ask(question);
    assert_eq!(before["understood"]["mended"], Value::Null, "{before:#}");

    place.write("names.tsv", "TSP\t더사이렌포탈, 사이렌 포탈\n");
    let settings = std::fs::read_to_string(place.path("siren.toml")).expect("the settings");
    place.write("siren.toml", format!("{settings}\n[retrieval]\naliases = \"names.tsv\"\n"));
    let after = place.ask(question);
    assert_tells(question, text(&after), &["화요일"]);
    assert_eq!(after["grounded"], true, "{after:#}");
    assert_eq!(after["understood"]["mended"][0]["typed"], "TSP", "{after:#}");
    assert_eq!(after["understood"]["mended"][0]["meant"], "더사이렌포탈", "{after:#}");
    assert_eq!(after["passages"][0]["chunk_id"].as_str().map(|id| id.contains("portal")), Some(true));
}
