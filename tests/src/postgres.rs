//! A PostgreSQL of the test's own, which it may stop: on loopback, on a free port, in a folder that goes away.

use std::fs::set_permissions;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::environment::server;
use crate::process::{Running, signal, wait_for};

/// `nobody` and its group on Linux: PostgreSQL refuses to run as root.
const NOBODY: u32 = 65_534;

/// One PostgreSQL, killed when the test is over.
#[derive(Debug)]
pub struct Postgres {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
    running: Option<Running>,
}

impl Postgres {
    /// A new one that answers; none where its programs are not (`SIREN_TEST_POSTGRES_BIN`).
    ///
    /// # Panics
    /// If it cannot be made or started.
    pub fn own(journey: &str) -> Option<Self> {
        let programs = PathBuf::from(server("SIREN_TEST_POSTGRES_BIN", journey)?);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        if is_root() {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).expect("a folder of nobody's");
        }
        set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).expect("a folder of one's own");
        let mut postgres = Self { programs, folder, port, running: None };
        let mut make = postgres.program("initdb");
        make.args(["-U", "siren", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "-D"]);
        let made = make.arg(postgres.data()).output().expect("initdb");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        postgres.start();
        Some(postgres)
    }

    /// Starts it, or starts it again with what it remembers, and waits until it answers.
    ///
    /// # Panics
    /// If it does not.
    pub fn start(&mut self) {
        let mut command = self.program("postgres");
        command.args(["-h", "127.0.0.1", "-F", "-p", &self.port.to_string(), "-k"]);
        command.arg(self.folder.path()).arg("-D").arg(self.data());
        self.running = Some(Running::start(command));
        wait_for("PostgreSQL", || {
            let mut look = self.program("pg_isready");
            look.args(["-h", "127.0.0.1", "-t", "1", "-p", &self.port.to_string()]);
            look.status().is_ok_and(|looked| looked.success()).then_some(())
        });
    }

    /// Stops it without letting anybody finish; it mends itself from its log when it is started again.
    pub fn stop_at_once(&mut self) {
        if let Some(mut running) = self.running.take() {
            signal(running.id(), "QUIT");
            running.wait();
        }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("postgres://siren@127.0.0.1:{}/postgres", self.port)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.current_dir(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
        if is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        if name != "initdb" {
            command.stderr(Stdio::null());
        }
        command
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}
