//! Statements that decide nothing: texts of `because`, kept settings, and report-only policies.
//!
//! Takes in two checked sets, gives out the statements of this kind in which they differ. Texts are compared,
//! since there is no meaning to compare.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::analysis::subject::Analysis;
use crate::model::{Model, Policy};
use crate::syntax::ast::{self, ItemKind};
use crate::syntax::print;

/// The meaning of a changed statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StatementChangeKind {
    /// A kept setting changed; its meaning is not known here.
    Unknown,
    /// A text that a user reads changed. That is no difference.
    Wording,
    /// A report-only policy changed. That is no difference.
    ReportOnly,
}

impl StatementChangeKind {
    /// Every kind, in the order of outputs.
    pub const ALL: [Self; 3] = [Self::Unknown, Self::Wording, Self::ReportOnly];

    /// The word of the kind, as output shows it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Wording => "wording",
            Self::ReportOnly => "report-only",
        }
    }

    /// Whether the sets may decide differently because of it.
    #[must_use]
    pub const fn is_difference(self) -> bool {
        matches!(self, Self::Unknown)
    }
}

/// A statement in which two sets differ.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct StatementChange {
    /// The meaning of the change.
    pub kind: StatementChangeKind,
    /// Its policy, by the name that it has in the first set, or else in the second.
    pub policy: String,
    /// Its text in the first set; `None` if it is new.
    pub before: Option<String>,
    /// Its text in the second set; `None` if it is gone.
    pub after: Option<String>,
}

/// The statements that decide nothing in which two sets differ: settings first, then texts, then report-only policies.
#[must_use]
pub fn diff_statements(before: &Analysis<'_>, after: &Analysis<'_>) -> Vec<StatementChange> {
    let (old, new) = (policies(before), policies(after));
    let mut found = Vec::new();
    for (one, other) in pairs(&old, &new) {
        for kind in StatementChangeKind::ALL {
            changes(one, other, kind, &mut found);
        }
    }
    found.sort();
    found
}

/// A policy with its statements that decide nothing.
struct Stated<'s> {
    name: &'s str,
    /// Every statement of the policy, as text without `because`, in order.
    body: Vec<String>,
    statements: Vec<Statement>,
}

/// A statement that decides nothing.
struct Statement {
    kind: StatementChangeKind,
    /// The setting, rule or launch condition that it belongs to.
    subject: String,
    text: String,
}

/// The policies of a set.
fn policies<'s>(set: &Analysis<'s>) -> Vec<Stated<'s>> {
    let items = set.checked.files().iter().flat_map(|file| &file.items);
    let bodies: BTreeMap<&str, &ast::Policy> = items
        .filter_map(|item| match &item.kind {
            ItemKind::Policy(policy) => Some((policy.name.text.as_str(), policy)),
            _ => None,
        })
        .collect();
    let of = |policy: &'s Policy| {
        let body = bodies.get(policy.name.as_str()).map(|one| texts(one)).unwrap_or_default();
        let statements = match policy.report_only {
            true => report_only(policy, &body),
            false => settings(policy).chain(reasons(policy, set.model)).collect(),
        };
        Stated { name: &policy.name, body, statements }
    };
    set.model.policies().iter().map(of).collect()
}

/// The statements of a policy as texts, in alphabetical order: their order means nothing.
fn texts(policy: &ast::Policy) -> Vec<String> {
    let statements = policy.body.iter().map(|one| print::statement(&one.kind));
    let mut texts: Vec<String> = statements.collect();
    texts.sort();
    texts
}

/// A report-only policy: that it is there, and everything in it.
fn report_only(policy: &Policy, body: &[String]) -> Vec<Statement> {
    let whole = format!("policy {} report-only", policy.name);
    let texts = std::iter::once(&whole).chain(body);
    let statement = |text: &String| Statement {
        kind: StatementChangeKind::ReportOnly,
        subject: subject(text),
        text: text.clone(),
    };
    texts.map(statement).collect()
}

