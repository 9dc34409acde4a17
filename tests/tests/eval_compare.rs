//! Runs against each other: a winner only beyond the noise, the same figures for one seed, a place for every mistake.

use e2e::{Place, Seeded, assert_tells, repository};
use serde_json::json;

/// A run in which the relevant document of each query stands at this rank.
fn run(rank: impl Fn(usize) -> usize) -> String {
    let mut text = String::new();
    for query in 0..60 {
        for place in 1..=10 {
            let document = if place == rank(query) { "hit".to_owned() } else { format!("d{place}") };
            text.push_str(&format!("q{query} Q0 {document} {place} {} t\n", 100 - place));
        }
    }
    text
}

fn place() -> Place {
    let place = Place::empty();
    let qrels: String = (0..60).map(|query| format!("q{query} 0 hit 1\n")).collect();
    place.write("qrels.txt", qrels);
    let mut luck = Seeded::new(7);
    let noise: Vec<usize> = (0..60).map(|_| 1 + luck.below(3) as usize).collect();
    let other: Vec<usize> = (0..60).map(|_| 1 + luck.below(3) as usize).collect();
    place.write("noise.txt", run(|query| noise[query]));
    place.write("other.txt", run(|query| other[query]));
    place.write("best.txt", run(|_| 1));
    place.write("worst.txt", run(|query| if query == 5 { 1 } else { 9 }));
    place
}

#[test]
fn a_winner_is_named_only_beyond_the_noise() {
    let place = place();
    let cases = [
        ("noise.txt", "other.txt", json!(null)),
        ("best.txt", "best.txt", json!(null)),
        ("worst.txt", "best.txt", json!("b")),
        ("best.txt", "worst.txt", json!("a")),
    ];
    for (a, b, winner) in cases {
        let compared =
            place.json(&["eval", "compare", "qrels.txt", a, b, "--measures", "RR,recip_rank,P_1", "--json"]);
        let found = &compared["measures"]["RR"];
        assert_eq!(found["winner"], winner, "{a} {b}: {found:#}");
        let counts = ["wins", "losses"].map(|side| found[side].as_array().map_or(0, Vec::len));
        assert_eq!(counts.iter().sum::<usize>() as u64 + found["ties"].as_u64().unwrap(), 60);
        assert!(
            compared["measures"]["P@1"]["p_corrected"].as_f64() >= compared["measures"]["P@1"]["p"].as_f64()
        );
    }
    let told = place.siren(&["eval", "compare", "qrels.txt", "noise.txt", "other.txt"]).exits(0).stdout;
    assert_tells("inside the noise", &told, &["no winner: p = ", "60 queries", "seed 1"]);
    let told = place.siren(&["eval", "compare", "qrels.txt", "worst.txt", "best.txt"]).exits(0).stdout;
    assert_tells("beyond it", &told, &["best.txt is better: p < .001", "RR@10, B wins", "and 49 more"]);
    assert!(!told.contains("q5 "), "a tie is not listed:\n{told}");
}

#[test]
fn one_seed_gives_the_same_bytes() {
    let place = place();
    let args = ["eval", "compare", "qrels.txt", "noise.txt", "other.txt", "--json"];
    let with = |seed: &str| place.siren(&[&args[..], &["--seed", seed]].concat()).exits(0).stdout;
    assert_eq!(with("3"), with("3"));
    assert_ne!(with("3"), with("4"));
    place.siren(&[&args[..], &["--permutations", "500"]].concat()).exits(2);
}

