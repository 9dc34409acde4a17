//! What holds for every run.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use siren_evaluation::measures::Measure;
use siren_evaluation::ranking::{Qrels, Run};
use siren_evaluation::score::score;
use siren_evaluation::trec::{format_run, read_run};

const ALL: &str = "nDCG,nDCG@1,nDCG@3,P@1,P@5,R@3,RR,RR@2,AP,AP@3,Success@2";

fn measures() -> Vec<Measure> {
    Measure::list(ALL).unwrap_or_default()
}

type Line = (String, String, f32);

/// Lines of a run, each document once in its query, with many ties.
fn run_lines() -> impl Strategy<Value = Vec<Line>> {
    let score = prop_oneof![Just(0.0_f32), Just(-0.0), Just(1.5), Just(-2.0), -1e6_f32..1e6];
    let lines = btree_map(("q[0-4]", "[a-e가나][0-9]"), score, 0..30);
    lines.prop_map(|lines| lines.into_iter().map(|((q, d), score)| (q, d, score)).collect())
}

fn qrels() -> impl Strategy<Value = Qrels> {
    btree_map(("q[0-5]", "[a-e가나][0-9]"), -1..4_i32, 1..30).prop_map(|lines| {
        let mut qrels = Qrels::default();
        for ((query, document), label) in lines {
            qrels.insert(&query, &document, label);
        }
        qrels
    })
}

fn run_of(lines: &[Line]) -> Run {
    let mut run = Run::default();
    for (query, document, score) in lines {
        run.insert(query, document, *score);
    }
    run
}

proptest! {
    #[test]
    fn the_order_of_lines_changes_nothing(
        (lines, shuffled) in run_lines().prop_flat_map(|l| (Just(l.clone()), Just(l).prop_shuffle())),
        qrels in qrels(),
    ) {
        let measures = measures();
        let scores = score(&qrels, &run_of(&lines), &measures);
        prop_assert_eq!(scores, score(&qrels, &run_of(&shuffled), &measures));
    }

    #[test]
    fn every_value_is_between_0_and_1_and_every_query_counts(lines in run_lines(), qrels in qrels()) {
        let scores = score(&qrels, &run_of(&lines), &measures());
        prop_assert_eq!(scores.per_query.len(), qrels.queries().len());
        let values = scores.per_query.values().flat_map(|of| of.values()).chain(scores.mean.values());
        for value in values {
            let within = value.is_sign_positive() && *value <= 1.0 + 1e-9;
            prop_assert!(within, "{}", value);
        }
    }

    #[test]
    fn a_written_run_ranks_the_same_when_read_back(lines in run_lines()) {
        let run = run_of(&lines);
        let file = tempfile::NamedTempFile::new()?;
        let written = format_run(&run, "law").map_err(|e| TestCaseError::fail(e.to_string()))?;
        std::fs::write(file.path(), &written)?;
        let read = read_run(file.path()).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(&run, &read);
        for query in run.queries() {
            prop_assert_eq!(run.ranking(query), read.ranking(query));
        }
        // The ranks that were written are those that the scores give.
        let ranked: Vec<_> = run.queries().flat_map(|q| run.ranking(q)).map(|(id, _)| id).collect();
        let lines: Vec<_> = written.lines().filter_map(|line| line.split(' ').nth(2)).collect();
        prop_assert_eq!(ranked, lines);
    }

    #[test]
    fn something_relevant_on_top_never_lowers_a_measure(
        ranked in vec(-1..4_i32, 0..15), unfound in vec(-1..4_i32, 0..8), label in 1..4_i32,
    ) {
        // The document was judged before it was found; what is best comes first, or nDCG could fall.
        let label = ranked.iter().chain(&unfound).copied().chain([label]).max().unwrap_or(label);
        let judged: Vec<i32> = ranked.iter().chain(&unfound).copied().chain([label]).collect();
        let better: Vec<i32> = std::iter::once(label).chain(ranked.iter().copied()).collect();
        for measure in measures() {
            let (before, after) = (measure.value(&ranked, &judged), measure.value(&better, &judged));
            prop_assert!(after >= before - 1e-12, "{}: {} after {}", measure, after, before);
        }
    }

    #[test]
    fn the_ideal_order_is_worth_1(judged in vec(0..4_i32, 1..12), label in 1..4_i32) {
        let mut ideal: Vec<i32> = judged.into_iter().chain([label]).collect();
        ideal.sort_unstable_by(|a, b| b.cmp(a));
        for measure in Measure::list("nDCG,nDCG@3,AP,RR,Success@1,R@100").unwrap_or_default() {
            prop_assert!((measure.value(&ideal, &ideal) - 1.0).abs() < 1e-12, "{}", measure);
        }
    }
}
