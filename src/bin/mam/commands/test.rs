//! `mam test`: do the expectations hold?
//!
//! Reports like a test runner: a line for each expectation, and for one that fails a movement that
//! contradicts it, with the rules that decided. Which that is is found out by the library.

use std::ffi::OsString;

use clap::ValueEnum;
use mam::analysis::{Chain, Counterexample, Coverage, Mutations, Outcome, Verdict};
use serde::Serialize;

use crate::failure::{Failure, Status};
use crate::output::{Ink, Terminal, count, pad};
use crate::{answer, files, junit, set, strength, watch};

const AFTER_HELP: &str = "\
Examples:
  mam test contoso.mam
  mam test --format junit contoso.mam > results.xml     for a CI server
  mam test --json contoso.mam | jq '.expectations[] | select(.verdict == \"fails\")'
  mam test --coverage contoso.mam                       what does no expectation speak about?
  mam test --coverage --format lcov contoso.mam > rules.lcov
  mam test --mutate --min-score 80 contoso.mam          which mistakes would nobody notice?

An expectation holds if every movement of its scope is decided so; this is exact, nothing is sampled.
Of one that fails, the plainest movement that contradicts it is shown.

With --coverage, the rules are shown that match no movement in the scope of any expectation, and how
many classes of movements some expectation speaks about. With --mutate, every rule in turn is taken out,
inverted, widened and narrowed: shown are the edits after which every expectation that holds would still
hold, each with a movement that would be decided differently; `expect` it to notice the mistake.

With --json, one line on standard output:
  {\"expectations\":[{\"file\":...,\"line\":...,\"policy\":...|null,\"text\":...,
    \"verdict\":\"holds\"|\"fails\"|\"empty\"|\"limit\",
    \"scope\":...,\"answer\":...,\"advice\":...|null}],\"hold\":8,\"fail\":1,\"limit\":0}
where the last three are there if it fails, and an answer is that of `mam decide`; where a chain leads
where none may lead, the verdict is \"leads\", with \"hops\":[{\"scope\":...,\"answer\":...}].
--coverage adds \"coverage\":{\"rules\":[...],\"cells\":...,\"cells_covered\":...}, --mutate adds
\"mutations\":{\"mutants\":[...],\"noticed\":...,\"survived\":...,\"equivalent\":...}.

Exit status: 0 all hold, or there are none; 1 one does not hold, fewer rules are spoken about or fewer
edits noticed than asked for, or errors in the policy; 2 a file cannot be read.";

/// Check every expectation
///
/// Checks every `expect` of the set against all movements of its scope, and shows a movement that
/// contradicts it where it fails.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The files of the set; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<OsString>,

    /// Show what no expectation speaks about
    #[arg(long)]
    coverage: bool,

    /// Show which edits of the rules no expectation would notice
    #[arg(long)]
    mutate: bool,

    /// Fail if expectations speak about fewer rules than this
    #[arg(long, value_name = "PERCENT", requires = "coverage", value_parser = clap::value_parser!(u8).range(..=100))]
    min_coverage: Option<u8>,

    /// Fail if fewer of the edits that change something are noticed
    #[arg(long, value_name = "PERCENT", requires = "mutate", value_parser = clap::value_parser!(u8).range(..=100))]
    min_score: Option<u8>,

    /// How to give the outcomes: text, json, junit, or with --coverage lcov
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, hide_possible_values = true)]
    format: Format,

    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,

    /// Test again whenever one of the files changes
    #[arg(long, conflicts_with = "json")]
    watch: bool,

    #[command(flatten)]
    budget: set::Budget,
}

/// How outcomes are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Text,
    Json,
    /// XML, for CI servers.
    Junit,
    /// What expectations speak about, for viewers of coverage.
    Lcov,
}

#[derive(Debug, Serialize)]
struct Outcomes<'a> {
    expectations: &'a [Outcome],
    hold: usize,
    fail: usize,
    /// Expectations that were not decided, since a limit was met.
    limit: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<&'a Coverage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mutations: Option<&'a Mutations>,
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    if args.watch {
        return watch::watch(&args.files, args.budget, terminal, |terminal| once(args, terminal));
    }
    once(args, terminal)
}

