//! The collection beside the chunks: generations, their documents, records, conflicts, terms, and what the gate said.
//!
//! A generation is there once its own point is, which is written last, and no longer once that is gone.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures::future::try_join_all;
use qdrant_client::qdrant::{
    Condition, CreateCollection, CreateFieldIndexCollection, DeletePoints, FieldType, Filter, GetPoints,
    NamedVectors, PointStruct, PointsSelector, UpsertPoints, Value, VectorParamsMap, Vectors, VectorsConfig,
    WriteOrdering, WriteOrderingType, points_selector::PointsSelectorOneOf, vectors, vectors_config,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use siren_domain::gate::GateNote;
use siren_domain::ports::{Generation, StoreError};
use siren_domain::{Conflict, Record, Records};

use super::QdrantSettings;
use super::client::{Client, Trouble};
use super::names::{Names, damaged, point};
use super::points::text_of;
use super::scrolling::{Pages, Wanted, payload};
use super::terms::Bucket;

pub(super) const KIND: &str = "kind";
const GENERATION: &str = "generation";
/// What tells a thing of its kind and generation from the others.
pub(super) const KEY: &str = "key";
pub(super) const JSON: &str = "json";
const WRITER: &str = "writer";
/// What is filtered by, and how it is indexed.
const FILTERED: [(&str, FieldType); 2] = [(GENERATION, FieldType::Integer), (KIND, FieldType::Keyword)];
/// Points of a page.
const PAGE: u32 = 500;
/// Conflicts of a point.
const CONFLICTS: usize = 200;

/// Is shown payloads, one after another.
pub(super) type Each<'e> = &'e mut (dyn FnMut(&HashMap<String, Value>) -> Result<(), StoreError> + Send);

/// What a point of this collection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Generation,
    /// Of earlier releases; now many are together.
    Document,
    Documents,
    Record,
    /// How many parts the conflicts have: written when all parts are.
    Conflicts,
    ConflictPart,
    Terms,
    Gate,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Generation => "generation",
            Self::Document => "document",
            Self::Documents => "documents",
            Self::Record => "record",
            Self::Conflicts => "conflicts",
            Self::ConflictPart => "conflict part",
            Self::Terms => "terms",
            Self::Gate => "gate",
        }
    }
}

/// What is known of a complete generation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct About {
    pub(super) generation: Generation,
    /// Where its chunks are.
    pub(super) collection: String,
    /// Terms of a chunk, on average: what the weights were made with.
    pub(super) average: f64,
    /// Bits of a place that tell the bucket of the table of terms.
    pub(super) bits: u8,
    /// Length of the vectors, if there are any.
    pub(super) dimensions: Option<u64>,
}

/// The collection beside the chunks.
#[derive(Clone, Debug)]
pub(super) struct Meta {
    client: Arc<Client>,
    name: String,
}

