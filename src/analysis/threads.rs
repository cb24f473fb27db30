//! Work on several cores: a list in parts, each on a thread of its own.
//!
//! Takes in items that are worked on independently of each other, gives out the results in the order of the items.
//! The work itself is not known here. Limits count for each part by itself, so that how many parts there are
//! must not depend on the machine wherever that could make a difference.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::thread::{Builder, available_parallelism, scope};

/// The most threads that one question takes.
const MOST_THREADS: usize = 8;

/// The bytes of a thread's stack: operations on conditions recur as deep as there are variables.
const STACK: usize = 64 << 20;

/// How many threads run at once on this machine.
pub(super) fn threads() -> usize {
    available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS)
}

/// The results of so many parts of some items, in order. The last part is worked on here, and so is every other one for
/// which there is no thread.
pub(super) fn in_parts<T: Sync, R: Send>(
    items: &[T],
    parts: usize,
    work: impl Fn(usize, &[T]) -> Vec<R> + Sync,
) -> Vec<R> {
    let length = items.len().div_ceil(parts.max(1)).max(1);
    let mut chunks: Vec<_> = items.chunks(length).zip((0..).step_by(length)).collect();
    let Some((last, first)) = chunks.pop() else { return Vec::new() };
    let work = &work;
    scope(|scope| {
        let started = chunks.into_iter().map(|(chunk, first)| {
            let thread = Builder::new().stack_size(STACK);
            thread.spawn_scoped(scope, move || work(first, chunk)).map_err(|_| (chunk, first))
        });
        let started: Vec<_> = started.collect();
        let of_last = work(first, last);
        let mut found = Vec::with_capacity(items.len());
        for one in started {
            found.extend(match one {
                Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
                Err((chunk, first)) => work(first, chunk),
            });
        }
        found.extend(of_last);
        found
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..23).collect();
        for parts in [0, 1, 2, 5, 23, 40] {
            let twice = in_parts(&items, parts, |first, some| {
                assert_eq!(some.first(), Some(&first));
                some.iter().map(|one| 2 * one).collect()
            });
            assert_eq!(twice, items.iter().map(|one| 2 * one).collect::<Vec<_>>(), "{parts}");
        }
        assert!(in_parts(&[], 2, |_, some: &[usize]| some.to_vec()).is_empty());
    }
}
