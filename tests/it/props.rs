//! What must hold of every policy set, tried on random ones.
//!
//! The sets are made up from bytes, see [`support::policy_set`]. Each case decides every movement of
//! its sets in some contexts; all contexts together are walked through by `tests/it/conformance.rs`.
//!
//! `MAM_PROPS=100 cargo test --release --test it props::` tries a hundred times as many cases.
//! What has failed once is in `proptest-regressions` and is tried first.

use std::collections::{BTreeSet, HashMap};

use mam::analysis::{self, Analysis, Fate, NoRemedy, PathOptions};
use mam::decision::{Determining, LimitsAnswer, Obligations, Verdict};
use mam::interpret::{self, Standing};
use mam::model::{AppId, ChainScope, Claim, EndpointSet, Model, Origin, PolicyId, Scope, What};
use mam::movement::{Context, Endpoint, Movement};
use mam::syntax::print;
use mam::vocabulary::{Account, Channel, Effect, Platform, Reason, RuleEffect, Side};
use mam::{Answer, Checked, Compiler, Decision, Request, Table};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::support::chains::{self, Chains, TooMany};
use crate::support::claims::{self, Standings};
use crate::support::policy_set::{Choices, PolicySet, Rule, Style, Yields};
use crate::support::random::{self, regressions};
use crate::support::universe::{self, Universe};

mod changes;
mod determining;
mod picture;

/// How many bytes a policy set is made of.
const BYTES: usize = 700;

fn config(cases: u32) -> ProptestConfig {
    random::config(cases, regressions!("props"))
}

/// A policy set that compiles.
#[derive(Clone)]
struct Compiled {
    set: PolicySet,
    checked: Checked,
    table: Table,
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\n{}", self.set.text(Style::default()))
    }
}

impl Compiled {
    fn new(set: PolicySet) -> Self {
        let (set, checked) = set.checked();
        let table = checked.compile().unwrap();
        Self { set, checked, table }
    }

    fn model(&self) -> &Model {
        self.checked.model().unwrap()
    }

    fn universe(&self) -> Universe<'_> {
        self.some_of_each(1)
    }

    /// So many apps of each kind.
    fn some_of_each(&self, count: usize) -> Universe<'_> {
        named_in(self.model(), &self.set.text(Style::default()), count)
    }

    /// One app of each kind, and every app that one of two sets names.
    fn universe_with(&self, other: &Self) -> Universe<'_> {
        let texts = [self, other].map(|one| one.set.text(Style::default()));
        named_in(self.model(), &texts.join("\n"), 1)
    }

    fn decide(&self, movement: &Movement) -> Decision {
        self.table.decide(&self.table.resolve_movement(movement))
    }

    fn told(&self, movement: &Movement) -> Told {
        told(&self.table, movement)
    }

    /// The answer to a movement of another set, by names.
    fn answer(&self, model: &Model, movement: &Movement) -> Answer {
        self.table.answer(&universe::request(model, movement)).unwrap()
    }

    /// Shows every movement of some contexts to `visit`.
    fn visit(&self, pick: &Index, contexts: usize, visit: impl FnMut(&Movement)) {
        walk(&self.universe(), pick, contexts, visit);
    }

    /// The policies, with their positions.
    fn policies(&self) -> impl Iterator<Item = (PolicyId, usize)> {
        self.model().policy_ids().zip(0..)
    }

    /// What a policy has to do with an app's work account.
    fn standing(&self, policy: PolicyId, context: &Context, app: AppId) -> Standing {
        let end = Endpoint::App { app, account: Account::Work, deployed: false };
        let judgement = interpret::judge(self.model(), &universe::probe(context, end));
        let mut own = judgement.policies.iter().filter(|one| one.policy == policy);
        own.find(|one| one.side == Side::Source).map(|one| one.standing).unwrap()
    }

    /// The names of the apps to which a policy applies.
    fn protected_by(&self, policy: PolicyId, context: &Context) -> BTreeSet<&str> {
        let model = self.model();
        let apps = model.app_ids().filter(|app| model.app(*app).sdk);
        apps.filter(|app| self.standing(policy, context, *app) == Standing::Applies)
            .map(|app| model.app(app).name.as_str())
            .collect()
    }

    /// The names of the apps to which some live and confirmed policy applies.
    fn managed(&self, context: &Context) -> BTreeSet<&str> {
        let model = self.model();
        let counts = |id: &PolicyId| {
            let policy = model.policy(*id);
            !policy.report_only && policy.unconfirmed.is_none()
        };
        model.policy_ids().filter(counts).flat_map(|id| self.protected_by(id, context)).collect()
    }
}

/// A decision with its determining.
type Told = (Decision, Determining);

/// Every app that a text names, and so many of each kind of the others.
fn named_in<'m>(model: &'m Model, text: &str, count: usize) -> Universe<'m> {
    let names: Vec<_> = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').collect();
    Universe::some_of_each(model, &names, count)
}

fn told(table: &Table, movement: &Movement) -> Told {
    let resolved = table.resolve_movement(movement);
    (table.decide(&resolved), table.determining(&resolved))
}

fn walk(universe: &Universe<'_>, pick: &Index, many: usize, mut visit: impl FnMut(&Movement)) {
    for context in some_contexts(universe, pick, many) {
        universe.visit(&context, &mut visit);
    }
}

/// Some of the contexts, spread over users, platforms and states.
fn some_contexts(universe: &Universe<'_>, pick: &Index, many: usize) -> Vec<Context> {
    let contexts = universe.contexts();
    let first = pick.index(contexts.len());
    // A stride that is prime to the number of device states meets all of them.
    let chosen = (0..many).map(|at| (first + at * 37) % contexts.len());
    chosen.map(|at| contexts[at].clone()).collect()
}

fn compiled() -> impl Strategy<Value = Compiled> {
    vec(any::<u8>(), BYTES)
        .prop_map(|bytes| Compiled::new(PolicySet::choose(&mut Choices::new(&bytes))))
}

