//! The past as it is typed in haste: `햇나요` for `했나요`.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::follow_up::pattern;

/// A syllable that ends a stem in the past with one `ㅅ` too few, and what can only follow such a stem.
static PAST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?<stem>[햇앗엇엿됏왓봣줫겟졋렷셧쳣켯텻])(?<ending>나요|나\b|냐|는지|는데|는|어요|어\b|던|대요|대\b|다|죠|지|습니|고|을까|음|네)",
    )
});

/// The text with such stems put right.
pub(super) fn put_right(text: &str) -> Cow<'_, str> {
    PAST.replace_all(text, |found: &Captures<'_>| {
        // ㅆ comes right behind ㅅ among the final consonants.
        let stem = found["stem"].chars().next().and_then(|c| char::from_u32(u32::from(c) + 1));
        format!("{}{}", stem.unwrap_or_default(), &found["ending"])
    })
}

#[cfg(test)]
mod tests {
    use super::put_right;

    #[test]
    fn the_past() {
        let cases = [
            ("언제시작햇나요", "언제시작했나요"),
            ("뭐가 달라졋는지, 어디서 열렷나요", "뭐가 달라졌는지, 어디서 열렸나요"),
            ("언제 받앗는데", "언제 받았는데"),
            ("이름이 머엿죠", "이름이 머였죠"),
            ("햇살이 좋다", "햇살이 좋다"),
            ("맛있는 것", "맛있는 것"),
            ("", ""),
        ];
        for (typed, meant) in cases {
            assert_eq!(put_right(typed), meant, "{typed}");
        }
    }
}
