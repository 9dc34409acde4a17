//! `siren setup`: the optional language assets.

use std::fmt::Write;

use siren_adapters::assets::catalog::{self, Asset};
use siren_adapters::assets::{Outcome, SetupError};

use super::Failure;
use crate::output;
use crate::wiring::Wiring;

/// Is there when the hint was given.
const HINTED: &str = "assets.hinted";

pub(super) async fn run(wiring: &Wiring) -> Result<(), Failure> {
    output::note(wiring.quiet, &announced(wiring, &catalog::ALL));
    let mut told = String::new();
    let mut failures = Vec::new();
    for asset in catalog::ALL {
        match set_up(wiring, asset).await {
            Ok(outcome) => {
                let word = if outcome == Outcome::Fetched { "fetched" } else { "present" };
                let _infallible = writeln!(told, "{word}  {} {}", asset.name, asset.version);
            }
            Err(failure) => failures.push(failure.message),
        }
    }
    output::text(&told)?;
    if !failures.is_empty() {
        return Err(Failure::failed(failures.join("\nsiren: ")));
    }
    if !index_fits(wiring).await? {
        output::text("the index was made without some of these: run `siren reindex`\n")?;
    }
    Ok(())
}

/// What the bare command does: fetches what is missing, and goes on without it if that fails.
pub(super) async fn best_effort(wiring: &Wiring) {
    let missing = wiring.assets().missing();
    if missing.is_empty() {
        return;
    }
    output::note(wiring.quiet, &format!("{}; --offline goes on without", announced(wiring, &missing)));
    for asset in missing {
        if let Err(failure) = set_up(wiring, asset).await {
            output::note(wiring.quiet, &format!("going on without: {}", failure.message));
            return;
        }
    }
}

/// Says once for a state folder that there is more to be had.
pub(super) fn hint(wiring: &Wiring) {
    let missing = wiring.assets().missing();
    let marker = wiring.state().join(HINTED);
    if missing.is_empty() || wiring.quiet || marker.exists() {
        return;
    }
    let bytes = missing.iter().map(|asset| asset.download_bytes).sum();
    let purposes: Vec<&str> = missing.iter().map(|asset| asset.purpose).collect();
    let purposes = purposes.join(" and ");
    output::note(
        false,
        &format!("hint: `siren setup` fetches a {purposes} for better answers ({})", megabytes(bytes)),
    );
    if wiring.state().is_dir() {
        // Where nothing can be written, the hint comes again.
        let _not_remembered = std::fs::write(marker, "");
    }
}

/// Whether the live index, if there is one, was made as one would be made now.
pub(super) async fn index_fits(wiring: &Wiring) -> Result<bool, Failure> {
    let identity = wiring.index_pipeline()?.identity();
    Ok(wiring.store()?.live().await?.is_none_or(|live| live.identity == identity))
}

async fn set_up(wiring: &Wiring, asset: &'static Asset) -> Result<Outcome, Failure> {
    let folder = wiring.assets();
    if folder.find(asset).is_none() {
        output::note(wiring.quiet, &format!("fetching {} {} …", asset.name, asset.version));
    }
    let done = tokio::task::spawn_blocking(move || folder.set_up(asset)).await;
    done.map_err(Failure::failed)?.map_err(|error: SetupError| Failure::failed(error))
}

fn announced(wiring: &Wiring, assets: &[&Asset]) -> String {
    let mut out = format!("language assets, by pip into {}:", wiring.assets().path().display());
    for asset in assets {
        let (fetch, keep) = (megabytes(asset.download_bytes), megabytes(asset.unpacked_bytes));
        let _infallible = write!(
            out,
            "\n  {} {} ({}): {fetch} to fetch, {keep} on disk",
            asset.name, asset.version, asset.purpose
        );
    }
    out
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}
