//! Statements of policies that decide no movement: `require`, `launch`, `setting`, and texts of `because`.
//!
//! Takes in checked sets, gives out the differences of two sets in these statements, and whether one policy
//! has some that no other policy has. Knows strictness as a partial order on single statements, and fails
//! closed: what is not provably as strict is looser. Knows no movements and no decisions.
//!
//! A statement is *met* by a set if on every platform and device state, for every app that it is about,
//! the set has a statement that is as strict and applies to as many people. Statements are compared one
//! by one, so that two which are together as strict as a third do not meet it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use super::people::Users;
use crate::access::Requirements;
use crate::analysis::subject::Analysis;
use crate::compiler::Checked;
use crate::model::{Access, AccessKind, Model, Policy, PolicyId, Yields};
use crate::syntax::ast::{self, ItemKind, StatementKind};
use crate::syntax::print;
use crate::vocabulary::{DeviceState, DeviceStates, Platform, Platforms};

/// The meaning of a changed statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum StatementChangeKind {
    /// A requirement or launch condition is gone, or is not provably as strict as before.
    Looser,
    /// A requirement or launch condition is new or stricter.
    Tighter,
    /// A kept setting changed; its meaning is not known here.
    Unknown,
    /// Only words changed: a text that a user reads, or a statement that others make up for.
    Wording,
}

impl StatementChangeKind {
    /// Every kind, in the order of outputs.
    pub const ALL: [Self; 4] = [Self::Looser, Self::Tighter, Self::Unknown, Self::Wording];

    /// The word of the kind, as output shows it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Looser => "looser",
            Self::Tighter => "tighter",
            Self::Unknown => "unknown",
            Self::Wording => "wording",
        }
    }
}

/// The keyword of a changed statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum StatementWord {
    /// `require`.
    Require,
    /// `launch`.
    Launch,
    /// `setting`.
    Setting,
    /// The `because` of a rule.
    Because,
}

/// A statement in which two sets differ.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct StatementChange {
    /// The meaning of the change.
    pub kind: StatementChangeKind,
    /// Its policy, by the name that it has in the first set, or else in the second.
    pub policy: String,
    /// Its keyword.
    pub statement: StatementWord,
    /// Its text in the first set; `None` if it is new.
    pub before: Option<String>,
    /// Its text in the second set; `None` if it is gone. Equal to `before` if the statement does not apply
    /// any more wherever it applied.
    pub after: Option<String>,
}

/// The statements beside rules in which two sets differ: those that became looser first.
#[must_use]
pub fn diff_statements(before: &Analysis<'_>, after: &Analysis<'_>) -> Vec<StatementChange> {
    let sets = [before, after].map(|set| Set::of(set.checked, set.model));
    let [old, new] = &sets;
    let mut found = Vec::new();
    for (old_policy, new_policy) in pairs(old, new) {
        let policies = [old_policy, new_policy];
        for statement in [
            StatementWord::Require,
            StatementWord::Launch,
            StatementWord::Setting,
            StatementWord::Because,
        ] {
            changes([old, new], policies, statement, &mut found);
        }
    }
    found.sort();
    found
}

/// Whether a policy has a requirement, a launch condition or a setting that no other policy has.
pub(in crate::analysis) fn says_alone(checked: &Checked, model: &Model, policy: PolicyId) -> bool {
    let set = Set::of(checked, model);
    let mut own = set.statements.iter().filter(|one| one.policy == policy.index());
    own.any(|one| one.word != StatementWord::Because && !set.meets(&set, one, Some(policy.index())))
}

// ---------------------------------------------------------------- what a set says

/// The statements of a set, policy by policy.
struct Set<'s> {
    policies: Vec<Head<'s>>,
    statements: Vec<Statement<'s>>,
}

