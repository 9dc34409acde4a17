//! How is a run told to somebody who leads a team? One page, in Korean and English, with nothing from elsewhere.

use std::borrow::Cow;
use std::collections::BTreeMap;

use minijinja::value::{Serde, Value as Told};
use minijinja::{AutoEscape, Environment};
use serde::Serialize;
use serde_json::{Value, json};

use super::compare::p_value;
use super::complaints::{Bilingual, badness, why};
use super::table::number;
use crate::compare::{Difference, Side, compare};
use crate::error::EvaluationError;
use crate::gate::GATED;
use crate::outcome::*;
use crate::record::RunRecord;
use crate::significance::Chance;
use crate::suite_run::{Latency, Summary};

const TEMPLATE: &str = include_str!("run.html.jinja");
pub(crate) const STYLE: &str = include_str!("style.css");

/// So many of the worst questions are shown.
const WORST: usize = 20;
/// What stands on the cards, in order.
const CARDS: [(&str, Bilingual); 8] = [
    (
        FACT_RECALL,
        Bilingual {
            ko: Cow::Borrowed("말해야 할 사실을 말한 비율"),
            en: Cow::Borrowed("facts that were told"),
        },
    ),
    (
        "R@5",
        Bilingual {
            ko: Cow::Borrowed("관련 문서를 5건 안에 찾은 비율"),
            en: Cow::Borrowed("relevant documents in the first 5"),
        },
    ),
    (
        "nDCG@10",
        Bilingual { ko: Cow::Borrowed("검색 순위 품질"), en: Cow::Borrowed("quality of the ranking") },
    ),
    (
        CITATION_CORRECTNESS,
        Bilingual {
            ko: Cow::Borrowed("맞는 출처를 단 비율"),
            en: Cow::Borrowed("citations of the right document"),
        },
    ),
    (
        ABSTENTION,
        Bilingual {
            ko: Cow::Borrowed("답이 없을 때 없다고 한 비율"),
            en: Cow::Borrowed("withheld where nothing tells"),
        },
    ),
    (
        FALSE_ABSTENTION,
        Bilingual {
            ko: Cow::Borrowed("답이 있는데 못 한 비율"),
            en: Cow::Borrowed("withheld although a document tells"),
        },
    ),
    (
        ANSWER_CHARS,
        Bilingual {
            ko: Cow::Borrowed("답변 길이(글자)"), en: Cow::Borrowed("characters of an answer")
        },
    ),
    (COST, Bilingual { ko: Cow::Borrowed("질문 하나의 비용"), en: Cow::Borrowed("cost of a question") }),
];
/// What stands in the table of kinds, with what a column's head says.
const TAG_MEASURES: [(&str, &str, &str); 4] = [
    (FACT_RECALL, "사실", "facts"),
    ("R@5", "찾음", "found"),
    (ABSTENTION, "없다고 함", "withheld"),
    (FALSE_ABSTENTION, "못 답함", "missed"),
];
/// Kinds with fewer questions stand apart: their means say little.
const FEW: usize = 5;

/// What a page is made of.
#[derive(Clone, Copy, Debug)]
pub struct Html<'a> {
    /// The run.
    pub record: &'a RunRecord,
    /// The accepted run that it is compared with.
    pub accepted: Option<&'a RunRecord>,
    /// How long answers took.
    pub latency: Option<Latency>,
}

#[derive(Serialize)]
struct Card {
    measure: &'static str,
    name: Bilingual,
    mean: f64,
    shown: String,
    n: usize,
    change: Option<String>,
    tone: &'static str,
}

#[derive(Serialize)]
struct Changed {
    measure: String,
    before: String,
    now: String,
    p: String,
    tone: &'static str,
    verdict: Bilingual,
    worse: String,
}

