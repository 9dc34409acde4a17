//! What the application remembers: conversations, what people said of answers, jobs, who did what, what it cost, keys.
//!
//! No port here reads a clock: times come in, in milliseconds since 1970 by UTC. Only a lease is judged by the clock of
//! the store itself, since the clocks of two replicas may differ.

use std::time::Duration;

use async_trait::async_trait;

pub use crate::remembered::{
    ApiKey, AuditEntry, AuditQuery, Conversation, Feedback, FeedbackQuery, Job, JobProgress, JobState, Lease,
    Millis, NewJob, Session, Spent, StoredAnswer, Thumb, UsageRow,
};

/// Why the state cannot give or keep something, cut by what the caller does next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// It is not there, or not this asker's: tell the asker.
    #[error("there is no such thing")]
    NotFound,
    /// Somebody else has it by now: stop what was being done.
    #[error("{0}")]
    Lost(String),
    /// The store does not answer: try again later. The text is for the log.
    #[error("the application's state is unavailable: {0}")]
    Unavailable(String),
    /// What is kept cannot be read, or was made by a newer release: tell the operator.
    #[error("{0}")]
    Damaged(String),
}

/// What was asked and answered, by whom. Nobody sees what another one asked.
#[async_trait]
pub trait Conversations: Send + Sync {
    /// Keeps a new conversation.
    async fn begin(&self, conversation: &Conversation) -> Result<(), StateError>;

    /// Those of one owner, the one with the latest answer first.
    async fn list(&self, owner: &str, limit: usize, offset: usize) -> Result<Vec<Conversation>, StateError>;

    /// One of this owner.
    async fn get(&self, owner: &str, id: &str) -> Result<Conversation, StateError>;

    /// Gives it another title.
    async fn rename(&self, owner: &str, id: &str, title: &str) -> Result<(), StateError>;

    /// Deletes it with its answers and what was said of them, so that no trace is left in the store's own files.
    async fn delete(&self, owner: &str, id: &str) -> Result<(), StateError>;

    /// Its answers, oldest first, without what they were made from: that is much more than what was told.
    async fn answers(&self, owner: &str, id: &str) -> Result<Vec<StoredAnswer>, StateError>;

    /// The newest of its answers, oldest of them first, without what they were made from.
    async fn latest(&self, owner: &str, id: &str, limit: usize) -> Result<Vec<StoredAnswer>, StateError>;

    /// Keeps an answer. One that belongs to a conversation is [`StateError::NotFound`] where its owner has none of that
    /// id: it may have been deleted while the answer was in the making.
    async fn keep(&self, answer: &StoredAnswer) -> Result<(), StateError>;

    /// Keeps answers that belong to no conversation, all or none.
    async fn keep_all(&self, answers: &[StoredAnswer]) -> Result<(), StateError>;

    /// One answer, whoever asked.
    async fn answer(&self, id: &str) -> Result<StoredAnswer, StateError>;

    /// The same without what it was made from.
    async fn told(&self, id: &str) -> Result<StoredAnswer, StateError>;

    /// Answers that rest on no document although no rule gave them, newest first, without what they were made from.
    async fn unanswered(&self, limit: usize) -> Result<Vec<StoredAnswer>, StateError>;

    /// Deletes conversations whose last answer is older, and answers that belong to none and are older. Returns how many
    /// answers went.
    async fn prune(&self, before: Millis) -> Result<u64, StateError>;
}

/// What people say of answers.
#[async_trait]
pub trait Feedbacks: Send + Sync {
    /// Keeps it, in place of what the same person said of the same answer before.
    async fn put(&self, feedback: &Feedback) -> Result<(), StateError>;

    /// Newest first.
    async fn list(&self, query: &FeedbackQuery) -> Result<Vec<Feedback>, StateError>;
}

/// Work that goes on behind a request, on one of the replicas.
#[async_trait]
pub trait Jobs: Send + Sync {
    /// Notes a job that runs from now on under a lease.
    async fn begin(&self, job: &NewJob, lease: &Lease) -> Result<(), StateError>;

    /// One job.
    async fn get(&self, id: &str) -> Result<Job, StateError>;

    /// Newest first.
    async fn list(&self, limit: usize) -> Result<Vec<Job>, StateError>;

    /// How far it is. [`StateError::Lost`] when another lease has ended it: whoever runs it must stop.
    async fn progress(&self, id: &str, lease: &Lease, progress: &JobProgress) -> Result<(), StateError>;

    /// It has ended so, with what is to be told of it. [`StateError::Lost`] as above.
    async fn end(
        &self,
        id: &str,
        lease: &Lease,
        state: JobState,
        outcome: &str,
        at: Millis,
    ) -> Result<(), StateError>;

