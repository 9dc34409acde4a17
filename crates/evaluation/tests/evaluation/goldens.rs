//! Every measure equals `trec_eval -c` to four decimals, for each query and in the mean.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use siren_evaluation::measures::Measure;
use siren_evaluation::score::{Scores, score};
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
    let scores = compare(&folder)?;
    assert_eq!((scores.queries, scores.missing, scores.unjudged), (34, 3, 2));
    for seed in 0..8 {
        compare(&folder.join(format!("hard-{seed}")))?;
    }
    Ok(())
}

fn compare(folder: &Path) -> Result<Scores, Box<dyn std::error::Error>> {
    let golden: Golden = serde_json::from_slice(&std::fs::read(folder.join("expected.json"))?)?;
    let names: Vec<_> = golden.mean.keys().map(String::as_str).collect();
    let measures = Measure::list(&names.join(","))?;
    let (qrels, run) = (read_qrels(&folder.join("qrels.txt"))?, read_run(&folder.join("run.txt"))?);
    let scores = score(&qrels, &run, &measures);
    assert_same("mean", &golden.mean, &scores.mean);
    assert!(golden.per_query.keys().eq(scores.per_query.keys()), "other queries in {folder:?}");
    for (query, expected) in &golden.per_query {
        assert_same(query, expected, &scores.per_query[query]);
    }
    Ok(scores)
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
        ("rr( rel = 2 )@10", "RR(rel=2)@10"),
        ("Recall@100", "R@100"),
        ("MRR@10", "RR@10"),
        ("ndcg_cut_10", "nDCG@10"),
        ("ndcg_cut.10", "nDCG@10"),
        ("map", "AP"),
        ("map_cut_5", "AP@5"),
        ("recip_rank", "RR"),
        ("recall_100", "R@100"),
        ("P_5", "P@5"),
        ("success_1", "Success@1"),
        ("Rprec", "Rprec"),
    ];
    for (written, name) in cases {
        assert_eq!(written.parse::<Measure>()?.to_string(), name);
    }
    for wrong in [
        "",
        "P",
        "R",
        "Success",
        "nDCG@",
        "nDCG@0",
        "nDCG@-1",
        "nDCG@x",
        "MAPP",
        "nDCG @10",
        "nDCG(rel=2)@10",
        "P(rel=0)@5",
        "Rprec@5",
    ] {
        let error = wrong.parse::<Measure>().err().map(|e| e.to_string()).unwrap_or_default();
        assert!(error.contains("nDCG@k") && error.contains("Success@k"), "{wrong:?}: {error:?}");
    }
    let list: Vec<_> = Measure::list("P.5,10,ndcg_cut.3,100,map")?.iter().map(ToString::to_string).collect();
    assert_eq!(list, ["P@5", "P@10", "nDCG@3", "nDCG@100", "AP"]);
    assert!(Measure::list("map,5").is_err() && Measure::list("5").is_err());
    let list: Vec<_> = Measure::list("R@5, ndcg@10,R@5")?.iter().map(ToString::to_string).collect();
    assert_eq!(list, ["R@5", "nDCG@10"]);
    Ok(())
}
