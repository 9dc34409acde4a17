//! `siren keys`: made, listed, revoked and replaced.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use siren_adapters::api_keys::{NewKey, now};
use siren_domain::ports::state::{ApiKey, ApiKeys, Millis, State, StateError};

use super::Failure;
use crate::cli::{CreateKeyArgs, KeysCommand, RotateKeyArgs};
use crate::output;
use crate::wiring::Wiring;

const HOUR: Millis = 3_600_000;
/// Longer ones would break the tables that they stand in.
const LONGEST_NAME: usize = 80;

pub(super) async fn run(wiring: &Wiring, command: KeysCommand) -> Result<(), Failure> {
    let state = wiring.application_state().await?;
    let state = state.as_ref();
    match command {
        KeysCommand::Create(args) => create(wiring, state, args).await,
        KeysCommand::List(json) => list(state, json.json).await,
        KeysCommand::Revoke { id, json } => revoke(state, &id, json.json).await,
        KeysCommand::Rotate(args) => rotate(wiring, state, args).await,
    }
}

async fn create(wiring: &Wiring, state: &dyn State, args: CreateKeyArgs) -> Result<(), Failure> {
    let name = args.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Failure::usage(format!("--name must have 1 to {LONGEST_NAME} letters on one line")));
    }
    if name.starts_with("oidc:") || name == "local" {
        return Err(Failure::usage(format!("--name {name:?} belongs to somebody else: choose another one")));
    }
    if let Some(group) = args.groups.iter().find(|group| group.trim().is_empty()) {
        return Err(Failure::usage(format!(
            "--groups has an empty name ({group:?}): write them with commas"
        )));
    }
    let new = NewKey {
        name,
        groups: args.groups,
        roles: args.roles.into_iter().map(Into::into).collect(),
        expires: expires(&args.expires, now()).map_err(|told| Failure::usage(format!("--expires {told}")))?,
    };
    let (kept, shown) = issue(state, new).await?;
    tell(wiring, &kept, &shown, args.json.json)
}

async fn issue(state: &dyn State, new: NewKey) -> Result<(ApiKey, String), Failure> {
    let (kept, shown) = new.make(now()).map_err(Failure::failed)?;
    ApiKeys::put(state, &kept).await.map_err(Failure::failed)?;
    Ok((kept, shown))
}

fn tell(wiring: &Wiring, kept: &ApiKey, shown: &str, as_json: bool) -> Result<(), Failure> {
    if !wiring.settings.settings.auth.api_keys {
        output::note(wiring.quiet, "keys are not asked for yet: set `api_keys = true` in [auth]");
    }
    if as_json {
        let mut document = told(kept, now());
        document["key"] = json!(shown);
        document["schema"] = json!(1);
        return output::json(&document);
    }
    let until = kept.expires.map_or_else(|| "never expires".to_owned(), |at| format!("expires {}", day(at)));
    output::note(
        wiring.quiet,
        &format!("key {} for {} ({until}); it is shown this once:", kept.id, kept.name),
    );
    output::text(&format!("{shown}\n"))
}

async fn list(state: &dyn State, as_json: bool) -> Result<(), Failure> {
    let (all, now) = (ApiKeys::list(state).await.map_err(Failure::failed)?, now());
    if as_json {
        let keys: Vec<Value> = all.iter().map(|key| told(key, now)).collect();
        return output::json(&json!({ "schema": 1, "keys": keys }));
    }
    if all.is_empty() {
        return output::text("no key has been made yet: `siren keys create --name NAME`\n");
    }
    let line = |key: &ApiKey| {
        let roles: Vec<String> = key.roles.iter().map(|role| format!("{role:?}").to_lowercase()).collect();
        format!(
            "{}  {:8}  {}  [{}]  groups [{}]  expires {}  last used {}\n",
            key.id,
            standing(key, now),
            output::harmless(&key.name),
            roles.join(","),
            output::harmless(&key.groups.join(",")),
            key.expires.map_or_else(|| "never".to_owned(), day),
            key.last_used.map_or_else(|| "never".to_owned(), day),
        )
    };
    output::text(&all.iter().map(line).collect::<String>())
}

async fn revoke(state: &dyn State, id: &str, as_json: bool) -> Result<(), Failure> {
    let now = now();
    ApiKeys::revoke(state, id, now).await.map_err(|error| unknown(id, error))?;
    if as_json {
        let mut document = told(&ApiKeys::get(state, id).await.map_err(Failure::failed)?, now);
        document["schema"] = json!(1);
        return output::json(&document);
    }
    output::text(&format!("key {id} is revoked\n"))
}

