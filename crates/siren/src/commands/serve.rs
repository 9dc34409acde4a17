//! `siren` and `siren serve`.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use siren_chat::{Application, ChatState, Limits};
use siren_domain::ports::IndexStore;
use siren_index::Mode;
use tokio::net::TcpListener;

use super::reindex::reindex;
use super::{Failure, setup};
use crate::cli::ServeArgs;
use crate::maintenance::keep_up;
use crate::names::new_id;
use crate::operations::ServerOperations;
use crate::output;
use crate::rails::LiveGuard;
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
    let state = ChatState {
        assistant: wiring.assistant()?,
        model_name: settings.model_name.clone(),
        limits: Limits {
            body_bytes: settings.max_body_bytes,
            question_chars: settings.max_question_chars,
            concurrent_answers: settings.concurrent_answers,
            answer_time: Duration::from_secs(settings.answer_timeout_s),
            ..Limits::default()
        },
        created: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        application: Some(application(wiring).await?),
    };
    let listener = TcpListener::bind(&listen).await.map_err(|error| {
        Failure::failed(format!("cannot listen on {listen}: {error}: choose another address with --listen"))
    })?;
    let address = listener.local_addr()?;
    tokio::spawn(reload_when_told(wiring.live_guard()?));
    output::note(wiring.quiet, &format!("siren listens on http://{address}  (Ctrl+C stops it)"));
    siren_chat::serve(listener, state, told_to_stop(), Duration::from_secs(settings.drain_s)).await?;
    Ok(())
}

/// What is remembered and operated, with what goes on behind requests.
async fn application(wiring: &Wiring) -> Result<Application, Failure> {
    let (state, settings) = (wiring.application_state().await?, &wiring.settings.settings.state);
    let holder = new_id("server");
    tokio::spawn(keep_up(Arc::clone(&state), settings.clone(), holder.clone()));
    // Opened here, so that the jobs of this server have the same rules and assets.
    let (library, hints) = (wiring.library()?, wiring.hints()?);
    let own = Arc::new(wiring.like(wiring.settings.clone(), wiring.state()));
    Ok(Application {
        operations: Arc::new(ServerOperations::new(own, Arc::clone(&state), holder)),
        state,
        library,
        hints,
        memory_tokens: settings.memory_tokens,
        keep_answers: settings.keep_answers,
    })
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
