//! English follow-ups.

use std::sync::LazyLock;

use regex::Regex;
use siren_text::question::Asking;

use super::follow_up::{SHORT, only_asks, pattern};
use super::numbers::{YEAR, with_year};

static ENGLISH_POINTING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?ix) \b(?:it|its|they|their|them|he|she|his|her|there|this|these)\b
        | \b(?:that|those) \s* (?:[?.!,]|$)
        | ^(?:is|was|are|were|do|does|did|has|have|can|could|will|would) \s (?:that|those)\b
        | \b(?:about|after|at|before|behind|by|during|for|from|in|like|of|on|than|to|with) \s (?:that|those)\b
        | \b(?:that|those) \s (?:bank|case|company|conference|day|event|one|person|presentation|product|project|
            service|session|speaker|summit|talk|team|time|tool|year)s?\b
        | \b(?:first|second|third|fourth|fifth|sixth|last|next|previous|other) \s ones?\b",
    )
});
/// Says that there is something, and points nowhere; nor do those of whom a clause tells.
static ENGLISH_EXISTENTIAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:is|are|was|were|be|been)\s+there\s+\w|\bthere(?:\s+(?:is|are|was|were|will|has|have)\b|'s)|\bth(?:at|ose)\s+(?:who|which|that)\b",
    )
});
/// The follow-up with what was asked before behind it.
pub(super) fn filled(rest: &str, before: &str, connected: bool) -> Option<String> {
    let bare = rest.trim_end_matches(['?', '.', '!', ' ']);
    if YEAR.is_match(bare) && YEAR.replace_all(bare, "").trim().is_empty() {
        return Some(with_year(before, bare));
    }
    let asking = Asking::of(rest);
    let told = rest.split_whitespace().filter(|word| !only_asks(word, &asking)).count();
    let pointing = ENGLISH_EXISTENTIAL.replace_all(rest, " ");
    let points = ENGLISH_POINTING.is_match(pointing.trim()) || told == 0 || (connected && told <= SHORT);
    points.then(|| format!("{rest} ({before})"))
}
