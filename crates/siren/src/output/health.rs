//! What document owners should mend, for people and for programs.

use serde_json::{Value, json};
use siren_domain::PartialDate;
use siren_evaluation::report::page;
use siren_index::health::{Finding, Kind, OfDocument, OfOwner, Other, Report, Severity};

use super::answer::place;
use super::harmless;
use crate::commands::Failure;

const PAGE: &str = include_str!("health.html.jinja");
/// Findings of a document, and documents of an owner, that a terminal shows; the JSON and the page have them all.
const SHOWN: usize = 20;

/// What is told.
pub(crate) struct Told<'a> {
    pub(crate) report: &'a Report,
    pub(crate) generation: u64,
    pub(crate) today: PartialDate,
    pub(crate) notes: &'a [String],
}

impl Told<'_> {
    /// The JSON of `siren health`.
    pub(crate) fn document(&self) -> Result<Value, Failure> {
        let mut document = serde_json::to_value(self.report)?;
        document["schema"] = json!(1);
        document["generation"] = json!(self.generation);
        document["as_of"] = json!(self.today);
        document["notes"] = json!(self.notes);
        Ok(document)
    }

    /// One file to send around.
    pub(crate) fn page(&self) -> Result<String, Failure> {
        let report = self.report;
        let count = |severity: Severity| report.severities.get(&severity).copied().unwrap_or(0);
        let (high, all) = (count(Severity::High), report.severities.values().sum::<usize>());
        let headline = match (high, all) {
            (_, 0) => both(
                format!("문서 {}건에서 고칠 것이 없습니다.", report.documents),
                format!("Nothing to mend in {} documents.", report.documents),
            ),
            (0, all) => both(
                format!(
                    "문서 {}건에서 살펴볼 것 {all}가지를 찾았습니다. 급한 것은 없습니다.",
                    report.documents
                ),
                format!("{all} things to look at in {} documents, none of them urgent.", report.documents),
            ),
            (high, all) => both(
                format!(
                    "문서 {}건에서 {all}가지를 찾았습니다. 그중 {high}가지는 지금 고쳐야 합니다.",
                    report.documents
                ),
                format!("{all} findings in {} documents; {high} of them need mending now.", report.documents),
            ),
        };
        let kinds: Vec<Value> = Kind::ALL
            .into_iter()
            .filter_map(|kind| Some(json!({ "name": kind_name(kind), "n": report.kinds.get(&kind)? })))
            .collect();
        let severities = [Severity::High, Severity::Medium, Severity::Low]
            .map(|severity| json!({ "name": severity_name(severity), "tone": tone(severity), "n": count(severity) }));
        let owners: Vec<Value> = report.owners.iter().map(owner).collect();
        let content = json!({
            "headline": headline,
            "tone": if high > 0 { "bad" } else if all > 0 { "" } else { "good" },
            "as_of": self.today,
            "generation": self.generation,
            "severities": severities,
            "kinds": kinds,
            "owners": owners,
            "notes": self.notes,
            "words": words(),
            "figures": json!({ "findings": all, "high": high, "documents": report.documents }).to_string(),
        });
        Ok(page(PAGE, &content)?)
    }
}

fn both(ko: String, en: String) -> Value {
    json!({ "ko": ko, "en": en })
}

fn words() -> Value {
    let told = [
        ("title", "문서 건강 보고", "Health of the documents"),
        ("by_kind", "종류별", "By kind"),
        ("nobody", "담당자 미지정", "No owner"),
        ("no_document", "문서가 아닌 것", "About no single document"),
        ("remedy", "할 일", "What to do"),
        ("there", "다른 쪽", "The other side"),
        ("days", "일 전", "days old"),
        ("notes", "알림", "Notes"),
        ("none", "고칠 것이 없습니다.", "Nothing to mend."),
    ];
    told.into_iter()
        .map(|(name, ko, en)| (name.to_owned(), both(ko.into(), en.into())))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn owner(of: &OfOwner) -> Value {
    let worst = of.documents.iter().flat_map(|document| &document.findings).map(|f| f.severity).min();
    json!({
        "owner": of.owner,
        "n": of.findings,
        "open": worst == Some(Severity::High),
        "documents": of.documents.iter().map(document).collect::<Vec<_>>(),
    })
}

fn document(of: &OfDocument) -> Value {
    let findings: Vec<Value> = of
        .findings
        .iter()
        .map(|finding| {
            json!({
                "kind": kind_name(finding.kind),
                "severity": severity_name(finding.severity),
                "tone": tone(finding.severity),
                "place": where_it_is(finding),
                "problem": finding.problem,
                "remedy": finding.remedy,
                "other": finding.other.as_ref().map(|other| json!({
                    "title": other.title,
                    "place": other_place(other),
                    "date": other.date,
                    "age_days": other.age_days,
                })),
            })
        })
        .collect();
    json!({ "id": of.id, "title": of.title, "date": of.date, "url": of.url, "findings": findings })
}

fn other_place(other: &Other) -> String {
    other.locator.as_ref().map_or_else(|| other.document.to_string(), place)
}

/// File and line, with the heading where the line is not known.
fn where_it_is(finding: &Finding) -> String {
    match (finding.line, &finding.locator) {
        (Some(line), _) => format!("{}:{line}", finding.place),
        (None, Some(locator)) => place(locator),
        (None, None) => finding.place.clone(),
    }
}

fn tone(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "bad",
        Severity::Medium => "warn",
        Severity::Low => "soft",
    }
}

