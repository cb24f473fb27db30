//! `mam paths`: paths of company data to places where it should not be.
//!
//! Takes in a policy set and a scope of chains, gives out the shortest chain of each path, and the rules
//! that close paths if they are tightened. Does not know how paths are found.

use std::ffi::OsString;

use mam::Checked;
use mam::analysis::{Cut, LEAKS, PathOptions, Paths};
use mam::model::ChainScope;

use crate::failure::{Failure, Status};
use crate::input::inputs::{self, LimitOptions, Question};
use crate::render::answer;
use crate::render::diagnostics;
use crate::render::style::Style;
use crate::render::terminal::Terminal;
use crate::render::text::{count, pad};

const AFTER_HELP: &str = "\
Examples:
  mam paths contoso.mam
  mam paths contoso.mam 'from outlook to personal-storage avoiding salesforce'
  mam paths contoso.mam \\
    'share, save from managed to device-storage for staff on ios'
  mam paths --across-devices contoso.mam 'by save, open from word to unmanaged'

The scope is written as for `mam decide`, or as in `expect no path`; without a
channel it covers all channels. The default scope is
  any from managed, corporate-storage to unmanaged, personal-storage

A chain of movements belongs to one user on one device. Data saved to a company
storage can be opened from there in work accounts and protected apps. Chains
that the same rules allow, movement by movement, are one path; its shortest
chain is shown. Tightening any of its rules closes a path.

With --json, one line on standard output:
  {\"paths\":[{\"hops\":[{\"scope\":...,\"answer\":ANSWER},...]},...],
   \"rules\":[{\"policy\":...,\"side\":...,\"effect\":\"allow\",\"rule\":...,\"file\":...,
   \"line\":...,\"because\":...|null,\"closes\":3,\"chosen\":true},...],
   \"without_rules\":0,\"more\":false}
where ANSWER is an answer of `mam decide`, `closes` counts the paths that are
closed if the rule blocks, and the chosen rules together close every path that a
policy allows.

Exit status: 0 there is no path; 1 there are paths, or errors in the policy; 2
wrong usage, a file cannot be read, a bad scope, or a limit is met.";

/// Show paths of company data, movement by movement
///
/// Finds chains of allowed movements from company data to personal storages, unmanaged apps and personal
/// accounts, or between the endpoints of a scope, and the rules that would close them.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP, override_usage = "mam paths [OPTIONS] <FILE>... [SCOPE]")]
pub(crate) struct Args {
    /// The files of the set, then the scope of chains
    #[arg(value_name = "FILE", required = true)]
    arguments: Vec<OsString>,

    /// Follow data in company storages to other devices of the same user
    #[arg(long)]
    across_devices: bool,

    /// Number of paths that are shown at most
    #[arg(long, value_name = "NUMBER", default_value_t = PathOptions::default().limit)]
    limit: usize,

    /// Give the paths as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    limits: LimitOptions,
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let question = Question::split(&args.arguments)?;
    let checked = inputs::without_errors(terminal, &question.files, args.limits, args.json)?;
    let chain = asked(terminal, &checked, question.scope.as_deref().unwrap_or(LEAKS))?;
    let analysis = inputs::analysis(terminal, &checked, args.json)?;
    let mut options = PathOptions::default();
    options.across_devices = args.across_devices;
    options.limit = args.limit;
    let found = analysis.paths(&chain, options);
    let found = inputs::within_limits(terminal, &checked, args.json, found)?;
    if args.json {
        terminal.json(&found)?;
    } else {
        show(&found, terminal);
    }
    Ok(Status::negative_if(!found.paths.is_empty() || found.more))
}

/// The scope of chains that a text denotes.
///
/// # Errors
///
/// When the scope has mistakes.
pub(crate) fn asked(
    terminal: &Terminal,
    checked: &Checked,
    text: &str,
) -> Result<ChainScope, Failure> {
    checked.chain(text).map_err(|errors| {
        diagnostics::report(terminal, errors.reports());
        Failure::BadUsage
    })
}

fn show(found: &Paths, terminal: &mut Terminal) {
    let caps = terminal.out;
    for (number, path) in (1..).zip(&found.paths) {
        let length = count(path.hops.len(), "movement");
        terminal.line(caps.paint(Style::Bad, format!("path {number}: {length}")));
        for line in answer::chain(&path.hops, caps) {
            terminal.line(format!("  {line}"));
        }
        terminal.line("");
    }
    if !found.rules.is_empty() {
        terminal.line(caps.paint(Style::Strong, "paths that each rule closes if it is tightened:"));
        for line in cuts(&found.rules, terminal) {
            terminal.line(format!("  {line}"));
        }
        terminal.line("");
    }
    terminal.line(summary(found, terminal));
}

/// Rules in columns, with a mark for those that together close every path that a policy allows.
fn cuts(rules: &[Cut], terminal: &Terminal) -> Vec<String> {
    let caps = terminal.out;
    let widest = |text: fn(&Cut) -> &str| {
        let all = rules.iter().map(|rule| text(rule).chars().count());
        all.filter(|width| *width <= 60).max().unwrap_or(0)
    };
    let (policies, texts) = (widest(|cut| &cut.rule.policy), widest(|cut| &cut.rule.rule));
    let line = |cut: &Cut| {
        let mark = if cut.chosen { "*" } else { " " };
        let place = caps.paint(Style::Faint, format!("{}:{}", cut.rule.file, cut.rule.line));
        let (policy, text) = (pad(&cut.rule.policy, policies), pad(&cut.rule.rule, texts));
        format!("{mark} {:>3}  {policy}  {text}  {place}", cut.closes)
    };
    rules.iter().map(line).collect()
}

/// Summary: `3 paths; tightening 2 rules and defaults (*) closes every path that a policy allows`.
fn summary(found: &Paths, terminal: &Terminal) -> String {
    let caps = terminal.out;
    let paths = found.paths.len();
    if paths == 0 && !found.more {
        return caps.paint(Style::Good, "no chain of allowed movements leads there").to_string();
    }
    let more = if found.more { "at least " } else { "" };
    let mut text = caps.paint(Style::Bad, format!("{more}{}", count(paths, "path"))).to_string();
    let chosen = found.rules.iter().filter(|rule| rule.chosen).count();
    if chosen > 0 {
        let rules = if chosen == 1 {
            "1 rule or default (*)".to_owned()
        } else {
            format!("{chosen} rules and defaults (*)")
        };
        let closed = match found.more {
            true => "every path shown that a policy allows",
            false => "every path that a policy allows",
        };
        text.push_str(&format!("; tightening {rules} closes {closed}"));
    }
    if found.without_rules > 0 {
        let verb = if found.without_rules == 1 { "crosses" } else { "cross" };
        text.push_str(&format!("; {} of the paths {verb} no policy", found.without_rules));
    }
    if found.more {
        text.push_str("; `--limit` shows more");
    }
    text
}
