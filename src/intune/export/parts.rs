//! The parts of a policy, with one set of settings each.
//!
//! Takes in a policy, gives out parts: apps, levels and users, with the settings that are fitted to
//! them. A policy that decides alike for all of them is one part. JSON is not known here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::object::{Fit, Target, TargetApps};
use super::observe::{AppTraits, Observer, app_ref};
use super::{ExportError, Exporter, statements};
use crate::diagnostic::{Code, Diagnostic};
use crate::intune::read::apps::{CORE, MICROSOFT};
use crate::intune::read::assignments::{Assignee, FilterUse};
use crate::intune::{self, AppRef, Observed, UNASSIGNED, id_kind};
use crate::model::{
    Access, AccessKind, AppId, Attempts, Member, People, Policy, PolicyId, Requirement, UsersId,
    Yields,
};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{File, ItemKind, StatementKind, TermKind};
use crate::table::user_kinds;
use crate::vocabulary::{DeviceState, DeviceStates, Platform};

/// A part of a policy with its settings.
pub(super) struct Part {
    pub(super) target: Target,
    pub(super) fit: Fit,
    /// The protected apps.
    pub(super) apps: Vec<AppId>,
    /// The users.
    pub(super) people: People,
}

/// Whether a policy is for particular devices of a platform only.
pub(super) fn is_specific(policy: &Policy, platform: Platform) -> bool {
    !is_within(every_state(platform), policy.devices)
}

/// Whether it is known for which apps and people a policy is. No policy yields to one of which it is not.
pub(super) fn is_certain(policy: &Policy) -> bool {
    let is_unassigned = |(name, value): &(String, String)| name == "assignments" && value == "null";
    policy.unconfirmed.is_none() && !policy.settings.iter().any(is_unassigned)
}

fn every_state(platform: Platform) -> DeviceStates {
    DeviceState::ALL.iter().copied().filter(|state| state.exists_on(platform)).collect()
}

fn is_within(states: DeviceStates, others: DeviceStates) -> bool {
    states.and(others) == states
}

/// The diagnostic for a policy on devices that no policy of Intune reaches: managed devices on Windows.
fn out_of_reach(policy: &Policy, platform: Platform) -> Option<Diagnostic> {
    let here = policy.devices.and(every_state(platform));
    let reached = intune::levels(platform).into_iter().reduce(DeviceStates::or)?;
    if is_within(here, reached) {
        return None;
    }
    let words: Vec<_> = reached.iter().map(DeviceState::word).collect();
    let name = &policy.name;
    let message =
        format!("`{name}` is for devices on {platform} that policies of Intune never reach");
    let help = format!("write `devices {}`: elsewhere Intune leaves data alone", words.join(", "));
    let diagnostic = Diagnostic::new(Code::ExportNoSetting, message);
    Some(diagnostic.at(policy.span, "").help(help))
}

/// Whether assignments can have the filters of a clause: one for each group before `except`.
fn is_assignable(people: &People) -> bool {
    match people {
        People::Some { of, except } => {
            let of = of.as_deref().unwrap_or_default();
            of.iter().all(|one| one.matching.len() <= 1)
                && except.iter().all(|one| one.matching.is_empty())
        }
        People::All { .. } | People::Exactly { .. } => !people.has_filters(),
    }
}

/// The greatest number of kinds of users into which a policy is cut.
const KINDS: usize = 20_000;

/// Users that no clause distinguishes, with one of them.
struct UserClass {
    /// The truth values of the rules' clauses.
    signature: Vec<bool>,
    witness: Vec<UsersId>,
}

impl UserClass {
    /// The truth values of some of the clauses.
    fn answers(&self, clauses: &[usize]) -> Vec<bool> {
        clauses.iter().filter_map(|clause| self.signature.get(*clause)).copied().collect()
    }
}

/// The settings by kind of users and level.
type Fits = Vec<Vec<Fit>>;

