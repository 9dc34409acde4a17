//! Disks that take no more, and folders that nothing may be written to: the index that is served stays as it is.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use e2e::{Place, assert_tells};

const QUESTION: &str = "분실물은 어디에서 보관하나요?";
const FACT: &str = "안내 창구";
/// Enough for the files of an index to be larger than [`ROOM`].
const NOTES: usize = 400;
/// Blocks of 512 bytes that a file may have.
const ROOM: usize = 64;

/// Notes that are indexed, then changed.
fn changed_notes() -> Place {
    let place = Place::with_notes();
    place.write("notes/good.md", format!("# 분실물\n\n분실물은 지하 1층 {FACT}에서 보관한다.\n"));
    place.siren(&["reindex", "--quiet"]).exits(0);
    for number in 0..NOTES {
        let words: String =
            (0..60).map(|word| format!("낱말{}을 ", (number * 61 + word * 7) % 5000)).collect();
        place.write(format!("notes/{number}.md"), format!("# 기록 {number}\n\n{words}\n"));
    }
    place
}

/// The same command through another program, which starts it.
fn through(program: &str, before: &[&str], command: &Command) -> Output {
    let mut outer = Command::new(program);
    outer.args(before).arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    outer.current_dir(command.get_current_dir().unwrap()).output().unwrap()
}

#[track_caller]
fn assert_still_serves(place: &Place, generation: u64) {
    let answer = place.ask(QUESTION);
    assert_tells("the answer", answer["answer"].as_str().unwrap(), &[FACT]);
    assert_eq!((answer["generation"].as_u64(), place.live()), (Some(generation), generation));
}

/// No file may grow above a bound, which writing tells as a full disk is told: by an error.
#[test]
fn a_disk_that_takes_no_more_leaves_the_old_index_and_nothing_behind() {
    let place = changed_notes();
    let bounded = format!("trap '' XFSZ; ulimit -f {ROOM}; exec \"$0\" \"$@\"");
    for args in [&["reindex"][..], &["reindex", "--full"]] {
        let ran = through("sh", &["-c", &bounded], &place.command(args));
        let told = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(1), "{args:?}: {told}");
        assert_tells(&format!("{args:?}"), &told, &["generations", "cannot be written"]);
        assert_still_serves(&place, 1);
    }
    let report = place.json(&["reindex", "--json"]);
    assert_eq!(report["total_documents"], NOTES + 1, "{report:#}");
    let left: Vec<String> = place.names(".siren/generations");
    assert!(left.iter().all(|name| name.parse::<u64>().is_ok()), "{left:?}");
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Root may write everywhere, and CI is often root: then the command is run by somebody else.
#[test]
fn a_folder_that_is_read_only_stays_as_it_is_and_serves() {
    let place = changed_notes();
    set_mode(&place.path(""), 0o755);
    for folder in [".siren", ".siren/generations", ".siren/generations/1", ".siren/generations/1/index"] {
        set_mode(&place.path(folder), 0o555);
    }
    set_mode(&place.path(".siren/writer.lock"), 0o444);
    let index = ".siren/generations/1/index";
    for file in place.names(index) {
        set_mode(&place.path(format!("{index}/{file}")), 0o444);
    }
    let mine = std::fs::write(place.path(".siren/probe"), "").is_err();
    let run = |args: &[&str]| {
        let command = place.command(args);
        if mine {
            return through("env", &[], &command);
        }
        // Where the program lies nobody else may look.
        let program = place.path("siren");
        std::fs::copy(command.get_program(), &program).unwrap();
        let mut own = Command::new(&program);
        own.args(command.get_args()).current_dir(command.get_current_dir().unwrap());
        command.get_envs().filter(|(_, value)| value.is_none()).for_each(|(name, _)| {
            own.env_remove(name);
        });
        through("setpriv", &["--reuid=65534", "--regid=65534", "--clear-groups"], &own)
    };
    for args in [&["reindex"][..], &["reindex", "--full"]] {
        let ran = run(args);
        let told = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(1), "{args:?}: {told}");
        assert_tells(&format!("{args:?}"), &told, &[".siren", "Permission denied"]);
    }
    let asked = run(&["ask", QUESTION]);
    let told = String::from_utf8_lossy(&asked.stderr);
    assert_eq!(asked.status.code(), Some(0), "asking writes nothing: {told}");
    assert_tells("the answer", &String::from_utf8_lossy(&asked.stdout), &[FACT]);
    for folder in [".siren", ".siren/generations", ".siren/generations/1", ".siren/generations/1/index"] {
        set_mode(&place.path(folder), 0o755);
    }
    set_mode(&place.path(".siren/writer.lock"), 0o644);
    assert_still_serves(&place, 1);
}
