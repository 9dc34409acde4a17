//! What does an answer say, without the marks of its sources?

/// The text without `[1]`, `[2, 3]` and the space before them.
pub(crate) fn without_marks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        let (before, from) = rest.split_at(open);
        match mark_length(from) {
            Some(length) => {
                out.push_str(before.trim_end_matches(' '));
                rest = &from[length..];
            }
            None => {
                out.push_str(before);
                out.push('[');
                rest = &from[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// How long the mark at the front of the text is; none when what stands there is no mark.
fn mark_length(text: &str) -> Option<usize> {
    let inner = &text[1..text.find(']')?];
    let numbers = inner.bytes().all(|b| b.is_ascii_digit() || b == b',' || b == b' ');
    // A year in brackets is text: no answer has a thousand sources.
    let short = inner.split(',').all(|n| (1..=3).contains(&n.trim().len()));
    (numbers && short).then_some(inner.len() + 2)
}

#[cfg(test)]
mod tests {
    use super::without_marks;

    #[test]
    fn only_marks_go() {
        let cases = [
            ("5월에 열렸다 [1].", "5월에 열렸다."),
            ("5월에 열렸다[1][12] 그리고", "5월에 열렸다 그리고"),
            ("둘 다 [1, 2]", "둘 다"),
            ("[2023] 행사 [주의] [", "[2023] 행사 [주의] ["),
            ("[] [1", "[] [1"),
            ("[가[1]", "[가"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(without_marks(text), expected, "{text:?}");
        }
    }
}
