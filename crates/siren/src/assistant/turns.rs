//! Whose turn is it on the processors?
//!
//! Any number of answers may wait for a model at a time. Looking passages up and choosing sentences is work for this
//! machine, and done for few at a time: what is begun ends quickly, and whoever would have to wait for long is told so.

use std::sync::Arc;
use std::time::Duration;

use siren_domain::AskError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Turns, in the order in which they are asked for.
#[derive(Clone)]
pub(crate) struct Turns {
    places: Option<Arc<Semaphore>>,
    wait: Duration,
}

/// One's turn, for as long as it is held.
pub(crate) struct Turn {
    _place: Option<OwnedSemaphorePermit>,
}

impl Turns {
    /// So many at a time; the others wait for so long at most.
    pub(crate) fn limited(places: usize, wait: Duration) -> Self {
        Self { places: Some(Arc::new(Semaphore::new(places))), wait }
    }

    /// Everybody's turn is now.
    pub(crate) fn free() -> Self {
        Self { places: None, wait: Duration::ZERO }
    }

    pub(super) async fn take(&self) -> Result<Turn, AskError> {
        let Some(places) = &self.places else { return Ok(Turn { _place: None }) };
        match tokio::time::timeout(self.wait, Arc::clone(places).acquire_owned()).await {
            Ok(Ok(place)) => Ok(Turn { _place: Some(place) }),
            _ => Err(AskError::Saturated),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_too_long_is_told() {
        let impatient = Turns::limited(1, Duration::from_millis(1));
        let first = impatient.take().await.ok();
        assert!(first.is_some());
        assert_eq!(impatient.take().await.err(), Some(AskError::Saturated));

        let patient = Turns::limited(1, Duration::from_secs(60));
        let first = patient.take().await.ok();
        let (second, ()) = tokio::join!(patient.take(), async move { drop(first) });
        assert!(second.is_ok(), "a turn that is given back in time");
        let free = Turns::free();
        assert!(free.take().await.is_ok() && free.take().await.is_ok());
    }
}
