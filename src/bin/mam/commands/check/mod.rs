//! `mam check`: errors and warnings of a policy set.
//!
//! Takes in files, checks and compiles them as one set, gives out diagnostics, and on request the levels
//! that policies reach. Does not know how mistakes are found.

mod fix;

use std::ffi::OsString;

use clap::ValueEnum;
use mam::intune::{self, PolicyLevel};
use mam::syntax::ast::{ItemKind, StatementKind};
use mam::{Analysis, Checked};
use serde::Serialize;

use crate::failure::{Failure, Status};
use crate::format::findings::Findings;
use crate::format::sarif;
use crate::input::inputs::{self, Inputs, LimitOptions};
use crate::input::watch;
use crate::render::diagnostics::{self, SeverityCounts};
use crate::render::levels;
use crate::render::style::Style;
use crate::render::terminal::Terminal;
use crate::render::text::count;

const AFTER_HELP: &str = "\
Examples:
  mam check contoso.mam
  mam check people.mam policies.mam        two files, one set
  mam check --deny-warnings contoso.mam    for a pipeline
  mam check --fix contoso.mam              make edits that change no decision
  mam check --level 2 export/*.json        what policies lack for a level
  mam check --format sarif contoso.mam     for code scanning

With --format short, a diagnostic is a line: `FILE:LINE:COLUMN: SEVERITY[CODE]:
MESSAGE`. With --format sarif, the output is a log of SARIF 2.1.0. With --json,
it is one line on standard output:
  {\"diagnostics\":[{\"code\":...,\"severity\":\"error\"|\"warning\"|\"advice\",
   \"message\":...,\"file\":...,\"line\":...,\"column\":...,\"end_line\":...,
   \"end_column\":...,\"labels\":[{\"file\":...,\"line\":...,\"column\":...,
   \"end_line\":...,\"end_column\":...,\"text\":...}],\"help\":...|null,
   \"edits\":[{\"file\":...,\"line\":...,...,\"text\":...}],\"safe\":true}],\"errors\":2,
   \"warnings\":1,\"advice\":1}
Lines and columns count from 1; the end is exclusive. A diagnostic without a
place has neither file nor line. `not_shown` counts diagnostics beyond the
bound. --level adds `levels`, an object for each policy with `reached`, `exact`
and `missing`.

Exit status: 0 no errors; 1 errors, or warnings with --deny-warnings, or a
policy below --level, or none that could reach it; 2 wrong usage, a file cannot be read, or a limit is met.";

/// Check policy files for errors and warnings
///
/// Reads the files, and the files that they use, as one set. Reports all errors and warnings with their
/// places, and compiles the set to check the limits. Standard output gets a summary only.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The files of the set; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<OsString>,

    /// Exit with 1 if there are warnings
    #[arg(long)]
    deny_warnings: bool,

    /// Do not look for rules and policies that change nothing
    #[arg(long, conflicts_with = "fix")]
    no_lints: bool,

    /// Apply suggested edits that change no decision, until there are none left
    #[arg(long, conflicts_with_all = ["json", "format", "level"])]
    fix: bool,

    /// With --fix, print the differences and write nothing
    #[arg(long, requires = "fix")]
    diff: bool,

    /// Show the settings that policies lack for this level of Microsoft's data protection framework
    #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(1..=3))]
    level: Option<u8>,

    /// Format of the diagnostics: text, or on standard output short, json or sarif
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, hide_possible_values = true)]
    format: Format,

    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,

    /// Check again whenever one of the files changes
    #[arg(long, conflicts_with_all = ["fix", "json"])]
    watch: bool,

    #[command(flatten)]
    limits: LimitOptions,
}

/// Format of diagnostics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// For people, with the lines around each place.
    #[default]
    Text,
    /// One line for each diagnostic, for editors.
    Short,
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    if args.watch {
        return watch::watch(&args.files, args.limits, terminal, |terminal| once(args, terminal));
    }
    once(args, terminal)
}

fn once(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    if args.fix {
        let is_done = fix::run(&args.files, args.limits, args.diff, terminal)?;
        if args.diff && is_done {
            return Ok(Status::Success);
        }
    }
    let Inputs { checked, names, folders, .. } = inputs::check(&args.files, args.limits)?;
    folders.show(terminal);
    // A set with errors has no analysis.
    let analysis = Analysis::new(&checked).ok();
    let compiling = analysis.map_or_else(Vec::new, |one| one.findings(!args.no_lints));
    let mut reports = checked.reports();
    reports.extend(compiling.iter().cloned());
    let counts = SeverityCounts::of(&reports, checked.diagnostics().dropped());
    let denied = args.deny_warnings && counts.warnings > 0;
    let levels = match args.level {
        Some(_) if counts.errors == 0 => reached(&checked)?,
        _ => Vec::new(),
    };
    let is_below = args
        .level
        .is_some_and(|wanted| levels.is_empty() || levels.iter().any(|one| one.reached < wanted));
    match if args.json { Format::Json } else { args.format } {
        Format::Json => {
            let findings = Findings::new(&checked, &compiling);
            let levels = args.level.map(|wanted| levels::forms(&levels, wanted));
            terminal.json(&Outcome { findings, levels })?;
        }
        Format::Sarif => terminal.json(&sarif::log(&Findings::new(&checked, &compiling)))?,
        Format::Short => reports.iter().for_each(|report| terminal.line(report.short())),
        Format::Text => {
            if !reports.is_empty() {
                diagnostics::report(terminal, &reports);
            }
            let mut summary = summary(&names, &checked, counts, terminal);
            if denied && counts.errors == 0 {
                summary.push_str(" (denied)");
            }
            terminal.line(summary);
            if let Some(wanted) = args.level.filter(|_| counts.errors == 0) {
                levels::show(terminal, &levels, wanted);
            }
        }
    }
    if reports.iter().any(|report| report.code().is_limit()) {
        return Ok(Status::LimitMet);
    }
    Ok(Status::negative_if(counts.errors > 0 || denied || is_below))
}

/// Output of `--json`.
#[derive(Debug, Serialize)]
struct Outcome<'a> {
    #[serde(flatten)]
    findings: Findings,
    #[serde(skip_serializing_if = "Option::is_none")]
    levels: Option<Vec<levels::LevelForm<'a>>>,
}

/// The levels that policies reach.
fn reached(checked: &Checked) -> Result<Vec<PolicyLevel>, Failure> {
    intune::framework_levels(checked).map_err(|error| {
        let help = "`mam export` shows the details";
        Failure::with_help(format!("no level can be determined: {error}"), help)
    })
}

/// Summary of a set: `contoso.mam: 2 policies, 14 rules, 9 expectations: no errors, 1 warning`.
fn summary(
    names: &[String],
    checked: &Checked,
    counts: SeverityCounts,
    terminal: &Terminal,
) -> String {
    let names = match names {
        [] => String::new(),
        [one] => one.clone(),
        [first, others @ ..] => format!("{first} and {}", count(others.len(), "other file")),
    };
    let (policies, rules, expectations) = contents(checked);
    let policies =
        if policies == 1 { "1 policy".to_owned() } else { format!("{policies} policies") };
    let caps = terminal.out;
    format!(
        "{}: {policies}, {}, {}: {}",
        caps.paint(Style::Strong, names),
        count(rules, "rule"),
        count(expectations, "expectation"),
        counts.text(caps)
    )
}

/// Number of policies, rules and expectations that were read.
fn contents(checked: &Checked) -> (usize, usize, usize) {
    let (mut policies, mut rules, mut expectations) = (0, 0, 0);
    for item in checked.files().iter().flat_map(|file| &file.items) {
        if let ItemKind::Policy(policy) = &item.kind {
            policies += 1;
            let is_rule = |kind: &&StatementKind| matches!(kind, StatementKind::Rule(_));
            let is_expectation = |kind: &&StatementKind| {
                matches!(kind, StatementKind::Expect(_) | StatementKind::ExpectAccess(_))
            };
            let kinds = || policy.body.iter().map(|statement| &statement.kind);
            rules += kinds().filter(is_rule).count();
            expectations += kinds().filter(is_expectation).count();
        }
        let is_expectation = matches!(item.kind, ItemKind::Expect(_) | ItemKind::ExpectAccess(_));
        expectations += usize::from(is_expectation);
    }
    (policies, rules, expectations)
}