impl Exporter<'_> {
    /// The parts of a policy.
    pub(super) fn parts(&mut self, id: PolicyId) -> Result<Vec<Part>, ExportError> {
        let (model, platform) = (self.model, self.options.platform);
        let policy = model.policy(id);
        self.found.extend(out_of_reach(policy, platform));
        let levels: Vec<DeviceStates> = intune::levels(platform)
            .into_iter()
            .filter(|states| !states.and(policy.devices).is_empty())
            .collect();
        let clauses = self.clauses(policy);
        if !is_assignable(&policy.people) || clauses.iter().any(People::has_filters) {
            let message = format!("no assignment can ask for filters as `{}` does", policy.name);
            let help = "an assignment has one filter: write `matching` once behind a group of `for`, and \
                        nowhere else";
            let diagnostic = Diagnostic::new(Code::ExportNoSetting, message);
            self.found.push(diagnostic.at(policy.span, "").help(help));
            return Ok(Vec::new());
        }
        let kinds = self.kinds(policy, &clauses)?;
        let groups = self.groups(id, &kinds, &levels)?;
        let mut parts = Vec::new();
        for (fits, own) in &groups {
            let apps = self.target_apps(policy, own, groups.len() == 1);
            for (people, row) in self.people(policy, &clauses, &kinds, fits) {
                for (states, fit) in merge(&levels, row, platform) {
                    let target = self.target(id, &apps, &people, states);
                    let (apps, people) = (own.clone(), people.clone());
                    parts.push(Part { target, fit, apps, people });
                }
            }
        }
        Ok(parts)
    }

    /// The apps of a policy in groups with equal settings.
    fn groups(
        &mut self,
        id: PolicyId,
        kinds: &[UserClass],
        levels: &[DeviceStates],
    ) -> Result<Vec<(Fits, Vec<AppId>)>, ExportError> {
        let (model, limits) = (self.model, self.checked.limits());
        let users = kinds.iter().map(|kind| kind.witness.as_slice());
        let observer = Observer::new(model, id, self.options.platform, users, limits)
            .map_err(|error| self.limit_met(error))?;
        let policy = model.policy(id);
        let mut groups: Vec<(Fits, Vec<AppId>)> = Vec::new();
        let mut known: HashMap<AppTraits, usize> = HashMap::new();
        for app in self.apps(policy) {
            let traits = observer.traits(app);
            let at = known.get(&traits).copied().unwrap_or_else(|| {
                let fits = self.fits(&observer, policy, app, kinds, levels);
                let at = groups.iter().position(|(known, _)| *known == fits);
                at.unwrap_or_else(|| {
                    groups.push((fits, Vec::new()));
                    groups.len() - 1
                })
            });
            known.insert(traits, at);
            if let Some((_, apps)) = groups.get_mut(at) {
                apps.push(app);
            }
        }
        Ok(groups)
    }

    /// The settings for an app.
    fn fits(
        &mut self,
        observer: &Observer<'_>,
        policy: &Policy,
        app: AppId,
        kinds: &[UserClass],
        levels: &[DeviceStates],
    ) -> Fits {
        let mut fits = Vec::new();
        for kind in kinds {
            let see = |states: &DeviceStates| observer.see(app, &kind.witness, *states);
            let mut observed: Vec<Observed> = levels.iter().map(see).collect();
            let others = observed.clone();
            observed.iter_mut().for_each(|one| one.complete(&others));
            let row = levels.iter().zip(&observed);
            let row = row.map(|(states, observed)| self.fit(policy, *states, observed));
            let (row, found): (Vec<Fit>, Vec<Vec<Diagnostic>>) = row.unzip();
            fits.push(row);
            self.found.extend(found.into_iter().flatten());
        }
        fits
    }

    // ------------------------------------------------------------ apps

    /// The apps of the policy that exist on the platform. An app without an id there is reported.
    fn apps(&mut self, policy: &Policy) -> Vec<AppId> {
        let (model, platform) = (self.model, self.options.platform);
        let here = policy.protect.iter().filter(|(_, on)| on.contains(platform));
        let (mut apps, mut nameless) = (Vec::new(), Vec::new());
        for app in here.map(|(app, _)| *app).filter(|app| model.exists(*app, platform)) {
            let has_id = app_ref(model, app)
                .is_some_and(|app| !self.names.ids(&app, id_kind(platform)).is_empty());
            if has_id { apps.push(app) } else { nameless.push(app) }
        }
        // A policy that selects no app yet protects one without ids.
        if apps.is_empty() {
            return nameless;
        }
        // All apps need no ids.
        if self.protects(policy).as_deref() == Some("any") {
            return apps;
        }
        for app in nameless {
            let name = &model.app(app).name;
            let message =
                format!("`{}` protects `{name}`, which has no id for {platform}", policy.name);
            let help = format!("declare its id: `app {name} {{ {platform} \"…\" }}`");
            let place = model.app(app).span.unwrap_or(policy.span);
            self.found.push(Diagnostic::new(Code::ExportNoId, message).at(place, "").help(help));
        }
        apps
    }

    /// The apps of a part. An app group is taken only if the policy names it, since its members change
    /// with time.
    fn target_apps(&self, policy: &Policy, apps: &[AppId], is_one: bool) -> TargetApps {
        if policy.unconfirmed.is_some() {
            return TargetApps::Unknown;
        }
        let has_groups = self.options.platform != Platform::Windows;
        let word = self.protects(policy).filter(|_| is_one && has_groups);
        if let Some((group, beside)) = self.beside(policy).filter(|_| is_one && has_groups) {
            return TargetApps::Beside(Box::new(group), beside);
        }
        match word.as_deref() {
            Some("any") => match self.own_apps(apps) {
                own if own.is_empty() => TargetApps::All,
                own => TargetApps::Beside(Box::new(TargetApps::All), own),
            },
            Some("core-microsoft-apps") => TargetApps::Core,
            Some("microsoft-apps") => TargetApps::Microsoft,
            _ => {
                let named = apps.iter().filter_map(|app| app_ref(self.model, *app));
                let names = named.filter_map(|app| match app {
                    AppRef::Named(name) => Some(name),
                    AppRef::Id(..) => None,
                });
                TargetApps::Selected(names.collect())
            }
        }
    }

    /// The apps that the set itself declares: only Microsoft's and its partners' apps are in the group of all apps.
    fn own_apps(&self, apps: &[AppId]) -> BTreeSet<String> {
        let sources = self.checked.sources();
        let own = apps.iter().filter(|app| {
            let span = self.model.app(**app).span;
            span.is_some_and(|span| sources.catalogue(span.source).is_none())
        });
        let names = own.filter_map(|app| app_ref(self.model, *app));
        let names = names.filter_map(|app| match app {
            AppRef::Named(name) => Some(name),
            AppRef::Id(..) => None,
        });
        names.collect()
    }

    /// The app group at the beginning of the clause `protect`, and the apps that are named beside it.
    fn beside(&self, policy: &Policy) -> Option<(TargetApps, BTreeSet<String>)> {
        let set = statements(self.checked.files(), policy).find_map(|kind| match kind {
            StatementKind::Protect(protect) => Some(&protect.set),
            _ => None,
        })?;
        let names = set.terms.iter().map(|term| match &term.what {
            TermKind::Name(name) => Some(name.text.clone()),
            TermKind::Word(_) | TermKind::Id(_) => None,
        });
        let names = names.collect::<Option<Vec<String>>>().filter(|_| set.except.is_empty())?;
        let (name, apps) = names.split_first()?;
        let group = match name.as_str() {
            CORE => TargetApps::Core,
            MICROSOFT => TargetApps::Microsoft,
            _ => return None,
        };
        let kind = id_kind(self.options.platform);
        // Of its own apps an export of the group has a snapshot.
        let is_beside = |app: &String| {
            !self.names.ids(&AppRef::Named(app.clone()), kind).is_empty()
                && !self.names.has_member(name, app)
        };
        let are_apps = !apps.is_empty() && apps.iter().all(is_beside);
        are_apps.then(|| (group, apps.iter().cloned().collect()))
    }

    /// The word or name in the clause `protect`, if there is only one.
    fn protects(&self, policy: &Policy) -> Option<String> {
        let set = statements(self.checked.files(), policy).find_map(|kind| match kind {
            StatementKind::Protect(protect) => Some(&protect.set),
            _ => None,
        })?;
        match (set.terms.as_slice(), set.except.is_empty()) {
            ([one], true) => Some(match &one.what {
                TermKind::Word(word) => word.word().to_owned(),
                TermKind::Name(name) => name.text.clone(),
                TermKind::Id(_) => return None,
            }),
            _ => None,
        }
    }

    // ------------------------------------------------------------ settings

    /// The settings for devices of one level, with diagnostics for statements without a setting.
    fn fit(
        &self,
        policy: &Policy,
        states: DeviceStates,
        observed: &Observed,
    ) -> (Fit, Vec<Diagnostic>) {
        let platform = self.options.platform;
        let here = states.and(policy.devices);
        let holds = |access: &&Access| {
            access.platforms.contains(platform) && !access.devices.and(here).is_empty()
        };
        let access: Vec<&Access> = policy.access.iter().filter(holds).collect();
        let (fit, unstated) = Fit::new(observed, &access, &self.names);
        let mut found = Vec::new();
        for one in unstated.iter().filter_map(|index| access.get(*index)) {
            let message = "Graph has one setting for this, and another statement needs it";
            let help = "keep one of them: Graph takes one action and one value here";
            found.push(Diagnostic::new(Code::ExportNoSetting, message).at(one.span, "").help(help));
        }
        found.extend(two_outcomes(&access));
        for one in access.iter().filter(|access| !is_within(here, access.devices)) {
            let words: Vec<_> = states.iter().map(DeviceState::word).collect();
            let words = words.join(", ");
            let message =
                format!("Graph has one level for `{words}`, and this is for a part of it");
            let help = format!("let policy and statement be for all of it: `devices {words}`");
            found.push(Diagnostic::new(Code::ExportNoSetting, message).at(one.span, "").help(help));
        }
        (fit, found)
    }

    // ------------------------------------------------------------ people

    /// The clauses by which the policy's rules distinguish users.
    fn clauses(&self, policy: &Policy) -> Vec<People> {
        let rules = policy.rules.iter().map(|id| &self.model.rule(*id).scope);
        let here = rules.filter(|scope| scope.platforms.contains(self.options.platform));
        let mut clauses: Vec<People> = here.filter_map(|scope| scope.people.clone()).collect();
        clauses.sort_unstable();
        clauses.dedup();
        clauses
    }

    fn kinds(&self, policy: &Policy, clauses: &[People]) -> Result<Vec<UserClass>, ExportError> {
        let all: Vec<People> = std::iter::once(&policy.people).chain(clauses).cloned().collect();
        let nodes = self.checked.limits().nodes;
        let kinds = user_kinds(&all, self.model.attributes(), KINDS, nodes);
        let kinds = kinds.map_err(|error| self.limit_met(error))?;
        let meant = kinds.into_iter().filter(|kind| kind.meets.first() == Some(&true));
        let kinds = meant.map(|kind| UserClass {
            signature: kind.meets.into_iter().skip(1).collect(),
            witness: kind.groups,
        });
        Ok(kinds.collect())
    }

    /// The policy's users in groups with equal settings.
    fn people<'f>(
        &mut self,
        policy: &Policy,
        clauses: &[People],
        kinds: &[UserClass],
        fits: &'f Fits,
    ) -> Vec<(People, &'f [Fit])> {
        let relevant = relevant(kinds, fits, clauses.len());
        let mut pieces: BTreeMap<Vec<bool>, &[Fit]> = BTreeMap::new();
        for (kind, row) in kinds.iter().zip(fits) {
            let answers = kind.answers(&relevant);
            pieces.insert(answers, row);
        }
        let mut found = Vec::new();
        for (answers, row) in pieces {
            let mut people = Some(vec![policy.people.clone()]);
            let clauses = relevant.iter().filter_map(|clause| clauses.get(*clause));
            for (clause, answer) in clauses.zip(answers) {
                people = people.and_then(|people| narrow(&people, clause, answer));
            }
            match people {
                Some(people) => found.extend(people.into_iter().map(|people| (people, row))),
                None => {
                    self.unassigned.extend(row.first().cloned());
                    let message = format!(
                        "no assignment means the users that rules of `{}` tell apart",
                        policy.name
                    );
                    let help = "Graph takes groups to include and groups to exclude: write \
                                `for a except b` instead of rules for both or for neither";
                    let diagnostic = Diagnostic::new(Code::ExportNoSetting, message);
                    self.found.push(diagnostic.at(policy.span, "").help(help));
                }
            }
        }
        found
    }

    // ------------------------------------------------------------ targets

    fn target(
        &mut self,
        id: PolicyId,
        apps: &TargetApps,
        people: &People,
        states: DeviceStates,
    ) -> Target {
        let (model, platform) = (self.model, self.options.platform);
        let policy = model.policy(id);
        let is_default = policy.yields.is_any();
        let specific = self.specific();
        let gives_way = match &policy.yields {
            _ if specific.contains(&id) => false,
            Yields::To(ids) => specific.iter().all(|one| ids.contains(one)),
            Yields::No => specific.is_empty(),
            Yields::Any { .. } => true,
        };
        // Beside a policy for particular devices, one for all devices lists the others.
        let is_all = is_within(every_state(platform), states);
        let states = if is_all && gives_way { DeviceStates::default() } else { states };
        let (of, except) = self.names_of(policy, people);
        Target {
            title: policy.title.clone().unwrap_or_else(|| policy.name.clone()),
            description: policy.docs.join(" "),
            platform,
            apps: apps.clone(),
            states,
            of,
            except,
            is_default,
        }
    }

    fn names_of(
        &mut self,
        policy: &Policy,
        people: &People,
    ) -> (BTreeSet<Assignee>, BTreeSet<String>) {
        let directory = self.model.directory();
        let name = |id: UsersId| directory.users(id).to_owned();
        let names = |members: &[Member]| -> BTreeSet<String> {
            members.iter().filter_map(|member| member.group).map(name).collect()
        };
        // A clause whose groups have several filters is refused.
        let assignee = |member: &Member| Assignee {
            group: member.group.map(name),
            filter: member.matching.first().map(|test| FilterUse {
                name: directory.filter(test.filter).to_owned(),
                holds: test.holds,
            }),
        };
        let assignees = |of: &[Member]| -> BTreeSet<Assignee> { of.iter().map(assignee).collect() };
        let (of, except) = match people {
            People::Some { of: None, except } => {
                ([Assignee::ALL].into_iter().collect(), names(except))
            }
            People::Some { of: Some(of), except } | People::All { of, except } => {
                (assignees(of), names(except))
            }
            People::Exactly { of, .. } => {
                let of: Vec<Member> = of.iter().copied().map(Member::from).collect();
                (assignees(&of), BTreeSet::new())
            }
        };
        for filter in of.iter().filter_map(|one| one.filter.as_ref()) {
            let name = &filter.name;
            let id = self.names.filter_id(name).unwrap_or(name);
            if !is_guid(id) {
                let message = format!("the filter `{name}` has no object id");
                let help =
                    format!("Graph wants it; give it as the title: `filter {name} \"00000000-…\"`");
                let diagnostic = Diagnostic::new(Code::ExportNoGroupId, message);
                self.found.push(diagnostic.at(policy.span, "").help(help));
            }
        }
        let groups = of.iter().filter_map(|one| one.group.as_ref());
        for name in groups.chain(&except) {
            let id = self.names.group_id(name).unwrap_or(name);
            if !is_guid(id) && id != UNASSIGNED {
                let message = format!("the group `{name}` has no object id");
                let help =
                    format!("Graph wants it; give it as the title: `users {name} \"00000000-…\"`");
                let place = declaration(self.checked.files(), name).unwrap_or(policy.span);
                let diagnostic = Diagnostic::new(Code::ExportNoGroupId, message);
                self.found.push(diagnostic.at(place, "").help(help));
            }
        }
        (of, except)
    }
}

