//! Calls to Qdrant: which node is asked, for how long, and what a failure means.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use qdrant_client::{Qdrant, QdrantError};
use siren_domain::ports::StoreError;
use tokio::sync::OnceCell;

use super::QdrantSettings;

/// The first wait before a write is tried again; it doubles.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A write waits so small a part of all patience for one node.
const TURNS: u32 = 3;

/// The oldest Qdrant that may be written to: those before pass over the condition of a conditional update, by which the
/// right to write is taken, and several processes would write at once.
const OLDEST: [u32; 2] = [1, 16];

/// Why a call failed, cut by what is done next.
#[derive(Debug)]
pub(super) enum Trouble {
    /// There is no such collection (any more).
    Gone,
    /// Nobody answered in time: later, or another node, may.
    Unanswered(String),
    /// It will not work however often it is tried.
    Refused(String),
}

impl Trouble {
    /// For the caller of a port.
    pub(super) fn told(self, what: &str) -> StoreError {
        let cause = match self {
            Self::Gone => "there is no such collection".to_owned(),
            Self::Unanswered(cause) | Self::Refused(cause) => cause,
        };
        StoreError::Failed { context: format!("Qdrant: {what}"), cause }
    }
}

/// Codes of gRPC, as numbers: what names them is another crate's.
mod code {
    pub(super) const NOT_FOUND: i32 = 5;
    pub(super) const PERMISSION_DENIED: i32 = 7;
    pub(super) const UNAUTHENTICATED: i32 = 16;
    /// Invalid argument, already exists, precondition, out of range, unimplemented.
    pub(super) const FINAL: [i32; 5] = [3, 6, 9, 11, 12];
}

fn trouble(error: QdrantError) -> Trouble {
    let status = match error {
        QdrantError::ResponseError { status } | QdrantError::ResourceExhaustedError { status, .. } => status,
        other => return Trouble::Refused(other.to_string()),
    };
    let told = status.message().to_owned();
    match i32::from(status.code()) {
        code::NOT_FOUND => Trouble::Gone,
        code::UNAUTHENTICATED | code::PERMISSION_DENIED => {
            Trouble::Refused(format!("{told}: look at `store.api_key`"))
        }
        code if code::FINAL.contains(&code) => Trouble::Refused(told),
        _ => Trouble::Unanswered(told),
    }
}

/// A node of the cluster, with a connection for reads and one for writes, which may take longer.
struct Node {
    reads: Arc<Qdrant>,
    writes: Arc<Qdrant>,
}

/// A Qdrant, of one node or several.
pub(super) struct Client {
    nodes: Vec<Node>,
    /// The node that answered last.
    preferred: AtomicUsize,
    /// Set once a node has told a version that may be written to.
    new_enough: OnceCell<()>,
    timeout: Duration,
    patience: Duration,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("nodes", &self.nodes.len()).finish_non_exhaustive()
    }
}

impl Client {
    /// Opens nothing yet.
    pub(super) fn new(settings: &QdrantSettings) -> Result<Self, StoreError> {
        let connection = |url: &str, timeout: Duration| {
            let mut config = Qdrant::from_url(url).skip_compatibility_check().timeout(timeout);
            config.set_connect_timeout(settings.connect_timeout);
            config.api_key = settings.api_key.as_ref().map(|key| key.expose().to_owned());
            config.build().map(Arc::new).map_err(|error| StoreError::Failed {
                context: format!("`store.url`: {url} is no address of a Qdrant"),
                cause: error.to_string(),
            })
        };
        let node = |url: &String| {
            Ok(Node {
                reads: connection(url, settings.timeout)?,
                writes: connection(url, settings.patience)?,
            })
        };
        let nodes: Vec<Node> = settings.nodes.iter().map(node).collect::<Result<_, StoreError>>()?;
        // Replicas of one process each begin with another node.
        let first = std::process::id() as usize % nodes.len().max(1);
        Ok(Self {
            nodes,
            preferred: AtomicUsize::new(first),
            new_enough: OnceCell::new(),
            timeout: settings.timeout + settings.connect_timeout,
            patience: settings.patience,
        })
    }

    /// Whether this Qdrant may be written to. It is asked once.
    pub(super) async fn is_new_enough(&self) -> Result<(), StoreError> {
        let asked = || async {
            let about = self.read(|node| async move { node.health_check().await }).await;
            is_new_enough(&about.map_err(|trouble| trouble.told("its version is unknown"))?.version)
        };
        self.new_enough.get_or_try_init(asked).await.copied()
    }

