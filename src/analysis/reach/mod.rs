//! Reachability: chains of allowed movements.

pub(super) mod graph;
pub(super) mod paths;
pub(super) mod search;