/// The first words of a statement, by which it is told as another form of one that is gone: a clause or requirement,
/// the fact of a launch condition, the effect and the first channel of a rule.
fn subject(text: &str) -> String {
    let words = text.split_whitespace();
    let words: Vec<&str> = match text.split_once(" when ") {
        Some((launch, condition)) if launch.starts_with("launch ") => {
            ["launch"].into_iter().chain(condition.split_whitespace().take(1)).collect()
        }
        _ if ["for", "on", "devices", "protect", "yields", "otherwise"]
            .iter()
            .any(|clause| text.starts_with(&format!("{clause} "))) =>
        {
            words.take(1).collect()
        }
        _ => words.take(2).collect(),
    };
    words.join(" ")
}

/// The settings of a policy that are kept as they are.
fn settings(policy: &Policy) -> impl Iterator<Item = Statement> {
    policy.settings.iter().map(|(name, value)| Statement {
        kind: StatementChangeKind::Unknown,
        subject: name.clone(),
        text: format!("setting {} = {value}", print::quote(name)),
    })
}

/// The texts that the rules and launch conditions of a policy show to users.
fn reasons(policy: &Policy, model: &Model) -> impl Iterator<Item = Statement> {
    let directory = model.directory();
    let rules = policy.rules.iter().map(|id| {
        let rule = directory.rule(*id);
        (rule.text, rule.because)
    });
    let accesses = policy.access.iter().map(|one| {
        let entry = directory.access(one.id);
        (entry.text, entry.because)
    });
    let both: Vec<(&str, Option<&str>)> = rules.chain(accesses).collect();
    let reasons = both.into_iter().filter_map(|(subject, because)| {
        let text = format!("because {}", print::quote(because?));
        let subject = subject.to_owned();
        Some(Statement { kind: StatementChangeKind::Wording, subject, text })
    });
    reasons.collect::<Vec<_>>().into_iter()
}

