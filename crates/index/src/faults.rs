//! What went wrong in a run: all of it is counted, and the first of each cause is listed.
//!
//! A source of a million files may have a million faults; a report of all of them would need more memory than the index,
//! and nobody would read it.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use siren_domain::Fault;

/// Faults that are listed at most, of each cause and of all.
const OF_A_CAUSE: usize = 100;
const OF_ALL: usize = 2_000;
/// Causes that are told apart: problems that quote their file are each a cause of their own.
const CAUSES: usize = 1_000;

/// Is shown every fault as it happens, also those that are only counted here.
pub type Witness = dyn Fn(&Fault) + Send + Sync;

/// What is wrong with items, each in the same way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
    /// Whether the items are indexed all the same.
    pub kept: bool,
    /// How often.
    pub count: usize,
}

/// The faults of a run.
#[derive(Clone, Default, Serialize)]
pub struct Faults {
    /// The first of each cause, in the order in which they happened.
    #[serde(rename = "faults")]
    listed: Vec<Fault>,
    /// The causes that were told apart, in the order in which they were met.
    #[serde(rename = "fault_causes")]
    causes: Vec<Cause>,
    #[serde(rename = "fault_count")]
    count: usize,
    #[serde(skip)]
    places: HashMap<Key, usize>,
    #[serde(skip)]
    witness: Option<Arc<Witness>>,
}

/// Problem, remedy, and whether the item is kept.
type Key = (String, String, bool);

impl Faults {
    /// None yet; each one that comes is shown to `witness`.
    pub(crate) fn shown_to(witness: Option<Arc<Witness>>) -> Self {
        Self { witness, ..Self::default() }
    }

    pub(crate) fn push(&mut self, fault: Fault) {
        if let Some(witness) = &self.witness {
            witness(&fault);
        }
        self.count += 1;
        let of_cause = self.count_cause(&fault);
        if self.listed.len() < OF_ALL && of_cause.is_some_and(|count| count <= OF_A_CAUSE) {
            self.listed.push(fault);
        }
    }

    /// How often this cause was met by now; none where it is not told apart.
    fn count_cause(&mut self, fault: &Fault) -> Option<usize> {
        let key = (fault.problem.clone(), fault.remedy.clone(), fault.kept);
        if let Some(cause) = self.places.get(&key).and_then(|at| self.causes.get_mut(*at)) {
            cause.count += 1;
            return Some(cause.count);
        }
        if self.causes.len() == CAUSES {
            return None;
        }
        let (problem, remedy, kept) = key.clone();
        self.places.insert(key, self.causes.len());
        self.causes.push(Cause { problem, remedy, kept, count: 1 });
        Some(1)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Those that are listed.
    pub fn listed(&self) -> &[Fault] {
        &self.listed
    }

    /// The causes that were told apart.
    pub fn causes(&self) -> &[Cause] {
        &self.causes
    }
}

impl Extend<Fault> for Faults {
    fn extend<T: IntoIterator<Item = Fault>>(&mut self, faults: T) {
        faults.into_iter().for_each(|fault| self.push(fault));
    }
}

impl PartialEq for Faults {
    fn eq(&self, other: &Self) -> bool {
        (self.count, &self.listed, &self.causes) == (other.count, &other.listed, &other.causes)
    }
}

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Faults")
            .field("count", &self.count)
            .field("listed", &self.listed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use siren_domain::Fault;

    use super::{CAUSES, Faults, OF_A_CAUSE, OF_ALL};

    fn fault(number: usize, problem: String) -> Fault {
        Fault {
            source: "s".into(),
            document: None,
            place: format!("{number}.md"),
            problem,
            remedy: "mend it".into(),
            kept: false,
        }
    }

    /// The count, how many are listed, and how many causes there are, of so many faults.
    fn told(faults: usize, problem: impl Fn(usize) -> String) -> (usize, usize, usize) {
        let shown = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&shown);
        let witness = move |_: &Fault| {
            counter.fetch_add(1, Ordering::Relaxed);
        };
        let mut all = Faults::shown_to(Some(Arc::new(witness)));
        all.extend((0..faults).map(|number| fault(number, problem(number))));
        assert_eq!(shown.load(Ordering::Relaxed), faults, "each one is shown");
        let counted: usize = all.causes().iter().map(|cause| cause.count).sum();
        assert!(counted <= all.count());
        assert_eq!(all.listed().first().map(|first| first.place.as_str()), (faults > 0).then_some("0.md"));
        (all.count(), all.listed().len(), all.causes().len())
    }

    #[test]
    fn all_are_counted_and_the_first_of_each_cause_are_listed() {
        let same = |_| "empty".to_owned();
        let own = |number| format!("{number} is bad");
        let few = |number: usize| format!("{} is bad", number % 50);
        assert_eq!(told(0, same), (0, 0, 0));
        assert_eq!(told(7, same), (7, 7, 1));
        assert_eq!(told(100_000, same), (100_000, OF_A_CAUSE, 1));
        assert_eq!(told(100_000, own), (100_000, CAUSES, CAUSES));
        assert_eq!(told(100_000, few), (100_000, OF_ALL, 50));
    }
}
