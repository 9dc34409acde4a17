//! The pointer is moved, over and over, while people ask over HTTP: no answer fails, and none mixes two generations.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use e2e::process::wait_for;
use e2e::qdrant::Node;
use e2e::{Place, Server, http};
use serde_json::{Value, json};

const QUESTION: &str = "창고 비밀번호와 금고 비밀번호는 각각 무엇인가요?";
/// What a generation tells is this and its number.
const FIRST: u64 = 7_000;
const ROUNDS: u64 = 3;
const ASKERS: usize = 4;

/// Two notes that both tell the generation that they are going to be in.
fn write_notes(place: &Place, generation: u64) {
    let fact = FIRST + generation;
    for (name, what) in [("store", "창고"), ("safe", "금고")] {
        place.write(
            format!("notes/{name}.md"),
            format!("# {what}\n\n{what} 비밀번호는 {fact}번이다.\n\n{what}는 {fact}호 옆에 있다.\n"),
        );
    }
}

/// Every fact in a text: four digits that begin with that of [`FIRST`].
fn facts(text: &str) -> BTreeSet<u64> {
    let numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|digits| digits.len() == 4);
    numbers
        .filter_map(|digits| digits.parse().ok())
        .filter(|fact| (FIRST..FIRST + 1_000).contains(fact))
        .collect()
}

/// The answer with its quotes, and the generation that it says it is of.
fn asked(server: &Server, by_api: bool) -> Result<(String, u64), String> {
    let (response, generation) = if by_api {
        let body = json!({ "question": QUESTION, "stream": false });
        (http::json("POST", server.address(), "/api/ask", &body), "/generation")
    } else {
        (http::chat(server.address(), QUESTION, false), "/siren/generation")
    };
    if response.status != 200 {
        return Err(format!("{response:?}"));
    }
    let told = response.json();
    let answer = told.pointer("/choices/0/message/content").unwrap_or(&told["answer"]);
    let quotes = told["citations"].as_array().into_iter().flatten().map(|one| &one["quote"]);
    let texts: Vec<&str> = std::iter::once(answer).chain(quotes).filter_map(Value::as_str).collect();
    let generation = told.pointer(generation).and_then(Value::as_u64);
    generation.map(|generation| (texts.join("\n"), generation)).ok_or_else(|| told.to_string())
}

#[test]
fn answers_are_of_one_generation_while_the_pointer_moves() {
    let Some(node) = Node::alone("the pointer moves under questions over HTTP") else { return };
    let place = Place::with_settings(&format!(
        "[[source]]\nkind = \"folder\"\npath = \"notes\"\n[store]\nkind = \"qdrant\"\nurl = \"{}\"\n",
        node.url()
    ));
    write_notes(&place, 1);
    place.siren(&["reindex"]).exits(0);
    let servers = [place.serve(), place.serve()];
    let (over, told) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    let count = || told.lock().expect("nobody panics with it").len();
    std::thread::scope(|scope| {
        for asker in 0..ASKERS {
            let (server, over, told) = (&servers[asker % 2], &over, &told);
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let answer = asked(server, asker < ASKERS / 2);
                    told.lock().expect("nobody panics with it").push(answer);
                }
            });
        }
        for generation in 2..2 + ROUNDS {
            write_notes(&place, generation);
            for command in [
                &["reindex"][..],
                &["index", "rollback"],
                &["index", "rollback", &generation.to_string()],
                &["index", "prune", "--keep", "2"],
            ] {
                place.siren(command).exits(0);
                let before = count();
                wait_for("answers", || (count() > before + ASKERS).then_some(()));
            }
        }
        over.store(true, Ordering::Relaxed);
    });
    let told = told.into_inner().expect("nobody panicked with it");
    let mut seen = BTreeSet::new();
    for answer in told {
        let (text, generation) = answer.expect("no question fails");
        assert_eq!(facts(&text), [FIRST + generation].into(), "of generation {generation}: {text}");
        seen.insert(generation);
    }
    assert!(seen.len() > 2, "it was moved meanwhile: {seen:?}");
}
