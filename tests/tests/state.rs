//! What every store of the application's state promises, run over SQLite and over PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::time::Duration;

use e2e::servers::{Database, System};
use siren_adapters::Secret;
use siren_adapters::state::{StatePlace, StateStore};
use siren_domain::ports::state::*;
use siren_domain::remembered::Told;
use siren_domain::{Basis, DocumentId, Principal, Role};

const HOUR: Duration = Duration::from_secs(3_600);

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Runs the promise over a fresh store of each kind.
#[track_caller]
fn over_both(journey: &str, promise: &impl AsyncFn(&StateStore)) {
    let folder = tempfile::tempdir().unwrap();
    let file = StatePlace::File(folder.path().join("deep/state.sqlite"));
    runtime().block_on(async { promise(&StateStore::open(&file).await.unwrap()).await });
    let Some(database) = Database::create(System::Postgres, journey) else { return };
    runtime().block_on(async { promise(&StateStore::open(&server(&database)).await.unwrap()).await });
}

fn server(database: &Database) -> StatePlace {
    StatePlace::Server { url: Secret::new(&database.url()), connections: 4 }
}

fn conversation(id: &str, owner: &str, at: Millis) -> Conversation {
    Conversation {
        id: id.into(),
        owner: owner.into(),
        title: format!("제목 {id}"),
        created: at,
        updated: at,
        answers: 0,
    }
}

fn answer(id: &str, conversation: Option<&str>, owner: &str, at: Millis) -> StoredAnswer {
    StoredAnswer {
        id: id.into(),
        conversation: conversation.map(str::to_owned),
        owner: owner.into(),
        at,
        question: format!("질문 {id}"),
        told: Told { text: format!("답 {id} [1]"), grounded: true, model: "m".into(), ..Told::default() },
        basis: Some(Basis { typed: "원문".into(), rules: "r".into(), ..Basis::default() }),
    }
}

fn ids(answers: &[StoredAnswer]) -> Vec<&str> {
    answers.iter().map(|answer| answer.id.as_str()).collect()
}

#[test]
fn conversations_are_their_owners() {
    over_both("conversations", &async |state| {
        Conversations::begin(state, &conversation("c1", "kim", 10)).await.unwrap();
        Conversations::begin(state, &conversation("c2", "kim", 20)).await.unwrap();
        Conversations::begin(state, &conversation("c3", "lee", 30)).await.unwrap();
        for (id, conversation, owner, at) in
            [("a1", Some("c1"), "kim", 40), ("a2", Some("c1"), "kim", 50), ("a3", None, "kim", 60)]
        {
            state.keep(&answer(id, conversation, owner, at)).await.unwrap();
        }
        let of = async |owner: &str| {
            let list = Conversations::list(state, owner, 10, 0).await.unwrap();
            list.into_iter().map(|c| (c.id, c.updated, c.answers)).collect::<Vec<_>>()
        };
        assert_eq!(of("kim").await, [("c1".to_owned(), 50, 2), ("c2".to_owned(), 20, 0)]);
        assert_eq!(of("lee").await, [("c3".to_owned(), 30, 0)]);
        assert_eq!(Conversations::list(state, "kim", 1, 1).await.unwrap()[0].id, "c2", "the second page");
        assert_eq!(ids(&state.answers("kim", "c1").await.unwrap()), ["a1", "a2"]);
        assert_eq!(ids(&state.latest("kim", "c1", 1).await.unwrap()), ["a2"]);
        assert_eq!(state.answer("a1").await.unwrap(), answer("a1", Some("c1"), "kim", 40), "kept as it was");
        let told = StoredAnswer { basis: None, ..answer("a1", Some("c1"), "kim", 40) };
        assert_eq!(state.told("a1").await.unwrap(), told, "what it was made from is left out");
        assert_eq!(state.latest("kim", "c1", 2).await.unwrap()[0], told);
        assert_eq!(state.answers("kim", "c1").await.unwrap()[0], told);

        // Somebody else's is not there.
        let hidden = Err(StateError::NotFound);
        assert_eq!(Conversations::get(state, "lee", "c1").await.map(|_| ()), hidden);
        assert_eq!(state.answers("lee", "c1").await.map(|_| ()), hidden);
        assert_eq!(state.latest("lee", "c1", 3).await.map(|_| ()), hidden);
        assert_eq!(state.rename("lee", "c1", "mine").await, hidden);
        assert_eq!(Conversations::delete(state, "lee", "c1").await, hidden);
        assert_eq!(state.keep(&answer("a4", Some("c1"), "lee", 70)).await, hidden);
        assert_eq!(state.answer("a4").await.map(|_| ()), hidden, "nothing was kept");

        state.rename("kim", "c1", "새 이름 'x'").await.unwrap();
        assert_eq!(Conversations::get(state, "kim", "c1").await.unwrap().title, "새 이름 'x'");
        let said = Feedback {
            answer: "a1".into(),
            by: "kim".into(),
            at: 80,
            thumb: Thumb::Down,
            reason: None,
            corrected: None,
        };
        Feedbacks::put(state, &said).await.unwrap();
        Conversations::delete(state, "kim", "c1").await.unwrap();
        assert_eq!(of("kim").await, [("c2".to_owned(), 20, 0)]);
        assert_eq!(state.answer("a1").await.map(|_| ()), hidden, "its answers go with it");
        let all = FeedbackQuery { thumb: None, since: 0, limit: 9 };
        assert_eq!(Feedbacks::list(state, &all).await.unwrap(), [], "and what was said of them");
        assert_eq!(state.answer("a3").await.unwrap().id, "a3");
        assert_eq!(state.keep(&answer("a5", Some("c1"), "kim", 90)).await, hidden, "deleted meanwhile");
    });
}

