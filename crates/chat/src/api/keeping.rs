//! How are answers kept? Those of conversations before their asker is told that they are whole; all others behind the
//! request, a few at a time, so that no answer waits for a disk.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use siren_domain::ports::state::{Millis, State, StateError, StoredAnswer};
use siren_domain::ports::{Hints, Retrieved};
use siren_domain::remembered::Told;
use siren_domain::{Answer, Mended, Principal};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Answers that may wait to be kept; more are not kept.
const WAITING: usize = 256;

/// So many are kept at once at most.
const AT_ONCE: usize = 32;

/// At the end, so long is waited for the last of them.
const LAST: Duration = Duration::from_secs(5);

/// Keeps answers behind requests.
pub(crate) struct Keeper {
    sender: Mutex<Option<mpsc::Sender<StoredAnswer>>>,
    task: Mutex<Option<JoinHandle<()>>>,
    hints: Arc<dyn Hints>,
}

impl Keeper {
    pub(crate) fn start(state: Arc<dyn State>, hints: Arc<dyn Hints>) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        let task = tokio::spawn(keep(state, receiver));
        Self { sender: Mutex::new(Some(sender)), task: Mutex::new(Some(task)), hints }
    }

    /// Keeps an answer that belongs to no conversation.
    pub(crate) fn put(&self, id: &str, asker: &Principal, at: Millis, question: &str, answer: &Answer) {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(sender) = sender else { return };
        let Ok(place) = sender.try_reserve() else {
            tracing::warn!(id, code = "not_kept", "the state is too slow: an answer is not kept");
            return;
        };
        place.send(stored(self.hints.as_ref(), id, None, asker, at, question, answer));
    }

    /// Lets what waits be kept; nothing is taken on after that.
    pub(crate) async fn close(&self) {
        drop(self.sender.lock().unwrap_or_else(PoisonError::into_inner).take());
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task
            && tokio::time::timeout(LAST, task).await.is_err()
        {
            tracing::error!(code = "not_kept", "the last answers could not be kept in time");
        }
    }
}

async fn keep(state: Arc<dyn State>, mut receiver: mpsc::Receiver<StoredAnswer>) {
    let mut batch = Vec::with_capacity(AT_ONCE);
    while receiver.recv_many(&mut batch, AT_ONCE).await > 0 {
        if let Err(error) = state.keep_all(&batch).await {
            tracing::error!(%error, answers = batch.len(), code = "not_kept", "answers could not be kept");
        }
        batch.clear();
    }
}

/// What was found tells what was asked in words of its own.
fn mask_found(hints: &dyn Hints, found: &mut Retrieved) {
    found.looked_for = found.looked_for.as_ref().map(|question| hints.masked(question));
    found.mended.iter_mut().for_each(|mended| mask_mended(hints, mended));
    found.parts.iter_mut().for_each(|part| part.question = hints.masked(&part.question));
    found.absent.iter_mut().for_each(|name| *name = hints.masked(name));
}

fn mask_mended(hints: &dyn Hints, mended: &mut Mended) {
    mended.typed = hints.masked(&mended.typed);
    mended.meant = hints.masked(&mended.meant);
}

/// An answer as it is kept: what was typed without personal data, the passages as they are.
pub(crate) fn stored(
    hints: &dyn Hints,
    id: &str,
    conversation: Option<&str>,
    asker: &Principal,
    at: Millis,
    question: &str,
    answer: &Answer,
) -> StoredAnswer {
    let basis = answer.basis.as_deref().cloned().map(|mut basis| {
        basis.typed = hints.masked(&basis.typed);
        basis.asked = hints.masked(&basis.asked);
        mask_found(hints, Arc::make_mut(&mut basis.found));
        basis
    });
    let mut told = Told::of(answer);
    told.readers = Some(match &answer.basis {
        Some(basis) => basis.found.readers(),
        // A rule may have told what only these groups are told.
        None => asker.groups.iter().map(|group| vec![group.clone()]).collect(),
    });
    if let Some(understood) = &mut told.understood {
        understood.standalone = hints.masked(&understood.standalone);
        understood.mended.iter_mut().for_each(|mended| mask_mended(hints, mended));
        understood.parts.iter_mut().for_each(|part| *part = hints.masked(part));
        understood.absent.iter_mut().for_each(|name| *name = hints.masked(name));
    }
    told.verdict.evidence = told.verdict.evidence.iter().map(|words| hints.masked(words)).collect();
    StoredAnswer {
        id: id.to_owned(),
        conversation: conversation.map(str::to_owned),
        owner: asker.name.clone(),
        at,
        question: hints.masked(question),
        told,
        basis,
    }
}

/// Tells a state's failure in the log, and whether it went well.
pub(crate) fn went_well(id: &str, kept: Result<(), StateError>) -> bool {
    match kept {
        Ok(()) => true,
        Err(StateError::NotFound) => false,
        Err(error) => {
            tracing::error!(id, %error, code = "not_kept", "an answer could not be kept");
            false
        }
    }
}