/// The policies of two sets side by side: by name, and those that were only renamed.
fn pairs<'p, 's>(
    old: &'p [Stated<'s>],
    new: &'p [Stated<'s>],
) -> Vec<(Option<&'p Stated<'s>>, Option<&'p Stated<'s>>)> {
    let has = |all: &[Stated<'_>], name: &str| all.iter().any(|one| one.name == name);
    let mut gone: Vec<&Stated<'_>> = old.iter().filter(|one| !has(new, one.name)).collect();
    let mut pairs = Vec::new();
    for other in new {
        let known = old.iter().find(|one| one.name == other.name);
        let renamed = gone.iter().position(|one| known.is_none() && one.body == other.body);
        pairs.push((known.or_else(|| renamed.map(|at| gone.remove(at))), Some(other)));
    }
    pairs.extend(gone.into_iter().map(|one| (Some(one), None)));
    pairs
}

/// The changes of one kind in one policy. Statements that are alike are paired first, then those with one
/// subject, then those with one text.
fn changes(
    old: Option<&Stated<'_>>,
    new: Option<&Stated<'_>>,
    kind: StatementChangeKind,
    found: &mut Vec<StatementChange>,
) {
    let list = |one: Option<&'_ Stated<'_>>| -> Vec<(String, String)> {
        let own = one.into_iter().flat_map(|one| &one.statements).filter(|one| one.kind == kind);
        own.map(|one| (one.subject.clone(), one.text.clone())).collect()
    };
    let (mut before, mut after) = (list(old), list(new));
    let mut pairs: Vec<[Option<String>; 2]> = Vec::new();
    type Alike = fn(&(String, String), &(String, String)) -> bool;
    let passes: [Alike; 3] = [|a, b| a == b, |a, b| a.0 == b.0, |a, b| a.1 == b.1];
    for is_alike in passes {
        before.retain(|one| {
            let Some(at) = after.iter().position(|other| is_alike(one, other)) else { return true };
            pairs.push([Some(one.1.clone()), Some(after.remove(at).1)]);
            false
        });
    }
    // A rule that was written as two says twice what it said once.
    let is_said = |text: &String, pairs: &[[Option<String>; 2]]| {
        let mut said = pairs.iter().flatten().flatten();
        kind == StatementChangeKind::Wording && said.any(|other| other == text)
    };
    before.retain(|(_, text)| !is_said(text, &pairs));
    after.retain(|(_, text)| !is_said(text, &pairs));
    pairs.extend(before.into_iter().map(|(_, text)| [Some(text), None]));
    pairs.extend(after.into_iter().map(|(_, text)| [None, Some(text)]));
    let policy = old.or(new).map(|one| one.name.to_owned()).unwrap_or_default();
    let differing = pairs.into_iter().filter(|[before, after]| before != after);
    found.extend(differing.map(|[before, after]| StatementChange {
        kind,
        policy: policy.clone(),
        before,
        after,
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compiler::Compiler;

    const NAMES: &str = "mam 1 users staff
        app mail { ios \"m\" android \"m\" sdk multi-identity }\n";

    /// The statements in which two sets differ, a line each.
    fn differences(before: &str, after: &str) -> Vec<String> {
        let [before, after] = [before, after].map(|text| {
            let checked = Compiler::new().check("set.mam", &format!("{NAMES}{text}"));
            assert!(!checked.has_errors(), "{text}: {}", checked.errors());
            checked
        });
        let [one, other] = [&before, &after].map(|checked| Analysis::new(checked).unwrap());
        let text = |one: StatementChange| {
            let [before, after] =
                [one.before, one.after].map(|text| text.unwrap_or_else(|| "nothing".to_owned()));
            format!("{} {}: {before} -> {after}", one.kind.word(), one.policy)
        };
        diff_statements(&one, &other).into_iter().map(text).collect()
    }

    /// Differences between two bodies of one policy.
    #[track_caller]
    fn bodies(before: &str, after: &str, expected: &[&str]) {
        let policy = |name: &str, body: &str| {
            format!("policy {name} {{ for staff protect mail otherwise allow {body} }}")
        };
        let found = differences(&policy("p", before), &policy("p", after));
        assert_eq!(found, expected, "{before} -> {after}");
        assert!(differences(&policy("p", before), &policy("q", before)).is_empty(), "{before}");
    }

    #[test]
    fn settings_are_not_understood_and_reasons_are_words() {
        bodies(
            "setting \"a\" = true setting \"b\" = 1",
            "setting \"a\" = true setting \"b\" = 2 setting \"c\" = null",
            &[
                "unknown p: nothing -> setting \"c\" = null",
                "unknown p: setting \"b\" = 1 -> setting \"b\" = 2",
            ],
        );
        bodies(
            "setting \"a\" = {\"b\": 1, \"c\": [{\"d\": 1, \"e\": 2}]}",
            "setting \"a\" = {\"c\": [{\"e\": 2, \"d\": 1}], \"b\": 1}",
            &[],
        );
        bodies(
            "block print because \"one\" block save because \"two\"",
            "block print because \"two\" block save because \"one\"",
            &[
                "wording p: because \"one\" -> because \"two\"",
                "wording p: because \"two\" -> because \"one\"",
            ],
        );
        let gone = "wording p: because \"one\" -> nothing";
        bodies("block print because \"one\"", "block print", &[gone]);
        let launch = "launch block when jailbroken";
        bodies(&format!("{launch} because \"one\""), launch, &[gone]);
        // Rules that are written otherwise say the same.
        let two = "block print because \"one\" block save because \"one\"";
        bodies("block print, backup because \"one\"", two, &[]);
        bodies(two, "block print, backup because \"one\"", &[]);
    }

    #[test]
    fn report_only_policies_are_listed() {
        let reported = |body: &str| {
            format!("policy t report-only {{ for staff protect mail otherwise allow {body} }}")
        };
        let there = "policy t report-only";
        let found = differences("", &reported("require pin"));
        assert!(found.contains(&format!("report-only t: nothing -> {there}")), "{found:?}");
        assert_eq!(
            differences(
                &reported("require pin"),
                &reported("block print require pin { length 6 }")
            ),
            [
                "report-only t: nothing -> block print",
                "report-only t: require pin -> require pin { length 6 }",
            ]
        );
        assert_eq!(
            differences(
                &reported("launch warn when os < 16.0 launch warn when app < 4.0"),
                &reported("launch warn when app < 4.1 launch block when os < 16.0")
            ),
            [
                "report-only t: launch warn when app < 4.0 -> launch warn when app < 4.1",
                "report-only t: launch warn when os < 16.0 -> launch block when os < 16.0",
            ]
        );
        assert!(differences(&reported("require pin"), &reported("require pin")).is_empty());
    }
}