#[test]
fn what_is_old_goes() {
    over_both("retention", &async |state| {
        Conversations::begin(state, &conversation("old", "kim", 10)).await.unwrap();
        Conversations::begin(state, &conversation("used", "kim", 10)).await.unwrap();
        for (id, conversation, at) in [
            ("o1", Some("old"), 20),
            ("u1", Some("used"), 20),
            ("u2", Some("used"), 200),
            ("x1", None, 20),
            ("x2", None, 200),
        ] {
            state.keep(&answer(id, conversation, "kim", at)).await.unwrap();
        }
        assert_eq!(Conversations::prune(state, 100).await.unwrap(), 2, "o1 and x1");
        let left = Conversations::list(state, "kim", 9, 0).await.unwrap();
        assert_eq!(left.iter().map(|c| c.id.as_str()).collect::<Vec<_>>(), ["used"]);
        assert_eq!(ids(&state.answers("kim", "used").await.unwrap()), ["u1", "u2"], "whole, as it is in use");
        assert!(state.answer("x2").await.is_ok() && state.answer("x1").await.is_err());
        assert_eq!(Conversations::prune(state, 100).await.unwrap(), 0);
    });
}

#[test]
fn what_nothing_answers_is_listed() {
    over_both("unanswered", &async |state| {
        for (id, grounded, by_rule, at) in [
            ("found", true, false, 1),
            ("not1", false, false, 2),
            ("rule", false, true, 3),
            ("not2", false, false, 4),
        ] {
            let mut answer = answer(id, None, "kim", at);
            answer.told.grounded = grounded;
            if by_rule {
                answer.basis = None;
            }
            state.keep(&answer).await.unwrap();
        }
        assert_eq!(ids(&state.unanswered(9).await.unwrap()), ["not2", "not1"]);
        assert_eq!(ids(&state.unanswered(1).await.unwrap()), ["not2"]);
        assert_eq!(state.unanswered(1).await.unwrap()[0].basis, None, "what it was made from is left out");
    });
}

#[test]
fn feedback_is_the_last_word_of_each() {
    over_both("feedback", &async |state| {
        state.keep(&answer("a", None, "kim", 1)).await.unwrap();
        let said = |by: &str, at, thumb, reason: Option<&str>| Feedback {
            answer: "a".into(),
            by: by.into(),
            at,
            thumb,
            reason: reason.map(str::to_owned),
            corrected: Some("옳은 답".to_owned()),
        };
        let of_nothing = Feedback { answer: "none".into(), ..said("kim", 1, Thumb::Up, None) };
        assert_eq!(Feedbacks::put(state, &of_nothing).await, Err(StateError::NotFound));
        for feedback in [
            said("kim", 10, Thumb::Up, None),
            said("lee", 20, Thumb::Up, None),
            said("kim", 30, Thumb::Down, Some("틀렸다")),
        ] {
            Feedbacks::put(state, &feedback).await.unwrap();
        }
        let list = async |thumb, since, limit| {
            Feedbacks::list(state, &FeedbackQuery { thumb, since, limit }).await.unwrap()
        };
        let both = [said("kim", 30, Thumb::Down, Some("틀렸다")), said("lee", 20, Thumb::Up, None)];
        assert_eq!(list(None, 0, 9).await, both);
        assert_eq!(list(Some(Thumb::Up), 0, 9).await, both[1..]);
        assert_eq!(list(None, 25, 9).await, both[..1]);
        assert_eq!(list(None, 0, 1).await, both[..1]);
    });
}

