//! Answers that were given before, for the same question from the same passages.
//!
//! The key holds everything that an answer depends on, the asker's groups and the passages' own words among it: what a
//! new generation changes is not found any more, and what it leaves as it was is.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use serde::Serialize;
use siren_domain::{Citation, Conflict, Passage, Provenance};

/// Everything that an answer depends on, as one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key([u8; 32]);

/// What is hashed.
#[derive(Serialize)]
pub(crate) struct KeyParts<'a> {
    /// The question, standing alone.
    pub(crate) question: &'a str,
    /// The language it was typed in.
    pub(crate) korean: bool,
    /// The asker's groups.
    pub(crate) groups: &'a [String],
    /// Who would be asked, in order.
    pub(crate) models: Vec<&'a str>,
    /// What they would be told.
    pub(crate) prompts: Vec<&'a str>,
    /// The rules that judge.
    pub(crate) rules: &'a str,
    /// The day, which rules may depend on.
    pub(crate) day: String,
    /// Whether years were given up.
    pub(crate) widened: bool,
}

impl Key {
    /// The key of a question; none if something cannot be written down, and is then not kept.
    pub(crate) fn of(parts: &KeyParts<'_>, context: &[Passage], conflicts: &[Conflict]) -> Option<Self> {
        let mut groups = parts.groups.to_vec();
        groups.sort_unstable();
        groups.dedup();
        let question = same(parts.question);
        let parts = KeyParts {
            question: &question,
            groups: &groups,
            models: parts.models.clone(),
            prompts: parts.prompts.clone(),
            day: parts.day.clone(),
            ..*parts
        };
        let chunks: Vec<_> = context.iter().map(|passage| &passage.chunk).collect();
        let told = serde_json::to_vec(&(parts, chunks, conflicts)).ok()?;
        Some(Self(blake3::hash(&told).into()))
    }
}

/// What people type in different ways and mean alike: case, spaces, and what stands at the end.
fn same(question: &str) -> String {
    let words: Vec<&str> = question.split_whitespace().collect();
    let line = words.join(" ").to_lowercase();
    line.trim_end_matches(['?', '？', '.', '!', '~', ' ']).to_owned()
}

/// The part of an answer that a model made.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) text: String,
    pub(crate) citations: Vec<Citation>,
    pub(crate) conflicts: Vec<Conflict>,
    pub(crate) grounded: bool,
    pub(crate) model: String,
    pub(crate) notes: Vec<String>,
    pub(crate) provenance: Provenance,
}

/// Keeps answers for a while.
#[derive(Clone, Debug)]
pub(crate) struct AnswerCache(Option<Cache<Key, Arc<Kept>>>);

impl AnswerCache {
    /// With so many entries, each for so long; none of it when either is 0.
    pub(crate) fn new(entries: u64, kept: Duration) -> Self {
        let on = entries > 0 && !kept.is_zero();
        Self(on.then(|| Cache::builder().max_capacity(entries).time_to_live(kept).build()))
    }

    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn get(&self, key: &Key) -> Option<Arc<Kept>> {
        self.0.as_ref()?.get(key)
    }

    pub(crate) fn put(&self, key: Key, kept: Kept) {
        if let Some(cache) = &self.0 {
            cache.insert(key, Arc::new(kept));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use siren_domain::{Chunk, DocumentId, Metadata, OffsetMap, Origin, Passage, Provenance, ScoreParts};

    use super::{AnswerCache, Kept, Key, KeyParts};

    fn passage(text: &str, date: &str) -> Passage {
        let id = DocumentId::new("notes", "a");
        let origin = Origin::File { path: "notes/a.md".into() };
        let document = Metadata { date: date.parse().ok(), ..Metadata::new(id, "notes", origin, "A") };
        let chunk = Chunk {
            id: "notes/a#0".into(),
            document: Arc::new(document),
            heading: Vec::new(),
            text: text.into(),
            tokens: 3,
            offsets: OffsetMap::identity(text.len()),
            parts: Vec::new(),
            sections: Vec::new(),
        };
        Passage { chunk: Arc::new(chunk), score: 1.0, parts: ScoreParts::default() }
    }

    /// A key by question, groups, text, model, prompt and rules.
    fn key([question, groups, text, model, prompt, rules]: [&str; 6]) -> Key {
        let groups: Vec<String> = groups.split_whitespace().map(str::to_owned).collect();
        let parts = KeyParts {
            question,
            korean: true,
            groups: &groups,
            models: vec![model],
            prompts: vec![prompt],
            rules,
            day: "2026-11-30".into(),
            widened: false,
        };
        Key::of(&parts, &[passage(text, "2024-05")], &[]).unwrap()
    }

    #[test]
    fn whatever_an_answer_depends_on_is_in_the_key() {
        let base = ["언제 열렸나요?", "all hr", "5월에 열렸다.", "small", "p1", "r1"];
        let with = |at: usize, value: &'static str| {
            let mut other = base;
            other[at] = value;
            key(other)
        };
        let alike = [(0, "  언제  열렸나요"), (0, "언제 열렸나요!"), (1, "hr all"), (1, "all hr hr")];
        for (at, value) in alike {
            assert_eq!(key(base), with(at, value), "{value:?}");
        }
        let others = [
            (0, "어디서 열렸나요?"),
            (1, "all"),
            (1, "all hr legal"),
            (1, ""),
            (2, "6월에 열렸다."),
            (3, "large"),
            (4, "p2"),
            (5, "r2"),
        ];
        for (at, value) in others {
            assert_ne!(key(base), with(at, value), "{value:?}");
        }
    }

    #[test]
    fn what_is_told_of_a_document_counts_and_its_score_does_not() {
        let groups = Vec::new();
        let parts = || KeyParts {
            question: "q",
            korean: false,
            groups: &groups,
            models: vec![],
            prompts: vec![],
            rules: "",
            day: String::new(),
            widened: false,
        };
        let of = |passage: Passage| Key::of(&parts(), &[passage], &[]).unwrap();
        let same = Passage { score: 0.5, ..passage("a", "2024-05") };
        assert_eq!(of(passage("a", "2024-05")), of(same));
        assert_ne!(of(passage("a", "2024-05")), of(passage("a", "2025-05")));
    }

    #[test]
    fn keeps_what_it_is_told_to() {
        let kept = || Kept {
            text: "5월에 열렸다. [1]".into(),
            citations: Vec::new(),
            conflicts: Vec::new(),
            grounded: true,
            model: "small".into(),
            notes: Vec::new(),
            provenance: Provenance::default(),
        };
        let one = key(["q", "", "", "", "", ""]);
        for (entries, seconds, is_kept) in [(10, 60, true), (0, 60, false), (10, 0, false)] {
            let cache = AnswerCache::new(entries, Duration::from_secs(seconds));
            cache.put(one, kept());
            assert_eq!(cache.get(&one).is_some(), is_kept, "{entries} {seconds}");
        }
    }
}
