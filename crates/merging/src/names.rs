//! Which names stand in a text, as Korean writes them: with or without spaces, with particles behind them, never inside
//! a longer word.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use siren_text::aliases::other_names;
use siren_text::stem::is_particles;
use siren_text::terms::is_syllable;

use crate::folded::{Around, Folded};

/// Letters that a name must have: one letter names nothing for sure.
const LEAST_LETTERS: usize = 2;
/// Syllables that must stand together on either side of a space that the name does not have.
const LEAST_PIECE: usize = 2;

/// Finds names. Made once, used on many texts.
#[derive(Debug)]
pub struct NameFinder {
    automaton: AhoCorasick,
    names: Vec<Name>,
}

#[derive(Debug, Default)]
struct Name {
    /// Where the name itself has a space.
    gaps: Vec<usize>,
    /// What is called so.
    owners: Vec<usize>,
}

/// A name in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// What is called so, of what counts. Many may be, and be named often.
    pub owners: Arc<[usize]>,
    /// Bytes of the text that was given.
    pub range: Range<usize>,
}

impl NameFinder {
    /// A finder of these names, each with what it names.
    #[expect(clippy::expect_used, reason = "only fails for more bytes of names than fit in memory")]
    pub fn new<'n>(names: impl IntoIterator<Item = (usize, &'n str)>) -> Self {
        let mut by_spelling: BTreeMap<String, Name> = BTreeMap::new();
        for (owner, name) in names {
            for spelling in spellings(name) {
                let (folded, gaps) = Folded::name(&spelling);
                if !is_name(&folded) {
                    continue;
                }
                let name = by_spelling.entry(folded).or_default();
                name.gaps.extend(gaps);
                name.owners.push(owner);
            }
        }
        for name in by_spelling.values_mut() {
            for list in [&mut name.gaps, &mut name.owners] {
                list.sort_unstable();
                list.dedup();
            }
        }
        let automaton = AhoCorasick::new(by_spelling.keys()).expect("names that fit in memory");
        Self { automaton, names: by_spelling.into_values().collect() }
    }

    /// The names in a text, in order. Where two overlap, the longer one is meant. Owners that do not count are as good
    /// as not there.
    pub fn mentions(&self, text: &str, counts: &dyn Fn(usize) -> bool) -> Vec<Mention> {
        if self.names.is_empty() {
            return Vec::new();
        }
        let folded = Folded::new(text);
        let mut found: Vec<Found> = Vec::new();
        let mut counted: BTreeMap<usize, Arc<[usize]>> = BTreeMap::new();
        for hit in self.automaton.find_overlapping_iter(&folded.text) {
            let at = hit.pattern().as_usize();
            let name = &self.names[at];
            let owners = counted
                .entry(at)
                .or_insert_with(|| name.owners.iter().copied().filter(|owner| counts(*owner)).collect());
            if !owners.is_empty() && stands_alone(&folded, hit.range(), name) {
                found.push((hit.range(), Arc::clone(owners)));
            }
        }
        found.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        longest(found)
            .into_iter()
            .filter_map(|(range, owners)| Some(Mention { owners, range: folded.original_range(range)? }))
            .collect()
    }
}

/// A stretch, and whose name it is.
type Found = (Range<usize>, Arc<[usize]>);

/// Of stretches that overlap, the longest; of equally long ones, the first.
fn longest(mut found: Vec<Found>) -> Vec<Found> {
    found.sort_by_key(|(range, _)| (std::cmp::Reverse(range.len()), range.start));
    let mut kept: Vec<Found> = Vec::new();
    for (range, owners) in found {
        if kept.iter().all(|(other, _)| other.end <= range.start || range.end <= other.start) {
            kept.push((range, owners));
        }
    }
    kept.sort_by_key(|(range, _)| range.start);
    kept
}

/// What a value of a name column may stand as in a text: `케이뱅크(K bank)` holds two names, `AWS, Amazon Web Services`
/// as well, and each has its name in the other language.
pub(crate) fn spellings(value: &str) -> Vec<String> {
    const LEGAL: &[&str] = &["inc", "ltd", "llc", "corp", "co", "gmbh", "주", "주식회사", "유한회사"];
    let pieces = value.split([',', ';', '|', '/', '(', ')', '（', '）', '[', ']', '㈜']);
    let pieces = pieces.map(|piece| piece.trim().trim_start_matches("주식회사 ").trim());
    let is_legal = |piece: &str| LEGAL.contains(&piece.trim_end_matches('.').to_lowercase().as_str());
    let mut out: Vec<String> = Vec::new();
    for piece in pieces.filter(|piece| !piece.is_empty() && !is_legal(piece)) {
        let others = other_names(piece).into_iter().map(str::to_owned);
        for spelling in std::iter::once(piece.to_owned()).chain(others) {
            if !out.contains(&spelling) {
                out.push(spelling);
            }
        }
    }
    out
}

