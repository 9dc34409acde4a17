//! Settings and rules read anew while the server runs: all of them, or none and a line in the log that tells why.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use siren_domain::ports::{Reload, Reloaded};

use super::{Current, InForce};
use crate::commands::Failure;
use crate::settings::Effective;
use crate::wiring::Wiring;

/// Tables, and single settings, that are read once, when the server starts.
const AT_START: [&str; 11] = [
    "serve",
    "auth",
    "state",
    "store",
    "schedule",
    "telemetry.log",
    "telemetry.metrics",
    "telemetry.otlp_url",
    "telemetry.otlp_headers",
    "telemetry.otlp_timeout_s",
    "telemetry.sample",
];

/// Reads settings and rules anew.
pub(crate) struct Reloader {
    /// The settings file that was named, if one was.
    file: Option<PathBuf>,
    current: Arc<Current>,
    wiring: Mutex<Arc<Wiring>>,
}

impl Reloader {
    pub(crate) fn new(file: Option<PathBuf>, current: Arc<Current>, wiring: Wiring) -> Self {
        Self { file, current, wiring: Mutex::new(Arc::new(wiring)) }
    }

    /// The parts in force.
    pub(crate) fn wiring(&self) -> Arc<Wiring> {
        Arc::clone(&self.wiring.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn exchange(&self) -> Result<Reloaded, Failure> {
        let old = self.wiring();
        let settings = Effective::load(self.file.as_deref())?;
        let changed = old.settings.changed(&settings);
        let new = old.like(settings, old.state());
        let in_force = InForce::by(&new)?;
        // The last step that can fail; the ones behind it cannot.
        new.live_guard()?.reload()?;
        new.take_counts_by_settings();
        self.current.exchange(in_force);
        *self.wiring.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        let at_start = |key: &String| {
            let table = key.split_once('.').map_or(key.as_str(), |(table, _)| table);
            AT_START.contains(&table) || AT_START.contains(&key.as_str())
        };
        let (needs_restart, in_force) = changed.into_iter().partition(at_start);
        Ok(Reloaded { in_force, needs_restart })
    }
}

#[async_trait]
impl Reload for Reloader {
    async fn reload(&self) -> Result<Reloaded, String> {
        // Opening assets and rules takes its time.
        match tokio::task::block_in_place(|| self.exchange()) {
            Ok(reloaded) => {
                let (in_force, needs_restart) =
                    (reloaded.in_force.join(", "), reloaded.needs_restart.join(", "));
                tracing::info!(in_force, needs_restart, "settings and rules were read anew");
                Ok(reloaded)
            }
            Err(failure) => {
                tracing::error!("the old settings and the old rules stay in force: {}", failure.message);
                Err(failure.message)
            }
        }
    }
}
