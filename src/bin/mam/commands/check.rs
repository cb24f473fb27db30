//! `mam check`: what is wrong with a policy set, or odd about it.
//!
//! Checks the files as one set and compiles it, so that the limits are seen to hold. Asks nothing of
//! the policies themselves.

use std::ffi::OsString;

use clap::ValueEnum;
use mam::intune::{self, PolicyLevel};
use mam::syntax::ast::{ItemKind, StatementKind};
use mam::{Analysis, Checked, Limits, Report};
use serde::Serialize;

use crate::failure::{Failure, Status};
use crate::findings::Findings;
use crate::fix;
use crate::levels;
use crate::output::{Ink, Terminal, count};
use crate::render::{self, Tally};
use crate::sarif;
use crate::set::{self, Set};
use crate::watch;

const AFTER_HELP: &str = "\
Examples:
  mam check contoso.mam
  mam check people.mam policies.mam        two files, one set
  mam check --deny-warnings contoso.mam    for a pipeline
  mam check --fix contoso.mam              make the edits that change no decision
  mam check --level 2 export/*.json        what policies lack for a level
  mam check --format sarif contoso.mam     for code scanning

With --format short, a line each: `FILE:LINE:COLUMN: SEVERITY[CODE]: MESSAGE`. With --format sarif, a log of
SARIF 2.1.0. With --json, one line on standard output:
  {\"diagnostics\":[{\"code\":...,\"severity\":\"error\"|\"warning\"|\"advice\",\"message\":...,
     \"file\":...,\"line\":...,\"column\":...,\"end_line\":...,\"end_column\":...,
     \"labels\":[{\"file\":...,\"line\":...,\"column\":...,\"end_line\":...,\"end_column\":...,
       \"text\":...}],\"help\":...|null,
     \"edits\":[{\"file\":...,\"line\":...,...,\"text\":...}],\"safe\":true}],
   \"errors\":2,\"warnings\":1,\"advice\":1}
Lines and columns count from 1; the end is the first place behind. A diagnostic without a place has
neither file nor line. `not_shown` counts those beyond the bound. With --level there is also
`levels`, an object for each policy with `reached`, `exact` and `missing`.

Exit status: 0 no errors; 1 errors, or warnings with --deny-warnings, or a policy below --level;
2 a file cannot be read.";

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

    /// Do not look for rules and policies that change nothing
    #[arg(long, conflicts_with = "fix")]
    no_lints: bool,

    /// Make the suggested edits that change no decision, as long as there are any
    #[arg(long, conflicts_with_all = ["json", "format", "level"])]
    fix: bool,

    /// With --fix: print the differences instead of writing
    #[arg(long, requires = "fix")]
    diff: bool,

    /// Tell what policies lack for this level of Microsoft's data protection framework
    #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(1..=3))]
    level: Option<u8>,

    /// How to give the diagnostics: text, or on standard output short, json or sarif
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, hide_possible_values = true)]
    format: Format,

    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,

    /// Check again whenever one of the files changes
    #[arg(long, conflicts_with_all = ["fix", "json"])]
    watch: bool,

    #[command(flatten)]
    budget: set::Budget,
}

/// How diagnostics are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// For people, with the text around each place.
    #[default]
    Text,
    /// A line each, for editors.
    Short,
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    if args.watch {
        return watch::watch(&args.files, args.budget, terminal, |terminal| once(args, terminal));
    }
    once(args, terminal)
}

fn once(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    if args.fix {
        fix::run(&args.files, args.budget, args.diff, terminal)?;
        if args.diff {
            return Ok(Status::Well);
        }
    }
    let Set { checked, names, texts } = set::check(&args.files, args.budget)?;
    let compiling = found_by_analysis(&checked, !args.no_lints);
    let mut reports = checked.reports();
    reports.extend(compiling.iter().cloned());
    let tally = Tally::of(&reports, checked.diagnostics().dropped());
    let denied = args.deny_warnings && tally.warnings > 0;
    let levels = match args.level {
        Some(_) if tally.errors == 0 => reached(&checked, &names, &texts)?,
        _ => Vec::new(),
    };
    let is_below = args.level.is_some_and(|wanted| levels.iter().any(|one| one.reached < wanted));
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
                render::diagnose(terminal, &reports);
            }
            let mut summary = summary(&names, &checked, tally, terminal);
            if denied && tally.errors == 0 {
                summary.push_str(" (denied)");
            }
            terminal.line(summary);
            if let Some(wanted) = args.level.filter(|_| tally.errors == 0) {
                levels::tell(terminal, &levels, wanted);
            }
        }
    }
    if reports.iter().any(|report| report.code().is_limit()) {
        return Ok(Status::Limited);
    }
    Ok(Status::no_if(tally.errors > 0 || denied || is_below))
}

/// The findings of compiling and analysis; with `lints`, those that are right and change nothing, too. A
/// limit that one of them meets is a finding.
pub(crate) fn found_by_analysis(checked: &Checked, lints: bool) -> Vec<Report> {
    let Ok(analysis) = Analysis::new(checked) else { return Vec::new() };
    let limit_met = |error| checked.limit_errors(error).reports().to_vec();
    let mut reports = checked.compile().err().map_or_else(Vec::new, |it| it.reports().to_vec());
    reports.extend(analysis.empty_expectations().unwrap_or_else(limit_met));
    if lints {
        reports.extend(analysis.lints().unwrap_or_else(limit_met));
    }
    reports.dedup_by(|a, b| a.code().is_limit() && a.short() == b.short());
    reports
}

/// What `--json` gives.
#[derive(Debug, Serialize)]
struct Outcome<'a> {
    #[serde(flatten)]
    findings: Findings,
    #[serde(skip_serializing_if = "Option::is_none")]
    levels: Option<Vec<levels::LevelForm<'a>>>,
}

/// The levels that policies reach: those of exports, then those in the language.
fn reached(
    checked: &Checked,
    names: &[String],
    texts: &[String],
) -> Result<Vec<PolicyLevel>, Failure> {
    let named: Vec<_> =
        names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
    // The set has no errors, and its exports are read as they were with it.
    let exports = intune::framework_levels(&named, &Limits::default()).unwrap_or_default();
    let others = match intune::export::framework_levels(checked) {
        Ok(levels) => levels,
        Err(error) => {
            let help = "`mam export` says more";
            return Err(Failure::stop_with(format!("there is no level to tell: {error}"), help));
        }
    };
    Ok(exports.into_iter().chain(others).collect())
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
        if let ItemKind::Policy(policy) = &item.kind {
            policies += 1;
            let is_rule = |kind: &&StatementKind| matches!(kind, StatementKind::Rule(_));
            let is_expectation = |kind: &&StatementKind| matches!(kind, StatementKind::Expect(_));
            let kinds = || policy.body.iter().map(|statement| &statement.kind);
            rules += kinds().filter(is_rule).count();
            expectations += kinds().filter(is_expectation).count();
        }
        expectations += usize::from(matches!(item.kind, ItemKind::Expect(_)));
    }
    (policies, rules, expectations)
}