impl Meta {
    pub(super) fn new(client: Arc<Client>, names: &Names) -> Self {
        Self { client, name: names.meta() }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Makes it, if it is not there.
    pub(super) async fn ensure(&self, settings: &QdrantSettings) -> Result<(), StoreError> {
        self.made(settings)
            .await
            .map_err(|trouble| trouble.told("the collection of generations cannot be made"))
    }

    async fn made(&self, settings: &QdrantSettings) -> Result<(), Trouble> {
        if !self.client.read(|node| async move { node.collection_exists(&self.name).await }).await? {
            self.create(settings).await?;
        }
        indexed(&self.client, &self.name, &FILTERED).await
    }

    async fn create(&self, settings: &QdrantSettings) -> Result<(), Trouble> {
        let asked = CreateCollection {
            collection_name: self.name.clone(),
            shard_number: Some(1),
            replication_factor: Some(settings.replicas),
            write_consistency_factor: Some(settings.write_consistency),
            vectors_config: Some(VectorsConfig {
                config: Some(vectors_config::Config::ParamsMap(VectorParamsMap::default())),
            }),
            ..CreateCollection::default()
        };
        let made = self.client.write(|node| {
            let asked = asked.clone();
            async move { node.create_collection(asked).await }
        });
        match made.await {
            // Somebody else was quicker, or the answer to the first try was lost.
            Err(Trouble::Refused(told)) if told.contains("already exists") => Ok(()),
            made => made.map(|_| ()),
        }
    }

    /// All complete generations, oldest first.
    pub(super) async fn generations(&self) -> Result<Vec<About>, StoreError> {
        let filter = Filter::must([Condition::matches(KIND, Kind::Generation.name().to_owned())]);
        let mut found: Vec<About> = Vec::new();
        let mut add = |payload: &HashMap<String, Value>| {
            found.push(json_of(payload, "what is known of a generation")?);
            Ok(())
        };
        match self.each(filter, &mut add).await? {
            Some(()) => found.sort_by_key(|about| about.generation.number),
            None => return Ok(Vec::new()),
        }
        Ok(found)
    }

    pub(super) async fn about(&self, number: u64) -> Result<About, StoreError> {
        let about = self.one(number, Kind::Generation, "").await?;
        about.map_or(Err(StoreError::NoGeneration(number)), |payload| {
            json_of(&payload, "what is known of a generation")
        })
    }

    /// Puts a generation there, unless another writer was quicker.
    pub(super) async fn complete(&self, about: &About) -> Result<(), StoreError> {
        let number = about.generation.number;
        let mut made = made(number, Kind::Generation, "", json(about)?);
        made.payload.insert(WRITER.to_owned(), Value::from(about.collection.clone()));
        let own = Filter::must([Condition::matches(WRITER, about.collection.clone())]);
        self.put(vec![made], Some(own)).await?;
        if self.about(number).await?.collection == about.collection {
            return Ok(());
        }
        Err(StoreError::Busy(format!("another process has made generation {number}: start again")))
    }

    async fn put(&self, points: Vec<PointStruct>, only_where: Option<Filter>) -> Result<(), StoreError> {
        let asked = UpsertPoints {
            collection_name: self.name.clone(),
            wait: Some(true),
            points,
            ordering: Some(by_one_leader()),
            update_filter: only_where,
            ..UpsertPoints::default()
        };
        let put = self.client.write_there(|node| {
            let asked = asked.clone();
            async move { node.upsert_points(asked).await }
        });
        put.await
            .map(|_| ())
            .map_err(|trouble| trouble.told("what is known of a generation cannot be written"))
    }

    /// The things of a kind in a generation, page by page.
    pub(super) fn pages_of(&self, number: u64, kind: Kind) -> Pages<'_> {
        let filter = Filter::must([
            Condition::matches(GENERATION, as_integer(number)),
            Condition::matches(KIND, kind.name().to_owned()),
        ]);
        Pages::new(&self.client, &self.name, filter, PAGE, Wanted::Payload)
    }

    /// Shows the things of a kind in a generation.
    pub(super) async fn each_of(&self, number: u64, kind: Kind, each: Each<'_>) -> Result<(), StoreError> {
        let filter = Filter::must([
            Condition::matches(GENERATION, as_integer(number)),
            Condition::matches(KIND, kind.name().to_owned()),
        ]);
        self.each(filter, each).await?.ok_or(StoreError::NoGeneration(number))
    }

    /// None where the collection is not there.
    async fn each(&self, filter: Filter, each: Each<'_>) -> Result<Option<()>, StoreError> {
        let mut pages = Pages::new(&self.client, &self.name, filter, PAGE, Wanted::Payload);
        loop {
            match pages.next().await {
                Ok(Some(page)) => page.iter().try_for_each(|point| each(&point.payload))?,
                Ok(None) => return Ok(Some(())),
                Err(Trouble::Gone) => return Ok(None),
                Err(trouble) => return Err(trouble.told("what is known of generations cannot be read")),
            }
        }
    }

    async fn one(
        &self,
        number: u64,
        kind: Kind,
        key: &str,
    ) -> Result<Option<HashMap<String, Value>>, StoreError> {
        Ok(self.some(vec![id(number, kind, key)]).await?.pop())
    }

