//! Applicability: the policies that apply to each app on one kind of device, as conditions on users.
//!
//! Takes in the IR and a device, gives out for each app the policies that apply to it, and for each class
//! of endpoints the views in which rules can see it. Channels and rules are not known here.

#![allow(
    clippy::indexing_slicing,
    reason = "policies and classes are numbered by the IR that these lists belong to"
)]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use rustc_hash::FxBuildHasher;

use super::ir::{ClassKey, Device, EndpointClasses, Ir, view_number};
use super::logic::UserLogic;
use crate::dd::{Cond, Func, Manager};
use crate::limits::LimitExceeded;
use crate::model::{AppId, PolicyId};
use crate::vocabulary::{Account, Reason};

/// The rules with which a policy takes part in judging an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Participation {
    /// Its `app-wide` rules: the app is protected, the account is not its work account.
    AppWide,
    /// All of its rules and its default.
    Full,
}

/// A policy that takes part in judging an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Participant<C = Cond> {
    pub(crate) policy: PolicyId,
    pub(crate) participation: Participation,
    /// The users for whom the policy applies.
    pub(crate) when: C,
}

/// A list of participants. Equal lists are shared, so that comparing two means comparing pointers.
pub(crate) type Participants<C = Cond> = Rc<[Participant<C>]>;

/// Policies with the users for whom they apply to an app.
pub(crate) type Applying<C = Cond> = Vec<(PolicyId, C)>;

/// Lists of participants, equal ones once.
pub(super) struct ParticipantLists<C = Cond>(HashSet<Participants<C>, FxBuildHasher>);

impl<C> Default for ParticipantLists<C> {
    fn default() -> Self {
        Self(HashSet::default())
    }
}

impl<C: Copy + Ord + std::hash::Hash> ParticipantLists<C> {
    pub(super) fn intern(&mut self, list: Vec<Participant<C>>) -> Participants<C> {
        if let Some(known) = self.0.get(list.as_slice()) {
            return Rc::clone(known);
        }
        let new: Participants<C> = list.into();
        self.0.insert(Rc::clone(&new));
        new
    }
}

/// A view of a class, managed or not, with the users for whom rules test its endpoints by this view.
pub(crate) struct View<C = Cond> {
    /// The users for whom rules use this view.
    pub(crate) when: C,
    /// Its number in endpoint sets; see [`view_number`].
    pub(crate) number: usize,
    pub(crate) participants: Participants<C>,
}

impl<C> View<C> {
    /// Whether this is the managed view.
    pub(crate) fn is_managed(&self) -> bool {
        self.number % 2 == 1
    }

    /// The view of an endpoint that is no app.
    pub(super) fn of_other(class: usize, always: C) -> Self {
        Self { when: always, number: view_number(class, false), participants: [].into() }
    }
}

/// The policies that apply to one app on one kind of device.
pub(super) struct AppApplicability<C = Cond> {
    pub(super) applying: Applying<C>,
    /// The users for whom some confirmed policy applies: the app is managed.
    managed: C,
    /// The participants under the work account: all, and the unconfirmed ones; and those under any other.
    full: Participants<C>,
    unconfirmed: Participants<C>,
    app_wide: Participants<C>,
}

impl<C: Copy + Ord + std::hash::Hash> AppApplicability<C> {
    /// The policies in force: those that the IR has as live, and with `what_if` that report-only policy
    /// as well.
    pub(super) fn new<L: UserLogic<Cond = C>>(
        ir: &Ir,
        logic: &mut L,
        device: Device,
        app: AppId,
        what_if: Option<PolicyId>,
        lists: &mut ParticipantLists<C>,
    ) -> Result<Self, LimitExceeded> {
        let applying = applying(ir, logic, device, app, what_if)?;
        let is_unconfirmed = |(id, _): &&(PolicyId, C)| ir.policy(*id).unconfirmed;
        let confirmed = applying.iter().filter(|one| !is_unconfirmed(one));
        let managed = logic.any(confirmed.map(|(_, when)| *when))?;
        let mut list = |participation, is_meant: &dyn Fn(&&(PolicyId, C)) -> bool| {
            let list = applying.iter().filter(is_meant).map(|(policy, when)| Participant {
                policy: *policy,
                participation,
                when: *when,
            });
            lists.intern(list.collect())
        };
        let full = list(Participation::Full, &|_| true);
        let unconfirmed = list(Participation::Full, &is_unconfirmed);
        let app_wide = list(Participation::AppWide, &|_| true);
        Ok(Self { applying, managed, full, unconfirmed, app_wide })
    }

