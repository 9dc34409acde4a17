//! `siren eval import`.

use std::path::Path;

use siren_evaluation::suite::read_complaints;

use crate::commands::Failure;
use crate::output;

pub(super) fn run(feedback: &Path) -> Result<(), Failure> {
    let mut lines = String::new();
    for complaint in read_complaints(feedback)? {
        lines.push_str(&serde_json::to_string(&complaint)?);
        lines.push('\n');
    }
    output::text(&lines)
}
