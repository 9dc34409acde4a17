//! Has somebody asked too much? Each principal for itself, and whoever is not known by the address they come from.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use siren_domain::ports::Authenticated;

/// Credentials that do not hold, from one address, in a minute: enough for typing errors.
const FAILURES: Rate = Rate { per_minute: TWENTY, burst: TWENTY };
const TWENTY: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);
/// So often those that have not come for long are forgotten.
const TIDY_EVERY: u32 = 4096;

/// How much one may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// In the long run.
    pub per_minute: NonZeroU32,
    /// At once.
    pub burst: NonZeroU32,
}

type Limiter = RateLimiter<String, HashMapStateStore<String>, DefaultClock>;

pub(super) struct Rates {
    asked: Option<Limiter>,
    failed: Limiter,
    looked: AtomicU32,
}

impl Rates {
    pub(super) fn new(rate: Option<Rate>) -> Self {
        Self { asked: rate.map(limiter), failed: limiter(FAILURES), looked: AtomicU32::new(0) }
    }

    /// Counts a request, or tells in how many seconds the next one is welcome. Who sits at this machine and is not
    /// asked for a name is not counted.
    pub(super) fn asked(&self, who: &Authenticated, peer: Option<IpAddr>) -> Result<(), u32> {
        let Some(limiter) = &self.asked else { return Ok(()) };
        let key = match (who.by.as_str(), peer) {
            ("local", None) => return Ok(()),
            ("local", Some(peer)) if peer.is_loopback() => return Ok(()),
            ("local", Some(peer)) => network(peer),
            // A rotated key does not begin anew: the name is the same.
            _ => who.principal.name.clone(),
        };
        self.count(limiter, &key)
    }

    /// Counts a credential that did not hold.
    pub(super) fn failed(&self, peer: Option<IpAddr>) -> Result<(), u32> {
        peer.map_or(Ok(()), |peer| self.count(&self.failed, &network(peer)))
    }

    fn count(&self, limiter: &Limiter, key: &String) -> Result<(), u32> {
        if self.looked.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
        limiter.check_key(key).map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX).max(1)
        })
    }
}

fn limiter(rate: Rate) -> Limiter {
    RateLimiter::hashmap(Quota::per_minute(rate.per_minute).allow_burst(rate.burst))
}

/// An address, or the network of 2^64 addresses that one customer has.
pub(super) fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Rate, Rates, network};
    use siren_domain::Principal;
    use siren_domain::ports::Authenticated;

    fn who(by: &str, name: &str) -> Authenticated {
        let principal = Principal { name: name.to_owned(), ..Principal::local() };
        Authenticated { principal, by: by.to_owned(), until: None }
    }

    #[test]
    fn each_is_counted_for_itself() {
        let two = 2.try_into().expect("not zero");
        let rates = Rates::new(Some(Rate { per_minute: two, burst: two }));
        let peer = "10.1.2.3".parse().ok();
        let loopback = "127.0.0.1".parse().ok();
        for (name, by, from) in [
            ("minji", "key:1", peer),
            ("jiho", "key:2", peer),
            ("local", "local", peer),
            ("local", "local", "10.1.2.4".parse().ok()),
        ] {
            let who = who(by, name);
            assert_eq!((rates.asked(&who, from), rates.asked(&who, from)), (Ok(()), Ok(())), "{name}");
            let wait = rates.asked(&who, from).expect_err(name);
            assert!((1..=30).contains(&wait), "{name}: {wait} s");
        }
        assert!(rates.asked(&who("key:3", "minji"), peer).is_err(), "another key of the same name");
        for _ in 0..10 {
            assert_eq!(rates.asked(&who("local", "local"), loopback), Ok(()), "this machine");
        }
        let wrong = (0..50).filter(|_| rates.failed(peer).is_err()).count();
        assert!((29..=30).contains(&wrong), "{wrong}");
    }

    #[test]
    fn one_customer_has_many_addresses() {
        let [a, b, c] = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"]
            .map(|address| network(address.parse().expect("an address")));
        assert!(a == b && a != c, "{a} {b} {c}");
    }
}
