//! How good are the expectations? What `mam test --coverage` and `--mutate` show.
//!
//! Takes in what the library has found out, gives out text for people and LCOV for viewers.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mam::analysis::{Coverage, Decided, Fate, Mutation, Mutations, RuleCoverage};

use crate::answer;
use crate::output::{Ink, Terminal, count, pad};

// ---------------------------------------------------------------- coverage

/// The rules that no expectation speaks about, and how much is spoken of in all.
pub(crate) fn show_coverage(coverage: &Coverage, terminal: &mut Terminal) {
    let look = terminal.out;
    let silent: Vec<&RuleCoverage> =
        coverage.rules.iter().filter(|rule| rule.expectations == 0).collect();
    if !silent.is_empty() {
        terminal.line(look.paint(Ink::Strong, "rules that no expectation speaks about:"));
    }
    for rule in &silent {
        let place = look.paint(Ink::Faint, format!("{}:{}", rule.file, rule.line));
        terminal.line(format!("  {place}  {}: {}", rule.policy, rule.rule));
        if let Some(example) = &rule.example {
            terminal.line(format!("    for example {example}"));
        }
    }
    if !silent.is_empty() {
        terminal.line("");
    }
    let rules = share(coverage.rules_covered(), coverage.rules.len(), "rules");
    let cells = share(coverage.cells_covered, coverage.cells, "classes of movements");
    let ink = if silent.is_empty() { Ink::Good } else { Ink::Limited };
    terminal.line(format!("expectations speak about {} and {cells}", look.paint(ink, rules)));
}

/// `9 of 13 rules (69 %)`.
fn share(some: usize, all: usize, what: &str) -> String {
    let percent = percent(some, all).map(|percent| format!(" ({percent:.0} %)"));
    format!("{some} of {all} {what}{}", percent.unwrap_or_default())
}

/// How many percent; rounded down, so that only everything is a hundred.
pub(crate) fn percent(some: usize, all: usize) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "nobody has so many rules")]
    (all > 0).then(|| (100.0 * some as f64 / all as f64).floor())
}

/// The rules as LCOV: a line for each, and how many expectations speak about it.
pub(crate) fn lcov(coverage: &Coverage) -> String {
    let mut files: BTreeMap<&str, BTreeMap<u32, usize>> = BTreeMap::new();
    for rule in &coverage.rules {
        let lines = files.entry(&rule.file).or_default();
        let known = lines.entry(rule.line).or_insert(rule.expectations);
        // Of several rules on a line the one that is spoken of least.
        *known = (*known).min(rule.expectations);
    }
    let mut out = String::from("TN:\n");
    for (file, lines) in files {
        let _infallible = writeln!(out, "SF:{file}");
        for (line, hits) in &lines {
            let _infallible = writeln!(out, "DA:{line},{hits}");
        }
        let hit = lines.values().filter(|hits| **hits > 0).count();
        let _infallible = writeln!(out, "LF:{}\nLH:{hit}\nend_of_record", lines.len());
    }
    out
}

// ---------------------------------------------------------------- mutants

/// The edits that no expectation notices, and the score.
pub(crate) fn show_mutations(mutations: &Mutations, terminal: &mut Terminal) {
    let look = terminal.out;
    let survivors = mutations.mutants.iter();
    for mutant in survivors.filter(|one| matches!(one.fate, Fate::Survived(_))) {
        show_survivor(mutant, terminal);
    }
    let score = mutations.score().map_or_else(String::new, |score| {
        let ink = if mutations.survived == 0 { Ink::Good } else { Ink::Limited };
        format!("; {}", look.paint(ink, format!("score {:.0} %", score.floor())))
    });
    let all = count(mutations.mutants.len(), "edit");
    terminal.line(format!(
        "{all}: {} noticed, {} not noticed, {} without effect{score}",
        mutations.noticed, mutations.survived, mutations.equivalent,
    ));
}

fn show_survivor(mutant: &Mutation, terminal: &mut Terminal) {
    let look = terminal.out;
    let Fate::Survived(found) = &mutant.fate else { return };
    let place = look.paint(Ink::Faint, format!("{}:{}", mutant.file, mutant.line));
    let word = look.paint(Ink::Bad, pad(mutant.kind.word(), 8));
    terminal.line(format!("{word}  {place}  {}: {}, {}", mutant.policy, mutant.rule, mutant.edit));
    let [before, after] = [&found.before, &found.after].map(decided);
    terminal.line(format!(
        "          {before}; then: {after}  {}",
        look.paint(Ink::Strong, &found.scope)
    ));
}

fn decided(one: &Decided) -> String {
    answer::verdict(one.effect, &one.limits)
}
