//! How do judgements and runs lie in files? TREC's columns, and BEIR's table with a header.

use std::fmt::Write;
use std::path::Path;

use crate::error::EvaluationError;
use crate::lines::{Place, lines, read_text};
use crate::ranking::{Qrels, Run};

const QRELS_FORM: &str = "write `query 0 document label` on each line, or begin with the header \
                          `query-id<TAB>corpus-id<TAB>score` and write those three columns";
const RUN_FORM: &str = "write `query Q0 document rank score tag` on each line";

/// Reads judgements. The first line tells which form the file has.
pub fn read_qrels(path: &Path) -> Result<Qrels, EvaluationError> {
    let text = read_text(path)?;
    let file = path.display().to_string();
    let mut content = lines(&text, &file).peekable();
    let table = content.next_if(|(_, line)| is_header(line)).is_some();
    let mut qrels = Qrels::default();
    for (place, line) in content {
        let (query, document, label) =
            if table { table_judgement(place, line)? } else { trec_judgement(place, line)? };
        let Ok(number) = label.parse() else {
            let problem = format!("the label {label:?} is not a whole number");
            return Err(place.wrong(problem, "write 0 for not relevant, 1 or more for relevant"));
        };
        if !qrels.insert(query, document, number) {
            return Err(twice(place, query, document));
        }
    }
    if qrels.is_empty() {
        return Err(EvaluationError::content(&file, "no judgements", QRELS_FORM));
    }
    Ok(qrels)
}

fn is_header(line: &str) -> bool {
    let columns: Vec<_> = line.split('\t').map(|c| c.trim().to_lowercase()).collect();
    // A first line with a number is a judgement that lacks its header, whatever its query is called.
    let named = |columns: &[String]| columns[0].starts_with("query") || columns[2] == "score";
    columns.len() == 3 && columns[2].parse::<i32>().is_err() && named(&columns)
}

type Judgement<'a> = (&'a str, &'a str, &'a str);

fn table_judgement<'a>(place: Place<'_>, line: &'a str) -> Result<Judgement<'a>, EvaluationError> {
    let columns: Vec<_> = line.split('\t').map(str::trim).collect();
    match columns[..] {
        [query, document, label] if !query.is_empty() && !document.is_empty() => Ok((query, document, label)),
        _ => {
            let problem = format!("{} columns where 3 filled ones were expected", columns.len());
            Err(place.wrong(problem, "write `query-id<TAB>corpus-id<TAB>score`"))
        }
    }
}

fn trec_judgement<'a>(place: Place<'_>, line: &'a str) -> Result<Judgement<'a>, EvaluationError> {
    let columns: Vec<_> = line.split_whitespace().collect();
    match columns[..] {
        [query, _, document, label] => Ok((query, document, label)),
        _ => {
            let problem = format!("{} columns where 4 were expected", columns.len());
            Err(place.wrong(problem, QRELS_FORM))
        }
    }
}

/// Reads a run. Its rank column is passed over, as trec_eval does: scores alone decide.
pub fn read_run(path: &Path) -> Result<Run, EvaluationError> {
    let text = read_text(path)?;
    let file = path.display().to_string();
    let mut run = Run::default();
    for (place, line) in lines(&text, &file) {
        let columns: Vec<_> = line.split_whitespace().collect();
        let [query, _, document, _, score, _] = columns[..] else {
            let problem = format!("{} columns where 6 were expected", columns.len());
            return Err(place.wrong(problem, RUN_FORM));
        };
        if !run.insert(query, document, read_score(place, score)?) {
            return Err(twice(place, query, document));
        }
    }
    Ok(run)
}

/// Read in double and kept in single precision, as trec_eval does.
fn read_score(place: Place<'_>, score: &str) -> Result<f32, EvaluationError> {
    match score.parse::<f64>() {
        Ok(number) if !number.is_nan() => Ok(number as f32),
        _ => {
            let problem = format!("the score {score:?} is not a number");
            Err(place.wrong(problem, "write a number such as 12.5; the highest ranks first"))
        }
    }
}

fn twice(place: Place<'_>, query: &str, document: &str) -> EvaluationError {
    let problem = format!("the document {document:?} is there twice for the query {query:?}");
    place.wrong(problem, "keep one of the lines")
}

/// A run in TREC's columns. Read back it gives the same rankings.
pub fn format_run(run: &Run, tag: &str) -> Result<String, EvaluationError> {
    one_word("the run's tag", tag)?;
    let mut text = String::new();
    for query in run.queries() {
        one_word("the query id", query)?;
        for ((document, score), rank) in run.ranking(query).into_iter().zip(1..) {
            one_word("the document id", document)?;
            // Display prints the shortest digits that read back as the same number.
            let written = writeln!(text, "{query} Q0 {document} {rank} {score} {tag}");
            written.map_err(|error| EvaluationError::Usage(error.to_string()))?;
        }
    }
    Ok(text)
}

/// Writes a run in TREC's columns.
pub fn write_run(path: &Path, run: &Run, tag: &str) -> Result<(), EvaluationError> {
    let text = format_run(run, tag)?;
    std::fs::write(path, text).map_err(|error| EvaluationError::file(path, &error))
}

fn one_word(what: &str, word: &str) -> Result<(), EvaluationError> {
    if word.is_empty() || word.contains(char::is_whitespace) {
        return Err(EvaluationError::Usage(format!(
            "{what} {word:?} cannot stand in a TREC run, whose columns are parted by spaces: \
             rename it without spaces, or leave the run file out"
        )));
    }
    Ok(())
}
