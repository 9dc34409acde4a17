//! Words without what inflects them, with no dictionary.
//!
//! Matching rather than linguistics: `케이뱅크는` and `케이뱅크에서만`, `도왔다` and `도우면`, `전환했습니다` and `전환을` should meet
//! in one term. Where a word can be read as a noun or as a verb, both readings are told.

mod endings;
mod irregular;
mod particles;

use endings::{Verb, verb};
use particles::noun;

/// Make verbs of nouns; taken off, the noun is left. A noun of one syllable would be any other word's as well.
const VERBALISERS: [&[char]; 10] = [
    &['시', '키'],
    &['당', '하'],
    &['스', '럽'],
    &['거', '리'],
    &['되'],
    &['하'],
    &['받'],
    &['롭'],
    &['답'],
    &['이'],
];
/// Make adjectives and adverbs of nouns.
const ADVERBIALISERS: [char; 2] = ['적', '히'];

/// What a Hangul word can be a form of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lemmas {
    /// At least one; the likelier reading is the last.
    pub forms: Vec<String>,
    /// How many syllables of the word belong to them; particles and endings follow.
    pub kept: usize,
}

/// The lemmas of a Hangul word.
pub fn lemmas(word: &str) -> Lemmas {
    let chars: Vec<char> = word.chars().collect();
    let forms = readings(&chars);
    let inflected = |form: &&String| forms.len() == 1 || form.as_str() != word;
    let common = |form: &String| form.chars().zip(&chars).take_while(|(a, b)| a == *b).count();
    let kept = forms.iter().filter(inflected).map(common).max().unwrap_or(chars.len()).max(1);
    Lemmas { forms, kept }
}

fn readings(word: &[char]) -> Vec<String> {
    let found = noun(word);
    let of_noun = without_adverbialiser(&word[..found.len]);
    let mut out = Vec::new();
    match verb(word).filter(|_| !found.certain) {
        Some(verb) => read_both(word, of_noun, &verb, &mut out),
        None => push(&mut out, of_noun),
    }
    out
}

fn read_both(word: &[char], of_noun: &[char], verb: &Verb, out: &mut Vec<String>) {
    let nominal = nominal(&verb.stem);
    let of_verb = nominal.map_or(verb.stem.as_slice(), without_adverbialiser);
    if verb.certain && verb.stem.len() == 2 && verb.stem[1] == '이' {
        // `것입니다` is a noun with the copula, `보입니다` is none.
        push(out, &verb.stem[..1]);
    }
    let copula = matches!(word.last(), Some('인' | '일'));
    if !verb.certain && (nominal.is_none() || word.len() == 2 || copula) {
        push(out, of_noun);
    }
    let only_longer = of_verb.starts_with(of_noun) && of_verb.len() > of_noun.len();
    if verb.certain || nominal.is_some() || !only_longer {
        push(out, of_verb);
    }
}

fn push(out: &mut Vec<String>, lemma: &[char]) {
    let lemma: String = lemma.iter().collect();
    if !lemma.is_empty() && !out.contains(&lemma) {
        out.push(lemma);
    }
}

/// The noun that the verb was made of.
fn nominal(stem: &[char]) -> Option<&[char]> {
    VERBALISERS.iter().find_map(|verbaliser| {
        let noun = stem.strip_suffix(*verbaliser)?;
        (noun.len() > 1).then_some(noun)
    })
}

