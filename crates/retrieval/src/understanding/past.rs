//! What is typed in haste: `햇나요` for `했나요`, `멫 번째` for `몇 번째`.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::follow_up::pattern;

/// A syllable that ends a stem in the past with one `ㅅ` too few, and what can only follow such a stem.
static PAST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?<stem>[햇앗엇엿됏왓봣줫겟졋렷셧쳣켯텻꿧갓])(?<ending>나요|나\b|냐|는지|는데|는|어요|어\b|던|대요|대\b|다|죠|지|습니|고|을까|음|네|데요|던데)",
    )
});

/// Words that ask, as they are typed by their sound.
static ASKING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?<before>^|\s)(?:(?<count>[멫몆])\s?(?<unit>번|명|개|시|년|월|가지|층)|(?<how>어떠케|어떻케|어떡케|어케)|(?:모|머)(?<tail>[에예][요여])|머(?<rest>라고|래|였|엿|임|하는))",
    )
});

/// The text with both put right.
pub(super) fn put_right(text: &str) -> Cow<'_, str> {
    let asked = ASKING.replace_all(text, |found: &Captures<'_>| {
        let told = |name: &str| found.name(name).map(|m| m.as_str());
        let word = match (told("count"), told("how")) {
            (Some(_), _) => format!("몇 {}", &found["unit"]),
            (_, Some(_)) => "어떻게".to_owned(),
            _ => format!("뭐{}", told("tail").or_else(|| told("rest")).unwrap_or_default()),
        };
        format!("{}{word}", &found["before"])
    });
    match past(&asked) {
        Cow::Borrowed(_) => asked,
        Cow::Owned(put_right) => Cow::Owned(put_right),
    }
}

/// The text with such stems put right.
fn past(text: &str) -> Cow<'_, str> {
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
            ("이름이 머엿죠", "이름이 뭐였죠"),
            ("멫번째로 들엇나요", "몇 번째로 들었나요"),
            ("어떠케 바꿧나요", "어떻게 바꿨나요"),
            ("전략이 머에요", "전략이 뭐에요"),
            ("티맵이 머라고 햇어", "티맵이 뭐라고 했어"),
            ("어떤 고생을 햇데요", "어떤 고생을 했데요"),
            ("머지 요청과 모래시계, 모임", "머지 요청과 모래시계, 모임"),
            ("햇살이 좋다", "햇살이 좋다"),
            ("맛있는 것", "맛있는 것"),
            ("", ""),
        ];
        for (typed, meant) in cases {
            assert_eq!(put_right(typed), meant, "{typed}");
        }
    }
}
