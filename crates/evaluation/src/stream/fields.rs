//! What stands in a line of a run?

use std::ops::Range;

/// What a line of a query tells.
pub(super) struct Line {
    /// The document's id, as bytes of the buffer.
    pub(super) document: Range<usize>,
    /// Its score.
    pub(super) score: f32,
    /// Where the next line begins.
    pub(super) next: usize,
}

/// The next field of the line, from `from` on; empty at the line's end.
pub(super) fn field(bytes: &[u8], from: usize) -> Range<usize> {
    let mut start = from;
    while let Some(b' ' | b'\t' | b'\r' | b'\x0c') = bytes.get(start) {
        start += 1;
    }
    let rest = bytes.get(start..).unwrap_or_default();
    // Control characters end a field, too; the next one is empty then, and the line is not regular.
    let length = rest.iter().position(|byte| *byte <= b' ').unwrap_or(rest.len());
    start..start + length
}

/// Reads a line behind its query, which ends at `from`. None when it is not as it has to be.
pub(super) fn line(bytes: &[u8], from: usize) -> Option<Line> {
    let q0 = field(bytes, from);
    let document = field(bytes, q0.end);
    let rank = field(bytes, document.end);
    let score = field(bytes, rank.end);
    let tag = field(bytes, score.end);
    if tag.is_empty() || score.is_empty() {
        return None;
    }
    let end = field(bytes, tag.end);
    let next = match bytes.get(end.start) {
        None => end.start,
        Some(b'\n') => end.start + 1,
        Some(_) => return None,
    };
    // Read in double and kept in single precision, as trec_eval does; both zeros are one.
    let number: f64 = fast_float2::parse(&bytes[score]).ok().filter(|number: &f64| !number.is_nan())?;
    Some(Line { document, score: number as f32 + 0.0, next })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::line;

    #[test]
    fn six_columns_and_nothing_else() {
        let cases = [
            ("q Q0 d1 1 2.5 t\n", Some(("d1", 2.5))),
            ("q\tQ0\t문서\t1\t-0\tt\r\n", Some(("문서", 0.0))),
            ("q Q0 d1 1 1e3 t  ", Some(("d1", 1000.0))),
            ("q Q0 d1 1 2.5 t x\n", None),
            ("q Q0 d1 1 2.5\nq Q0 d2 2 2 t\n", None),
            ("q Q0 d1 1 2.5", None),
            ("q Q0 d\u{1}1 1 2.5 t\n", None),
            ("q Q0 d1 1 nan t\n", None),
            ("q Q0 d1 1 2,5 t\n", None),
            ("q\n", None),
        ];
        for (text, expected) in cases {
            let read = line(text.as_bytes(), 1);
            let told = read.as_ref().map(|line| (&text[line.document.clone()], line.score));
            assert_eq!(told, expected, "{text:?}");
            assert!(read.is_none_or(|line| line.next == text.len()), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_score_is_read_as_elsewhere(score in prop_oneof![any::<f64>().prop_map(|n| n.to_string()), "[+-]?[0-9]{0,25}[.]?[0-9]{0,25}(e-?[0-9]{1,3})?"]) {
            let text = format!("q Q0 d 1 {score} t\n");
            let expected = score.parse::<f64>().ok().filter(|number| !number.is_nan()).map(|number| number as f32 + 0.0);
            prop_assert_eq!(line(text.as_bytes(), 1).map(|line| line.score.to_bits()), expected.map(f32::to_bits));
        }
    }
}
