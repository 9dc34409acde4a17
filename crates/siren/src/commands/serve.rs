//! `siren` and `siren serve`.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use siren_chat::{Application, Auditing, ChatState, Limits, Masker};
use siren_domain::ports::state::{AuditLog, State, Usage};
use siren_domain::ports::{Assistant, Hints, Library, Operations, Reload};
use siren_index::Mode;
use tokio::net::TcpListener;

use super::reindex::reindex;
use super::{Failure, setup};
use crate::cli::ServeArgs;
use crate::maintenance::keep_up;
use crate::names::new_id;
use crate::operations::{
    Current, InForce, Reloader, ServerOperations, access, refuse_if_open, run_schedule, state_part,
};
use crate::output;
use crate::settings::{ServeSettings, Settings};
use crate::telemetry::{Exposed, Metrics};
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
    for fault in report.faults.listed() {
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
    let settings = &wiring.settings.settings;
    let listen = args.listen.unwrap_or_else(|| settings.serve.listen.clone());
    refuse_if_open(&settings.auth, &listen).await?;
    let state = wiring.application_state().await?;
    wiring.spending().keep_in(Arc::clone(&state) as Arc<dyn Usage>);
    wiring.keep_band(&state).await;
    let metrics = metrics(wiring)?;
    wiring.take_turns();
    let current = Arc::new(Current::new(InForce::by(wiring)?));
    let file = Some(wiring.settings.file()).filter(|file| file.exists());
    let in_force = wiring.like(wiring.settings.clone(), wiring.state());
    let reloader = Arc::new(Reloader::new(file, Arc::clone(&current), in_force));
    let holder = new_id("server");
    tokio::spawn(keep_up(Arc::clone(&state), settings.state.clone(), holder.clone()));
    let operations = Arc::new(ServerOperations::new(Arc::clone(&reloader), Arc::clone(&state), holder));
    let chat = ChatState {
        reload: Some(Arc::clone(&reloader) as Arc<dyn Reload>),
        metrics,
        application: Some(Application {
            operations: Arc::clone(&operations) as Arc<dyn Operations>,
            state: Arc::clone(&state),
            library: Arc::clone(&current) as Arc<dyn Library>,
            hints: Arc::clone(&current) as Arc<dyn Hints>,
            memory_tokens: settings.state.memory_tokens,
            keep_answers: settings.state.keep_answers,
        }),
        ..answering(settings, &state, &current)?
    };
    let listener = TcpListener::bind(&listen).await.map_err(|error| {
        Failure::failed(format!("cannot listen on {listen}: {error}: choose another address with --listen"))
    })?;
    let address = listener.local_addr()?;
    tokio::spawn(reload_when_told(reloader));
    if let Some(Ok(crontab)) = settings.schedule.reindex() {
        tokio::spawn(run_schedule(crontab, Arc::clone(&operations) as Arc<dyn Operations>, state));
    }
    output::note(wiring.quiet, &format!("siren listens on http://{address}  (Ctrl+C stops it)"));
    let stopped = {
        let operations = Arc::clone(&operations);
        async move {
            told_to_stop().await;
            operations.stop();
        }
    };
    siren_chat::serve(listener, chat, stopped, Duration::from_secs(settings.serve.drain_s)).await?;
    operations.close().await;
    wiring.spending().written().await;
    Ok(())
}

/// What answers, for whom, and within which limits.
fn answering(
    settings: &Settings,
    state: &Arc<dyn State>,
    current: &Arc<Current>,
) -> Result<ChatState, Failure> {
    let needed = state_part(settings, state);
    let (of_embedder, of_parts) = (Arc::clone(current), Arc::clone(current));
    Ok(ChatState {
        assistant: Arc::clone(current) as Arc<dyn Assistant>,
        library: Arc::clone(current) as Arc<dyn Library>,
        embedder: Arc::new(move || of_embedder.embedder()),
        model_name: settings.serve.model_name.clone(),
        limits: limits(&settings.serve),
        metrics: None,
        access: access(settings, state)?,
        dependencies: Arc::new(move || {
            std::iter::once(Arc::clone(&needed)).chain(of_parts.models()).collect()
        }),
        reload: None,
        auditing: Auditing {
            log: Some(Arc::clone(state) as Arc<dyn AuditLog>),
            questions: settings.auth.audit_questions.then(|| masker(Arc::clone(current) as Arc<dyn Hints>)),
        },
        created: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        application: None,
    })
}

/// What tells metrics, where they are wanted.
fn metrics(wiring: &Wiring) -> Result<Option<siren_chat::Metrics>, Failure> {
    if !wiring.settings.settings.telemetry.metrics {
        return Ok(None);
    }
    let metrics = Metrics::begin()?;
    tokio::spawn(metrics.clone().keep_up());
    let exposed = Arc::new(Exposed { store: wiring.store()?, band: wiring.band() });
    Ok(Some(Arc::new(move || {
        let (metrics, exposed) = (metrics.clone(), Arc::clone(&exposed));
        Box::pin(async move { metrics.told(&exposed).await })
    })))
}

/// Replaces personal data by labels, as the settings of the moment say.
pub(super) fn masker(hints: Arc<dyn Hints>) -> Masker {
    Arc::new(move |question: &str| hints.masked(question))
}

pub(super) fn limits(serve: &ServeSettings) -> Limits {
    Limits {
        body_bytes: serve.max_body_bytes,
        question_chars: serve.max_question_chars,
        concurrent_answers: serve.concurrent_answers,
        queue_length: serve.queue_length,
        queue_wait: Duration::from_millis(serve.queue_wait_ms),
        connections: serve.max_connections,
        header_time: Duration::from_secs(serve.header_timeout_s),
        header_bytes: serve.max_header_bytes,
        body_time: Duration::from_secs(serve.body_timeout_s),
        write_time: Duration::from_secs(serve.write_timeout_s),
        answer_time: Duration::from_secs(serve.answer_timeout_s),
        ..Limits::default()
    }
}

/// Reads settings and rules anew at every SIGHUP, as daemons do.
async fn reload_when_told(reloader: Arc<Reloader>) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut hangup) = signal(SignalKind::hangup()) else { return };
    while hangup.recv().await.is_some() {
        // What came of it is told in the log.
        reloader.reload().await.ok();
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
