//! `mam paths`: how does company data get where it should not?
//!
//! Shows a chain of allowed movements for each way that the library finds, and the rules that would close
//! them.

use std::ffi::OsString;

use mam::Checked;
use mam::analysis::{Cut, LEAKS, PathOptions, Paths};
use mam::model::ChainScope;

use crate::answer;
use crate::failure::{Failure, Status};
use crate::output::{Ink, Terminal, count, pad};
use crate::render;
use crate::set::{self, Question};

const AFTER_HELP: &str = "\
Examples:
  mam paths contoso.mam
  mam paths contoso.mam 'from outlook to personal-storage avoiding salesforce'
  mam paths contoso.mam 'share, save from managed to device-storage for staff on ios'
  mam paths --across-devices contoso.mam 'by save, open from word to unmanaged'

The scope is written as for `mam decide`, or like what stands behind `expect no path`: where it names no
channel, every one is meant. Without a scope it is
  any from managed, corporate-storage to unmanaged, personal-storage

A chain is one user's on one device. What is saved to a company storage is followed by `open` into work
accounts and into apps that a policy protects. Shown is the shortest chain of each way: two chains go the
same way if the same rules let them pass, movement by movement. A way is closed by tightening any of its
rules.

With --json, one line on standard output:
  {\"paths\":[{\"hops\":[{\"scope\":...,\"answer\":ANSWER},...]},...],
   \"rules\":[{\"policy\":...,\"side\":...,\"effect\":\"allow\",\"rule\":...,\"file\":...,\"line\":...,\"because\":...|null,
     \"closes\":3,\"chosen\":true},...],
   \"without_rules\":0,\"more\":false}
where ANSWER is that of `mam decide`, `closes` counts the ways that are closed if what the rule lets
pass is blocked, and the chosen rules together close every way that a rule lets pass.

Exit status: 0 there is no way; 1 there is one, or errors in the policy; 2 a file cannot be read, a bad
scope.";

/// Show how data gets out, movement by movement
///
/// Looks for chains of allowed movements from company data to personal storage, unmanaged apps and personal
/// accounts, or between whatever a scope names, and for the rules that would close them.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP, override_usage = "mam paths [OPTIONS] <FILE>... [SCOPE]")]
pub(crate) struct Args {
    /// The files of the set, then where chains begin and end; without that, company data and what is none
    #[arg(value_name = "FILE", required = true)]
    arguments: Vec<OsString>,

    /// Follow what is saved to company storage to other devices of the same user
    #[arg(long)]
    across_devices: bool,

    /// Show so many ways at most
    #[arg(long, value_name = "NUMBER", default_value_t = PathOptions::default().limit)]
    limit: usize,

    /// Give the ways as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    budget: set::Budget,
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let question = Question::split(&args.arguments)?;
    let checked = set::sound(terminal, &question.files, args.budget, args.json)?;
    let chain = asked(terminal, &checked, question.scope.as_deref().unwrap_or(LEAKS))?;
    let analysis = set::analyse(terminal, &checked, args.json)?;
    let mut options = PathOptions::default();
    options.across_devices = args.across_devices;
    options.limit = args.limit;
    let found = analysis.paths(&chain, options);
    let found = set::within_limits(terminal, &checked, args.json, found)?;
    if args.json {
        terminal.json(&found)?;
    } else {
        show(&found, terminal);
    }
    Ok(Status::no_if(!found.paths.is_empty() || found.more))
}

fn asked(terminal: &Terminal, checked: &Checked, text: &str) -> Result<ChainScope, Failure> {
    checked.chain(text).map_err(|errors| {
        render::diagnose(terminal, errors.reports());
        Failure::BadQuestion
    })
}

fn show(found: &Paths, terminal: &mut Terminal) {
    let look = terminal.out;
    for (number, path) in (1..).zip(&found.paths) {
        let length = count(path.hops.len(), "movement");
        terminal.line(look.paint(Ink::Bad, format!("way {number}: {length}")));
        for line in answer::chain(&path.hops, look) {
            terminal.line(format!("  {line}"));
        }
        terminal.line("");
    }
    if !found.rules.is_empty() {
        terminal.line(look.paint(Ink::Strong, "ways that each rule closes if it is tightened:"));
        for line in cuts(&found.rules, terminal) {
            terminal.line(format!("  {line}"));
        }
        terminal.line("");
    }
    terminal.line(summary(found, terminal));
}

/// The rules in columns, those that close everything together marked.
fn cuts(rules: &[Cut], terminal: &Terminal) -> Vec<String> {
    let look = terminal.out;
    let widest = |text: fn(&Cut) -> &str| {
        let all = rules.iter().map(|rule| text(rule).chars().count());
        all.filter(|width| *width <= 60).max().unwrap_or(0)
    };
    let (policies, texts) = (widest(|cut| &cut.rule.policy), widest(|cut| &cut.rule.rule));
    let line = |cut: &Cut| {
        let mark = if cut.chosen { "*" } else { " " };
        let place = look.paint(Ink::Faint, format!("{}:{}", cut.rule.file, cut.rule.line));
        let (policy, text) = (pad(&cut.rule.policy, policies), pad(&cut.rule.rule, texts));
        format!("{mark} {:>3}  {policy}  {text}  {place}", cut.closes)
    };
    rules.iter().map(line).collect()
}

/// `3 ways; tightening 2 rules (*) closes those that rules let pass`.
fn summary(found: &Paths, terminal: &Terminal) -> String {
    let look = terminal.out;
    let ways = found.paths.len();
    if ways == 0 && !found.more {
        return look.paint(Ink::Good, "no chain of allowed movements leads there").to_string();
    }
    let more = if found.more { "at least " } else { "" };
    let mut text = look.paint(Ink::Bad, format!("{more}{}", count(ways, "way"))).to_string();
    let chosen = found.rules.iter().filter(|rule| rule.chosen).count();
    if chosen > 0 {
        let rules = if chosen == 1 {
            "1 rule or default (*)".to_owned()
        } else {
            format!("{chosen} rules and defaults (*)")
        };
        text.push_str(&format!("; tightening {rules} closes every one that a rule lets pass"));
    }
    if found.without_rules > 0 {
        let ways = count(found.without_rules, "way");
        text.push_str(&format!("; no policy has a say in {ways}"));
    }
    if found.more {
        text.push_str("; `--limit` shows more");
    }
    text
}
