//! Do the labels of a suite still fit the documents?

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Labels, Suite, SuiteQuestion};
use crate::facts;

/// What an index knows of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentText {
    /// The hash of its content.
    pub content: String,
    /// Its title and text, as far as they are found by.
    pub text: String,
}

/// Something a person should look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The question; none where it is about a document that several name.
    pub question: Option<String>,
    /// A word for it: `gone`, `changed`, `unlabelled`, `fact`, `answer`, `duplicate`.
    pub kind: &'static str,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: &'static str,
}

/// Everything that no longer fits.
pub fn lint(
    suite: &Suite,
    labels: Option<&Labels>,
    documents: &BTreeMap<String, DocumentText>,
) -> Vec<Finding> {
    let mut findings = BTreeSet::new();
    for question in &suite.questions {
        findings.extend(gone(question, documents));
        findings.extend(unsaid(question, documents));
    }
    findings.extend(repeated(suite));
    findings.extend(changed(suite, labels, documents));
    findings.into_iter().collect()
}

/// Every document that a question names as relevant.
pub fn named(suite: &Suite) -> BTreeSet<&str> {
    let relevant = suite.questions.iter().flat_map(|question| question.relevant.keys());
    relevant.map(String::as_str).collect()
}

fn gone<'a>(
    question: &'a SuiteQuestion,
    documents: &'a BTreeMap<String, DocumentText>,
) -> impl Iterator<Item = Finding> + 'a {
    let named = question.relevant.keys().chain(&question.forbidden);
    named.filter(|id| !documents.contains_key(*id)).map(|id| Finding {
        question: Some(question.id.clone()),
        kind: "gone",
        problem: format!("the index has no document {id:?}"),
        remedy: "name the document that tells it now, or take the question out",
    })
}

/// Facts and accepted answers that no relevant document says.
fn unsaid(question: &SuiteQuestion, documents: &BTreeMap<String, DocumentText>) -> Vec<Finding> {
    let relevant = question.relevant.iter().filter(|(_, label)| **label >= 1);
    let texts: Vec<&str> = relevant.filter_map(|(id, _)| Some(documents.get(id)?.text.as_str())).collect();
    if texts.is_empty() {
        return Vec::new();
    }
    let said = |variants: &[String]| {
        texts.iter().any(|text| variants.iter().any(|variant| facts::contains(text, variant)))
    };
    let mut findings = Vec::new();
    for fact in question.facts.iter().filter(|fact| !said(fact)) {
        let first = fact.first().map(String::as_str).unwrap_or_default();
        findings.push(Finding {
            question: Some(question.id.clone()),
            kind: "fact",
            problem: format!("no relevant document says {first:?} in any of its writings"),
            remedy: "add the document's own writing of the fact, or correct it",
        });
    }
    if !question.answers.is_empty() && !said(&question.answers) {
        findings.push(Finding {
            question: Some(question.id.clone()),
            kind: "answer",
            problem: "no relevant document says any of its accepted answers".to_owned(),
            remedy: "write the answer as the document does",
        });
    }
    findings
}

fn repeated(suite: &Suite) -> Vec<Finding> {
    let mut first: BTreeMap<String, &str> = BTreeMap::new();
    let mut findings = Vec::new();
    for question in suite.questions.iter().filter(|question| question.conversation.is_none()) {
        let text: String = question.text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let key = format!("{text} {:?}", question.groups);
        match first.get(&key) {
            Some(earlier) => findings.push(Finding {
                question: Some(question.id.clone()),
                kind: "duplicate",
                problem: format!("{earlier} asks the same"),
                remedy: "keep one of them: a question that counts twice weighs double",
            }),
            None => {
                first.insert(key, &question.id);
            }
        }
    }
    findings
}

fn changed(
    suite: &Suite,
    labels: Option<&Labels>,
    documents: &BTreeMap<String, DocumentText>,
) -> Vec<Finding> {
    let Some(labels) = labels else {
        return vec![Finding {
            question: None,
            kind: "unlabelled",
            problem: "it is not known what the documents said when they were labelled".to_owned(),
            remedy: "look the labels through once, then run `siren eval lint SUITE --refresh`",
        }];
    };
    let mut findings = Vec::new();
    for id in named(suite) {
        let Some(document) = documents.get(id) else { continue };
        let asking = suite.questions.iter().filter(|q| q.relevant.contains_key(id)).map(|q| q.id.as_str());
        let asking = asking.collect::<Vec<_>>().join(", ");
        let finding = |kind, problem| Finding {
            question: None,
            kind,
            problem,
            remedy: "look its questions through, then run `siren eval lint SUITE --refresh`",
        };
        match labels.get(id) {
            None => {
                findings.push(finding("unlabelled", format!("{id} is new to the labels; asked by {asking}")));
            }
            Some(hash) if *hash != document.content => {
                findings.push(finding(
                    "changed",
                    format!("{id} has changed since it was labelled; asked by {asking}"),
                ));
            }
            Some(_) => {}
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{DocumentText, Labels, lint};
    use crate::suite::{Suite, SuiteQuestion};

    fn question(json: &str) -> SuiteQuestion {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn finds_what_no_longer_fits() {
        let line = |id: &str, rest: &str| question(&format!("{{\"_id\":\"{id}\",\"lang\":\"ko\",{rest}}}"));
        let questions = vec![
            line("fits", r#""text":"언제?","relevant":{"a":1},"facts":[["2023년 5월"]]"#),
            line("gone", r#""text":"어디?","relevant":{"b":1},"facts":[["서울"]]"#),
            line("fact", r#""text":"몇 명?","relevant":{"a":2},"facts":[["300명"],["2023년5월"]]"#),
            line("again", r#""text":" 언제? ","relevant":{"a":1}"#),
            line("other", r#""text":"언제?","relevant":{"a":1},"groups":["hr"],"answers":["2024년"]"#),
            line("none", r#""text":"날씨?","tags":["unanswerable"],"forbidden":["c"]"#),
        ];
        let suite = Suite { name: "s".into(), description: String::new(), questions };
        let text = DocumentText { content: "1".into(), text: "행사는 2023년 5월에 열렸다".into() };
        let documents = [("a".to_owned(), text)].into();
        let found = |labels: Option<&Labels>| {
            let findings = lint(&suite, labels, &documents);
            findings.into_iter().map(|f| (f.question.unwrap_or_default(), f.kind)).collect::<Vec<_>>()
        };
        let same = |question: &str, kind| (question.to_owned(), kind);
        let always = vec![
            same("again", "duplicate"),
            same("fact", "fact"),
            same("gone", "gone"),
            same("none", "gone"),
            same("other", "answer"),
        ];
        let labels = |hash: &str| Labels::from([("a".to_owned(), hash.to_owned())]);
        assert_eq!(found(Some(&labels("1"))), always);
        let with = |kind| [vec![same("", kind)], always.clone()].concat();
        assert_eq!(found(Some(&labels("2"))), with("changed"));
        assert_eq!(found(Some(&Labels::new())), with("unlabelled"));
        assert_eq!(found(None), with("unlabelled"));
    }
}
