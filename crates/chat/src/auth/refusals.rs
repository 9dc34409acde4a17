//! Which refusals are written down? Whoever has no key can be refused as often as they like: a few of each network and
//! minute tell an operator as much as all of them, and do not fill the state.

use std::collections::HashMap;
use std::net::IpAddr;

use siren_domain::ports::state::Millis;

use super::rates::network;

/// Of one network in a minute.
const OF_NETWORK: u32 = 20;
/// Of all networks in a minute: one may have very many.
const OF_ALL: u32 = 200;
const MINUTE: Millis = 60_000;

/// Counts them, minute by minute.
#[derive(Default)]
pub(super) struct Refusals {
    minute: Millis,
    written: u32,
    by_network: HashMap<String, u32>,
    left_out: u64,
    /// Those of the minutes before, which nobody has been told of yet.
    due: u64,
}

impl Refusals {
    /// Whether another one is written down.
    pub(super) fn takes(&mut self, peer: Option<IpAddr>, now: Millis) -> bool {
        self.turn(now);
        // So many networks at most are counted, too.
        if self.written < OF_ALL {
            let of_network = self.by_network.entry(peer.map(network).unwrap_or_default()).or_default();
            if *of_network < OF_NETWORK {
                *of_network += 1;
                self.written += 1;
                return true;
            }
        }
        self.left_out += 1;
        false
    }

    /// How many were left out in minutes that are over.
    pub(super) fn left_out(&mut self, now: Millis) -> Option<u64> {
        self.turn(now);
        (self.due > 0).then(|| std::mem::take(&mut self.due))
    }

    fn turn(&mut self, now: Millis) {
        if now / MINUTE != self.minute {
            self.minute = now / MINUTE;
            self.written = 0;
            self.by_network.clear();
            self.due += std::mem::take(&mut self.left_out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MINUTE, OF_ALL, OF_NETWORK, Refusals};

    #[test]
    fn a_few_of_each_network_and_minute_are_written_down() {
        let mut refusals = Refusals::default();
        let mut written = |network: u32, times: u32, at: u64| {
            let peer = std::net::Ipv4Addr::from(network).into();
            (0..times).map(|_| u32::from(refusals.takes(Some(peer), at))).sum::<u32>()
        };
        let cases = [
            (1, 3, 0, 3),
            (1, 100, 1, OF_NETWORK - 3),
            (2, 100, 2, OF_NETWORK),
            (1, 100, MINUTE, OF_NETWORK),
            (1, 1, 2 * MINUTE - 1, 0),
        ];
        for (network, times, at, expected) in cases {
            assert_eq!(written(network, times, at), expected, "{times} of {network} at {at}");
        }
        let of_many: u32 = (0..1_000).map(|network| written(network, 5, 3 * MINUTE)).sum();
        assert_eq!(of_many, OF_ALL, "however many networks somebody has");
        assert!(refusals.by_network.len() <= OF_ALL as usize);
        let before = Some(83 + 80 + 80 + 1);
        assert_eq!(refusals.left_out(3 * MINUTE), before, "of the minutes before, while it goes on");
        assert_eq!(refusals.left_out(3 * MINUTE), None, "not before the minute is over");
        let of_many = Some(u64::from(5_000 - OF_ALL));
        assert_eq!((refusals.left_out(4 * MINUTE), refusals.left_out(5 * MINUTE)), (of_many, None));
    }
}
