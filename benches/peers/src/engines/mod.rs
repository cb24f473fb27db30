//! The engines, each with the rules in its own form.

pub mod casbin;
pub mod cedar;
pub mod cel;
pub mod dense;
pub mod mam;
pub mod regorus;
pub mod scan;
pub mod zen;

use crate::workload::{Request, Workload};

/// An engine that has loaded the rules.
pub trait Engine {
    /// Takes the requests over in the form that it decides. This is not timed: a host that has its
    /// requests in that form pays for nothing else.
    fn prepare(&mut self, requests: &[Request]);

    /// Decides a request by its number.
    fn is_allowed(&mut self, request: usize) -> bool;
}

/// How an engine loads a workload, from a text or data that is made ready before.
pub type Load = Box<dyn Fn() -> Box<dyn Engine>>;

/// Every engine by name, with the one that makes the rules ready.
pub type Entry = (&'static str, fn(&Workload) -> Load);

/// Those that stay fast with many apps.
pub const FAST: [Entry; 5] = [
    ("mam, resolved (compiled table)", mam::resolved),
    ("mam, from ids (policy text)", mam::ids),
    ("mam, from names (policy text)", mam::names),
    ("dense array", dense::load),
    ("linear scan", scan::load),
];

pub const PEERS: [Entry; 5] = [
    ("cedar-policy 4.14", cedar::load),
    ("regorus 0.14", regorus::load),
    ("casbin 2.20", casbin::load),
    ("cel 0.15", cel::load),
    ("zen-engine 2.1", zen::load),
];