fn without_adverbialiser(noun: &[char]) -> &[char] {
    match noun.split_last() {
        Some((last, rest)) if rest.len() > 1 && ADVERBIALISERS.contains(last) => rest,
        _ => noun,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::lemmas;

    /// Forms that all share one lemma.
    #[test]
    fn forms_of_one_word_meet() {
        let cases: [(&str, &str); 34] = [
            ("케이뱅크", "케이뱅크 케이뱅크는 케이뱅크의 케이뱅크에서는 케이뱅크에서만은 케이뱅크까지도"),
            (
                "전환",
                "전환 전환을 전환했다 전환하였습니다 전환하는 전환되어 전환된 전환시켰다 전환하기에 전환할",
            ),
            ("서버", "서버 서버가 서버로 서버에서 서버들은 서버라는 서버인데"),
            ("은행", "은행 은행이 은행입니다 은행이었다 은행들의 은행이라고"),
            ("결과", "결과 결과가 결과를 결과는 결과로"),
            ("회의", "회의 회의는 회의에서"),
            ("국가", "국가 국가가 국가의"),
            ("물", "물을 물은 물에서 물이"),
            ("효과", "효과적으로 효과적인 효과를"),
            ("급격", "급격히 급격하게 급격한"),
            ("자연", "자연스럽게 자연스러운 자연"),
            ("돕", "돕는 도와 도왔다 도우면 도와서"),
            ("가볍", "가볍게 가벼운 가벼웠다 가벼워서"),
            ("배우", "배우고 배워 배웠다 배우면"),
            ("모르", "모르는 몰라 몰랐다 모르면"),
            ("오르", "오르는 올라 올랐다 올라서"),
            ("만드", "만들고 만든 만드는 만들어 만들었다 만들어진 만듭니다"),
            ("알리", "알려 알려주세요 알렸다 알리는 알려줘"),
            ("나누", "나누는 나눠 나눴다 나누어"),
            ("걸", "걷는 걸었다 걷고"),
            ("크", "커지고 크다 컸다"),
            ("바쁘", "바쁘다 바빴다 바쁜 바빠서"),
            ("쓰", "쓰고 썼다 쓰면"),
            ("먹", "먹고 먹었다 먹은 먹으면 먹어"),
            ("마치", "마쳤다 마치고 마친 마치면"),
            ("끝나", "끝나고 끝났다 끝나면 끝나는"),
            ("살피", "살펴보면 살펴봤다 살피고"),
            ("이루", "이루어졌다 이루어진 이룬 이뤄졌다"),
            ("보이", "보이는 보였다 보입니다 보이고"),
            ("하", "했습니다 합니다 하는 해요 하면 하지마"),
            (
                "신청",
                "신청했대 신청했대요 신청한대요 신청했다던데 신청하라고 신청한게 신청하자고 신청했잖아요",
            ),
            ("옮기", "옮겼대요 옮긴다던 옮기자던 옮기는거 옮긴거 옮겼다면서요 옮기라던"),
            ("순서", "순서였어요 순서래요 순서였죠"),
            ("좋", "좋대요 좋다던데"),
        ];
        for (lemma, forms) in cases {
            for form in forms.split(' ') {
                assert!(lemmas(form).forms.iter().any(|found| found == lemma), "{form}: {:?}", lemmas(form));
            }
        }
    }

    /// What looks like a particle or an ending, and is none.
    #[test]
    fn words_are_left_whole() {
        let words = "시간 기관 국가 평가 결과 효과 사과 나이 아이 회의 강의 다음 처음 사람 마음 바람 에너지 연구자 이야기 중국어 \
            광고 제한 북한 디자인 로그인 서울시 시대 확대 세대 근거 선거 총선거 조건 물건 개발자 거래 노래";
        for word in words.split_whitespace() {
            assert!(lemmas(word).forms.iter().any(|found| found == word), "{word}: {:?}", lemmas(word));
        }
    }

    #[test]
    fn what_of_a_word_is_its_own() {
        let cases = [
            ("전환했습니다", 2),
            ("해변에서", 2),
            ("케이뱅크에서만은", 4),
            ("은행", 2),
            ("도왔다", 1),
            ("차", 1),
            ("만들어졌다", 1),
        ];
        for (word, expected) in cases {
            assert_eq!(lemmas(word).kept, expected, "{word}: {:?}", lemmas(word));
        }
    }

    proptest! {
        #[test]
        fn every_word_has_lemmas(word in "[가-힣ㄱ-ㅣ]{1,8}|([가-힣]{0,3}(했습니다|에서는|으로|라고|적인|되었다|이다|ㅋㅋ))") {
            let found = lemmas(&word);
            prop_assert!(!found.forms.is_empty() && found.forms.iter().all(|form| !form.is_empty()));
            prop_assert!((1..=word.chars().count()).contains(&found.kept));
            let distinct: BTreeSet<&String> = found.forms.iter().collect();
            prop_assert_eq!(distinct.len(), found.forms.len());
        }
    }
}
