//! Verbs and adjectives without their endings.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::irregular::{canonical, uninfinitive};
use crate::hangul::{Syllable, last_tail, set_last_tail, tail};

/// What an ending stands behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Behind {
    /// The stem, whatever it ends in: `-고`.
    Stem,
    /// A stem that ends in a consonant: `-으면`.
    Consonant,
    /// A stem that ends in a vowel or `ㄹ`: `-면`.
    Open,
    /// The stem with `아` or `어`, in one syllable or two: `-서`.
    Infinitive,
}

/// An ending, without the consonant that it puts under the syllable before it.
#[derive(Clone, Copy, Debug)]
struct Ending {
    under: u8,
    behind: Behind,
    /// Whether nouns end like this as well.
    doubtful: bool,
}

const PLAIN: &str = "고 고서 고자 고는 고도 지 지만 지는 지도 지를 지요 죠 게 게는 게끔 게도 는 는데 는데도 는데요 는지 는지는 \
    는지도 는지를 는지에 는가 는가를 는가요 는다 는다고 는다는 는다면 는다며 다 다고 다는 다면 다며 다가 다가도 다니 다시피 \
    네 네요 자 자마자 거나 거든 거든요 더니 더라 더라도 던 던데 던가 던가요 던지 도록 나 나요 냐 냐고 느냐 느냐는 \
    느니 기 기에 기도 기가 기는 기를 기로 기만 기까지 기보다 기의 기와 기까지는 기에는 기에도 기엔 길래 습니다 습니까 습니다만 \
    든지 듯이 는군 는군요 는구나 잖아 잖아요 고요 다고요 는다고요 던데요 더라고 더라고요 더라구요 \
    대 대요 댔어요 는대 는대요 다던 다던데 다더라 는다던 는다던데 다면서 다면서요 는다면서 자고 자던 자더라 지마 지말고 지말라고 지마라 지마세요 지말아 지않는 지않고 지않은";
/// The same before what is asked about, without the space between: `강조한게`, `쓰는거`.
const THINGS: [&str; 5] = ["게", "거", "건", "걸", "것"];
/// Nouns end like these as well; what stands before is then a noun, or a verb.
const DOUBTFUL: &str = "지 지는 지도 지를 기 기에 기도 기가 기는 기를 기로 기만 기의 기와 게 게는 고 고는 고도 자 나 니 면 다 다가 다는 다고 네 \
    던 는 은 을 음 며 려 서 도 야 요 냐 든지 까지";
const OPEN: &str = "면 면은 며 면서 면서도 니 니까 라고 라고요 라는 라던 래요 려고 려고요 려면 려는 려던 므로 세요 셔요 십시오 십니까 나 자면";
const UNDER_N: &str = "ㄴ ㄴ데 ㄴ데도 ㄴ데요 ㄴ지 ㄴ지는 ㄴ지를 ㄴ지도 ㄴ가 ㄴ가요 ㄴ가를 ㄴ들 ㄴ채";
const UNDER_L: &str =
    "ㄹ ㄹ까 ㄹ까요 ㄹ지 ㄹ지는 ㄹ지도 ㄹ지를 ㄹ수록 ㄹ게 ㄹ게요 ㄹ래 ㄹ래요 ㄹ만 ㄹ만한 ㄹ뿐 ㄹ때";
const UNDER_M: &str = "ㅁ ㅁ으로써 ㅁ으로 ㅁ을 ㅁ이 ㅁ은 ㅁ에 ㅁ과 ㅁ의 ㅁ도 ㅁ에도 ㅁ에따라";
const UNDER_OPEN: &str = "ㄴ대 ㄴ대요 ㄴ다던 ㄴ다던데 ㄴ다더라 ㄴ다면서 ㄴ다면서요 ㄴ다고요 ㅂ니다 ㅂ니다만 ㅂ니까 ㅂ시다 ㄴ다 ㄴ다고 ㄴ다는 ㄴ다면 ㄴ다며 ㄴ답니다 ㄴ다지만";
const INFINITIVE: &str = "서 서는 서도 서야 도 야 야만 야지 야죠 요 야하는 야한다 야할";

