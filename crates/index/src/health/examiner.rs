//! How are findings collected, from one look at each chunk, record, fault and file?

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use siren_domain::ports::{DocumentRecord, ItemBody, SourceItem};
use siren_domain::record::{Authority, Side};
use siren_domain::{Chunk, Conflict, DocumentId, Fault, Locator, Metadata, Origin};

use super::age::age_days;
use super::alike::{Sketch, alike};
use super::finding::{Finding, Kind, Other, Severity};
use super::links::Linkable;
use super::stated::{Statement, Statements, about};
use super::told::{Report, lines_of};
use super::words::{self, DATE, Missing, OWNER, TITLE};
use super::{Asked, HealthSettings};
use crate::document::{place, title_of_path};
use crate::read::links;

/// A stretch of a text that somebody else's check found something in.
pub type Marked = (Range<usize>, String);

/// Personal data: the stretch, what it is, and whether a check digit says so.
pub type Sensitive = (Range<usize>, &'static str, bool);

/// Checks that this crate does not have.
pub struct Detectors<'a> {
    /// Sentences that tell a model what to do, each with the rule that says so.
    pub injections: &'a (dyn Fn(&str) -> Vec<Marked> + Sync),
    /// Personal data that not everyone may see.
    pub personal: &'a (dyn Fn(&str) -> Vec<Sensitive> + Sync),
    /// Whether a fault tells of such a sentence: it is found here with its place.
    pub is_injection: &'a (dyn Fn(&Fault) -> bool + Sync),
}

/// What is kept of a document.
struct Document {
    meta: Arc<Metadata>,
    sketch: Sketch,
    /// Tokens under each heading.
    sections: BTreeMap<Vec<String>, (u64, Locator)>,
    content: String,
}

/// Collects findings.
pub struct Examiner<'a> {
    settings: HealthSettings,
    detectors: Detectors<'a>,
    documents: Vec<Document>,
    places: BTreeMap<DocumentId, usize>,
    statements: Statements,
    findings: Vec<Finding>,
    linkable: Linkable,
    roots: BTreeMap<String, String>,
    /// Findings whose line is not known yet, by document.
    unlined: BTreeMap<DocumentId, Vec<usize>>,
}

impl<'a> Examiner<'a> {
    /// An examiner that has seen nothing yet. `roots` are the folders of sources, by their names: what links are
    /// relative to.
    pub fn new(settings: HealthSettings, detectors: Detectors<'a>, roots: BTreeMap<String, String>) -> Self {
        Self {
            settings,
            detectors,
            documents: Vec::new(),
            places: BTreeMap::new(),
            statements: Statements::default(),
            findings: Vec::new(),
            linkable: Linkable::default(),
            roots,
            unlined: BTreeMap::new(),
        }
    }

    /// Looks at a chunk of the index.
    pub fn chunk(&mut self, chunk: &Chunk) {
        let at = self.document(&chunk.document);
        let is_file = matches!(chunk.document.origin, Origin::File { .. });
        let held = &mut self.documents[at];
        if is_file {
            held.sketch.add(&chunk.text);
            for (heading, range) in sections(chunk) {
                let share = range.len() as u64 * u64::from(chunk.tokens) / chunk.text.len().max(1) as u64;
                let locator = || chunk.locator(range.clone());
                held.sections.entry(heading).or_insert_with(|| (0, locator())).0 += share;
            }
            let about = about(chunk.document.event.as_deref(), &chunk.document.title);
            self.statements.add(at, &about, chunk);
        }
        let letters = chunk.text.chars().filter(|c| c.is_alphanumeric()).count();
        if letters < self.settings.chunk_letters {
            self.found(
                Kind::EmptyChunk,
                Severity::Low,
                chunk,
                0..chunk.text.len(),
                words::empty_chunk(letters),
            );
        }
        for (range, rule) in (self.detectors.injections)(&chunk.text) {
            self.found(Kind::Injection, Severity::High, chunk, range, words::injection(&rule));
        }
        for (range, kind, checked) in (self.detectors.personal)(&chunk.text) {
            let severity = if checked { Severity::High } else { Severity::Medium };
            self.found(Kind::PersonalData, severity, chunk, range, words::personal(kind));
        }
    }

