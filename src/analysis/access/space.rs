//! The accesses of a scope: apps under accounts on devices, with the users and the facts of each.
//!
//! Takes in a query and a scope, gives out every app, account and device that the scope can hold, each with
//! a condition on users, and the cells of facts that its tests leave.

use std::ops::ControlFlow;

use super::cells::{Cell, FactCells, cells};
use crate::analysis::engine::endpoints::can_be_judged;
use crate::analysis::engine::query::Query;
use crate::dd::Cond;
use crate::limits::LimitExceeded;
use crate::model::{
    AccessKind, AccessScope, App, AppId, Condition, EndpointSet, Fact, FactPredicate, FactTest,
    Model, Origin, PolicyId, SetWord, Term, What,
};
use crate::movement::Endpoint;
use crate::table::{Device, DeviceKind, Flow};
use crate::vocabulary::{Account, DeviceState, Platform};

/// An app under an account on a device, for some users.
#[derive(Debug, Clone, Copy)]
pub(in crate::analysis) struct Opened {
    pub(in crate::analysis) app: AppId,
    pub(in crate::analysis) account: Account,
    pub(in crate::analysis) device: Device,
    pub(in crate::analysis) kind: DeviceKind,
    /// The users in the scope.
    pub(in crate::analysis) users: Cond,
}

impl Opened {
    pub(in crate::analysis) fn endpoint(&self) -> Endpoint {
        Endpoint::App { app: self.app, account: self.account, deployed: false }
    }
}

/// The accesses of a scope.
pub(in crate::analysis) struct AccessSpace<'s> {
    scope: &'s AccessScope,
    /// The policy in whose body the scope stands.
    policy: Option<PolicyId>,
    /// The cells of every fact, whatever the tests are.
    pub(super) all: Vec<FactCells>,
    /// By platform: the cells that the tests leave; `None` where they leave none.
    facts: Vec<Option<Vec<FactCells>>>,
    /// The users of the scope.
    pub(in crate::analysis) within: Cond,
}

impl<'s> AccessSpace<'s> {
    pub(in crate::analysis) fn new(
        query: &mut Query<'_>,
        scope: &'s AccessScope,
        policy: Option<PolicyId>,
    ) -> Result<Self, LimitExceeded> {
        let own = policy.map(|id| &query.model.policy(id).people);
        let mut within = Cond::TRUE;
        for people in own.into_iter().chain(&scope.people) {
            let meant = query.users.clause(people)?;
            within = query.manager().and(within, meant)?;
        }
        let all = cells(&conditions(query.model), &scope.tests);
        let facts = Platform::ALL.iter().map(|platform| left(&all, scope, *platform)).collect();
        Ok(Self { scope, policy, all, facts, within })
    }

    /// The tests of the scope as a clause with a blank in front; empty where there are none.
    pub(super) fn when(&self) -> String {
        let mut tests: Vec<String> =
            self.scope.tests.iter().map(|test| test_text(test, &self.all)).collect();
        tests.extend(self.scope.rest_unknown.then(|| "rest unknown".to_owned()));
        if tests.is_empty() { String::new() } else { format!(" when {}", tests.join(", ")) }
    }

    /// The cells of facts that the tests of the scope leave on a platform.
    pub(super) fn facts(&self, platform: Platform) -> Option<&[FactCells]> {
        self.facts.get(platform.index())?.as_deref()
    }

