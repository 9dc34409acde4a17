//! Calls to Qdrant: which node is asked, for how long, and what a failure means.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use qdrant_client::{Qdrant, QdrantError};
use siren_domain::ports::StoreError;
use tokio::sync::OnceCell;

use super::QdrantSettings;

/// The first wait before a write is tried again; it doubles.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// So long is waited for further answers of nodes once one has answered.
const GRACE: Duration = Duration::from_millis(500);
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
        self.asked(|at| self.read_at(at, &call), false).await
    }

    /// The same of a collection that is known to be there: a node that has only just come back, or that heard nothing since
    /// its disk is full, may not know it.
    pub(super) async fn read_there<T, F>(&self, call: impl Fn(Arc<Qdrant>) -> F) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, QdrantError>>,
    {
        self.asked(|at| self.read_at(at, &call), true).await
    }

    async fn asked<T, F>(&self, ask: impl Fn(usize) -> F, is_there: bool) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, Trouble>>,
    {
        let first = self.preferred.load(Ordering::Relaxed);
        let mut last = Trouble::Unanswered("no node is named".into());
        for turn in 0..self.nodes.len() {
            let at = (first + turn) % self.nodes.len();
            match ask(at).await {
                Err(Trouble::Unanswered(cause)) => last = Trouble::Unanswered(cause),
                Err(Trouble::Gone) if is_there => last = Trouble::Gone,
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

    /// A question to all nodes at once: of what they answer, that which has the most of what `grows`. Who knows more than the
    /// node that is asked first is asked first from now on: that one may be cut off, or hear nothing since its disk is full.
    pub(super) async fn newest<T, F, K: Ord>(
        &self,
        call: impl Fn(Arc<Qdrant>) -> F,
        grows: impl Fn(&T) -> K,
    ) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, QdrantError>>,
    {
        self.newest_of(|at| self.read_at(at, &call), grows).await
    }

    async fn newest_of<T, F, K: Ord>(
        &self,
        ask: impl Fn(usize) -> F,
        grows: impl Fn(&T) -> K,
    ) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, Trouble>>,
    {
        let first = self.preferred.load(Ordering::Relaxed) % self.nodes.len().max(1);
        let numbered = |at: usize| ask(at).map(move |answer| (at, answer));
        let mut answers: FuturesUnordered<_> = (0..self.nodes.len()).map(numbered).collect();
        let mut last = Trouble::Unanswered("no node is named".into());
        let mut best: Option<(K, bool, usize, T)> = None;
        // One that hangs holds nobody up once another one has answered.
        while let Some((at, answer)) = match &best {
            None => answers.next().await,
            Some(_) => tokio::time::timeout(GRACE, answers.next()).await.unwrap_or_default(),
        } {
            match answer {
                Ok(answer) => {
                    let (grown, is_first) = (grows(&answer), at == first);
                    if best.as_ref().is_none_or(|(most, was, ..)| (&grown, is_first) > (most, *was)) {
                        best = Some((grown, is_first, at, answer));
                    }
                }
                Err(trouble) => last = trouble,
            }
        }
        let Some((_, is_first, at, answer)) = best else { return Err(last) };
        if !is_first {
            tracing::warn!("Qdrant: another node knows more");
            self.preferred.store(at, Ordering::Relaxed);
        }
        Ok(answer)
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
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::{Client, Trouble, is_new_enough};
    use crate::qdrant::QdrantSettings;

    fn client(nodes: usize) -> Client {
        let second = Duration::from_secs(1);
        let settings = QdrantSettings {
            nodes: vec!["http://127.0.0.1:1".into(); nodes],
            api_key: None,
            prefix: "p".into(),
            connect_timeout: second,
            timeout: second,
            patience: second,
            settle: second,
            shards: 1,
            replicas: 1,
            write_consistency: 1,
            on_disk: false,
            quantised: false,
            exact: false,
            batch: 1,
            in_flight: 1,
        };
        let client = Client::new(&settings).unwrap();
        client.preferred.store(0, Ordering::Relaxed);
        client
    }

    /// What the nodes say, and which of them is asked first; what is told, and who is asked first from then on.
    #[tokio::test]
    async fn who_knows_most_is_believed() {
        let cases: [(&[&str], usize, &str); 7] = [
            (&["5", "7", "6"], 0, "7 1"),
            (&["7", "5", "6"], 0, "7 0"),
            (&["7", "7", "6"], 1, "7 1"),
            (&["mute", "5", "5"], 1, "5 1"),
            (&["gone", "5", "7"], 0, "7 2"),
            (&["gone", "gone"], 0, "gone 0"),
            (&["mute", "mute"], 1, "mute 1"),
        ];
        for (nodes, first, expected) in cases {
            let client = client(nodes.len());
            client.preferred.store(first, Ordering::Relaxed);
            let say = |at: usize| std::future::ready(said(nodes[at]));
            let told = client.newest_of(say, |answer| *answer).await;
            let first = client.preferred.load(Ordering::Relaxed);
            assert_eq!(format!("{} {first}", short(&told)), expected, "{nodes:?}");
        }
    }

    fn said(word: &str) -> Result<&str, Trouble> {
        match word {
            "gone" => Err(Trouble::Gone),
            "mute" => Err(Trouble::Unanswered(String::new())),
            answer => Ok(answer),
        }
    }

    fn short<'a>(told: &Result<&'a str, Trouble>) -> &'a str {
        match told {
            Ok(answer) => answer,
            Err(Trouble::Gone) => "gone",
            Err(_) => "mute",
        }
    }

    /// What the nodes say, the first that is asked first, as `gone`, `mute` or an answer; what is told, and how many were
    /// asked: of anything, then of what is known to be there.
    #[tokio::test]
    async fn another_node_may_know_more() {
        let cases: [(&[&str], &str, &str); 5] = [
            (&["a", "b"], "a 1", "a 1"),
            (&["mute", "b"], "b 2", "b 2"),
            (&["gone", "b"], "gone 1", "b 2"),
            (&["mute", "gone", "c"], "gone 2", "c 3"),
            (&["gone", "gone"], "gone 1", "gone 2"),
        ];
        for (nodes, anything, there) in cases {
            for (is_there, expected) in [(false, anything), (true, there)] {
                let (client, asked) = (client(nodes.len()), AtomicUsize::new(0));
                let say = |_| std::future::ready(said(nodes[asked.fetch_add(1, Ordering::Relaxed)]));
                let told = client.asked(say, is_there).await;
                assert_eq!(
                    format!("{} {}", short(&told), asked.load(Ordering::Relaxed)),
                    expected,
                    "{nodes:?} {is_there}"
                );
            }
        }
    }

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
