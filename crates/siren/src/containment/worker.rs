//! The parent's side of one child.

use std::io::{BufReader, Read};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::Bounds;
use super::child::SLOW;
use super::message::{self, Answer};

/// How a child ended before it answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Slow,
    Memory,
    Depth,
    Crash,
}

/// A child and its pipes.
#[derive(Debug)]
pub(super) struct Worker {
    child: Child,
    /// None once it is closed, which tells the child to end.
    asks: Option<ChildStdin>,
    answers: Receiver<Answer>,
    last_words: Option<JoinHandle<String>>,
}

impl Worker {
    pub(super) fn start(bounds: Bounds) -> std::io::Result<Self> {
        let mut command = Command::new(program());
        command.arg("read-documents").arg(bounds.seconds.to_string()).arg(bounds.megabytes.to_string());
        // The allocator would set aside a gigabyte of addresses at once, and these are what is bounded.
        command.env("MIMALLOC_ARENA_RESERVE", "0");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(asks), Some(stdout), Some(stderr)) = pipes else {
            return Err(std::io::Error::other("a pipe is missing"));
        };
        Ok(Self {
            child,
            asks: Some(asks),
            answers: answers(stdout),
            last_words: Some(std::thread::spawn(move || last_words(stderr))),
        })
    }

    /// Has the document read. After an error the worker is of no more use.
    pub(super) fn read(&mut self, path: &str, bytes: &[u8], patience: Duration) -> Result<Answer, Ended> {
        let asked = self.asks.as_mut().map(|asks| message::ask(asks, path, bytes));
        if !matches!(asked, Some(Ok(()))) {
            return Err(self.ended());
        }
        match self.answers.recv_timeout(patience) {
            Ok(answer) => Ok(answer),
            Err(RecvTimeoutError::Timeout) => Err(Ended::Slow),
            Err(RecvTimeoutError::Disconnected) => Err(self.ended()),
        }
    }

    fn ended(&mut self) -> Ended {
        self.asks = None;
        let code = self.child.wait().ok().and_then(|status| status.code());
        let words = self.last_words.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        match code {
            Some(code) if code == i32::from(SLOW) => Ended::Slow,
            _ if words.contains("memory allocation of") => Ended::Memory,
            _ if words.contains("overflowed its stack") => Ended::Depth,
            _ => Ended::Crash,
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.asks = None;
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// This very program, also when its file was replaced by a newer one meanwhile.
fn program() -> std::path::PathBuf {
    let own = std::path::PathBuf::from("/proc/self/exe");
    if own.exists() { own } else { std::env::current_exe().unwrap_or_else(|_| "siren".into()) }
}

/// A pipe knows no patience, a channel does. The thread ends with the child.
fn answers(stdout: ChildStdout) -> Receiver<Answer> {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let mut stdout = BufReader::new(stdout);
        while let Ok(answer) = message::answered(&mut stdout) {
            if tell.send(answer).is_err() {
                return;
            }
        }
    });
    told
}

/// The end of what the child said: how Rust's runtime tells why it stopped. It is looked at and thrown away.
fn last_words(mut stderr: ChildStderr) -> String {
    const KEPT: usize = 4096;
    let mut words = Vec::new();
    let mut buffer = [0; 1024];
    while let Ok(read) = stderr.read(&mut buffer)
        && read > 0
    {
        words.extend_from_slice(&buffer[..read]);
        let surplus = words.len().saturating_sub(KEPT);
        words.drain(..surplus);
    }
    String::from_utf8_lossy(&words).into_owned()
}
