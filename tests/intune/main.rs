//! Policies of Intune: made-up ones, those of a published framework, and exports of real tenants.
//!
//! The exports belong to others and are no part of this repository. `MAM_CORPUS` names the folder that
//! has them. Without the variable the tests of exports are not run, and the summary counts them as
//! ignored, which takes a harness that decides this when it runs. With the variable the folder has to
//! be complete.
//!
//! A module lists its tests in `TESTS`, and in `OF_EXPORTS` those that want the folder.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it stands")]

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// Tests of one module by name.
type Tests = &'static [(&'static str, fn())];

/// A list of test functions, each under its name.
macro_rules! tests {
    ($($test:ident),* $(,)?) => { &[$((stringify!($test), $test)),*] };
}

mod corpus;
mod levels;
mod meaning;
mod oracle;
mod round_trip;
#[path = "../it/support/universe.rs"]
#[allow(dead_code, reason = "the other program of tests walks through more of it")]
mod universe;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let has_exports = corpus::is_named();
    let of_module = |module: &'static str, tests: Tests| {
        let trial = move |&(name, test): &(&str, fn())| {
            Trial::test(format!("{module}::{name}"), move || {
                test();
                Ok(())
            })
        };
        tests.iter().map(trial)
    };
    let always = (of_module("levels", levels::TESTS))
        .chain(of_module("meaning", meaning::TESTS))
        .chain(of_module("oracle::published", oracle::published::TESTS))
        .chain(of_module("oracle::tables", oracle::tables::TESTS))
        .chain(of_module("round_trip", round_trip::TESTS));
    let of_exports = (of_module("corpus", corpus::OF_EXPORTS))
        .chain(of_module("levels", levels::OF_EXPORTS))
        .chain(of_module("meaning", meaning::OF_EXPORTS))
        .map(|trial| trial.with_kind("MAM_CORPUS").with_ignored_flag(!has_exports));
    let outcome = libtest_mimic::run(&arguments, always.chain(of_exports).collect());
    if outcome.num_ignored > 0 && !has_exports {
        println!("{} tests skipped: MAM_CORPUS names no folder of exports\n", outcome.num_ignored);
    }
    outcome.exit_code()
}
