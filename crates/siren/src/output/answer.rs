//! An answer as a person reads it in a terminal, and as a program reads it.

use serde_json::{Value, json};
use siren_domain::record::Side;
use siren_domain::{Answer, Citation, Conflict, Linked, Locator, Passage};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Style, harmless};

/// The fixed shape of `siren ask --json`.
pub(crate) fn as_json(question: &str, asker: Option<&str>, answer: &Answer) -> serde_json::Result<Value> {
    let passages = answer.passages.iter().enumerate().map(|(at, found)| {
        let linked: Vec<Value> = answer.linked.iter().filter(|link| link.passage == at).map(linked).collect();
        passage(found, &linked)
    });
    let passages: Vec<Value> = passages.collect::<Result<_, _>>()?;
    let conflicts: Vec<Value> = answer.conflicts.iter().map(conflict).collect();
    Ok(json!({
        "schema": 1,
        "question": question,
        "asker": asker,
        "answer": answer.text,
        "citations": answer.citations,
        "verdict": answer.verdict,
        "understood": answer.understood,
        "grounded": answer.grounded,
        "passages": passages,
        "conflicts": conflicts,
        "timings_ms": answer.timings_ms,
        "generation": answer.generation,
        "model": answer.model,
        "notes": answer.notes,
        "provenance": answer.provenance,
    }))
}

fn linked(linked: &Linked) -> Value {
    let document = &linked.counterpart.chunk.document;
    json!({
        "document_id": document.id,
        "title": document.title,
        "by": linked.by,
        "evidence": linked.evidence,
        "in_context": linked.in_context,
    })
}

/// A conflict without who may read its sides: whoever sees it may read both.
pub(crate) fn conflict(conflict: &Conflict) -> Value {
    let side = |side: &Side| {
        json!({
            "document_id": side.document_id,
            "title": side.title,
            "text": side.text,
            "locator": side.locator,
            "date": side.date,
        })
    };
    json!({
        "field": conflict.field,
        "authority": conflict.authority,
        "stated": side(&conflict.stated),
        "recorded": side(&conflict.recorded),
    })
}

fn passage(passage: &Passage, linked: &[Value]) -> serde_json::Result<Value> {
    let chunk = &passage.chunk;
    Ok(json!({
        "chunk_id": chunk.id,
        "document_id": chunk.document.id,
        "title": chunk.document.title,
        "score": passage.score,
        "parts": serde_json::to_value(passage.parts)?,
        "text": chunk.text,
        "locator": chunk.locator(0..chunk.text.len()),
        "date": chunk.document.date,
        "linked": linked,
    }))
}

/// The answer, then its numbered sources with quote, place and date.
pub(crate) fn for_reading(answer: &Answer, style: Style) -> String {
    let mut out = String::from("\n");
    for line in harmless(&answer.text).lines() {
        push_wrapped(&mut out, line, "  ", style.width);
    }
    if !answer.citations.is_empty() {
        out.push('\n');
    }
    for citation in &answer.citations {
        push_citation(&mut out, citation, style);
    }
    for note in &answer.notes {
        out.push('\n');
        push_wrapped(&mut out, &format!("※ {note}"), "  ", style.width);
    }
    out.push('\n');
    out
}

fn push_citation(out: &mut String, citation: &Citation, style: Style) {
    let bold = |text: &str| if style.colour { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() };
    let dim = |text: &str| if style.colour { format!("\u{1b}[2m{text}\u{1b}[0m") } else { text.to_owned() };
    let event = citation.event.as_ref().filter(|event| !citation.title.contains(event.as_str()));
    let date = citation.date.map(|date| date.to_string());
    let about: Vec<String> = event.cloned().into_iter().chain(date).collect();
    let about = if about.is_empty() { String::new() } else { format!("  ({})", about.join(", ")) };
    out.push_str(&format!("  [{}] {}{about}\n", citation.n, bold(&harmless(&citation.title))));
    push_wrapped(out, &format!("“{}”", one_line(&harmless(&citation.quote))), "      ", style.width);
    out.push_str(&format!("      {}\n", dim(&harmless(&place(&citation.locator)))));
    if let Some(url) = &citation.url {
        out.push_str(&format!("      {}\n", dim(&harmless(url))));
    }
}

/// File and headings, or table and key: what a person needs to find the words.
pub(crate) fn place(locator: &Locator) -> String {
    match locator {
        Locator::File { path, heading, .. } if heading.is_empty() => path.clone(),
        Locator::File { path, heading, .. } => format!("{path} › {}", heading.join(" › ")),
        Locator::Row { database, table, key, .. } => format!("{database} › {table} › {key}"),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Breaks at spaces; a Hangul syllable is two columns wide.
fn push_wrapped(out: &mut String, text: &str, indent: &str, width: usize) {
    let room = width.saturating_sub(indent.width()).max(10);
    let mut line = String::new();
    for word in text.split(' ') {
        let needed = line.width() + usize::from(!line.is_empty()) + word.width();
        if !line.is_empty() && needed > room {
            out.push_str(&format!("{indent}{line}\n"));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        while line.width() > room {
            let head = head_of(&line, room);
            out.push_str(&format!("{indent}{}\n", &line[..head]));
            line = line[head..].to_owned();
        }
    }
    out.push_str(&format!("{indent}{line}\n"));
}

fn head_of(line: &str, room: usize) -> usize {
    let mut columns = 0;
    for (at, c) in line.char_indices() {
        columns += c.width().unwrap_or(0);
        if columns > room {
            return at;
        }
    }
    line.len()
}

#[cfg(test)]
mod tests {
    use super::push_wrapped;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn lines_fit_and_lose_nothing() {
        let cases = ["한글 문장을 열 칸에 맞춘다", "supercalifragilistic", "", "짧다"];
        for text in cases {
            let mut out = String::new();
            push_wrapped(&mut out, text, "  ", 14);
            assert!(out.lines().all(|line| line.width() <= 14), "{out:?}");
            let letters = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            assert_eq!(letters(&out), letters(text));
        }
    }
}
