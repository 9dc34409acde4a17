//! Whether a condition is met by what was found in a text, and by which words.

use std::ops::Range;

use crate::matcher::Sighting;
use crate::rules::{Condition, Near, Pattern, Role};
use crate::topics::Likely;

/// Why a condition is met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Met {
    /// The words that met it, as stretches of the original, in order.
    pub(crate) places: Vec<Range<usize>>,
    /// The lines of the rule file that were found.
    pub(crate) lines: Vec<usize>,
}

/// What was found of one condition's patterns.
#[derive(Debug, Default)]
pub(crate) struct Findings<'a> {
    found: Vec<(&'a Pattern, &'a Sighting)>,
    /// Lines of examples that are alike enough.
    alike: Vec<usize>,
    /// The line of the topic that the text is about, and the words that say so.
    topic: Option<(usize, Vec<Range<usize>>)>,
}

impl<'a> Findings<'a> {
    pub(crate) fn add(&mut self, pattern: &'a Pattern, sighting: &'a Sighting) {
        self.found.push((pattern, sighting));
    }

    pub(crate) fn add_example(&mut self, line: usize) {
        self.alike.push(line);
    }

    pub(crate) fn add_topic(&mut self, line: usize, likely: &Likely<'_>) {
        self.topic = Some((line, likely.words.iter().map(|(word, _)| word.clone()).collect()));
    }

    fn with(&self, is: impl Fn(Role) -> bool) -> impl Iterator<Item = &(&'a Pattern, &'a Sighting)> {
        self.found.iter().filter(move |(pattern, _)| is(pattern.role))
    }

    /// Lines found of `not` and `unless`, also where they keep the rule from applying.
    pub(crate) fn excusing_lines(&self) -> Vec<usize> {
        self.with(|role| matches!(role, Role::Not | Role::Unless)).map(|(pattern, _)| pattern.line).collect()
    }

    /// Why the condition is met, if it is. `whole` is the text's length.
    pub(crate) fn meet(&self, condition: &Condition, whole: usize) -> Option<Met> {
        if self.with(|role| role == Role::Unless).next().is_some() {
            return None;
        }
        let excuses =
            union(self.with(|role| role == Role::Not).map(|(_, sighting)| sighting.range.clone()).collect());
        let excused = |sighting: &Sighting| {
            let after = excuses.partition_point(|excuse| excuse.end <= sighting.range.start);
            excuses.get(after).is_some_and(|excuse| excuse.start < sighting.range.end)
        };
        let mut met = Met::default();
        let mut take = |pattern: &Pattern, sighting: &Sighting| {
            met.places.push(sighting.range.clone());
            met.lines.push(pattern.line);
        };
        let mut hit = false;
        for (pattern, sighting) in self.with(|role| role == Role::Any) {
            if !excused(sighting) {
                take(pattern, sighting);
                hit = true;
            }
        }
        for (group, near) in condition.near.iter().enumerate() {
            let of_group = self.with(|role| matches!(role, Role::Near(of, _) if of == group));
            let items: Vec<_> = of_group.filter(|(_, sighting)| !excused(sighting)).copied().collect();
            for (pattern, sighting) in together(near, items) {
                take(pattern, sighting);
                hit = true;
            }
        }
        let mut found = vec![false; condition.n_all];
        for (pattern, sighting) in self.with(|role| matches!(role, Role::All(_))) {
            if let Role::All(at) = pattern.role
                && !excused(sighting)
            {
                found[at] = true;
                take(pattern, sighting);
            }
        }
        if !self.alike.is_empty() {
            hit = true;
            met.lines.extend(&self.alike);
            if met.places.is_empty() {
                met.places.push(0..whole);
            }
        }
        if let Some((line, words)) = &self.topic {
            hit = true;
            met.lines.push(*line);
            met.places.extend(words.iter().cloned());
        }
        let met_all = found.into_iter().all(|found| found);
        if !met_all || (condition.needs_hit() && !hit) || met.lines.is_empty() {
            return None;
        }
        met.places = union(met.places);
        met.lines.sort_unstable();
        met.lines.dedup();
        Some(met)
    }
}

/// Things of which one of each kind stands within a stretch: the first such stretch.
fn together<'a>(
    near: &Near,
    mut items: Vec<(&'a Pattern, &'a Sighting)>,
) -> Vec<(&'a Pattern, &'a Sighting)> {
    items.sort_by_key(|(_, sighting)| (sighting.reading, sighting.letters.end));
    let mut last: Vec<Option<(&Pattern, &Sighting)>> = vec![None; near.items];
    let mut reading = 0;
    for (pattern, sighting) in items {
        if sighting.reading != reading {
            last.fill(None);
            reading = sighting.reading;
        }
        let Role::Near(_, item) = pattern.role else { continue };
        last[item] = Some((pattern, sighting));
        let Some(all) = last.iter().copied().collect::<Option<Vec<_>>>() else { continue };
        let first = all.iter().map(|(_, s)| s.letters.start).min().unwrap_or_default();
        if sighting.letters.end.saturating_sub(first) <= near.within {
            return all;
        }
    }
    Vec::new()
}

/// In the order of the text, those that overlap as one.
fn union(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| range.start);
    let mut out: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match out.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => out.push(range),
        }
    }
    out
}
