//! Test quality: coverage of rules by expectations, and mutation scores.
//!
//! Takes in coverage and mutations as the library found them, gives out text and LCOV. Does not know how
//! they are found.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mam::analysis::{Coverage, Decided, Fate, Mutation, Mutations, RuleCoverage};

use crate::render::answer;
use crate::render::style::Style;
use crate::render::terminal::Terminal;
use crate::render::text::{count, pad};

// ---------------------------------------------------------------- coverage

/// Writes the rules that no expectation covers, and the share that is covered.
pub(crate) fn show_coverage(coverage: &Coverage, terminal: &mut Terminal) {
    let caps = terminal.out;
    let uncovered: Vec<&RuleCoverage> =
        coverage.rules.iter().filter(|rule| rule.expectations == 0).collect();
    if !uncovered.is_empty() {
        let head = "rules that no expectation covers, each with one that holds today:";
        terminal.line(caps.paint(Style::Strong, head));
    }
    for rule in &uncovered {
        let place = caps.paint(Style::Faint, format!("{}:{}", rule.file, rule.line));
        terminal.line(format!("  {place}  {}: {}", rule.policy, rule.rule));
        if let Some(expect) = &rule.expect {
            terminal.line(format!("    {expect}"));
        }
    }
    if !uncovered.is_empty() {
        terminal.line("");
    }
    let rules = share(coverage.rules_covered(), coverage.rules.len(), "rules");
    let cells = share(coverage.cells_covered, coverage.cells, "classes of movements");
    let style = if uncovered.is_empty() { Style::Good } else { Style::Limited };
    terminal.line(format!("expectations cover {} and {cells}", caps.paint(style, rules)));
}

/// A share in words: `9 of 13 rules (69 %)`.
fn share(some: usize, all: usize, what: &str) -> String {
    let percent = percent(some, all).map(|percent| format!(" ({percent:.0} %)"));
    format!("{some} of {all} {what}{}", percent.unwrap_or_default())
}

/// A share in percent, rounded down: 100 means all. `None` of nothing.
pub(crate) fn percent(some: usize, all: usize) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "rules and classes number fewer than 2^52")]
    (all > 0).then(|| (100.0 * some as f64 / all as f64).floor())
}

/// Coverage as LCOV: for each line with a rule, the number of expectations that cover it.
pub(crate) fn lcov(coverage: &Coverage) -> String {
    let mut files: BTreeMap<&str, BTreeMap<u32, usize>> = BTreeMap::new();
    for rule in &coverage.rules {
        let lines = files.entry(&rule.file).or_default();
        let known = lines.entry(rule.line).or_insert(rule.expectations);
        // Of several rules on a line, the least covered one counts.
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

/// Writes the edits that no expectation notices, and the score.
pub(crate) fn show_mutations(mutations: &Mutations, terminal: &mut Terminal) {
    let caps = terminal.out;
    let survivors = mutations.mutants.iter();
    for mutant in survivors {
        show_survivor(mutant, terminal);
    }
    let score = mutations.score().map_or_else(String::new, |score| {
        let style = if mutations.survived == 0 { Style::Good } else { Style::Limited };
        format!("; {}", caps.paint(style, format!("score {:.0} %", score.floor())))
    });
    let all = count(mutations.mutants.len(), "edit");
    terminal.line(format!(
        "{all}: {} noticed, {} not noticed, {} without effect{score}",
        mutations.noticed, mutations.survived, mutations.equivalent,
    ));
}

fn show_survivor(mutant: &Mutation, terminal: &mut Terminal) {
    let caps = terminal.out;
    let (before, after, expect, scope) = match &mutant.fate {
        Fate::Survived(found) => {
            (decided(&found.before), decided(&found.after), &found.expect, &found.scope)
        }
        Fate::SurvivedAccess(found) => {
            (found.before.clone(), found.after.clone(), &found.expect, &found.scope)
        }
        _ => return,
    };
    let line = expect.as_ref().unwrap_or(scope);
    let place = caps.paint(Style::Faint, format!("{}:{}", mutant.file, mutant.line));
    let word = caps.paint(Style::Bad, pad(mutant.kind.word(), 9));
    terminal.line(format!("{word}  {place}  {}: {}, {}", mutant.policy, mutant.rule, mutant.edit));
    terminal.line(format!("           {before}; then: {after}"));
    terminal.line(format!("           {}", caps.paint(Style::Strong, line)));
    if expect.is_none() {
        terminal.line("           every expectation that holds of the one holds of the other");
    }
}

fn decided(one: &Decided) -> String {
    answer::verdict(one.effect, &one.limits)
}
