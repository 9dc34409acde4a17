//! A reindex that is killed leaves the old generation serving; two at once do not get in each other's way.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::process::{Command, Stdio};
use std::time::Instant;

use e2e::environment::kills;
use e2e::http::chat;
use e2e::process::{Running, signal, wait_for};
use e2e::{Place, Seeded, assert_tells};
use serde_json::json;

/// Enough for a reindex to take a while.
const FILES: usize = 3000;
const QUESTION: &str = "창고 비밀번호는 무엇인가요?";

/// Many small notes, and one with a fact that is another one each round.
fn full_of_notes() -> Place {
    let place = Place::with_notes();
    let mut seeded = Seeded::new(20_240_516);
    let words =
        ["회의", "배포", "장애", "점검", "예산", "교육", "채용", "면담", "출장", "설계", "검토", "일정"];
    for number in 0..FILES {
        let mut text = format!("# 업무 기록 {number}\n\n");
        for _ in 0..30 {
            let word = words[usize::try_from(seeded.below(12)).unwrap_or(0)];
            text.push_str(&format!("{word} 항목 {}을 정리했다. ", seeded.below(10_000)));
        }
        place.write(format!("notes/{:02}/{number}.md", number % 50), text);
    }
    place
}

fn set_fact(place: &Place, round: u64) {
    place.write("notes/store.md", format!("# 창고\n\n창고 비밀번호는 {}번이다.\n", fact(round)));
}

fn fact(round: u64) -> String {
    format!("{}", 1000 + round)
}

fn reindexing(place: &Place, args: &[&str]) -> Running {
    let mut command = place.command(args);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    Running::start(command)
}

fn unfinished(place: &Place) -> Vec<String> {
    let names = place.names(".siren/generations").into_iter();
    names.filter(|name| name.starts_with(".next-")).collect()
}

/// Waits until it has something on disk, or is over.
fn await_writing(place: &Place, run: &mut Running) {
    wait_for("work on a new generation", || {
        (!unfinished(place).is_empty() || run.ended().is_some()).then_some(())
    });
}

#[test]
fn a_kill_at_any_moment_leaves_the_old_generation_serving() {
    let place = full_of_notes();
    set_fact(&place, 0);
    let start = Instant::now();
    place.siren(&["reindex", "--quiet"]).exits(0);
    let whole = start.elapsed();
    let server = place.serve();
    let served = || {
        let response = chat(server.address(), QUESTION, false);
        assert_eq!(response.status, 200, "{response:#?}");
        response.json()["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned()
    };
    let mut seeded = Seeded::new(9);
    let (kills, mut current, mut interrupted) = (kills(), 0, 0);
    for round in 1..=kills {
        let before = place.live();
        set_fact(&place, round);
        // Half of them make everything anew and die early, in the middle or late; half build upon what is there and
        // die as soon as they write.
        let full = round % 2 == 0;
        let mut run = reindexing(&place, if full { &["reindex", "--full"] } else { &["reindex"] });
        let share = u32::try_from(seeded.below(80)).unwrap_or(0);
        if full {
            let meanwhile = served();
            let told = meanwhile.contains(&fact(current)) || place.live() != before;
            assert!(told, "round {round}, while a reindex runs: {meanwhile}");
            std::thread::sleep(whole * share / 100);
        } else {
            await_writing(&place, &mut run);
        }
        interrupted += u64::from(run.kill());
        if place.live() != before {
            // It was faster than the kill: then all of it is there.
            current = round;
        }
        let case = format!("round {round}, full: {full}, killed after {share} %");
        assert_tells(&case, &served(), &[&fact(current)]);
        let asked = place.ask(QUESTION);
        assert_eq!(asked["generation"], place.live(), "{case}");
        assert_tells(&case, asked["answer"].as_str().unwrap_or_default(), &[&fact(current)]);
    }
    assert!(interrupted >= kills / 4, "only {interrupted} of {kills} runs were caught in the middle");

    set_fact(&place, kills + 1);
    let report = place.json(&["reindex", "--json"]);
    assert_eq!(report["total_documents"], FILES + 1, "{report:#}");
    assert_eq!(report["generation"], place.live(), "{report:#}");
    assert_tells("after a reindex that was left alone", &served(), &[&fact(kills + 1)]);
    assert_eq!(unfinished(&place), Vec::<String>::new(), "what was stopped half-way is cleared away");
}

#[test]
fn what_a_killed_run_left_is_cleared_away_though_nothing_changed() {
    let place = full_of_notes();
    place.siren(&["reindex", "--quiet"]).exits(0);
    let mut run = reindexing(&place, &["reindex", "--full"]);
    await_writing(&place, &mut run);
    assert!(run.kill(), "the run was over before it could be killed");
    let report = place.json(&["reindex", "--json"]);
    assert_eq!(report["documents"]["unchanged"], FILES, "{report:#}");
    assert_eq!(unfinished(&place), Vec::<String>::new());
}

/// The time of the day's clock, as the program writes it, to the second.
fn now() -> String {
    let told = Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%S"]).output().unwrap();
    String::from_utf8(told.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_second_writer_is_told_who_the_first_one_is_and_since_when() {
    let place = full_of_notes();
    let earliest = now();
    let mut first = reindexing(&place, &["reindex"]);
    await_writing(&place, &mut first);
    let latest = now();
    assert!(first.ended().is_none(), "the first run was over too soon to be met");
    signal(first.id(), "STOP");
    let second = place.siren(&["reindex"]);
    signal(first.id(), "CONT");
    let second = second.exits(1);
    assert_tells(
        "the second writer",
        &second.stderr,
        &["another process", &format!("process {}", first.id())],
    );
    let since = second.stderr.split_once(" since ").map_or("", |(_, since)| since);
    let since = since.get(..earliest.len()).unwrap_or_default();
    assert!(
        (earliest.as_str()..=latest.as_str()).contains(&since),
        "{earliest} to {latest}: {}",
        second.stderr
    );
    assert!(first.wait().success(), "the first one is not disturbed");
    let shown = place.json(&["index", "show", "--json"]);
    assert_eq!(shown["generation"]["documents"], json!(FILES), "{:#}", shown["generation"]);
    place.siren(&["reindex"]).exits(0);
}