/// A set, and a second one that is changed.
fn changed(
    change: impl Fn(&mut PolicySet, &mut PolicySet, &mut Choices<'_>),
) -> impl Strategy<Value = (Compiled, Compiled)> {
    (compiled(), vec(any::<u8>(), 100)).prop_map(move |(before, bytes)| {
        let (mut one, mut other) = (before.set.clone(), before.set);
        change(&mut one, &mut other, &mut Choices::new(&bytes));
        (Compiled::new(one), Compiled::new(other))
    })
}

// ---------------------------------------------------------------- the table

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn the_table_decides_like_the_interpreter(one in compiled(), pick: Index) {
        let universe = one.universe().odd();
        let mut difference = None;
        walk(&universe, &pick, 4, |movement| {
            let meant = interpret::judge(one.model(), movement);
            let meant = (meant.decision, meant.determining);
            if difference.is_none() && one.told(movement) != meant {
                difference = Some((movement.clone(), meant));
            }
        });
        if let Some((movement, meant)) = difference {
            let words = universe::words(one.model(), &movement);
            prop_assert_eq!(one.told(&movement), meant, "{}", words);
        }
    }
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn requests_mean_the_movements_that_they_name(one in compiled(), pick: Index) {
        let universe = one.universe().odd();
        let mut wrong = Vec::new();
        walk(&universe, &pick, 1, |movement| {
            let request = universe::request(one.model(), movement);
            let resolved = request.resolve(one.model().directory());
            if resolved.as_deref() != Ok(std::slice::from_ref(movement)) {
                wrong.push((request, resolved));
            }
        });
        prop_assert!(wrong.is_empty(), "{:#?}", wrong[0]);
    }

    #[test]
    fn a_target_without_account_is_decided_under_the_strictest(one in compiled(), pick: Index) {
        let loaded = Table::from_bytes(&one.table.to_bytes()).unwrap();
        let universe = one.some_of_each(2).odd();
        let mut wrong = Vec::new();
        walk(&universe, &pick, 2, |movement| {
            let Endpoint::App { app, account: Account::Work, deployed } = movement.target else {
                return;
            };
            let mut request = universe::request(one.model(), movement);
            request.target.iter_mut().for_each(|target| target.account = None);
            let accounts = if one.model().app(app).sdk { Account::ALL } else { &[Account::Work] };
            let under = accounts.iter().map(|account| {
                let target = Endpoint::App { app, account: *account, deployed };
                let mut judgement = interpret::judge(one.model(), &Movement { target, ..movement.clone() });
                judgement.decision.assumed = (accounts.len() > 1).then_some(*account);
                (judgement.decision, judgement.determining)
            });
            let meant = under.min_by_key(|(decision, _)| permits(decision)).unwrap();
            let told = |table: &Table| {
                let resolved = table.resolve(&request).unwrap();
                (table.decide(&resolved), table.determining(&resolved))
            };
            let movements = request.resolve(one.model().directory()).unwrap();
            let (_, judgement) = interpret::judge_request(one.model(), &movements).unwrap();
            let mut all = vec![told(&one.table), told(&loaded), (judgement.decision, judgement.determining)];
            if !movement.same_app || app != one.model().unlisted_app() {
                all.push(in_session(&loaded, &request));
            }
            if all.iter().any(|told| *told != meant) {
                wrong.push((request, meant, all));
            }
        });
        prop_assert!(wrong.is_empty(), "{:#?}", wrong[0]);
    }

    #[test]
    fn sessions_and_loaded_tables_decide_alike(one in compiled(), pick: Index) {
        let loaded = Table::from_bytes(&one.table.to_bytes()).unwrap();
        let mut wrong = Vec::new();
        one.visit(&pick, 3, |movement| {
            let request = universe::request(one.model(), movement);
            let resolved = loaded.resolve(&request).unwrap();
            if (loaded.decide(&resolved), loaded.determining(&resolved)) != one.told(movement) {
                wrong.push(("loaded", request.clone()));
            }
            // A session takes two unlisted apps for two.
            let is_unlisted = |end| matches!(end, Endpoint::App { app, .. } if app == one.model().unlisted_app());
            if movement.same_app && is_unlisted(movement.source) {
                return;
            }
            if in_session(&one.table, &request) != one.told(movement) {
                wrong.push(("session", request));
            }
        });
        prop_assert!(wrong.is_empty(), "{:#?}", wrong[0]);
    }

    #[test]
    fn movements_of_one_case_have_one_decision_and_one_ground(one in compiled(), pick: Index) {
        let mut known = HashMap::new();
        let mut wrong = Vec::new();
        walk(&one.some_of_each(2), &pick, 4, |movement| {
            let case = one.table.case(&one.table.resolve_movement(movement));
            let told = one.told(movement);
            let (first, before) = known.entry(case).or_insert_with(|| (movement.clone(), told.clone()));
            if *before != told {
                wrong.push((first.clone(), movement.clone()));
            }
        });
        prop_assert!(wrong.is_empty(), "{:#?}", wrong[0]);
    }

    #[test]
    fn the_printed_text_decides_alike(one in compiled(), pick: Index) {
        let printed = print::print(&one.checked.files()[0], one.checked.sources());
        let again = Compiler::new().check("set.mam", &printed);
        prop_assert!(!again.has_errors(), "{}\n{:?}", printed, again.reports());
        let table = again.compile().unwrap();
        let mut wrong = Vec::new();
        one.visit(&pick, 8, |movement| {
            if told(&table, movement) != one.told(movement) {
                wrong.push(movement.clone());
            }
        });
        prop_assert!(wrong.is_empty(), "{}\n{:?}", printed, wrong[0]);
    }

    #[test]
    fn names_do_not_matter(one in compiled(), pick: Index) {
        let style = Style { renamed: true, ..Style::default() };
        let other = Compiler::new().check("set.mam", &one.set.text(style)).compile().unwrap();
        let mut wrong = Vec::new();
        one.visit(&pick, 8, |movement| {
            if told(&other, movement) != one.told(movement) {
                wrong.push(movement.clone());
            }
        });
        prop_assert!(wrong.is_empty(), "{:?}", wrong[0]);
    }

    #[test]
    fn order_does_not_matter(one in compiled(), pick: Index) {
        let style = Style { reversed: true, ..Style::default() };
        let text = one.set.text(style);
        let other = Compiler::new().check("set.mam", &text).compile().unwrap();
        let mut wrong = Vec::new();
        one.visit(&pick, 2, |movement| {
            let request = universe::request(one.model(), movement);
            let answers = [&one.table, &other].map(|table| gist(&table.answer(&request).unwrap()));
            if answers[0] != answers[1] {
                wrong.push((request, answers));
            }
        });
        prop_assert!(wrong.is_empty(), "{}\n{:#?}", text, wrong[0]);
    }
}

/// What a decision permits: first the least.
fn permits(decision: &Decision) -> impl Ord + use<> {
    let Obligations { characters, without_content, tagged, .. } = decision.verdict.obligations;
    let within = characters.unwrap_or(u32::MAX);
    (!decision.is_blocked(), within, characters.is_none(), !without_content, !tagged)
}

