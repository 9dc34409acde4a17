//! Who may do what only one may do. The store's own clock says when a lease has run out.

use std::time::Duration;

use async_trait::async_trait;
use siren_domain::ports::state::{Lease, Leases, StateError};

use super::StateStore;
use super::sql::{Arg, Sql, args};

/// A statement in the words of each system: their clocks are read differently.
struct Both {
    file: &'static str,
    server: &'static str,
}

/// Writes the statement twice, `NOW` in the words of each.
macro_rules! both {
    ($before:literal, NOW, $behind:literal) => {
        Both {
            file: concat!($before, "cast(unixepoch('subsec') * 1000 as integer)", $behind),
            server: concat!($before, "cast(extract(epoch from clock_timestamp()) * 1000 as bigint)", $behind),
        }
    };
    ($before:literal, NOW, $middle:literal, NOW, $behind:literal) => {
        Both {
            file: concat!(
                $before,
                "cast(unixepoch('subsec') * 1000 as integer)",
                $middle,
                "cast(unixepoch('subsec') * 1000 as integer)",
                $behind
            ),
            server: concat!(
                $before,
                "cast(extract(epoch from clock_timestamp()) * 1000 as bigint)",
                $middle,
                "cast(extract(epoch from clock_timestamp()) * 1000 as bigint)",
                $behind
            ),
        }
    };
}

const ACQUIRE: Both = both!(
    "insert into leases (name, holder, fence, until) values ($1, $2, 1, ",
    NOW,
    " + $3) on conflict (name) do update set holder = excluded.holder, fence = leases.fence + 1,
        until = excluded.until where leases.until <= ",
    NOW,
    " returning fence"
);
const RENEW: Both =
    both!("update leases set until = ", NOW, " + $3 where name = $1 and fence = $2 returning fence");
const HELD: Both = both!("select holder, fence from leases where name = $1 and until > ", NOW, "");

impl StateStore {
    fn of(&self, both: &Both) -> &'static str {
        match self.sql {
            Sql::File(_) => both.file,
            Sql::Server(_) => both.server,
        }
    }
}

fn millis(time: Duration) -> Arg {
    Arg::from(u64::try_from(time.as_millis()).unwrap_or(u64::MAX >> 8))
}

#[async_trait]
impl Leases for StateStore {
    async fn acquire(&self, name: &str, holder: &str, time: Duration) -> Result<Option<Lease>, StateError> {
        let args = vec![Arg::from(name), Arg::from(holder), millis(time)];
        let row = self.sql.row(self.of(&ACQUIRE), args).await?;
        let lease = |fence| Lease { name: name.to_owned(), holder: holder.to_owned(), fence };
        row.map(|row| row.number(0).map(lease)).transpose()
    }

    async fn renew(&self, lease: &Lease, time: Duration) -> Result<(), StateError> {
        let args = vec![Arg::from(lease.name.as_str()), Arg::from(lease.fence), millis(time)];
        match self.sql.row(self.of(&RENEW), args).await? {
            Some(_) => Ok(()),
            None => Err(StateError::Lost(format!("the lease {:?} has run out", lease.name))),
        }
    }

    async fn release(&self, lease: &Lease) -> Result<(), StateError> {
        // The row stays: its fence must go on growing.
        let update = "update leases set until = 0 where name = $1 and fence = $2";
        self.sql.run(update, args![lease.name.as_str(), lease.fence]).await.map(|_| ())
    }

    async fn held(&self, name: &str) -> Result<Option<Lease>, StateError> {
        let row = self.sql.row(self.of(&HELD), args![name]).await?;
        let lease = |row: super::sql::Row| {
            Ok(Lease { name: name.to_owned(), holder: row.text(0)?, fence: row.number(1)? })
        };
        row.map(lease).transpose()
    }
}
