//! The real binary: where it lies, how it is started, watched and stopped.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// So long is waited for anything. Far longer than it takes: it is there so that a hang becomes a failure.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// Variables that would make a person's own settings part of a test.
const OWN_SETTINGS: [&str; 9] = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "SIREN_LLM_BASE_URL",
    "SIREN_LLM_MODEL",
    "SIREN_LLM_API_KEY",
    "SIREN_LISTEN",
    "SIREN_LOG",
    "SIREN_ASSETS",
    "SIREN_LLM_API_KEY_FILE",
    "SIREN_TRUST_NETWORK",
];

/// The binary, built once by each test program.
///
/// `CARGO_BIN_EXE_siren` exists only for tests in the package `siren` itself, and `cargo test` builds no binary for
/// the tests of another package. So Cargo is asked for it, with the profile and the target folder that this test
/// program was built with: whether what lies there is missing or stale is Cargo's to judge, and when it is fresh that
/// takes a fraction of a second. Cargo holds no lock on the target folder while tests run.
///
/// `--workspace` and `--test` are there for the features: they make Cargo choose the same ones as `cargo test
/// --workspace`, development dependencies included. With `--package siren` it would choose fewer, and build half of
/// the dependencies a second time.
pub fn siren() -> &'static Path {
    static BINARY: OnceLock<Option<PathBuf>> = OnceLock::new();
    let built = BINARY.get_or_init(built).as_deref();
    built.expect("cargo builds the binary under test; stderr tells why it did not")
}

fn built() -> Option<PathBuf> {
    // target[/triple]/profile/deps/name-hash
    let program = std::env::current_exe().expect("this test program has a path");
    let profile = program.ancestors().nth(2).expect("a profile's folder").to_path_buf();
    let above = profile.parent().expect("a target folder");
    let (target, triple) = match above.join(".rustc_info.json").exists() {
        true => (above, None),
        false => (above.parent().expect("a target folder"), above.file_name()),
    };
    let mut cargo = Command::new(env!("CARGO"));
    let what = ["--workspace", "--bin", "siren", "--test", "quick_start"];
    cargo.args(["build", "--quiet"]).args(what).arg("--target-dir").arg(target);
    match profile.file_name().and_then(|name| name.to_str()).expect("a profile's name") {
        "debug" => {}
        name => {
            cargo.args(["--profile", name]);
        }
    }
    if let Some(triple) = triple {
        cargo.arg("--target").arg(triple);
    }
    // What Cargo tells this program of its own package: a build script that looks at it (ring's does) would find it
    // changed, and everything above it would be built again.
    let told = |name: &str| {
        ["CARGO_MANIFEST", "CARGO_PKG_", "CARGO_CRATE_"].iter().any(|beginning| name.starts_with(beginning))
    };
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(told)) {
        cargo.env_remove(name);
    }
    let status = cargo.current_dir(super::repository()).status().expect("cargo can be started");
    status.success().then(|| profile.join(format!("siren{}", std::env::consts::EXE_SUFFIX)))
}

/// The binary in `folder`, with nothing in its environment that sets anything.
pub fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(siren());
    command.args(args).current_dir(folder).stdin(Stdio::null());
    for name in OWN_SETTINGS {
        command.env_remove(name);
    }
    command
}

/// Asks again and again until there is something.
///
/// # Panics
/// If there is nothing after [`PATIENCE`].
#[track_caller]
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "no sign of {what} after {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Sends a signal by its name, such as `TERM` or `STOP`.
pub fn signal(process: u32, name: &str) {
    // The shell's own `kill`: a bare machine need not have the program.
    let told = Command::new("sh").args(["-c", &format!("kill -{name} {process}")]).status();
    assert!(told.expect("a shell").success(), "process {process} cannot be sent {name}");
}

/// A process that is killed when the test is over, however it ends.
#[derive(Debug)]
pub struct Running(Child);

impl Running {
    /// Starts it.
    pub fn start(mut command: Command) -> Self {
        Self(command.spawn().expect("the binary can be started"))
    }

    /// What was piped: what it reads, if anything, and what it says.
    pub(crate) fn pipes(&mut self) -> (Option<ChildStdin>, ChildStdout, ChildStderr) {
        let stdout = self.0.stdout.take().expect("it was piped");
        (self.0.stdin.take(), stdout, self.0.stderr.take().expect("it was piped"))
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().expect("a process of ours")
    }

    /// Waits for its end.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        wait_for("the end of the process", || self.ended())
    }

    /// `kill -9`, and whether it came before the end.
    pub fn kill(&mut self) -> bool {
        let before = self.ended().is_none();
        self.0.kill().ok();
        let status = self.0.wait().expect("a process of ours");
        before && status.code().is_none()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Reads a stream to its end in the background: a pipe that nobody empties stops the process.
pub fn drain(mut stream: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut all = Vec::new();
        stream.read_to_end(&mut all).ok();
        all
    })
}

/// `siren serve`, or the bare `siren`, at work.
#[derive(Debug)]
pub struct Server {
    running: Running,
    address: String,
    told: Arc<Mutex<String>>,
}

impl Server {
    /// Starts it and waits until it tells its address.
    ///
    /// # Panics
    /// If it ends before that.
    pub fn start(mut command: Command) -> Self {
        let mut running = Running::start({
            command.stderr(Stdio::piped()).stdout(Stdio::null());
            command
        });
        let stderr = running.0.stderr.take().expect("it was piped");
        let told = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&told);
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let mut heard = heard.lock().expect("nobody panics with it");
                heard.push_str(&line);
                heard.push('\n');
            }
        });
        let address = wait_for("the server's address", || {
            let said = told.lock().expect("nobody panics with it").clone();
            let address = said.lines().find_map(|line| line.split_once("siren listens on http://"));
            let ended = running.ended();
            assert!(address.is_some() || ended.is_none(), "the server ended ({ended:?}):\n{said}");
            address.and_then(|(_, rest)| rest.split_whitespace().next()).map(str::to_owned)
        });
        Self { running, address, told }
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its process's number.
    pub fn process(&self) -> u32 {
        self.running.id()
    }

    /// What it has said on stderr so far.
    pub fn told(&self) -> String {
        self.told.lock().expect("nobody panics with it").clone()
    }

    /// SIGTERM, and how it ended.
    #[track_caller]
    pub fn terminate(mut self) -> ExitStatus {
        signal(self.running.id(), "TERM");
        self.running.wait()
    }
}