impl Html<'_> {
    /// The page.
    pub fn page(&self) -> Result<String, EvaluationError> {
        let fail =
            |error: minijinja::Error| EvaluationError::Usage(format!("the page cannot be made: {error:#}"));
        let environment = environment("run.html", TEMPLATE).map_err(fail)?;
        let record = self.record;
        let differences = self.differences();
        let mut worst: Vec<_> =
            record.questions.iter().filter_map(|q| Some((badness(q), q, why(q)?))).collect();
        worst.sort_by(|a, b| a.0.total_cmp(&b.0));
        let more = worst.len().saturating_sub(WORST);
        let (headline, tone) = self.headline(differences.as_ref());
        let page = json!({
            "suite": record.suite,
            "style": STYLE,
            "headline": headline,
            "tone": tone,
            "titles": titles(),
            "cards": self.cards(differences.as_ref()),
            "changes": differences.as_ref().map(|all| all.iter().map(changed).collect::<Vec<_>>()),
            "differing": self.accepted.map(|accepted| accepted.differing(record)).unwrap_or_default(),
            "tag_measures": TAG_MEASURES.map(|(_, ko, en)| Bilingual { ko: ko.into(), en: en.into() }),
            "groups": [
                { "rare": false, "rows": tags(record, &|summary| summary.n >= FEW) },
                { "rare": true, "rows": tags(record, &|summary| summary.n < FEW) },
            ],
            "worst": worst.into_iter().take(WORST).map(|(_, question, why)| shown(question, &why)).collect::<Vec<_>>(),
            "more": more,
            "made_by": self.made_by(),
            "figures": figures(record),
        });
        environment.get_template("run.html").and_then(|template| template.render(Serde(&page))).map_err(fail)
    }

    fn differences(&self) -> Option<Vec<(String, Difference)>> {
        let accepted = self.accepted?;
        let order = GATED.map(str::to_owned);
        let (before, now) = (accepted.values(), self.record.values());
        let mut compared = compare(&before, &now, &order, &Default::default(), Chance::default());
        let named = compared.order.clone().into_iter();
        Some(
            named
                .filter_map(|measure| Some((measure.clone(), compared.measures.remove(&measure)?)))
                .collect(),
        )
    }

    fn headline(&self, differences: Option<&Vec<(String, Difference)>>) -> (Bilingual, &'static str) {
        let questions = &self.record.questions;
        let n = questions.len();
        let good = questions.iter().filter(|question| why(question).is_none()).count();
        let leaks: usize = questions.iter().map(|question| question.leaked.len()).sum();
        let won = |side| differences.into_iter().flatten().filter(|(_, d)| d.winner == Some(side)).count();
        let (worse, better) = (won(Side::A), won(Side::B));
        let mut headline = Bilingual {
            ko: format!("질문 {n}개 가운데 {good}개에 흠 없이 답했습니다.").into(),
            en: format!("{good} of {n} questions got what they should.").into(),
        };
        let (ko, en, tone) = match (differences, worse, better) {
            _ if leaks > 0 => (
                format!("보아서는 안 되는 문서가 {leaks}번 드러났습니다."),
                format!("Documents were shown {leaks} times to somebody who must not see them."),
                "bad",
            ),
            (None, ..) => (
                "아직 비교할 기준 결과가 없습니다.".into(),
                "There is no accepted run to compare with yet.".into(),
                "",
            ),
            (_, 0, 0) => (
                "기준 결과와의 차이는 우연의 범위 안입니다.".into(),
                "The differences from the accepted run are within the noise.".into(),
                "",
            ),
            (_, 0, _) => (
                format!("기준 결과보다 지표 {better}개가 나아졌습니다."),
                format!("{better} measures are better than in the accepted run."),
                "good",
            ),
            _ => (
                format!("기준 결과보다 지표 {worse}개가 나빠졌습니다."),
                format!("{worse} measures are worse than in the accepted run."),
                "bad",
            ),
        };
        headline.ko = format!("{} {ko}", headline.ko).into();
        headline.en = format!("{} {en}", headline.en).into();
        (headline, tone)
    }

    fn cards(&self, differences: Option<&Vec<(String, Difference)>>) -> Vec<Card> {
        let card = |(measure, name): &(&'static str, Bilingual)| {
            let mean = self.record.overall.means.get(*measure)?;
            let difference = differences.into_iter().flatten().find(|(of, _)| of == measure).map(|(_, d)| d);
            Some(Card {
                measure,
                name: name.clone(),
                mean: mean.mean,
                shown: told(measure, mean.mean),
                n: mean.n,
                change: difference.map(|d| format!("{:+.1}", 100.0 * d.difference)),
                tone: difference.map_or("", |d| tone_of(d)),
            })
        };
        CARDS.iter().filter_map(card).collect()
    }

    fn made_by(&self) -> Vec<(String, String)> {
        let made = &self.record.made_by;
        let index = made.index.clone().unwrap_or_default();
        let mut told = vec![
            ("siren".to_owned(), made.version.clone()),
            (
                "generation".to_owned(),
                format!("{} ({} documents, {} chunks)", index.generation, index.documents, index.chunks),
            ),
            ("analyser".to_owned(), index.analyser),
            ("encoder".to_owned(), index.encoder.unwrap_or_else(|| "none".into())),
            ("models".to_owned(), made.models.iter().cloned().collect::<Vec<_>>().join(", ")),
            ("record".to_owned(), self.record.hash.clone()),
        ];
        if let Some(Latency { p50, p95, .. }) = self.latency {
            told.push(("latency".to_owned(), format!("p50 {p50:.1} ms, p95 {p95:.1} ms")));
        }
        told
    }
}

