//! Which language is a text written in, most of it?

use whatlang::{Lang, detect};

use crate::terms::is_syllable;

/// A text with more than one Hangul letter in so many is Korean: what Koreans write of technology is full of English names.
const KOREAN: usize = 8;
/// Characters that are looked at.
const LOOKED_AT: usize = 4_000;

/// The language as BCP 47 names it (`ko`, `en`); none where the text is too short or too mixed to tell.
pub fn language(text: &str) -> Option<&'static str> {
    // Most of a text is Hangul or ASCII, and neither needs a table.
    let is_letter =
        |c: &char| c.is_ascii_alphabetic() || is_syllable(*c) || (!c.is_ascii() && c.is_alphabetic());
    let letters = text.chars().filter(is_letter).take(LOOKED_AT);
    let (hangul, all) =
        letters.fold((0, 0), |(hangul, all), c| (hangul + usize::from(is_syllable(c)), all + 1));
    if hangul * KOREAN > all {
        return Some("ko");
    }
    let end = text.char_indices().nth(LOOKED_AT).map_or(text.len(), |(at, _)| at);
    detect(&text[..end]).filter(whatlang::Info::is_reliable).map(|told| name(told.lang()))
}

/// BCP 47 takes two letters where there are two, the library always has three.
fn name(language: Lang) -> &'static str {
    match language {
        Lang::Eng => "en",
        Lang::Kor => "ko",
        Lang::Jpn => "ja",
        Lang::Cmn => "zh",
        Lang::Deu => "de",
        Lang::Fra => "fr",
        Lang::Spa => "es",
        Lang::Por => "pt",
        Lang::Ita => "it",
        Lang::Rus => "ru",
        Lang::Vie => "vi",
        Lang::Tha => "th",
        Lang::Ind => "id",
        other => other.code(),
    }
}

#[cfg(test)]
mod tests {
    use super::language;

    #[test]
    fn languages_are_told() {
        let cases = [
            ("케이뱅크는 2023년에 전환을 마쳤다.", Some("ko")),
            ("EKS와 Karpenter, Istio를 도입한 Platform Team의 GitOps 사례", Some("ko")),
            (
                "The migration was finished in May, and nobody in the company noticed that anything had changed.",
                Some("en"),
            ),
            ("昨年の会議では、多くの会社がクラウドへの移行について話しました。", Some("ja")),
            (
                "Die Umstellung war im Mai abgeschlossen, und niemand im Unternehmen hat etwas davon bemerkt.",
                Some("de"),
            ),
            ("S3 EC2 1234", None),
            ("", None),
            ("12:30 — 13:10", None),
        ];
        for (text, expected) in cases {
            assert_eq!(language(text), expected, "{text}");
        }
    }
}