#[test]
fn a_lease_is_one_holders() {
    over_both("leases", &async |state| {
        let first = state.acquire("reindex", "a", HOUR).await.unwrap().expect("nobody has it");
        assert_eq!(state.acquire("reindex", "b", HOUR).await.unwrap(), None);
        assert_eq!(state.acquire("reindex", "a", HOUR).await.unwrap(), None, "not even to itself");
        assert!(state.acquire("prune", "b", HOUR).await.unwrap().is_some(), "another name is another right");
        assert_eq!(state.held("reindex").await.unwrap().as_ref(), Some(&first));
        state.renew(&first, HOUR).await.unwrap();
        state.release(&first).await.unwrap();
        assert_eq!(state.held("reindex").await.unwrap(), None);

        // One that runs out at once, as that of a holder that is gone.
        let gone = state.acquire("reindex", "b", Duration::ZERO).await.unwrap().expect("it was given back");
        assert!(gone.fence > first.fence);
        let next = state.acquire("reindex", "c", HOUR).await.unwrap().expect("it has run out");
        assert!(next.fence > gone.fence);
        assert!(matches!(state.renew(&gone, HOUR).await, Err(StateError::Lost(_))));
        state.release(&gone).await.unwrap();
        assert_eq!(state.held("reindex").await.unwrap(), Some(next), "who lost it cannot give it back");
    });
}

#[test]
fn a_job_is_written_by_whoever_holds_its_lease() {
    over_both("jobs", &async |state| {
        let old = state.acquire("reindex", "a", Duration::ZERO).await.unwrap().unwrap();
        let new = |id: &str, at| NewJob { id: id.into(), kind: "reindex".into(), by: "kim".into(), at };
        Jobs::begin(state, &new("j1", 10), &old).await.unwrap();
        let progress = JobProgress { what: "문서".into(), done: 3, expected: Some(9) };
        state.progress("j1", &old, &progress).await.unwrap();
        let job = Jobs::get(state, "j1").await.unwrap();
        assert_eq!((job.state, &job.progress, job.ended), (JobState::Running, &progress, None));
        assert_eq!((job.by.as_str(), job.holder.as_str(), job.cancel_asked), ("kim", "a", false));

        let lease = state.acquire("reindex", "b", HOUR).await.unwrap().unwrap();
        assert_eq!(state.abandon(&lease, 20).await.unwrap(), 1);
        let job = Jobs::get(state, "j1").await.unwrap();
        assert_eq!((job.state, job.ended), (JobState::Failed, Some(20)));
        assert!(job.outcome.contains("gone"), "{job:?}");
        let lost =
            |done: Result<(), StateError>| assert!(matches!(done, Err(StateError::Lost(_))), "{done:?}");
        lost(state.progress("j1", &old, &progress).await);
        lost(Jobs::end(state, "j1", &old, JobState::Done, "", 30).await);
        assert_eq!(state.ask_to_cancel("j1").await, Err(StateError::NotFound), "it does not run");

        Jobs::begin(state, &new("j2", 40), &lease).await.unwrap();
        assert_eq!(state.abandon(&lease, 50).await.unwrap(), 0, "its own job goes on");
        lost(state.progress("j2", &old, &progress).await);
        state.ask_to_cancel("j2").await.unwrap();
        assert!(Jobs::get(state, "j2").await.unwrap().cancel_asked);
        Jobs::end(state, "j2", &lease, JobState::Cancelled, "{}", 60).await.unwrap();
        lost(Jobs::end(state, "j2", &lease, JobState::Done, "", 70).await);
        Jobs::begin(state, &new("j3", 80), &lease).await.unwrap();
        let jobs = Jobs::list(state, 9).await.unwrap();
        assert_eq!(
            jobs.iter().map(|job| (job.id.as_str(), job.state)).collect::<Vec<_>>(),
            [("j3", JobState::Running), ("j2", JobState::Cancelled), ("j1", JobState::Failed)]
        );
        // By their ends; what runs stays, however old.
        for (before, gone) in [(20, 0), (21, 1), (999, 1), (999, 0)] {
            assert_eq!(Jobs::prune(state, before).await.unwrap(), gone, "{before}");
        }
        assert_eq!(Jobs::list(state, 9).await.unwrap()[0].id, "j3");
        assert_eq!(Jobs::get(state, "none").await.map(|_| ()), Err(StateError::NotFound));
    });
}

