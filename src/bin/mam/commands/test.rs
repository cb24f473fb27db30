//! `mam test`: expectations, checked on every movement.
//!
//! Takes in a policy set, gives out a line for each expectation, with a counterexample and its determining
//! rules for one that fails; on request, test quality. Does not know how expectations are checked.

use std::ffi::OsString;

use clap::ValueEnum;
use mam::LimitExceeded;
use mam::analysis::{AccessVerdict, Analysis, Chain, Coverage, Mutations, Verdict};
use serde::{Serialize, Serializer};

use crate::failure::{Failure, Status};
use crate::format::junit;
use crate::input::inputs::{self, LimitOptions};
use crate::input::{files, watch};
use crate::render::outcome::{Outcome, Shown, State};
use crate::render::style::Style;
use crate::render::terminal::Terminal;
use crate::render::text::{count, pad};
use crate::render::{answer, diagnostics, test_quality};

const AFTER_HELP: &str = "\
Examples:
  mam test contoso.mam
  mam test --format junit contoso.mam > results.xml   for a CI server
  mam test --json contoso.mam |
    jq '.expectations[] | select(.verdict == \"fails\")'
  mam test --coverage contoso.mam                     rules that nothing covers
  mam test --coverage --format lcov contoso.mam > rules.lcov
  mam test --mutate --min-score 80 contoso.mam        mistakes nobody notices

An expectation holds if every movement of its scope is decided as expected; the
check is exact, without sampling. For one that fails, the plainest
counterexample is shown.

--coverage shows the rules that match no movement in the scope of any
expectation and of which no expectation notices an edit, and the number of
classes of movements that are covered; of launch conditions and requirements,
those of which no expectation notices an edit. --mutate removes, inverts, widens
and narrows every rule in turn, gives each launch condition another action
(`action`) and moves its threshold by one step (`threshold`), takes fields out
of requirements and tests of filters out of the heads of policies, and shows the
edits after which all expectations would still hold. Both print an `expect` line for each that holds today and is missing; for
a rule in a report-only policy it belongs into that policy.

With --json, one line on standard output:
  {\"expectations\":[{\"file\":...,\"line\":...,\"policy\":...|null,\"text\":...,
    \"verdict\":\"holds\"|\"fails\"|\"empty\"|\"limit\",
    \"scope\":...,\"answer\":...,\"advice\":...|null}],\"hold\":8,\"fail\":1,\"limit\":0}
where the last three belong to failures, and an answer is that of `mam decide`.
A path that `expect no path` excludes has the verdict \"leads\", with
\"hops\":[{\"scope\":...,\"answer\":...}]. An expectation about accesses has the same
members, and \"lacks\":[...]: the fields of a requirement that are not as strict
as expected. --coverage adds
\"coverage\":{\"rules\":[...],\"cells\":...,\"cells_covered\":...}, --mutate adds
\"mutations\":{\"mutants\":[...],\"noticed\":...,\"survived\":...,\"equivalent\":...};
either is {\"limit\":{\"resource\":...,\"needed\":...,\"limit\":...}} where a limit is
met.

Exit status: 0 all hold, or there are none; 1 one does not hold, coverage or
score is below its minimum, or errors in the policy; 2 wrong usage, a file
cannot be read, or a limit is met.";

/// Check every expectation
///
/// Checks every `expect` of the set on all movements of its scope, and shows a counterexample for each
/// one that fails.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The files of the set; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<OsString>,

    /// Show the rules that no expectation covers
    #[arg(long)]
    coverage: bool,

    /// Show which edits of the rules no expectation would notice
    #[arg(long)]
    mutate: bool,

    /// Fail if expectations cover fewer rules than this
    #[arg(long, value_name = "PERCENT", requires = "coverage", value_parser = clap::value_parser!(u8).range(..=100))]
    min_coverage: Option<u8>,

    /// Fail if fewer edits are noticed, of those that change a decision
    #[arg(long, value_name = "PERCENT", requires = "mutate", value_parser = clap::value_parser!(u8).range(..=100))]
    min_score: Option<u8>,

    /// Format of the outcomes: text, json, junit, or with --coverage lcov
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, hide_possible_values = true)]
    format: Format,

    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,

    /// Test again whenever one of the files changes
    #[arg(long, conflicts_with = "json")]
    watch: bool,

    #[command(flatten)]
    limits: LimitOptions,
}

/// Format of outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Text,
    Json,
    /// XML, for CI servers.
    Junit,
    /// Coverage, for its viewers.
    Lcov,
}

/// Output of `--json`.
#[derive(Debug, Serialize)]
struct Outcomes<'a> {
    expectations: &'a [Outcome],
    hold: usize,
    fail: usize,
    /// Number of expectations that are undecided, since a limit was met.
    limit: usize,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "measure")]
    coverage: Option<&'a Measured<Coverage>>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "measure")]
    mutations: Option<&'a Measured<Mutations>>,
}

