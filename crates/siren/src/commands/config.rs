//! `siren config`.

use super::Failure;
use crate::cli::JsonArg;
use crate::output;
use crate::wiring::Wiring;

pub(super) fn run(wiring: &Wiring, args: JsonArg) -> Result<(), Failure> {
    if args.json {
        output::json(&wiring.settings.to_json())
    } else {
        output::text(&wiring.settings.to_text())
    }
}
