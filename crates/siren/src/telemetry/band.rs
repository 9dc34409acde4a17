//! Are retrieval's scores what they usually are at this hour? A fixed line would be crossed every night.
//!
//! For each hour of the day the medians of its scores over the last days are kept. Their median is what is usual, their
//! median absolute deviation how much it varies: neither is moved much by a few bad days.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Scores that an hour needs before it counts.
const LEAST_SCORES: usize = 5;
/// Days that an hour needs before anything is unusual.
const LEAST_DAYS: usize = 3;
/// So many scores of an hour are kept; later ones take the places of earlier ones.
const MOST_SCORES: usize = 4_096;
/// Makes the median absolute deviation the standard deviation, where values are normally spread.
const TO_DEVIATION: f64 = 1.4826;
/// The least deviation, as a share of what is usual: a quiet week must not make every change an alarm.
const LEAST_DEVIATION: f64 = 0.02;
const HOURS: usize = 24;

/// How far from the usual is too far, and how long to remember.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct BandSettings {
    /// In deviations.
    pub(crate) width: f64,
    pub(crate) days: usize,
}

/// What is usual now, and what is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reading {
    /// The median of this hour's scores.
    pub(crate) score: Option<f64>,
    pub(crate) band: Option<Band>,
}

/// What is usual at an hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Band {
    pub(crate) lower: f64,
    pub(crate) usual: f64,
    pub(crate) upper: f64,
}

impl Reading {
    /// Whether the score has left the band.
    pub(crate) fn is_outside(&self) -> bool {
        self.score.zip(self.band).is_some_and(|(score, band)| score < band.lower || score > band.upper)
    }
}

/// What is remembered.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Memory {
    /// Hours since 1970-01-01 in Korea.
    hour: u64,
    scores: Vec<f64>,
    seen: usize,
    /// Medians by hour of the day, the oldest first.
    medians: Vec<VecDeque<f64>>,
}

/// Takes what is remembered, each hour anew, to where it outlives the process. Nobody who asks waits for it.
pub(crate) type Keep = Box<dyn Fn(String) + Send + Sync>;

/// Keeps what is usual.
pub(crate) struct ScoreBand {
    settings: Mutex<BandSettings>,
    memory: Mutex<Memory>,
    keep: Option<Keep>,
}

impl ScoreBand {
    pub(crate) fn new(settings: BandSettings) -> Self {
        Self { settings: Mutex::new(settings), memory: Mutex::default(), keep: None }
    }

