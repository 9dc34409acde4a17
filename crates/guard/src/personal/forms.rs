//! The forms in which personal data is written.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::checks::{luhn, resident};
use super::{Found, Kind};
use crate::fold::Folded;

/// A cue counts so many characters away from what it tells about.
const NEAR: usize = 24;

macro_rules! form {
    ($name:ident, $pattern:expr) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| compiled($pattern));
    };
}

form!(EMAIL, r"[a-z0-9][a-z0-9._%+-]*@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}");
form!(
    SPOKEN_EMAIL,
    r"[a-z0-9][a-z0-9._+-]+ ?(?:\(at\)|\[at\]|골뱅이| @) ?[a-z0-9-]+ ?(?:\.|\(dot\)|\[dot\]|점|닷) ?(?:com|net|org|io|kr|닷컴|컴|co ?(?:\.|점|닷) ?kr|ac ?\.kr)"
);
form!(RESIDENT, r"\d{6} ?[-~./] ?\d{7}|\d{6} \d{7}|\d{13}");
form!(
    LICENCE,
    r"(?:[12]\d|서울|부산|경기|강원|충북|충남|전북|전남|경북|경남|제주|대구|인천|광주|대전|울산|세종)[- ] ?\d{2} ?- ?\d{6} ?- ?\d{2}"
);
form!(BARE_LICENCE, r"[12]\d{11}");
form!(
    CARD,
    r"\d{4}[ -]{0,3}\d{4}[ -]{0,3}\d{4}[ -]{0,3}\d{4}|3[47]\d{2}[ -]{0,3}\d{6}[ -]{0,3}\d{5}|3[068]\d{2}[ -]{0,3}\d{6}[ -]{0,3}\d{4}"
);
form!(
    PHONE,
    r"(?:\(?\+ ?82\)?[ .-]?\(?0?\)? ?|82[ -]0?|0)1[016789]\)?[ .~-]{0,3}\d{3,4}[ .~-]{0,3}\d{4}|(?:\(?\+ ?82\)?[ .-]?\(?0?\)? ?|\(?0)(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|80|50\d)(?:\)|[ .-]){1,3}\d{3,4}[ .-]{1,3}\d{4}|0(?:2\d{7,8}|(?:3[1-3]|4[1-4]|5[1-5]|6[1-4]|70)\d{7,8})"
);
form!(
    TOLD_PHONE,
    r"[공영0] ?[일1하] ?[공영일육칠팔구016789]나?(?:[ .,~-]|에|의|다시){0,4}(?:[공영일이삼사오육륙칠팔구0-9](?:[ .,~-]|에|의|다시){0,3}){6,7}[공영일이삼사오육륙칠팔구0-9]"
);
form!(SERVICE_PHONE, r"1[568]\d{2}-\d{4}");
form!(PASSPORT, r"[msrodg]\d{8}|[msrodg]\d{3}[a-z]\d{4}");
form!(ACCOUNT, r"\d{2,6}(?:[- ]\d{1,8}){1,4}|\d{10,14}");
form!(PHONE_CUE, r"전화|연락|콜센터|고객센터|대표번호|문의|상담|☎|\btel\b|\bphone\b|\bcall\b");
form!(PASSPORT_CUE, r"여권|passport");
form!(LICENCE_CUE, r"면허|licen[cs]e");
form!(
    ACCOUNT_CUE,
    r"계좌|입금|송금|이체|통장|예금주|환불받|account|국민|신한|우리은행|하나은행|농협|기업은행|ibk|카카오뱅크|카뱅|토스뱅크|토스|케이뱅크|케뱅|새마을|우체국|수협|sc제일|씨티|부산은행|대구은행|은행|\bbank\b"
);

#[expect(clippy::expect_used, reason = "the patterns are constants, and a test runs each")]
fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern compiles")
}

/// A stretch of a folded text that has the form of something.
struct Seen<'t> {
    text: &'t str,
    range: Range<usize>,
}

impl Seen<'_> {
    fn words(&self) -> &str {
        &self.text[self.range.clone()]
    }

    fn digits(&self) -> Vec<u8> {
        self.words().bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0').collect()
    }

    fn before(&self) -> Option<char> {
        self.text[..self.range.start].chars().next_back()
    }

    fn after(&self) -> Option<char> {
        self.text[self.range.end..].chars().next()
    }

    /// Whether it is part of a longer number or name.
    fn is_cut_off(&self) -> bool {
        let glued = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        let digits = |c: char| c.is_ascii_digit();
        let ends = self.text[..self.range.start].strip_suffix(['-', '.']);
        let starts = self.text[self.range.end..].strip_prefix(['-', '.']);
        glued(self.before())
            || glued(self.after())
            || ends.is_some_and(|rest| rest.ends_with(digits))
            || starts.is_some_and(|rest| rest.starts_with(digits))
    }

    /// Whether it is part of a longer number.
    fn is_amid_number(&self) -> bool {
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit() || c == '_');
        digit(self.before()) || digit(self.after())
    }

    /// Whether a word that tells what it is stands close by.
    fn is_told(&self, cue: &Regex, also_after: bool) -> bool {
        let start = self.text[..self.range.start].char_indices().rev().nth(NEAR - 1).map_or(0, |(at, _)| at);
        let rest = &self.text[self.range.end..];
        let end = rest.char_indices().nth(NEAR).map_or(rest.len(), |(at, _)| at);
        cue.is_match(&self.text[start..self.range.start]) || (also_after && cue.is_match(&rest[..end]))
    }
}

