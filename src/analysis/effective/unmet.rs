//! Why policies do not apply: for each the first test of its head that fails, and what would change it.
//!
//! Takes in apps and devices with users, gives out the test that fails for all of them, or each test with the
//! users and devices for whom it is the first. Tests come in the order in which reasons are told.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use super::applied::AppliedPolicy;
use crate::analysis::access::members::{Members, OpenedNames};
use crate::analysis::access::space::Opened;
use crate::analysis::engine::naming::{Naming, names_of_users};
use crate::analysis::engine::query::Query;
use crate::dd::Cond;
use crate::limits::LimitExceeded;
use crate::model::{Model, Policy, PolicyId};
use crate::vocabulary::{Account, DeviceState, DeviceStates, Platform, Platforms};

/// A policy that does not apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Unapplied {
    /// The policy.
    #[serde(flatten)]
    pub policy: AppliedPolicy,
    /// The first test that fails, or each with where it is the first.
    pub unmet: Vec<Unmet>,
}

/// A test of a policy's head that fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Unmet {
    /// The test.
    pub test: UnmetTest,
    /// Where it is the first that fails, as scopes; empty where that is everywhere.
    pub scopes: Vec<String>,
    /// The test in words.
    pub why: String,
    /// What would make it pass.
    pub change: String,
}

/// The test of a policy that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum UnmetTest {
    /// The user is not one of its people, whatever the filters say.
    UserNotAssigned,
    /// The app has no SDK.
    NoSdk,
    /// The app is not protected.
    AppNotProtected,
    /// The account is not the work account.
    Account,
    /// The platform is not one of its own.
    Platform,
    /// The device's management state is not one of its own.
    DeviceState,
    /// A filter keeps it away.
    Filter,
    /// The product cannot apply it here.
    Unsupported,
    /// It yields to a policy that applies.
    YieldsTo,
    /// It is report-only.
    ReportOnly,
}

/// Where a test is the first that fails.
#[derive(Default)]
struct Where {
    opened: Vec<(Opened, Cond)>,
    /// The policies that it yields to there.
    stronger: BTreeSet<PolicyId>,
}

impl Where {
    /// Scopes of these accesses.
    fn scopes(
        &self,
        query: &mut Query<'_>,
        names: &OpenedNames,
    ) -> Result<Vec<String>, LimitExceeded> {
        let mut members = Members::default();
        for (opened, users) in &self.opened {
            let Some(number) = names.number(opened) else { continue };
            members.add(&mut query.users, opened.device, number, *users)?;
        }
        members.scopes(&mut query.users, &names_of_users(query.model), names)
    }

    fn opened(&self) -> impl Iterator<Item = &Opened> {
        self.opened.iter().map(|(opened, _)| opened)
    }
}

/// The users for whom a live policy applies to an app under an account.
pub(super) fn applies(
    query: &mut Query<'_>,
    id: PolicyId,
    opened: &Opened,
) -> Result<Cond, LimitExceeded> {
    let app = query.model.app(opened.app);
    if !app.sdk || app.multi_identity && opened.account != Account::Work {
        return Ok(Cond::FALSE);
    }
    query.applies(opened.kind, id, opened.endpoint())
}

/// Every policy but those that apply, with the tests that fail.
pub(super) fn others(
    query: &mut Query<'_>,
    names: &OpenedNames,
    applying: &BTreeSet<PolicyId>,
    places: &[(Opened, Cond)],
) -> Result<Vec<Unapplied>, LimitExceeded> {
    let mut found = Vec::new();
    for id in query.model.policy_ids().filter(|id| !applying.contains(id)) {
        let tests = failing(query, id, places)?;
        let is_single = tests.len() == 1;
        let mut unmet = Vec::new();
        for (test, at) in tests {
            let scopes = if is_single { Vec::new() } else { at.scopes(query, names)? };
            let (why, change) = words(query.model, id, test, &at);
            unmet.push(Unmet { test, scopes, why, change });
        }
        found.push(Unapplied { policy: AppliedPolicy::of(query.model, id), unmet });
    }
    Ok(found)
}