    /// From now on this is too far, and so long is remembered.
    pub(crate) fn set(&self, settings: BandSettings) {
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    fn settings(&self) -> BandSettings {
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One that goes on from what is known. What cannot be read is begun anew.
    pub(crate) fn kept(settings: BandSettings, known: Option<&str>, keep: Keep) -> Self {
        let read = |known: &str| {
            serde_json::from_str(known).unwrap_or_else(|error| {
                tracing::warn!("usual scores are learnt anew: {error}");
                Memory::default()
            })
        };
        let memory = known.map_or_else(Memory::default, read);
        Self { settings: Mutex::new(settings), memory: Mutex::new(memory), keep: Some(keep) }
    }

    /// One that goes on from what the file holds, and keeps it there.
    pub(crate) fn kept_in(settings: BandSettings, file: PathBuf) -> Self {
        let known = std::fs::read_to_string(&file).ok();
        let keep = move |told: String| {
            let beside = file.with_extension("next");
            let written = std::fs::write(&beside, told).and_then(|()| std::fs::rename(&beside, &file));
            if let Err(error) = written {
                tracing::warn!(file = %file.display(), "usual scores are not kept: {error}");
            }
        };
        Self::kept(settings, known.as_deref(), Box::new(keep))
    }

    /// Takes in the best score of a question.
    pub(crate) fn observe(&self, score: f64) {
        self.observe_at(score, this_hour());
    }

    /// How it is now.
    pub(crate) fn reading(&self) -> Reading {
        self.reading_at(this_hour())
    }

    fn observe_at(&self, score: f64, hour: u64) {
        if !score.is_finite() {
            return;
        }
        self.at(hour, |memory| memory.take(score));
    }

    fn reading_at(&self, hour: u64) -> Reading {
        self.at(hour, |memory| {
            let score = (memory.scores.len() >= LEAST_SCORES).then(|| median(&memory.scores)).flatten();
            let of_hour = memory.medians.get(of_day(hour));
            let band = of_hour.and_then(|days| self.band(&days.iter().copied().collect::<Vec<_>>()));
            Reading { score, band }
        })
    }

    /// Does something at an hour. Whoever comes first in it, a question or a look, closes the hour before and has it kept.
    fn at<T>(&self, hour: u64, work: impl FnOnce(&mut Memory) -> T) -> T {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let turned = memory.turn_to(hour, self.settings().days);
        let told = turned.then(|| serde_json::to_string(&*memory).ok()).flatten();
        let done = work(&mut memory);
        drop(memory);
        if let Some((told, keep)) = told.zip(self.keep.as_ref()) {
            keep(told);
        }
        done
    }

    fn band(&self, days: &[f64]) -> Option<Band> {
        if days.len() < LEAST_DAYS {
            return None;
        }
        let usual = median(days)?;
        let apart: Vec<f64> = days.iter().map(|day| (day - usual).abs()).collect();
        let deviation = (median(&apart)? * TO_DEVIATION).max(usual.abs() * LEAST_DEVIATION);
        let reach = self.settings().width * deviation;
        Some(Band { lower: usual - reach, usual, upper: usual + reach })
    }
}

impl Memory {
    /// Closes the hour that is over, if another one has begun.
    fn turn_to(&mut self, hour: u64, days: usize) -> bool {
        if hour <= self.hour {
            return false;
        }
        self.medians.resize_with(HOURS, VecDeque::new);
        if self.scores.len() >= LEAST_SCORES
            && let Some(median) = median(&self.scores)
            && let Some(of_hour) = self.medians.get_mut(of_day(self.hour))
        {
            of_hour.push_back(median);
            while of_hour.len() > days {
                of_hour.pop_front();
            }
        }
        self.scores.clear();
        self.seen = 0;
        self.hour = hour;
        true
    }

    fn take(&mut self, score: f64) {
        match self.scores.get_mut(self.seen % MOST_SCORES) {
            Some(slot) => *slot = score,
            None => self.scores.push(score),
        }
        self.seen += 1;
    }
}

fn this_hour() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    (since + crate::clock::AHEAD) / 3_600
}

fn of_day(hour: u64) -> usize {
    usize::try_from(hour % 24).unwrap_or(0)
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (upper, lower) = (sorted.get(sorted.len() / 2)?, sorted.get(sorted.len().saturating_sub(1) / 2)?);
    Some((upper + lower) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::{BandSettings, ScoreBand, of_day};

    const SETTINGS: BandSettings = BandSettings { width: 4.0, days: 14 };
    const NIGHT: f64 = 0.35;
    const DAY: f64 = 0.70;

    /// Numbers between -1 and 1 that look random and are the same on every run.
    struct Noise(u64);

    impl Noise {
        fn next(&mut self) -> f64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            f64::from(u32::try_from(self.0 >> 33).unwrap()) / f64::from(1_u32 << 30) - 1.0
        }
    }

    /// By day employees ask, by night another office does, about other things.
    fn usual(hour: u64) -> f64 {
        if (8..20).contains(&(hour % 24)) { DAY } else { NIGHT }
    }

    /// `hours` of questions, each hour's scores around `level(hour)`. Tells which hours left the band.
    fn ask(
        band: &ScoreBand,
        hours: std::ops::Range<u64>,
        noise: &mut Noise,
        level: impl Fn(u64) -> f64,
    ) -> Vec<u64> {
        let mut outside = Vec::new();
        for hour in hours {
            for _ in 0..40 {
                band.observe_at(level(hour) * (1.0 + 0.15 * noise.next()), hour);
            }
            if band.reading_at(hour).is_outside() {
                outside.push(hour);
            }
        }
        outside
    }

    #[test]
    fn a_week_teaches_what_is_usual_at_each_hour() {
        let (band, mut noise) = (ScoreBand::new(SETTINGS), Noise(7));
        let week = 7 * 24;
        assert_eq!(ask(&band, 1..week, &mut noise, usual), [0_u64; 0], "nights and days are no alarm");
        // The next day is as usual, too.
        assert_eq!(ask(&band, week..week + 24, &mut noise, usual), [0_u64; 0]);
        let day = week + 24;
        // What is usual at night is not at noon, though every score of it was seen before.
        assert_eq!(ask(&band, day + 12..day + 13, &mut noise, |_| NIGHT), [day + 12]);
        // Nor is the day's at night: too good is unusual as well.
        assert_eq!(ask(&band, day + 23..day + 24, &mut noise, |_| DAY), [day + 23]);
        // A loss of a fifth at noon is seen.
        assert_eq!(ask(&band, day + 36..day + 37, &mut noise, |_| DAY * 0.8), [day + 36]);
        // And one bad day does not change what is usual.
        assert_eq!(ask(&band, day + 60..day + 61, &mut noise, usual), [0_u64; 0]);
        let reading = band.reading_at(day + 60);
        let limits = reading.band.unwrap();
        assert!(limits.lower > NIGHT && limits.usual > 0.95 * DAY && limits.upper < 1.2, "{reading:?}");
    }

    #[test]
    fn nothing_is_unusual_before_it_is_known_what_is_usual() {
        let (band, mut noise) = (ScoreBand::new(SETTINGS), Noise(1));
        assert_eq!(ask(&band, 12..13, &mut noise, |_| DAY), [0_u64; 0]);
        assert!(ask(&band, 36..37, &mut noise, |_| NIGHT).is_empty());
        assert_eq!(band.reading_at(36).band, None);
        // A few questions are no sign.
        let (known, mut noise) = (ScoreBand::new(SETTINGS), Noise(1));
        ask(&known, 1..24 * 4, &mut noise, usual);
        known.observe_at(0.01, 24 * 4 + 12);
        let reading = known.reading_at(24 * 4 + 12);
        assert!(reading.band.is_some() && reading.score.is_none() && !reading.is_outside());
    }

    #[test]
    fn what_is_usual_changes_with_time() {
        let (band, mut noise) = (ScoreBand::new(BandSettings { days: 7, ..SETTINGS }), Noise(3));
        ask(&band, 1..24 * 10, &mut noise, usual);
        let lower = |hour| usual(hour) * 0.6;
        let alarms = ask(&band, 24 * 10..24 * 20, &mut noise, lower);
        assert!(!alarms.is_empty() && alarms.iter().all(|hour| *hour < 24 * 15), "{alarms:?}");
    }

    #[test]
    fn another_width_needs_nothing_learnt_anew() {
        let (band, mut noise) = (ScoreBand::new(SETTINGS), Noise(9));
        ask(&band, 1..24 * 5, &mut noise, usual);
        let noon = 24 * 5 + 12;
        ask(&band, noon..noon + 1, &mut noise, |_| DAY * 0.8);
        for (width, outside) in [(4.0, true), (90.0, false), (4.0, true)] {
            band.set(BandSettings { width, ..SETTINGS });
            assert_eq!(band.reading_at(noon).is_outside(), outside, "{width}");
        }
    }

    #[test]
    fn it_outlives_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("scores.json");
        let (band, mut noise) = (ScoreBand::kept_in(SETTINGS, file.clone()), Noise(5));
        ask(&band, 1..24 * 5, &mut noise, usual);
        let again = ScoreBand::kept_in(SETTINGS, file.clone());
        let noon = 24 * 5 + 12;
        let limits =
            |band: &ScoreBand| band.reading_at(noon).band.map(|band| (band.lower, band.upper)).unwrap();
        let ((lower, upper), (kept_lower, kept_upper)) = (limits(&band), limits(&again));
        assert!((lower - kept_lower).abs() < 1e-9 && (upper - kept_upper).abs() < 1e-9);
        // A look may be the first of an hour: what the hour before has taught is kept then, too.
        let day = 24 * 6 + 12;
        ask(&again, noon..noon + 1, &mut noise, usual);
        again.reading_at(day);
        let looked = ScoreBand::kept_in(SETTINGS, file.clone());
        let medians = |band: &ScoreBand| band.memory.lock().unwrap().medians[of_day(noon)].len();
        assert_eq!((medians(&looked), medians(&again)), (6, 6));
        std::fs::write(&file, "{").unwrap();
        assert_eq!(ScoreBand::kept_in(SETTINGS, file).reading_at(noon).band, None);
    }
}
