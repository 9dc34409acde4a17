//! What was asked before: what it is about, and what it says of it.

use regex::Captures;
use siren_text::lemma::lemmas;
use siren_text::question::Asking;
use siren_text::stem::is_particles;
use siren_text::terms::is_syllable;

use super::follow_up::only_asks;
use super::numbers::{without_years, years};

/// Nouns that are of something: what was spoken of before, and not another thing in its place.
pub(super) const ATTRIBUTES: &[&str] = &[
    "참가비",
    "장소",
    "날짜",
    "시간",
    "일시",
    "인원",
    "참가자",
    "비용",
    "이유",
    "원인",
    "결과",
    "효과",
    "기간",
    "발표자",
    "연사",
    "주제",
    "제목",
    "규모",
    "도구",
    "방법",
    "단점",
    "장점",
    "위치",
    "성과",
    "목표",
    "구성",
    "단계",
    "계획",
    "가격",
    "일정",
    "대상",
    "이름",
    "순서",
    "형식",
    "구조",
    "특징",
    "역할",
    "기능",
    "성능",
    "시작",
    "끝",
    "결론",
    "계기",
    "배경",
    "평가",
    "반응",
    "문구",
    "화면",
    "부스",
    "세션",
    "발표",
    "강연",
    "기조연설",
    "컨퍼런스",
    "신청",
    "입장",
    "팀원",
    "임원",
    "고객",
    "사용자",
];
/// `위크는 어디서 했어요`, cut behind what it is about.
pub(super) struct Earlier<'b> {
    pub(super) whole: &'b str,
    pub(super) topic: &'b str,
    /// What it is about, without the particle.
    pub(super) noun: &'b str,
    pub(super) predicate: &'b str,
}

impl<'b> Earlier<'b> {
    pub(super) fn of(before: &'b str) -> Option<Self> {
        let whole = before.trim_end_matches(['?', '？', '.', '!', ' ']);
        let asking = Asking::of(before);
        let mut end = 0;
        for word in whole.split_inclusive(char::is_whitespace) {
            end += word.len();
            if is_marked(word.trim_end()) && !only_asks(word.trim_end(), &asking) {
                let (topic, predicate) = whole.split_at(end);
                let topic = topic.trim_end();
                let noun = topic.strip_suffix(['은', '는', '이', '가']).unwrap_or(topic);
                return Some(Self { whole, topic, noun, predicate });
            }
        }
        let is_said = whole.chars().any(char::is_alphanumeric);
        let noun = without_asking(whole, &asking);
        is_said.then_some(Self { whole, topic: whole, noun, predicate: "" })
    }

    /// The question with a name in place of the word that points at it; none where it does not point.
    pub(super) fn named(&self, question: &str, found: &Captures<'_>) -> Option<String> {
        let (whole, behind) = (found.name("whole")?, found.name("behind")?);
        let said = |from: usize, particle: &str| {
            format!("{}{}{particle}{}", &question[..whole.start()], self.noun, &question[from..])
        };
        let particle = behind.as_str();
        // What was named stands for all of them, and has no short form.
        let particle = particle.strip_prefix('들').unwrap_or(particle);
        let particle = if matches!(particle, "서" | "서는" | "서도") {
            &format!("에{particle}")
        } else {
            particle
        };
        match (whole.as_str(), found.name("which")) {
            ("그건" | "이건" | "그게" | "이게", _) if particle.is_empty() => {
                Some(said(behind.end(), topic_particle(self.noun)))
            }
            ("그걸" | "이걸", _) if particle.is_empty() => {
                Some(said(behind.end(), &fitting(self.noun, "을")))
            }
            _ if particle.is_empty() || is_particles(particle) => {
                Some(said(behind.end(), &fitting(self.noun, particle)))
            }
            // `그 행사장`: what was named has it.
            (_, Some(which)) if which.as_str().ends_with(char::is_whitespace) => Some(said(which.end(), " ")),
            _ => None,
        }
    }

    /// What only asks, of the same thing; `왜` asks for the reason of all that was said.
    pub(super) fn asked(&self, question: &str) -> String {
        if question.starts_with('왜') || question.starts_with("어떻게") && question.chars().count() < 6 {
            return format!("{} {question}", self.whole);
        }
        format!("{} {question}", self.said_of())
    }

