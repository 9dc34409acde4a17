//! `siren` and `siren serve`.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use siren_chat::{ChatState, Limits, Reach};
use siren_domain::ports::IndexStore;
use siren_index::Mode;
use tokio::net::TcpListener;

use super::reindex::reindex;
use super::{Failure, setup};
use crate::cli::ServeArgs;
use crate::output;
use crate::rails::LiveGuard;
use crate::settings::McpSettings;
use crate::wiring::Wiring;

/// The bare command: whatever is missing is made, then the page is there.
pub(super) async fn quick_start(wiring: &Wiring, offline: bool) -> Result<(), Failure> {
    if !offline {
        setup::best_effort(wiring).await;
    }
    if !setup::index_fits(wiring).await? {
        // Assets that came since, or other settings: without this, every question would be told to reindex.
        output::note(wiring.quiet, "the index was made by other settings or assets and is made anew");
        reindex(wiring, Mode::default()).await?;
    }
    index_if_none(wiring).await?;
    listen(wiring, ServeArgs { listen: None }).await
}

/// Makes the first index; an index that is there is left as it is.
pub(super) async fn index_if_none(wiring: &Wiring) -> Result<(), Failure> {
    if wiring.store()?.live().await?.is_some() {
        return Ok(());
    }
    let report = reindex(wiring, Mode::default()).await?;
    for fault in &report.faults {
        output::note(wiring.quiet, &fault.to_string());
    }
    if report.total_documents == 0 {
        return Err(Failure::failed("there is nothing to ask about yet: `siren reindex` tells why"));
    }
    let (documents, chunks) = (report.total_documents, report.total_chunks);
    output::note(wiring.quiet, &format!("indexed {documents} documents ({chunks} chunks)"));
    Ok(())
}

pub(super) async fn run(wiring: &Wiring, args: ServeArgs) -> Result<(), Failure> {
    setup::hint(wiring);
    listen(wiring, args).await
}

async fn listen(wiring: &Wiring, args: ServeArgs) -> Result<(), Failure> {
    let settings = &wiring.settings.settings.serve;
    let listen = args.listen.unwrap_or_else(|| settings.listen.clone());
    let state = chat_state(wiring, &listen)?;
    let listener = TcpListener::bind(&listen).await.map_err(|error| {
        Failure::failed(format!("cannot listen on {listen}: {error}: choose another address with --listen"))
    })?;
    let address = listener.local_addr()?;
    tokio::spawn(reload_when_told(wiring.live_guard()?));
    output::note(wiring.quiet, &format!("siren listens on http://{address}  (Ctrl+C stops it)"));
    siren_chat::serve(listener, state, told_to_stop(), Duration::from_secs(settings.drain_s)).await?;
    Ok(())
}

/// What the routes and tools of a server at this address need.
pub(super) fn chat_state(wiring: &Wiring, listen: &str) -> Result<ChatState, Failure> {
    let settings = &wiring.settings.settings.serve;
    Ok(ChatState {
        assistant: wiring.assistant()?,
        library: wiring.library()?,
        embedder: wiring.embedder()?,
        reach: reach(&wiring.settings.settings.mcp, listen),
        model_name: settings.model_name.clone(),
        limits: Limits {
            body_bytes: settings.max_body_bytes,
            question_chars: settings.max_question_chars,
            concurrent_answers: settings.concurrent_answers,
            answer_time: Duration::from_secs(settings.answer_timeout_s),
            ..Limits::default()
        },
        created: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
    })
}

/// A server that only this machine reaches is called by this machine's names alone: a web page whose own name was made
/// to point here must not call it.
fn reach(mcp: &McpSettings, listen: &str) -> Reach {
    let host = listen.rsplit_once(':').map_or(listen, |(host, _)| host).trim_matches(['[', ']']);
    let is_loopback =
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let own = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut hosts = mcp.hosts.clone();
    if is_loopback || !hosts.is_empty() {
        hosts.extend(own);
        hosts.push(host.to_owned());
    }
    Reach { hosts, origins: mcp.origins.clone() }
}

/// Reads the rules anew at every SIGHUP, as daemons do.
async fn reload_when_told(guard: Arc<LiveGuard>) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut hangup) = signal(SignalKind::hangup()) else { return };
    while hangup.recv().await.is_some() {
        guard.reload();
    }
}

/// Ctrl+C, or the SIGTERM that service managers send.
async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _unheard = tokio::signal::ctrl_c().await;
        }
    }
}