#[test]
fn the_audit_log_is_read_from_the_newest_on() {
    over_both("audit", &async |state| {
        let entry = |at, principal: &str, action: &str| AuditEntry {
            at,
            principal: principal.into(),
            action: action.into(),
            outcome: "answered".into(),
            subject: Some("a1".into()),
            cited: vec![DocumentId::new("notes", "가.md")],
            ..AuditEntry::default()
        };
        AuditLog::add(state, &[]).await.unwrap();
        let all = [entry(1, "kim", "ask"), entry(2, "lee", "ask"), entry(3, "kim", "reindex")];
        AuditLog::add(state, &all[..2]).await.unwrap();
        AuditLog::add(state, &all[2..]).await.unwrap();
        let read = async |query: AuditQuery| {
            let read = AuditLog::read(state, &AuditQuery { limit: 9, ..query }).await.unwrap();
            assert!(read.windows(2).all(|pair| pair[0].0 > pair[1].0), "{read:?}");
            read
        };
        let entries = |read: &[(u64, AuditEntry)]| read.iter().map(|(_, e)| e.clone()).collect::<Vec<_>>();
        let whole = read(AuditQuery::default()).await;
        assert_eq!(entries(&whole), [all[2].clone(), all[1].clone(), all[0].clone()]);
        let page = read(AuditQuery { before: Some(whole[0].0), ..AuditQuery::default() }).await;
        assert_eq!(page, whole[1..]);
        let of_kim = read(AuditQuery { principal: Some("kim".into()), ..AuditQuery::default() }).await;
        assert_eq!(entries(&of_kim), [all[2].clone(), all[0].clone()]);
        let asked = read(AuditQuery { action: Some("ask".into()), ..AuditQuery::default() }).await;
        assert_eq!(entries(&asked), [all[1].clone(), all[0].clone()]);
        assert_eq!(AuditLog::prune(state, 3).await.unwrap(), 2);
        assert_eq!(entries(&read(AuditQuery::default()).await), all[2..]);
    });
}

#[test]
fn what_was_spent_adds_up() {
    over_both("usage", &async |state| {
        let spent = |n| Spent { answers: 1, prompt_tokens: n, completion_tokens: 2 * n, cost_micros: 3 * n };
        for (who, day, model, n) in [
            ("kim", "2026-11-29", "m", 1),
            ("kim", "2026-11-30", "m", 10),
            ("kim", "2026-11-30", "m", 100),
            ("kim", "2026-11-30", "n", 1_000),
            ("lee", "2026-11-30", "m", 5),
        ] {
            Usage::add(state, who, day, model, &spent(n)).await.unwrap();
        }
        let whole = Spent { answers: 3, ..spent(1_110) };
        assert_eq!(state.spent("kim", "2026-11-30").await.unwrap(), whole);
        assert_eq!(state.spent("kim", "2026-12-01").await.unwrap(), Spent::default());
        let rows = state.since("2026-11-30").await.unwrap();
        let rows: Vec<_> = rows.iter().map(|r| (r.principal.as_str(), r.model.as_str(), r.spent)).collect();
        let twice = Spent { answers: 2, ..spent(110) };
        assert_eq!(rows, [("kim", "m", twice), ("kim", "n", spent(1_000)), ("lee", "m", spent(5))]);
        assert_eq!(Usage::prune(state, "2026-11-30").await.unwrap(), 1);
        assert_eq!(state.since("2000-01-01").await.unwrap().len(), 3);
    });
}

#[test]
fn a_key_is_kept_until_it_is_revoked() {
    over_both("keys", &async |state| {
        let key = |id: &str, created| ApiKey {
            id: id.into(),
            hash: format!("$argon2id${id}"),
            name: "batch".into(),
            groups: vec!["hr".into(), "재무".into()],
            roles: [Role::Reader, Role::Operator].into(),
            created,
            expires: Some(999),
            revoked: None,
            last_used: None,
        };
        ApiKeys::put(state, &key("k1", 1)).await.unwrap();
        ApiKeys::put(state, &key("k2", 2)).await.unwrap();
        assert!(matches!(ApiKeys::put(state, &key("k1", 3)).await, Err(StateError::Lost(_))));
        assert_eq!(ApiKeys::get(state, "k1").await.unwrap(), key("k1", 1));
        assert_eq!(ApiKeys::list(state).await.unwrap(), [key("k2", 2), key("k1", 1)]);
        state.used("k1", 20).await.unwrap();
        state.used("k1", 10).await.unwrap();
        state.revoke("k1", 30).await.unwrap();
        state.revoke("k1", 40).await.unwrap();
        let revoked = ApiKey { revoked: Some(30), last_used: Some(20), ..key("k1", 1) };
        assert_eq!(ApiKeys::get(state, "k1").await.unwrap(), revoked);
        assert_eq!(state.revoke("none", 1).await, Err(StateError::NotFound));
        assert_eq!(ApiKeys::get(state, "none").await.map(|_| ()), Err(StateError::NotFound));

        let for_ever = ApiKey { expires: None, ..key("k3", 3) };
        ApiKeys::put(state, &for_ever).await.unwrap();
        // From when on they were not valid: revoked at 30, at their end at 999, never.
        for (before, gone) in [(30, 0), (31, 1), (999, 0), (1_000, 1), (u64::MAX >> 1, 0)] {
            assert_eq!(ApiKeys::prune(state, before).await.unwrap(), gone, "{before}");
        }
        assert_eq!(ApiKeys::list(state).await.unwrap(), [for_ever]);
    });
}