/// The place of a user group's declaration.
fn declaration(files: &[File], name: &str) -> Option<Span> {
    let mut items = files.iter().flat_map(|file| &file.items);
    items.find_map(|item| match &item.kind {
        ItemKind::Users(users) if users.name.text == name => Some(users.name.span),
        _ => None,
    })
}

/// Whether a text has the form of an object id: 32 digits in five groups.
fn is_guid(text: &str) -> bool {
    let groups: Vec<_> = text.split('-').collect();
    let lengths: Vec<_> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12]
        && groups.iter().all(|group| group.chars().all(|c| c.is_ascii_hexdigit()))
}

/// The clauses on which settings depend.
fn relevant(kinds: &[UserClass], fits: &Fits, count: usize) -> Vec<usize> {
    let mut kept: Vec<usize> = (0..count).collect();
    for clause in 0..count {
        let without: Vec<usize> = kept.iter().copied().filter(|one| *one != clause).collect();
        let mut known: BTreeMap<Vec<bool>, &Vec<Fit>> = BTreeMap::new();
        let is_idle = kinds.iter().zip(fits).all(|(kind, row)| {
            let answers = kind.answers(&without);
            *known.entry(answers).or_insert(row) == row
        });
        if is_idle {
            kept = without;
        }
    }
    kept
}