fn once(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let format = if args.json { Format::Json } else { args.format };
    let is_json = format == Format::Json;
    let checked = set::sound(terminal, &args.files, args.budget, is_json)?;
    let analysis = set::analyse(terminal, &checked, is_json)?;
    if format == Format::Lcov && !args.coverage {
        let help = "write `mam test --coverage --format lcov FILE...`";
        return Err(Failure::stop_with("LCOV is about coverage", help));
    }
    let outcomes = analysis.test();
    let coverage = args.coverage.then(|| analysis.coverage()).transpose();
    let coverage = set::within_limits(terminal, &checked, is_json, coverage)?;
    let mutations = args.mutate.then(|| analysis.mutate()).transpose();
    let mutations = set::within_limits(terminal, &checked, is_json, mutations)?;
    let count = |is: fn(&Verdict) -> bool| outcomes.iter().filter(|one| is(&one.verdict)).count();
    let hold = count(|verdict| matches!(verdict, Verdict::Holds));
    let limit = count(|verdict| matches!(verdict, Verdict::Limit(_)));
    let fail = outcomes.len() - hold - limit;
    match format {
        Format::Json => terminal.json(&Outcomes {
            expectations: &outcomes,
            hold,
            fail,
            limit,
            coverage: coverage.as_ref(),
            mutations: mutations.as_ref(),
        })?,
        Format::Lcov => {
            let coverage = coverage.as_ref().map(strength::lcov).unwrap_or_default();
            terminal.raw(coverage.as_bytes());
        }
        Format::Junit => {
            let document = junit::document(&outcomes);
            terminal.raw(&document.map_err(|error| Failure::stop(error.to_string()))?);
        }
        Format::Text => {
            for outcome in &outcomes {
                print(args, outcome, terminal);
            }
            terminal.line(summary([hold, fail, limit], terminal));
            if let Some(coverage) = &coverage {
                terminal.line("");
                strength::show_coverage(coverage, terminal);
            }
            if let Some(mutations) = &mutations {
                terminal.line("");
                strength::show_mutations(mutations, terminal);
            }
        }
    }
    if outcomes.is_empty() {
        terminal.note("there is nothing to test; write, for example, `expect block save to any`");
    }
    let is_below = |least: Option<u8>, found: Option<f64>| {
        least.zip(found).is_some_and(|(least, found)| found < f64::from(least))
    };
    let spoken = coverage.and_then(|one| strength::percent(one.rules_covered(), one.rules.len()));
    let score = mutations.and_then(|one| one.score());
    let is_weak = is_below(args.min_coverage, spoken) || is_below(args.min_score, score);
    if limit > 0 {
        return Ok(Status::Limited);
    }
    Ok(Status::no_if(fail > 0 || is_weak))
}

fn print(args: &Args, outcome: &Outcome, terminal: &mut Terminal) {
    let look = terminal.out;
    let (word, ink) = match &outcome.verdict {
        Verdict::Holds => ("ok", Ink::Good),
        Verdict::Fails(_) | Verdict::Leads(_) => ("FAIL", Ink::Bad),
        Verdict::Empty => ("EMPTY", Ink::Bad),
        _ => ("LIMIT", Ink::Bad),
    };
    let place = look.paint(Ink::Faint, format!("{}:{}", outcome.file, outcome.line));
    let policy = outcome.policy.as_ref().map(|policy| format!("{policy}: ")).unwrap_or_default();
    let word = look.paint(ink, pad(word, 6));
    terminal.line(format!("{word}{place}  {policy}{}", outcome.text));
    match &outcome.verdict {
        Verdict::Holds => {}
        Verdict::Empty => terminal.line("      its scope holds no movement"),
        Verdict::Fails(counterexample) => contradiction(args, counterexample, terminal),
        Verdict::Leads(chain) => way(chain, terminal),
        Verdict::Limit(error) => {
            terminal.line(format!("      not decided: {error}"));
            let help = look.paint(Ink::Help, "help:");
            terminal.line(format!("      {help} narrow the expectation, or raise the limit"));
        }
        _ => {}
    }
}

/// The movement that contradicts an expectation, who decided it, and how to go on.
fn contradiction(args: &Args, found: &Counterexample, terminal: &mut Terminal) {
    let look = terminal.out;
    let headline = look.paint(answer::ink(&found.answer), answer::headline(&found.answer));
    terminal.line(format!("      {headline}  {}", look.paint(Ink::Strong, &found.scope)));
    for line in answer::details(&found.answer, look) {
        terminal.line(format!("        {}", line.replace('\n', "\n        ")));
    }
    let help = look.paint(Ink::Help, "help:");
    if let Some(advice) = &found.advice {
        terminal.line(format!("      {help} {advice}"));
    }
    if !args.files.iter().any(|file| files::is_stdin(file)) {
        let files: Vec<_> = args.files.iter().map(|file| shell(&files::display(file))).collect();
        let command = format!("mam explain {} {}", files.join(" "), shell(&found.scope));
        terminal.line(format!("      {help} {command}"));
    }
    terminal.line("");
}

/// The chain that leads where none may lead, and how to go on.
fn way(chain: &Chain, terminal: &mut Terminal) {
    let look = terminal.out;
    for line in answer::chain(&chain.hops, look) {
        terminal.line(format!("      {line}"));
    }
    if let Some(advice) = &chain.advice {
        terminal.line(format!("      {} {advice}", look.paint(Ink::Help, "help:")));
    }
    terminal.line("");
}

/// A text as a shell takes it back.
fn shell(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./,:+@%".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// `9 expectations: 8 hold, 1 fails`.
fn summary([hold, fail, limit]: [usize; 3], terminal: &Terminal) -> String {
    let look = terminal.out;
    let all = count(hold + fail + limit, "expectation");
    let verb = |number, word: &str| match number {
        1 => format!("1 {word}s"),
        _ => format!("{number} {word}"),
    };
    let mut parts = Vec::new();
    if hold > 0 {
        parts.push(look.paint(Ink::Good, verb(hold, "hold")).to_string());
    }
    if fail > 0 {
        parts.push(look.paint(Ink::Bad, verb(fail, "fail")).to_string());
    }
    if limit > 0 {
        let verb = if limit == 1 { "meets" } else { "meet" };
        parts.push(look.paint(Ink::Bad, format!("{limit} {verb} a limit")).to_string());
    }
    if parts.is_empty() { all } else { format!("{all}: {}", parts.join(", ")) }
}