/// The tests of a policy that fail first, each with where. If it is for none of the users, that is the one test;
/// else users and filters are asked about where everything else passes.
fn failing(
    query: &mut Query<'_>,
    id: PolicyId,
    places: &[(Opened, Cond)],
) -> Result<BTreeMap<UnmetTest, Where>, LimitExceeded> {
    let model = query.model;
    let people = query.users.clause(&model.policy(id).people)?;
    let assigned = query.users.assigned(people)?;
    let mut found: BTreeMap<UnmetTest, Where> = BTreeMap::new();
    let mut is_for_somebody = false;
    for (_, users) in places {
        is_for_somebody |= !query.manager().are_disjoint(*users, assigned)?;
    }
    let mut add = |test, opened: &Opened, users: Cond, stronger: Option<PolicyId>| {
        if !users.is_never() {
            let at = found.entry(test).or_default();
            at.opened.push((*opened, users));
            at.stronger.extend(stronger);
        }
    };
    for (opened, users) in places {
        if !is_for_somebody {
            add(UnmetTest::UserNotAssigned, opened, *users, None);
            continue;
        }
        if let Some(test) = fixed_test(model, id, opened) {
            add(test, opened, *users, None);
            continue;
        }
        let unassigned = query.manager().and_not(*users, assigned)?;
        add(UnmetTest::UserNotAssigned, opened, unassigned, None);
        let assigned = query.manager().and(*users, assigned)?;
        let filtered = query.manager().and_not(assigned, people)?;
        add(UnmetTest::Filter, opened, filtered, None);
        let mut rest = query.manager().and(*users, people)?;
        for other in yielded_to(model, id) {
            let stronger = applies(query, other, opened)?;
            let yielding = query.manager().and(rest, stronger)?;
            add(UnmetTest::YieldsTo, opened, yielding, Some(other));
            rest = query.manager().and_not(rest, stronger)?;
        }
        add(UnmetTest::ReportOnly, opened, rest, None);
    }
    Ok(found)
}

/// The first test beside those of the user and of other policies that fails.
fn fixed_test(model: &Model, id: PolicyId, opened: &Opened) -> Option<UnmetTest> {
    let (policy, app) = (model.policy(id), model.app(opened.app));
    let (platform, state) = (opened.device.platform, opened.device.state);
    let protected = policy.protect.iter().find(|(one, _)| *one == opened.app);
    let here = protected.is_some_and(|(_, on)| on.contains(platform));
    let tests = [
        (app.sdk, UnmetTest::NoSdk),
        (protected.is_some(), UnmetTest::AppNotProtected),
        (!app.multi_identity || opened.account == Account::Work, UnmetTest::Account),
        (policy.platforms.contains(platform) && here, UnmetTest::Platform),
        (policy.devices.contains(state), UnmetTest::DeviceState),
        (!(app.on_premises && state == DeviceState::Configmgr), UnmetTest::Unsupported),
    ];
    tests.into_iter().find(|(passes, _)| !passes).map(|(_, test)| test)
}

/// The live policies that a policy yields to.
fn yielded_to(model: &Model, id: PolicyId) -> Vec<PolicyId> {
    let mut found = model.yielded_to(id);
    found.retain(|one| !model.policy(*one).report_only);
    found
}

// ---------------------------------------------------------------- words

/// The most apps that are listed: the scope has them, too.
const LISTED: usize = 3;