    /// The views of a class of the app: the managed one first.
    pub(super) fn views<L: UserLogic<Cond = C>>(
        &self,
        ir: &Ir,
        logic: &mut L,
        device: Device,
        classes: &EndpointClasses,
        key: (u32, Account, bool),
    ) -> Result<Vec<View<C>>, LimitExceeded> {
        let (class, account, deployed) = key;
        let traits = ir.apps[classes.apps[class as usize].index()];
        let number = |account, managed| {
            view_number(classes.of_app(class as usize, account, deployed), managed)
        };
        let exists = traits.sdk && traits.platforms.contains(device.platform);
        let is_judged_as_work = exists && (account == Account::Work || !traits.multi_identity);
        if !is_judged_as_work {
            let account = if exists { account } else { Account::Personal };
            let (number, participants) = (number(account, false), Rc::clone(&self.app_wide));
            return Ok(vec![View { when: L::ALWAYS, number, participants }]);
        }
        // Where a confirmed policy applies the view is the managed one; unconfirmed policies judge both.
        let managed = View {
            when: self.managed,
            number: number(Account::Work, true),
            participants: Rc::clone(&self.full),
        };
        let unmanaged = View {
            when: logic.and_not(L::ALWAYS, self.managed)?,
            number: number(account, false),
            participants: Rc::clone(&self.unconfirmed),
        };
        Ok([managed, unmanaged].into_iter().filter(|view| view.when != L::NEVER).collect())
    }
}

/// The policies that apply to an app, each with its users. A policy comes after those that it yields to, so
/// that their users are known and can be subtracted.
fn applying<L: UserLogic>(
    ir: &Ir,
    logic: &mut L,
    device: Device,
    app: AppId,
    what_if: Option<PolicyId>,
) -> Result<Applying<L::Cond>, LimitExceeded> {
    let mut found = Applying::new();
    for id in ir.protecting(app, device.platform, device.state) {
        let policy = ir.policy(id);
        if policy.report_only && what_if != Some(id) {
            continue;
        }
        let mut when = logic.clause(policy.people);
        for other in ir.yields_to(policy) {
            if let Some((_, stronger)) = found.iter().find(|(one, _)| one == other) {
                when = logic.and_not(when, *stronger)?;
            }
        }
        if when != L::NEVER {
            found.push((id, when));
        }
    }
    Ok(found)
}

#[cfg(feature = "compile")]
/// The policies of a model in numbers.
#[derive(Clone, Copy)]
pub(super) struct Policies<'f> {
    pub(super) ir: &'f Ir,
    /// By policy: the users whom it is for under some answer of the filters.
    pub(super) assigned: &'f [Cond],
}

#[cfg(feature = "compile")]
/// The applicability of policies on one kind of device, for all users.
pub(crate) struct Applicability {
    device: Device,
    /// By protection class.
    apps: Vec<AppApplicability>,
    /// By protection class: the reason why no policy applies under the work account, by user.
    reasons: Vec<Func<Reason>>,
    /// The reason for an app that no policy names.
    usual: Func<Reason>,
}

#[cfg(feature = "compile")]
impl Applicability {
    /// The applicability of the policies in force, with `what_if` as for [`AppApplicability::new`].
    pub(super) fn new(
        policies: Policies<'_>,
        manager: &mut Manager,
        device: Device,
        what_if: Option<PolicyId>,
    ) -> Result<Self, LimitExceeded> {
        let Policies { ir, assigned } = policies;
        let mut lists = ParticipantLists::default();
        let (mut apps, mut reasons) = (Vec::new(), Vec::new());
        let live = ir.policies.iter().zip(assigned).filter(|(policy, _)| !policy.report_only);
        let assigned = manager.any(live.map(|(_, assigned)| *assigned))?;
        let none = Func::constant(Reason::UserNotAssigned);
        let usual = manager.ite(assigned, Func::constant(Reason::AppNotProtected), none)?;
        let mut naming: HashMap<AppId, Vec<PolicyId>, FxBuildHasher> = HashMap::default();
        for (id, policy) in ir.policies.iter().enumerate().filter(|(_, one)| !one.report_only) {
            for (app, _) in ir.protected(policy) {
                naming.entry(*app).or_default().push(PolicyId::new(id));
            }
        }
        for app in &ir.examples {
            apps.push(AppApplicability::new(ir, manager, device, *app, what_if, &mut lists)?);
            let naming = naming.get(app).map_or(&[][..], Vec::as_slice);
            reasons.push(reason(policies, manager, device, (*app, naming), usual)?);
        }
        Ok(Self { device, apps, reasons, usual })
    }

