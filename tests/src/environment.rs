//! The two variables that these tests read, in one place.
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
/// None where there is none: the caller then skips. With `SIREN_REQUIRE_SERVERS=1` that is a failure, so that CI
/// cannot go green by forgetting to start the server.
///
/// # Panics
/// If servers are required and this one is not named.
pub fn llama_url(journey: &str) -> Option<String> {
    let url = variable("SIREN_TEST_LLAMA_URL");
    if url.is_none() {
        let required = variable("SIREN_REQUIRE_SERVERS").is_some_and(|value| value == "1");
        assert!(!required, "{journey}: SIREN_REQUIRE_SERVERS=1, but SIREN_TEST_LLAMA_URL is not set");
        // Not `eprintln!`, which a test that passes keeps to itself.
        let _nobody_listens =
            writeln!(std::io::stderr(), "{journey}: skipped, because SIREN_TEST_LLAMA_URL names no server");
    }
    url
}
