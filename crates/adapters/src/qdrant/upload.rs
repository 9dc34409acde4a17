//! Points on their way into a collection: in batches, a few at a time, each until it is acknowledged.

use std::collections::HashSet;
use std::sync::Arc;

use qdrant_client::qdrant::{PointId, PointStruct, UpsertPoints, point_id::PointIdOptions};
use tokio::task::JoinSet;

use super::client::{Client, Trouble};

/// A batch is sent when it has so many bytes, however few its points.
const BYTES: usize = 4 << 20;

/// Who fills it faster than Qdrant takes it up is made to wait.
pub(super) struct Upload {
    client: Arc<Client>,
    collection: String,
    batch: Vec<PointStruct>,
    bytes: usize,
    most: usize,
    in_flight: usize,
    sent: JoinSet<Result<(), Trouble>>,
    /// What an earlier try has left there already.
    there: HashSet<u128>,
}

impl Upload {
    pub(super) fn new(client: Arc<Client>, collection: String, most: usize, in_flight: usize) -> Self {
        Self {
            client,
            collection,
            batch: Vec::new(),
            bytes: 0,
            most,
            in_flight,
            sent: JoinSet::new(),
            there: HashSet::new(),
        }
    }

    /// Leaves out what is there already.
    pub(super) fn without(mut self, there: HashSet<u128>) -> Self {
        self.there = there;
        self
    }

    pub(super) async fn push(&mut self, point: PointStruct) -> Result<(), Trouble> {
        let number = point.id.as_ref().and_then(number);
        if !self.there.is_empty() && number.is_some_and(|number| self.there.contains(&number)) {
            return Ok(());
        }
        self.bytes += size(&point);
        self.batch.push(point);
        if self.batch.len() < self.most && self.bytes < BYTES {
            return Ok(());
        }
        self.send().await
    }

    /// Waits until all is acknowledged.
    pub(super) async fn finish(mut self) -> Result<(), Trouble> {
        self.send().await?;
        while let Some(done) = self.sent.join_next().await {
            told(done)?;
        }
        Ok(())
    }

    async fn send(&mut self) -> Result<(), Trouble> {
        let points = std::mem::take(&mut self.batch);
        self.bytes = 0;
        if points.is_empty() {
            return Ok(());
        }
        while self.sent.len() >= self.in_flight {
            if let Some(done) = self.sent.join_next().await {
                told(done)?;
            }
        }
        let client = Arc::clone(&self.client);
        let batch = UpsertPoints {
            collection_name: self.collection.clone(),
            wait: Some(true),
            points,
            ..UpsertPoints::default()
        };
        self.sent.spawn(async move {
            let sent = client.write(|node| {
                let batch = batch.clone();
                async move { node.upsert_points(batch).await }
            });
            sent.await.map(|_| ())
        });
        Ok(())
    }
}

fn told(done: Result<Result<(), Trouble>, tokio::task::JoinError>) -> Result<(), Trouble> {
    done.unwrap_or_else(|_| Err(Trouble::Refused("an internal error".into())))
}

/// About.
fn size(point: &PointStruct) -> usize {
    use qdrant_client::qdrant::{value::Kind, vector, vectors::VectorsOptions};
    let text = |value: &qdrant_client::qdrant::Value| match &value.kind {
        Some(Kind::StringValue(text)) => text.len(),
        _ => 32,
    };
    let numbers = match point.vectors.as_ref().and_then(|vectors| vectors.vectors_options.as_ref()) {
        Some(VectorsOptions::Vectors(named)) => named.vectors.values().map(|one| match &one.vector {
            Some(vector::Vector::Dense(dense)) => dense.data.len(),
            Some(vector::Vector::Sparse(sparse)) => 2 * sparse.values.len(),
            _ => 0,
        }),
        _ => return point.payload.values().map(text).sum(),
    };
    point.payload.values().map(text).sum::<usize>() + 4 * numbers.sum::<usize>()
}

/// A point's id as a number.
pub(super) fn number(id: &PointId) -> Option<u128> {
    match id.point_id_options.as_ref()? {
        PointIdOptions::Uuid(text) => u128::from_str_radix(&text.replace('-', ""), 16).ok(),
        PointIdOptions::Num(number) => Some(u128::from(*number)),
    }
}