    /// Every policy that applies to some app, with the users for whom it does.
    pub(super) fn of_any_app(&self, manager: &mut Manager) -> Result<Applying, LimitExceeded> {
        let mut found = BTreeMap::new();
        for (policy, when) in self.apps.iter().flat_map(|app| &app.applying) {
            let known = found.entry(*policy).or_insert(Cond::FALSE);
            *known = manager.or(*known, *when)?;
        }
        Ok(found.into_iter().collect())
    }

    /// The users for whom a policy applies to an app, whatever the account.
    pub(super) fn applies(&self, ir: &Ir, policy: PolicyId, app: AppId) -> Cond {
        let applying = &self.apps[ir.protection(app)].applying;
        let found = applying.iter().find(|(id, _)| *id == policy);
        found.map_or(Cond::FALSE, |(_, when)| *when)
    }

    /// The views of a class: the managed one first.
    pub(super) fn views(
        &self,
        ir: &Ir,
        manager: &mut Manager,
        classes: &EndpointClasses,
        class: usize,
    ) -> Result<Vec<View>, LimitExceeded> {
        let ClassKey::App { class: apps, account, deployed } = classes.keys[class] else {
            return Ok(vec![View::of_other(class, Cond::TRUE)]);
        };
        let app = &self.apps[ir.protection(classes.apps[apps as usize])];
        app.views(ir, manager, self.device, classes, (apps, account, deployed))
    }

    /// The reason why no policy applies to a class, by user: right for some users, as plain as it can be
    /// for the others.
    pub(super) fn reason(
        &self,
        ir: &Ir,
        manager: &mut Manager,
        classes: &EndpointClasses,
        class: usize,
        users: Cond,
    ) -> Result<Func<Reason>, LimitExceeded> {
        let ClassKey::App { class, account, .. } = classes.keys[class] else {
            return Ok(Func::constant(Reason::AppNotProtected));
        };
        let app = classes.apps[class as usize];
        let traits = ir.apps[app.index()];
        let reason = match (traits.sdk, account) {
            _ if !traits.platforms.contains(self.device.platform) => Reason::Platform,
            (false, _) | (_, Account::Personal) => Reason::PersonalAccount,
            (_, Account::Other) => Reason::OtherOrganisation,
            (true, Account::Work) => {
                let reason = self.reasons[ir.protection(app)];
                let other = manager.ite(users, reason, self.usual)?;
                return Ok(if other == self.usual { other } else { reason });
            }
        };
        Ok(Func::constant(reason))
    }
}

#[cfg(feature = "compile")]
/// The reason why no policy applies to an app under its work account: the furthest test that some policy
/// for the user reaches. `naming` are the policies that protect the app somewhere, `usual` is the reason
/// for an app that no policy names.
fn reason(
    Policies { ir, assigned }: Policies<'_>,
    manager: &mut Manager,
    Device { platform, state }: Device,
    (app, naming): (AppId, &[PolicyId]),
    usual: Func<Reason>,
) -> Result<Func<Reason>, LimitExceeded> {
    let mut passed: BTreeMap<u32, Vec<Cond>> = BTreeMap::new();
    for id in naming {
        let tests = ir.tests_passed(*id, app, platform, state);
        passed.entry(tests).or_default().push(assigned[id.index()]);
        if tests == 4 {
            passed.entry(5).or_default().push(ir.policy(*id).people);
        }
    }
    let mut found = usual;
    for (tests, people) in passed {
        let reason = match tests {
            1 => Reason::AppNotProtected,
            2 => Reason::Platform,
            3 => Reason::DeviceState,
            4 => Reason::Filter,
            _ => Reason::Unsupported,
        };
        let people = manager.any(people)?;
        found = manager.ite(people, Func::constant(reason), found)?;
    }
    Ok(found)
}