    /// What something is said of, whatever was asked of it.
    pub(super) fn said_of(&self) -> &'b str {
        if self.predicate.is_empty() { self.noun } else { self.topic }
    }

    /// What names it, where it stands beside something: all of it, unless it only asks behind what it is about.
    pub(super) fn named_by(&self) -> &'b str {
        if only_asks(self.predicate, &Asking::of(self.whole)) { self.noun } else { self.whole }
    }

    /// The same of something else, or something else of the same.
    pub(super) fn about(&self, question: &str, bare: &str) -> Option<String> {
        let mut words = bare.split_whitespace().rev();
        let is_attribute = ATTRIBUTES.contains(&words.next().unwrap_or_default());
        let has_owner = words.any(|word| word.ends_with('의') && word.chars().count() > 2);
        if is_attribute && has_owner {
            return None;
        }
        if is_attribute || self.predicate.is_empty() {
            return Some(format!("{} {}", self.noun, question.strip_prefix("그 ").unwrap_or(question)));
        }
        let years = if years(bare).next().is_some() {
            without_years(self.predicate)
        } else {
            self.predicate.to_owned()
        };
        Some(format!("{bare}{} {}?", topic_particle(bare), years.trim()))
    }
}

/// Without the words that only ask at the end, and the particle before them: `핵심 도구 이름이 뭐죠`.
fn without_asking<'q>(whole: &'q str, asking: &Asking) -> &'q str {
    let mut rest = whole;
    while let Some((before, last)) = rest.rsplit_once(char::is_whitespace) {
        if !only_asks(last, asking) {
            break;
        }
        rest = before.trim_end();
    }
    let is_cut = rest.len() < whole.len() && rest.chars().count() > 2;
    if is_cut { rest.strip_suffix(['은', '는', '이', '가']).unwrap_or(rest) } else { rest }
}

/// Whether a word ends in the particle of a topic or subject, and is no verb that belongs to the next word.
pub(super) fn is_marked(word: &str) -> bool {
    const VERBS: &str = "많은 적은 좋은 높은 낮은 같은 받은 얻은 맡은 남은 찾은 넣은 작은 넓은 늦은 깊은 짧은 읽은 뽑은 믿은 \
        쓰는 쓰이는 하는 되는 가는 오는 나오는 주는 보는 보이는 만드는 옮기는 다루는 배우는 열리는 알리는 바꾸는 나누는 줄이는 늘리는 \
        늘어나는 줄어드는 올리는 내리는 이루는 맡기는 남기는 들어가는 나가는 커지는 생기는 끝나는 걸리는 부르는 따르는 드는 지키는 \
        보내는 나타나는 많이 같이 깊이 높이 없이";
    const MADE_OF_NOUNS: [&str; 4] = ["하는", "되는", "시키는", "당하는"];
    let Some(bare) = word.strip_suffix(['은', '는', '이', '가']) else { return false };
    let syllables = word.chars().count();
    let is_verb = VERBS.split_whitespace().any(|verb| verb == word)
        || (syllables > 3 && MADE_OF_NOUNS.iter().any(|ending| word.ends_with(ending)));
    let start = bare
        .rfind(|c: char| !is_syllable(c))
        .map_or(0, |at| at + bare[at..].chars().next().map_or(0, char::len_utf8));
    let (own, whole) = (&bare[start..], &word[start..]);
    syllables > 1
        && !is_verb
        && (own.is_empty() || lemmas(whole).forms.iter().any(|form| own.starts_with(form)))
}

pub(super) fn topic_particle(noun: &str) -> &'static str {
    if final_consonant(noun).is_some() { "은" } else { "는" }
}

/// The place of the final consonant in the order of Unicode, of a syllable that has one.
fn final_consonant(noun: &str) -> Option<u32> {
    let last = noun.chars().next_back().filter(|c| is_syllable(*c))?;
    // A syllable without a final consonant is a multiple of 28 behind 가.
    Some((u32::from(last) - u32::from('가')) % 28).filter(|tail| *tail > 0)
}

/// A particle as it stands behind this noun: `그 회사가`, `티맵이`.
pub(super) fn fitting(noun: &str, particle: &str) -> String {
    /// Behind a consonant, behind a vowel.
    const PAIRS: [(&str, &str); 7] = [
        ("은", "는"),
        ("이", "가"),
        ("을", "를"),
        ("과", "와"),
        ("으로", "로"),
        ("이랑", "랑"),
        ("이나", "나"),
    ];
    const L: u32 = 8;
    let tail = final_consonant(noun);
    let fits = |(closed, open): &(&'static str, &'static str)| match tail {
        Some(L) if *open == "로" => *open,
        Some(_) => *closed,
        None => *open,
    };
    let found = PAIRS.iter().find(|(closed, open)| particle == *closed || particle == *open);
    found.map_or(particle, fits).to_owned()
}

/// What a question is about, with its particle, where it says so.
pub(super) fn topic_of(question: &str) -> Option<&str> {
    Earlier::of(question).filter(|earlier| !earlier.predicate.is_empty()).map(|earlier| earlier.topic)
}
