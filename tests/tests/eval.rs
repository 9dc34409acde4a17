//! What engineers score with: runs, BEIR folders, and the suite that holds the sample to its promises.

use std::collections::BTreeMap;

use e2e::{Place, assert_tells, repository};
use serde_json::{Value, json};

fn figures(of: &Value) -> BTreeMap<String, f64> {
    let entries = of.as_object().into_iter().flatten();
    entries.filter_map(|(name, value)| Some((name.clone(), value.as_f64()?))).collect()
}

#[track_caller]
fn assert_same(case: &str, expected: &Value, found: &Value) {
    let (expected, found) = (figures(expected), figures(found));
    assert!(!expected.is_empty() && expected.keys().eq(found.keys()), "{case}: {expected:?} {found:?}");
    for (measure, value) in found {
        // Equal to four decimals, as pytrec_eval prints them.
        assert!(
            (expected[&measure] - value).abs() < 0.000_05,
            "{case} {measure}: {value}, not {}",
            expected[&measure]
        );
    }
}

#[test]
fn eval_score_equals_trec_eval() {
    let golden = repository().join("crates/evaluation/tests/golden");
    let file = |name: &str| golden.join(name).to_string_lossy().into_owned();
    let expected: Value =
        serde_json::from_str(&std::fs::read_to_string(golden.join("expected.json")).unwrap()).unwrap();
    let measures: Vec<String> = figures(&expected["mean"]).into_keys().collect();
    let place = Place::empty();
    let args = ["eval", "score", &file("qrels.txt"), &file("run.txt"), "--measures", &measures.join(",")];
    let report = place.json(&[&args[..], &["--per-query", "--json"]].concat());
    assert_same("mean", &expected["mean"], &report["measures"]);
    let queries = expected["per_query"].as_object().cloned().unwrap_or_default();
    assert_eq!(report["queries"], queries.len());
    for (query, values) in queries {
        assert_same(&query, &values, &report["per_query"][&query]);
    }
    let text = place.siren(&args).exits(0).stdout;
    assert_tells("the table", &text, &["nDCG@10", "mean", "judged queries"]);
}

/// A few documents, questions and accepted answers, in BEIR's form.
fn tiny(place: &Place) {
    let corpus = [
        ("d1", "사내 도서관", "사내 도서관은 본관 7층에 있다. 책은 한 번에 다섯 권까지 빌린다."),
        ("d2", "주차 안내", "지하 주차장은 3층까지 있다. 방문 차량은 안내 창구에서 등록한다."),
        ("d3", "휴가 규정", "연차는 입사 첫날부터 쓸 수 있다. 반차는 오전과 오후로 나눈다."),
        ("d4", "출장비", "출장비는 다녀온 뒤 열흘 안에 청구한다. 영수증을 함께 낸다."),
        ("d5", "구내식당", "구내식당은 오전 11시 30분에 연다. 식권은 사원증으로 대신한다."),
        ("d6", "도서 신청", "새 책은 도서관 게시판에서 신청한다. 매달 첫째 주에 산다."),
    ];
    let queries = [
        ("q1", "도서관은 몇 층에 있나요?", "7층"),
        ("q2", "출장비는 언제까지 청구해야 하나요?", "열흘"),
        ("q3", "구내식당은 몇 시에 여나요?", "11시 30분"),
        ("q4", "방문 차량은 어디에서 등록하나요?", "안내 창구"),
    ];
    let lines = |values: Vec<Value>| values.iter().map(|value| format!("{value}\n")).collect::<String>();
    let documents = corpus.map(|(id, title, text)| json!({ "_id": id, "title": title, "text": text }));
    place.write("tiny/corpus.jsonl", lines(documents.to_vec()));
    place.write(
        "tiny/queries.jsonl",
        lines(queries.map(|(id, text, _)| json!({ "_id": id, "text": text })).to_vec()),
    );
    let answers = queries.map(|(id, _, answer)| json!({ "_id": id, "answers": [answer, "(다른 표기)"] }));
    place.write("tiny/answers.jsonl", lines(answers.to_vec()));
    let judged = "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td6\t1\nq2\td4\t1\nq3\td5\t1\nq4\td2\t1\n";
    place.write("tiny/qrels/test.tsv", judged);
}

