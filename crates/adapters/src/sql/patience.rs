//! How long a database is still waited for.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::files::Trouble;

/// Time that is left for waiting. It passes only while something is waited for.
pub(super) struct Patience {
    whole: Duration,
    left: Duration,
}

impl Patience {
    pub(super) fn new(whole: Duration) -> Self {
        Self { whole, left: whole }
    }

    /// Waits until the work is done or patience is at its end.
    pub(super) async fn wait<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Trouble> {
        let began = Instant::now();
        let done = timeout(self.left, work).await;
        self.left = self.left.saturating_sub(began.elapsed());
        done.map_err(|_| self.ended())
    }

    /// What to tell when it is at its end.
    pub(super) fn ended(&self) -> Trouble {
        Trouble::new(
            format!("the query was stopped: the database took longer than {} s", self.whole.as_secs_f64()),
            "make `query` quicker, or raise `timeout_s` of this source",
        )
    }
}