/// What a session says of a request, alone and among others.
fn in_session(table: &Table, request: &Request<'_>) -> Told {
    let session = table.session(&request.user, &request.device).unwrap();
    let from = session.source(request.channel, &request.source).unwrap();
    let to = session.target(request.channel, request.target.as_ref().unwrap()).unwrap();
    if let Some(characters) = request.characters {
        let decision = session.decide_copy(from, to, characters);
        let resolved = session.resolve_copy(from, to, characters);
        assert_eq!(table.decide(&resolved), decision);
        return (decision, table.determining(&resolved));
    }
    let decision = session.decide(request.channel, from, to);
    let mut decisions = [Decision::enforced(Verdict::FREE); 2];
    session.decide_all(request.channel, from, &[to, to], &mut decisions);
    let resolved = session.resolve(request.channel, from, to);
    assert_eq!([decision; 3], [decisions[0], decisions[1], table.decide(&resolved)]);
    (decision, table.determining(&resolved))
}

/// An answer without the places and the wording of rules, which differ with the order.
fn gist(answer: &Answer) -> impl PartialEq + std::fmt::Debug + use<> {
    let determining = |list: &[mam::decision::RuleAnswer]| {
        let mut determining: Vec<_> =
            list.iter().map(|one| (one.policy.clone(), one.side, one.effect)).collect();
        determining.sort();
        determining
    };
    let limits = answer.limits.clone();
    (
        answer.effect,
        answer.reason,
        limits,
        determining(&answer.by),
        determining(&answer.report_only),
    )
}

// ---------------------------------------------------------------- the join

fn verdict() -> impl Strategy<Value = Verdict> {
    let characters = proptest::option::of(0..4u32);
    let obligations = (characters, any::<bool>(), any::<bool>()).prop_map(
        |(characters, without_content, tagged)| {
            let mut obligations = Obligations::NONE;
            obligations.characters = characters;
            obligations.without_content = without_content;
            obligations.tagged = tagged;
            obligations
        },
    );
    prop_oneof![Just(Verdict::BLOCKED), obligations.prop_map(Verdict::allowed),]
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn the_strictest_wins_in_any_order(a in verdict(), b in verdict(), c in verdict()) {
        prop_assert_eq!(a.join(b), b.join(a));
        prop_assert_eq!(a.join(b).join(c), a.join(b.join(c)));
        prop_assert_eq!(a.join(a), a);
        prop_assert_eq!(a.join(Verdict::FREE), a);
        prop_assert_eq!(a.join(Verdict::BLOCKED), Verdict::BLOCKED);
    }
}

// ---------------------------------------------------------------- policies among others

/// Adds a policy to which none yields. Mostly it protects what another one protects, for the same
/// people on the same devices, so that the managed apps stay as they were.
fn one_more(before: &mut PolicySet, after: &mut PolicySet, choices: &mut Choices<'_>) {
    for set in [&mut *before, &mut *after] {
        let any = set.policies.iter_mut().filter(|policy| matches!(policy.yields, Yields::Any(_)));
        any.for_each(|policy| policy.yields = Yields::No);
    }
    let mut policy = after.policy(choices);
    policy.report_only = false;
    if choices.below(4) > 0
        && let Some(model) = after.policies.iter().find(|other| !other.report_only)
    {
        policy.people = model.people.clone();
        (policy.on, policy.devices) = (model.on.clone(), model.devices.clone());
        (policy.protect, policy.yields) = (model.protect.clone(), Yields::No);
        policy.unconfirmed = model.unconfirmed;
    }
    after.policies.push(policy);
}

/// Takes out everything that only reports.
fn silent(_: &mut PolicySet, after: &mut PolicySet, _: &mut Choices<'_>) {
    for at in (0..after.policies.len())
        .rev()
        .filter(|at| after.policies[*at].report_only)
        .collect::<Vec<_>>()
    {
        after.take_out_policy(at);
    }
}

/// Lets every policy stand by itself.
fn unyielding(_: &mut PolicySet, after: &mut PolicySet, _: &mut Choices<'_>) {
    after.policies.iter_mut().for_each(|policy| policy.yields = Yields::No);
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn one_more_policy_never_permits_more((before, after) in changed(one_more), pick: Index) {
        let universe = before.universe();
        for context in some_contexts(&universe, &pick, 4) {
            if before.managed(&context) != after.managed(&context) {
                continue;
            }
            let mut wrong = Vec::new();
            universe.visit(&context, |movement| {
                let old = before.decide(movement).verdict;
                let request = universe::request(before.model(), movement);
                let resolved = after.table.resolve(&request).unwrap();
                let new = after.table.decide(&resolved).verdict;
                if old.join(new) != new {
                    wrong.push((request, old, new));
                }
            });
            prop_assert!(wrong.is_empty(), "{:#?}", wrong[0]);
        }
    }

    #[test]
    fn what_only_reports_changes_nothing((with, without) in changed(silent), pick: Index) {
        let mut wrong = Vec::new();
        with.visit(&pick, 2, |movement| {
            let answers = [&with, &without].map(|one| {
                let answer = one.answer(with.model(), movement);
                let by = answer.by.into_iter().map(|one| (one.side, one.effect, one.rule));
                (answer.effect, answer.reason, answer.limits, by.collect::<Vec<_>>())
            });
            if answers[0] != answers[1] {
                wrong.push((universe::words(with.model(), movement), answers));
            }
        });
        prop_assert!(wrong.is_empty(), "{:#?}", wrong[0]);
    }

    #[test]
    fn a_policy_yields_app_by_app((some, none) in changed(unyielding), pick: Index) {
        let universe = some.universe();
        let model = some.model();
        for context in some_contexts(&universe, &pick, 4) {
            for (id, at) in some.policies() {
                let above = above(&some.set, at);
                for app in model.app_ids().filter(|app| model.app(*app).sdk) {
                    let applies = |other: &PolicyId| {
                        some.standing(*other, &context, app) == Standing::Applies
                    };
                    // One that may not hold puts no other aside.
                    let is_certain = |at: usize| !some.set.policies[at].unconfirmed;
                    let gives_way = some
                        .policies()
                        .any(|(other, at)| above.contains(&at) && is_certain(at) && applies(&other));
                    let alone = none.standing(id, &context, app);
                    let standing = some.standing(id, &context, app);
                    let yields = matches!(standing, Standing::YieldsTo(other) if applies(&other));
                    prop_assert_eq!(yields, gives_way && alone == Standing::Applies);
                    prop_assert!(yields || standing == alone, "{:?} {:?}", standing, alone);
                }
            }
            if some.policies().all(|(id, _)| some.protected_by(id, &context) == none.protected_by(id, &context)) {
                let mut wrong = Vec::new();
                universe.visit(&context, |movement| {
                    if some.decide(movement) != none.decide(movement) {
                        wrong.push(universe::words(model, movement));
                    }
                });
                prop_assert!(wrong.is_empty(), "{}", wrong[0]);
            }
        }
    }
}

