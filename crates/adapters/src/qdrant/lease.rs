//! The right to write, which one process has at a time.
//!
//! It is a point of the meta collection that names its holder and counts the holder's beats. Qdrant replaces it only where
//! it still is what was read before (a conditional update, ordered by one leader), so of two that reach for it one gets it. A
//! holder whose beats stop is taken to be dead. How long they have stopped is measured by the clock of the process that
//! waits, from what it has seen itself: no two clocks are ever compared.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use qdrant_client::Qdrant;
use qdrant_client::qdrant::{
    Condition, Filter, GetPoints, GetResponse, PointStruct, UpsertPoints, Value, WithPayloadSelector,
    with_payload_selector,
};
use siren_domain::ports::StoreError;

use super::client::{Client, Trouble};
use super::meta::{KIND, by_one_leader, empty_vectors};
use super::names::{Names, point};
use super::points::text_of;

const LEASE: &str = "lease";
const HOLDER: &str = "holder";
const BEAT: &str = "beat";
/// Nobody.
const FREE: &str = "";
const PERIOD: Duration = Duration::from_secs(2);
/// A holder that has not moved for so long is dead.
const DEAD: Duration = Duration::from_secs(12);
/// How often a waiting process looks.
const LOOK: Duration = Duration::from_millis(200);

/// The right to write, held until it is given back, dropped or lost.
pub(super) struct Lease {
    place: Arc<Place>,
    holder: String,
    lost: Arc<AtomicBool>,
    beats: tokio::task::JoinHandle<()>,
    given_back: bool,
}

impl std::fmt::Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lease").field("holder", &self.holder).finish_non_exhaustive()
    }
}

/// Where the lease of an index lies.
struct Place {
    client: Arc<Client>,
    meta: String,
}

/// Who held it when somebody looked.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    holder: String,
    beat: i64,
}

fn seen_in(found: &GetResponse) -> Option<Seen> {
    found.result.first().map(|point| Seen {
        holder: text_of(&point.payload, HOLDER).to_owned(),
        beat: point.payload.get(BEAT).and_then(Value::as_integer).unwrap_or_default(),
    })
}

impl Place {
    /// Beats only grow: the node that has heard the most of them is right.
    async fn look(&self) -> Result<Option<Seen>, Trouble> {
        let asked = GetPoints {
            collection_name: self.meta.clone(),
            ids: vec![point(&[LEASE])],
            with_payload: Some(WithPayloadSelector {
                selector_options: Some(with_payload_selector::SelectorOptions::Enable(true)),
            }),
            ..GetPoints::default()
        };
        let call = |node: Arc<Qdrant>| {
            let asked = asked.clone();
            async move { node.get_points(asked).await }
        };
        let found = self.client.newest(call, |found| seen_in(found).map(|seen| seen.beat)).await?;
        Ok(seen_in(&found))
    }

    /// Puts `new` in place if `expected` is still there, or nothing is; tells what is there afterwards.
    async fn swap(&self, expected: &Seen, new: &Seen) -> Result<Option<Seen>, Trouble> {
        let payload = [
            (KIND, Value::from(LEASE)),
            (HOLDER, Value::from(new.holder.clone())),
            (BEAT, Value::from(new.beat)),
        ];
        let swap = UpsertPoints {
            collection_name: self.meta.clone(),
            wait: Some(true),
            points: vec![PointStruct {
                id: Some(point(&[LEASE])),
                payload: payload.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
                vectors: Some(empty_vectors()),
            }],
            ordering: Some(by_one_leader()),
            update_filter: Some(Filter::must([
                Condition::matches(HOLDER, expected.holder.clone()),
                Condition::matches(BEAT, expected.beat),
            ])),
            ..UpsertPoints::default()
        };
        let swapped = self.client.write(|node| {
            let swap = swap.clone();
            async move { node.upsert_points(swap).await }
        });
        swapped.await?;
        self.look().await
    }
}