async fn rotate(wiring: &Wiring, state: &dyn State, args: RotateKeyArgs) -> Result<(), Failure> {
    let now = now();
    let old = ApiKeys::get(state, &args.id).await.map_err(|error| unknown(&args.id, error))?;
    if standing(&old, now) != "valid" {
        let message = format!("key {} is {} already: make a new one", old.id, standing(&old, now));
        return Err(Failure::usage(message));
    }
    let grace = hours(&args.grace).ok_or_else(|| {
        Failure::usage(format!(
            "--grace {:?} is no time: write a number with h or d, such as 24h",
            args.grace
        ))
    })?;
    let new_end = match &args.expires {
        Some(when) => expires(when, now).map_err(|told| Failure::usage(format!("--expires {told}")))?,
        None => old.expires.map(|end| now + end.saturating_sub(old.created)),
    };
    let new = NewKey { name: old.name, groups: old.groups, roles: old.roles, expires: new_end };
    let (kept, shown) = issue(state, new).await?;
    ApiKeys::revoke(state, &old.id, now + grace).await.map_err(Failure::failed)?;
    tell(wiring, &kept, &shown, args.json.json)
}

fn unknown(id: &str, error: StateError) -> Failure {
    match error {
        StateError::NotFound => {
            Failure::usage(format!("there is no key {id:?}: `siren keys list` shows those there are"))
        }
        error => Failure::failed(error),
    }
}

fn standing(key: &ApiKey, now: Millis) -> &'static str {
    let past = |at: Option<Millis>| at.is_some_and(|at| at <= now);
    match () {
        () if past(key.revoked) => "revoked",
        () if past(key.expires) => "expired",
        () => "valid",
    }
}

fn told(key: &ApiKey, now: Millis) -> Value {
    json!({
        "id": key.id, "name": key.name, "groups": key.groups, "roles": key.roles,
        "created": instant(key.created), "expires": key.expires.map(instant),
        "revoked": key.revoked.map(instant), "last_used": key.last_used.map(instant),
        "standing": standing(key, now),
    })
}

fn timestamp(at: Millis) -> Option<Timestamp> {
    Timestamp::from_millisecond(i64::try_from(at).ok()?).ok()
}

fn instant(at: Millis) -> String {
    timestamp(at).map_or_else(String::new, |at| format!("{at:.0}"))
}

fn day(at: Millis) -> String {
    timestamp(at).map_or_else(String::new, |at| at.to_zoned(TimeZone::UTC).date().to_string())
}

/// When something is over that is said to last so long.
fn expires(when: &str, now: Millis) -> Result<Option<Millis>, String> {
    let wrong = || format!("{when:?} is no time: write 90d, 12h, a date such as 2027-01-31, or never");
    if when == "never" {
        return Ok(None);
    }
    let end = match when.parse::<Date>() {
        Ok(date) => {
            let end = date.checked_add(1.day()).and_then(|next| next.to_zoned(TimeZone::UTC));
            end.ok().and_then(|end| Millis::try_from(end.timestamp().as_millisecond()).ok())
        }
        Err(_) => hours(when).and_then(|time| now.checked_add(time)),
    };
    match end.ok_or_else(wrong)? {
        end if end > now => Ok(Some(end)),
        _ => Err(format!("{when:?} is over already")),
    }
}

/// `12h` or `90d`.
fn hours(text: &str) -> Option<Millis> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: Millis = number.parse().ok()?;
    let unit = match unit {
        "h" => HOUR,
        "d" => 24 * HOUR,
        _ => return None,
    };
    number.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::{HOUR, expires};

    #[test]
    fn times_are_read_as_people_write_them() {
        // 2026-11-30T00:00:00Z
        let now = 1_796_000_000_000 / (24 * HOUR) * 24 * HOUR;
        let day = 24 * HOUR;
        let cases = [
            ("12h", Ok(Some(now + 12 * HOUR))),
            ("90d", Ok(Some(now + 90 * day))),
            ("never", Ok(None)),
            ("0d", Err("is over already")),
            ("2020-01-01", Err("is over already")),
            ("soon", Err("is no time")),
            ("", Err("is no time")),
            ("9d ", Err("is no time")),
            ("-3d", Err("is no time")),
            ("\u{d55c}", Err("is no time")),
            ("99999999999999999999d", Err("is no time")),
        ];
        for (when, expected) in cases {
            match (expires(when, now), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{when}"),
                (Err(found), Err(expected)) => assert!(found.contains(expected), "{when}: {found}"),
                (found, _) => panic!("{when}: {found:?}"),
            }
        }
        let dated = expires("2099-01-31", now).expect("a date").expect("an end");
        assert_eq!(super::instant(dated), "2099-02-01T00:00:00Z");
    }
}