    /// Asks whoever runs it to stop. [`StateError::NotFound`] when it does not run.
    async fn ask_to_cancel(&self, id: &str) -> Result<(), StateError>;

    /// Ends what still seems to run under an earlier lease of the same name: its server is gone. Returns how many.
    async fn abandon(&self, lease: &Lease, at: Millis) -> Result<u64, StateError>;

    /// Deletes those that ended earlier. Returns how many went.
    async fn prune(&self, before: Millis) -> Result<u64, StateError>;
}

/// Who did what. Entries are added and read, never changed.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Adds entries, all or none.
    async fn add(&self, entries: &[AuditEntry]) -> Result<(), StateError>;

    /// Newest first, each with its number, which grows.
    async fn read(&self, query: &AuditQuery) -> Result<Vec<(u64, AuditEntry)>, StateError>;

    /// Deletes what is older. Returns how many entries went.
    async fn prune(&self, before: Millis) -> Result<u64, StateError>;
}

/// What answers cost, by who asked, day and model. A day is written `2026-11-30`.
#[async_trait]
pub trait Usage: Send + Sync {
    /// Adds to what was spent.
    async fn add(&self, principal: &str, day: &str, model: &str, spent: &Spent) -> Result<(), StateError>;

    /// What somebody has spent in a day, over all models.
    async fn spent(&self, principal: &str, day: &str) -> Result<Spent, StateError>;

    /// Everything since a day, by day, principal and model.
    async fn since(&self, day: &str) -> Result<Vec<UsageRow>, StateError>;

    /// Deletes what is before a day.
    async fn prune(&self, day: &str) -> Result<u64, StateError>;
}

/// Keys that programs show instead of a person's token.
#[async_trait]
pub trait ApiKeys: Send + Sync {
    /// Keeps a new key. [`StateError::Lost`] when there is one of that id.
    async fn put(&self, key: &ApiKey) -> Result<(), StateError>;

    /// One by its id, also when it is revoked or expired.
    async fn get(&self, id: &str) -> Result<ApiKey, StateError>;

    /// All, newest first.
    async fn list(&self) -> Result<Vec<ApiKey>, StateError>;

    /// It is not valid from then on. Revoking twice keeps the first time.
    async fn revoke(&self, id: &str, at: Millis) -> Result<(), StateError>;

    /// It was shown then.
    async fn used(&self, id: &str, at: Millis) -> Result<(), StateError>;

    /// Deletes those that have not been valid since then. Returns how many went.
    async fn prune(&self, before: Millis) -> Result<u64, StateError>;
}

/// Browsers that are signed in.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Keeps a new one. [`StateError::Lost`] when there is one of that hash.
    async fn begin(&self, session: &Session) -> Result<(), StateError>;

    /// One by the hash of what its browser shows, also when its time is up.
    async fn get(&self, hash: &str) -> Result<Session, StateError>;

    /// Whoever signed in has signed out. Ending what is not there changes nothing.
    async fn end(&self, hash: &str) -> Result<(), StateError>;

    /// Deletes those whose time is up. Returns how many went.
    async fn prune(&self, now: Millis) -> Result<u64, StateError>;
}

/// What servers have learnt and would otherwise learn anew: short texts by name. The last word counts.
#[async_trait]
pub trait Notes: Send + Sync {
    /// What was noted under a name; none if nothing was.
    async fn note(&self, name: &str) -> Result<Option<String>, StateError>;

    /// Notes it, in place of what was noted before.
    async fn take_note(&self, name: &str, text: &str) -> Result<(), StateError>;
}

/// The right to do something that only one replica may do at a time.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Takes the right for so long, if nobody has it; none if somebody has.
    async fn acquire(&self, name: &str, holder: &str, time: Duration) -> Result<Option<Lease>, StateError>;

    /// Keeps it for so long from now. [`StateError::Lost`] when it has run out and somebody else has taken it.
    async fn renew(&self, lease: &Lease, time: Duration) -> Result<(), StateError>;

    /// Gives it back. Giving back what was lost changes nothing.
    async fn release(&self, lease: &Lease) -> Result<(), StateError>;

    /// Who has it now.
    async fn held(&self, name: &str) -> Result<Option<Lease>, StateError>;
}

/// Everything that is remembered, in one place.
pub trait State:
    Conversations + Feedbacks + Jobs + AuditLog + Usage + ApiKeys + Sessions + Notes + Leases
{
}

impl<T: Conversations + Feedbacks + Jobs + AuditLog + Usage + ApiKeys + Sessions + Notes + Leases> State
    for T
{
}
