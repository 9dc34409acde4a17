//! How does the server start and end? It listens until told to stop, finishes what it began, and not for ever.

use std::future::{Future, IntoFuture, pending};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::{App, ChatState, routes};

/// Past the deadline, so long for the error lines to reach their clients.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Serves until `shutdown` is done. Then it takes no new connection and lets what is being answered finish within
/// `drain`; streams that are open after that end with an error line, never in silence.
pub async fn serve(
    listener: TcpListener,
    state: ChatState,
    shutdown: impl Future<Output = ()> + Send + 'static,
    drain: Duration,
) -> io::Result<()> {
    let app = Arc::new(App::new(state));
    let listener = listener.tap_io(|connection| {
        // Small pieces of an answer go out as they come.
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "nodelay");
        }
    });
    let (stopping, stopped) = oneshot::channel();
    let server = axum::serve(listener, routes(&app)).with_graceful_shutdown(async move {
        shutdown.await;
        // Nobody listens only if the server is gone already.
        stopping.send(()).unwrap_or_default();
    });
    let mut server = pin!(server.into_future());
    let deadline = async {
        if stopped.await.is_err() {
            pending::<()>().await;
        }
        tracing::info!(?drain, "draining");
        tokio::time::sleep(drain).await;
    };
    let ended = tokio::select! {
        ended = &mut server => ended,
        () = deadline => {
            tracing::warn!("the time to drain is up: ending what is still open");
            app.closing.send_replace(true);
            tokio::time::timeout(LAST_WORDS, server).await.unwrap_or(Ok(()))
        }
    };
    if let Some(keeper) = &app.keeper {
        keeper.close().await;
    }
    ended
}
