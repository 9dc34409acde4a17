//! What is a run file worth, told while it is read?
//!
//! A run of millions of lines is scored in stretches, on all cores, and none of it is kept. This is for runs as programs
//! write them: all lines of a query together, nothing wrong anywhere. What is otherwise is not judged here: the caller
//! reads the file as a whole, which tells what is wrong with it, and in which line.

mod fields;
mod judged;
mod query;
mod stretch;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use foldhash::fast::FixedState;
use rayon::prelude::*;

use crate::error::EvaluationError;
use crate::lines::read_text;
use crate::measures::{Measure, sum};
use crate::score::Scores;
use judged::Judged;
use query::Judge;
use stretch::{STRETCH, Stretches};

/// Scores a run file against judgements in TREC's or BEIR's form; none when one of the files is not as regular as it has
/// to be here. `per_query` says whether the values of each query are kept.
pub(crate) fn score_files(
    qrels: &Path,
    run: &Path,
    measures: &[Measure],
    per_query: bool,
) -> Result<Option<Scores>, EvaluationError> {
    score_in(qrels, run, measures, per_query, STRETCH)
}

fn score_in(
    qrels: &Path,
    run: &Path,
    measures: &[Measure],
    per_query: bool,
    stretch: u64,
) -> Result<Option<Scores>, EvaluationError> {
    let text = read_text(qrels)?;
    let Some(judged) = Judged::read(&text, &qrels.display().to_string()) else { return Ok(None) };
    let Some(stretches) = Stretches::of(run, stretch) else { return Ok(None) };
    let each_stretch = || {
        let begin = || (Vec::new(), Judge::new(&judged, measures));
        let of_stretch = |(buffer, judge): &mut (Vec<u8>, Judge<'_>), at| {
            stretches.each_query(at, buffer, judge)?;
            Some(judge.take())
        };
        (0..stretches.count()).into_par_iter().map_init(begin, of_stretch).collect()
    };
    let (found, order): (Option<Vec<Values>>, _) = rayon::join(each_stretch, || judged.in_order());
    Ok(found.and_then(|found| put_together(&judged, &order, &found, measures, per_query)))
}

/// What came of the queries of a stretch.
#[derive(Default)]
struct Values {
    /// Judged queries, by their place among the judgements.
    judged: Vec<usize>,
    /// As many values for each of them as there are measures.
    values: Vec<f64>,
    /// Prints of queries that nobody judged.
    unjudged: Vec<u64>,
}