/// The users inside a clause, or outside; `None` if no clause expresses them.
fn narrow(people: &[People], clause: &People, is_meant: bool) -> Option<Vec<People>> {
    let People::Some { of, except } = clause else { return None };
    let pieces: Vec<People> = if is_meant {
        vec![clause.clone()]
    } else {
        let outside = of.as_ref().map(|of| People::Some { of: None, except: of.clone() });
        let left_out = People::Some { of: Some(except.clone()), except: Vec::new() };
        outside.into_iter().chain((!except.is_empty()).then_some(left_out)).collect()
    };
    let mut found = Vec::new();
    for piece in &pieces {
        for one in people {
            let both = both(one, piece)?;
            // A clause without users is dropped.
            if both.meets(&People::ANYBODY) {
                found.push(both);
            }
        }
    }
    Some(found)
}

/// The users of both clauses; `None` if no clause expresses them.
fn both(a: &People, b: &People) -> Option<People> {
    let (People::Some { of: x, except: not_x }, People::Some { of: y, except: not_y }) = (a, b)
    else {
        return None;
    };
    let of = match (x, y) {
        (None, of) | (of, None) => of.clone(),
        (Some(x), Some(y)) if x.iter().all(|group| y.contains(group)) => Some(x.clone()),
        (Some(x), Some(y)) if y.iter().all(|group| x.contains(group)) => Some(y.clone()),
        (Some(_), Some(_)) => return None,
    };
    let mut except: Vec<Member> = not_x.iter().chain(not_y).cloned().collect();
    except.sort_unstable();
    except.dedup();
    // A group that is excluded need not be included.
    let of = of.map(|of| of.into_iter().filter(|group| !except.contains(group)).collect());
    Some(People::Some { of, except })
}