fn is_name(folded: &str) -> bool {
    folded.chars().count() >= LEAST_LETTERS
        && folded.chars().any(char::is_alphabetic)
        && folded.starts_with(char::is_alphanumeric)
        && folded.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '+' | '#' | '!'))
}

/// Whether a stretch is the name and not a part of something longer.
fn stands_alone(folded: &Folded, range: Range<usize>, name: &Name) -> bool {
    let Some(Around { before, between, behind }) = folded.around(range.clone()) else { return false };
    let own = &folded.text[range.clone()];
    let cuts: Vec<usize> = between.iter().map(|(at, _)| at - range.start).collect();
    let whole = |i: usize| {
        let left = i.checked_sub(1).map_or(0, |before| cuts[before]);
        let right = cuts.get(i + 1).copied().unwrap_or(own.len());
        let pieces = (&own[left..cuts[i]], &own[cuts[i]..right]);
        may_stand_between(between[i].1, name.gaps.contains(&cuts[i]), pieces)
    };
    begins(before, own) && ends(own.chars().next_back(), behind) && (0..cuts.len()).all(whole)
}

/// Whether a word may begin behind this.
fn begins(before: &str, own: &str) -> bool {
    let mut back = before.chars().rev();
    match back.next() {
        Some(c) if c.is_alphanumeric() => false,
        Some('_' | '@' | '/' | '\\') => false,
        // `K-bank` is not `bank`, `aws.amazon.com` not `amazon`; but a sentence may begin right behind a full stop.
        Some('-') => !back.next().is_some_and(char::is_alphanumeric),
        Some('.') => {
            !(own.starts_with(|c: char| c.is_ascii())
                && back.next().is_some_and(|c| c.is_ascii_alphanumeric()))
        }
        _ => true,
    }
}

/// Whether a word that ends in `last` may end before this.
fn ends(last: Option<char>, behind: &str) -> bool {
    let rest: String = behind.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    if rest.is_empty() {
        let mut next = behind.chars();
        let address = |c: char| c.is_ascii_alphanumeric();
        return match next.next() {
            Some('.' | '/' | '@') => !(last.is_some_and(address) && next.next().is_some_and(address)),
            _ => true,
        };
    }
    is_particles(&rest)
}