/// The policies to which one yields.
fn above(set: &PolicySet, at: usize) -> Vec<usize> {
    let live = |other: &usize| !set.policies[*other].report_only;
    match &set.policies[at].yields {
        Yields::No => Vec::new(),
        Yields::To(others) => others.iter().copied().filter(live).collect(),
        Yields::Any(except) => {
            let stays = |other: &usize| {
                !matches!(set.policies[*other].yields, Yields::Any(_)) && !except.contains(other)
            };
            (0..set.policies.len()).filter(live).filter(stays).collect()
        }
    }
}

// ---------------------------------------------------------------- accounts

/// Adds a rule to the first live policy that blocks a channel for every account.
fn app_wide(before: &mut PolicySet, after: &mut PolicySet, choices: &mut Choices<'_>) {
    let effect = [RuleEffect::Block, RuleEffect::Refuse][choices.below(2)];
    let fitting: Vec<_> =
        Channel::ALL.iter().copied().filter(|one| one.judged_at(effect.side())).collect();
    let channel = fitting[choices.below(fitting.len())];
    // The first policy is the one that speaks of every account.
    for set in [before, after] {
        if let Some(policy) = set.policies.first_mut() {
            (policy.report_only, policy.yields) = (false, Yields::No);
            let mut rule = Rule::plain(effect, channel);
            rule.scope.app_wide = true;
            policy.rules.push(rule);
        }
    }
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn what_is_app_wide_reaches_every_account((one, _) in changed(app_wide), pick: Index) {
        let Some((id, rule)) = last_rule_of_the_first_policy(&one) else { return Ok(()) };
        let mut wrong = Vec::new();
        let universe = one.universe();
        for context in some_contexts(&universe, &pick, 8) {
            let protected = one.protected_by(id, &context);
            universe.visit(&context, |movement| {
                let end = match rule.effect.side() {
                    Side::Source => movement.source,
                    Side::Target => movement.target,
                };
                let Endpoint::App { app, .. } = end else { return };
                let decision = one.decide(movement);
                if rule.scope.channels.contains(&movement.channel)
                    && protected.contains(one.model().app(app).name.as_str())
                    && decision.effect() == Effect::Allow
                    && decision.reason != Some(Reason::SameApp)
                {
                    wrong.push(universe::words(one.model(), movement));
                }
            });
        }
        prop_assert!(wrong.is_empty(), "{:?}: {}", rule, wrong[0]);
    }

    #[test]
    fn inside_one_app_under_one_account_nothing_is_judged(one in compiled(), pick: Index) {
        let mut wrong = Vec::new();
        one.visit(&pick, 8, |movement| {
            let is_inside = movement.same_app && movement.channel.stays_inside() && movement.source == movement.target;
            let decision = one.decide(movement);
            let is_free = decision.verdict == Verdict::FREE && one.told(movement).1 == Determining::default();
            if is_inside && !(decision.reason == Some(Reason::SameApp) && is_free)
                || decision.reason == Some(Reason::SameApp) && !movement.same_app
            {
                wrong.push((universe::words(one.model(), movement), decision));
            }
        });
        prop_assert!(wrong.is_empty(), "{:?}", wrong[0]);
    }
}

fn last_rule_of_the_first_policy(one: &Compiled) -> Option<(PolicyId, &Rule)> {
    let id = one.model().policy_ids().next()?;
    let rule = one.set.policies.first()?.rules.last()?;
    // Another rule may come last where the added one was taken away again.
    let scope = &rule.scope;
    let is_plain = scope.from.is_none() && scope.to.is_none() && scope.people.is_none();
    let is_anywhere = scope.on.of.is_empty() && scope.devices.of.is_empty();
    (scope.app_wide && is_plain && is_anywhere).then_some((id, rule))
}

// ---------------------------------------------------------------- the analysis

/// A set with expectations.
fn expecting() -> impl Strategy<Value = Compiled> {
    vec(any::<u8>(), BYTES).prop_map(|bytes| {
        let mut choices = Choices::new(&bytes);
        let mut set = PolicySet::choose(&mut choices);
        set.people = set.people.min(2);
        set.filters = set.filters.min(1);
        set.expect(&mut choices);
        Compiled::new(set)
    })
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn expectations_are_judged_as_by_brute_force(one in expecting()) {
        let model = one.model();
        let universe = one.universe();
        let mut claims: Vec<_> =
            model.expectations().iter().map(|expected| claims::Claim::new(model, expected)).collect();
        for context in universe.contexts() {
            let mut standings = Standings::new();
            universe.visit(&context, |movement| {
                let decision = one.decide(movement);
                claims.iter_mut().for_each(|claim| claim.hold_against(movement, decision, &mut standings));
            });
        }
        let analysis = Analysis::new(&one.checked).unwrap();
        for (claim, outcome) in claims.iter().zip(analysis.test()) {
            let wrong = claim.difference(&analysis, &one.checked, &outcome);
            prop_assert!(wrong.is_none(), "{}", wrong.unwrap_or_default());
        }
    }
}

proptest! {
    #![proptest_config(config(40))]

    #[test]
    fn rules_are_spoken_about_as_by_brute_force(one in expecting()) {
        let model = one.model();
        let claims: Vec<_> =
            model.expectations().iter().map(|expected| claims::Claim::new(model, expected)).collect();
        let mut speaking = vec![BTreeSet::new(); model.rules().len()];
        let universe = one.universe();
        for context in universe.contexts() {
            let mut standings = Standings::new();
            universe.visit(&context, |movement| {
                if !universe::is_plain(model, movement) {
                    return;
                }
                for (number, claim) in claims.iter().enumerate() {
                    for rule in claim.rules_spoken_of(movement, &mut standings) {
                        speaking[rule.index()].insert(number);
                    }
                }
            });
        }
        let analysis = Analysis::new(&one.checked).unwrap();
        let mutants = analysis.mutate().unwrap().mutants;
        for (rule, speaking) in analysis.coverage().unwrap().rules.iter().zip(&speaking) {
            let is_noticed = mutants.iter().any(|mutant| {
                let is_own = (mutant.line, &mutant.rule) == (rule.line, &rule.rule);
                is_own && matches!(mutant.fate, Fate::Noticed { .. })
            });
            match speaking.len() {
                0 => prop_assert_eq!(rule.expectations > 0, is_noticed, "{}", &rule.rule),
                some => prop_assert_eq!(rule.expectations, some, "{} {:?}", &rule.rule, speaking),
            }
        }
    }
}