    /// A question: asked of one node after another, each once.
    pub(super) async fn read<T, F>(&self, call: impl Fn(Arc<Qdrant>) -> F) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, QdrantError>>,
    {
        let first = self.preferred.load(Ordering::Relaxed);
        let mut last = Trouble::Unanswered("no node is named".into());
        for turn in 0..self.nodes.len() {
            let at = (first + turn) % self.nodes.len();
            match self.read_at(at, &call).await {
                Err(Trouble::Unanswered(cause)) => last = Trouble::Unanswered(cause),
                answered => {
                    if turn > 0 {
                        tracing::warn!("Qdrant: another node answers now");
                        self.preferred.store(at, Ordering::Relaxed);
                    }
                    return answered;
                }
            }
        }
        Err(last)
    }

    /// How many nodes are named.
    pub(super) fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// A question to one node.
    pub(super) async fn read_at<T, F>(&self, at: usize, call: impl Fn(Arc<Qdrant>) -> F) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, QdrantError>>,
    {
        bounded(self.timeout, call(Arc::clone(&self.nodes[at].reads))).await
    }

    /// A write that may be done twice: tried again, at other nodes too, until patience is over.
    pub(super) async fn write<T, F>(&self, call: impl Fn(Arc<Qdrant>) -> F) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, QdrantError>>,
    {
        self.tried(call, false).await
    }

    /// The same with a collection that is known to be there: a node that has only just come back may not know it yet.
    pub(super) async fn write_there<T, F>(&self, call: impl Fn(Arc<Qdrant>) -> F) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, QdrantError>>,
    {
        self.tried(call, true).await
    }

    async fn tried<T, F>(&self, call: impl Fn(Arc<Qdrant>) -> F, is_there: bool) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, QdrantError>>,
    {
        let began = Instant::now();
        let (mut pause, mut at) = (PAUSE, self.preferred.load(Ordering::Relaxed));
        loop {
            let node = &self.nodes[at % self.nodes.len().max(1)];
            // One that hangs must not use up the patience of all.
            let turn = (self.patience / TURNS).max(self.timeout);
            let done = match bounded(turn, call(Arc::clone(&node.writes))).await {
                Err(Trouble::Gone) if is_there => {
                    Err(Trouble::Unanswered("a node does not know the collection yet".into()))
                }
                done => done,
            };
            match done {
                Err(Trouble::Unanswered(cause)) if began.elapsed() + pause < self.patience => {
                    tracing::warn!("Qdrant: a write is tried again: {cause}");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    at += 1;
                }
                done => return done,
            }
        }
    }
}

fn is_new_enough(version: &str) -> Result<(), StoreError> {
    let mut numbers = version.trim_start_matches('v').split(['.', '-', '+']).map(str::parse::<u32>);
    let told = [numbers.next(), numbers.next()].map(|number| number.and_then(Result::ok));
    if matches!(told, [Some(major), Some(minor)] if [major, minor] >= OLDEST) {
        return Ok(());
    }
    let [major, minor] = OLDEST;
    Err(StoreError::Failed {
        context: format!("this Qdrant is of version {version:?}, and {major}.{minor} or newer is needed"),
        cause: "an older one would let several processes write at once".into(),
    })
}

async fn bounded<T>(
    limit: Duration,
    call: impl Future<Output = Result<T, QdrantError>>,
) -> Result<T, Trouble> {
    match tokio::time::timeout(limit, call).await {
        Ok(done) => done.map_err(trouble),
        Err(_) => Err(Trouble::Unanswered(format!("no answer within {} s", limit.as_secs()))),
    }
}

#[cfg(test)]
mod tests {
    use super::is_new_enough;

    #[test]
    fn an_old_qdrant_is_told() {
        let cases = [
            ("1.16.0", true),
            ("v1.16.3", true),
            ("1.17.0-dev", true),
            ("2.0", true),
            ("1.15.9", false),
            ("0.99.1", false),
            ("1", false),
            ("", false),
            ("unknown", false),
        ];
        for (version, fits) in cases {
            let told = is_new_enough(version);
            assert_eq!(told.is_ok(), fits, "{version}: {told:?}");
            if let Err(error) = told {
                let told = error.to_string();
                assert!(told.contains(version) && told.contains("1.16"), "{told}");
            }
        }
    }
}
