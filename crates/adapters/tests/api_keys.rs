//! Keys of programs: known again by their hash, and not beyond their time.

use std::sync::Arc;

use siren_adapters::api_keys::{KeyAuthenticator, NewKey, now};
use siren_adapters::state::{StatePlace, StateStore};
use siren_domain::Role;
use siren_domain::ports::state::{ApiKeys, Millis};
use siren_domain::ports::{AuthError, Authenticated, Authenticator};

const HOUR: Millis = 3_600_000;

fn wanted(expires: Option<Millis>) -> NewKey {
    NewKey { name: "wiki".into(), groups: vec!["hr".into()], roles: [Role::Reader].into(), expires }
}

#[tokio::test]
async fn a_key_is_known_until_it_is_revoked_or_has_expired() {
    let folder = tempfile::tempdir().unwrap();
    let state = StateStore::open(&StatePlace::File(folder.path().join("state.sqlite"))).await.unwrap();
    let state = Arc::new(state);
    let door = KeyAuthenticator::new(Arc::clone(&state) as Arc<dyn ApiKeys>);
    let (kept, shown) = wanted(Some(now() + HOUR)).make(now()).unwrap();
    state.put(&kept).await.unwrap();
    // A secret may have `_` in it, so its last part may be a letter that anything has.
    let secret = shown.strip_prefix(&format!("siren_{}_", kept.id)).unwrap();
    assert!(!format!("{kept:?}").contains(secret), "the secret is not kept");
    let who = door.authenticate(&shown).await.unwrap();
    assert_eq!((who.principal.name.as_str(), who.by), ("wiki", format!("key:{}", kept.id)));
    assert_eq!((who.principal.groups, who.principal.roles), (vec!["hr".into()], [Role::Reader].into()));
    assert!(who.until.is_some_and(|until| until * 1000 <= now() + HOUR));
    assert!(state.get(&kept.id).await.unwrap().last_used.is_some());

    let (other, other_shown) = wanted(None).make(now()).unwrap();
    state.put(&other).await.unwrap();
    assert!(other.id != kept.id && other.hash != kept.hash);
    let secret = other_shown.strip_prefix(&format!("siren_{}_", other.id)).unwrap();
    let (expired, expired_shown) = wanted(Some(now() - 1)).make(now() - HOUR).unwrap();
    state.put(&expired).await.unwrap();
    let refused = [
        format!("siren_{}_{secret}", kept.id),
        format!("siren_{}_", kept.id),
        format!("{shown}x"),
        "siren_000000000000_abc".to_owned(),
        format!("siren_{}_{}", kept.id, kept.hash),
        expired_shown,
    ];
    for credential in refused {
        let refused = door.authenticate(&credential).await;
        assert!(matches!(refused, Err(AuthError::Refused(_))), "{credential}: {refused:?}");
    }
    for foreign in ["", "siren_", "a.b.c", "sk-123"] {
        assert_eq!(door.authenticate(foreign).await, Err(AuthError::Foreign), "{foreign}");
    }

    // Rotated: the old one holds a little longer. Who has shown it once is judged as if it were shown again.
    let [first, second] =
        [door.authenticate(&shown).await.unwrap(), door.authenticate(&other_shown).await.unwrap()];
    state.revoke(&kept.id, now() + HOUR).await.unwrap();
    assert!(door.authenticate(&shown).await.is_ok());
    assert_eq!(door.again(&first).await.unwrap().principal, first.principal);
    assert!(door.again(&second).await.is_ok());
    state.revoke(&other.id, now()).await.unwrap();
    assert!(matches!(door.authenticate(&other_shown).await, Err(AuthError::Refused(_))));
    assert!(matches!(door.again(&second).await, Err(AuthError::Refused(_))));
    let gone = Authenticated { by: "key:000000000000".into(), ..second.clone() };
    assert!(matches!(door.again(&gone).await, Err(AuthError::Refused(_))));
    let token = Authenticated { by: "oidc".into(), ..second };
    assert_eq!(door.again(&token).await, Err(AuthError::Foreign));
}