/// A set with expectations about chains of movements.
fn expecting_no_path() -> impl Strategy<Value = Compiled> {
    vec(any::<u8>(), BYTES).prop_map(|bytes| {
        let mut choices = Choices::new(&bytes);
        let mut set = PolicySet::choose(&mut choices);
        set.people = set.people.min(2);
        set.filters = set.filters.min(1);
        set.expect_no_path(&mut choices);
        Compiled::new(set)
    })
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn no_path_is_judged_as_by_plain_reachability(one in expecting_no_path(), pick: Index) {
        let (model, universe) = (one.model(), one.some_of_each(2));
        let analysis = Analysis::new(&one.checked).unwrap();
        for (expectation, outcome) in model.expectations().iter().zip(analysis.test()) {
            let chains = |context: &Context| {
                Chains::new(model, expectation, &universe, context, &|movement| one.decide(movement))
            };
            let place = &outcome.text;
            let shown = match &outcome.verdict {
                analysis::Verdict::Leads(chain) => chains::context_of(&analysis, &one.checked, &chain.hops),
                _ => None,
            };
            let mut shortest = None;
            let mut is_meant = false;
            for context in some_contexts(&universe, &pick, 3).iter().chain(&shown) {
                let mut chains = chains(context);
                is_meant |= chains.is_meant();
                match chains.shortest() {
                    Ok(found) => shortest = shortest.into_iter().chain(found).min(),
                    Err(TooMany) if Some(context) == shown.as_ref() => return Ok(()),
                    Err(TooMany) => {}
                }
            }
            match &outcome.verdict {
                analysis::Verdict::Empty => prop_assert!(!is_meant, "{place}: is not empty"),
                analysis::Verdict::Holds => {
                    prop_assert!(shortest.is_none(), "{place}: {shortest:?}");
                }
                analysis::Verdict::Leads(chain) => {
                    let hops: Vec<&str> = chain.hops.iter().map(|hop| hop.scope.as_str()).collect();
                    prop_assert_eq!(Some(chain.hops.len()), shortest, "{}: {:?}", place, hops);
                    let fault = shown.map_or_else(
                        || Some("a hop cannot be read".to_owned()),
                        |context| chains(&context).fault(&analysis, &one.checked, &chain.hops),
                    );
                    prop_assert!(fault.is_none(), "{place}: {hops:?}: {}", fault.unwrap_or_default());
                }
                other => prop_assert!(false, "{place}: {other:?}"),
            }
        }
    }
}

/// The text of a set in which the rules at some lines block what they allowed.
fn tightened(text: &str, rules: &[&analysis::Cut]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for cut in rules {
        let line = &mut lines[cut.rule.line as usize - 1];
        let strict = line.replacen("allow", "block", 1).replacen("accept", "refuse", 1);
        let limits = [" up to ", " without content", " tagged work"];
        *line = limits.iter().fold(strict, |line, limit| match line.split_once(limit) {
            Some((before, rest)) if *limit == " up to " => {
                let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
                format!(
                    "{before}{}",
                    rest.replacen(" characters", "", 1).replacen(" character", "", 1)
                )
            }
            Some((before, rest)) => format!("{before}{rest}"),
            None => line,
        });
    }
    lines.join("\n")
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn ways_are_chains_and_their_rules_close_them(one in expecting_no_path()) {
        let (model, universe) = (one.model(), one.some_of_each(2));
        let analysis = Analysis::new(&one.checked).unwrap();
        for (expectation, outcome) in model.expectations().iter().zip(analysis.test()) {
            let Claim::NoPath { avoiding } = &expectation.claim else { continue };
            if expectation.policy.is_some() {
                continue;
            }
            let chain = ChainScope::new(expectation.scope.clone(), avoiding.clone());
            let found = analysis.paths(&chain, PathOptions::default()).unwrap();
            let lengths: Vec<usize> = found.paths.iter().map(|path| path.hops.len()).collect();
            let shortest = match &outcome.verdict {
                analysis::Verdict::Leads(chain) => Some(chain.hops.len()),
                _ => None,
            };
            prop_assert_eq!(lengths.first().copied(), shortest, "{}", &outcome.text);
            prop_assert!(lengths.is_sorted(), "{lengths:?}");
            for path in &found.paths {
                let context = chains::context_of(&analysis, &one.checked, &path.hops).unwrap();
                let decide = |movement: &Movement| one.decide(movement);
                let mut chains = Chains::new(model, expectation, &universe, &context, &decide);
                let fault = chains.fault(&analysis, &one.checked, &path.hops);
                prop_assert!(fault.is_none(), "{}: {}", outcome.text, fault.unwrap_or_default());
            }
            let chosen: Vec<_> = found.rules.iter().filter(|rule| rule.chosen).collect();
            // What is accepted by default has no line that could be tightened.
            if chosen.iter().any(|rule| rule.rule.rule == "otherwise accept") {
                continue;
            }
            let text = tightened(&one.set.text(Style::default()), &chosen);
            let checked = Compiler::new().check("set.mam", &text);
            let Ok(table) = checked.compile() else { continue };
            let is_closed = |path: &analysis::Path| path.hops.iter().any(|hop| {
                let scope = one.checked.question(&hop.scope).unwrap();
                let movement = analysis.movement(&scope).unwrap();
                let request = universe::request(model, &movement);
                table.answer(&request).unwrap().effect == Effect::Block
            });
            let open = found.paths.iter().filter(|path| !is_closed(path)).count();
            prop_assert_eq!(open, found.without_rules, "{}\n{}", outcome.text, text);
        }
    }
}

proptest! {
    #![proptest_config(config(30))]

    #[test]
    fn company_storage_joins_devices(one in expecting_no_path(), pick: Index) {
        let (model, universe) = (one.model(), one.some_of_each(2));
        let analysis = Analysis::new(&one.checked).unwrap();
        let mut contexts = universe.contexts();
        let chosen = pick.get(&contexts).clone();
        contexts.retain(|one| (&one.users, &one.filters) == (&chosen.users, &chosen.filters));
        let user = universe::exactly(model, &chosen);
        let exactly = one.checked.question(&format!("share for {user}")).unwrap().people;
        for expectation in model.expectations().iter().filter(|one| one.policy.is_none()) {
            let Claim::NoPath { avoiding } = &expectation.claim else { continue };
            let mut expectation = expectation.clone();
            expectation.scope.people.clone_from(&exactly);
            let expectation = &expectation;
            let mut devices: Vec<_> = contexts
                .iter()
                .map(|context| {
                    let decide = |movement: &Movement| one.decide(movement);
                    Chains::new(model, expectation, &universe, context, &decide)
                })
                .collect();
            let Ok(shortest) = chains::shortest_across(&mut devices) else { continue };
            let asked = ChainScope::new(expectation.scope.clone(), avoiding.clone());
            let mut options = PathOptions::default();
            options.across_devices = true;
            let found = analysis.paths(&asked, options).unwrap();
            let length = found.paths.first().map(|path| path.hops.len());
            prop_assert_eq!(length, shortest, "{}", &expectation.text);
        }
    }
}