    fn found(
        &mut self,
        kind: Kind,
        severity: Severity,
        chunk: &Chunk,
        range: Range<usize>,
        (problem, remedy): (super::Told, super::Told),
    ) {
        let meta = &chunk.document;
        let finding = Finding::new(kind, severity, place(&meta.origin), problem, remedy);
        let finding = finding.of(&meta.id).at(chunk.locator(range));
        // Neighbouring chunks may share a sentence.
        let same = |had: &Finding| {
            had.kind == kind
                && had.document == finding.document
                && had.locator == finding.locator
                && had.problem == finding.problem
        };
        if !self.findings.iter().rev().take(50).any(same) {
            self.findings.push(finding);
        }
    }

    fn document(&mut self, meta: &Arc<Metadata>) -> usize {
        if let Some(at) = self.places.get(&meta.id) {
            return *at;
        }
        if let Origin::File { path } = &meta.origin {
            let root = self.roots.get(&meta.source).cloned().unwrap_or_else(|| root_of(path, meta));
            self.linkable.add(path, &root, &meta.title);
        }
        self.places.insert(meta.id.clone(), self.documents.len());
        self.documents.push(Document {
            meta: Arc::clone(meta),
            sketch: Sketch::default(),
            sections: BTreeMap::new(),
            content: String::new(),
        });
        self.documents.len() - 1
    }

    /// Looks at what the index knows of a document besides its chunks.
    pub fn record(&mut self, record: &DocumentRecord) {
        if let Some(at) = self.places.get(&record.id) {
            self.documents[*at].content.clone_from(&record.content);
        }
    }

    /// Something went wrong when a document or a source was read.
    pub fn fault(&mut self, fault: &Fault) {
        if (self.detectors.is_injection)(fault) {
            return;
        }
        let (kind, severity) = if fault.kept {
            (Kind::PartlyRead, Severity::Medium)
        } else {
            (Kind::Unreadable, Severity::High)
        };
        let (problem, remedy) = words::fault(fault);
        let mut finding = Finding::new(kind, severity, fault.place.clone(), problem, remedy);
        if let Some((path, line)) = fault.place.rsplit_once(':').and_then(|(p, n)| Some((p, n.parse().ok()?)))
        {
            (finding.place, finding.line) = (path.to_owned(), Some(line));
        }
        finding.document.clone_from(&fault.document);
        self.findings.push(finding);
    }

    /// A document and a record differ.
    pub fn conflict(&mut self, conflict: &Conflict) {
        let (stated, recorded) = (&conflict.stated, &conflict.recorded);
        let record_counts = conflict.authority == Authority::Record;
        let (problem, remedy) = words::conflict(&conflict.field, &stated.text, &recorded.text, record_counts);
        let finding = Finding::new(Kind::Conflict, Severity::High, shown(&stated.locator), problem, remedy);
        let mut finding = finding.of(&stated.document_id).at(stated.locator.clone());
        finding.other = Some(self.side(recorded));
        self.findings.push(finding);
    }

    fn side(&self, side: &Side) -> Other {
        Other {
            document: side.document_id.clone(),
            title: side.title.clone(),
            text: Some(side.text.clone()),
            locator: Some(side.locator.clone()),
            date: side.date,
            age_days: side.date.map(|date| age_days(date, self.settings.today)),
        }
    }

    /// A question that found no answer.
    pub fn unanswered(&mut self, asked: &Asked) {
        let (problem, remedy) = words::unanswered(&asked.question, asked.times);
        let severity = if asked.times > 2 { Severity::High } else { Severity::Medium };
        self.findings.push(Finding::new(Kind::Unanswered, severity, String::new(), problem, remedy));
    }

    /// A question whose answer was no help: told to the owners of what it rested on.
    pub fn disliked(&mut self, asked: &Asked) {
        let (problem, remedy) = words::disliked(&asked.question, asked.times, &asked.reason);
        let finding = Finding::new(Kind::Disliked, Severity::Medium, String::new(), problem, remedy);
        let known = |id: &&DocumentId| self.places.contains_key(*id);
        let of: Vec<Finding> =
            asked.documents.iter().filter(known).map(|id| finding.clone().of(id)).collect();
        if of.is_empty() {
            self.findings.push(finding);
        }
        self.findings.extend(of);
    }

    /// These documents were found by the questions of a suite; all others were not.
    pub fn retrieved(&mut self, found: &BTreeSet<DocumentId>) {
        let mut rows: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
        for document in &self.documents {
            let unused = !found.contains(&document.meta.id);
            if matches!(document.meta.origin, Origin::Row { .. }) {
                let [of, all] = rows.entry(&document.meta.source).or_default();
                (*of, *all) = (*of + usize::from(unused), *all + 1);
                continue;
            }
            if !unused {
                continue;
            }
            let (problem, remedy) = words::unused();
            let at = place(&document.meta.origin);
            let finding = Finding::new(Kind::Unused, Severity::Low, at, problem, remedy);
            self.findings.push(finding.of(&document.meta.id));
        }
        // Rows are written by programs: their owner looks at the table.
        for (source, [unused, all]) in rows.into_iter().filter(|(_, [unused, _])| *unused > 0) {
            let (problem, remedy) = words::unused_rows(source, unused, all);
            self.findings.push(Finding::new(Kind::Unused, Severity::Low, source.to_owned(), problem, remedy));
        }
    }

