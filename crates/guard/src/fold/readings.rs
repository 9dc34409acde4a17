//! The ways in which a text may be meant: as it stands, and with tricks of spelling undone that would spoil honest
//! texts if they were undone everywhere.

use super::look_alikes::drawn_jamo;
use super::{Folded, Unit, units};
use siren_text::jamo;
use siren_text::terms::is_alphanumeric;

/// Single letters in a row that are read as one spelled-out word.
const SPELLED_OUT: usize = 3;

/// All readings of a text that differ. The first is the text as it stands.
pub(crate) fn readings(original: &str) -> Vec<Folded> {
    let plain = units(original);
    let mut others: Vec<Vec<Unit>> = Vec::new();
    let mut add = |reading: Option<Vec<Unit>>| {
        if let Some(reading) = reading.filter(|reading| *reading != plain && !others.contains(reading)) {
            others.push(reading);
        }
    };
    if plain.iter().any(|unit| jamo::is_jamo(unit.ch)) {
        add(Some(joined(&plain)));
        add(Some(typed_in_hangul(&plain, true)));
        add(Some(typed_in_hangul(&plain, false)));
    }
    add(without_fillers(&plain));
    if plain.iter().any(|unit| unit.ch.is_ascii_alphabetic()) {
        add(typed_in_english(&plain));
        add(leet(&plain, 'i'));
        add(leet(&plain, 'l'));
        let spelled = spelled_out(&plain);
        add(spelled.as_deref().and_then(typed_in_english));
        add(spelled);
    }
    std::iter::once(plain).chain(others).map(Folded::of).collect()
}

fn is_hangul(unit: &Unit) -> bool {
    super::is_hangul(unit.ch)
}

/// `ㅇㅕㄴ봉`, `여ㄴ봉`, `ㅇ ㅕ ㄴ ㅂ ㅗ ㅇ`: single letters join with what stands beside them.
fn joined(plain: &[Unit]) -> Vec<Unit> {
    let mut out = Vec::with_capacity(plain.len());
    let mut run: Vec<Unit> = Vec::new();
    for (at, unit) in plain.iter().enumerate() {
        let jamo = drawn_jamo(unit.ch).filter(|_| near_jamo(plain, at));
        if let Some(ch) = jamo {
            run.push(Unit { ch, ..*unit });
        } else if is_hangul(unit) {
            run.push(*unit);
        } else if is_alphanumeric(unit.ch) || !between_jamo(plain, at) {
            flush(&mut run, &mut out);
            out.push(*unit);
        }
    }
    flush(&mut run, &mut out);
    out
}

fn near_jamo(plain: &[Unit], at: usize) -> bool {
    let beside = [at.checked_sub(1), Some(at + 1)].into_iter().flatten();
    beside.filter_map(|at| plain.get(at)).any(|unit| jamo::is_jamo(unit.ch))
}

/// Whether what parts two single letters stands here.
fn between_jamo(plain: &[Unit], at: usize) -> bool {
    let letter = |unit: &&Unit| is_alphanumeric(unit.ch);
    let before = plain[..at].iter().rev().take(3).find(letter);
    let after = plain[at + 1..].iter().take(3).find(letter);
    let single = |unit: Option<&Unit>| unit.is_some_and(|unit| jamo::is_jamo(unit.ch));
    single(before) && single(after)
}

fn flush(run: &mut Vec<Unit>, out: &mut Vec<Unit>) {
    let has_single = run.iter().any(|unit| jamo::is_jamo(unit.ch));
    if !has_single {
        out.append(run);
        return;
    }
    let letters: Vec<Unit> = run
        .drain(..)
        .flat_map(|unit| jamo::apart(unit.ch).into_iter().map(move |ch| Unit { ch, ..unit }))
        .collect();
    out.extend(together(&letters));
}

/// Letters as syllables, each with the bytes of all its letters.
fn together(letters: &[Unit]) -> Vec<Unit> {
    let chars: Vec<char> = letters.iter().map(|unit| unit.ch).collect();
    let syllable = |(ch, range): (char, std::ops::Range<usize>)| {
        let (first, last) = (letters[range.start], letters[range.end - 1]);
        Unit { ch, raw: ch, start: first.start, end: last.end }
    };
    jamo::join(&chars).into_iter().map(syllable).collect()
}

