//! Reading all points of a filter, page by page.

use qdrant_client::qdrant::{
    CountPoints, Filter, RetrievedPoint, ScrollPoints, WithPayloadSelector, WithVectorsSelector,
    with_payload_selector, with_vectors_selector,
};

use super::client::{Client, Trouble};

/// What of each point is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Only that it is there.
    Id,
    /// What is stored with it.
    Payload,
    /// Everything.
    All,
}

/// Points in the order of their ids, a page at a time.
pub(super) struct Pages<'c> {
    client: &'c Client,
    next: Option<ScrollPoints>,
}

impl<'c> Pages<'c> {
    pub(super) fn new(
        client: &'c Client,
        collection: &str,
        filter: Filter,
        page: u32,
        wanted: Wanted,
    ) -> Self {
        let next = ScrollPoints {
            collection_name: collection.to_owned(),
            filter: Some(filter),
            limit: Some(page),
            with_payload: Some(payload(wanted != Wanted::Id)),
            with_vectors: Some(WithVectorsSelector {
                selector_options: Some(with_vectors_selector::SelectorOptions::Enable(wanted == Wanted::All)),
            }),
            ..ScrollPoints::default()
        };
        Self { client, next: Some(next) }
    }

    /// The next page; none after the last one.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<RetrievedPoint>>, Trouble> {
        let Some(asked) = self.next.take() else { return Ok(None) };
        let page = self.client.read(|node| {
            let asked = asked.clone();
            async move { node.scroll(asked).await }
        });
        let page = page.await?;
        self.next = page.next_page_offset.map(|offset| ScrollPoints { offset: Some(offset), ..asked });
        Ok(Some(page.result))
    }
}

/// How many points a collection holds; none where it is not there.
pub(super) async fn counted(client: &Client, collection: &str) -> Result<u64, Trouble> {
    let asked =
        CountPoints { collection_name: collection.to_owned(), exact: Some(true), ..CountPoints::default() };
    let counted = client.read(|node| {
        let asked = asked.clone();
        async move { node.count(asked).await }
    });
    match counted.await {
        Ok(counted) => Ok(counted.result.map(|result| result.count).unwrap_or_default()),
        Err(Trouble::Gone) => Ok(0),
        Err(trouble) => Err(trouble),
    }
}

pub(super) fn payload(wanted: bool) -> WithPayloadSelector {
    WithPayloadSelector { selector_options: Some(with_payload_selector::SelectorOptions::Enable(wanted)) }
}