/// What a stretch is, and whether a check digit says so.
type Judge = fn(&Seen<'_>) -> Option<(Kind, bool)>;

/// The forms, those that tell most first: what one has claimed no other looks at.
const FORMS: &[(&LazyLock<Regex>, Judge)] = &[
    (&EMAIL, |seen| (!seen.words().starts_with("git@")).then_some((Kind::Email, false))),
    (&SPOKEN_EMAIL, |_| Some((Kind::Email, false))),
    (&RESIDENT, registration),
    (&LICENCE, |seen| (!seen.is_cut_off()).then_some((Kind::DriverLicence, false))),
    (&CARD, |seen| (!seen.is_amid_number() && luhn(&seen.digits())).then_some((Kind::Card, true))),
    (&PHONE, |seen| (!seen.is_cut_off()).then_some((Kind::Phone, false))),
    (&TOLD_PHONE, |seen| (!seen.is_cut_off() && !starts_amid_word(seen)).then_some((Kind::Phone, false))),
    (&SERVICE_PHONE, |seen| {
        (!seen.is_cut_off() && seen.is_told(&PHONE_CUE, true)).then_some((Kind::Phone, false))
    }),
    (&PASSPORT, passport),
    (&BARE_LICENCE, |seen| {
        (!seen.is_cut_off() && seen.is_told(&LICENCE_CUE, true)).then_some((Kind::DriverLicence, false))
    }),
    (&ACCOUNT, account),
];

fn registration(seen: &Seen<'_>) -> Option<(Kind, bool)> {
    let found = resident(&seen.digits()).filter(|_| !seen.is_cut_off())?;
    // Thirteen digits in a row may be anything unless the check digit is right.
    let written_so = seen.words().contains(|c: char| !c.is_ascii_digit());
    let kind = if found.foreigner { Kind::ForeignerNumber } else { Kind::ResidentNumber };
    (found.checked || written_so).then_some((kind, found.checked))
}

fn passport(seen: &Seen<'_>) -> Option<(Kind, bool)> {
    let sure = seen.words().starts_with('m') || seen.is_told(&PASSPORT_CUE, true);
    (sure && !seen.is_cut_off()).then_some((Kind::Passport, false))
}

fn account(seen: &Seen<'_>) -> Option<(Kind, bool)> {
    let enough = (10..=14).contains(&seen.digits().len());
    (enough && !seen.is_cut_off() && seen.is_told(&ACCOUNT_CUE, true)).then_some((Kind::Account, false))
}

/// A numeral within a Korean word, as in `성공일공`.
fn starts_amid_word(seen: &Seen<'_>) -> bool {
    seen.before().is_some_and(crate::fold::is_hangul)
        && !seen.words().starts_with(|c: char| c.is_ascii_digit())
}

pub(super) fn find(folded: &Folded) -> Vec<Found> {
    let text = folded.text.as_str();
    let mut claimed: Vec<Found> = Vec::new();
    let mut stretches: Vec<Range<usize>> = Vec::new();
    for (form, judge) in FORMS {
        let mut from = 0;
        while let Some(found) = form.find_at(text, from) {
            let seen = Seen { text, range: trimmed(text, found.range()) };
            let free = stretches.iter().all(|had| seen.range.end <= had.start || had.end <= seen.range.start);
            let judged = judge(&seen).filter(|_| free);
            // A stretch that is nothing may hide one that begins later within it.
            from = match judged {
                Some(_) => found.end(),
                None => found.start() + text[found.start()..].chars().next().map_or(1, char::len_utf8),
            };
            if judged.is_none() {
                from = next_start(text, from);
            }
            let Some((kind, checked)) = judged else { continue };
            claimed.push(Found { kind, range: folded.original_of_text(seen.range.clone()), checked });
            stretches.push(seen.range);
        }
    }
    claimed.sort_by_key(|found| found.range.start);
    claimed
}

/// Behind the run of letters or digits that an offset is within: nothing begins amid one.
fn next_start(text: &str, from: usize) -> usize {
    let rest = &text[from..];
    from + rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len())
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let words = &text[range.clone()];
    let start = range.start + (words.len() - words.trim_start().len());
    start..start + words.trim().len()
}