/// A page of any template of ours: nothing in it from elsewhere, everything escaped, and `both(x)` for what has `ko` and
/// `en`. The style stands there as `style`.
pub fn page(template: &'static str, content: &impl Serialize) -> Result<String, EvaluationError> {
    let fail =
        |error: minijinja::Error| EvaluationError::Usage(format!("the page cannot be made: {error:#}"));
    let mut environment = environment("page.html", template).map_err(fail)?;
    environment.add_global("style", STYLE);
    environment.get_template("page.html").and_then(|page| page.render(Serde(content))).map_err(fail)
}

/// An environment in which everything is escaped, and `both` writes a text in both languages.
pub(crate) fn environment(
    name: &'static str,
    template: &'static str,
) -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    environment.add_function("both", |told: Told| -> Result<Told, minijinja::Error> {
        let span = |tongue: &str| -> Result<String, minijinja::Error> {
            let words = escaped(&told.get_attr(tongue)?.to_string());
            Ok(format!("<span data-tongue=\"{tongue}\" lang=\"{tongue}\">{words}</span>"))
        };
        Ok(Told::from_safe_string(span("ko")? + &span("en")?))
    });
    environment.add_template(name, template)?;
    Ok(environment)
}

/// A text within HTML.
pub(crate) fn escaped(text: &str) -> String {
    let entities = [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#39;")];
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match entities.iter().find(|(special, _)| *special == letter) {
            Some((_, entity)) => out.push_str(entity),
            None => out.push(letter),
        }
    }
    out
}

fn tone_of(difference: &Difference) -> &'static str {
    match difference.winner {
        Some(Side::A) => "bad",
        Some(Side::B) => "good",
        None => "",
    }
}

fn changed((measure, difference): &(String, Difference)) -> Changed {
    let verdict = match difference.winner {
        Some(Side::A) => Bilingual { ko: "나빠짐".into(), en: "worse".into() },
        Some(Side::B) => Bilingual { ko: "나아짐".into(), en: "better".into() },
        None => Bilingual { ko: "우연의 범위".into(), en: "within the noise".into() },
    };
    let worse: Vec<&str> = difference.losses.iter().take(12).map(|change| change.query.as_str()).collect();
    Changed {
        measure: measure.clone(),
        before: number(difference.mean_a),
        now: number(difference.mean_b),
        p: p_value(difference.p_corrected),
        tone: tone_of(difference),
        verdict,
        worse: if worse.is_empty() { String::new() } else { format!("▼ {}", worse.join(", ")) },
    }
}

