//! How do judgements and runs lie in files? TREC's columns, and BEIR's table with a header.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use rayon::prelude::*;

use crate::error::EvaluationError;
use crate::lines::{Groups, Place, in_parallel, lines, read_text};
use crate::ranking::{Entry, Qrels, Run, length, rankable};

const QRELS_FORM: &str = "write `query 0 document label` on each line, or begin with the header \
                          `query-id<TAB>corpus-id<TAB>score` and write those three columns";
const RUN_FORM: &str = "write `query Q0 document rank score tag` on each line";

/// Reads judgements. The first line tells which form the file has.
pub fn read_qrels(path: &Path) -> Result<Qrels, EvaluationError> {
    let text = read_text(path)?;
    let file = path.display().to_string();
    let judged = grouped(labels(&text, &file)?);
    let judged: Result<BTreeMap<_, _>, _> = judged
        .into_par_iter()
        .map(|(query, judged)| {
            let lines = judged.len();
            let labels: BTreeMap<_, _> = judged.into_iter().map(|(d, label)| (d.to_owned(), label)).collect();
            if labels.len() == lines { Ok((query.to_owned(), labels)) } else { Err(query) }
        })
        .collect();
    match judged {
        Ok(judged) if judged.is_empty() => Err(EvaluationError::content(&file, "no judgements", QRELS_FORM)),
        Ok(judged) => Ok(Qrels::of(judged)),
        Err(_) => {
            let form = Form::of(&text, &file);
            Err(first_twice(&text, &file, |place, line| {
                let read = form.judgement(place, line).ok().flatten();
                read.map(|(query, document, _)| (query, document))
            }))
        }
    }
}

/// The judgements of a file's text, those of neighbouring lines with one query together.
pub(crate) fn labels<'a>(
    text: &'a str,
    file: &str,
) -> Result<Vec<Groups<'a, (&'a str, i32)>>, EvaluationError> {
    let form = Form::of(text, file);
    in_parallel(text, file, |place, line| {
        let Some((query, document, label)) = form.judgement(place, line)? else { return Ok(None) };
        Ok(Some((query, (document, read_label(place, label)?))))
    })
}

/// How judgements stand in a file.
#[derive(Clone, Copy)]
struct Form {
    /// Where the header lies, if there is one: threads that read the file count its lines from somewhere in the middle.
    header: Option<usize>,
}

impl Form {
    fn of(text: &str, file: &str) -> Self {
        let first = lines(text, file).next();
        Self { header: first.filter(|(_, line)| is_header(line)).map(|(_, line)| line.as_ptr() as usize) }
    }

    /// None for the header.
    fn judgement<'a>(
        self,
        place: Place<'_>,
        line: &'a str,
    ) -> Result<Option<Judgement<'a>>, EvaluationError> {
        match self.header {
            Some(header) if header == line.as_ptr() as usize => Ok(None),
            Some(_) => table_judgement(place, line).map(Some),
            None => trec_judgement(place, line).map(Some),
        }
    }
}

fn read_label(place: Place<'_>, label: &str) -> Result<i32, EvaluationError> {
    label.parse::<i32>().map_err(|_| match label.parse::<i128>() {
        Ok(_) => {
            let problem = format!("the label {label:?} is beyond 2147483647, up or down");
            place.wrong(problem, "write 0 for not relevant, and small whole numbers for grades")
        }
        Err(_) => {
            let problem = format!("the label {label:?} is not a whole number");
            place.wrong(problem, "write 0 for not relevant, 1 or more for relevant")
        }
    })
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
    let mut columns = line.split_ascii_whitespace();
    let mut next = || columns.next();
    if let (Some(query), Some(_), Some(document), Some(label), None) =
        (next(), next(), next(), next(), next())
    {
        return Ok((query, document, label));
    }
    let problem = format!("{} columns where 4 were expected", line.split_ascii_whitespace().count());
    Err(place.wrong(problem, QRELS_FORM))
}

/// Reads a run. Its rank column is passed over, as trec_eval does: scores alone decide.
pub fn read_run(path: &Path) -> Result<Run, EvaluationError> {
    let text = read_text(path)?;
    let file = path.display().to_string();
    let start = text.as_ptr() as usize;
    let read = in_parallel(&text, &file, |place, line| {
        let (query, document, score) = run_line(place, line)?;
        let score = rankable(read_score(place, score)?);
        let at = document.as_ptr() as usize - start;
        Ok(Some((query, Entry { at, length: length(document), score })))
    })?;
    let ranked: Result<BTreeMap<_, _>, ()> = grouped(read)
        .into_par_iter()
        .map(|(query, mut entries)| {
            if has_twice(&entries, &text) {
                return Err(());
            }
            entries.sort_unstable_by(|a, b| a.order(*b, &text));
            Ok((query.to_owned(), entries))
        })
        .collect();
    match ranked {
        Ok(ranked) => Ok(Run::of(text, ranked)),
        Err(()) => Err(first_twice(&text, &file, |place, line| {
            run_line(place, line).ok().map(|(query, document, _)| (query, document))
        })),
    }
}

fn run_line<'a>(place: Place<'_>, line: &'a str) -> Result<Judgement<'a>, EvaluationError> {
    let mut columns = line.split_ascii_whitespace();
    let mut next = || columns.next();
    if let (Some(query), Some(_), Some(document), Some(_), Some(score), Some(_), None) =
        (next(), next(), next(), next(), next(), next(), next())
    {
        return Ok((query, document, score));
    }
    let problem = format!("{} columns where 6 were expected", line.split_ascii_whitespace().count());
    Err(place.wrong(problem, RUN_FORM))
}

fn has_twice(entries: &[Entry], text: &str) -> bool {
    let mut ids: Vec<&str> = entries.iter().map(|entry| entry.id(text)).collect();
    ids.sort_unstable();
    ids.windows(2).any(|pair| pair[0] == pair[1])
}

/// What each line holds, joined with what the other lines of its query hold.
fn grouped<T>(read: Vec<Groups<'_, T>>) -> Groups<'_, T> {
    let mut all: BTreeMap<&str, Vec<T>> = BTreeMap::new();
    for (query, mut entries) in read.into_iter().flatten() {
        match all.entry(query) {
            std::collections::btree_map::Entry::Vacant(free) => {
                free.insert(entries);
            }
            std::collections::btree_map::Entry::Occupied(mut held) => held.get_mut().append(&mut entries),
        }
    }
    all.into_iter().collect()
}

/// Names the first line that holds a document again. Slow, and only for a file that has such a line.
fn first_twice<'a>(
    text: &'a str,
    file: &'a str,
    read: impl Fn(Place<'a>, &'a str) -> Option<(&'a str, &'a str)>,
) -> EvaluationError {
    let mut seen = BTreeSet::new();
    for (place, line) in lines(text, file) {
        if let Some((query, document)) = read(place, line)
            && !seen.insert((query, document))
        {
            return twice(place, query, document);
        }
    }
    EvaluationError::content(&file, "a document is there twice for one query", "keep one of the lines")
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
