//! The variables that these tests read, in one place.
#![expect(
    clippy::disallowed_methods,
    reason = "CI tells the tests which servers it has started by these variables"
)]

use std::io::Write;

/// A variable that is set to something.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// Where a real llama.cpp server listens (`SIREN_TEST_LLAMA_URL`).
///
/// # Panics
/// If servers are required and this one is not named.
pub fn llama_url(journey: &str) -> Option<String> {
    server("SIREN_TEST_LLAMA_URL", journey)
}

/// The address of a server that CI has started.
///
/// None where there is none: the caller then skips. With `SIREN_REQUIRE_SERVERS=1` that is a failure, so that CI
/// cannot go green by forgetting to start the server.
///
/// # Panics
/// If servers are required and this one is not named.
pub fn server(name: &str, journey: &str) -> Option<String> {
    let url = variable(name);
    if url.is_none() {
        let required = variable("SIREN_REQUIRE_SERVERS").is_some_and(|value| value == "1");
        assert!(!required, "{journey}: SIREN_REQUIRE_SERVERS=1, but {name} is not set");
        // Not `eprintln!`, which a test that passes keeps to itself.
        let _nobody_listens = writeln!(std::io::stderr(), "{journey}: skipped, because {name} is not set");
    }
    url
}

/// A Python that has the official clients (`SIREN_TEST_PYTHON`), and the npm packages (`SIREN_TEST_NODE_MODULES`).
pub fn clients(journey: &str) -> Option<(String, String)> {
    Some((server("SIREN_TEST_PYTHON", journey)?, server("SIREN_TEST_NODE_MODULES", journey)?))
}

/// The language assets where there are some: what is tested with them is more, and the rest is tested without.
pub fn assets_if_any() -> Option<String> {
    variable("SIREN_TEST_ASSETS")
}

/// A folder in which `siren setup` has put the language assets (`SIREN_TEST_ASSETS`); skipped and required as a server.
///
/// # Panics
/// If servers are required and this folder is not named.
pub fn assets(journey: &str) -> Option<String> {
    server("SIREN_TEST_ASSETS", journey)
}

/// How often a test kills what it watches (`SIREN_TEST_KILLS`): seldom by default, for the time it takes.
///
/// # Panics
/// If it is set to anything but a number.
pub fn kills() -> u64 {
    variable("SIREN_TEST_KILLS").map_or(8, |kills| kills.parse().expect("SIREN_TEST_KILLS is a number"))
}