/// A set with a question about it.
fn asked() -> impl Strategy<Value = (Compiled, String)> {
    vec(any::<u8>(), BYTES).prop_map(|bytes| {
        let mut choices = Choices::new(&bytes);
        let set = PolicySet::choose(&mut choices);
        let scope = set.scope(&mut choices, Channel::ALL);
        let question = set.question(&scope);
        (Compiled::new(set), question)
    })
}

proptest! {
    #![proptest_config(config(25))]

    #[test]
    fn remedies_lead_to_what_is_wanted((one, question) in asked(), allow: bool, pick: Index) {
        let Ok(scope) = one.checked.question(&question) else { return Ok(()) };
        let analysis = Analysis::new(&one.checked).unwrap();
        let wanted = if allow { Effect::Allow } else { Effect::Block };
        let remedies = match analysis.remedies(&question, wanted) {
            Ok(remedies) => remedies,
            Err(NoRemedy::AlreadySo) => {
                for context in some_contexts(&one.universe(), &pick, 3) {
                    for (movement, found) in movements_in(&one, &scope, std::slice::from_ref(&context)) {
                        prop_assert_eq!(found.0, wanted, "{}", universe::words(one.model(), &movement));
                    }
                }
                return Ok(());
            }
            Err(_) => return Ok(()),
        };
        for remedy in remedies.iter().filter(|remedy| !remedy.files.is_empty()).take(6) {
            let (name, text) = &remedy.files[0];
            let checked = Compiler::new().check(name, text);
            let table = checked.compile().unwrap();
            let scope = checked.question(&question).unwrap();
            let model = checked.model().unwrap();
            let names: Vec<_> =
                text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').collect();
            let universe = Universe::folded(model, &names);
            for context in some_contexts(&universe, &pick, 3) {
                let mut wrong = None;
                universe.visit(&context, |movement| {
                    let decision = table.decide(&table.resolve_movement(movement));
                    if decision.reason != Some(Reason::SameApp)
                        && interpret::scope_holds(model, &scope, movement, None)
                        && decision.effect() != wanted
                    {
                        wrong = Some(universe::words(model, movement));
                    }
                });
                prop_assert!(wrong.is_none(), "{:?}: {}\n{text}", remedy.steps, wrong.unwrap());
            }
            let after = Analysis::new(&checked).unwrap();
            prop_assert_eq!(&analysis::diff(&analysis, &after).unwrap(), &remedy.changes);
        }
    }
}

/// What parts and cells say of their movements.
type Outcome = (Effect, Option<Reason>, LimitsAnswer);

fn outcome(decision: Decision) -> Outcome {
    (decision.effect(), decision.reason, decision.limits())
}

fn outcome_of(answer: &Answer) -> Outcome {
    (answer.effect, answer.reason, answer.limits.clone())
}

/// The movements of a scope in some contexts, with what is decided of them.
fn movements_in(one: &Compiled, scope: &Scope, contexts: &[Context]) -> Vec<(Movement, Outcome)> {
    movements_among(one, &one.universe(), scope, contexts)
}

/// The one id that no declaration has, if a set holds no other app that is not declared.
fn only_id(set: Option<&EndpointSet>) -> Option<usize> {
    let terms = &set?.terms;
    let ids: BTreeSet<usize> = terms
        .iter()
        .filter_map(|term| match term.what {
            What::Unnamed(_, id) => Some(id),
            _ => None,
        })
        .collect();
    let has_words = terms.iter().any(|term| matches!(term.what, What::Word(_)));
    ids.first().copied().filter(|_| !has_words && ids.len() == 1)
}

fn movements_among(
    one: &Compiled,
    universe: &Universe<'_>,
    scope: &Scope,
    contexts: &[Context],
) -> Vec<(Movement, Outcome)> {
    let mut found = Vec::new();
    let is_unlisted = |end: Endpoint| matches!(end, Endpoint::App { app, .. } if one.model().app(app).origin == Origin::Unlisted);
    for context in contexts {
        universe.visit(context, |movement| {
            // An id that stands on both sides is one app, and nothing moves inside of it.
            let ids = [&scope.from, &scope.to].map(|set| only_id(set.as_ref()));
            let is_inside = ids[0].is_some()
                && ids[0] == ids[1]
                && is_unlisted(movement.source)
                && is_unlisted(movement.target);
            if is_inside {
                return;
            }
            let decision = one.decide(movement);
            if decision.reason != Some(Reason::SameApp)
                && interpret::scope_holds(one.model(), scope, movement, None)
            {
                found.push((movement.clone(), outcome(decision)));
            }
        });
    }
    found
}

proptest! {
    #![proptest_config(config(40))]

    #[test]
    fn the_parts_of_a_scope_cover_it_exactly((one, question) in asked(), pick: Index) {
        let Ok(scope) = one.checked.question(&question) else { return Ok(()) };
        let contexts = some_contexts(&one.universe(), &pick, 3);
        let analysis = Analysis::new(&one.checked).unwrap();
        let parts = analysis.decide(&scope).unwrap();
        let mut covered = Vec::new();
        for part in &parts {
            let asked = one.checked.question(&part.scope);
            prop_assert!(asked.is_ok(), "{}\n{}", part.scope, asked.unwrap_err());
            for (movement, found) in movements_in(&one, &asked.unwrap(), &contexts) {
                let words = universe::words(one.model(), &movement);
                prop_assert_eq!(&found, &outcome_of(&part.answer), "{} in {}", words, part.scope);
                covered.push(movement);
            }
        }
        covered.sort();
        for (movement, _) in movements_in(&one, &scope, &contexts) {
            let words = universe::words(one.model(), &movement);
            prop_assert!(covered.binary_search(&movement).is_ok(), "{question}: {words} is in no part");
        }
    }

    #[test]
    fn matrices_say_what_is_decided((one, question) in asked(), pick: Index) {
        let Ok(scope) = one.checked.question(&question) else { return Ok(()) };
        let contexts = some_contexts(&one.universe(), &pick, 3);
        let analysis = Analysis::new(&one.checked).unwrap();
        for matrix in analysis.matrix(&scope).unwrap() {
            for (row, cells) in &matrix.rows {
                for (column, cell) in matrix.columns.iter().zip(cells) {
                    let text = format!("{} from {row} to {column}", matrix.scope);
                    let asked = one.checked.question(&text);
                    prop_assert!(asked.is_ok(), "{}\n{}", text, asked.unwrap_err());
                    for (movement, found) in movements_in(&one, &asked.unwrap(), &contexts) {
                        let words = universe::words(one.model(), &movement);
                        let told = cell.as_ref().map(|it| (it.effect, it.enforced, it.limits.clone()));
                        let (effect, reason, limits) = found;
                        let found = Some((effect, reason.is_none(), limits));
                        prop_assert_eq!(found, told, "{} in {}", words, text);
                    }
                }
            }
        }
    }
}

