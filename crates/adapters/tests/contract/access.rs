//! Nobody finds what no group of theirs may read, whatever changed before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use siren_domain::DocumentId;
use tokio::runtime::Runtime;

use super::Both;
use super::sample::{Doc, doc, identity, query};

const NAMES: u8 = 6;
const GROUPS: [&str; 4] = ["all", "hr", "lab", "board"];

/// A change: the document of this name is written for these groups, or removed.
type Change = (u8, Option<BTreeSet<usize>>);

fn groups() -> impl Strategy<Value = BTreeSet<usize>> {
    prop::collection::btree_set(0..GROUPS.len(), 1..3)
}

fn named(groups: &BTreeSet<usize>) -> Vec<String> {
    groups.iter().map(|at| GROUPS[*at].to_owned()).collect()
}

/// Each list of changes makes a generation upon the one before; then askers of all kinds look for everything. `fresh`
/// gives an empty store, and what goes away with it.
pub(crate) fn only_what_one_may_read<F>(
    fresh: impl Fn() -> (F, Arc<dyn Both>),
    cases: u32,
    runtime: &Runtime,
) {
    let change = (0..NAMES, prop::option::weighted(0.8, groups()));
    let changes = prop::collection::vec(prop::collection::vec(change, 1..6), 1..4);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let law = |(generations, askers): (Vec<Vec<Change>>, Vec<BTreeSet<usize>>)| {
        let (_folder, store) = fresh();
        let mut held: BTreeMap<u8, BTreeSet<usize>> = BTreeMap::new();
        let mut base = None;
        for changes in &generations {
            base = Some(runtime.block_on(changed(&*store, base, changes, &mut held)));
            for asker in &askers {
                runtime.block_on(finds_only(&*store, asker, &held))?;
            }
        }
        Ok(())
    };
    runner.run(&(changes, prop::collection::vec(groups(), 1..4)), law).unwrap();
}

/// Makes the next generation live.
async fn changed(
    store: &dyn Both,
    base: Option<u64>,
    changes: &[Change],
    held: &mut BTreeMap<u8, BTreeSet<usize>>,
) -> u64 {
    let mut writer = store.begin(base).await.unwrap();
    for (name, change) in changes {
        let id = name.to_string();
        match change {
            Some(groups) => {
                let doc = Doc { groups: named(groups), ..doc(&id, &["secret t", "t"]) };
                doc.put(&mut *writer).await.unwrap();
                held.insert(*name, groups.clone());
            }
            None => {
                writer.remove(&DocumentId::from_text(&id)).await.unwrap();
                held.remove(name);
            }
        }
    }
    let number = writer.finish(identity()).await.unwrap().number;
    store.promote(number).await.unwrap();
    number
}

async fn finds_only(
    store: &dyn Both,
    asker: &BTreeSet<usize>,
    held: &BTreeMap<u8, BTreeSet<usize>>,
) -> Result<(), TestCaseError> {
    let may_read: BTreeSet<String> = held
        .iter()
        .filter(|(_, groups)| !groups.is_disjoint(asker))
        .map(|(name, _)| name.to_string())
        .collect();
    let mut query = query("secret t");
    query.groups = named(asker);
    let found = store.search(&query).await.unwrap();
    let found: BTreeSet<String> = found.hits.iter().map(|hit| hit.chunk.document.id.to_string()).collect();
    prop_assert_eq!(&found, &may_read, "searched");
    let all: Vec<DocumentId> = (0..NAMES).map(|name| DocumentId::from_text(name.to_string())).collect();
    let chunks = store.passages(&all, &named(asker)).await.unwrap();
    let read: BTreeSet<String> = chunks.iter().map(|chunk| chunk.document.id.to_string()).collect();
    prop_assert_eq!(&read, &may_read, "read by name");
    Ok(())
}
