//! Who is told what?

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use siren_domain::{DocumentId, Metadata, PartialDate};

use super::finding::{Finding, Kind, Severity};

/// What was found, by owner and document.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Documents that were looked at.
    pub documents: usize,
    /// Findings by how bad they are.
    pub severities: BTreeMap<Severity, usize>,
    /// Findings by kind.
    pub kinds: BTreeMap<Kind, usize>,
    /// Owners, those with the worst first; what belongs to nobody last of its like.
    pub owners: Vec<OfOwner>,
}

/// What an owner should mend.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OfOwner {
    /// The team or person; none where no document says.
    pub owner: Option<String>,
    /// How many findings there are.
    pub findings: usize,
    /// Documents, those with the worst first.
    pub documents: Vec<OfDocument>,
}

/// What is wrong with a document.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OfDocument {
    /// The document; none for what is about no single one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<DocumentId>,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<PartialDate>,
    /// Where to open it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The findings, the worst first.
    pub findings: Vec<Finding>,
}

impl Report {
    pub(super) fn new(documents: Vec<Arc<Metadata>>, findings: Vec<Finding>) -> Self {
        let count = documents.len();
        let known: BTreeMap<DocumentId, Arc<Metadata>> =
            documents.into_iter().map(|meta| (meta.id.clone(), meta)).collect();
        let (mut severities, mut kinds) = (BTreeMap::new(), BTreeMap::new());
        let mut owners: BTreeMap<Option<String>, BTreeMap<Option<DocumentId>, Vec<Finding>>> =
            BTreeMap::new();
        for finding in findings {
            *severities.entry(finding.severity).or_default() += 1;
            *kinds.entry(finding.kind).or_default() += 1;
            let meta = finding.document.as_ref().and_then(|id| known.get(id));
            let owner = meta.and_then(|meta| meta.owner.clone()).or_else(|| finding.owner.clone());
            owners.entry(owner).or_default().entry(finding.document.clone()).or_default().push(finding);
        }
        let of_document = |(id, mut findings): (Option<DocumentId>, Vec<Finding>)| {
            findings.sort_by(|a, b| order(a).cmp(&order(b)));
            let meta = id.as_ref().and_then(|id| known.get(id));
            OfDocument {
                title: meta.map(|meta| meta.title.clone()),
                date: meta.and_then(|meta| meta.date),
                url: meta.and_then(|meta| meta.url.clone()),
                id,
                findings,
            }
        };
        let mut owners: Vec<OfOwner> = owners
            .into_iter()
            .map(|(owner, documents)| {
                let mut documents: Vec<OfDocument> = documents.into_iter().map(of_document).collect();
                documents.sort_by_key(|document| counted(&document.findings.iter().collect::<Vec<_>>()));
                OfOwner { owner, findings: documents.iter().map(|d| d.findings.len()).sum(), documents }
            })
            .collect();
        owners.sort_by_key(|of| {
            let all: Vec<&Finding> = of.documents.iter().flat_map(|document| &document.findings).collect();
            (counted(&all), of.owner.is_none())
        });
        Self { documents: count, severities, kinds, owners }
    }
}

fn order(finding: &Finding) -> (Severity, Kind, Option<u64>, Option<usize>, &str) {
    (finding.severity, finding.kind, finding.line, finding.byte, &finding.problem.en)
}

/// Few where there is much to do, so that it comes first.
fn counted(findings: &[&Finding]) -> [std::cmp::Reverse<usize>; 3] {
    [Severity::High, Severity::Medium, Severity::Low]
        .map(|severity| std::cmp::Reverse(findings.iter().filter(|f| f.severity == severity).count()))
}

/// Where the lines of a file end; none where it is written in two bytes a letter, or no text at all.
pub(super) fn lines_of(bytes: &[u8]) -> Option<Vec<usize>> {
    let wide = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let binary = bytes.iter().take(4096).any(|byte| *byte == 0);
    if wide || binary {
        return None;
    }
    Some(bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at).collect())
}
