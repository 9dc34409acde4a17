//! Real Qdrant nodes, started by the test that needs them: on loopback, on free ports, in a folder that goes away.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::environment::server;
use crate::http;
use crate::process::{Running, signal, wait_for};

/// The program's path (`SIREN_TEST_QDRANT`); skipped and required as a server.
pub fn binary(journey: &str) -> Option<PathBuf> {
    server("SIREN_TEST_QDRANT", journey).map(PathBuf::from)
}

/// One Qdrant process, killed when the test is over.
#[derive(Debug)]
pub struct Node {
    binary: PathBuf,
    folder: TempDir,
    http: u16,
    grpc: u16,
    peers: u16,
    arguments: Vec<String>,
    more: Vec<(String, String)>,
    running: Option<Running>,
}

impl Node {
    /// A node that is a whole Qdrant; none where there is no program.
    pub fn alone(journey: &str) -> Option<Self> {
        let mut node =
            Self::new(binary(journey)?, Vec::new(), tempfile::tempdir().expect("a temporary folder"));
        node.start();
        Some(node)
    }

    /// A node that talks by TLS alone, and to nobody without the key; none where there is no program.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn guarded(key: &str, journey: &str) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut node = Self::new(binary(journey)?, Vec::new(), folder);
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
        let secret = node.folder.path().join("key.pem");
        std::fs::write(node.certificate(), made.cert.pem()).expect("a new file");
        std::fs::write(&secret, made.signing_key.serialize_pem()).expect("a new file");
        let settings = [
            ("SERVICE__ENABLE_TLS", "true".to_owned()),
            ("SERVICE__API_KEY", key.to_owned()),
            ("TLS__CERT", node.certificate().display().to_string()),
            ("TLS__KEY", secret.display().to_string()),
        ];
        node.more = settings.map(|(name, value)| (format!("QDRANT__{name}"), value)).to_vec();
        node.begin();
        let address = ("127.0.0.1", node.grpc);
        wait_for("a Qdrant node", || std::net::TcpStream::connect(address).ok());
        Some(node)
    }

    /// The certificate of a node that talks by TLS.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    fn new(binary: PathBuf, arguments: Vec<String>, folder: TempDir) -> Self {
        let [http, grpc, peers] = free_ports();
        Self { binary, folder, http, grpc, peers, arguments, more: Vec::new(), running: None }
    }

    /// Starts it, or starts it again with what it has stored, and waits until it can be asked.
    ///
    /// # Panics
    /// If it cannot be.
    pub fn start(&mut self) {
        self.begin();
        let (address, grpc) = (self.http_address(), ("127.0.0.1", self.grpc));
        // It answers HTTP a moment before it listens for Siren.
        let listens = || is_ready(&address) && std::net::TcpStream::connect(grpc).is_ok();
        wait_for("a Qdrant node", || listens().then_some(()));
    }

    fn begin(&mut self) {
        let mut command = Command::new(&self.binary);
        let place = |name: &str| self.folder.path().join(name).display().to_string();
        let cluster = !self.arguments.is_empty();
        let settings = [
            ("SERVICE__HOST", "127.0.0.1".to_owned()),
            ("SERVICE__HTTP_PORT", self.http.to_string()),
            ("SERVICE__GRPC_PORT", self.grpc.to_string()),
            ("SERVICE__ENABLE_STATIC_CONTENT", "false".to_owned()),
            ("STORAGE__STORAGE_PATH", place("storage")),
            ("STORAGE__SNAPSHOTS_PATH", place("snapshots")),
            // A collection's log is made in full when the collection is: small ones are made quickly.
            ("STORAGE__WAL__WAL_CAPACITY_MB", "2".to_owned()),
            ("STORAGE__WAL__WAL_SEGMENTS_AHEAD", "0".to_owned()),
            ("STORAGE__OPTIMIZERS__DEFAULT_SEGMENT_NUMBER", "1".to_owned()),
            ("TELEMETRY_DISABLED", "true".to_owned()),
            ("LOG_LEVEL", "WARN".to_owned()),
            ("CLUSTER__ENABLED", cluster.to_string()),
            ("CLUSTER__P2P__PORT", self.peers.to_string()),
            ("CLUSTER__CONSENSUS__TICK_PERIOD_MS", "50".to_owned()),
        ];
        command.envs(settings.iter().map(|(name, value)| (format!("QDRANT__{name}"), value)));
        command.envs(self.more.iter().map(|(name, value)| (name, value)));
        let log = std::fs::File::create(self.folder.path().join("log")).expect("a new file");
        command.args(&self.arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command.stdout(log.try_clone().expect("a file")).stderr(log);
        self.running = Some(Running::start(command));
    }

    /// What it has said.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Where it answers HTTP.
    pub fn http_address(&self) -> String {
        format!("127.0.0.1:{}", self.http)
    }

    /// Where Siren asks it.
    pub fn url(&self) -> String {
        let scheme = if self.certificate().exists() { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.grpc)
    }

    /// The port at which Siren asks it.
    pub fn grpc_port(&self) -> u16 {
        self.grpc
    }

    /// Its process's number.
    ///
    /// # Panics
    /// If it does not run.
    pub fn process(&self) -> u32 {
        self.running.as_ref().expect("a node that runs").id()
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.kill();
        }
    }

    /// It stands still, or goes on.
    pub fn stand_still(&self, still: bool) {
        signal(self.process(), if still { "STOP" } else { "CONT" });
    }
}

/// Several nodes that are one Qdrant.
#[derive(Debug)]
pub struct Cluster {
    /// The nodes; the first one founded it.
    pub nodes: Vec<Node>,
}

impl Cluster {
    /// So many nodes; none where there is no program.
    pub fn of(count: usize, journey: &str) -> Option<Self> {
        let folders = (0..count).map(|_| tempfile::tempdir().expect("a temporary folder"));
        Self::in_folders(folders.collect(), journey)
    }

    /// A node in each of these folders; none where there is no program.
    pub fn in_folders(folders: Vec<TempDir>, journey: &str) -> Option<Self> {
        let binary = binary(journey)?;
        let mut nodes: Vec<Node> = Vec::new();
        for folder in folders {
            let mut node = Node::new(binary.clone(), Vec::new(), folder);
            node.arguments = vec!["--uri".into(), format!("http://127.0.0.1:{}", node.peers)];
            if let Some(first) = nodes.first() {
                node.arguments.extend(["--bootstrap".into(), format!("http://127.0.0.1:{}", first.peers)]);
            }
            node.start();
            nodes.push(node);
        }
        Some(Self { nodes })
    }

    /// Addresses of all nodes, as the setting has them.
    pub fn urls(&self) -> String {
        self.nodes.iter().map(Node::url).collect::<Vec<_>>().join(", ")
    }
}

/// Whether a node says that it can be asked.
pub fn is_ready(address: &str) -> bool {
    let listens = std::net::TcpStream::connect(address).is_ok();
    listens && http::get(address, "/readyz").status == 200
}

fn free_ports() -> [u16; 3] {
    let sockets: [TcpListener; 3] =
        std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    sockets.each_ref().map(|socket| socket.local_addr().expect("an address").port())
}
