//! Which form the tables have, and how an older one becomes the newest.

use siren_domain::ports::state::StateError;

use super::sql::Sql;

/// Each brings the tables from the form before to its own. What was released is never changed, only added to.
const MIGRATIONS: [&str; 3] = [
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_sessions.sql"),
    include_str!("migrations/0003_notes.sql"),
];

/// Any number will do that no other program takes for a lock of its own.
const LOCK: i64 = 0x5152_454e_5354;

const VERSIONS: &str = "create table if not exists schema_version (version bigint primary key)";

/// Brings the tables to the newest form. Several replicas may begin at once: one does the work, the others wait.
pub(super) async fn run(sql: &Sql) -> Result<(), StateError> {
    // Twice: who waited for another one finds its work done.
    for _ in 0..2 {
        let known = version(sql).await?;
        if known > MIGRATIONS.len() {
            return Err(StateError::Damaged(format!(
                "the application's state has the form {known}, and this release knows those up to {}: use the \
                 release that made it, or a newer one",
                MIGRATIONS.len()
            )));
        }
        if known == MIGRATIONS.len() {
            return Ok(());
        }
        if let Err(error) = sql.script(script(sql, known)).await {
            tracing::debug!(%error, "another process may have brought the tables to their form");
        }
    }
    match version(sql).await? {
        known if known == MIGRATIONS.len() => Ok(()),
        _ => Err(StateError::Unavailable("its tables cannot be brought to the form of this release".into())),
    }
}

/// The form of the tables; 0 when there are none.
async fn version(sql: &Sql) -> Result<usize, StateError> {
    let there = match sql {
        Sql::File(_) => sql.row("select 1 from sqlite_master where name = 'schema_version'", vec![]).await?,
        Sql::Server(_) => {
            let exists = "select cast(1 as bigint) where to_regclass('schema_version') is not null";
            sql.row(exists, vec![]).await?
        }
    };
    if there.is_none() {
        return Ok(0);
    }
    let row = sql.row("select coalesce(max(version), 0) from schema_version", vec![]).await?;
    let version = row.map_or(Ok(0), |row| row.number(0))?;
    usize::try_from(version).map_err(|_| StateError::Damaged("the form of the tables is no number".into()))
}

/// All that is missing. Where another process was faster, it fails and changes nothing.
fn script(sql: &Sql, known: usize) -> String {
    let (lock, numbered) = match sql {
        Sql::File(_) => (String::new(), "integer primary key autoincrement"),
        Sql::Server(_) => (
            format!("select pg_advisory_xact_lock({LOCK});\n"),
            "bigint generated always as identity primary key",
        ),
    };
    let mut script = format!("{lock}{VERSIONS};\n");
    for (at, migration) in MIGRATIONS.iter().enumerate().skip(known) {
        // First the number: it is taken where another process was faster.
        script.push_str(&format!("insert into schema_version (version) values ({});\n", at + 1));
        script.push_str(&migration.replace("{NUMBERED}", numbered));
    }
    script
}