impl Lease {
    /// Takes it, if it is free or its holder is dead.
    pub(super) async fn take(client: Arc<Client>, names: &Names) -> Result<Self, StoreError> {
        let place = Arc::new(Place { client, meta: names.meta() });
        let failed = |trouble: Trouble| trouble.told("the right to write cannot be taken");
        let holder = format!("process {} since {}", std::process::id(), own_name());
        let mut since = Instant::now();
        let mut before: Option<Seen> = None;
        loop {
            let seen = place.look().await.map_err(failed)?;
            let free = seen.as_ref().is_none_or(|seen| seen.holder == FREE);
            if free || (seen == before && since.elapsed() >= DEAD) {
                let expected = seen.unwrap_or(Seen { holder: FREE.into(), beat: 0 });
                let mine = Seen { holder: holder.clone(), beat: expected.beat + 1 };
                let now = place.swap(&expected, &mine).await.map_err(failed)?;
                if now.is_some_and(|now| now.holder == holder) {
                    return Ok(Self::beating(place, mine));
                }
                (before, since) = (None, Instant::now());
            } else if before.as_ref().is_some_and(|before| {
                seen.as_ref().is_some_and(|seen| seen.holder == before.holder && seen.beat != before.beat)
            }) {
                let told = seen.map(|seen| seen.holder).unwrap_or_default();
                return Err(StoreError::Busy(format!(
                    "another process is writing this index ({told}): wait until it is done"
                )));
            } else if before != seen {
                (before, since) = (seen, Instant::now());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn beating(place: Arc<Place>, mine: Seen) -> Self {
        let lost = Arc::new(AtomicBool::new(false));
        let beats = tokio::spawn(beat(Arc::clone(&place), mine.clone(), Arc::clone(&lost)));
        Self { place, holder: mine.holder, lost, beats, given_back: false }
    }

    /// Whether it is still ours: a process that was stopped for long may find that it is not.
    pub(super) async fn is_held(&self) -> Result<(), StoreError> {
        let seen =
            self.place.look().await.map_err(|trouble| trouble.told("the right to write is unknown"))?;
        let ours = seen.is_some_and(|seen| seen.holder == self.holder);
        if ours && !self.lost.load(Ordering::Relaxed) {
            return Ok(());
        }
        Err(StoreError::Busy("another process has taken over writing this index: start again".into()))
    }

    /// Gives it back; the next one need not wait.
    pub(super) async fn give_back(mut self) {
        self.given_back = true;
        self.beats.abort();
        release(&self.place, &self.holder).await;
    }
}

impl Lease {
    /// Lets go of it where there is nothing left to give back.
    pub(super) fn forget(mut self) {
        self.given_back = true;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.beats.abort();
        if self.given_back {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (place, holder) = (Arc::clone(&self.place), std::mem::take(&mut self.holder));
            runtime.spawn(async move { release(&place, &holder).await });
        }
    }
}

/// Who does not get to say so is taken to be dead, a little later.
async fn release(place: &Place, holder: &str) {
    let Ok(Some(seen)) = place.look().await else { return };
    if seen.holder == holder {
        let free = Seen { holder: FREE.into(), beat: seen.beat + 1 };
        let _freed_or_dead = place.swap(&seen, &free).await;
    }
}

async fn beat(place: Arc<Place>, mut mine: Seen, lost: Arc<AtomicBool>) {
    let mut heard = Instant::now();
    loop {
        tokio::time::sleep(PERIOD).await;
        let next = Seen { beat: mine.beat + 1, ..mine.clone() };
        match place.swap(&mine, &next).await {
            Ok(Some(now)) if now.holder == mine.holder => {
                mine = now;
                heard = Instant::now();
            }
            Ok(_) => break lost.store(true, Ordering::Relaxed),
            Err(_) if heard.elapsed() >= DEAD => break lost.store(true, Ordering::Relaxed),
            Err(_) => {}
        }
    }
}

/// The time for people, and enough of chance that no two processes have the same name.
fn own_name() -> String {
    use std::hash::{BuildHasher, Hasher};
    let chance = std::collections::hash_map::RandomState::new().build_hasher().finish();
    format!("{} ({chance:016x})", jiff::Timestamp::now())
}