/// Whether what stands between two pieces leaves them one name.
fn may_stand_between(gap: &str, licensed: bool, (left, right): (&str, &str)) -> bool {
    let breaks = gap.chars().filter(|c| *c == '\n').count();
    let signs = gap.chars().filter(|c| !c.is_whitespace()).count();
    let plain = breaks <= 1 && (signs == 0 || (signs == 1 && gap.chars().count() == 1));
    if !plain || licensed {
        return plain;
    }
    let (Some(before), Some(behind)) = (left.chars().next_back(), right.chars().next()) else { return false };
    match (is_syllable(before), is_syllable(behind)) {
        (true, true) => breaks == 0 && [left, right].iter().all(|piece| piece.chars().count() >= LEAST_PIECE),
        // A Latin word does not fall apart.
        (false, false) => false,
        _ => breaks == 0,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;
    use siren_text::stem::is_particles;

    use super::NameFinder;

    /// The words of a text that name something, with the number of the name.
    fn found(names: &[&str], text: &str) -> Vec<String> {
        let finder = NameFinder::new(names.iter().copied().enumerate());
        let mentions = finder.mentions(text, &|_| true);
        mentions
            .iter()
            .map(|mention| format!("{:?} {}", mention.owners, &text[mention.range.clone()]))
            .collect()
    }

    #[test]
    fn names_in_texts() {
        let cases: &[(&[&str], &str, &[&str])] = &[
            (&["케이뱅크"], "케이뱅크는 은행이다. 케이 뱅크에서도 썼다.", &["[0] 케이뱅크", "[0] 케이 뱅크"]),
            (&["케이뱅크"], "케\u{200b}이뱅크", &["[0] 케\u{200b}이뱅크"]),
            (&["케이뱅크"], "K bank와 K-Bank, kbank", &["[0] K bank", "[0] K-Bank", "[0] kbank"]),
            (&["토스"], "토스트와 토스터, 토스증권", &[]),
            (&["토스"], "토스, ‘토스’의 토스가", &["[0] 토스", "[0] 토스", "[0] 토스"]),
            (&["토스"], "비바리퍼블리카토스는", &[]),
            (&["당근"], "당 근처에서", &[]),
            (
                &["AWS"],
                "aws는 ＡＷＳ이고 아마존 웹서비스에서",
                &["[0] aws", "[0] ＡＷＳ", "[0] 아마존 웹서비스"],
            ),
            (&["AWS"], "laws aws1 aws_region aws.amazon.com example.com/aws", &[]),
            (&["AWS, Amazon Web Services"], "Amazon Web\nServices", &["[0] Amazon Web\nServices"]),
            (&["bank"], "K-bank", &[]),
            (&["케이뱅크(K bank)"], "K bank's 와 케이뱅크", &["[0] K bank", "[0] 케이뱅크"]),
            (&["(주)핀다"], "핀다", &["[0] 핀다"]),
            (&["삼성", "삼성전자"], "삼성전자의 삼성", &["[1] 삼성전자", "[0] 삼성"]),
            (&["AWS Summit Seoul 2024"], "AWS Summit Seoul 2024에서", &["[0] AWS Summit Seoul 2024"]),
            (&["AWS Summit Seoul 2024"], "AWS Summit Seoul 20245", &[]),
            (&["티맵 모빌리티"], "티맵모빌리티의", &["[0] 티맵모빌리티"]),
            (&["가나", "가나"], "가나에", &["[0, 1] 가나"]),
            (&["가", "1", "", "!!"], "가 1 !!", &[]),
            (&["C++"], "C++를 c+", &["[0] C++"]),
            (&["케이뱅크"], "케이\n뱅크", &[]),
        ];
        for (names, text, expected) in cases {
            assert_eq!(&found(names, text), expected, "{names:?} {text:?}");
        }
        let decomposed = "케\u{110b}\u{1175}뱅크는";
        assert_eq!(found(&["케이뱅크"], decomposed), ["[0] 케\u{110b}\u{1175}뱅크"]);
    }

    #[test]
    fn what_does_not_count_hides_nothing() {
        let finder = NameFinder::new([(0, "삼성"), (1, "삼성 전자")]);
        let text = "삼성 전자";
        let first = |counts: &dyn Fn(usize) -> bool| finder.mentions(text, counts).into_iter().next();
        assert_eq!(first(&|_| true).map(|m| (m.owners, m.range)), Some((Arc::from([1]), 0..text.len())));
        assert_eq!(
            first(&|owner| owner == 0).map(|m| (m.owners, m.range)),
            Some((Arc::from([0]), 0.."삼성".len()))
        );
        assert_eq!(first(&|_| false), None);
    }

    proptest! {
        #[test]
        fn never_inside_a_longer_word(
            name in "[가-힣]{2,5}",
            before in "([가-힣a-z0-9]{0,3}|[가-힣]{1,3} )",
            behind in "([가-힣]{0,3}|[a-z0-9]{1,2}|[,. ][가-힣]{1,3})",
        ) {
            let text = format!("{before}{name}{behind}");
            let finder = NameFinder::new([(0, name.as_str())]);
            for mention in finder.mentions(&text, &|_| true) {
                let (head, tail) = (&text[..mention.range.start], &text[mention.range.end..]);
                prop_assert!(!head.ends_with(char::is_alphanumeric), "{text:?} {mention:?}");
                let rest: String = tail.chars().take_while(|c| c.is_alphanumeric()).collect();
                prop_assert!(rest.is_empty() || is_particles(&rest), "{text:?} {mention:?}");
            }
        }

        #[test]
        fn the_place_is_the_name(name in "[가-힣]{2,4}( [가-힣]{2,4})?", pad in "(\\PC{0,8}[ ,.])?", particle in "(는|에서|의|까지도)?") {
            let text = format!("{pad}{name}{particle} 끝");
            let finder = NameFinder::new([(0, name.as_str())]);
            let mentions = finder.mentions(&text, &|_| true);
            let bare = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert!(mentions.iter().any(|m| m.range.start == pad.len()), "{text:?} {mentions:?}");
            for mention in mentions {
                prop_assert_eq!(bare(&text[mention.range]), bare(&name));
            }
        }

        #[test]
        fn any_text_can_be_looked_at(name in "\\PC{0,12}", text in "(\\PC|\n){0,60}") {
            let finder = NameFinder::new([(0, name.as_str())]);
            for mention in finder.mentions(&format!("{text} {name}"), &|_| true) {
                prop_assert!(mention.range.start < mention.range.end);
            }
        }
    }
}