/// `ㅑㅎㅜㅐㄱㄷ`: English typed with the keyboard set to Hangul. `only_broken` takes the words with single letters only.
fn typed_in_hangul(plain: &[Unit], only_broken: bool) -> Vec<Unit> {
    let mut out = Vec::with_capacity(plain.len());
    for word in plain.chunk_by(|a, b| is_hangul(a) == is_hangul(b)) {
        let hangul = word.first().is_some_and(is_hangul);
        let broken = word.iter().any(|unit| jamo::is_jamo(unit.ch));
        if !hangul || (only_broken && !broken) {
            out.extend_from_slice(word);
            continue;
        }
        for unit in word {
            let letters = jamo::apart(unit.ch).into_iter().flat_map(jamo::keys_of);
            out.extend(letters.map(|ch| Unit { ch, raw: ch, ..*unit }));
        }
    }
    out
}

/// `dusqhd`: Hangul typed with the keyboard set to English. Only words that become whole syllables are read so.
fn typed_in_english(plain: &[Unit]) -> Option<Vec<Unit>> {
    let is_key = |unit: &Unit| unit.raw.is_ascii_alphabetic();
    let mut out = Vec::with_capacity(plain.len());
    let mut read = false;
    for word in plain.chunk_by(|a, b| is_key(a) == is_key(b)) {
        let shouted = word.iter().all(|unit| unit.raw.is_ascii_uppercase());
        let key = |unit: &Unit| if shouted { unit.ch } else { unit.raw };
        let letters: Option<Vec<Unit>> =
            word.iter().map(|unit| Some(Unit { ch: jamo::typed(key(unit))?, ..*unit })).collect();
        let syllables = letters.filter(|_| word.len() > 1).map(|letters| together(&letters));
        match syllables.filter(|syllables| !syllables.iter().any(|unit| jamo::is_jamo(unit.ch))) {
            Some(syllables) => {
                out.extend(syllables);
                read = true;
            }
            None => out.extend_from_slice(word),
        }
    }
    read.then_some(out)
}

/// `p0rn`, `$ex`: digits and signs for the letters they look like, within Latin words.
fn leet(plain: &[Unit], one: char) -> Option<Vec<Unit>> {
    let letter = |ch: char| match ch {
        '0' => Some('o'),
        '1' | '!' | '|' => Some(one),
        '3' => Some('e'),
        '4' | '@' => Some('a'),
        '5' | '$' => Some('s'),
        '7' => Some('t'),
        _ => None,
    };
    if !plain.iter().any(|unit| letter(unit.ch).is_some()) {
        return None;
    }
    let part = |unit: &Unit| unit.ch.is_ascii_alphanumeric() || letter(unit.ch).is_some();
    let mut out = Vec::with_capacity(plain.len());
    let mut read = false;
    for word in plain.chunk_by(|a, b| part(a) == part(b)) {
        let latin = word.iter().any(|unit| unit.ch.is_ascii_alphabetic());
        // A sign at the end of a word is punctuation.
        let kept = word.iter().rposition(|unit| !matches!(unit.ch, '!' | '|')).map_or(0, |at| at + 1);
        for (at, unit) in word.iter().enumerate() {
            match letter(unit.ch).filter(|_| latin && at < kept) {
                Some(ch) => {
                    read = true;
                    out.push(Unit { ch, raw: ch, ..*unit });
                }
                None => out.push(*unit),
            }
        }
    }
    read.then_some(out)
}

/// `연ㅡ봉`, `연1봉`: what stands for nothing between two syllables.
fn without_fillers(plain: &[Unit]) -> Option<Vec<Unit>> {
    let syllable = |at: Option<usize>| {
        at.and_then(|at| plain.get(at)).is_some_and(|unit| ('가'..='힣').contains(&unit.ch))
    };
    let filler = |at: usize| {
        let unit = &plain[at];
        let stray = jamo::is_jamo(unit.ch) || matches!(unit.ch, 'ㆍ' | 'ᆞ' | '一' | '丨');
        stray
            || (is_alphanumeric(unit.ch)
                && !is_hangul(unit)
                && syllable(at.checked_sub(1))
                && syllable(Some(at + 1)))
    };
    let first = (0..plain.len()).find(|&at| filler(at))?;
    let behind = (first..plain.len()).filter(|&at| !filler(at));
    Some(plain[..first].iter().copied().chain(behind.map(|at| plain[at])).collect())
}