/// The levels that one policy can hold together, with their settings.
fn merge(levels: &[DeviceStates], row: &[Fit], platform: Platform) -> Vec<(DeviceStates, Fit)> {
    let mut merged: Vec<(DeviceStates, Fit)> = Vec::new();
    let (alone, enrolled): (Vec<_>, Vec<_>) =
        levels.iter().zip(row).partition(|(states, _)| states.contains(DeviceState::Unmanaged));
    for (states, fit) in enrolled {
        match merged.iter_mut().find(|(_, known)| known == fit) {
            Some((known, _)) => *known = known.or(*states),
            None => merged.push((*states, fit.clone())),
        }
    }
    for (states, fit) in alone {
        let unified = merged.iter_mut().find_map(|slot| {
            let fit = Fit::unify(fit, &slot.1, platform)?;
            Some((slot, fit))
        });
        match unified {
            Some((slot, fit)) => *slot = (slot.0.or(*states), fit),
            None => merged.insert(0, (*states, fit.clone())),
        }
    }
    merged
}

/// The diagnostic about attempts after which a PIN is reset and, after more of them, data is wiped.
fn two_outcomes(access: &[&Access]) -> Option<Diagnostic> {
    let stated = |access: &&Access| match &access.kind {
        AccessKind::Require(Requirement::Pin(pin)) => pin.attempts,
        _ => None,
    };
    let stated: Vec<Spanned<Attempts>> = access.iter().filter_map(stated).collect();
    let reset = stated.iter().filter_map(|field| field.value.reset).min()?;
    let wipe = stated.iter().filter_map(|field| field.value.wipe).min()?;
    let place = stated.iter().find(|field| field.value.reset == Some(reset))?;
    let message = "Graph has one number of attempts and one action behind it";
    let help = "keep `then reset` or `then wipe`, or let `on` and `devices` keep them apart";
    let diagnostic = Diagnostic::new(Code::ExportNoSetting, message).at(place.span, "");
    (reset < wipe).then(|| diagnostic.help(help))
}
