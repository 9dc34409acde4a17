//! Claims are told apart, and judged, as they are when answers are served.

use siren_evaluation::grounding::{Claim, Grounding};
use siren_guard::grounding::is_supported;
use siren_guard::marks::parse_marks;

use crate::assistant::claims;

/// The check that every sentence of a model goes through.
pub(crate) struct ServingCheck;

impl Grounding for ServingCheck {
    /// A mark stands behind the full stop of its sentence as often as before it. A quote of several sentences has one
    /// mark, at its end: sentences without one share the next one of their paragraph.
    fn claims(&self, answer: &str) -> Vec<Claim> {
        let mut found = Vec::new();
        for paragraph in answer.split("\n\n") {
            let mut own = of_paragraph(paragraph);
            let mut next: Vec<usize> = Vec::new();
            for claim in own.iter_mut().rev() {
                match claim.marks.is_empty() {
                    true => claim.marks.clone_from(&next),
                    false => next.clone_from(&claim.marks),
                }
            }
            found.append(&mut own);
        }
        found
    }

    fn is_supported(&self, claim: &str, texts: &[&str]) -> bool {
        is_supported(claim, texts)
    }
}

fn of_paragraph(paragraph: &str) -> Vec<Claim> {
    let mut found: Vec<Claim> = Vec::new();
    for range in claims(paragraph) {
        let (leading, rest) = leading_marks(&paragraph[range]);
        if let Some(before) = found.last_mut() {
            before.marks.extend(leading);
        }
        let (text, marks) = parse_marks(rest);
        let text = text.trim().to_owned();
        if text.contains(char::is_alphanumeric) {
            found.push(Claim { text, marks });
        }
    }
    found
}

/// Marks in front of a sentence are those of the sentence before it.
fn leading_marks(piece: &str) -> (Vec<usize>, &str) {
    let (mut marks, mut rest) = (Vec::new(), piece);
    loop {
        let begun = rest.trim_start();
        let Some(end) = begun.find([']', '】']).filter(|_| begun.starts_with(['[', '【'])) else { break };
        let end = end + begun[end..].chars().next().map_or(0, char::len_utf8);
        let (text, found) = parse_marks(&begun[..end]);
        if found.is_empty() || !text.trim().is_empty() {
            break;
        }
        marks.extend(found);
        rest = &begun[end..];
    }
    (marks, rest)
}

#[cfg(test)]
mod tests {
    use siren_evaluation::grounding::Grounding;

    use super::ServingCheck;

    #[test]
    fn each_claim_has_its_marks() {
        type Expected = &'static [(&'static str, &'static [usize])];
        let cases: [(&str, Expected); 7] = [
            (
                "하나다. 둘이다. [1] 셋이다. [2][3]",
                &[("하나다.", &[1]), ("둘이다.", &[1]), ("셋이다.", &[2, 3])],
            ),
            ("하나다.\n\n둘이다. [1]", &[("하나다.", &[]), ("둘이다.", &[1])]),
            ("[2023] 행사다. [1]", &[("[2023] 행사다.", &[1])]),
            ("첫 문장이다. [1] 둘째다. [2]", &[("첫 문장이다.", &[1]), ("둘째다.", &[2])]),
            ("- 하나 [1]\n- 둘 [1, 2]", &[("- 하나", &[1]), ("- 둘", &[1, 2])]),
            ("표시가 없다.", &[("표시가 없다.", &[])]),
            ("", &[]),
        ];
        for (answer, expected) in cases {
            let found = ServingCheck.claims(answer);
            let found: Vec<(&str, &[usize])> =
                found.iter().map(|claim| (claim.text.as_str(), claim.marks.as_slice())).collect();
            assert_eq!(found, expected, "{answer:?}");
        }
    }
}
