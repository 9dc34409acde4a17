//! Personal data in a text: where it stands, and the text without it.
//!
//! Forms as they are written in Korea, with what can be checked checked: dates and check digits of resident
//! registration numbers, Luhn's sum of cards. What has no check digit (accounts, driver's licences) is known by its
//! form and, where the form is common, by a word beside it. It is recognition by form; a number told in another way is
//! not seen.

mod checks;
mod forms;

use std::borrow::Cow;
use std::ops::Range;

use crate::fold::{Folded, is_hangul};

/// A kind of personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Resident registration number.
    ResidentNumber,
    /// Foreigner registration number.
    ForeignerNumber,
    /// Phone number, mobile or fixed.
    Phone,
    /// Payment card number.
    Card,
    /// Bank account number.
    Account,
    /// E-mail address.
    Email,
    /// Passport number.
    Passport,
    /// Driver's licence number.
    DriverLicence,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::ResidentNumber,
        Self::ForeignerNumber,
        Self::Phone,
        Self::Card,
        Self::Account,
        Self::Email,
        Self::Passport,
        Self::DriverLicence,
    ];

    /// Its name for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::ResidentNumber => "resident-number",
            Self::ForeignerNumber => "foreigner-number",
            Self::Phone => "phone",
            Self::Card => "card",
            Self::Account => "account",
            Self::Email => "email",
            Self::Passport => "passport",
            Self::DriverLicence => "driver-licence",
        }
    }

    /// What stands in its place.
    pub fn label(self, korean: bool) -> &'static str {
        match (self, korean) {
            (Self::ResidentNumber, true) => "[주민등록번호]",
            (Self::ResidentNumber, false) => "[resident number]",
            (Self::ForeignerNumber, true) => "[외국인등록번호]",
            (Self::ForeignerNumber, false) => "[foreigner number]",
            (Self::Phone, true) => "[전화번호]",
            (Self::Phone, false) => "[phone number]",
            (Self::Card, true) => "[카드번호]",
            (Self::Card, false) => "[card number]",
            (Self::Account, true) => "[계좌번호]",
            (Self::Account, false) => "[account number]",
            (Self::Email, true) => "[이메일]",
            (Self::Email, false) => "[e-mail]",
            (Self::Passport, true) => "[여권번호]",
            (Self::Passport, false) => "[passport number]",
            (Self::DriverLicence, true) => "[운전면허번호]",
            (Self::DriverLicence, false) => "[driver's licence]",
        }
    }
}

/// Personal data in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub kind: Kind,
    /// Where it stands, as bytes of the text.
    pub range: Range<usize>,
    /// Whether a check digit says so, and not the form alone. Resident numbers given out since October 2020 have none.
    pub checked: bool,
}

/// All personal data in a text, in order, none within another.
pub fn find(text: &str) -> Vec<Found> {
    // Every form has a digit, a numeral or an at sign.
    let spelled_at = ["(at)", "[at]"].iter().any(|at| text.contains(at));
    if !spelled_at && !text.chars().any(|c| c.is_numeric() || matches!(c, '@' | '＠' | '공' | '영' | '골'))
    {
        return Vec::new();
    }
    forms::find(&Folded::new(text))
}

/// What may be shown all the same, such as a company's published numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed(Vec<String>);

impl Allowed {
    /// These, however they are parted or cased.
    pub fn new(shown: &[String]) -> Self {
        Self(shown.iter().map(|text| bare(text)).filter(|text| !text.is_empty()).collect())
    }

    /// Whether this one may be shown.
    pub fn has(&self, text: &str) -> bool {
        !self.0.is_empty() && self.0.contains(&bare(text))
    }
}

fn bare(text: &str) -> String {
    Folded::new(text).dense
}

/// The text with a label in the place of all personal data that may not be shown.
pub fn masked<'a>(text: &'a str, allowed: &Allowed) -> Cow<'a, str> {
    let mut found = find(text);
    found.retain(|found| !allowed.has(&text[found.range.clone()]));
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    let korean = text.chars().any(is_hangul);
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for Found { kind, range, .. } in found {
        out.push_str(&text[from..range.start]);
        out.push_str(kind.label(korean));
        from = range.end;
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

/// The text with labels, where `before` was said already: what began there and ends here is masked here.
pub fn masked_after(before: &str, text: &str, allowed: &Allowed) -> String {
    let whole = format!("{before}{text}");
    let mut out = String::with_capacity(text.len());
    let mut from = before.len();
    let korean = whole.chars().any(is_hangul);
    for Found { kind, range, .. } in find(&whole) {
        if range.end <= from || allowed.has(&whole[range.clone()]) {
            continue;
        }
        out.push_str(whole.get(from..range.start).unwrap_or_default());
        out.push_str(kind.label(korean));
        from = range.end;
    }
    out.push_str(&whole[from..]);
    out
}
