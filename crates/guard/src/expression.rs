//! Regular expressions of rules: checked when a file is read, compiled when a text first calls for one.
//!
//! Compiling takes far longer than reading, and most expressions of many rules are never called for: each is tried only
//! on texts that hold one of its strings.

use std::sync::{Arc, OnceLock};

use regex::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind};

/// A compiled regular expression may take so many bytes.
const BYTES: usize = 1 << 20;
/// An expression of more steps is compiled when it is read, to see whether it keeps to that.
const LARGE: usize = 2_000;

/// A regular expression that is right.
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    pattern: Arc<str>,
    compiled: Arc<OnceLock<Option<Regex>>>,
}

/// What is wrong with a regular expression, and what to do.
pub(crate) type Mistake = (String, &'static str);

impl Expression {
    pub(crate) fn read(pattern: &str) -> Result<Self, Mistake> {
        let unusable = |told: &str| {
            let told = told.lines().last().unwrap_or_default();
            let told = told.strip_prefix("error: ").unwrap_or(told);
            let problem = format!("the regular expression `{pattern}` cannot be used: {told}");
            (problem, "correct it; there is no look-around and no back-reference")
        };
        let hir = regex_syntax::parse(pattern).map_err(|error| unusable(&error.to_string()))?;
        let compiled = OnceLock::new();
        if steps(&hir) > LARGE {
            let regex = build(pattern).map_err(|error| unusable(&error.to_string()))?;
            let _unset = compiled.set(Some(regex));
        }
        if hir.properties().minimum_len() == Some(0) {
            let problem = format!("the regular expression `{pattern}` matches the empty text");
            return Err((problem, "make a part of it required: it matches every question"));
        }
        if asks_for_capitals(pattern) {
            let problem = format!("the regular expression `{pattern}` asks for capital letters");
            return Err((problem, "write small ones: questions are lower-cased before"));
        }
        Ok(Self { pattern: pattern.into(), compiled: Arc::new(compiled) })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.pattern
    }

    /// Compiled, now or before. None is not expected: what could be too large was compiled when it was read.
    pub(crate) fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| build(&self.pattern).ok()).as_ref()
    }
}

fn build(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(BYTES).build()
}

/// About how many steps a compiled expression has: ranges of classes, as often as they are repeated.
fn steps(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Unicode(class)) => class.ranges().len(),
        HirKind::Class(Class::Bytes(class)) => class.ranges().len(),
        HirKind::Capture(capture) => steps(&capture.sub),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min + 1).max(1);
            steps(&repetition.sub).saturating_mul(times as usize)
        }
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(steps).fold(0, usize::saturating_add)
        }
    }
}

/// Whether a pattern has capital letters that stand for themselves, and so can never match a folded text.
fn asks_for_capitals(pattern: &str) -> bool {
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let class = chars.next();
                // \p{Hangul}, \x{AC00}: names, not letters.
                if matches!(class, Some('p' | 'P' | 'x' | 'u' | 'U')) && chars.peek() == Some(&'{') {
                    chars.by_ref().find(|&c| c == '}');
                }
            }
            // (?P<name>…) and (?U)
            '(' if chars.peek() == Some(&'?') => {
                chars.by_ref().find(|&c| matches!(c, ')' | ':' | '>'));
            }
            'A'..='Z' => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::Expression;

    #[test]
    fn what_is_too_large_is_told_when_it_is_read() {
        let told = Expression::read(r"(\w{500}){500}").map(|_| ()).map_err(|(problem, _)| problem);
        assert!(told.as_ref().is_err_and(|problem| problem.contains("cannot be used")), "{told:?}");
    }

    #[test]
    fn what_is_read_can_be_compiled() {
        for pattern in
            [r"연봉\s*얼마", r"\b(ignore|forget)\s+rules\b", r"[a-z]{3,40}@\w+", r"[가-힣]{2,4}\s?씨"]
        {
            let compiled = Expression::read(pattern).map(|expression| expression.regex().is_some());
            assert_eq!(compiled, Ok(true), "{pattern}");
        }
    }
}
