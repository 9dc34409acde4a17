//! The list of a generation's documents, many of them in a point: a point each would cost as much as their chunks do.

use std::collections::HashMap;

use qdrant_client::qdrant::Value;
use serde::{Deserialize, Serialize};
use siren_domain::ports::{DocumentRecord, StoreError};

use super::client::Trouble;
use super::meta::{Kind, Meta, json, json_of, made};
use super::upload::Upload;

/// Documents in a point.
const TOGETHER: usize = 50;
/// Where earlier releases, who made a point for each document, kept how many terms its chunks have.
const LENGTH: &str = "length";

/// A document in the list.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Listed {
    pub(super) record: DocumentRecord,
    /// Terms in all its chunks.
    pub(super) length: u64,
}

/// The list of the generation that is written.
pub(super) struct Listing {
    number: u64,
    upload: Upload,
    together: Vec<Listed>,
    points: usize,
}

impl Listing {
    pub(super) fn new(number: u64, upload: Upload) -> Self {
        Self { number, upload, together: Vec::new(), points: 0 }
    }

    pub(super) async fn push(&mut self, listed: Listed) -> Result<(), StoreError> {
        self.together.push(listed);
        if self.together.len() < TOGETHER { Ok(()) } else { self.send().await }
    }

    /// Waits until all of it is there.
    pub(super) async fn finish(mut self) -> Result<(), StoreError> {
        self.send().await?;
        self.upload.finish().await.map_err(failed)
    }

    async fn send(&mut self) -> Result<(), StoreError> {
        let together = std::mem::take(&mut self.together);
        if together.is_empty() {
            return Ok(());
        }
        let point = made(self.number, Kind::Documents, &self.points.to_string(), json(&together)?);
        self.points += 1;
        self.upload.push(point).await.map_err(failed)
    }
}

fn failed(trouble: Trouble) -> StoreError {
    trouble.told("the list of documents cannot be written")
}

/// The documents of a generation, page by page.
pub(super) struct Listings<'m> {
    meta: &'m Meta,
    number: u64,
    /// What is read, and what comes after it.
    kinds: Vec<Kind>,
    pages: super::scrolling::Pages<'m>,
}

impl<'m> Listings<'m> {
    pub(super) fn of(meta: &'m Meta, number: u64) -> Self {
        let pages = meta.pages_of(number, Kind::Document);
        Self { meta, number, kinds: vec![Kind::Documents, Kind::Document], pages }
    }

    pub(super) async fn next(&mut self) -> Result<Option<Vec<Listed>>, StoreError> {
        let unread = |trouble: Trouble| trouble.told("the list of documents cannot be read");
        while let Some(kind) = self.kinds.last().copied() {
            if let Some(page) = self.pages.next().await.map_err(unread)? {
                let listed = page.iter().map(|point| listed(kind, &point.payload));
                return Ok(Some(listed.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect()));
            }
            self.kinds.pop();
            if let Some(kind) = self.kinds.last() {
                self.pages = self.meta.pages_of(self.number, *kind);
            }
        }
        Ok(None)
    }
}

fn listed(kind: Kind, payload: &HashMap<String, Value>) -> Result<Vec<Listed>, StoreError> {
    if kind == Kind::Documents {
        return json_of(payload, "a list of documents");
    }
    let length = payload.get(LENGTH).and_then(Value::as_integer).unwrap_or_default();
    let length = u64::try_from(length).unwrap_or_default();
    Ok(vec![Listed { record: json_of(payload, "a document's record")?, length }])
}

#[cfg(test)]
mod tests {
    use siren_domain::DocumentId;
    use siren_domain::ports::DocumentRecord;

    use super::{LENGTH, Listed, listed};
    use crate::qdrant::meta::{Kind, json, made};

    fn a_document(key: &str) -> Listed {
        let record = DocumentRecord {
            id: DocumentId::new("notes", key),
            source: "notes".into(),
            title: "메뉴".into(),
            hash: "h".into(),
            content: "c".into(),
            version: None,
            fault: None,
            chunks: 2,
        };
        Listed { record, length: 7 }
    }

    #[test]
    fn points_of_this_and_of_earlier_releases_are_read() {
        let now = vec![a_document("1"), a_document("2")];
        let point = made(3, Kind::Documents, "0", json(&now).unwrap());
        assert_eq!(listed(Kind::Documents, &point.payload).unwrap(), now);

        let mut before = made(3, Kind::Document, "notes:1", json(&now[0].record).unwrap());
        before.payload.insert(LENGTH.to_owned(), 7.into());
        assert_eq!(listed(Kind::Document, &before.payload).unwrap(), now[..1]);
    }
}