#[test]
fn eval_beir_indexes_searches_answers_and_its_run_scores_the_same() {
    let place = Place::empty();
    tiny(&place);
    let beir =
        place.json(&["eval", "beir", "tiny", "--json", "--run-file", "run.txt", "--keep-index", "kept"]);
    assert_eq!(
        (&beir["dataset"], &beir["documents"], &beir["queries"]),
        (&json!("tiny"), &json!(6), &json!(4))
    );
    for measure in ["nDCG@10", "R@5", "R@10", "RR@10"] {
        assert!(beir["measures"][measure].as_f64().is_some_and(|value| value > 0.9), "{measure}: {beir:#}");
    }
    let contained = beir["answer_contained"].as_array().cloned().unwrap_or_default();
    let sentences: Vec<_> = contained.iter().map(|row| row["max_sentences"].clone()).collect();
    assert_eq!(sentences, [1, 2, 3], "{beir:#}");
    for row in &contained {
        assert_eq!(
            (&row["queries"], &row["failed"], &row["contained"]),
            (&json!(4), &json!(0), &json!(1.0)),
            "{row:#}"
        );
        assert!(row["mean_chars"].as_f64().is_some_and(|mean| mean > 0.0), "{row:#}");
    }
    assert!(place.path("kept").is_dir() && !place.path(".siren").exists(), "{:?}", place.names("."));

    let measures: Vec<_> = figures(&beir["measures"]).into_keys().collect();
    let scored = place.json(&[
        "eval",
        "score",
        "tiny/qrels/test.tsv",
        "run.txt",
        "--measures",
        &measures.join(","),
        "--json",
    ]);
    assert_same("the run that was written", &beir["measures"], &scored["measures"]);
    let run = place.read("run.txt");
    assert!(
        run.lines().all(|line| line.split_whitespace().count() == 6),
        "a TREC run has six columns:\n{run}"
    );

    let text = place.siren(&["eval", "beir", "tiny"]).exits(0).stdout;
    assert_tells("the table", &text, &["tiny: 6 documents, 4 queries", "nDCG@10", "at most 3"]);
}

#[test]
fn the_sample_keeps_its_promises() {
    let place = Place::with_sample();
    let suite = repository().join("eval/conference").to_string_lossy().into_owned();
    let report = place.json(&["eval", "run", &suite, "--json", "--run-file", "run.txt"]);
    let overall = &report["overall"];
    let gates = [
        ("R@5", 0.83, 1.0),
        ("fact_recall", 0.66, 1.0),
        ("abstention", 0.74, 1.0),
        ("false_abstention", 0.0, 0.17),
    ];
    let mean = |measure: &str| overall["means"][measure]["mean"].as_f64().unwrap_or(f64::NAN);
    let told: Vec<_> = gates.iter().map(|(measure, ..)| format!("{measure} {:.3}", mean(measure))).collect();
    for (measure, least, most) in gates {
        let value = mean(measure);
        assert!((least..=most).contains(&value), "{measure} is not within {least} and {most}: {told:?}");
    }
    assert_eq!(overall["errors"], 0, "{overall:#}");
    assert!(overall["n"].as_u64() >= Some(60), "{overall:#}");
    for measure in ["nDCG@10", "R@10", "RR@10", "citation_correctness"] {
        assert!(mean(measure) > 0.0, "{measure}: {overall:#}");
    }
    for tag in ["doc-only", "db-only", "both", "year", "multi-hop", "unanswerable", "typo"] {
        assert!(report["tags"][tag]["n"].as_u64() > Some(0), "no question is tagged {tag:?}");
    }
    assert!(report["tags"]["english"]["n"].as_u64() >= Some(10), "ten questions are also asked in English");
    let text = place.siren(&["eval", "run", &suite]).exits(0).stdout;
    assert_tells(
        "the table",
        &text,
        &["nDCG@10", "fact_recall", "abstention", "doc-only", "Worst questions"],
    );
    assert!(!place.read("run.txt").is_empty());
}

#[test]
fn what_cannot_be_scored_is_told_with_its_place() {
    let place = Place::empty();
    tiny(&place);
    place.write("run.txt", "q1 Q0 d1 1 2.5 ours\nq1 Q0 d2 two\n");
    place.write("suite/suite.toml", "schema = 1\nname = \"s\"\ndescription = \"d\"\n");
    place.write("suite/questions.jsonl", "{\"_id\": \"a\"\n");
    let qrels = "tiny/qrels/test.tsv";
    let cases: [(&str, &[&str], &[&str]); 6] = [
        ("a run that is none", &["eval", "score", qrels, "run.txt"], &["run.txt:2"]),
        ("no such run", &["eval", "score", qrels, "none.txt"], &["none.txt"]),
        (
            "an unknown measure",
            &["eval", "score", qrels, "run.txt", "--measures", "MAPP@3"],
            &["MAPP@3", "nDCG@k"],
        ),
        ("no such folder", &["eval", "beir", "elsewhere"], &["elsewhere"]),
        ("no such suite", &["eval", "run", "elsewhere"], &["elsewhere"]),
        ("a suite with a bad line", &["eval", "run", "suite"], &["questions.jsonl:1"]),
    ];
    for (case, args, needles) in cases {
        let ran = place.siren(args).exits(2);
        assert_tells(case, &ran.stderr, needles);
    }
}