/// Writes a measure of test quality, or the limit that it met as the member `limit`.
fn measure<T: Serialize, S: Serializer>(
    found: &Option<&Measured<T>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct LimitMet {
        limit: LimitExceeded,
    }
    match found {
        Some(Ok(found)) => found.serialize(serializer),
        Some(Err(limit)) => LimitMet { limit: *limit }.serialize(serializer),
        None => serializer.serialize_none(),
    }
}

/// A measure of test quality, or the limit that it met.
type Measured<T> = Result<T, LimitExceeded>;

/// Results of one run.
struct Results {
    outcomes: Vec<Outcome>,
    coverage: Option<Measured<Coverage>>,
    mutations: Option<Measured<Mutations>>,
}

impl Results {
    fn new(args: &Args, analysis: &Analysis<'_>) -> Self {
        Self {
            outcomes: Outcome::all(analysis),
            coverage: args.coverage.then(|| analysis.coverage()),
            mutations: args.mutate.then(|| analysis.mutate()),
        }
    }

    /// Number of expectations that hold, that fail, and that are undecided.
    fn counts(&self) -> [usize; 3] {
        let count =
            |is: fn(State) -> bool| self.outcomes.iter().filter(|one| is(one.state())).count();
        let hold = count(|state| state == State::Holds);
        let limit = count(|state| matches!(state, State::Limit(_)));
        [hold, self.outcomes.len() - hold - limit, limit]
    }

    fn coverage(&self) -> Option<&Coverage> {
        self.coverage.as_ref()?.as_ref().ok()
    }

    fn mutations(&self) -> Option<&Mutations> {
        self.mutations.as_ref()?.as_ref().ok()
    }

    /// Limits that measures of test quality met.
    fn limits(&self) -> impl Iterator<Item = LimitExceeded> {
        let coverage = self.coverage.iter().filter_map(|found| found.as_ref().err());
        let mutations = self.mutations.iter().filter_map(|found| found.as_ref().err());
        coverage.chain(mutations).copied()
    }

    /// The exit status of a run whose measures met no limit.
    fn status(&self, args: &Args) -> Status {
        let is_below = |least: Option<u8>, found: Option<f64>| {
            least.zip(found).is_some_and(|(least, found)| found < f64::from(least))
        };
        let covered = self
            .coverage()
            .and_then(|one| test_quality::percent(one.rules_covered(), one.rules.len()));
        let score = self.mutations().and_then(Mutations::score);
        let is_weak = is_below(args.min_coverage, covered) || is_below(args.min_score, score);
        let [_, fail, limit] = self.counts();
        if limit > 0 { Status::LimitMet } else { Status::negative_if(fail > 0 || is_weak) }
    }
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    if args.watch {
        return watch::watch(&args.files, args.limits, terminal, |terminal| once(args, terminal));
    }
    once(args, terminal)
}

fn once(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let format = if args.json { Format::Json } else { args.format };
    let is_json = format == Format::Json;
    let checked = inputs::without_errors(terminal, &args.files, args.limits, is_json)?;
    let analysis = inputs::analysis(terminal, &checked, is_json)?;
    if format == Format::Lcov && !args.coverage {
        let help = "write `mam test --coverage --format lcov FILE...`";
        return Err(Failure::with_help("LCOV is a format of coverage", help));
    }
    let results = Results::new(args, &analysis);
    write(args, format, &results, terminal)?;
    if results.outcomes.is_empty() {
        terminal.note("there is nothing to test; write, for example, `expect block save to any`");
    }
    let mut limits: Vec<LimitExceeded> = results.limits().collect();
    if format == Format::Lcov {
        // LCOV has no place for them.
        limits.extend(results.outcomes.iter().filter_map(|one| match one.state() {
            State::Limit(limit) => Some(limit),
            State::Holds | State::Fails | State::Empty => None,
        }));
    }
    limits.dedup();
    if limits.is_empty() {
        return Ok(results.status(args));
    }
    if !is_json {
        let errors = limits.into_iter().map(|limit| checked.limit_errors(limit));
        errors.for_each(|errors| diagnostics::report(terminal, errors.reports()));
        terminal.error("some of the results are missing: a limit was met", None);
    }
    Ok(Status::LimitMet)
}

/// Writes the results in a format.
fn write(
    args: &Args,
    format: Format,
    results: &Results,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let Results { outcomes, coverage, mutations } = results;
    let [hold, fail, limit] = results.counts();
    match format {
        Format::Json => terminal.json(&Outcomes {
            expectations: outcomes,
            hold,
            fail,
            limit,
            coverage: coverage.as_ref(),
            mutations: mutations.as_ref(),
        })?,
        Format::Lcov => {
            let coverage = results.coverage().map(test_quality::lcov).unwrap_or_default();
            terminal.text(&coverage);
        }
        Format::Junit => {
            let document = junit::document(outcomes);
            terminal.text(&document.map_err(|error| Failure::new(error.to_string()))?);
        }
        Format::Text => {
            for outcome in outcomes {
                print(args, outcome, terminal);
            }
            terminal.line(summary([hold, fail, limit], terminal));
            if let Some(coverage) = results.coverage() {
                terminal.line("");
                test_quality::show_coverage(coverage, terminal);
            }
            if let Some(mutations) = results.mutations() {
                terminal.line("");
                test_quality::show_mutations(mutations, terminal);
            }
        }
    }
    Ok(())
}

