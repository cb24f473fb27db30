//! Verdicts: whether an expectation holds, for people, over all sets that it is in.

use super::sets::Verdicts;
use super::statements::StatementAt;
use super::view::View;
use super::workspace::name_of_set;
use crate::analysis::{AccessVerdict, Verdict};

/// A verdict, from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Holds,
    NotDecided,
    Fails,
}

/// A verdict in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct VerdictText {
    pub(super) title: String,
    /// A counterexample, as a scope.
    pub(super) scope: Option<String>,
}

impl VerdictText {
    /// The verdict as Markdown.
    pub(super) fn markdown(&self) -> String {
        let scope = self.scope.as_ref().map(|scope| format!("\n\n```mam\n{scope}\n```"));
        format!("{}{}", self.title, scope.unwrap_or_default())
    }
}

/// Behind what is known of an earlier text only.
pub(super) const EARLIER: &str = "before this edit";

/// The verdict on an expectation: the worst one of all sets. The sets are named that have it, unless all do. A verdict on
/// an earlier text says that it is one.
pub(super) fn verdict(view: &View<'_>, statement: &StatementAt<'_>) -> Option<VerdictText> {
    let text = statement.text();
    let mut found = Vec::new();
    for set in &view.sets {
        if let Some(dated) = &set.state.analysis.verdicts
            && let Some((rank, one)) =
                in_set(&dated.value, view, statement, &text, set.state.is_current(dated))
        {
            found.push((rank, set.key, one));
        }
    }
    let worst = found.iter().map(|(rank, ..)| *rank).max()?;
    found.retain(|(rank, ..)| *rank == worst);
    let names: Vec<_> = found.iter().map(|(_, key, _)| name_of_set(key)).collect();
    let (_, _, mut shown) = found.into_iter().next()?;
    if names.len() < view.sets.len() {
        shown.title.push_str(&format!(" in {}", names.join(", ")));
    }
    Some(shown)
}

/// The verdict of one set, found by the place and text of the expectation.
fn in_set(
    verdicts: &Verdicts,
    view: &View<'_>,
    statement: &StatementAt<'_>,
    text: &str,
    is_current: bool,
) -> Option<(Rank, VerdictText)> {
    let policy = statement.policy_name();
    let is_it = |file: &str, of: &Option<String>, line: &str| {
        file == view.path && of.as_deref() == policy && line == text
    };
    let mut movements = verdicts.movements.iter();
    let mut accesses = verdicts.accesses.iter();
    match movements.find(|one| is_it(&one.file, &one.policy, &one.text)) {
        Some(one) => Some(of_movements(&one.verdict, is_current)),
        None => {
            let one = accesses.find(|one| is_it(&one.file, &one.policy, &one.text))?;
            Some(of_accesses(&one.verdict, is_current))
        }
    }
}

fn of_movements(verdict: &Verdict, is_current: bool) -> (Rank, VerdictText) {
    match verdict {
        Verdict::Holds => holds(is_current),
        Verdict::Fails(example) => {
            let effect = example.answer.effect.word();
            fails(is_current, &format!(": {effect}"), Some(example.scope.clone()))
        }
        Verdict::Leads(chain) => {
            let hops = chain.hops.len();
            let hops =
                if hops == 1 { "1 movement".to_owned() } else { format!("{hops} movements") };
            let first = chain.hops.first().map(|hop| hop.scope.clone());
            fails(is_current, &format!(": a path of {hops}"), first)
        }
        Verdict::Empty => empty(is_current, "movement"),
        Verdict::Limit(limit) => not_decided(is_current, &limit.to_string()),
    }
}

fn of_accesses(verdict: &AccessVerdict, is_current: bool) -> (Rank, VerdictText) {
    match verdict {
        AccessVerdict::Holds => holds(is_current),
        AccessVerdict::Fails(example) => fails(is_current, "", Some(example.scope.clone())),
        AccessVerdict::Empty => empty(is_current, "access"),
        AccessVerdict::Limit(limit) => not_decided(is_current, &limit.to_string()),
    }
}

fn holds(is_current: bool) -> (Rank, VerdictText) {
    let title = if is_current { "✓ holds".to_owned() } else { format!("✓ held {EARLIER}") };
    (Rank::Holds, VerdictText { title, scope: None })
}

fn fails(is_current: bool, how: &str, scope: Option<String>) -> (Rank, VerdictText) {
    let fails = if is_current { "✗ fails".to_owned() } else { format!("✗ failed {EARLIER}") };
    (Rank::Fails, VerdictText { title: fails + how, scope })
}

fn empty(is_current: bool, what: &str) -> (Rank, VerdictText) {
    let title = if is_current {
        format!("✗ its scope holds no {what}")
    } else {
        format!("✗ its scope held no {what} {EARLIER}")
    };
    (Rank::Fails, VerdictText { title, scope: None })
}

fn not_decided(is_current: bool, why: &str) -> (Rank, VerdictText) {
    let when = if is_current { String::new() } else { format!(" {EARLIER}") };
    let title = format!("? not decided{when}: {why}");
    (Rank::NotDecided, VerdictText { title, scope: None })
}
