//! What is read from files, and what is said when they are wrong.

use std::fs;
use std::path::Path;

use siren_evaluation::EvaluationError;
use siren_evaluation::ranking::Run;
use siren_evaluation::trec::{format_run, read_qrels, read_run};
use siren_evaluation::{beir, suite};
use tempfile::TempDir;

use crate::Done;

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> std::io::Result<TempDir> {
    let folder = TempDir::new()?;
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(folder.path()))?;
        fs::write(path, text)?;
    }
    Ok(folder)
}

fn assert_says<T>(result: Result<T, EvaluationError>, parts: &[&str]) {
    let message = result.err().map(|error| error.to_string());
    let message = message.unwrap_or_else(|| "no error".into());
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
}

#[test]
fn reads_judgements_in_both_forms() -> Done {
    let forms = [
        "q1 0 d1 2\nq1 0 d2 -1\nq2 0 d1 0\n",
        "\u{feff}q1\t0\td1\t2\r\n\r\nq1  0 d2 -1 \r\nq2 0 d1 0",
        "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t-1\n\nq2\td1\t0\n",
        "query_id\tdoc_id\trelevance\r\nq1\td1\t2\r\nq1\td2\t-1\r\nq2\td1\t0\r\n",
    ];
    let mut read = Vec::new();
    for form in forms {
        let folder = folder(&[("q", form)])?;
        read.push(read_qrels(&folder.path().join("q"))?);
    }
    assert!(read.windows(2).all(|pair| pair[0] == pair[1]), "{read:?}");
    assert_eq!(read[0].query("q1").and_then(|judged| judged.get("d2")), Some(&-1));
    Ok(())
}

#[test]
fn names_the_line_of_wrong_judgements() -> Done {
    let cases: [(&str, &[&str]); 9] = [
        ("", &["q: no judgements"]),
        ("query1\td1\t1\nquery2\td1\t1\n", &["q:1: 3 columns"]),
        ("q1 0 d1 1\n\nq1 0 d2\n", &["q:3: 3 columns", "query 0 document label"]),
        ("q1 0 d1 1 x\n", &["q:1: 5 columns"]),
        ("q1 0 d1 high\n", &["q:1: the label \"high\" is not a whole number"]),
        ("q1 0 d1 1\nq1 0 d1 1\n", &["q:2:", "twice", "keep one"]),
        ("q1\td1\t1\n", &["q:1: 3 columns", "query-id<TAB>corpus-id<TAB>score"]),
        ("query-id\tcorpus-id\tscore\nq1\td1\n", &["q:2: 2 columns"]),
        ("query-id\tcorpus-id\tscore\nq1\t\t1\n", &["q:2:"]),
    ];
    for (text, parts) in cases {
        let folder = folder(&[("q", text)])?;
        assert_says(read_qrels(&folder.path().join("q")), parts);
    }
    assert_says(read_qrels(Path::new("/nowhere/q")), &["/nowhere/q"]);
    Ok(())
}

#[test]
fn names_the_line_of_a_wrong_run() -> Done {
    let cases: [(&str, &[&str]); 6] = [
        ("q1 Q0 d1 1 2.5 t\nq1 Q0 d2 2\n", &["r:2: 4 columns", "query Q0 document"]),
        ("q1 Q0 d1 1 NaN t\n", &["r:1: the score \"NaN\" is not a number"]),
        ("q1 Q0 d1 1 -nan t\n", &["r:1:"]),
        ("\r\nq1 Q0 d1 1 best t\r\n", &["r:2: the score \"best\""]),
        ("q1 Q0 d1 1 2 t\nq2 Q0 d1 1 2 t\nq1 Q0 d1 2 1 t\n", &["r:3:", "\"d1\"", "\"q1\""]),
        ("q1 Q0 a document 1 2 t\n", &["r:1: 7 columns"]),
    ];
    for (text, parts) in cases {
        let folder = folder(&[("r", text)])?;
        assert_says(read_run(&folder.path().join("r")), parts);
    }
    let folder = folder(&[])?;
    fs::write(folder.path().join("r"), b"q1 Q0 d1 1 2 t\nq1 Q0 \xff 1 2 t\n")?;
    assert_says(read_run(&folder.path().join("r")), &["r:2: not UTF-8"]);
    Ok(())
}

#[test]
fn ties_break_by_score_then_id_descending() -> Done {
    let mut run = Run::default();
    for (document, score) in [("a", 1.0), ("b", 1.0), ("A", 1.0), ("가", 1.0), ("z", 0.5), ("y", 2.0)] {
        run.insert("q", document, score);
    }
    let order: Vec<_> = run.ranking("q").into_iter().map(|(id, _)| id).collect();
    assert_eq!(order, ["y", "가", "b", "a", "A", "z"]);
    assert_eq!(format_run(&run, "t")?.lines().next(), Some("q Q0 y 1 2 t"));
    run.insert("q", "two words", 3.0);
    assert_says(format_run(&run, "t"), &["document id \"two words\"", "without spaces"]);
    Ok(())
}

const CORPUS: &str = "{\"_id\": \"d1\", \"title\": \"제목\", \"text\": \"본문\", \"metadata\": {}}\n{\"_id\": \"d 2\", \"text\": \"글\"}\n";
const QUERIES: &str = "{\"_id\": \"q1\", \"text\": \"무엇?\"}\n{\"_id\": \"q2\", \"text\": \"안 물음\"}\n";
const QRELS: &str = "query-id\tcorpus-id\tscore\nq1\td1\t1\n";