    async fn some(
        &self,
        ids: Vec<qdrant_client::qdrant::PointId>,
    ) -> Result<Vec<HashMap<String, Value>>, StoreError> {
        let asked = GetPoints {
            collection_name: self.name.clone(),
            ids,
            with_payload: Some(payload(true)),
            ..GetPoints::default()
        };
        let found = self.client.read(|node| {
            let asked = asked.clone();
            async move { node.get_points(asked).await }
        });
        match found.await {
            Ok(found) => Ok(found.result.into_iter().map(|point| point.payload).collect()),
            Err(Trouble::Gone) => Ok(Vec::new()),
            Err(trouble) => Err(trouble.told("what is known of a generation cannot be read")),
        }
    }

    /// These buckets of the table of terms; those that are not there are empty.
    pub(super) async fn buckets(
        &self,
        number: u64,
        wanted: &[u32],
    ) -> Result<BTreeMap<u32, Bucket>, StoreError> {
        let ids = wanted.iter().map(|bucket| id(number, Kind::Terms, &bucket.to_string()));
        let mut found: BTreeMap<u32, Bucket> =
            wanted.iter().map(|bucket| (*bucket, Bucket::default())).collect();
        for payload in self.some(ids.collect()).await? {
            let wrong = |cause: String| damaged("the table of terms", &cause);
            let bucket =
                text_of(&payload, KEY).parse().map_err(|_| wrong("a bucket has no number".into()))?;
            found.insert(bucket, Bucket::from_text(text_of(&payload, JSON)).map_err(wrong)?);
        }
        Ok(found)
    }

    /// The records of a generation with its conflicts, by id.
    pub(super) async fn records(&self, number: u64) -> Result<Records, StoreError> {
        let mut records: Vec<Record> = Vec::new();
        let mut add = |payload: &HashMap<String, Value>| {
            records.push(json_of(payload, "a record")?);
            Ok(())
        };
        self.each_of(number, Kind::Record, &mut add).await?;
        records.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Records { generation: number, records, conflicts: self.conflicts(number).await? })
    }

    async fn conflicts(&self, number: u64) -> Result<Option<Vec<Conflict>>, StoreError> {
        let Some(told) = self.one(number, Kind::Conflicts, "").await? else { return Ok(None) };
        let parts: usize = json_of(&told, "the number of conflicts")?;
        let ids = (0..parts).map(|part| id(number, Kind::ConflictPart, &part.to_string())).collect();
        let mut found: BTreeMap<usize, Vec<Conflict>> = BTreeMap::new();
        for payload in self.some(ids).await? {
            let part = text_of(&payload, KEY).parse().unwrap_or_default();
            found.insert(part, json_of(&payload, "a conflict")?);
        }
        if found.len() != parts {
            return Err(damaged("a list of conflicts", &"a part of it is missing"));
        }
        Ok(Some(found.into_values().flatten().collect()))
    }

    /// Whole or not there at all.
    pub(super) async fn put_conflicts(&self, number: u64, conflicts: &[Conflict]) -> Result<(), StoreError> {
        let parts: Vec<&[Conflict]> = conflicts.chunks(CONFLICTS).collect();
        for (part, some) in parts.iter().enumerate() {
            self.put(vec![made(number, Kind::ConflictPart, &part.to_string(), json(some)?)], None).await?;
        }
        self.put(vec![made(number, Kind::Conflicts, "", json(&parts.len())?)], None).await
    }

    pub(super) async fn put_gate(&self, number: u64, note: &GateNote) -> Result<(), StoreError> {
        self.put(vec![made(number, Kind::Gate, "", json(note)?)], None).await
    }

    pub(super) async fn gate(&self, number: u64) -> Result<Option<GateNote>, StoreError> {
        let told = self.one(number, Kind::Gate, "").await?;
        told.map(|payload| json_of(&payload, "what the gate said")).transpose()
    }

    /// Takes a generation out: first that it is there, then the rest.
    pub(super) async fn remove(&self, number: u64) -> Result<(), StoreError> {
        let of = Condition::matches(GENERATION, as_integer(number));
        let itself = Condition::matches(KIND, Kind::Generation.name().to_owned());
        self.delete(Filter::must([of.clone(), itself])).await?;
        self.delete(Filter::must([of])).await
    }

    /// Takes out what belongs to no complete generation.
    pub(super) async fn clear_unfinished(&self, complete: &[u64]) -> Result<(), StoreError> {
        let complete: Vec<i64> = complete.iter().map(|number| as_integer(*number)).collect();
        let any = Condition::range(
            GENERATION,
            qdrant_client::qdrant::Range { gte: Some(0.0), ..Default::default() },
        );
        let filter = Filter {
            must: vec![any],
            must_not: match complete.is_empty() {
                true => Vec::new(),
                false => vec![Condition::matches(GENERATION, complete)],
            },
            ..Filter::default()
        };
        self.delete(filter).await
    }

    async fn delete(&self, filter: Filter) -> Result<(), StoreError> {
        let asked = DeletePoints {
            collection_name: self.name.clone(),
            wait: Some(true),
            points: Some(PointsSelector {
                points_selector_one_of: Some(PointsSelectorOneOf::Filter(filter)),
            }),
            ..DeletePoints::default()
        };
        let deleted = self.client.write(|node| {
            let asked = asked.clone();
            async move { node.delete_points(asked).await }
        });
        deleted.await.map(|_| ()).map_err(|trouble| trouble.told("a generation cannot be removed"))
    }
}

