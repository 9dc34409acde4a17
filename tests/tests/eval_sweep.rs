//! A sweep goes on where it was broken off, and changes settings only for a reason.

use e2e::process::{Running, wait_for};
use e2e::{Place, assert_tells, repository};
use serde_json::json;

const GRID: &str = "schema = 1\n[grid]\nchunk_tokens = [60, 400]\nk = [3, 10]\nlexical_weight = [0.7]\nanalyser = [\"plain\"]\n\"answer.min_evidence\" = [0.3, 0.6]\n";

fn place() -> (Place, Vec<String>) {
    let place = Place::with_sample();
    place.write("grid.toml", GRID);
    let suite = repository().join("eval/conference").to_string_lossy().into_owned();
    let args = ["eval", "sweep", "grid.toml", "--suite", &suite, "--out", "out"];
    (place, args.map(str::to_owned).to_vec())
}

fn sweep(place: &Place, args: &[String], more: &[&str]) -> e2e::Ran {
    let args: Vec<&str> = args.iter().map(String::as_str).chain(more.iter().copied()).collect();
    place.siren(&args)
}

#[test]
fn one_that_was_killed_and_resumed_equals_one_that_was_not() {
    let (whole, args) = place();
    let told = sweep(&whole, &args, &[]).exits(0).stdout;
    assert_tells("the table", &told, &["9 cells, chosen by nDCG@10", "present", "nested", "out/report.html"]);
    assert_eq!(whole.names("out/index").len(), 3, "cells that need the same index share it");

    let (broken, args) = place();
    let given: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut running = Running::start(broken.command(&given));
    wait_for("the first cells", || {
        let done = broken.names("out/cells").iter().filter(|name| name.ends_with(".json")).count();
        (done >= 2 || running.ended().is_some()).then_some(())
    });
    assert!(running.kill(), "it was to be killed on the way");
    assert!(!broken.path("out/results.json").exists());
    let ran = sweep(&broken, &args, &[]).exits(0);
    assert_tells("what was done before", &ran.stderr, &["of 9 cells were finished before"]);
    for file in ["out/results.json", "out/results.csv"] {
        assert_eq!(broken.read(file), whole.read(file), "{file}");
    }
    let csv = whole.read("out/results.csv");
    assert_eq!(
        (csv.lines().count(), csv.lines().next().map(|l| l.split(',').count())),
        (10, Some(14)),
        "{csv}"
    );
    let page = whole.read("out/report.html");
    for plot in ["<svg", "Quality against latency", "By kind", "index.max_tokens"] {
        assert!(page.contains(plot), "{plot}");
    }
    assert!(!page.contains("http"), "the page needs nothing from elsewhere");
}

#[test]
fn the_winner_is_promoted_only_when_it_is_better() {
    let place = Place::with_sample();
    let settings = format!("# ours\n{}\n[answer]\nmin_evidence = 0.97 # silent\n", place.read("siren.toml"));
    place.write("siren.toml", &settings);
    place.write(
        "grid.toml",
        "schema = 1\nmeasure = \"fact_recall\"\n[grid]\n\"answer.min_evidence\" = [0.5, 0.97]\n",
    );
    let suite = repository().join("eval/conference").to_string_lossy().into_owned();
    let args = ["eval", "sweep", "grid.toml", "--suite", &suite, "--promote"];
    let report = place.json(&[&args[..], &["--json"]].concat());
    assert_eq!(
        (&report["choice"]["decision"], &report["promoted"]),
        (&json!("better"), &json!("siren.toml"))
    );
    assert_eq!(place.read("siren.toml"), settings.replace("0.97 # silent", "0.5 # silent"));
    let again = place.siren(&args).exits(0).stdout;
    assert_tells("the second time", &again, &["not promoted", "the present settings are the best"]);

    let cases = [
        ("schema = 1\n[grid]\nprompt = [\"short\"]\n", "\"answer.prompts\":\"short\""),
        ("schema = 1\n[grid]\n\"serve.listen\" = [\"a\"]\n", "serve.listen"),
        ("schema = 1\n[grid]\nfusion = [\"guess\"]\n", "guess"),
        ("schema = 1\nmeasure = \"beauty\"\n[grid]\nk = [3]\n", "beauty"),
    ];
    for (grid, needle) in cases {
        place.write("grid.toml", grid);
        assert_tells(grid, &place.siren(&args).exits(2).stderr, &[needle]);
    }
}