/// None when the lines of a query stand in several places, for what was said of it then is not the whole, or when a
/// judgement stands there twice.
fn put_together(
    judged: &Judged<'_>,
    order: &[usize],
    found: &[Values],
    measures: &[Measure],
    per_query: bool,
) -> Option<Scores> {
    let mut places: Vec<Option<(usize, usize)>> = vec![None; judged.len()];
    for (stretch, of) in found.iter().enumerate() {
        for (at, query) in of.judged.iter().enumerate() {
            if places[*query].replace((stretch, at)).is_some() {
                return None;
            }
        }
    }
    let mut unjudged = HashSet::with_hasher(FixedState::default());
    if !found.iter().flat_map(|of| &of.unjudged).all(|print| unjudged.insert(*print)) {
        return None;
    }
    // The others were looked up while the run was read.
    let missing: Vec<usize> = (0..judged.len()).filter(|query| places[*query].is_none()).collect();
    if missing.par_iter().any(|query| judged.has_twice(*query)) {
        return None;
    }
    let worst = vec![0.0; measures.len()];
    let values = |query: usize| match places[query] {
        Some((stretch, at)) => &found[stretch].values[at * measures.len()..(at + 1) * measures.len()],
        None => &worst[..],
    };
    // Sums in another order differ in their last digits.
    let over = order.len().max(1) as f64;
    let mean = |at: usize| sum(order.iter().map(|query| values(*query)[at])) / over;
    let named = |query: usize| {
        let of = measures.iter().copied().zip(values(query).iter().copied());
        (judged.name(query).to_owned(), of.collect::<BTreeMap<_, _>>())
    };
    Some(Scores {
        measures: measures.to_vec(),
        queries: judged.len(),
        missing: missing.len(),
        unjudged: unjudged.len(),
        mean: measures.iter().enumerate().map(|(at, measure)| (*measure, mean(at))).collect(),
        per_query: if per_query {
            order.iter().map(|query| named(*query)).collect()
        } else {
            BTreeMap::new()
        },
    })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::path::Path;

    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;
    use tempfile::TempDir;

    use super::score_in;
    use crate::measures::Measure;
    use crate::score::{Scores, score};
    use crate::trec::{read_qrels, read_run};

    const ALL: &str = "nDCG,nDCG@3,P@2,R@3,RR,AP,Success@1,Rprec";

    /// What a reader of the whole files says.
    fn whole(folder: &Path) -> Option<Scores> {
        let (qrels, run) = (read_qrels(&folder.join("q")).ok()?, read_run(&folder.join("r")).ok()?);
        Some(score(&qrels, &run, &Measure::list(ALL).ok()?))
    }

    fn streamed(folder: &Path, stretch: u64) -> Option<Scores> {
        let measures = Measure::list(ALL).ok()?;
        score_in(&folder.join("q"), &folder.join("r"), &measures, true, stretch).ok()?
    }

    fn folder(qrels: &str, run: &str) -> TempDir {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("q"), qrels).unwrap();
        std::fs::write(folder.path().join("r"), run).unwrap();
        folder
    }

    /// Lines of a run, all of a query together, with ties, queries that nobody judged, and both line ends.
    fn run() -> impl Strategy<Value = String> {
        let score = prop_oneof![
            Just("0"),
            Just("-0.0"),
            Just("1.5"),
            Just("7e-3"),
            Just("16777217"),
            Just("16777216")
        ];
        let of_query = btree_map("[a-d가나]{1,2}", score, 1..12);
        (btree_map("q[0-9가]{1,3}", of_query, 0..12), prop_oneof![Just("\n"), Just("\r\n")], any::<bool>())
            .prop_map(|(queries, end, last)| {
                let mut text = String::new();
                for (query, documents) in queries {
                    for (document, score) in documents {
                        write!(text, "{query} Q0 {document} 1 {score} t{end}").unwrap();
                    }
                }
                if last { text } else { text.trim_end().to_owned() }
            })
    }

    fn qrels() -> impl Strategy<Value = String> {
        vec(("q[0-9가]{1,2}", "[a-d가나]{1,2}", -2..4_i32), 1..40).prop_map(|mut lines| {
            lines.sort();
            lines.dedup_by(|a, b| (&a.0, &a.1) == (&b.0, &b.1));
            lines.into_iter().map(|(q, d, label)| format!("{q} 0 {d} {label}\n")).collect()
        })
    }

    proptest! {
        #[test]
        fn wherever_a_file_is_cut_its_figures_are_those_of_the_whole(run in run(), qrels in qrels(), stretch in 1_u64..300) {
            let folder = folder(&qrels, &run);
            let found = streamed(folder.path(), stretch);
            prop_assert_eq!(found.is_none(), run.is_empty());
            if found.is_some() {
                prop_assert_eq!(found, whole(folder.path()));
            }
        }

        #[test]
        fn no_file_is_told_otherwise_than_by_a_reader_of_the_whole(
            lines in vec("(q[01] Q0 [ab] 1 [12] t|q1 Q0 a b 1 t| ?|q1\tQ0 c 1 nan t|q[0-2]  Q0 [a-f] 2 .5 t )\r?", 0..12),
            stretch in 1_u64..60,
        ) {
            let folder = folder("q0 0 a 1\nq1 0 b 2\nq2 0 f 1\n", &lines.join("\n"));
            if let Some(found) = streamed(folder.path(), stretch) {
                prop_assert_eq!(Some(found), whole(folder.path()));
            }
        }
    }

    #[test]
    fn what_is_not_regular_is_left_to_a_reader_of_the_whole() {
        let good = "q1 0 d1 1\n";
        let cases = [
            ("a document twice", good, "q1 Q0 d1 1 2 t\nq1 Q0 d1 2 1 t\n"),
            ("a query in two places", good, "q1 Q0 d1 1 2 t\nq2 Q0 d1 1 2 t\nq1 Q0 d2 2 1 t\n"),
            ("an unjudged query in two places", good, "q3 Q0 d1 1 2 t\nq1 Q0 d1 1 2 t\nq3 Q0 d2 2 1 t\n"),
            ("a truncated line", good, "q1 Q0 d1 1 2 t\nq1 Q0 d2 2 1"),
            ("no number", good, "q1 Q0 d1 1 NaN t\n"),
            ("an empty file", good, ""),
            ("a byte order mark", good, "\u{feff}q1 Q0 d1 1 2 t\n"),
            ("a judgement twice", "q1 0 d1 1\nq1 0 d1 1\n", "q1 Q0 d1 1 2 t\n"),
            ("a huge label", "q1 0 d1 4294967296\n", "q1 Q0 d1 1 2 t\n"),
        ];
        for (case, qrels, run) in cases {
            let folder = folder(qrels, run);
            for stretch in [1, 16, 1 << 20] {
                assert!(streamed(folder.path(), stretch).is_none(), "{case}");
            }
        }
    }
}
