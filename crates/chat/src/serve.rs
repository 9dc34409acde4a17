//! How does the server start and end? It listens until told to stop, finishes what it began, and not for ever.
//!
//! Connections are looked after here and not by `axum::serve`, which gives a client as long as it likes to send a
//! request's head, and to take what is sent to it.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt;

use crate::{App, ChatState, Limits, routes};

/// Past the deadline, so long for the error lines to reach their clients.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Where no connection can be taken for lack of something, such as file handles.
const PAUSE: Duration = Duration::from_millis(200);

/// Serves until `shutdown` is done. Then it takes no new connection and lets what is being answered finish within
/// `drain`; streams that are open after that end with an error line, never in silence.
pub async fn serve(
    listener: TcpListener,
    state: ChatState,
    shutdown: impl Future<Output = ()> + Send + 'static,
    drain: Duration,
) -> io::Result<()> {
    let app = Arc::new(App::new(state));
    let graceful = GracefulShutdown::new();
    let door = Door { router: routes(&app), limits: app.limits };
    take_connections(&listener, &door, &graceful, shutdown).await;
    drop(listener);
    tracing::info!(?drain, open = graceful.count(), "draining");
    let mut ended = pin!(graceful.shutdown());
    if tokio::time::timeout(drain, &mut ended).await.is_err() {
        tracing::warn!("the time to drain is up: ending what is still open");
        app.closing.send_replace(true);
        tokio::time::timeout(LAST_WORDS, ended).await.unwrap_or(());
    }
    app.audit.close().await;
    if let Some(keeper) = &app.keeper {
        keeper.close().await;
    }
    Ok(())
}

/// What every connection needs.
struct Door {
    router: Router,
    limits: Limits,
}

async fn take_connections(
    listener: &TcpListener,
    door: &Door,
    graceful: &GracefulShutdown,
    shutdown: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(door.limits.connections.min(Semaphore::MAX_PERMITS)));
    let mut shutdown = pin!(shutdown);
    loop {
        let next = async {
            // Before it is taken: one too many waits in the system's queue, and not here with a handle of ours.
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            biased;
            () = &mut shutdown => return,
            next = next => next,
        };
        match (place, accepted) {
            (Ok(place), Ok((stream, address))) => {
                tokio::spawn(look_after(
                    stream,
                    address,
                    door.router.clone(),
                    door.limits,
                    graceful.watcher(),
                    place,
                ));
            }
            (_, Err(error)) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(PAUSE).await;
            }
            (Err(_), _) => return,
        }
    }
}

async fn look_after(
    stream: TcpStream,
    address: SocketAddr,
    router: Router,
    limits: Limits,
    watcher: Watcher,
    _place: OwnedSemaphorePermit,
) {
    // Small pieces of an answer go out as they come.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "nodelay");
    }
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.write_time));
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(address));
        let answered = router.clone().oneshot(request.map(Body::new));
        async move { Ok::<_, Infallible>(answered.await.unwrap_or_else(|never| match never {})) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        .max_buf_size(limits.header_bytes.max(SMALLEST_BUFFER))
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    if let Err(error) = watcher.watch(connection).await {
        // Clients hang up, stall and send rubbish: their affair.
        tracing::debug!(%error, "a connection ended");
    }
}

/// The server's library takes no less.
const SMALLEST_BUFFER: usize = 8192;