/// Writes an outcome, with its counterexample if it has one.
fn print(args: &Args, outcome: &Outcome, terminal: &mut Terminal) {
    let caps = terminal.out;
    let (word, style) = match outcome.state() {
        State::Holds => ("ok", Style::Good),
        State::Fails => ("FAIL", Style::Bad),
        State::Empty => ("EMPTY", Style::Bad),
        State::Limit(_) => ("LIMIT", Style::Bad),
    };
    let place = caps.paint(Style::Faint, format!("{}:{}", outcome.file(), outcome.line()));
    let word = caps.paint(style, pad(word, 6));
    terminal.line(format!("{word}{place}  {}{}", outcome.policy(), outcome.text()));
    match outcome.state() {
        State::Holds => {}
        State::Empty => {
            terminal.line(format!("      its scope holds no {}", outcome.subject()));
        }
        State::Fails => failure(args, outcome, terminal),
        State::Limit(error) => {
            terminal.line(format!("      not decided: {error}"));
            let help = caps.paint(Style::Help, "help:");
            terminal.line(format!("      {help} narrow the expectation, or raise the limit"));
        }
    }
}

/// Writes why an expectation fails.
fn failure(args: &Args, outcome: &Outcome, terminal: &mut Terminal) {
    let caps = terminal.out;
    match outcome {
        Outcome::Movement(one) => match &one.verdict {
            Verdict::Fails(found) => {
                counterexample(args, &Shown::movement(found, caps), terminal);
            }
            Verdict::Leads(chain) => path(args, chain, terminal),
            _ => {}
        },
        Outcome::Access(one) => {
            if let AccessVerdict::Fails(found) = &one.verdict {
                counterexample(args, &Shown::access(found, caps), terminal);
            }
        }
    }
}

/// Writes the counterexample of an expectation, who decided it, and advice.
fn counterexample(args: &Args, found: &Shown<'_>, terminal: &mut Terminal) {
    let caps = terminal.out;
    let headline = caps.paint(found.style, &found.headline);
    terminal.line(format!("      {headline}  {}", caps.paint(Style::Strong, found.scope)));
    for line in &found.details {
        terminal.line(format!("        {}", line.replace('\n', "\n        ")));
    }
    let help = caps.paint(Style::Help, "help:");
    if let Some(advice) = &found.advice {
        terminal.line(format!("      {help} {advice}"));
    }
    if let Some(files) = named_files(args) {
        let command = format!("mam explain {files} {}", shell(found.scope));
        terminal.line(format!("      {help} {command}"));
    }
    terminal.line("");
}

/// Writes a path that an expectation excludes, and advice.
fn path(args: &Args, chain: &Chain, terminal: &mut Terminal) {
    let caps = terminal.out;
    for line in answer::chain(&chain.hops, caps) {
        terminal.line(format!("      {line}"));
    }
    let help = caps.paint(Style::Help, "help:");
    if let Some(advice) = &chain.advice {
        terminal.line(format!("      {help} {advice}"));
    }
    // A policy that decides a movement can block it.
    let decided = chain.hops.iter().rev().find(|hop| hop.answer.enforced);
    if let (Some(hop), Some(files)) = (decided.or(chain.hops.last()), named_files(args)) {
        let command = format!("mam explain {files} --how block {}", shell(&hop.scope));
        terminal.line(format!("      {help} what would close it: {command}"));
    }
    terminal.line("");
}

/// The files as arguments of another command; `None` if standard input is one.
fn named_files(args: &Args) -> Option<String> {
    if args.files.iter().any(|file| files::is_stdin(file)) {
        return None;
    }
    let files: Vec<_> = args.files.iter().map(|file| shell(&files::display(file))).collect();
    Some(files.join(" "))
}

/// A text quoted for a shell.
fn shell(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./,:+@%".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Summary: `9 expectations: 8 hold, 1 fails`.
fn summary([hold, fail, limit]: [usize; 3], terminal: &Terminal) -> String {
    let caps = terminal.out;
    let all = count(hold + fail + limit, "expectation");
    let verb = |number, word: &str| match number {
        1 => format!("1 {word}s"),
        _ => format!("{number} {word}"),
    };
    let mut parts = Vec::new();
    if hold > 0 {
        parts.push(caps.paint(Style::Good, verb(hold, "hold")).to_string());
    }
    if fail > 0 {
        parts.push(caps.paint(Style::Bad, verb(fail, "fail")).to_string());
    }
    if limit > 0 {
        let verb = if limit == 1 { "meets" } else { "meet" };
        parts.push(caps.paint(Style::Bad, format!("{limit} {verb} a limit")).to_string());
    }
    if parts.is_empty() { all } else { format!("{all}: {}", parts.join(", ")) }
}
