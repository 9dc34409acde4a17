//! How an answer begins: with words, with thoughts aloud, or with word that nothing was found.

use super::prompt::NOT_FOUND;

const THOUGHT: (&str, &str) = ("<think>", "</think>");

/// Holds the first words back until they tell what the answer is.
#[derive(Debug, Default)]
pub(super) struct Opening {
    held: String,
    told: bool,
}

/// What is known now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Not enough.
    Nothing,
    /// The next words of the answer.
    Words(String),
    /// The passages do not tell.
    NotFound,
}

impl Opening {
    /// Takes the next piece in.
    pub(super) fn hear(&mut self, piece: &str) -> Heard {
        if self.told {
            return if piece.is_empty() { Heard::Nothing } else { Heard::Words(piece.to_owned()) };
        }
        self.held.push_str(piece);
        let Some(words) = without_thoughts(&self.held) else { return Heard::Nothing };
        // Models like to wrap the word: **NOT_FOUND**, "NOT_FOUND".
        let bare = words.trim_start_matches(['*', '"', '\'', '`', '[', '(']);
        if starts_with(bare, NOT_FOUND) {
            return Heard::NotFound;
        }
        if starts_with(NOT_FOUND, bare) {
            return Heard::Nothing;
        }
        self.told = true;
        Heard::Words(words.to_owned())
    }

    /// What was held back when there is no more to come.
    pub(super) fn end(self) -> Option<String> {
        let words = without_thoughts(&self.held).filter(|words| !self.told && !words.is_empty());
        words.map(str::to_owned)
    }

    /// Whether any word of the answer was given out.
    pub(super) fn told(&self) -> bool {
        self.told
    }
}

fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|front| front.eq_ignore_ascii_case(start))
}

/// What follows the thoughts; none while they go on, or may be about to begin.
fn without_thoughts(held: &str) -> Option<&str> {
    let words = held.trim_start();
    match words.strip_prefix(THOUGHT.0) {
        Some(thought) => thought.split_once(THOUGHT.1).map(|(_, words)| words.trim_start()),
        None if THOUGHT.0.starts_with(words) && !words.is_empty() => None,
        None => Some(words),
    }
}

#[cfg(test)]
mod tests {
    use super::{Heard, Opening};

    /// All that is heard of `text` when it comes `size` characters at a time.
    fn heard(text: &str, size: usize) -> Option<String> {
        let characters: Vec<char> = text.chars().collect();
        let mut opening = Opening::default();
        let mut all = String::new();
        for piece in characters.chunks(size) {
            match opening.hear(&piece.iter().collect::<String>()) {
                Heard::Nothing => {}
                Heard::Words(words) => all.push_str(&words),
                Heard::NotFound => return None,
            }
        }
        Some(all + &opening.end().unwrap_or_default())
    }

    #[test]
    fn is_the_same_however_it_is_cut() {
        let cases = [
            ("서밋은 5월에 열렸습니다 [1].", Some("서밋은 5월에 열렸습니다 [1].")),
            ("NOT_FOUND", None),
            ("\n NOT_FOUND.", None),
            ("**NOT_FOUND**", None),
            ("not_found: nothing there", None),
            ("NOT_", Some("NOT_")),
            ("Not found in any passage", Some("Not found in any passage")),
            ("It says NOT_FOUND", Some("It says NOT_FOUND")),
            ("<think>NOT_FOUND?</think>\n\nYes [1].", Some("Yes [1].")),
            ("<think>yes</think>NOT_FOUND", None),
            ("<think>on and on", Some("")),
            ("<thin ice", Some("<thin ice")),
            ("<thi", Some("")),
            ("[1] says so", Some("[1] says so")),
            ("  ", Some("")),
            ("", Some("")),
        ];
        for (text, expected) in cases {
            for size in 1..=text.chars().count().max(1) {
                assert_eq!(heard(text, size).as_deref(), expected, "{text:?} by {size}");
            }
        }
    }
}