/// The head of a policy by names, which two sets have in common: its users, devices, apps and `yields to`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Head<'s> {
    name: &'s str,
    is_live: bool,
    people: Users<'s>,
    protect: BTreeMap<&'s str, Platforms>,
    platforms: Platforms,
    devices: DeviceStates,
    /// The policies that it gives way to, each with its own head: where one of them applies, this does not.
    yields: Arc<BTreeSet<String>>,
}

/// A statement of a policy.
struct Statement<'s> {
    /// The number of its policy.
    policy: usize,
    word: StatementWord,
    /// Statements of one policy with one subject are about the same.
    subject: String,
    text: String,
    access: Option<&'s Access>,
}

impl<'s> Set<'s> {
    fn of(checked: &'s Checked, model: &'s Model) -> Self {
        let items = checked.files().iter().flat_map(|file| &file.items);
        let bodies: BTreeMap<&str, &ast::Policy> = items
            .filter_map(|item| match &item.kind {
                ItemKind::Policy(policy) => Some((policy.name.text.as_str(), policy)),
                _ => None,
            })
            .collect();
        let mut statements = Vec::new();
        for (number, policy) in model.policies().iter().enumerate() {
            if let Some(body) = bodies.get(policy.name.as_str()) {
                statements.extend(kept(number, policy, body));
            }
            statements.extend(reasons(number, policy, model));
        }
        Self { policies: heads(model), statements }
    }

    /// The statements of one kind in a policy.
    fn list(&self, policy: Option<usize>, word: StatementWord) -> Vec<&Statement<'s>> {
        let is_meant = |one: &&Statement<'_>| Some(one.policy) == policy && one.word == word;
        self.statements.iter().filter(is_meant).collect()
    }

    fn name(&self, policy: Option<usize>) -> Option<&'s str> {
        self.policies.get(policy?).map(|policy| policy.name)
    }

    /// Whether this set, but for one policy, has what a statement of another set asks for, wherever it
    /// does.
    fn meets(&self, other: &Self, asked: &Statement<'_>, but: Option<usize>) -> bool {
        let Some(head) = other.policies.get(asked.policy) else { return true };
        if !head.is_live {
            return true;
        }
        let (platforms, devices) = asked.place(head);
        let as_strict: Vec<(&Head<'_>, &Statement<'_>)> = (self.statements.iter())
            .filter(|one| Some(one.policy) != but && asked.is_met_by(one))
            .filter_map(|one| Some((self.policies.get(one.policy)?, one)))
            .filter(|(one, _)| head.is_reached_by(one))
            .collect();
        platforms.iter().all(|on| {
            let mut states = devices.iter().filter(|state| state.exists_on(on));
            states.all(|state| {
                let here = as_strict.iter().filter(|(head, one)| {
                    let (platforms, devices) = one.place(head);
                    platforms.contains(on) && devices.contains(state)
                });
                let met: BTreeSet<&str> = here.flat_map(|(head, _)| head.apps(on)).collect();
                head.apps(on).all(|app| met.contains(app))
            })
        })
    }
}

/// Requirements, launch conditions and settings of a policy. All of them stand in its model, in order.
fn kept<'s>(
    number: usize,
    policy: &'s Policy,
    body: &'s ast::Policy,
) -> impl Iterator<Item = Statement<'s>> {
    let mut access = policy.access.iter();
    body.body.iter().filter_map(move |statement| {
        let text = print::statement(&statement.kind);
        let one = |word, subject, access| {
            Some(Statement { policy: number, word, subject, text: text.clone(), access })
        };
        match &statement.kind {
            StatementKind::Require(_) => {
                let access = access.next()?;
                one(StatementWord::Require, subject(&access.kind), Some(access))
            }
            StatementKind::Launch(_) => {
                let access = access.next()?;
                one(StatementWord::Launch, subject(&access.kind), Some(access))
            }
            StatementKind::Setting(setting) => {
                one(StatementWord::Setting, setting.name.value.clone(), None)
            }
            _ => None,
        }
    })
}