/// Indexes those of these fields that are not: whoever made the collection may have been killed before it came to them.
pub(super) async fn indexed(
    client: &Client,
    collection: &str,
    fields: &[(&str, FieldType)],
) -> Result<(), Trouble> {
    let about = client.write_there(|node| async move { node.collection_info(collection).await }).await?;
    let known = about.result.map(|info| info.payload_schema).unwrap_or_default();
    let missing = fields.iter().filter(|(field, _)| !known.contains_key(*field));
    let made = missing.map(|(field, kind)| index(client, collection, field, *kind));
    try_join_all(made).await.map(|_| ())
}

async fn index(client: &Client, collection: &str, field: &str, kind: FieldType) -> Result<(), Trouble> {
    let asked = CreateFieldIndexCollection {
        collection_name: collection.to_owned(),
        wait: Some(true),
        field_name: field.to_owned(),
        field_type: Some(kind.into()),
        ..CreateFieldIndexCollection::default()
    };
    let indexed = client.write_there(|node| {
        let asked = asked.clone();
        async move { node.create_field_index(asked).await }
    });
    indexed.await.map(|_| ())
}

fn id(number: u64, kind: Kind, key: &str) -> qdrant_client::qdrant::PointId {
    point(&[kind.name(), &number.to_string(), key])
}

/// A thing of a generation.
pub(super) fn made(number: u64, kind: Kind, key: &str, json: String) -> PointStruct {
    let payload = [
        (GENERATION, Value::from(as_integer(number))),
        (KIND, Value::from(kind.name())),
        (KEY, Value::from(key)),
        (JSON, Value::from(json)),
    ];
    PointStruct {
        id: Some(id(number, kind, key)),
        payload: payload.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
        vectors: Some(empty_vectors()),
    }
}

/// Writes are put in order by one of the replicas that live. The strong order, which is always by the same replica, would
/// let nobody write while its node is gone.
pub(super) fn by_one_leader() -> WriteOrdering {
    WriteOrdering { r#type: WriteOrderingType::Medium.into() }
}

/// A point that has no vector.
pub(super) fn empty_vectors() -> Vectors {
    Vectors { vectors_options: Some(vectors::VectorsOptions::Vectors(NamedVectors::default())) }
}

pub(super) fn json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Failed {
        context: "what is known of a generation cannot be told".into(),
        cause: error.to_string(),
    })
}

pub(super) fn json_of<T: DeserializeOwned>(
    payload: &HashMap<String, Value>,
    what: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text_of(payload, JSON)).map_err(|error| damaged(what, &error))
}

fn as_integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
