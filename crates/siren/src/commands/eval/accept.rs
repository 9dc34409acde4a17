//! `siren eval accept` and `siren eval gate`: runs that others are held to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use siren_evaluation::compare::{Comparison, compare};
use siren_evaluation::gate::{self, GATED};
use siren_evaluation::record::RunRecord;
use siren_evaluation::report::{CompareReport, to_json};
use siren_evaluation::significance::Chance;
use siren_evaluation::suite;

use crate::cli::GateArgs;
use crate::clock::today;
use crate::commands::{Failure, serve};
use crate::evaluating::{ask_suite, hash, record};
use crate::output::{self, Ticker};
use crate::wiring::Wiring;

const BASELINES: &str = "eval/baselines";
/// What was accepted when.
const HISTORY: &str = "accepted.jsonl";

/// Where the accepted run of a suite lies.
pub(super) fn usual(suite: &str) -> PathBuf {
    Path::new(BASELINES).join(format!("{suite}.json"))
}

/// Shows how a run differs from the accepted one, then puts it in its place.
pub(super) fn accept(path: &Path, baselines: &Path, although_worse: bool) -> Result<(), Failure> {
    let new = RunRecord::read(path)?;
    let target = baselines.join(format!("{}.json", new.suite));
    if !target.exists() {
        std::fs::create_dir_all(baselines)?;
        new.without_passages().write(&target)?;
        note_accepted(baselines, &new, None, &[])?;
        let n = new.overall.n;
        return output::text(&format!(
            "{}: {n} questions, the first accepted run of this suite\n",
            target.display()
        ));
    }
    let old = RunRecord::read(&target)?;
    output::text(&shown(&old, &new, &target, path))?;
    let said = gate::gate(Some(&old.questions), &new.questions, Chance::default());
    if !said.passes && !although_worse {
        let reasons: String = said.reasons.iter().map(|reason| format!("\n  {reason}")).collect();
        let message =
            format!("not accepted: it is worse (--although-worse accepts it all the same):{reasons}");
        return Err(Failure { message, code: 3 });
    }
    new.without_passages().write(&target)?;
    note_accepted(baselines, &new, Some(&old.hash), &said.reasons)?;
    output::text(&format!("\naccepted: {}\n", target.display()))
}

/// A line for each acceptance, in the order in which they were made: a record itself knows no time.
fn note_accepted(
    baselines: &Path,
    record: &RunRecord,
    replaced: Option<&str>,
    although: &[String],
) -> Result<(), Failure> {
    let made = &record.made_by;
    let means = GATED.map(|measure| Some((measure, record.overall.means.get(measure)?.mean)));
    let means: BTreeMap<&str, f64> = means.into_iter().flatten().collect();
    let settings = serde_json::to_string(&made.settings)?;
    let line = json!({
        "date": today(),
        "suite": record.suite,
        "record": record.hash,
        "replaced": replaced,
        "although": although,
        "questions": record.overall.n,
        "means": means,
        "suite_hash": record.suite_hash,
        "settings_hash": hash(settings.as_bytes()),
        "prompts": made.prompts,
        "rules": made.rules,
        "version": made.version,
        "index": made.index.as_ref().map(|index| json!({ "content": index.content, "analyser": index.analyser, "encoder": index.encoder })),
    });
    let path = baselines.join(HISTORY);
    let before = if path.exists() { std::fs::read_to_string(&path)? } else { String::new() };
    Ok(std::fs::write(path, format!("{before}{line}\n"))?)
}

fn shown(old: &RunRecord, new: &RunRecord, target: &Path, path: &Path) -> String {
    let report = CompareReport::new(
        target.display().to_string(),
        path.display().to_string(),
        compared(old, new),
        Chance::default(),
    );
    let differing: String =
        old.differing(new).iter().map(|(name, was, is)| format!("  {name}: {was} -> {is}\n")).collect();
    let differing = if differing.is_empty() { "  nothing\n".to_owned() } else { differing };
    format!("{report}\nWhat was changed\n{differing}")
}

fn compared(old: &RunRecord, new: &RunRecord) -> Comparison {
    let order: Vec<String> = GATED.map(str::to_owned).to_vec();
    compare(&old.values(), &new.values(), &order, &new.tags_of_questions(), Chance::default())
}

/// Holds what the present settings answer to an accepted run.
pub(super) async fn gate(wiring: &Wiring, args: &GateArgs) -> Result<(), Failure> {
    let suite = suite::load(&args.suite)?;
    let path = args.baseline.clone().unwrap_or_else(|| usual(&suite.name));
    let accepted = RunRecord::read(&path)?;
    serve::index_if_none(wiring).await?;
    let store = wiring.store()?;
    let ticker = Ticker::new(wiring.quiet);
    let tell = |done, of| ticker.tick("questions", done, Some(of));
    let report = ask_suite(wiring, Arc::clone(&store), &suite, &tell).await?;
    ticker.done();
    let now = record(wiring, store.as_ref(), &suite, &report).await?;
    let said = gate::gate(Some(&accepted.questions), &now.questions, Chance::default());
    let differing = accepted.differing(&now);
    match args.json.json {
        true => {
            let mut document = serde_json::to_value(&said)?;
            document["schema"] = serde_json::json!(1);
            document["baseline"] = serde_json::json!(path.display().to_string());
            document["changed"] = serde_json::json!(differing);
            output::text(&format!("{}\n", to_json(&document)?))?;
        }
        false => output::text(&shown(&accepted, &now, &path, Path::new("now")))?,
    }
    if said.passes {
        return Ok(());
    }
    let reasons: String =
        said.reasons.iter().map(|reason| format!("\n  {}", output::harmless(reason))).collect();
    Err(Failure { message: format!("the gate says no:{reasons}"), code: 3 })
}
