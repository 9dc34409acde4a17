//! Whether a question asks for what comes right before or behind something else: `그다음 발표는?`.

use std::sync::LazyLock;

use regex::Regex;

/// Records that stand in an order, as the settings tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Their source.
    pub source: String,
    /// The column with their place.
    pub column: String,
    /// Two records stand in one order when all of these columns are equal.
    pub within: Vec<String>,
}

#[expect(clippy::expect_used, reason = "the patterns are literals that a test compiles")]
static BEHIND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)바로\s?(?:그\s?)?(?:다음|뒤)|그\s?다음(?:에|으로)?\s?(?:차례|순서|발표|세션|강연|들은|나온)|다음(?:에|으로)?\s?(?:차례|순서|번째)|다음(?:에|으로)?\s?(?:이어|들은|나온|소개|발표)|뒤(?:에|로)?\s?이어|\b(?:right|just|directly|immediately)\s(?:after|following)\b|\b(?:came|comes|was) (?:right )?(?:after|next)\b",
    )
    .expect("a valid pattern")
});
#[expect(clippy::expect_used, reason = "the patterns are literals that a test compiles")]
static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)바로\s?(?:그\s?)?(?:앞|전|이전)|직전|(?:앞|이전)\s?(?:차례|순서)|\b(?:right|just|directly|immediately)\s(?:before|preceding)\b",
    )
    .expect("a valid pattern")
});

/// How many places further in an order the question asks: 1 for the next, -1 for the one before.
pub(crate) fn step(question: &str) -> Option<i64> {
    match (BEHIND.is_match(question), BEFORE.is_match(question)) {
        (true, false) => Some(1),
        (false, true) => Some(-1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::step;

    #[test]
    fn steps() {
        let cases = [
            ("챗봇 발표 다음 차례로 들은 세션은?", Some(1)),
            ("은행 바로 다음에 발표한 회사는 어디인가요?", Some(1)),
            ("기조연설 바로 뒤에 들은 세션은?", Some(1)),
            ("그 발표 다음에 이어진 세션은?", Some(1)),
            ("더빙 서비스 바로 앞 순서에 나온 회사는?", Some(-1)),
            ("Which talk came right after Starbucks?", Some(1)),
            ("What was shown just before the demo?", Some(-1)),
            ("티맵의 다음 목표는?", None),
            ("클라우드 이전은 언제 끝났나요?", None),
            ("다음 행사는 언제인가요?", None),
            ("바로 앞과 바로 뒤는 무엇인가요?", None),
        ];
        for (question, expected) in cases {
            assert_eq!(step(question), expected, "{question}");
        }
    }
}