/// Why a test fails, and what would make it pass.
fn words(model: &Model, id: PolicyId, test: UnmetTest, at: &Where) -> (String, String) {
    let policy = model.policy(id);
    let people = || Naming::people(&names_of_users(model), &policy.people);
    let apps = Apps(Words::new(at.opened().map(|one| model.app(one.app).name.as_str())));
    let platforms = Words::new(at.opened().map(|one| one.device.platform.word()));
    match test {
        UnmetTest::UserNotAssigned => (
            format!("it is not for the user: `for {}`", people()),
            "make the user one of them, or widen `for`".to_owned(),
        ),
        UnmetTest::NoSdk => (
            format!("{apps} {} no SDK", if apps.0.0.len() == 1 { "has" } else { "have" }),
            "use an app with the SDK: no other can be protected".to_owned(),
        ),
        UnmetTest::AppNotProtected => {
            (format!("it does not protect {apps}"), format!("add {} to `protect`", apps.again()))
        }
        UnmetTest::Account => (
            "the account is not the work account".to_owned(),
            "open the app under the work account".to_owned(),
        ),
        UnmetTest::Platform => {
            (format!("it is not for {platforms}"), format!("add {platforms} to `on`"))
        }
        UnmetTest::DeviceState => {
            let on = at.opened().map(|one| one.device.platform).collect();
            let here = states(at.opened().map(|one| one.device.state).collect(), on);
            let own = states(policy.devices, on);
            let mut change = format!("add {here} to `devices`");
            if !own.0.is_empty() {
                change.push_str(&format!(", or let the device be {own}"));
            }
            change.push_str(upn(policy, at));
            let own = if own.0.is_empty() { states(policy.devices, Platforms::all()) } else { own };
            (format!("it is for devices {own}, and not for {here}"), change)
        }
        UnmetTest::Filter => (
            format!("a filter keeps it away: `for {}`", people()),
            "the filters of the device have to be as this clause says".to_owned(),
        ),
        UnmetTest::Unsupported => (
            format!(
                "work data of {apps} is on the company's servers, and the device is `configmgr`"
            ),
            "no policy reaches such data; let Intune alone manage the device".to_owned(),
        ),
        UnmetTest::YieldsTo => {
            let others = Words::new(at.stronger.iter().map(|id| model.policy(*id).name.as_str()));
            (
                format!("it yields to {others}"),
                "change `yields to`, or keep the other away".to_owned(),
            )
        }
        UnmetTest::ReportOnly => {
            ("it is report-only".to_owned(), "take `report-only` out".to_owned())
        }
    }
}

/// Device states that exist on some platforms; all enrolled ones by their common word.
fn states(states: DeviceStates, on: Platforms) -> Words<'static> {
    let is_here = |state: &DeviceState| on.iter().any(|platform| state.exists_on(platform));
    let here: Vec<DeviceState> = states.iter().filter(is_here).collect();
    let all = DeviceState::ALL.iter().copied().filter(is_here);
    let enrolled: Vec<DeviceState> = all.filter(|state| state.is_enrolled()).collect();
    let is_folded = enrolled.len() > 1 && enrolled.iter().all(|state| here.contains(state));
    let mut words = Vec::new();
    for state in here {
        words.push(if is_folded && state.is_enrolled() { "enrolled" } else { state.word() });
    }
    Words::new(words.into_iter())
}

/// What an app on iOS needs to know that its device is managed, where that could make a difference.
fn upn(policy: &Policy, at: &Where) -> &'static str {
    let mut ios = at.opened().filter(|one| one.device.platform == Platform::Ios);
    let told = policy.devices.iter().any(DeviceState::is_enrolled);
    if ios.any(|one| told || one.device.state.is_enrolled()) {
        "; on iOS an app knows that its device is managed only by `IntuneMAMUPN` in its configuration"
    } else {
        ""
    }
}

/// Different words in their order: written in backticks.
struct Words<'w>(Vec<&'w str>);

impl<'w> Words<'w> {
    fn new(words: impl Iterator<Item = &'w str>) -> Self {
        let mut known = BTreeSet::new();
        Self(words.filter(|word| known.insert(*word)).collect())
    }
}

/// Apps by name: more than a few by their number, since scopes name them.
struct Apps<'w>(Words<'w>);

impl Apps<'_> {
    /// The apps where they were told before.
    fn again(&self) -> String {
        if self.0.0.len() > LISTED { "them".to_owned() } else { self.to_string() }
    }
}

impl fmt::Display for Apps<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.0.len() {
            number if number > LISTED => write!(f, "these {number} apps"),
            _ => self.0.fmt(f),
        }
    }
}

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, word) in self.0.iter().enumerate() {
            write!(f, "{}`{word}`", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}
