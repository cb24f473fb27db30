//! The cache of a session: joined outcomes of pairs of endpoints.
//!
//! Takes in pairs with a way to join them, gives out verdict codes. It has one place for each hash, so that
//! looking up is one read and a new pair takes the place of an older one. Places are written and read as
//! a whole, so that threads share a cache without waiting for each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::code::Code;
use crate::vocabulary::Channel;

/// How many places there are.
const PLACES: usize = 1024;

/// The bits of an endpoint's number in a place.
const ENDPOINT: u32 = 22;

/// A cache; clones share it.
#[derive(Debug, Clone)]
pub(super) struct JoinCache(Arc<[AtomicU64]>);

impl JoinCache {
    pub(super) fn new() -> Self {
        Self((0..PLACES).map(|_| AtomicU64::new(0)).collect())
    }

    /// Whether all numbers of endpoints below a bound fit.
    pub(super) fn fits(endpoints: usize) -> bool {
        endpoints < 1 << ENDPOINT
    }

    /// The outcome of a pair, from the cache or as `join` works it out.
    #[inline]
    pub(super) fn get_or(
        &self,
        channel: Channel,
        [source, target]: [u32; 2],
        join: impl FnOnce() -> Code,
    ) -> Code {
        let pair = u64::from(source) << ENDPOINT | u64::from(target);
        let key = pair << 4 | channel.index() as u64;
        let hash = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54;
        let Some(place) = self.0.get(hash as usize) else { return join() };
        // Stored inverted: zeros are an empty place, since no channel has the number 15.
        let known = !place.load(Ordering::Relaxed);
        if known >> 16 == key {
            return Code::of_bits(known as u16);
        }
        let code = join();
        place.store(!(key << 16 | u64::from(code.bits())), Ordering::Relaxed);
        code
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_joined_once_and_no_other_is_taken_for_it() {
        let cache = JoinCache::new();
        let outcome = |channel: Channel, pair: [u32; 2]| {
            Code::of_bits((pair[0] * 31 + pair[1] * 7) as u16 ^ channel.index() as u16)
        };
        let mut joined = 0;
        let pairs: Vec<[u32; 2]> = (0..3000).map(|one| [one * 37 % 4_000_000, one]).collect();
        for _ in 0..2 {
            for pair in &pairs {
                for channel in [Channel::Share, Channel::Assist] {
                    let found = cache.get_or(channel, *pair, || outcome(channel, *pair));
                    assert_eq!(found, outcome(channel, *pair));
                }
            }
        }
        for _ in 0..2 {
            cache.get_or(Channel::Copy, [5, 5], || {
                joined += 1;
                Code::BLOCKED
            });
        }
        assert_eq!(joined, 1);
        assert!(JoinCache::fits(1 << 21) && !JoinCache::fits(1 << 22));
    }
}
