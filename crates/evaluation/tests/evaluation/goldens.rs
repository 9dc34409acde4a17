//! Every measure equals `trec_eval -c` to four decimals, for each query and in the mean.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use siren_evaluation::measures::Measure;
use siren_evaluation::score::score;
use siren_evaluation::trec::{read_qrels, read_run};

use crate::Done;

#[derive(Deserialize)]
struct Golden {
    mean: BTreeMap<String, f64>,
    per_query: BTreeMap<String, BTreeMap<String, f64>>,
}

#[test]
fn equals_trec_eval() -> Done {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let golden: Golden = serde_json::from_slice(&std::fs::read(folder.join("expected.json"))?)?;
    let names: Vec<_> = golden.mean.keys().map(String::as_str).collect();
    let measures = Measure::list(&names.join(","))?;
    let (qrels, run) = (read_qrels(&folder.join("qrels.txt"))?, read_run(&folder.join("run.txt"))?);
    let scores = score(&qrels, &run, &measures);

    assert_same("mean", &golden.mean, &scores.mean);
    assert!(golden.per_query.keys().eq(scores.per_query.keys()), "other queries");
    for (query, expected) in &golden.per_query {
        assert_same(query, expected, &scores.per_query[query]);
    }
    assert_eq!((scores.queries, scores.missing, scores.unjudged), (34, 3, 2));
    Ok(())
}

fn assert_same(of: &str, expected: &BTreeMap<String, f64>, found: &BTreeMap<Measure, f64>) {
    assert_eq!(expected.len(), found.len(), "{of}");
    for (measure, value) in found {
        let wanted = expected[&measure.to_string()];
        assert!((wanted - value).abs() < 0.000_05, "{of} {measure}: {value}, trec_eval {wanted}");
    }
}

#[test]
fn a_measure_is_written_as_it_is_read() -> Done {
    let cases = [
        ("ndcg@10", "nDCG@10"),
        ("NDCG", "nDCG"),
        ("p@5", "P@5"),
        ("r@100", "R@100"),
        ("rr", "RR"),
        ("Rr@10", "RR@10"),
        ("ap", "AP"),
        ("AP@3", "AP@3"),
        ("SUCCESS@5", "Success@5"),
    ];
    for (written, name) in cases {
        assert_eq!(written.parse::<Measure>()?.to_string(), name);
    }
    for wrong in ["", "P", "R", "Success", "nDCG@", "nDCG@0", "nDCG@-1", "nDCG@x", "MAP", "nDCG @10"] {
        let error = wrong.parse::<Measure>().err().map(|e| e.to_string()).unwrap_or_default();
        assert!(error.contains("nDCG@k") && error.contains("Success@k"), "{wrong:?}: {error:?}");
    }
    let list: Vec<_> = Measure::list("R@5, ndcg@10,R@5")?.iter().map(ToString::to_string).collect();
    assert_eq!(list, ["R@5", "nDCG@10"]);
    Ok(())
}