/// The texts that the rules of a policy show to users.
fn reasons<'s>(
    number: usize,
    policy: &'s Policy,
    model: &'s Model,
) -> impl Iterator<Item = Statement<'s>> {
    policy.rules.iter().filter_map(move |id| {
        let rule = model.directory().rule(*id);
        let text = format!("because {}", print::quote(rule.because?));
        let (word, subject) = (StatementWord::Because, rule.text.to_owned());
        Some(Statement { policy: number, word, subject, text, access: None })
    })
}

/// The subject of a statement.
fn subject(access: &AccessKind) -> String {
    match access {
        AccessKind::Require(requirement) => requirement.word().to_owned(),
        AccessKind::Launch { condition, .. } => {
            let text = condition.to_string();
            text.split(' ').take(2).collect::<Vec<_>>().join(" ")
        }
    }
}

impl Statement<'_> {
    /// Where it applies.
    fn place(&self, head: &Head<'_>) -> (Platforms, DeviceStates) {
        match self.access {
            Some(access) => (access.platforms, access.devices),
            None => (head.platforms, head.devices),
        }
    }

    /// Whether another statement is as strict, wherever either of them applies.
    fn is_met_by(&self, other: &Self) -> bool {
        match (self.access, other.access) {
            (Some(one), Some(other)) => is_as_strict(&one.kind, &other.kind),
            (None, None) => self.word == other.word && self.text == other.text,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}

/// Whether the second statement asks at least for what the first one asks for, wherever both are in force.
fn is_as_strict(one: &AccessKind, other: &AccessKind) -> bool {
    match (one, other) {
        (AccessKind::Require(one), AccessKind::Require(other)) => {
            let on = |(platform, state)| {
                let asked = Requirements::of(one, platform, state);
                Requirements::of(other, platform, state).meet(asked)
            };
            // Requirements differ by platform, and by whether apps know of the device's PIN.
            [Platform::Ios, Platform::Android]
                .into_iter()
                .flat_map(|on| [(on, DeviceState::Intune), (on, DeviceState::Unmanaged)])
                .all(on)
        }
        (
            AccessKind::Launch { action, condition },
            AccessKind::Launch { action: stricter, condition: wider },
        ) => stricter >= action && condition.implies(wider),
        _ => false,
    }
}

/// The heads of all policies.
fn heads(model: &Model) -> Vec<Head<'_>> {
    let mut heads: Vec<_> = model.policies().iter().map(|one| Head::of(one, model)).collect();
    let text = |Head { is_live, people, protect, platforms, devices, .. }: &Head<'_>| {
        format!("{:?}", (is_live, people, protect, platforms, devices))
    };
    let texts: Vec<String> = heads.iter().map(text).collect();
    let texts_of = |id: PolicyId| -> Arc<BTreeSet<String>> {
        let ids = model.yielded_to(id).into_iter().filter(|id| !model.policy(*id).report_only);
        Arc::new(ids.filter_map(|id| texts.get(id.index()).cloned()).collect())
    };
    // The same for every policy that yields to any.
    let mut all = None;
    for (id, head) in model.policy_ids().zip(&mut heads) {
        head.yields = match &model.policy(id).yields {
            Yields::No => continue,
            Yields::To(_) => texts_of(id),
            Yields::Any => Arc::clone(all.get_or_insert_with(|| texts_of(id))),
        };
    }
    heads
}

impl<'s> Head<'s> {
    /// The head of a policy as if it gave way to nobody.
    fn of(policy: &'s Policy, model: &'s Model) -> Self {
        let app = |(app, on): &(_, Platforms)| {
            let app = model.app(*app);
            (app.name.as_str(), on.and(app.platforms))
        };
        Self {
            name: &policy.name,
            is_live: !policy.report_only,
            people: Users::of(&policy.people, model),
            protect: policy.protect.iter().map(app).collect(),
            platforms: policy.platforms,
            devices: policy.devices,
            yields: Arc::default(),
        }
    }