/// A share as people say it; lengths and costs as they are.
fn told(measure: &str, mean: f64) -> String {
    match measure {
        COST => number(mean),
        ANSWER_CHARS => format!("{mean:.0}"),
        _ => percent(mean),
    }
}

fn percent(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}

/// The kinds that are wanted, those with the fewest facts told first.
fn tags(record: &RunRecord, wanted: &dyn Fn(&Summary) -> bool) -> Vec<Value> {
    let mut kinds: Vec<_> = record.tags.iter().filter(|(_, summary)| wanted(summary)).collect();
    let facts = |summary: &Summary| summary.means.get(FACT_RECALL).map_or(f64::INFINITY, |mean| mean.mean);
    kinds.sort_by(|a, b| facts(a.1).total_cmp(&facts(b.1)).then_with(|| a.0.cmp(b.0)));
    kinds.into_iter().map(|(name, summary)| tag(name, summary)).collect()
}

fn tag(name: &str, summary: &Summary) -> Value {
    let values: Vec<Value> = TAG_MEASURES
        .iter()
        .map(|(measure, ..)| match summary.means.get(*measure) {
            Some(mean) => {
                json!({ "shown": percent(mean.mean), "width": (mean.mean * 100.0).clamp(0.0, 100.0).round() })
            }
            None => json!({ "shown": "-", "width": null }),
        })
        .collect();
    json!({ "name": name, "n": summary.n, "values": values })
}

fn shown(question: &QuestionOutcome, why: &Bilingual) -> Value {
    let passages: Vec<Value> = question.passages.iter().map(|passage| {
        let dense = passage.dense.map_or_else(String::new, |dense| format!(", {dense:.3}"));
        let how = Bilingual {
            ko: format!("점수 {:.3} (낱말 {:.2}, 뜻{dense}), 판정 {}", passage.score, passage.lexical, passage.label).into(),
            en: format!("score {:.3} (terms {:.2}, meaning{dense}), label {}", passage.score, passage.lexical, passage.label).into(),
        };
        json!({ "title": passage.title, "chunk": passage.chunk, "excerpt": passage.excerpt, "label": passage.label, "how": how })
    }).collect();
    json!({ "id": question.id, "text": question.text, "why": why, "answer": question.answer, "passages": passages })
}

/// The figures for a program that reads the page. `<` must not end the element that they stand in.
fn figures(record: &RunRecord) -> String {
    let means: BTreeMap<&String, f64> =
        record.overall.means.iter().map(|(measure, mean)| (measure, mean.mean)).collect();
    let figures = serde_json::json!({ "suite": record.suite, "record": record.hash, "questions": record.overall.n, "means": means });
    figures.to_string().replace('<', "\\u003c")
}

fn titles() -> BTreeMap<&'static str, Bilingual> {
    let told = [
        ("changed", "기준 결과와 달라진 점", "What changed since the accepted run"),
        (
            "no_accepted",
            "기준 결과가 없습니다. `siren eval accept`로 정합니다.",
            "There is no accepted run; `siren eval accept` makes one.",
        ),
        ("measure", "지표", "measure"),
        ("before", "기준", "before"),
        ("now", "이번", "now"),
        ("verdict", "판정", "verdict"),
        ("differing", "바뀐 설정", "settings that differ"),
        ("tags", "질문 종류별", "By kind of question"),
        ("tag", "종류", "kind"),
        ("rare", "질문이 다섯 개보다 적은 종류", "kinds with fewer than five questions"),
        ("worst", "가장 나쁜 질문", "Worst questions"),
        ("none_bad", "흠 있는 질문이 없습니다.", "No question has anything wrong."),
        ("more", "더 있음", "more"),
        ("made_by", "무엇으로 만들었나", "Made by"),
    ];
    told.into_iter().map(|(name, ko, en)| (name, Bilingual { ko: ko.into(), en: en.into() })).collect()
}
