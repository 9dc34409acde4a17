//! What irregular verbs become, undone.

use crate::hangul::{Syllable, last_tail, lead, set_last_tail, tail, vowel};

/// The stem of an infinitive: `먹어` is of `먹`, `해` of `하`, `몰라` of `모르`.
pub(super) fn uninfinitive(word: &[char]) -> Option<Vec<char>> {
    let (&last, before) = word.split_last()?;
    // 하 takes 여; behind others it is 이 with 어.
    let apart = matches!(last, '아' | '어') || (last == '여' && before.last() == Some(&'하'));
    if apart && !before.is_empty() {
        return Some(before.to_vec());
    }
    let syllable = Syllable::of(last)?;
    if syllable.tail != tail::NONE {
        return None;
    }
    let mut stem = before.to_vec();
    let plain = match syllable.vowel {
        vowel::AE if last == '해' => syllable.with_vowel(vowel::A),
        vowel::WA => syllable.with_vowel(vowel::O),
        vowel::WO => syllable.with_vowel(vowel::U),
        vowel::YEO => syllable.with_vowel(vowel::I),
        vowel::WAE => syllable.with_vowel(vowel::OE),
        vowel::A | vowel::EO if syllable.lead == lead::R => {
            // 모르: 몰라.
            if last_tail(&stem) == Some(tail::L) {
                set_last_tail(&mut stem, tail::NONE);
            }
            syllable.with_vowel(vowel::EU)
        }
        vowel::A | vowel::EO
            if matches!(syllable.lead, lead::GG | lead::DD | lead::BB | lead::SS | lead::K | lead::P) =>
        {
            syllable.with_vowel(vowel::EU)
        }
        _ if last == '에' => return None,
        vowel::A | vowel::EO | vowel::AE | vowel::E => syllable,
        _ => return None,
    };
    stem.push(plain.to_char());
    Some(stem)
}

/// Verbs in `우` that are no forms of verbs in `ㅂ`.
const IN_U: &str = "배싸비키세태치채외피지깨끼재메새데틔띄씌에";

/// Brings what irregular verbs become before a vowel and what they are before a consonant to one form.
pub(super) fn canonical(mut stem: Vec<char>) -> Vec<char> {
    let Some((&last, before)) = stem.split_last() else { return stem };
    let Some(syllable) = Syllable::of(last) else { return stem };
    let open_before = last_tail(before) == Some(tail::NONE);
    match last {
        '오' if matches!(before, ['도' | '고']) => {
            stem.pop();
            set_last_tail(&mut stem, tail::B);
        }
        '우' if open_before && before.last().is_some_and(|c| !IN_U.contains(*c)) => {
            stem.pop();
            set_last_tail(&mut stem, tail::B);
        }
        '걷' => set_last_tail(&mut stem, tail::L),
        '짓' | '낫' | '잇' | '긋' | '붓' => set_last_tail(&mut stem, tail::NONE),
        '닫' if before.ends_with(&['깨']) => set_last_tail(&mut stem, tail::NONE),
        '컫' => set_last_tail(&mut stem, tail::NONE),
        _ if syllable.tail == tail::L && stem.len() > 1 => set_last_tail(&mut stem, tail::NONE),
        _ if syllable.tail == tail::NONE && syllable.vowel == vowel::YEO => {
            stem.pop();
            stem.push(syllable.with_vowel(vowel::I).to_char());
        }
        _ => {}
    }
    stem
}