    /// Looks at documents side by side, when all of them were seen.
    pub fn compare(&mut self) {
        self.duplicates();
        self.contradictions();
        self.metadata();
        self.stale();
        for document in &self.documents {
            for (heading, (tokens, locator)) in &document.sections {
                if *tokens > self.settings.section_tokens {
                    let named = heading.last().unwrap_or(&document.meta.title);
                    let (problem, remedy) = words::long_section(named, *tokens);
                    let at = place(&document.meta.origin);
                    let finding = Finding::new(Kind::LongSection, Severity::Low, at, problem, remedy);
                    self.findings.push(finding.of(&document.meta.id).at(locator.clone()));
                }
            }
        }
    }

    fn duplicates(&mut self) {
        let sketches: Vec<Sketch> = self.documents.iter().map(|document| document.sketch.clone()).collect();
        let mut pairs = alike(&sketches, self.settings.alike);
        let mut first: BTreeMap<&str, usize> = BTreeMap::new();
        for (at, document) in
            self.documents.iter().enumerate().filter(|(_, document)| !document.content.is_empty())
        {
            let other = *first.entry(&document.content).or_insert(at);
            if other != at {
                pairs.insert(at, (other, 1.0));
                pairs.insert(other, (at, 1.0));
            }
        }
        for (at, (other, share)) in pairs {
            let (document, other) = (&self.documents[at].meta, &self.documents[other].meta);
            let severity = if share >= 0.95 { Severity::Medium } else { Severity::Low };
            let (problem, remedy) = words::duplicate(&other.title, share);
            let finding = Finding::new(Kind::Duplicate, severity, place(&document.origin), problem, remedy);
            let mut finding = finding.of(&document.id);
            finding.other = Some(self.other(other, None, None));
            self.findings.push(finding);
        }
    }

    fn other(&self, meta: &Metadata, text: Option<String>, locator: Option<Locator>) -> Other {
        Other {
            document: meta.id.clone(),
            title: meta.title.clone(),
            text,
            locator,
            date: meta.date,
            age_days: meta.date.map(|date| age_days(date, self.settings.today)),
        }
    }

    fn contradictions(&mut self) {
        let differing = std::mem::take(&mut self.statements).differing();
        for (here, there) in differing {
            let Statement { document, text, locator, .. } = here;
            let (meta, other) = (
                Arc::clone(&self.documents[document].meta),
                Arc::clone(&self.documents[there.document].meta),
            );
            let newer = other.date > meta.date;
            if other.date < meta.date {
                continue;
            }
            let severity = if newer { Severity::High } else { Severity::Medium };
            let (problem, remedy) = words::contradicted(&text, &there.text, &other.title, newer);
            let finding = Finding::new(Kind::Contradicted, severity, shown(&locator), problem, remedy);
            let mut finding = finding.of(&meta.id).at(locator);
            finding.other = Some(self.other(&other, Some(there.text), Some(there.locator)));
            self.findings.push(finding);
        }
    }

    /// What all documents of a source lack is told once.
    fn metadata(&mut self) {
        let mut sources: BTreeMap<String, Vec<(usize, Vec<Missing>)>> = BTreeMap::new();
        for (at, document) in self.documents.iter().enumerate() {
            sources.entry(document.meta.source.clone()).or_default().push((at, missing(&document.meta)));
        }
        for (source, documents) in sources {
            let by_all =
                |lack: &Missing| documents.len() > 1 && documents.iter().all(|(_, has)| has.contains(lack));
            let all: Vec<Missing> = [TITLE, DATE, OWNER].into_iter().filter(by_all).collect();
            if !all.is_empty() {
                let (problem, remedy) = words::metadata_of_source(&source, documents.len(), &all);
                self.findings.push(Finding::new(Kind::Metadata, Severity::Low, source, problem, remedy));
            }
            for (at, mut lacks) in documents {
                lacks.retain(|lack| !all.contains(lack));
                if lacks.is_empty() {
                    continue;
                }
                let meta = &self.documents[at].meta;
                let (problem, remedy) = words::metadata(&lacks);
                let finding =
                    Finding::new(Kind::Metadata, Severity::Low, place(&meta.origin), problem, remedy);
                let finding = finding.of(&meta.id);
                self.findings.push(finding);
            }
        }
    }