    /// Shows every app, account and device with users in the scope, until `see` ends it.
    pub(in crate::analysis) fn visit(
        &self,
        query: &mut Query<'_>,
        mut see: impl FnMut(&mut Query<'_>, Opened) -> Flow,
    ) -> Result<(), LimitExceeded> {
        let devices: Vec<Device> = self.devices(query.model).collect();
        for device in devices {
            let Some(kind) = query.device_kind(device) else { continue };
            for (app, account) in self.apps(query.model, device.platform) {
                let opened = Opened { app, account, device, kind, users: self.within };
                let named = self.named(query, &opened)?;
                let users = query.manager().and(self.within, named)?;
                if !users.is_never() && see(query, Opened { users, ..opened })?.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The devices of the scope, within those of its policy.
    fn devices<'a>(&'a self, model: &'a Model) -> impl Iterator<Item = Device> + 'a {
        let own = self.policy.map(|id| model.policy(id));
        let on = |platform: &'static Platform| {
            DeviceState::ALL.iter().map(|state| Device { platform: *platform, state: *state })
        };
        Platform::ALL.iter().flat_map(on).filter(move |Device { platform, state }| {
            state.exists_on(*platform)
                && self.scope.platforms.contains(*platform)
                && self.scope.devices.contains(*state)
                && self.facts(*platform).is_some()
                && own.is_none_or(|policy| {
                    policy.platforms.contains(*platform) && policy.devices.contains(*state)
                })
        })
    }

    /// The apps that exist on a platform, each under its accounts; in a policy, those that it protects.
    fn apps(&self, model: &Model, platform: Platform) -> Vec<(AppId, Account)> {
        let is_own = |app: &AppId| {
            self.policy.is_none_or(|id| {
                let protect = &model.policy(id).protect;
                protect.iter().any(|(own, on)| own == app && on.contains(platform))
            })
        };
        let apps = model.app_ids().filter(|app| model.exists(*app, platform)).filter(is_own);
        let accounts = |app: AppId| match model.app(app).sdk {
            true if self.policy.is_some() && self.scope.apps.is_none() => &[Account::Work],
            true => Account::ALL,
            false => &[Account::Personal],
        };
        apps.flat_map(|app| accounts(app).iter().map(move |account| (app, *account))).collect()
    }

    /// The users for whom the scope's set holds an app under an account.
    fn named(&self, query: &mut Query<'_>, opened: &Opened) -> Result<Cond, LimitExceeded> {
        let Some(EndpointSet { terms, except }) = &self.scope.apps else { return Ok(Cond::TRUE) };
        let meant = any_of(query, terms, opened)?;
        let left_out = any_of(query, except, opened)?;
        query.manager().and_not(meant, left_out)
    }
}

/// The launch conditions of all policies.
pub(super) fn conditions(model: &Model) -> Vec<&Condition> {
    let statements = model.policies().iter().flat_map(|policy| &policy.access);
    let launch = statements.filter_map(|one| match &one.kind {
        AccessKind::Launch { condition, .. } => Some(condition),
        AccessKind::Require(_) => None,
    });
    launch.collect()
}

/// The cells that the tests of a scope leave on a platform; `None` if they leave no value of some fact.
fn left(all: &[FactCells], scope: &AccessScope, platform: Platform) -> Option<Vec<FactCells>> {
    let left = all.iter().map(|FactCells { fact, cells }| {
        let tests = || scope.tests.iter().filter(|test| test.predicate.fact() == *fact);
        let is_named = tests().next().is_some();
        if !fact.exists_on(platform) {
            let holds = tests().all(|test| test.is_negated);
            return holds.then(|| FactCells::unknown(*fact));
        }
        let is_left = |cell: &&Cell| {
            (is_named || !scope.rest_unknown || **cell == Cell::Unknown)
                && tests().all(|test| cell.meets(test))
        };
        let cells: Vec<Cell> = cells.iter().filter(is_left).cloned().collect();
        (!cells.is_empty()).then_some(FactCells { fact: *fact, cells })
    });
    left.collect()
}

/// The users for whom some term holds an app under an account.
fn any_of(query: &mut Query<'_>, terms: &[Term], opened: &Opened) -> Result<Cond, LimitExceeded> {
    let mut found = Cond::FALSE;
    for term in terms {
        let app = query.model.app(opened.app);
        if term.accounts.holds(opened.account, app.sdk) {
            let meant = names(query, term.what, opened, app)?;
            found = query.manager().or(found, meant)?;
        }
    }
    Ok(found)
}

/// The users for whom a word or name holds an app under an account.
fn names(
    query: &mut Query<'_>,
    what: What,
    opened: &Opened,
    app: &App,
) -> Result<Cond, LimitExceeded> {
    let platform = opened.device.platform;
    let holds = match what {
        What::Word(SetWord::Managed) => return query.managed(opened.kind, opened.endpoint()),
        What::Word(SetWord::Unmanaged) => {
            let managed = query.managed(opened.kind, opened.endpoint())?;
            return query.manager().and_not(Cond::TRUE, managed);
        }
        What::Word(SetWord::Any | SetWord::AnyApp) => true,
        What::Word(SetWord::Unlisted) => matches!(app.origin, Origin::Unlisted | Origin::Id),
        What::App(named, on) => named == opened.app && on.contains(platform),
        What::Unnamed(on, _) => app.origin == Origin::Unlisted && on == platform,
        What::Group(group) => {
            let mut apps = query.model.group(group).apps.iter();
            apps.any(|(named, on)| *named == opened.app && on.contains(platform))
        }
        What::Word(_) | What::Storage(_) | What::Place(_) => false,
    };
    Ok(if holds { Cond::TRUE } else { Cond::FALSE })
}

/// The policies that apply to an app under an account and have some statement about accesses, each with its
/// users.
pub(super) fn applying(
    query: &mut Query<'_>,
    opened: &Opened,
) -> Result<Vec<(PolicyId, Cond)>, LimitExceeded> {
    let mut found = Vec::new();
    for id in may_apply(query.model, query.what_if, opened.endpoint()) {
        let when = query.applies(opened.kind, id, opened.endpoint())?;
        found.extend((!when.is_never()).then_some((id, when)));
    }
    Ok(found)
}

/// The policies in force that have some statement about accesses, if an app under an account is one that
/// policies can apply to.
pub(super) fn may_apply(
    model: &Model,
    what_if: Option<PolicyId>,
    opened: Endpoint,
) -> impl Iterator<Item = PolicyId> + use<'_> {
    let is_reached = can_be_judged(model, opened);
    model.policy_ids().filter(move |id| {
        let policy = model.policy(*id);
        let is_live = !policy.report_only || what_if == Some(*id);
        is_reached && is_live && !policy.access.is_empty()
    })
}

/// A test of a scope as text. `all` are the cells of every fact.
fn test_text(test: &FactTest, all: &[FactCells]) -> String {
    let not = if test.is_negated { "not " } else { "" };
    match &test.predicate {
        FactPredicate::Fires(condition) => format!("{not}{condition}"),
        FactPredicate::Unknown(fact) => format!("{not}{fact} unknown"),
        // A value that a test names is a cell of its own.
        FactPredicate::Is(fact, _) => {
            let cells = all.iter().filter(|one| one.fact == *fact).flat_map(|one| &one.cells);
            let named: Vec<String> =
                cells.filter(|cell| cell.meets(test)).map(|cell| cell.text(*fact)).collect();
            named.join(", ")
        }
    }
}

/// A choice of one cell for each fact, as tests of a scope: facts that are unknown stand behind `rest`.
pub(super) fn when_text(chosen: &[(Fact, Cell)]) -> String {
    let known = chosen.iter().filter(|(_, cell)| *cell != Cell::Unknown);
    let mut texts: Vec<String> = known.map(|(fact, cell)| cell.text(*fact)).collect();
    texts.push("rest unknown".to_owned());
    texts.join(", ")
}

/// Ends a search where `done`.
pub(in crate::analysis) const fn until(done: bool) -> ControlFlow<()> {
    if done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}
