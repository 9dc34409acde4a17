//! `[schedule]`: what is done at its time.

use serde::{Deserialize, Serialize};

use super::{Purposes, Section, Wrong, wrongly};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ScheduleSettings {
    pub(crate) reindex: String,
    pub(crate) time_zone: String,
}

impl Default for ScheduleSettings {
    fn default() -> Self {
        Self { reindex: String::new(), time_zone: "Asia/Seoul".to_owned() }
    }
}

impl ScheduleSettings {
    /// When the index is brought up to date, if it is.
    pub(crate) fn reindex(&self) -> Option<Result<cronexpr::Crontab, cronexpr::Error>> {
        let is_set = !self.reindex.trim().is_empty();
        is_set.then(|| cronexpr::parse_crontab(&format!("{} {}", self.reindex.trim(), self.time_zone.trim())))
    }
}

impl Section for ScheduleSettings {
    fn purposes(&self) -> Purposes {
        &[
            (
                "schedule.reindex",
                "when `siren serve` brings the index up to date, as cron writes it, such as \"0 3 * * *\"; empty: never",
            ),
            ("schedule.time_zone", "whose clock that is, such as Asia/Seoul or UTC"),
        ]
    }

    fn check(&self) -> Result<(), Wrong> {
        let zone = cronexpr::parse_crontab(&format!("0 0 * * * {}", self.time_zone.trim()));
        if zone.is_err() {
            return Err(wrongly(
                "schedule.time_zone",
                "must be a time zone's name, such as Asia/Seoul or UTC",
            ));
        }
        match self.reindex() {
            Some(Err(_)) => Err(wrongly(
                "schedule.reindex",
                "must be five fields as cron writes them: minute, hour, day, month, day of the week, such as \"0 3 * * *\"",
            )),
            _ => Ok(()),
        }
    }
}