    fn stale(&mut self) {
        for document in self.documents.iter().filter(|d| matches!(d.meta.origin, Origin::File { .. })) {
            let Some(date) = document.meta.date else { continue };
            let days = age_days(date, self.settings.today);
            if days <= self.settings.stale_days {
                continue;
            }
            let severity = if days > 2 * self.settings.stale_days { Severity::Medium } else { Severity::Low };
            let (problem, remedy) = words::stale(date, days);
            let finding = Finding::new(Kind::Stale, severity, place(&document.meta.origin), problem, remedy);
            self.findings.push(finding.of(&document.meta.id));
        }
    }

    /// Documents whose files have to be looked at: for their links, or for the lines of what was found in them.
    pub fn wanted(&mut self) -> BTreeSet<DocumentId> {
        for (at, finding) in self.findings.iter().enumerate() {
            if let (Some(id), Some(_), None) = (&finding.document, finding.byte, finding.line) {
                self.unlined.entry(id.clone()).or_default().push(at);
            }
        }
        let linking = self.documents.iter().filter(|document| {
            let Origin::File { path } = &document.meta.origin else { return false };
            let path = path.to_lowercase();
            [".md", ".markdown", ".mdx", ".html", ".htm"].iter().any(|ending| path.ends_with(ending))
        });
        linking.map(|document| document.meta.id.clone()).chain(self.unlined.keys().cloned()).collect()
    }

    /// Looks at a file. `exists` tells whether a file that is no document is there, as far as it knows.
    pub fn file(&mut self, item: &SourceItem, exists: &dyn Fn(&str) -> Option<bool>) {
        let (ItemBody::File(bytes), Origin::File { path }) = (&item.body, &item.origin) else { return };
        if !self.places.contains_key(&item.id) {
            return;
        }
        let ends = lines_of(bytes);
        let line = |byte: usize| Some(ends.as_ref()?.partition_point(|end| *end < byte) as u64 + 1);
        for at in self.unlined.remove(&item.id).unwrap_or_default() {
            self.findings[at].line = self.findings[at].byte.and_then(line);
        }
        for link in links(path, bytes) {
            let Some(target) = self.linkable.broken(path, &link, exists) else { continue };
            let (problem, remedy) = words::broken_link(&target);
            let finding = Finding::new(Kind::BrokenLink, Severity::Medium, path.clone(), problem, remedy);
            let (byte, line) = (Some(link.byte), line(link.byte));
            self.findings.push(Finding { byte, line, ..finding.of(&item.id) });
        }
    }

    /// Everything that was found, by owner and document.
    pub fn finish(self) -> Report {
        let documents = self.documents.into_iter().map(|document| document.meta).collect();
        Report::new(documents, self.findings)
    }
}

/// A heading's part of a chunk.
fn sections(chunk: &Chunk) -> Vec<(Vec<String>, Range<usize>)> {
    if chunk.sections.is_empty() {
        return vec![(chunk.heading.clone(), 0..chunk.text.len())];
    }
    let starts = chunk.sections.iter().map(|(start, _)| *start as usize);
    let ends = starts.clone().skip(1).chain([chunk.text.len()]);
    let ranges = starts.zip(ends).filter(|(start, end)| start <= end);
    ranges.zip(&chunk.sections).map(|((start, end), (_, heading))| (heading.clone(), start..end)).collect()
}

fn missing(meta: &Metadata) -> Vec<Missing> {
    let untitled = match &meta.origin {
        Origin::File { path } => meta.title == title_of_path(path),
        Origin::Row { .. } => meta.title == meta.id.as_str(),
    };
    let told = [(TITLE, untitled), (DATE, meta.date.is_none()), (OWNER, meta.owner.is_none())];
    told.into_iter().filter(|(_, lacks)| *lacks).map(|(lack, _)| lack).collect()
}

/// A locator for people, without its line.
fn shown(locator: &Locator) -> String {
    match locator {
        Locator::File { path, .. } => path.clone(),
        Locator::Row { database, table, key, .. } => format!("{database} › {table} › {key}"),
    }
}

/// The folder that the ids of a source's documents are relative to.
fn root_of(path: &str, meta: &Metadata) -> String {
    let key = meta.id.as_str().strip_prefix(&format!("{}/", meta.source)).unwrap_or_default();
    path.strip_suffix(key).unwrap_or_default().trim_end_matches('/').to_owned()
}
