//! A small disk that can be filled: a file system in memory, mounted for one test.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The disk; unmounted when the test is over.
#[derive(Debug)]
pub struct SmallDisk(TempDir);

impl SmallDisk {
    /// A disk of so many megabytes; none where this process may not mount one: that takes root.
    pub fn of(megabytes: u32, journey: &str) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let size = format!("size={megabytes}m");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder.path()).stderr(Stdio::null());
        if mount.status().is_ok_and(|done| done.success()) {
            return Some(Self(folder));
        }
        // Not `eprintln!`, which a test that passes keeps to itself.
        let told = format!("{journey}: skipped, because no disk may be mounted here");
        let _nobody_listens = writeln!(std::io::stderr(), "{told}");
        None
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all the room that is left.
    pub fn fill(&self) {
        let mut file = std::fs::File::create(self.filler()).expect("a new file");
        while file.write_all(&[1; 65_536]).is_ok() {}
    }

    /// Gives the room back.
    pub fn free(&self) {
        std::fs::remove_file(self.filler()).expect("the file that takes the room");
    }

    fn filler(&self) -> std::path::PathBuf {
        self.0.path().join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: whoever still has a file open there keeps it.
        Command::new("umount").arg("--lazy").arg(self.0.path()).status().ok();
    }
}
