//! Rows of a table, told so that each can be read alone: every value with the head of its column.

/// Which row heads the columns, found on the way.
#[derive(Debug, Default)]
pub(super) struct Heads {
    state: State,
}

#[derive(Debug, Default)]
enum State {
    /// Nothing but titles so far.
    #[default]
    Above,
    /// This row may be the heads: the next one tells.
    Candidate(Vec<String>),
    Found(Vec<String>),
    /// The first row was already values.
    None,
}

/// What a row is to a reader.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Role<'a> {
    /// It may be the heads of the rows below: it is not told by itself.
    Head,
    /// Values, with the heads of their columns, if there are any.
    Values(&'a [String]),
}

impl Heads {
    /// What this row is. Rows come in order.
    pub(super) fn role(&mut self, row: &[String]) -> Role<'_> {
        let filled = row.iter().filter(|cell| !cell.is_empty()).count();
        self.state = match std::mem::take(&mut self.state) {
            // A title, a unit, a date stand alone in the rows above the heads.
            State::Above if filled == 1 => State::Above,
            State::Above if is_head(row) => State::Candidate(row.to_vec()),
            State::Above | State::None => State::None,
            State::Candidate(heads) | State::Found(heads) => State::Found(heads),
        };
        match &self.state {
            State::Candidate(_) => Role::Head,
            State::Found(heads) => Role::Values(heads),
            State::Above | State::None => Role::Values(&[]),
        }
    }

    /// The row that looked like heads when nothing came below it.
    pub(super) fn alone(&self) -> Option<&[String]> {
        match &self.state {
            State::Candidate(row) => Some(row),
            _ => None,
        }
    }
}

/// Heads are words, each another one.
fn is_head(row: &[String]) -> bool {
    let filled: Vec<&String> = row.iter().filter(|cell| !cell.is_empty()).collect();
    let word = |cell: &&String| cell.parse::<f64>().is_err() && cell.chars().any(char::is_alphabetic);
    let different = filled.iter().enumerate().all(|(at, cell)| !filled[..at].contains(cell));
    filled.len() > 1 && different && filled.iter().all(word)
}

/// `head: value, head: value`; values without a head stand alone.
pub(super) fn told(heads: &[String], row: &[String]) -> String {
    let mut out = String::new();
    for (at, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
        if !out.is_empty() {
            out.push_str(", ");
        }
        if let Some(head) = heads.get(at).filter(|head| !head.is_empty()) {
            out.push_str(head);
            out.push_str(": ");
        }
        out.push_str(cell);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Heads, Role, told};

    #[test]
    fn rows_are_told_with_their_heads() {
        #[rustfmt::skip]
        let cases: [(&[&str], &[&str]); 5] = [
            (&["이름|값", "가|1", "나|"], &["이름: 가, 값: 1", "이름: 나"]),
            (&["2025년 예산|", "(단위: 원)|", "이름|값", "가|1"], &["2025년 예산", "(단위: 원)", "이름: 가, 값: 1"]),
            (&["가|1", "나|2"], &["가, 1", "나, 2"]),
            (&["이름|이름", "가|나"], &["이름, 이름", "가, 나"]),
            (&["이름|값"], &["이름, 값"]),
        ];
        for (rows, expected) in cases {
            let mut heads = Heads::default();
            let mut lines: Vec<String> = Vec::new();
            for row in rows {
                let cells: Vec<String> = row.split('|').map(str::to_owned).collect();
                if let Role::Values(heads) = heads.role(&cells) {
                    lines.push(told(heads, &cells));
                }
            }
            lines.extend(heads.alone().map(|row| told(&[], row)));
            assert_eq!(lines, expected, "{rows:?}");
        }
    }
}