/// `k i l l`, `p.o.r.n`: single Latin letters, all parted alike, are a word.
fn spelled_out(plain: &[Unit]) -> Option<Vec<Unit>> {
    let latin = |at: usize| plain.get(at).is_some_and(|unit| unit.ch.is_ascii_alphanumeric());
    // Words that are spelled out stand further apart than their letters.
    let alike = |one: Option<&Unit>, other: Option<&Unit>| {
        let gap = |unit: &Unit| (unit.ch, unit.end - unit.start);
        one.map(gap) == other.map(gap)
    };
    let single = |at: usize| latin(at) && !latin(at + 1) && !at.checked_sub(1).is_some_and(latin);
    if !(0..plain.len()).any(|at| single(at) && single(at + 2)) {
        return None;
    }
    let mut out = Vec::with_capacity(plain.len());
    let mut at = 0;
    let mut read = false;
    while at < plain.len() {
        let mut end = at;
        while single(end) && single(end + 2) && alike(plain.get(end + 1), plain.get(at + 1)) {
            end += 2;
        }
        if (end - at) / 2 + 1 < SPELLED_OUT {
            out.push(plain[at]);
            at += 1;
            continue;
        }
        out.extend((at..=end).step_by(2).map(|at| plain[at]));
        read = true;
        at = end + 1;
    }
    read.then_some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::readings;

    #[test]
    fn some_reading_is_what_was_meant() {
        let cases = [
            ("ㅇㅕㄴㅂㅗㅇ 알려줘", "연봉 알려줘"),
            ("여ㄴ봉", "연봉"),
            ("ㅇ ㅕ ㄴ ㅂ ㅗ ㅇ", "연봉"),
            ("dusqhd 알려줘", "연봉 알려줘"),
            ("DUSQHD이", "연봉이"),
            ("ㅑㅎㅜㅐㄱㄷ", "ignore"),
            ("시스템 ㅔ개ㅡㅔㅅ", "시스템 prompt"),
            ("연ㅡ봉", "연봉"),
            ("연1봉", "연봉"),
            ("p0rn", "porn"),
            ("$ex", "sex"),
            ("sa1ary", "salary"),
            ("k i l l him", "kill him"),
            ("p.o.r.n", "porn"),
            ("a l l  r u l e s", "all rules"),
            ("m a k e  a  b o m b", "make a bomb"),
            ("роrn", "porn"),
            ("ⓢⓔⓧ 🅂🄴🅇 𝐬𝐞𝐱", "sex sex sex"),
            ("㉮㉯", "가나"),
            ("ﾷￂﾤ", "안"),
            ("d u s q h d", "연봉"),
        ];
        for (original, meant) in cases {
            let all: Vec<String> = readings(original).into_iter().map(|folded| folded.text).collect();
            assert!(all.iter().any(|text| text == meant), "{original:?}: {all:?}");
        }
    }

    #[test]
    fn plain_texts_have_one_reading() {
        for text in ["케이뱅크는 언제 전환을 마쳤나요?", "2024년 서밋 발표", "", " \t"] {
            assert_eq!(readings(text).len(), 1, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_letter_of_every_reading_knows_its_bytes(text in "([ㄱ-ㅎㅏ-ㅣ가-힣a-zA-Z0-9 .\u{200b}$!@]|\\PC){0,40}") {
            for folded in readings(&text) {
                let mut last = 0;
                for at in 0..folded.n_letters() {
                    let range = folded.original_of_letters(at..at + 1);
                    prop_assert!(text.get(range.clone()).is_some_and(|piece| !piece.is_empty()), "{range:?} of {text:?}");
                    prop_assert!(range.start >= last || range.end >= last, "{text:?}");
                    last = range.start;
                }
            }
        }

        #[test]
        fn work_is_bounded(text in "\\PC{0,60}") {
            let all = readings(&text);
            prop_assert!(all.len() <= 9);
            // A syllable has at most five keys.
            prop_assert!(all.iter().all(|folded| folded.n_letters() <= 5 * text.chars().count() * 3));
        }
    }
}
