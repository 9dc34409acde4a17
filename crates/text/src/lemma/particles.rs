//! Nouns without their particles (josa).

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::hangul::{last_tail, tail};

/// Behind anything.
const ANY: &str = "에서부터 에게서 에선 에겐 엔 에서 에게 에 의 도 만 까지 부터 처럼 보다 마다 조차 만큼 밖에 한테 한테서 \
    께서 께 대로 하고 들 뿐 따라 마저 치고 커녕 더러 같이 끼리 씩 쯤 째 입니다 입니까 인가요 인가 인지 인지도 인데 인데요 \
    이었다 이었던 이었고 이었으며 이었습니다 이었나요 이었지만 이었어요 이었죠 이었지 이었더라 이래요 이다 이며 이고 이지만 이자 이라는 이라고 이라도 이라며 \
    이라면 이라서 이라 이란 이나마 이에요 이죠 이지 이야말로 이냐 이니 일까 일까요 일지 적인 적이고 적이며 적이다 적으로 \
    으로부터";
const BEHIND_CONSONANT: &str = "은 이 을 과 이나 이랑 이든 이든지 이여 아 이야 으로 으로서 으로써";
/// Behind a vowel or `ㄹ`.
const BEHIND_OPEN: &str = "로 로서 로써 로부터";
const BEHIND_VOWEL: &str = "는 가 를 와 나 랑 든지 여 야 예요 였다 였던 였고 였으며 였습니다 였나요 였지만 였어요 였죠 였지 였더라 래요 라는 라고 라도 라며 \
    라면 라서 라 란 나마 죠 야말로 다 며 고 지만 냐";
/// Those that another one may follow: `기업들에서만은`.
const INNER: &str = "에서부터 에게서 에서 에게 에 까지 부터 처럼 보다 만 만큼 한테 들 뿐 대로 으로 로 와 과 으로서 로서 으로써 \
    로써 께서 밖에 마다 적으로";
/// Those that a noun of one syllable is cut from; others are more often a part of the word.
const BEHIND_ONE: &str = "에서 에게 까지 부터 처럼 보다 으로 으로서 으로써 에서부터 에선 에겐 한테 입니다 입니까 이었다 이라는 \
    이라고 이지만 들";
/// Those that are a whole word of two syllables' second one: `물을`. Not `가`, `과`, `의`: `평가`, `결과`, `주의`.
const SECOND_OF_TWO: &str = "을 를 은 는 에 이 엔";
/// Those that verbs never end in.
const SURE: &str = "에서 에게 으로 까지 부터 보다 처럼 들";

/// Syllables of the longest particle.
const LONGEST: usize = 5;
/// Particles in a row.
const IN_A_ROW: usize = 4;

/// What is known of a particle's form.
#[derive(Clone, Copy, Debug, Default)]
struct Particle {
    behind_consonant: bool,
    behind_l: bool,
    behind_vowel: bool,
    inner: bool,
    behind_one: bool,
    second_of_two: bool,
    sure: bool,
}

static PARTICLES: LazyLock<HashMap<Vec<char>, Particle>> = LazyLock::new(|| {
    let mut all: HashMap<Vec<char>, Particle> = HashMap::new();
    let mut each = |forms: &str, set: fn(&mut Particle)| {
        for form in forms.split_ascii_whitespace() {
            set(all.entry(form.chars().collect()).or_default());
        }
    };
    each(ANY, |p| (p.behind_consonant, p.behind_l, p.behind_vowel) = (true, true, true));
    each(BEHIND_CONSONANT, |p| (p.behind_consonant, p.behind_l) = (true, true));
    each(BEHIND_OPEN, |p| (p.behind_l, p.behind_vowel) = (true, true));
    each(BEHIND_VOWEL, |p| p.behind_vowel = true);
    each(INNER, |p| p.inner = true);
    each(BEHIND_ONE, |p| p.behind_one = true);
    each(SECOND_OF_TWO, |p| p.second_of_two = true);
    each(SURE, |p| p.sure = true);
    all
});

/// A noun before its particles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Noun {
    /// Its syllables.
    pub(super) len: usize,
    /// Whether verbs never end like this.
    pub(super) certain: bool,
}

/// The noun that is left when the word's particles are taken off.
pub(super) fn noun(word: &[char]) -> Noun {
    let mut noun = Noun { len: word.len(), certain: false };
    for turn in 0..IN_A_ROW {
        let Some((shorter, particle)) = cut(&word[..noun.len], turn > 0) else { break };
        noun.certain |= particle.sure;
        noun.len = shorter;
    }
    if noun.len == 2
        && word.len() == 2
        && standing(&word[..1], &word[1..]).is_some_and(|particle| particle.second_of_two)
    {
        noun.len = 1;
    }
    noun
}

fn cut(word: &[char], is_inner: bool) -> Option<(usize, Particle)> {
    let longest = LONGEST.min(word.len().saturating_sub(1));
    (1..=longest).rev().map(|of| word.len() - of).find_map(|len| {
        let (noun, form) = word.split_at(len);
        let particle = standing(noun, form)?;
        let long_enough = len > 1 || particle.behind_one || (is_inner && form == ['에']);
        (long_enough && (particle.inner || !is_inner)).then_some((len, particle))
    })
}

/// The particle, where its form fits the noun: one that does not is a part of the noun.
fn standing(noun: &[char], form: &[char]) -> Option<Particle> {
    let end = last_tail(noun)?;
    let particle = PARTICLES.get(form)?;
    let fits = match end {
        tail::NONE => particle.behind_vowel,
        tail::L => particle.behind_l,
        _ => particle.behind_consonant,
    };
    fits.then_some(*particle)
}
