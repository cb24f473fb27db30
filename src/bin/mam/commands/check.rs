//! `mam check`: what is wrong with a policy set, or odd about it.
//!
//! Checks the files as one set and compiles it, so that the limits are seen to hold. Asks nothing of
//! the policies themselves.

use std::ffi::OsString;

use mam::syntax::ast::{ItemKind, StatementKind};
use mam::{Analysis, Checked};

use crate::failure::{Failure, Status};
use crate::output::{Ink, Terminal, count};
use crate::render::{self, Findings, Tally};
use crate::set::{self, Set};

const AFTER_HELP: &str = "\
Examples:
  mam check contoso.mam
  mam check people.mam policies.mam        two files, one set
  mam check --deny-warnings contoso.mam    for a pipeline

With --json, one line on standard output:
  {\"diagnostics\":[{\"code\":...,\"severity\":\"error\"|\"warning\",\"message\":...,
     \"file\":...,\"line\":...,\"column\":...,\"end_line\":...,\"end_column\":...,
     \"labels\":[{\"file\":...,\"line\":...,\"column\":...,\"end_line\":...,\"end_column\":...,
       \"text\":...}],\"help\":...|null}],
   \"errors\":2,\"warnings\":1}
Lines and columns count from 1; the end is the first place behind. A diagnostic without a place has
neither file nor line. `not_shown` counts those beyond the bound.

Exit status: 0 no errors; 1 errors, or warnings with --deny-warnings; 2 a file cannot be read.";

/// Check policy files for errors and warnings
///
/// Reads the files and everything that they use as one set, reports all errors and warnings with
/// their places, and compiles the set to see that it keeps the limits. Nothing is written but a
/// summary.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The files of the set; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<OsString>,

    /// Exit with 1 if there are warnings
    #[arg(long)]
    deny_warnings: bool,

    /// Give the diagnostics as JSON on standard output
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let Set { checked, names } = set::check(&args.files)?;
    let compiling = match Analysis::new(&checked) {
        _ if checked.has_errors() => None,
        Ok(analysis) => analysis.empty_expectations(),
        Err(errors) => Some(errors),
    };
    let mut reports = checked.reports();
    reports.extend(compiling.iter().flat_map(|errors| errors.reports().iter().cloned()));
    let tally = Tally::of(&reports, checked.diagnostics().dropped());
    let denied = args.deny_warnings && tally.warnings > 0;
    if args.json {
        terminal.json(&Findings::new(&checked, compiling.as_ref()))?;
    } else {
        if !reports.is_empty() {
            render::diagnose(terminal, &reports);
        }
        let mut summary = summary(&names, &checked, tally, terminal);
        if denied && tally.errors == 0 {
            summary.push_str(" (denied)");
        }
        terminal.line(summary);
    }
    Ok(Status::no_if(tally.errors > 0 || denied))
}

/// `contoso.mam: 2 policies, 14 rules, 9 expectations: no errors, 1 warning`.
fn summary(names: &[String], checked: &Checked, tally: Tally, terminal: &Terminal) -> String {
    let names = match names {
        [] => String::new(),
        [one] => one.clone(),
        [first, others @ ..] => format!("{first} and {}", count(others.len(), "other file")),
    };
    let (policies, rules, expectations) = contents(checked);
    let policies =
        if policies == 1 { "1 policy".to_owned() } else { format!("{policies} policies") };
    let look = terminal.out;
    format!(
        "{}: {policies}, {}, {}: {}",
        look.paint(Ink::Strong, names),
        count(rules, "rule"),
        count(expectations, "expectation"),
        tally.text(look)
    )
}

/// How many policies, rules and expectations were read.
fn contents(checked: &Checked) -> (usize, usize, usize) {
    let (mut policies, mut rules, mut expectations) = (0, 0, 0);
    for item in checked.files().iter().flat_map(|file| &file.items) {
        match &item.kind {
            ItemKind::Policy(policy) => {
                policies += 1;
                let is_rule = |kind: &&StatementKind| matches!(kind, StatementKind::Rule(_));
                let is_expectation =
                    |kind: &&StatementKind| matches!(kind, StatementKind::Expect(_));
                let kinds = || policy.body.iter().map(|statement| &statement.kind);
                rules += kinds().filter(is_rule).count();
                expectations += kinds().filter(is_expectation).count();
            }
            ItemKind::Expect(_) => expectations += 1,
            ItemKind::Version(_)
            | ItemKind::Use(_)
            | ItemKind::Tenant(_)
            | ItemKind::App(_)
            | ItemKind::Storage(_)
            | ItemKind::Group(_)
            | ItemKind::Users(_) => {}
        }
    }
    (policies, rules, expectations)
}