/// Syllables of the longest ending, without what it puts under the one before.
const LONGEST: usize = 4;

static ENDINGS: LazyLock<HashMap<Vec<char>, Vec<Ending>>> = LazyLock::new(|| {
    let mut all = HashMap::new();
    let each = |forms: &'static str| forms.split_ascii_whitespace();
    each(PLAIN).for_each(|form| add(&mut all, form, Behind::Stem));
    for thing in THINGS {
        add(&mut all, &format!("는{thing}"), Behind::Stem);
        add(&mut all, &format!("ㄴ{thing}"), Behind::Open);
    }
    for form in each(OPEN) {
        add(&mut all, form, Behind::Open);
        add(&mut all, &format!("으{form}"), Behind::Consonant);
    }
    for (forms, joined) in [(UNDER_N, '은'), (UNDER_L, '을'), (UNDER_M, '음')] {
        for form in each(forms) {
            add(&mut all, form, Behind::Open);
            let rest: String = form.chars().skip(1).collect();
            add(&mut all, &format!("{joined}{rest}"), Behind::Consonant);
        }
    }
    each(UNDER_OPEN).for_each(|form| add(&mut all, form, Behind::Open));
    each(INFINITIVE).for_each(|form| add(&mut all, form, Behind::Infinitive));
    // `한다` is 하 with ㄴ다 rather than 한 with 다.
    all.values_mut().for_each(|endings| endings.sort_by_key(|ending| ending.under != tail::N));
    all
});

fn add(all: &mut HashMap<Vec<char>, Vec<Ending>>, form: &str, behind: Behind) {
    let under = match form.chars().next() {
        Some('ㄴ') => tail::N,
        Some('ㄹ') => tail::L,
        Some('ㅁ') => tail::M,
        Some('ㅂ') => tail::B,
        _ => tail::NONE,
    };
    let rest: Vec<char> = form.chars().skip(usize::from(under != tail::NONE)).collect();
    let doubtful =
        DOUBTFUL.split_ascii_whitespace().any(|doubtful| doubtful.chars().eq(rest.iter().copied()));
    all.entry(rest).or_default().push(Ending { under, behind, doubtful });
}

/// A verb or adjective, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verb {
    /// Its stem, in the one form that all of its forms lead to.
    pub(super) stem: Vec<char>,
    /// Whether nothing but a verb ends like this.
    pub(super) certain: bool,
}

/// The word as a form of a verb, if it can be one.
pub(super) fn verb(word: &[char]) -> Option<Verb> {
    let longest = LONGEST.min(word.len().saturating_sub(1));
    let cut = (1..=longest).rev().find_map(|of| {
        let (rest, form) = word.split_at(word.len() - of);
        ENDINGS.get(form)?.iter().find_map(|ending| without(rest, *ending, form))
    });
    let cut = cut.or_else(|| joined(word)).or_else(|| infinitive_alone(word))?;
    let (stem, past) = without_tense(cut.base);
    let certain = cut.certain || past;
    (!stem.is_empty()).then(|| Verb { stem: canonical(without_auxiliary(stem)), certain })
}

struct Cut {
    base: Vec<char>,
    certain: bool,
}

fn without(rest: &[char], ending: Ending, form: &[char]) -> Option<Cut> {
    let end = last_tail(rest)?;
    // 기, 지 and the like end nouns of two syllables, which other forms then follow.
    let is_short =
        rest.len() == 1 && matches!(form[0], '기' | '지' | '게' | '고' | '나' | '자' | '가' | '데');
    let certain = match ending.under {
        tail::B => true,
        tail::N => !is_short,
        _ => !is_short && !ending.doubtful,
    };
    if ending.under != tail::NONE {
        let is_open =
            ending.under == tail::M || THINGS.iter().any(|thing| form.iter().copied().eq(thing.chars()));
        let is_noun = is_open && !rest.last().is_some_and(|c| OF_VERBS.contains(*c));
        let mut base = rest.to_vec();
        set_last_tail(&mut base, tail::NONE);
        return (end == ending.under && !is_noun).then_some(Cut { base, certain });
    }
    let fits = match ending.behind {
        // `했대`, and not `시대`.
        Behind::Stem if form == ['대'] => end == tail::SS,
        Behind::Stem => true,
        // A stem in ㄹ takes what stems in a vowel take.
        Behind::Consonant => end != tail::NONE && end != tail::L,
        Behind::Open => end == tail::NONE || end == tail::L,
        Behind::Infinitive => {
            let is_infinitive = rest.last().is_some_and(|c| INFINITIVES.contains(*c));
            return Some(Cut { base: uninfinitive(rest)?, certain: certain || is_infinitive });
        }
    };
    fits.then(|| Cut { base: rest.to_vec(), certain })
}

