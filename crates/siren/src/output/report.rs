//! What a reindex did, for people.

use std::collections::BTreeMap;

use siren_domain::Conflict;
use siren_domain::record::Side;
use siren_index::{Cause, Faults, Report};

use super::answer::place;
use super::harmless;
use crate::fault_file::FAULTS;

/// Places listed for one cause; the JSON form has more.
const PLACES: usize = 20;

/// The report as text.
pub(crate) fn told(report: &Report, dry_run: bool) -> String {
    let d = report.documents;
    let would = if dry_run { "would be " } else { "" };
    let mut out = format!(
        "documents  {} {would}added, {} {would}changed, {} {would}moved, {} {would}deleted, {} unchanged, {} failed\n",
        d.added, d.changed, d.moved, d.deleted, d.unchanged, d.failed
    );
    if d.kept > 0 {
        out.push_str(&format!(
            "kept       {} documents that their sources did not show; the problems below say why\n",
            d.kept
        ));
    }
    if d.lost > 0 {
        out.push_str(&format!(
            "lost       {} of the failed documents had an earlier version, which an index made anew cannot keep\n",
            d.lost
        ));
    }
    out.push_str(&index(report, dry_run));
    if let Some(vectors) = report.vectors {
        out.push_str(&format!(
            "vectors    {} computed, {} carried over\n",
            vectors.computed, vectors.carried_over
        ));
    }
    for note in report.gate.iter().flat_map(|judged| &judged.notes) {
        out.push_str(&format!("gate       {note}\n"));
    }
    out.push_str(&conflicts(&report.conflicts));
    out.push_str(&problems(&report.faults));
    if !dry_run && report.faults.count() > report.faults.listed().len() {
        out.push_str(&format!("           all of them are in {FAULTS} of the state folder\n"));
    }
    out
}

fn index(report: &Report, dry_run: bool) -> String {
    if let Some(number) = report.refused {
        return format!("index      generation {number} is complete and not served: the gate refuses it\n");
    }
    match report.generation {
        Some(number) => format!(
            "index      generation {number} is live: {} documents, {} chunks ({} written)\n",
            report.total_documents, report.total_chunks, report.chunks_written
        ),
        None if dry_run => "index      untouched: this was a dry run\n".to_owned(),
        None => format!(
            "index      nothing changed: {} documents, {} chunks\n",
            report.total_documents, report.total_chunks
        ),
    }
}

/// Both places with what each says, the one that counts first.
fn conflicts(all: &[Conflict]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let side = |side: &Side| {
        let date = side.date.map_or_else(|| "undated".to_owned(), |date| date.to_string());
        harmless(&format!("{}: {} ({date})", place(&side.locator), side.text))
    };
    let mut out = format!("conflicts  {}\n", all.len());
    for conflict in all.iter().take(PLACES) {
        let (right, wrong) = conflict.sides();
        let field = harmless(&conflict.field);
        out.push_str(&format!("  {field}\n    counts: {}\n    differs: {}\n", side(right), side(wrong)));
    }
    if all.len() > PLACES {
        out.push_str(&format!("  and {} more (--json lists them)\n", all.len() - PLACES));
    }
    out
}

/// Grouped by cause: a thousand files with one mistake are one thing to understand.
fn problems(faults: &Faults) -> String {
    if faults.count() == 0 {
        return String::new();
    }
    let mut places: BTreeMap<(bool, &str, &str), Vec<&str>> = BTreeMap::new();
    for fault in faults.listed() {
        places.entry((fault.kept, &fault.problem, &fault.remedy)).or_default().push(&fault.place);
    }
    let mut causes: Vec<&Cause> = faults.causes().iter().collect();
    causes.sort_by_key(|cause| (cause.kept, &cause.problem, &cause.remedy));
    let mut out = format!("problems   {}\n", faults.count());
    for cause in causes {
        let key = (cause.kept, cause.problem.as_str(), cause.remedy.as_str());
        out.push_str(&of_cause(cause, places.get(&key).map_or(&[], Vec::as_slice)));
    }
    let apart: usize = faults.causes().iter().map(|cause| cause.count).sum();
    if faults.count() > apart {
        out.push_str(&format!("  and {} of other causes\n", faults.count() - apart));
    }
    out
}

fn of_cause(cause: &Cause, places: &[&str]) -> String {
    let Cause { problem, remedy, kept, count } = cause;
    let outcome = if *kept { "indexed all the same" } else { "left out" };
    let mut out = match places {
        [place] if *count == 1 => format!("  {place}: {problem} ({outcome})\n"),
        _ => format!("  {problem} ({count} times, {outcome})\n"),
    };
    if *count > 1 {
        places.iter().take(PLACES).for_each(|place| out.push_str(&format!("    {place}\n")));
        let left = count - places.len().min(PLACES);
        if left > 0 {
            out.push_str(&format!("    and {left} more\n"));
        }
    }
    out.push_str(&format!("    -> {remedy}\n"));
    out
}

#[cfg(test)]
mod tests {
    use super::problems;
    use siren_domain::Fault;
    use siren_index::Faults;

    fn fault(place: &str, problem: &str, kept: bool) -> Fault {
        Fault {
            source: "s".into(),
            document: None,
            place: place.into(),
            problem: problem.into(),
            remedy: "mend it".into(),
            kept,
        }
    }

    #[test]
    fn one_cause_is_told_once() {
        let many: Vec<Fault> = (0..22).map(|n| fault(&format!("{n:02}.md"), "it is empty", false)).collect();
        let list: String = (0..20).map(|n| format!("    {n:02}.md\n")).collect();
        let cases = [
            (vec![], String::new()),
            (
                vec![fault("a.md:3", "no date", true)],
                "problems   1\n  a.md:3: no date (indexed all the same)\n    -> mend it\n".to_owned(),
            ),
            (
                vec![fault("a", "x", false), fault("b", "y", false), fault("c", "x", false)],
                "problems   3\n  x (2 times, left out)\n    a\n    c\n    -> mend it\n  b: y (left out)\n    -> mend it\n"
                    .to_owned(),
            ),
            (
                many,
                format!(
                    "problems   22\n  it is empty (22 times, left out)\n{list}    and 2 more\n    -> mend it\n"
                ),
            ),
        ];
        for (given, expected) in cases {
            let mut faults = Faults::default();
            faults.extend(given);
            assert_eq!(problems(&faults), expected);
        }
    }
}
