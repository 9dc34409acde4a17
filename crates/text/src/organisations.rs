//! Names of organisations and their products in a question, by a table of the best-known ones.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use crate::lemma::lemmas;
use crate::terms::{fold, is_syllable};
use crate::words::{Script, words};

/// Stands behind what is a name only before an ending of finance.
const HEAD: char = '-';

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(include_str!("organisations.txt")));

#[derive(Default)]
struct Table {
    of_finance: Vec<&'static str>,
    endings: Vec<&'static str>,
    names: BTreeSet<&'static str>,
}

impl Table {
    fn read(text: &'static str) -> Self {
        let mut table = Self::default();
        let mut section = "";
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if line.starts_with('[') {
                section = line;
                continue;
            }
            match section {
                "[endings of finance]" => table.of_finance.extend(line.split_whitespace()),
                "[endings]" => table.endings.extend(line.split_whitespace()),
                _ => table.names.extend(line.split_whitespace()),
            }
        }
        table
    }

    fn has(&self, word: &str) -> bool {
        self.names.contains(word)
            || self.of_finance.iter().any(|ending| {
                let head = word.strip_suffix(ending);
                head.is_some_and(|head| {
                    self.names.contains(head) || self.names.contains(&*format!("{head}{HEAD}"))
                })
            })
            || self
                .endings
                .iter()
                .any(|ending| word.strip_suffix(ending).is_some_and(|head| self.names.contains(head)))
    }

    fn is_ending(&self, word: &str) -> bool {
        self.of_finance.contains(&word) || self.endings.contains(&word)
    }
}

/// Where a question names organisations. In a question without Hangul a name begins with a capital: `Toss`, not `toss`.
pub fn named_in(question: &str) -> Vec<Range<usize>> {
    let is_korean = question.chars().any(is_syllable);
    let mut out: Vec<Range<usize>> = Vec::new();
    for word in words(question) {
        let written = &question[word.range.clone()];
        let found = match word.script {
            Script::Hangul => named(written, |form| TABLE.has(form)),
            Script::Letters if is_korean || written.starts_with(char::is_uppercase) => {
                TABLE.has(&fold(written)).then_some(written.len())
            }
            _ => None,
        };
        let start = word.range.start;
        if let Some(length) = found {
            out.push(start..start + length);
            continue;
        }
        // `LG전자` is two words of two scripts.
        if let Some(before) = out.last_mut().filter(|before| before.end == start)
            && let Some(length) = named(written, |form| TABLE.is_ending(form))
        {
            before.end += length;
        }
    }
    out
}

/// How much of a Hangul word a name is, without what ends the word.
fn named(word: &str, is_name: impl Fn(&str) -> bool) -> Option<usize> {
    let forms = lemmas(word).forms.into_iter();
    forms
        .chain([word.to_owned()])
        .find(|form| word.starts_with(form.as_str()) && is_name(form))
        .map(|form| form.len())
}

#[cfg(test)]
mod tests {
    use super::{HEAD, TABLE, named_in};

    #[test]
    fn every_name_can_be_met() {
        for name in &TABLE.names {
            let own =
                name.strip_suffix(HEAD).map_or_else(|| (*name).to_owned(), |head| format!("{head}은행"));
            let question = format!("{own} 소식은?");
            let found = named_in(&question).into_iter().map(|range| &question[range]).collect::<Vec<_>>();
            assert_eq!(found, [own.as_str()], "{name}");
        }
        assert!(TABLE.names.len() > 300 && !TABLE.of_finance.is_empty() && !TABLE.endings.is_empty());
    }

    #[test]
    fn names_in_questions() {
        let cases: [(&str, &[&str]); 14] = [
            ("카카오뱅크는 언제 옮겼나요?", &["카카오뱅크"]),
            ("LG전자의 파일럿은 몇 개였나요", &["LG전자"]),
            ("토스페이가 받은 질문", &["토스페이"]),
            ("우리카드 발표 순서", &["우리카드"]),
            ("우리 카드는 어디서 만들어요?", &[]),
            ("우리그룹 복지", &[]),
            ("법인카드 한도", &[]),
            ("토스트 메뉴", &[]),
            ("구글이랑 애저 중에 뭘 골랐나요?", &["구글", "애저"]),
            ("What did Toss present?", &["Toss"]),
            ("how do I toss a coin", &[]),
            ("coupang 사례 알려줘", &["coupang"]),
            ("다음 발표는?", &[]),
            ("KB국민카드", &["국민카드"]),
        ];
        for (question, expected) in cases {
            let found: Vec<&str> = named_in(question).into_iter().map(|range| &question[range]).collect();
            assert_eq!(found, expected, "{question}");
        }
    }
}