    /// The apps that it protects on a platform.
    fn apps(&self, on: Platform) -> impl Iterator<Item = &'s str> {
        let here = self.protect.iter().filter(move |(_, platforms)| platforms.contains(on));
        here.map(|(app, _)| *app)
    }

    /// Whether another policy applies to all of its users.
    fn is_reached_by(&self, other: &Self) -> bool {
        other.is_live
            && self.people.is_within(&other.people)
            && self.yields.is_superset(&other.yields)
    }
}

// ---------------------------------------------------------------- two sets

/// The policies of two sets side by side: by name, and those that were only renamed.
fn pairs(old: &Set<'_>, new: &Set<'_>) -> Vec<(Option<usize>, Option<usize>)> {
    let names = |set: &Set<'_>| -> BTreeMap<String, usize> {
        let all = set.policies.iter().enumerate();
        all.map(|(at, policy)| (policy.name.to_owned(), at)).collect()
    };
    let (old_names, new_names) = (names(old), names(new));
    let mut gone: Vec<usize> = Vec::new();
    let mut pairs = Vec::new();
    for (name, at) in &old_names {
        match new_names.get(name) {
            Some(other) => pairs.push((Some(*at), Some(*other))),
            None => gone.push(*at),
        }
    }
    for (_, other) in new_names.iter().filter(|(name, _)| !old_names.contains_key(*name)) {
        let renamed = gone.iter().position(|at| is_renamed((old, *at), (new, *other)));
        pairs.push((renamed.map(|found| gone.remove(found)), Some(*other)));
    }
    pairs.extend(gone.into_iter().map(|at| (Some(at), None)));
    pairs
}

/// Whether two policies differ in nothing but their names.
fn is_renamed((old, one): (&Set<'_>, usize), (new, other): (&Set<'_>, usize)) -> bool {
    let says = |set: &Set<'_>, policy: usize| -> Vec<String> {
        let own = set.statements.iter().filter(|one| one.policy == policy);
        own.map(|one| one.text.clone()).collect()
    };
    let (Some(a), Some(b)) = (old.policies.get(one), new.policies.get(other)) else { return false };
    a.is_live == b.is_live
        && a.people == b.people
        && a.protect == b.protect
        && (a.platforms, a.devices) == (b.platforms, b.devices)
        && a.yields.len() == b.yields.len()
        && says(old, one) == says(new, other)
}

/// The changes of one kind of statement in one policy. Statements that are alike are paired first, then
/// those with one subject, then those with one text.
fn changes(
    [old, new]: [&Set<'_>; 2],
    policies: [Option<usize>; 2],
    word: StatementWord,
    found: &mut Vec<StatementChange>,
) {
    let [mut before, mut after] = [old.list(policies[0], word), new.list(policies[1], word)];
    let mut pairs: Vec<[Option<&Statement<'_>>; 2]> = Vec::new();
    type Alike = fn(&Statement<'_>, &Statement<'_>) -> bool;
    let passes: [Alike; 3] = [
        |a, b| a.text == b.text && a.subject == b.subject,
        |a, b| a.subject == b.subject,
        |a, b| a.text == b.text,
    ];
    for is_alike in passes {
        before.retain(|one| {
            let Some(at) = after.iter().position(|other| is_alike(one, other)) else { return true };
            pairs.push([Some(*one), Some(after.remove(at))]);
            false
        });
    }
    // A rule that was written as two says twice what it said once.
    let is_said = |one: &Statement<'_>, pairs: &[[Option<&Statement<'_>>; 2]]| {
        let mut said = pairs.iter().flatten().flatten();
        word == StatementWord::Because && said.any(|other| other.text == one.text)
    };
    before.retain(|one| !is_said(one, &pairs));
    after.retain(|one| !is_said(one, &pairs));
    pairs.extend(before.into_iter().map(|one| [Some(one), None]));
    pairs.extend(after.into_iter().map(|other| [None, Some(other)]));
    let policy = old.name(policies[0]).or_else(|| new.name(policies[1])).unwrap_or("");
    for [first, second] in pairs {
        if let Some(kind) = kind([old, new], first, second) {
            let [before, after] = [first, second].map(|one| one.map(|one| one.text.clone()));
            let policy = policy.to_owned();
            found.push(StatementChange { kind, policy, statement: word, before, after });
        }
    }
}

