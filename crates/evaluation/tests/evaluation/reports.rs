//! A suite and a folder, asked, judged and told.

use std::collections::BTreeMap;

use siren_evaluation::beir_run::{answers_contained, run};
use siren_evaluation::judging::Judging;
use siren_evaluation::measures::Measure;
use siren_evaluation::report::{BeirReport, ScoreReport, SuiteDocument, score_text, suite_text, to_json};
use siren_evaluation::score::score;
use siren_evaluation::suite::{Suite, SuiteQuestion};
use siren_evaluation::suite_run::{SuiteReport, run_suite};

use crate::Done;
use crate::fakes::{FakeAssistant, answer, not_found, passage, refused};
use crate::pipeline::{folder, retriever};

fn question(id: &str, text: &str, tag: &str, relevant: &[(&str, i32)], facts: &[&[&str]]) -> SuiteQuestion {
    SuiteQuestion {
        id: id.into(),
        text: text.into(),
        lang: "ko".into(),
        tags: vec![tag.into()],
        relevant: relevant.iter().map(|&(document, label)| (document.into(), label)).collect(),
        facts: facts.iter().map(|fact| fact.iter().map(|&variant| variant.into()).collect()).collect(),
        ..SuiteQuestion::default()
    }
}

fn suite() -> Suite {
    let notes: &[(&str, i32)] = &[("notes/a.md", 2), ("notes/b.md", 1)];
    let when: &[&[&str]] = &[&["2023년 5월", "2023-05"], &["5개"]];
    let questions = vec![
        question("when", "언제 열렸나?", "date", notes, when),
        question("withheld", "몇 개인가?", "date", notes, when),
        question("broken", "고장인가?", "date", notes, when),
        question("unknown", "내년에는?", "unanswerable", &[], &[]),
        question("weather", "날씨는?", "unanswerable", &[], &[]),
        question("invented", "누가 이겼나?", "unanswerable", &[], &[]),
        question("stopped", "비용은?", "cost", notes, &[]),
    ];
    Suite { name: "small".into(), description: "한 줌의 물음".into(), questions }
}

async fn report() -> SuiteReport {
    let passages = [
        passage("notes/c.md", "딴 글", 3.0),
        passage("notes/a.md", "행사는 2023년\n5월에 열렸다.", 2.0),
        passage("notes/a.md", "같은 글의 앞", 2.5),
    ];
    let cited = [
        ("notes/a.md", "2023년 5월에 열렸다."),
        ("notes/c.md", "딴 글"),
        ("notes/a.md", "없는 말"),
        ("notes/b.md", "2023년 5월에 열렸다."),
    ];
    let answers = BTreeMap::from([
        ("언제 열렸나?", answer("2023. 5월이 아니라 2023년 5월 [1]이고 15개 [2].", &passages, &cited)),
        ("몇 개인가?", not_found(&passages)),
        ("내년에는?", not_found(&[])),
        ("날씨는?", refused()),
        ("누가 이겼나?", answer("딴 글 [1].", &passages, &cited[1..2])),
        ("비용은?", refused()),
    ]);
    run_suite(&FakeAssistant(answers), &suite(), Judging::default(), &|_, _| {}).await
}

#[tokio::test]
async fn a_suite_is_told() -> Done {
    let report = report().await;
    insta::assert_snapshot!("suite_json", to_json(&SuiteDocument::new(&report))?);
    insta::assert_snapshot!("suite_text", suite_text(&report));
    Ok(())
}

/// The laws beside the snapshot.
#[tokio::test]
async fn no_question_vanishes() -> Done {
    let report = report().await;
    let ids: Vec<_> = report.questions.iter().map(|q| q.id.as_str()).collect();
    assert_eq!(ids, ["when", "withheld", "broken", "unknown", "weather", "invented", "stopped"]);
    let n = |measure: &str| report.overall.means[measure].n;
    // The answerable ones; those of them with facts; those that were answered or failed; the unanswerable ones.
    assert_eq!((n("nDCG@10"), n("fact_recall"), n("citation_correctness"), n("abstention")), (4, 3, 2, 3));
    assert_eq!((n("false_abstention"), n("answer_chars"), report.overall.errors), (4, 7, 1));
    assert_eq!(report.tags.values().map(|summary| summary.n).sum::<usize>(), 7);

    // The run that can be written scores as the report says.
    let scores = score(&suite().qrels(), &report.run(), &Measure::USUAL);
    for (measure, mean) in &scores.mean {
        let told = report.overall.means[&measure.to_string()].mean;
        assert!((told - mean).abs() < 1e-12, "{measure}");
    }
    Ok(())
}

#[tokio::test]
async fn the_list_of_the_worst_is_short() -> Done {
    let questions: Vec<_> =
        (0..20).map(|n| question(&format!("q{n}"), "고장?", "t", &[("d", 1)], &[])).collect();
    let suite = Suite { name: "long".into(), description: String::new(), questions };
    let report = run_suite(&FakeAssistant(BTreeMap::new()), &suite, Judging::default(), &|_, _| {}).await;
    let text = suite_text(&report);
    assert_eq!(text.matches("error: the disk is gone").count(), 15);
    assert!(text.ends_with("and 5 more\n"), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_folder_and_a_score_are_told() -> Done {
    let folder = folder();
    let run = run(&retriever(), &folder.queries, 100, "beir", &|_, _| {}, None).await?;
    let scores = score(&folder.qrels, &run, &Measure::USUAL);
    let answers = answers_contained(&retriever(), &[], &folder, &|_, _| {}).await?;
    let timings = BTreeMap::from([("index".to_owned(), 12.5), ("search".to_owned(), 3.25)]);
    let report = BeirReport::new(&folder, &scores, answers, timings);
    insta::assert_snapshot!("beir_json", to_json(&report)?);
    insta::assert_snapshot!("beir_text", report.to_string());
    insta::assert_snapshot!("score_json", to_json(&ScoreReport::new(&scores, false))?);
    insta::assert_snapshot!("score_text", score_text(&scores, true));
    Ok(())
}