#[test]
fn the_last_note_counts() {
    over_both("notes", &async |state| {
        assert_eq!(state.note("a").await.unwrap(), None);
        for text in ["하나", "[0.5, 1e-3]"] {
            state.take_note("a", text).await.unwrap();
            assert_eq!(state.note("a").await.unwrap().as_deref(), Some(text));
        }
        assert_eq!(state.note("b").await.unwrap(), None);
    });
}

#[test]
fn a_session_is_kept_until_it_ends() {
    let session = |hash: &str, expires| Session {
        hash: hash.into(),
        principal: Principal { name: "김".into(), groups: vec!["hr".into()], roles: [Role::Reader].into() },
        by: "key:1".into(),
        created: 5,
        expires,
    };
    over_both("sessions", &async |state| {
        for (hash, expires) in [("h1", 10), ("h2", 20), ("h3", 30)] {
            Sessions::begin(state, &session(hash, expires)).await.unwrap();
        }
        assert!(matches!(Sessions::begin(state, &session("h1", 99)).await, Err(StateError::Lost(_))));
        assert_eq!(Sessions::get(state, "h1").await.unwrap(), session("h1", 10), "kept as it was");
        Sessions::end(state, "h2").await.unwrap();
        Sessions::end(state, "h2").await.unwrap();
        assert_eq!(Sessions::get(state, "h2").await.map(|_| ()), Err(StateError::NotFound));
        assert_eq!(Sessions::prune(state, 10).await.unwrap(), 1);
        assert_eq!(Sessions::get(state, "h1").await.map(|_| ()), Err(StateError::NotFound));
        assert_eq!(Sessions::get(state, "h3").await.unwrap(), session("h3", 30));
    });
}

/// Replicas start together, and each finds or makes the tables.
async fn many_open(place: &StatePlace) {
    let opened = futures::future::join_all((0..8).map(|_| StateStore::open(place))).await;
    for store in opened {
        store.unwrap().alive().await.unwrap();
    }
}

#[test]
fn many_may_open_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    runtime().block_on(many_open(&StatePlace::File(folder.path().join("state.sqlite"))));
    let Some(database) = Database::create(System::Postgres, "opening") else { return };
    runtime().block_on(many_open(&server(&database)));
}

#[test]
fn the_form_of_a_newer_release_is_refused() {
    let refused = |place: &StatePlace| {
        let told = runtime().block_on(StateStore::open(place)).map(|_| ()).unwrap_err();
        assert!(matches!(&told, StateError::Damaged(told) if told.contains("form 999")), "{told:?}");
    };
    let newer = "insert into schema_version (version) values (999)";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.sqlite");
    let place = StatePlace::File(file.clone());
    runtime().block_on(StateStore::open(&place)).unwrap();
    e2e::database::run_on_file(&file, newer);
    refused(&place);
    let Some(database) = Database::create(System::Postgres, "a newer form") else { return };
    runtime().block_on(StateStore::open(&server(&database))).unwrap();
    database.run(newer);
    refused(&server(&database));
}

#[test]
fn deleting_leaves_no_trace_in_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let place = StatePlace::File(folder.path().join("state.sqlite"));
    let words = "비밀스러운 문장";
    let in_files = || {
        let files = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let holds = |path: &std::path::PathBuf| {
            let bytes = std::fs::read(path).unwrap();
            bytes.windows(words.len()).any(|window| window == words.as_bytes())
        };
        files.filter(holds).count()
    };
    runtime().block_on(async {
        let state = StateStore::open(&place).await.unwrap();
        Conversations::begin(&state, &conversation("c", "kim", 1)).await.unwrap();
        for n in 0..50 {
            let mut answer = answer(&format!("a{n}"), Some("c"), "kim", n);
            answer.question = words.repeat(40);
            state.keep(&answer).await.unwrap();
        }
        assert!(in_files() > 0, "this test can see them");
        Conversations::delete(&state, "kim", "c").await.unwrap();
        assert_eq!(in_files(), 0);
    });
}