/// The meaning of the change of a statement; `None` if it is no change.
fn kind(
    [old, new]: [&Set<'_>; 2],
    first: Option<&Statement<'_>>,
    second: Option<&Statement<'_>>,
) -> Option<StatementChangeKind> {
    let is_alike = first.zip(second).is_some_and(|(first, second)| first.text == second.text);
    match first.or(second)?.word {
        StatementWord::Because => (!is_alike).then_some(StatementChangeKind::Wording),
        StatementWord::Setting => (!is_alike).then_some(StatementChangeKind::Unknown),
        StatementWord::Require | StatementWord::Launch => {
            let heads = first
                .zip(second)
                .map(|(one, other)| (old.policies.get(one.policy), new.policies.get(other.policy)));
            if is_alike && heads.is_some_and(|(one, other)| one == other) {
                None
            } else if first.is_some_and(|first| !new.meets(old, first, None)) {
                Some(StatementChangeKind::Looser)
            } else if is_alike {
                None
            } else if second.is_some_and(|second| !old.meets(new, second, None)) {
                Some(StatementChangeKind::Tighter)
            } else {
                Some(StatementChangeKind::Wording)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compiler::Compiler;

    const NAMES: &str = "mam 1 users staff users guests
        app mail { ios \"m\" android \"m\" sdk multi-identity }
        app notes { ios \"n\" android \"n\" sdk multi-identity }\n";

    const HEAD: &str = "policy p { for staff protect mail otherwise allow\n";

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
        let [one, other] = [before, after].map(|body| format!("{HEAD}{body} }}"));
        assert_eq!(differences(&one, &other), expected, "{before} -> {after}");
    }

    #[test]
    fn what_is_gone_or_weaker_is_looser() {
        let gone = "looser p: require pin { length 6 } -> nothing";
        bodies("require pin { length 6 }", "", &[gone]);
        bodies("", "require pin", &["tighter p: nothing -> require pin"]);
        bodies("require pin", "require pin", &[]);
        bodies(
            "require pin { length 6 } launch block when os < 17.0",
            "require pin { length 8 } launch block when os < 16.0",
            &[
                "looser p: launch block when os < 17.0 -> launch block when os < 16.0",
                "tighter p: require pin { length 6 } -> require pin { length 8 }",
            ],
        );
        bodies(
            "launch block when jailbroken",
            "launch block when jailbroken on ios",
            &["looser p: launch block when jailbroken -> launch block when jailbroken on ios"],
        );
        bodies(
            "launch block when jailbroken",
            "launch block when jailbroken on ios launch wipe when jailbroken on android",
            &[
                "tighter p: nothing -> launch wipe when jailbroken on android",
                "wording p: launch block when jailbroken -> launch block when jailbroken on ios",
            ],
        );
        bodies(
            "require pin { attempts 4 then reset }",
            "require pin { attempts 5 then reset recheck 30 minutes }",
            &["looser p: require pin { attempts 4 then reset } -> \
               require pin { attempts 5 then reset  recheck 30 minutes }"],
        );
    }

    /// Whether the second statement is at least as strict as the first.
    fn meets(one: &str, other: &str) -> bool {
        differences(&format!("{HEAD}{one} }}"), &format!("{HEAD}{other} }}"))
            .iter()
            .all(|change| !change.starts_with("looser"))
    }

    #[test]
    fn strictness_is_the_order_of_requirements() {
        for (mild, strict) in [
            ("require pin", "require pin { length 4 }"),
            ("require pin", "require pin { attempts 10 then reset }"),
            ("require pin { length 4 }", "require pin { length 6 }"),
            ("require pin { kind numeric }", "require pin { kind alphanumeric }"),
            ("require pin", "require pin { simple no }"),
            ("require pin { attempts 5 then reset }", "require pin { attempts 5 then wipe }"),
            ("require pin { biometrics face } on ios", "require pin { biometrics no } on ios"),
            ("require pin { biometrics-override 1 hour }", "require pin { biometrics no }"),
            ("require pin { recheck 60 minutes }", "require pin { recheck 30 minutes }"),
            ("require pin { skip-with-device-pin }", "require pin"),
            ("require encryption { class restart } on ios", "require encryption on ios"),
            ("launch warn when os < 17.0", "launch block when os < 18.0"),
        ] {
            assert!(meets(mild, strict), "{strict} does not meet {mild}");
            assert!(!meets(strict, mild), "{mild} meets {strict}");
        }
        for (one, other) in [
            ("require pin { biometrics face } on ios", "require pin { biometrics touch } on ios"),
            ("require pin { length 6 }", "require pin { recheck 30 minutes }"),
            ("require pin", "require credentials"),
        ] {
            assert!(!meets(one, other) && !meets(other, one), "{one} {other}");
        }
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
            "block print because \"one\" block save because \"two\"",
            "block print because \"two\" block save because \"one\"",
            &[
                "wording p: because \"one\" -> because \"two\"",
                "wording p: because \"two\" -> because \"one\"",
            ],
        );
        let gone = "wording p: because \"one\" -> nothing";
        bodies("block print because \"one\"", "block print", &[gone]);
        // Rules that are written otherwise say the same.
        let two = "block print because \"one\" block save because \"one\"";
        bodies("block print, backup because \"one\"", two, &[]);
        bodies(two, "block print, backup because \"one\"", &[]);
    }

    #[test]
    fn a_statement_counts_where_its_policy_applies() {
        let set = |head: &str| format!("policy p {{ {head} otherwise allow require pin }}");
        let all = set("for staff protect mail, notes");
        let looser = "looser p: require pin -> require pin";
        for less in [
            "for staff protect mail",
            "for staff on ios protect mail, notes",
            "for staff devices unmanaged protect mail, notes",
            "for staff except guests protect mail, notes",
            "for guests protect mail, notes",
            "for exactly staff protect mail, notes",
        ] {
            assert_eq!(differences(&all, &set(less)), [looser], "{less}");
        }
        for more in ["for any protect mail, notes", "for staff, guests protect mail, notes"] {
            assert!(differences(&all, &set(more)).is_empty(), "{more}");
        }
        let report = all.replace("policy p", "policy p report-only");
        assert_eq!(differences(&all, &report), [looser]);
        assert!(differences(&report, &all).is_empty());
        let other = "policy q { for guests protect mail }";
        let [one, wider] = [other, "policy q { for any protect mail }"].map(|other| {
            let yielding = set("for staff protect mail, notes yields to q");
            format!("{yielding} {other}")
        });
        assert_eq!(differences(&format!("{all} {other}"), &one), [looser]);
        assert!(differences(&one, &format!("{all} {other}")).is_empty());
        assert_eq!(differences(&one, &wider), [looser]);
    }

    #[test]
    fn names_and_places_of_policies_do_not_matter() {
        let one = format!("{HEAD} require pin setting \"a\" = 1 block print because \"b\" }}");
        assert!(differences(&one, &one.replace("policy p", "policy q")).is_empty());
        let split = "policy p { for staff on ios protect mail otherwise allow require pin }
                     policy q { for staff on android protect mail otherwise allow require pin }";
        let joined = format!("{HEAD} require pin on ios, android }}");
        let found = differences(&joined, split);
        assert!(found.iter().all(|one| one.starts_with("wording")), "{found:?}");
        let moved = found.iter().filter(|one| one.starts_with("looser"));
        assert_eq!(moved.count(), 0, "{found:?}");
        assert_eq!(differences(split, "")[0], "looser p: require pin -> nothing");
    }
}