#[test]
fn loads_a_beir_folder() -> Done {
    for qrels in ["qrels/test.tsv", "qrels.tsv", "qrels/dev.tsv"] {
        let answers = "{\"_id\": \"q1\", \"answers\": [\"답\"]}\n{\"_id\": \"q2\", \"answers\": [\"답\"]}\n";
        let files = [
            ("corpus.jsonl", CORPUS),
            ("queries.jsonl", QUERIES),
            (qrels, QRELS),
            ("answers.jsonl", answers),
        ];
        let folder = folder(&files)?;
        let loaded = beir::load(folder.path())?;
        assert_eq!(loaded.corpus.len(), 2);
        assert_eq!((loaded.corpus[0].title.as_str(), loaded.corpus[1].title.as_str()), ("제목", ""));
        let queries: Vec<_> = loaded.queries.iter().map(|q| (q.id.as_str(), q.answers.len())).collect();
        assert_eq!(queries, [("q1", 1)], "only the judged ones");
        assert_eq!(Some(loaded.name.as_str()), folder.path().file_name().and_then(|n| n.to_str()));
    }
    Ok(())
}

#[test]
fn names_the_line_of_a_wrong_beir_folder() -> Done {
    let cases: [(&str, &str, &[&str]); 7] = [
        ("corpus.jsonl", "{\"_id\": \"d1\"}\n", &["corpus.jsonl:1: missing field `text`"]),
        (
            "corpus.jsonl",
            "{\"_id\": \"a\", \"text\": \"\"}\n{\"_id\": \"a\", \"text\": \"\"}",
            &["corpus.jsonl:2:", "twice"],
        ),
        ("queries.jsonl", "{\"_id\": \"q1\", \"text\": \"가\"}\nnot json\n", &["queries.jsonl:2:"]),
        ("queries.jsonl", "{\"_id\": \"q9\", \"text\": \"가\"}\n", &["test.tsv", "\"q1\"", "queries.jsonl"]),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\td1\tx\n", &["test.tsv:2:"]),
        ("answers.jsonl", "{\"_id\": \"q1\", \"answers\": []}\n", &["answers.jsonl:1: no answer"]),
        ("answers.jsonl", "{\"_id\": \"q1\", \"answers\": [1]}\n", &["answers.jsonl:1: invalid type"]),
    ];
    for (name, text, parts) in cases {
        let files =
            [("corpus.jsonl", CORPUS), ("queries.jsonl", QUERIES), ("qrels/test.tsv", QRELS), (name, text)];
        assert_says(beir::load(folder(&files)?.path()), parts);
    }
    let files = [
        ("corpus.jsonl", CORPUS),
        ("queries.jsonl", QUERIES),
        ("qrels/a.tsv", QRELS),
        ("qrels/b.tsv", QRELS),
    ];
    assert_says(beir::load(folder(&files)?.path()), &["2 files in qrels/", "qrels/test.tsv"]);
    Ok(())
}

#[test]
fn names_the_line_and_field_of_a_wrong_suite() -> Done {
    let toml = "schema = 1\nname = \"s\"\ndescription = \"d\"\n";
    let good = "{\"_id\": \"a\", \"text\": \"가\", \"lang\": \"ko\", \"relevant\": {\"d\": 1}}\n";
    let after_good = |fields: &str| format!("{good}{{\"text\": \"가\", \"lang\": \"ko\", {fields}}}\n");
    let cases: [(&str, String, &[&str]); 14] = [
        (toml, String::new(), &["questions.jsonl: no questions"]),
        ("schema = 2\nname = \"s\"\ndescription = \"\"", good.into(), &["suite.toml: schema: 2"]),
        ("schema = 1\nname = \"s\"\nx = 1\ndescription = \"\"", good.into(), &["suite.toml:3:", "`x`"]),
        ("schema = 1\nname = 3\n", good.into(), &["suite.toml:2:"]),
        (toml, after_good("\"relevant\": {\"d\": 1}"), &["questions.jsonl:2: missing field `_id`"]),
        (
            toml,
            after_good("\"_id\": \"a\", \"relevant\": {\"d\": 1}"),
            &["questions.jsonl:2: _id: \"a\" is there twice"],
        ),
        (
            toml,
            after_good("\"_id\": \"b\", \"relevant\": {\"d\": 1}, \"extra\": 1"),
            &["questions.jsonl:2:", "`extra`"],
        ),
        (toml, after_good("\"_id\": \"b\""), &["questions.jsonl:2: relevant:", "unanswerable"]),
        (toml, after_good("\"_id\": \"b\", \"relevant\": {\"d\": 0}"), &["questions.jsonl:2: relevant:"]),
        (
            toml,
            after_good("\"_id\": \"b\", \"relevant\": {\"d\": 1}, \"tags\": [\"unanswerable\"]"),
            &["questions.jsonl:2: relevant:"],
        ),
        (
            toml,
            after_good("\"_id\": \"b\", \"facts\": [[\"가\"]], \"tags\": [\"unanswerable\"]"),
            &["questions.jsonl:2: facts:"],
        ),
        (
            toml,
            after_good("\"_id\": \"b\", \"relevant\": {\"d\": 1}, \"facts\": [[\"가\"], []]"),
            &["questions.jsonl:2: facts: number 2"],
        ),
        (
            toml,
            after_good("\"_id\": \"b\", \"relevant\": {\"d\": 1}, \"facts\": [[\" \"]]"),
            &["questions.jsonl:2: facts: number 1"],
        ),
        (toml, after_good("\"_id\": \" \", \"relevant\": {\"d\": 1}"), &["questions.jsonl:2: _id: empty"]),
    ];
    for (toml, questions, parts) in cases {
        let folder = folder(&[("suite.toml", toml), ("questions.jsonl", &questions)])?;
        assert_says(suite::load(folder.path()), parts);
    }
    let folder = folder(&[("suite.toml", toml), ("questions.jsonl", good)])?;
    assert_eq!(suite::load(folder.path())?.questions.len(), 1);
    Ok(())
}