/// Syllables that verbs end in when `ㄴ`, `ㄹ` or `ㅁ` is all that their ending adds, and that nouns seldom end in.
const OF_VERBS: &str = "한할함된될됨킨킬킴린릴림진질짐긴길김낸낼낌힌힐춘출춤른운울움쓴쓸난날든친칠침꿀낄갈올볼일인뀐뀔둔룬룰닌닐낀쁜픈큰";

/// The ending is but a consonant: `만든`, `보낼`.
fn joined(word: &[char]) -> Option<Cut> {
    let last = *word.last()?;
    let syllable = Syllable::of(last)?;
    let certain = word.len() > 2 && matches!(last, '한' | '할' | '함' | '된' | '될' | '됨' | '킨' | '킬');
    if word.len() < 2 || !OF_VERBS.contains(last) {
        return None;
    }
    let mut base = word.to_vec();
    base.pop();
    base.push(syllable.with_tail(tail::NONE).to_char());
    Some(Cut { base, certain })
}

/// The word is an infinitive: `알려`, `해`, `먹어`.
fn infinitive_alone(word: &[char]) -> Option<Cut> {
    const CONTRACTED: &str = "해돼려켜워져쳐셔혀겨춰줘봐꿔둬뤄눠";
    let (&last, before) = word.split_last()?;
    let end = *before.last()?;
    let is_verbal = matches!(end, '되' | '하');
    let stands_apart = match last {
        '어' | '아' | '여' => is_verbal || before.len() > 1 || last_tail(before) != Some(tail::NONE),
        '와' => "도나어아".contains(end),
        '라' => "따몰달올골빨".contains(end),
        _ => CONTRACTED.contains(last),
    };
    let certain = is_verbal || (word.len() > 2 && matches!(last, '해' | '돼' | '줘' | '봐'));
    stands_apart.then(|| uninfinitive(word)).flatten().map(|base| Cut { base, certain })
}

/// Without `겠`, the past and the honorific; whether there was a past.
fn without_tense(mut base: Vec<char>) -> (Vec<char>, bool) {
    let mut past = false;
    for _ in 0..3 {
        let Some(&last) = base.last() else { break };
        if base.len() > 1 && last == '겠' {
            base.pop();
            past = true;
        } else if last_tail(&base) == Some(tail::SS) && !matches!(last, '있' | '겠') {
            let mut infinitive = base.clone();
            set_last_tail(&mut infinitive, tail::NONE);
            let Some(stem) = uninfinitive(&infinitive) else { break };
            base = stem;
            past = true;
        } else if base.len() > 2 && last == '시' && matches!(base[base.len() - 2], '하' | '되' | '으') {
            base.pop();
            if base.last() == Some(&'으') {
                base.pop();
            }
        } else {
            break;
        }
    }
    (base, past)
}

/// Syllables that infinitives end in.
const INFINITIVES: &str = "아어여해돼려켜워와져쳐춰꿔뤄눠커셔혀겨줘봐펴벼며내";

/// Without a verb that only helps: `알려주`, `만들어지`, `찾아보`.
fn without_auxiliary(stem: Vec<char>) -> Vec<char> {
    const AFTER_INFINITIVE: &[char] = &['주', '보', '지', '놓', '두', '내', '오', '가', '있'];
    let Some((last, before)) = stem.split_last() else { return stem };
    let helps = AFTER_INFINITIVE.contains(last) && before.last().is_some_and(|c| INFINITIVES.contains(*c));
    match helps.then(|| uninfinitive(before)).flatten() {
        Some(stem) => stem,
        None => stem,
    }
}
