//! The rules in force: read anew when their file changes, all of it or nothing.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use siren_guard::{Guard, Names, Topics};

use crate::commands::Failure;

/// The file is looked at so often at most.
const EVERY: Duration = Duration::from_secs(1);

/// What tells that a file has changed.
type Stamp = Option<(SystemTime, u64)>;

/// What rules need to know beside their file.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) names: Names,
    pub(crate) topics: Arc<Topics>,
}

impl Default for Known {
    fn default() -> Self {
        Self { names: Names::default(), topics: Topics::built_in() }
    }
}

/// Rules that follow their file.
pub(crate) struct LiveGuard {
    file: Option<PathBuf>,
    known: Mutex<Known>,
    current: RwLock<Arc<Guard>>,
    looked: Mutex<(Instant, Stamp)>,
}

impl LiveGuard {
    /// The rules of a file, or the built-in ones.
    pub(crate) fn new(file: Option<PathBuf>, known: Known) -> Result<Self, Failure> {
        let stamp = file.as_deref().and_then(stamp);
        let guard = read(file.as_deref(), &known)?;
        let current = RwLock::new(Arc::new(guard));
        Ok(Self { file, known: Mutex::new(known), current, looked: Mutex::new((Instant::now(), stamp)) })
    }

    /// The rules in force now. Looks at the file now and then: a look costs microseconds.
    pub(crate) fn now(&self) -> Arc<Guard> {
        if let Some(path) = &self.file {
            let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
            if looked.0.elapsed() >= EVERY {
                looked.0 = Instant::now();
                let stamp = stamp(path);
                if stamp != looked.1 {
                    looked.1 = stamp;
                    // Why not is told in the log.
                    self.exchange().ok();
                }
            }
        }
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the file anew, changed or not.
    pub(crate) fn reload(&self) -> Result<(), Failure> {
        let Some(path) = &self.file else { return Ok(()) };
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        *looked = (Instant::now(), stamp(path));
        drop(looked);
        self.exchange()
    }

    /// Tells the rules which names there are; they are read anew when these are others than before.
    pub(crate) fn knows(&self, names: Names) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.names != names {
            known.names = names;
            drop(known);
            self.exchange().ok();
        }
    }

    /// A bad file leaves the old rules in force; why is told once for each state of the file.
    fn exchange(&self) -> Result<(), Failure> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match read(self.file.as_deref(), &known) {
            Ok(guard) => {
                tracing::info!(rules = guard.rules().len(), "the rules were read anew");
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(guard);
                Ok(())
            }
            Err(failure) => {
                tracing::error!("the old rules stay in force: {}", failure.message);
                Err(failure)
            }
        }
    }
}

fn stamp(path: &Path) -> Stamp {
    let meta = std::fs::metadata(path).ok()?;
    Some((meta.modified().ok()?, meta.len()))
}

/// Reads a rule file, or the built-in rules.
pub(crate) fn read(path: Option<&Path>, known: &Known) -> Result<Guard, Failure> {
    let topics = Arc::clone(&known.topics);
    let Some(path) = path else {
        return Guard::default_rules_with(&known.names, topics).map_err(Failure::usage);
    };
    let place = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!("{place}: the rule file cannot be read: {error}: check `guard.rules`"))
    })?;
    Guard::parse_with(&place.to_string(), &text, &known.names, topics).map_err(Failure::usage)
}

#[cfg(test)]
mod tests {
    use super::{Known, LiveGuard};

    fn rules(id: &str) -> String {
        format!(
            "schema = 2\n[[rule]]\nid = \"{id}\"\nfor = \"x\"\naction = \"refuse\"\nmatch = {{ any = [\"점심 메뉴\"] }}\nmessage = {{ ko = \"아니요\", en = \"no\" }}\n"
        )
    }

    #[test]
    fn a_bad_file_leaves_the_old_rules() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("rules.toml");
        std::fs::write(&file, rules("first"))?;
        let live = LiveGuard::new(Some(file.clone()), Known::default()).map_err(|failure| failure.message)?;
        let rule = || live.now().check("점심 메뉴 뭐야").rule;
        assert_eq!(rule().as_deref(), Some("first"));
        std::fs::write(&file, "schema = 2\n[[rule]]\nid = ")?;
        assert!(live.reload().is_err());
        assert_eq!(rule().as_deref(), Some("first"));
        std::fs::write(&file, rules("second"))?;
        assert!(live.reload().is_ok());
        assert_eq!(rule().as_deref(), Some("second"));
        std::fs::remove_file(&file)?;
        assert!(live.reload().is_err());
        assert_eq!(rule().as_deref(), Some("second"));
        Ok(())
    }
}