fn severity_name(severity: Severity) -> Value {
    let (ko, en) = match severity {
        Severity::High => ("높음", "high"),
        Severity::Medium => ("보통", "medium"),
        Severity::Low => ("낮음", "low"),
    };
    json!({ "ko": ko, "en": en })
}

fn kind_name(kind: Kind) -> Value {
    let (ko, en) = match kind {
        Kind::Conflict => ("문서와 DB의 충돌", "document and record differ"),
        Kind::Contradicted => ("문서끼리 다른 수치", "documents differ"),
        Kind::Injection => ("숨은 지시문", "hidden instruction"),
        Kind::PersonalData => ("개인정보", "personal data"),
        Kind::Unreadable => ("읽지 못한 파일", "unreadable"),
        Kind::PartlyRead => ("일부만 읽은 파일", "partly read"),
        Kind::BrokenLink => ("끊어진 링크", "broken link"),
        Kind::Metadata => ("빠진 정보", "missing metadata"),
        Kind::Stale => ("오래된 문서", "stale"),
        Kind::Duplicate => ("거의 같은 문서", "near-duplicate"),
        Kind::LongSection => ("너무 긴 절", "long section"),
        Kind::EmptyChunk => ("빈 조각", "empty chunk"),
        Kind::Unanswered => ("답하지 못한 질문", "unanswered question"),
        Kind::Disliked => ("도움이 안 된 답", "answer that was no help"),
        Kind::Unused => ("검색되지 않는 문서", "never found"),
    };
    json!({ "ko": ko, "en": en })
}

/// The report as text.
pub(crate) fn told(told: &Told<'_>) -> String {
    let report = told.report;
    let count = |severity| report.severities.get(&severity).copied().unwrap_or(0);
    let mut out = format!(
        "generation {}: {} documents; {} findings: {} high, {} medium, {} low\n",
        told.generation,
        report.documents,
        report.severities.values().sum::<usize>(),
        count(Severity::High),
        count(Severity::Medium),
        count(Severity::Low)
    );
    for note in told.notes {
        out.push_str(&format!("note: {note}\n"));
    }
    for of in &report.owners {
        out.push_str(&format!(
            "\n{} ({})\n",
            harmless(of.owner.as_deref().unwrap_or("no owner")),
            of.findings
        ));
        for document in of.documents.iter().take(SHOWN) {
            push_document(&mut out, document);
        }
        if of.documents.len() > SHOWN {
            out.push_str(&format!(
                "  and {} documents more (--json lists them)\n",
                of.documents.len() - SHOWN
            ));
        }
    }
    out
}

fn push_document(out: &mut String, document: &OfDocument) {
    if let Some(id) = &document.id {
        let title = document.title.as_deref().map(|title| format!("  {title}")).unwrap_or_default();
        out.push_str(&format!("  {}\n", harmless(&format!("{id}{title}")).replace('\n', " ")));
    }
    for finding in document.findings.iter().take(SHOWN) {
        let severity = format!("{:?}", finding.severity).to_lowercase();
        let line = format!("{severity}: {}: {}", where_it_is(finding), finding.problem.en);
        out.push_str(&format!("    {}\n", harmless(&line).replace('\n', " ")));
        if let Some(other) = &finding.other {
            let age = match (other.date, other.age_days) {
                (Some(date), Some(days)) => format!(" ({date}, {days} days old)"),
                _ => String::new(),
            };
            out.push_str(&format!(
                "      there: {}{age}\n",
                harmless(&other_place(other)).replace('\n', " ")
            ));
        }
        out.push_str(&format!("      -> {}\n", harmless(&finding.remedy.en)));
    }
    if document.findings.len() > SHOWN {
        out.push_str(&format!("    and {} more (--json lists them)\n", document.findings.len() - SHOWN));
    }
}
