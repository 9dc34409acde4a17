//! Fetching a package's file: pip knows where packages come from, and its settings are the person's own.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::SetupError;

/// How pip may be called on a machine, most usual first.
const CALLS: [&[&str]; 4] = [&["pip"], &["pip3"], &["python3", "-m", "pip"], &["python", "-m", "pip"]];
/// Lines of pip's complaint that are told.
const TOLD: usize = 3;

/// Downloads `requirement`, a package with its exact version, into `folder`.
pub(super) fn download(requirement: &str, folder: &Path) -> Result<(), SetupError> {
    for call in CALLS {
        match run(call, requirement, folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(failed(requirement, &format!("{}: {error}", call.join(" ")))),
            Ok(output) if output.status.success() => return Ok(()),
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr);
                // A Python without pip is as good as none.
                if !said.contains("No module named pip") {
                    return Err(failed(requirement, &last_lines(&said)));
                }
            }
        }
    }
    Err(SetupError::NoPip)
}

fn run(call: &[&str], requirement: &str, folder: &Path) -> std::io::Result<Output> {
    let mut command = Command::new(call[0]);
    command.args(&call[1..]).args(["download", "--no-deps", "--only-binary=:all:", "--no-input"]);
    command.args(["--disable-pip-version-check", "--progress-bar=off", "--quiet", "--retries=2", "--dest"]);
    command.arg(folder).arg(requirement).stdin(Stdio::null()).output()
}

fn failed(requirement: &str, cause: &str) -> SetupError {
    SetupError::NotFetched { requirement: requirement.to_owned(), cause: cause.to_owned() }
}

/// The end of a complaint tells what it comes to. Addresses may hold names and passwords.
fn last_lines(said: &str) -> String {
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let last = lines[lines.len().saturating_sub(TOLD)..].join("; ");
    let shown = last.split(' ').map(|word| if word.contains("://") { "…" } else { word });
    shown.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::last_lines;

    #[test]
    fn a_complaint_is_told_short_and_without_addresses() {
        let cases = [
            ("", ""),
            ("WARNING: a\n\nERROR: b\n", "WARNING: a; ERROR: b"),
            ("1\n2\n3\n4", "2; 3; 4"),
            ("Looking in https://me:pw@host/simple now", "Looking in … now"),
        ];
        for (said, expected) in cases {
            assert_eq!(last_lines(said), expected, "{said:?}");
        }
    }
}