// ---------------------------------------------------------------- two sets, and rules taken out

/// The first movement of which two sets of the same names say something else.
fn first_difference(one: &Compiled, other: &Compiled) -> Option<String> {
    let universe = one.universe();
    for context in universe.contexts() {
        let mut found = None;
        universe.visit(&context, |movement| {
            if found.is_none() {
                let request = universe::request(one.model(), movement);
                let after = other.table.decide(&other.table.resolve(&request).unwrap());
                let (before, words) =
                    (one.decide(movement), universe::words(one.model(), movement));
                let is_other =
                    (before.verdict, before.is_enforced()) != (after.verdict, after.is_enforced());
                found = is_other.then(|| format!("{words}: {before:?}, now {after:?}"));
            }
        });
        if found.is_some() {
            return found;
        }
    }
    None
}

/// A change to one rule: another one, one less, or one more.
fn one_rule(_: &mut PolicySet, after: &mut PolicySet, choices: &mut Choices<'_>) {
    let rule = after.rule(choices);
    if after.policies.is_empty() {
        return;
    }
    let at = choices.below(after.policies.len());
    let rules = &mut after.policies[at].rules;
    match choices.below(3) {
        0 => rules.push(rule),
        1 if !rules.is_empty() => drop(rules.remove(choices.below(rules.len()))),
        _ if !rules.is_empty() => {
            let at = choices.below(rules.len());
            rules[at] = rule;
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(config(40))]

    #[test]
    fn idle_rules_change_nothing_and_others_do(one in compiled()) {
        let idle = ["mam::lint::no-movement", "mam::lint::shadowed-rule", "mam::lint::overridden-allow"];
        let lints = Analysis::new(&one.checked).unwrap().lints().unwrap();
        let told: BTreeSet<_> = (lints.iter().map(mam::Report::diagnostic))
            .chain(one.checked.diagnostics())
            .filter_map(|one| Some((one.code.as_str(), one.span()?)))
            .collect();
        for (id, policy) in one.policies().filter(|(id, _)| !one.model().policy(*id).report_only) {
            for (at, rule) in one.model().policy(id).rules.iter().enumerate() {
                let span = one.model().rule(*rule).span;
                let inside = |found: &mam::source::Span| span.start <= found.start && found.end <= span.end;
                let is_idle = told.iter().any(|(code, found)| idle.contains(code) && *found == span);
                let is_told = told.iter().any(|(code, found)| {
                    code.starts_with("mam::check::") && inside(found)
                        || *code == "mam::lint::policy-for-nobody" && *found == one.model().policy(id).span
                });
                let mut set = one.set.clone();
                if is_told || set.policies[policy].rules.len() != one.model().policy(id).rules.len() {
                    continue;
                }
                set.policies[policy].rules.remove(at);
                let difference = first_difference(&one, &Compiled::new(set));
                let text = &one.model().directory().rule(*rule).text;
                prop_assert_eq!(difference.is_none(), is_idle, "{}: {:?}", text, difference);
            }
        }
    }
}

proptest! {
    #![proptest_config(config(30))]

    #[test]
    fn edits_that_are_called_safe_change_no_decision(one in compiled()) {
        let before = Analysis::new(&one.checked).unwrap();
        for report in before.lints().unwrap() {
            let diagnostic = report.diagnostic();
            if !diagnostic.is_safe {
                continue;
            }
            let edited = one.checked.with_edits(&diagnostic.edits);
            prop_assert!(!edited.has_errors(), "{}: {}", report.short(), edited.errors());
            let changes = analysis::diff(&before, &Analysis::new(&edited).unwrap()).unwrap();
            prop_assert!(changes.is_empty(), "{}: {:?}", report.short(), changes);
        }
    }
}

/// Whether a set names every app id that a scope names and the other set does.
fn knows_ids(one: &Compiled, other: &Compiled, scope: &str) -> bool {
    let knows = |set: &Compiled, id: &str| {
        let (kind, rest) = id.split_once(':').unwrap();
        let directory = set.model().directory();
        let known = match Platform::from_word(kind) {
            Some(platform) => directory.app_with_id(platform, rest),
            None => directory.app_with_url(rest),
        };
        known.is_some()
    };
    scope.split('"').skip(1).step_by(2).all(|id| knows(one, id) || !knows(other, id))
}

proptest! {
    #![proptest_config(config(30))]

    #[test]
    fn a_diff_holds_what_changed_and_nothing_else((before, after) in changed(one_rule), pick: Index) {
        let analyses = [&before, &after].map(|one| Analysis::new(&one.checked).unwrap());
        let changes = mam::analysis::diff(&analyses[0], &analyses[1]).unwrap();
        let contexts = some_contexts(&before.universe(), &pick, 6);
        let mut told = Vec::new();
        for change in &changes {
            // An id that only one of them names is one of many unlisted apps to the other.
            if !knows_ids(&before, &after, &change.scope) {
                let scope = after.checked.question(&change.scope).unwrap();
                // An app that only the other set names has to be looked at by itself here, too.
                let universe = after.universe_with(&before);
                for (movement, found) in movements_among(&after, &universe, &scope, &contexts) {
                    let words = universe::words(after.model(), &movement);
                    prop_assert_eq!(&found, &outcome_of(&change.after), "{} in {}", words, change.scope);
                    let was = before.answer(after.model(), &movement);
                    prop_assert_eq!(outcome_of(&was), outcome_of(&change.before), "{} in {}", words, change.scope);
                    let request = universe::request(after.model(), &movement);
                    told.extend(request.resolve(before.model().directory()).into_iter().flatten());
                }
                continue;
            }
            let scope = before.checked.question(&change.scope);
            prop_assert!(scope.is_ok(), "{}\n{}", change.scope, scope.unwrap_err());
            for (movement, found) in movements_in(&before, &scope.unwrap(), &contexts) {
                let words = universe::words(before.model(), &movement);
                prop_assert_eq!(&found, &outcome_of(&change.before), "{} in {}", words, change.scope);
                let now = after.answer(before.model(), &movement);
                prop_assert_eq!(outcome_of(&now), outcome_of(&change.after), "{} in {}", words, change.scope);
                told.push(movement);
            }
        }
        told.sort();
        for context in &contexts {
            let mut missing = None;
            before.universe().visit(context, |movement| {
                let was = before.decide(movement);
                let now = after.answer(before.model(), movement);
                if outcome(was) != outcome_of(&now) && told.binary_search(movement).is_err() {
                    missing = Some(universe::words(before.model(), movement));
                }
            });
            prop_assert!(missing.is_none(), "{} is in no change", missing.unwrap_or_default());
        }
    }
}

/// Two sets that were written apart.
fn two() -> impl Strategy<Value = (Compiled, Compiled)> {
    (compiled(), compiled())
}

proptest! {
    #![proptest_config(config(30))]

    #[test]
    fn sets_with_other_declarations_decide_what_their_diff_says((before, after) in two(), pick: Index) {
        let analyses = [&before, &after].map(|one| Analysis::new(&one.checked).unwrap());
        let changes = mam::analysis::diff(&analyses[0], &analyses[1]).unwrap();
        // Sets that were written apart have very many changes.
        let every = changes.len() / 4 + 1;
        for (number, change) in changes.iter().enumerate() {
            // The new set reads the scope, as far as it has words for it.
            let Ok(scope) = after.checked.question(&change.scope) else { continue };
            if number % every == 0 {
                let has_movements = determining::has_movements(&analyses[1], &scope);
                prop_assert!(has_movements, "{} holds no movement", change.scope);
            }
            if !knows_ids(&after, &before, &change.scope) {
                continue;
            }
            let contexts = some_contexts(&after.universe(), &pick, 4);
            for (movement, found) in movements_in(&after, &scope, &contexts) {
                let words = universe::words(after.model(), &movement);
                prop_assert_eq!(&found, &outcome_of(&change.after), "{} in {}", words, change.scope);
            }
        }
    }
}

// ---------------------------------------------------------------- any text

/// Pieces of which texts are glued together.
const PIECES: &[&str] = &[
    "mam 1\n",
    "mam 2",
    "use microsoft\n",
    "use \"x.mam\"",
    "tenant t \"t.example\"",
    "app a",
    "{",
    "}",
    "sdk",
    "multi-identity",
    "container",
    "on-premises",
    "ios \"i\"",
    "url \"u:\"",
    "storage s",
    "corporate",
    "group g =",
    "users u",
    "policy p",
    "report-only",
    "for",
    "protect",
    "yields to",
    "otherwise",
    "allow",
    "block",
    "accept",
    "refuse",
    "expect",
    "no path",
    "by",
    "avoiding",
    "share",
    "copy",
    "open",
    "save",
    "any",
    "from",
    "to",
    "as work",
    "deployed",
    "except",
    "exactly",
    "none",
    "on ios",
    "devices",
    "enrolled",
    "up to 5 characters",
    "without content",
    "tagged work",
    "app-wide",
    "because \"b\"",
    "require pin { length 6 }",
    "launch block when jailbroken",
    "setting \"x\" =",
    "[1, {\"a\": null}]",
    "managed",
    "unmanaged",
    "a",
    "b",
    "g",
    "p",
    "s",
    "u",
    ",",
    "=",
    "<",
    "\"",
    "\\",
    "// c\n",
    "/// d\n",
    "\u{0}",
    "é",
    "\u{FEFF}",
    "\u{1F600}",
    "99999999999999999999",
    "17.0",
    "\r\n",
    "-",
    "_",
];

fn glued() -> impl Strategy<Value = String> {
    vec(proptest::sample::select(PIECES), 0..60).prop_map(|pieces| pieces.join(" "))
}

/// The text of a policy set with some pieces of it replaced.
fn mutated() -> impl Strategy<Value = String> {
    let edits = vec((any::<Index>(), 0..12usize, proptest::sample::select(PIECES)), 1..6);
    (vec(any::<u8>(), 300), edits).prop_map(|(bytes, edits)| {
        let mut text = PolicySet::choose(&mut Choices::new(&bytes)).text(Style::default());
        for (at, length, piece) in edits {
            let places: Vec<_> =
                text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let start = at.index(places.len());
            let end = (start + length).min(places.len() - 1);
            text.replace_range(places[start]..places[end], piece);
        }
        text
    })
}

/// Whether every place that a diagnostic names is a piece of its text.
fn places_exist(checked: &Checked) -> bool {
    let mut labels = checked.diagnostics().iter().flat_map(|one| &one.labels);
    labels.all(|label| {
        let source = checked.sources().get(label.span.source).unwrap();
        source.text().get(label.span.start as usize..label.span.end as usize).is_some()
    })
}

/// Reads a text in every way.
fn read(text: &str) -> Result<(), TestCaseError> {
    let checked = Compiler::new().check("any.mam", text);
    prop_assert!(places_exist(&checked), "{:#?}", checked.diagnostics());
    // What renderers show.
    checked.reports().iter().for_each(|report| drop(report.short()));
    let _ = print::print(&checked.files()[0], checked.sources());
    let _ = checked.compile();
    let _ = checked.question(text);
    Ok(())
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn any_text_can_be_read(text in ".{0,200}") {
        read(&text)?;
        read(&format!("mam 1 {text}"))?;
    }

    #[test]
    fn glued_pieces_can_be_read(text in glued()) {
        read(&text)?;
        read(&format!("mam 1 policy p {{ for any protect any {text}"))?;
    }

    #[test]
    fn mutated_text_can_be_read(text in mutated()) {
        read(&text)?;
    }
}

// ---------------------------------------------------------------- the way to Intune

#[cfg(feature = "intune")]
use mam::intune::export::{Options, export};

#[cfg(feature = "intune")]
proptest! {
    #![proptest_config(config(400))]

    /// What is exported, read again beside the declarations of its set, lets nothing through that the
    /// policies block.
    #[test]
    fn exports_are_nowhere_laxer(one in compiled(), platform in 0..3_usize, pick: Index) {
        let platform = Platform::ALL[platform];
        let options = Options::new(platform).with_nearest(true);
        let Ok(export) = export(&one.checked, &options) else { return Ok(()) };
        let declarations = PolicySet {
            policies: Vec::new(),
            expectations: Vec::new(),
            ..one.set.clone()
        };
        let declarations = declarations.text(Style::default());
        let files = [("declared.mam", declarations.as_str()), ("export.json", &export.text)];
        let table = Compiler::new().check_all(&files).compile().unwrap();
        let model = one.model();
        let mut wrong = Vec::new();
        one.visit(&pick, 6, |movement| {
            // Links to managed apps are Android's affair, Genmoji and Writing Tools are Apple's.
            let is_beyond = match movement.channel {
                Channel::Link => platform == Platform::Android,
                Channel::Assist => platform != Platform::Ios,
                _ => false,
            };
            if movement.context.platform != platform || is_beyond {
                return;
            }
            let before = one.answer(model, movement);
            let after = table.answer(&universe::request(model, movement)).unwrap();
            if before.effect == Effect::Block && after.effect == Effect::Allow {
                wrong.push((universe::words(model, movement), before, after));
            }
        });
        prop_assert!(wrong.is_empty(), "{:#?}", wrong[0]);
    }
}
