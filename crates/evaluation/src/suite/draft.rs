//! Questions that documents suggest, for a person to choose from and to reword.
//!
//! By rules, no model: a section's heading asks what was said of it, a figure asks how much it is, a record's field asks
//! for its value. What comes out has the form of `questions.jsonl` with the tag `draft`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use siren_domain::Chunk;
use siren_text::sentences;

/// A drafted question, as a line of `questions.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Draft {
    /// An id that says which rule made it of what.
    #[serde(rename = "_id")]
    pub id: String,
    /// The question.
    pub text: String,
    /// Its language.
    pub lang: String,
    /// `draft`, and the rule.
    pub tags: Vec<String>,
    /// The document that it was made of.
    pub relevant: BTreeMap<String, i32>,
    /// What an answer says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Vec<String>>,
    /// What a person should look at.
    pub note: String,
}

/// Letters of a question that still reads like one.
const LONGEST: usize = 90;
/// Units that Korean counts in, the longer ones first.
const UNITS: [&str; 22] = [
    "퍼센트",
    "개월",
    "시간",
    "만원",
    "억원",
    "억",
    "만",
    "천",
    "배",
    "년",
    "월",
    "일",
    "분",
    "초",
    "명",
    "건",
    "개",
    "곳",
    "원",
    "회",
    "종",
    "%",
];

/// What these chunks of one document suggest.
pub fn draft(chunks: &[Chunk]) -> Vec<Draft> {
    let Some(first) = chunks.first() else { return Vec::new() };
    let mut drafts = if first.document.fields.is_empty() { Vec::new() } else { of_record(first) };
    if first.document.fields.is_empty() {
        drafts.extend(of_headings(chunks));
        drafts.extend(chunks.iter().flat_map(of_figures));
    }
    let mut seen = BTreeSet::new();
    drafts.retain(|draft| draft.text.chars().count() <= LONGEST && seen.insert(draft.text.clone()));
    for (draft, n) in drafts.iter_mut().zip(1..) {
        draft.id = format!("draft-{}-{n}", first.document.id);
    }
    drafts
}

fn new(chunk: &Chunk, rule: &str, text: String, facts: Vec<Vec<String>>, note: String) -> Draft {
    Draft {
        id: String::new(),
        text,
        lang: chunk.document.language.clone().unwrap_or_else(|| "ko".to_owned()),
        tags: vec!["draft".to_owned(), rule.to_owned()],
        relevant: [(chunk.document.id.to_string(), 2)].into(),
        facts,
        note,
    }
}

fn of_headings(chunks: &[Chunk]) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for chunk in chunks {
        let Some(heading) = chunk.heading.last().filter(|heading| **heading != chunk.document.title) else {
            continue;
        };
        let text = format!("{}: {heading}에 대해 무엇이라고 했나요?", chunk.document.title);
        drafts.push(new(
            chunk,
            "title",
            text,
            Vec::new(),
            "add facts, and ask in other words than the heading's".into(),
        ));
    }
    drafts
}

/// A sentence with one number: the number is what is asked for.
fn of_figures(chunk: &Chunk) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for range in sentences(&chunk.text) {
        let sentence = chunk.text[range].trim();
        let Some((before, figure, after)) = only_figure(sentence) else { continue };
        let text = format!("‘{before}○○{after}’에서 ○○은 얼마인가요?");
        let note = format!("reword it as a question; the document says: {sentence}");
        drafts.push(new(chunk, "figure", text, vec![vec![figure.to_owned()]], note));
    }
    drafts
}

/// The only number of a sentence with its unit, and what stands around it.
fn only_figure(sentence: &str) -> Option<(&str, &str, &str)> {
    let start = sentence.find(|c: char| c.is_ascii_digit())?;
    let is_number = |c: char| c.is_ascii_digit() || c == ',' || c == '.';
    let length = sentence[start..].find(|c: char| !is_number(c))?;
    let mut end = start + length;
    while let Some(unit) = UNITS.iter().find(|unit| sentence[end..].trim_start().starts_with(**unit)) {
        end += sentence[end..].len() - sentence[end..].trim_start().len() + unit.len();
    }
    let (figure, after) = (&sentence[start..end], &sentence[end..]);
    let has_unit = end > start + length;
    (has_unit && !after.contains(|c: char| c.is_ascii_digit())).then_some((&sentence[..start], figure, after))
}

fn of_record(chunk: &Chunk) -> Vec<Draft> {
    let document = &chunk.document;
    let told = document.fields.iter().filter_map(|(column, value)| {
        let value = value.to_string();
        // What the record does not say in its words cannot be cited.
        (value.chars().count() > 1 && chunk.text.contains(&value) && !document.title.contains(&value))
            .then_some((column, value))
    });
    told.map(|(column, value)| {
        let text = format!("{}의 {column}은 무엇인가요?", document.title);
        new(chunk, "record", text, vec![vec![value]], "say the column's name as people do".into())
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::only_figure;

    #[test]
    fn a_figure_is_a_number_with_its_unit() {
        let cases = [
            ("참가자는 29,000명이었다.", Some(("참가자는 ", "29,000명", "이었다."))),
            ("매출이 3 억원 늘었다.", Some(("매출이 ", "3 억원", " 늘었다."))),
            ("비용이 30% 줄었다.", Some(("비용이 ", "30%", " 줄었다."))),
            ("2023년 5월에 열렸다.", None),
            ("S3에 둔다.", None),
            ("숫자가 없다.", None),
            ("끝이 7", None),
        ];
        for (sentence, expected) in cases {
            assert_eq!(only_figure(sentence), expected, "{sentence:?}");
        }
    }
}
