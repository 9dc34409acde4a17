//! A folder of its own for each test: settings, data, state.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Running, Server, command, drain};
use crate::repository;

/// A folder that a person works in; gone when the test is over.
#[derive(Debug)]
pub struct Place {
    folder: TempDir,
}

/// What a command did.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Results.
    pub stdout: String,
    /// Progress and complaints.
    pub stderr: String,
}

impl Ran {
    /// The one JSON document that it printed, which tells its version.
    #[track_caller]
    pub fn json(&self) -> Value {
        let document: Value = serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("stdout is not one JSON document ({error}): {self:#?}"));
        assert!(document["schema"].is_u64(), "no `schema`: {document:#}");
        document
    }

    /// Itself, if it ended with `code`.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }
}

impl Place {
    /// An empty folder.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// A folder with this settings file.
    pub fn with_settings(settings: &str) -> Self {
        let place = Self::empty();
        place.write("siren.toml", settings);
        place
    }

    /// A folder whose settings read the Markdown and other files in `notes/`, which is there and empty.
    pub fn with_notes() -> Self {
        let place = Self::with_settings("[[source]]\nkind = \"folder\"\npath = \"notes\"\n");
        std::fs::create_dir(place.path("notes")).expect("a new folder");
        place
    }

    /// Copies of the repository's sample data and settings.
    pub fn with_sample() -> Self {
        let place = Self::empty();
        copy(&repository().join("data"), &place.path("data"));
        copy(&repository().join("siren.toml"), &place.path("siren.toml"));
        place
    }

    /// Somewhere in it.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Writes a file, and the folders that it lies in.
    pub fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("new folders");
        std::fs::write(path, content).expect("a new file");
    }

    /// A file's text.
    pub fn read(&self, path: impl AsRef<Path>) -> String {
        std::fs::read_to_string(self.path(path)).expect("a text file")
    }

    /// The command, not started yet.
    pub fn command(&self, args: &[&str]) -> Command {
        command(self.folder.path(), args)
    }

    /// Runs a command to its end.
    #[track_caller]
    pub fn siren(&self, args: &[&str]) -> Ran {
        run(self.command(args), b"")
    }

    /// Runs a command to its end with variables in its environment.
    #[track_caller]
    pub fn siren_with<V: AsRef<OsStr>>(&self, variables: &[(&str, V)], args: &[&str]) -> Ran {
        let mut command = self.command(args);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        run(command, b"")
    }

    /// Runs a command to its end with something to read.
    #[track_caller]
    pub fn siren_reading(&self, input: &[u8], args: &[&str]) -> Ran {
        run(self.command(args), input)
    }

    /// The JSON of a command that must do what it is asked.
    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Value {
        self.siren(args).exits(0).json()
    }

    /// What `ask --json` says.
    #[track_caller]
    pub fn ask(&self, question: &str) -> Value {
        self.json(&["ask", question, "--json"])
    }

    /// `siren serve` on a free port.
    pub fn serve(&self) -> Server {
        Server::start(self.command(&["serve", "--listen", "127.0.0.1:0"]))
    }

    /// The number in `CURRENT`.
    pub fn live(&self) -> u64 {
        self.read(".siren/CURRENT").trim().parse().expect("a generation's number")
    }

    /// Names in a folder, in order.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(folder)).into_iter().flatten().flatten();
        let mut names: Vec<_> = entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

#[track_caller]
fn run(mut command: Command, input: &[u8]) -> Ran {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    if !input.is_empty() {
        command.stdin(Stdio::piped());
    }
    let mut running = Running::start(command);
    let (stdin, stdout, stderr) = running.pipes();
    let (stdout, stderr) = (drain(stdout), drain(stderr));
    if let Some(mut stdin) = stdin {
        // A command may stop reading when it has seen enough.
        stdin.write_all(input).ok();
    }
    let code = running.wait().code();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("what is printed is UTF-8");
    let [stdout, stderr] = [stdout, stderr].map(|stream| text(stream.join().expect("a reader")));
    Ran { code, stdout, stderr }
}

fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        std::fs::copy(from, to).expect("a copy");
        return;
    }
    std::fs::create_dir_all(to).expect("a new folder");
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}
