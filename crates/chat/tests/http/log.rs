//! What the log tells, and what it never does.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use axum::http::Method;
use siren_chat::router;
use siren_domain::AskError;

use super::{Act, Fake, app, call, failed, question, request, state, text, whole};

/// Keeps all that is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

struct Fields<'a>(&'a mut String);

impl tracing::field::Visit for Fields<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("siren")
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        let mut log = self.0.lock().unwrap();
        log.push_str(event.metadata().level().as_str());
        event.record(&mut Fields(&mut log));
        log.push('\n');
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn the_cause_is_logged_once_and_the_question_never() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let cause = || AskError::Unavailable("disk full".into());
    for stream in [false, true] {
        let cases = [
            (vec![failed(cause())], 1),
            (vec![text("…"), failed(cause())], 1),
            (vec![failed(AskError::BadQuestion("케이뱅크 같은 질문은 안 됩니다.".into()))], 0),
            (vec![text("…"), Act::Panic], 0),
            (whole(), 0),
        ];
        for (acts, causes) in cases {
            call(&app(acts), question(stream)).await;
            let told = std::mem::take(&mut *log.0.lock().unwrap());
            assert_eq!(told.matches("disk full").count(), causes, "{told}");
            assert!(
                !told.contains("케이뱅크") && !told.contains("secret"),
                "what a person typed is logged: {told}"
            );
        }
    }
    let app = router(state(&Fake::ready(Err(cause()))));
    for _ in 0..3 {
        call(&app, request(Method::GET, "/readyz")).await;
    }
    assert_eq!(log.0.lock().unwrap().matches("disk full").count(), 1, "probes do not fill the log");
}
