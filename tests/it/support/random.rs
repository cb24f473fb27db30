//! How often a law is tried, and where cases that break it are kept.

use proptest::test_runner::{Config, FileFailurePersistence};

/// So many cases, or as many times that as `MAM_PROPS` says: `MAM_PROPS=100`, `MAM_PROPS=0.2`.
///
/// The seed of a case that fails is written to a file that every later run tries first.
pub(crate) fn config(cases: u32, regressions: &'static str) -> Config {
    let times = std::env::var("MAM_PROPS").ok().and_then(|times| times.parse().ok());
    let cases = (f64::from(cases) * times.unwrap_or(1.0)).round() as u32;
    Config {
        cases: cases.max(1),
        // Some laws set a part of the cases aside.
        max_global_rejects: Config::default().max_global_rejects.max(cases),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(regressions))),
        max_shrink_iters: 2000,
        ..Config::default()
    }
}

/// The file of a module in `proptest-regressions`, wherever the module itself is.
macro_rules! regressions {
    ($module:literal) => {
        concat!(env!("CARGO_MANIFEST_DIR"), "/proptest-regressions/", $module, ".txt")
    };
}

pub(crate) use regressions;
