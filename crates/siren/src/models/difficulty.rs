//! How hard is a question? By its words alone: it costs microseconds.

/// How much of a model a question needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Difficulty {
    /// One thing is asked that stands somewhere.
    Simple,
    /// Several things are asked, compared, weighed or summed up.
    Hard,
}

/// What compares, weighs or sums up, as parts of words.
const HARD: &[&str] = &[
    "비교",
    "차이",
    "대비",
    "반면",
    "각각",
    "장단점",
    "공통점",
    "다른 점",
    "달라",
    "다른가",
    "보다 ",
    "중에서",
    "요약",
    "정리",
    "분석",
    "추천",
    "왜",
    "이유",
    "배경",
    "관계",
    "영향",
];

/// The same in English, as whole words.
const HARD_WORDS: &[&str] = &[
    "compare",
    "compared",
    "comparison",
    "versus",
    "vs",
    "difference",
    "differences",
    "differ",
    "both",
    "respectively",
    "summarize",
    "summarise",
    "summary",
    "analyze",
    "analyse",
    "explain",
    "why",
    "recommend",
    "tradeoffs",
    "pros",
    "cons",
];

/// What asks, by how it begins.
const ASKING: &[&str] =
    &["언제", "어디", "누구", "누가", "무엇", "뭐", "뭘", "어떤", "어떻", "얼마", "몇", "왜", "어느"];

const ASKING_WORDS: &[&str] = &["when", "where", "who", "what", "which", "how", "why"];

/// A longer question asks for more than one thing, as a rule.
const LONG: usize = 18;

impl Difficulty {
    pub(crate) fn of(question: &str) -> Self {
        let lower = question.to_lowercase();
        let all: Vec<&str> =
            lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let is = |list: &[&str], word: &str| list.contains(&word);
        let asking = all
            .iter()
            .filter(|word| ASKING.iter().any(|ask| word.starts_with(ask)) || is(ASKING_WORDS, word))
            .count();
        let marks = question.matches(['?', '？']).count();
        let hard = HARD.iter().any(|part| lower.contains(part))
            || all.iter().any(|word| is(HARD_WORDS, word))
            || asking > 1
            || marks > 1
            || all.len() > LONG
            || question.trim().lines().count() > 1;
        if hard { Self::Hard } else { Self::Simple }
    }
}

#[cfg(test)]
mod tests {
    use super::Difficulty::{self, Hard, Simple};

    #[test]
    fn short_questions_are_simple_and_comparisons_are_not() {
        let cases = [
            ("케이뱅크는 언제 클라우드 전환을 마쳤나요?", Simple),
            ("서밋 장소", Simple),
            ("2024년 서밋 참가자 수는 몇 명인가요?", Simple),
            ("Where was the summit held?", Simple),
            ("who spoke about golden signals", Simple),
            ("", Simple),
            ("케이뱅크와 토스뱅크의 전환 방식을 비교해 주세요", Hard),
            ("2023년과 2024년 서밋은 어디가 다른가요?", Hard),
            ("서밋은 언제, 어디서 열렸나요?", Hard),
            ("서밋은 언제였나요? 참가비는 얼마였나요?", Hard),
            ("왜 모놀리스를 나누었나요?", Hard),
            ("발표에서 나온 교훈을 요약해 줘", Hard),
            ("Compare EKS and ECS", Hard),
            ("What was said and who said it?", Hard),
            ("첫째\n둘째", Hard),
        ];
        for (question, expected) in cases {
            assert_eq!(Difficulty::of(question), expected, "{question:?}");
        }
    }
}