#[test]
fn records_are_compared_by_what_was_answered_and_by_tag() {
    let place = Place::with_sample();
    let suite = repository().join("eval/conference").to_string_lossy().into_owned();
    let record = |name: &str| place.siren(&["eval", "run", &suite, "--record", name]).exits(0);
    record("a.json");
    record("again.json");
    assert_eq!(place.read("a.json"), place.read("again.json"), "two runs of the same thing");
    let made = &serde_json::from_str::<serde_json::Value>(&place.read("a.json")).unwrap()["made_by"];
    for part in ["version", "binary", "settings", "index", "prompts", "rules", "models", "seed"] {
        assert!(!made[part].is_null() && made[part] != "", "{part}: {made:#}");
    }
    assert!(!place.read("a.json").contains("latency"), "no time in what is the same every time");
    assert_tells("the times beside it", &place.read("a.times.json"), &["\"p95\"", "\"c001\""]);

    place.write(
        "siren.toml",
        place.read("siren.toml") + "\n[answer]\nmin_evidence = 0.95\n[retrieval]\ntop_k = 3\n",
    );
    record("b.json");
    let compared = place.json(&["eval", "compare", &suite, "a.json", "b.json", "--json"]);
    assert_eq!(compared["measures"]["false_abstention"]["winner"], "a", "lower is better: {compared:#}");
    assert_eq!(compared["measures"]["fact_recall"]["winner"], "a");
    assert!(compared["tags"]["year"]["nDCG@10"]["n"].as_u64() > Some(5));
    let mixed = place.siren(&["eval", "score", &suite, "a.json", "--measures", "ndcg_cut_10,map"]).exits(0);
    assert_tells(
        "a record is a run",
        &mixed.stdout,
        &["nDCG@10", "judged queries", "0 queries of the run not judged"],
    );
}

#[test]
fn a_run_is_right_or_its_line_is_named() {
    let place = place();
    let score = |run: &[u8]| {
        place.write("run.txt", run);
        place.siren(&["eval", "score", "qrels.txt", "run.txt", "--json"])
    };
    let plain = run(|query| 1 + query % 3);
    let expected = score(plain.as_bytes()).exits(0).json()["measures"].clone();
    let mut lines: Vec<&str> = plain.lines().collect();
    lines.reverse();
    let same = [
        ("permuted", lines.join("\n")),
        ("Windows line ends", plain.replace('\n', "\r\n")),
        ("a byte order mark and empty lines", format!("\u{feff}{}", plain.replace('\n', "\n\n"))),
        ("queries that nobody judged", format!("{plain}x1 Q0 hit 1 5 t\nx2 Q0 d 1 5 t\n")),
        ("scores in another notation", plain.replace(" 99 t", " 9.9e1 t")),
    ];
    for (case, text) in same {
        assert_eq!(score(text.as_bytes()).exits(0).json()["measures"], expected, "{case}");
    }
    let last = plain.lines().count();
    let wrong: [(&str, String, String); 5] = [
        (
            "a duplicate",
            format!("{plain}q3 Q0 d5 1 1 t\n"),
            format!("run.txt:{}: the document \"d5\"", last + 1),
        ),
        ("not a number", plain.replacen(" 95 t", " NaN t", 1), "run.txt:5: the score \"NaN\"".into()),
        ("truncated", plain[..plain.len() - 6].to_owned(), format!("run.txt:{last}: ")),
        ("an empty column", plain.replacen("Q0 ", "", 1), "run.txt:1: 5 columns".into()),
        ("far down", plain.replacen("q59 Q0 d4", "q59 d4", 1), format!("run.txt:{}: 5 columns", last - 6)),
    ];
    for (case, text, needle) in wrong {
        assert_tells(case, &score(text.as_bytes()).exits(2).stderr, &[&needle]);
    }
    let labels = [("-3", 0), ("2147483647", 0), ("2147483648", 2), ("99999999999999999999", 2), ("1.5", 2)];
    for (label, code) in labels {
        place.write("q.txt", format!("q1 0 hit {label}\nq1 0 d1 1\n"));
        let ran = place.siren(&["eval", "score", "q.txt", "best.txt", "--json"]).exits(code);
        match code {
            0 => {
                assert!(ran.json()["measures"]["nDCG@10"].as_f64().is_some_and(|v| (0.0..=1.0).contains(&v)));
            }
            _ => assert_tells(label, &ran.stderr, &["q.txt:1: the label"]),
        }
    }
}
