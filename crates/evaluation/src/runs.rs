//! What can be scored and compared? TREC files, BEIR folders, suites, and records of our own runs.

use std::path::Path;

use crate::beir;
use crate::compare::{Tags, Values};
use crate::error::EvaluationError;
use crate::measures::Measure;
use crate::ranking::{Qrels, Run};
use crate::record::RunRecord;
use crate::score::{Scores, score};
use crate::stream::score_files;
use crate::suite;
use crate::trec::{read_qrels, read_run};

/// Judgements, and the tags of queries where something tells them.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// The judgements.
    pub qrels: Qrels,
    /// The tags of queries.
    pub tags: Tags,
}

/// Reads judgements: a TREC or BEIR file, a BEIR folder, or a suite.
pub fn read_judged(path: &Path) -> Result<Judged, EvaluationError> {
    if !path.is_dir() {
        return Ok(Judged { qrels: read_qrels(path)?, tags: Tags::new() });
    }
    if suite::is_suite(path) {
        let suite = suite::load(path)?;
        return Ok(Judged { qrels: suite.qrels(), tags: suite.tags() });
    }
    Ok(Judged { qrels: read_qrels(&beir::qrels_file(path)?)?, tags: Tags::new() })
}

/// Scores a run or a record against judgements, both by their files. `per_query` says whether each query's values are
/// kept, too.
pub fn score_paths(
    qrels: &Path,
    run: &Path,
    measures: &[Measure],
    per_query: bool,
) -> Result<Scores, EvaluationError> {
    if !is_record(run) && !suite::is_suite(qrels) {
        let labels = if qrels.is_dir() { beir::qrels_file(qrels)? } else { qrels.to_owned() };
        if let Some(scores) = score_files(&labels, run, measures, per_query)? {
            return Ok(scores);
        }
    }
    Ok(score(&read_judged(qrels)?.qrels, &read_any_run(run)?.run, measures))
}

/// A run, and what else its record tells.
#[derive(Clone, Debug)]
pub struct AnyRun {
    /// The rankings.
    pub run: Run,
    /// The whole record, if it is one.
    pub record: Option<RunRecord>,
}

/// Reads a run: TREC's columns, or a record.
pub fn read_any_run(path: &Path) -> Result<AnyRun, EvaluationError> {
    if is_record(path) {
        let record = RunRecord::read(path)?;
        return Ok(AnyRun { run: record.run(), record: Some(record) });
    }
    Ok(AnyRun { run: read_run(path)?, record: None })
}

/// A record is one JSON object; no line of a run has a brace and nothing else.
fn is_record(path: &Path) -> bool {
    use std::io::Read;
    let mut begin = [0; 64];
    let read = std::fs::File::open(path).and_then(|mut file| file.read(&mut begin)).unwrap_or(0);
    begin[..read].iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}

/// What each judged query is worth by these measures, joined with what the record says of the answers.
pub fn values(judged: &Judged, of: &AnyRun, measures: &[Measure]) -> (Values, Vec<String>) {
    let scores = score(&judged.qrels, &of.run, measures);
    let mut values = Values::new();
    for (query, all) in &scores.per_query {
        for (measure, value) in all {
            values.entry(measure.to_string()).or_default().insert(query.clone(), *value);
        }
    }
    let mut order: Vec<String> = measures.iter().map(ToString::to_string).collect();
    for (measure, all) in of.record.iter().flat_map(RunRecord::values) {
        // Rankings are scored here and now, by the judgements that were named.
        if measure.parse::<Measure>().is_err() {
            order.push(measure.clone());
            values.insert(measure, all);
        }
    }
    (values, order)
}
