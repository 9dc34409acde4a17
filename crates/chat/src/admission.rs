//! How many answers are in the making? So many at once, so many waiting for a little while, and no more.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Limits;
use crate::error::ApiError;
use crate::telemetry::{self, Counted};

/// The right to have an answer made, for as long as it is held.
pub(crate) struct Admitted {
    _permit: OwnedSemaphorePermit,
    _slot: Counted,
}

impl Admitted {
    fn with(permit: OwnedSemaphorePermit) -> Self {
        Self { _permit: permit, _slot: Counted::up("siren_answer_slots_used") }
    }
}

/// The door to the assistant.
pub(crate) struct Admission {
    permits: Arc<Semaphore>,
    /// Places to wait in.
    queue: Semaphore,
    wait: Duration,
}

impl Admission {
    pub(crate) fn new(limits: &Limits) -> Self {
        let semaphore = |places: usize| Semaphore::new(places.min(Semaphore::MAX_PERMITS));
        Self {
            permits: Arc::new(semaphore(limits.concurrent_answers)),
            queue: semaphore(limits.queue_length),
            wait: limits.queue_wait,
        }
    }

    /// Lets a question in. Whoever finds the queue full is sent away at once
    /// (429), whoever waits in vain a little later (503): both are told when to come back.
    pub(crate) async fn admit(&self) -> Result<Admitted, ApiError> {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Ok(Admitted::with(permit));
        }
        let Ok(_place) = self.queue.try_acquire() else {
            tracing::warn!(code = "too_many_answers", "a question was sent away");
            telemetry::shed();
            return Err(ApiError::saturated());
        };
        match tokio::time::timeout(self.wait, Arc::clone(&self.permits).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Admitted::with(permit)),
            _ => {
                tracing::warn!(code = "queue_timeout", "a question waited in vain");
                telemetry::shed();
                Err(ApiError::waited_in_vain())
            }
        }
    }
}
