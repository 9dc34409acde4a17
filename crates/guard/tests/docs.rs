//! What `docs/guard.md` shows is right.

use siren_guard::Guard;

const GUIDE: &str = include_str!("../../../docs/guard.md");

#[test]
fn every_rule_file_of_the_guide_is_read() {
    let files: Vec<&str> =
        GUIDE.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect();
    assert!(files.len() >= 4);
    for file in &files {
        let read = Guard::parse("docs/guard.md", file);
        assert!(read.is_ok(), "{}\n{file}", read.err().map(|errors| errors.to_string()).unwrap_or_default());
    }
    for action in [
        "refuse",
        "hand_over",
        "answer",
        "ask_back",
        "narrow_years",
        "narrow",
        "require_citations",
        "mask",
        "defuse",
    ] {
        let shown = format!("action = \"{action}\"");
        assert!(files.iter().any(|file| file.contains(&shown)), "the guide shows no rule with {shown}");
    }
}
