//! The comparison of the engine with the oracle, movement by movement.

use std::collections::BTreeMap;

use mam::analysis::Analysis;
use mam::decision::Decision;
use mam::movement::Context;
use mam::vocabulary::{Channel, DeviceState, Effect};
use mam::{Checked, Compiler, interpret};
use serde_json::Value;

use super::decide::{Limits, Outcome, Say, decide};
use super::policy::Policy;
use super::world::{Extent, World};

/// What was found of one policy.
pub(crate) enum Found {
    /// The oracle has nothing to say of such an object.
    NoPolicy(String),
    /// The importer refuses it.
    Refused(String),
    /// Both have an answer to every movement.
    Compared { movements: u64, spoken: u64, differences: Differences },
}

/// Movements that are decided in two ways, told apart by what makes them alike.
pub(crate) type Differences = BTreeMap<Kind, Example>;

/// A kind of difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind {
    channel: Channel,
    /// The member by which the oracle decided.
    by: &'static str,
    expected: Option<Outcome>,
    found: Option<Outcome>,
}

/// One movement of a kind, and how many there are.
#[derive(Debug, Clone)]
pub(crate) struct Example {
    sentence: String,
    rules: Vec<String>,
    times: u64,
}

/// How closely to look where the policy is in force. Where it is not (another platform, another
/// user), a few apps show that it says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// At every app in every state of the device.
    EveryState,
    /// At every app in two states, at a few apps in the others.
    TwoStates,
    /// At a few apps.
    FewApps,
}

const CLOSE_STATES: &[DeviceState] = &[DeviceState::Unmanaged, DeviceState::Intune];

/// Of so many movements one is decided by the interpreter too.
const SAMPLE: u64 = 997;

/// Decides every movement of a set of policies in two ways.
pub(crate) fn compare(set: &[Value], depth: Depth) -> Found {
    compare_with(set, set, depth)
}

/// The same, where the engine reads another set that must mean the same.
pub(crate) fn compare_with(set: &[Value], engine: &[Value], depth: Depth) -> Found {
    let policies = match set.iter().map(Policy::read).collect::<Result<Vec<_>, _>>() {
        Ok(policies) => policies,
        Err(why) => return Found::NoPolicy(why),
    };
    let texts = engine.iter().zip(1..).map(|(json, at)| (format!("{at}.json"), json.to_string()));
    let texts: Vec<_> = texts.collect();
    let files: Vec<_> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let checked = Compiler::new().check_all(&files);
    let (Ok(analysis), Ok(table)) = (Analysis::new(&checked), checked.compile()) else {
        return Found::Refused(errors(&checked));
    };
    let world = World::new(&checked, &policies);
    let (mut movements, mut spoken, mut differences) = (0, 0, Differences::new());
    for context in world.contexts() {
        let (Context { platform, state, .. }, user) = &context;
        let in_force = |policy: &Policy| policy.platform == *platform && policy.binds(user);
        let is_close = match depth {
            Depth::EveryState => policies.iter().any(in_force),
            Depth::TwoStates => policies.iter().any(in_force) && CLOSE_STATES.contains(state),
            Depth::FewApps => false,
        };
        let extent = if is_close { Extent::Whole } else { Extent::Partners };
        world.visit(&context, extent, |moved, movement| {
            let expected = decide(&policies, movement);
            let decision = table.decide(&table.resolve_movement(moved));
            movements += 1;
            if movements % SAMPLE == 0 {
                assert_eq!(decision, interpret::decide(analysis.model(), moved));
            }
            spoken += u64::from(expected.is_some());
            let found = outcome(decision);
            if found == expected.map(|say| say.outcome) {
                return;
            }
            let kind = Kind {
                channel: movement.channel,
                by: expected.map_or("no policy applies", |say: Say| say.by),
                expected: expected.map(|say| say.outcome),
                found,
            };
            let example = differences.entry(kind).or_insert_with(|| Example {
                sentence: sentence(&analysis, moved),
                rules: rules(&table, moved),
                times: 0,
            });
            example.times += 1;
        });
    }
    Found::Compared { movements, spoken, differences }
}

/// What the engine says; `None` where no policy has a say.
fn outcome(decision: Decision) -> Option<Outcome> {
    let limits = decision.verdict.obligations;
    match (decision.reason, decision.verdict.effect) {
        (Some(_), _) => None,
        (None, Effect::Block) => Some(Outcome::Blocked),
        (None, Effect::Allow) => Some(Outcome::Allowed(Limits {
            characters: limits.characters,
            without_content: limits.without_content,
            tagged: limits.tagged,
        })),
    }
}

fn errors(checked: &Checked) -> String {
    let reports: Vec<_> = checked.reports().iter().map(mam::Report::short).collect();
    reports.join("\n")
}

fn sentence(analysis: &Analysis<'_>, moved: &mam::movement::Movement) -> String {
    let scope = analysis.scope_of(moved).unwrap();
    moved.characters.map_or(scope.clone(), |length| format!("{scope} // {length} characters"))
}

fn rules(table: &mam::Table, moved: &mam::movement::Movement) -> Vec<String> {
    let answer = table.spell_out(&table.resolve_movement(moved));
    answer.by.into_iter().map(|cause| cause.rule).collect()
}

/// A difference in words.
pub(crate) fn report(kind: &Kind, example: &Example) -> String {
    format!(
        "{} (one of {} in its policy)\n  expected {} by {}\n  found    {} by {}",
        example.sentence,
        example.times,
        words(kind.expected),
        kind.by,
        words(kind.found),
        example.rules.join("; "),
    )
}

fn words(outcome: Option<Outcome>) -> String {
    match outcome {
        None => "nothing said".to_owned(),
        Some(Outcome::Blocked) => "block".to_owned(),
        Some(Outcome::Allowed(limits)) => {
            let characters = limits.characters.map(|limit| format!(" up to {limit} characters"));
            let content = limits.without_content.then(|| " without content".to_owned());
            let tagged = limits.tagged.then(|| " tagged work".to_owned());
            let limits = [characters, content, tagged].into_iter().flatten();
            format!("allow{}", limits.collect::<String>())
        }
    }
}

/// The same policies with as few members as show the difference.
pub(crate) fn smallest(set: &[Value], kind: &Kind, depth: Depth) -> Vec<Value> {
    let shows = |set: &[Value]| match compare(set, depth) {
        Found::Compared { differences, .. } => differences.contains_key(kind),
        Found::NoPolicy(_) | Found::Refused(_) => false,
    };
    let mut set = set.to_vec();
    for at in 0..set.len() {
        let members = set[at].as_object().into_iter().flatten();
        for name in members.map(|(name, _)| name.clone()).collect::<Vec<_>>() {
            let mut less = set.clone();
            less[at].as_object_mut().unwrap().remove(&name);
            if shows(&less) {
                set = less;
            }
        }
    }
    set
}
