//! Chunks by their points: those that were not read lately are fetched at once.

use std::collections::HashMap;
use std::sync::Arc;

use qdrant_client::qdrant::{
    GetPoints, PayloadIncludeSelector, PointId, WithPayloadSelector, with_payload_selector::SelectorOptions,
};
use siren_domain::Chunk;
use siren_domain::ports::StoreError;

use super::client::{Client, Trouble};
use super::points::{CHUNK, chunk_of};
use super::upload::number;
use crate::kept_chunks::KeptChunks;

#[derive(Default)]
pub(super) struct Chunks {
    kept: KeptChunks<u128>,
}

impl Chunks {
    /// The chunks of these points. `told` makes an error of a call that failed.
    pub(super) async fn of(
        &self,
        points: Vec<(u128, PointId)>,
        (client, collection): (&Client, &str),
        told: impl Fn(Trouble) -> StoreError,
    ) -> Result<HashMap<u128, Arc<Chunk>>, StoreError> {
        let mut found = HashMap::with_capacity(points.len());
        let mut unread = Vec::new();
        for (number, id) in points {
            match self.kept.get(number) {
                Some(chunk) => drop(found.insert(number, chunk)),
                None => unread.push(id),
            }
        }
        if unread.is_empty() {
            return Ok(found);
        }
        let asked = GetPoints {
            collection_name: collection.to_owned(),
            ids: unread,
            with_payload: Some(only_chunks()),
            ..GetPoints::default()
        };
        let answered = client.read_there(|node| {
            let asked = asked.clone();
            async move { node.get_points(asked).await }
        });
        for point in answered.await.map_err(told)?.result {
            let Some(number) = point.id.as_ref().and_then(number) else { continue };
            found.insert(number, self.kept.keep(number, chunk_of(&point.payload)?));
        }
        Ok(found)
    }
}

fn only_chunks() -> WithPayloadSelector {
    let fields = PayloadIncludeSelector { fields: vec![CHUNK.to_owned()] };
    WithPayloadSelector { selector_options: Some(SelectorOptions::Include(fields)) }
}
