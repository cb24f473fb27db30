//! Effects of edits: the movements that other rules would decide differently.
//!
//! Takes in a model with rules to try, gives out for each edit the affected movements, or an example of them.
//! Which edits are worth trying is not known here.

#![allow(
    clippy::indexing_slicing,
    reason = "rules are numbered by the model that these lists belong to"
)]

use std::collections::HashMap;
use std::ops::ControlFlow;

use crate::analysis::engine::endpoints::{can_move, every_endpoint, is_deployed, movement};
use crate::analysis::engine::users::Users;
use crate::dd::{ApplyCache, Cond, Manager};
use crate::limits::{LimitExceeded, Limits};
use crate::model::{AppId, Model, People, PolicyId, Rule, RuleId};
use crate::movement::{Context, Endpoint, Movement};
use crate::table::{
    Affected, AffectedClass, ApplicableRules, Clauses, Combiner, DecisionId, Device, DeviceContext,
    DeviceKind, Flow, FoldedModel, Outcome, RuleEdit,
};
use crate::vocabulary::{Channel, DeviceState, Side};

/// A model whose rules can be edited.
pub(in crate::analysis) struct EditableModel<'a> {
    pub(in crate::analysis) model: &'a Model,
    pub(in crate::analysis) users: Users,
    classes: ClassMembers,
    /// By kind of device: the context.
    contexts: Vec<DeviceContext>,
}

/// A folded model with the members of its classes.
struct ClassMembers {
    folded: FoldedModel,
    /// By kind of device, channel and side: the endpoints of each class.
    members: HashMap<(DeviceKind, Channel, Side), Vec<Vec<Endpoint>>>,
}

/// An example of the movements that an edit affects or that a rule matches.
#[derive(Debug, Clone)]
pub(in crate::analysis) struct Example {
    pub(in crate::analysis) kind: DeviceKind,
    pub(in crate::analysis) channel: Channel,
    pub(in crate::analysis) ends: [Endpoint; 2],
    /// The users concerned.
    pub(in crate::analysis) users: Cond,
    /// The outcomes before and after the edit.
    pub(in crate::analysis) before: Outcome,
    pub(in crate::analysis) after: Outcome,
}

/// Results of the comparison of outcomes.
pub(in crate::analysis) type DiffersCache = ApplyCache<DecisionId, DecisionId, bool>;

impl<'a> EditableModel<'a> {
    /// A model with rules that are not in force, among the users that all rules and some more clauses tell
    /// apart. The extra rules are numbered behind the model's own.
    pub(in crate::analysis) fn new<'c>(
        model: &'a Model,
        what_if: Option<PolicyId>,
        extra: &[Rule],
        limits: &Limits,
        more: impl Iterator<Item = &'c People>,
    ) -> Result<Self, LimitExceeded> {
        let more: Vec<&People> = more.collect();
        let extra_clauses = extra.iter().filter_map(|rule| rule.scope.people.as_ref());
        let clauses = Clauses::of(model).and(extra_clauses).and(more);
        let mut users = Users::new(&clauses, model.attributes(), limits)?;
        let Users { groups, combiner, .. } = &mut users;
        let clause = |manager: &mut Manager, people: &People| groups.clause(manager, people);
        let folded =
            FoldedModel::new(model, what_if, extra, &mut combiner.manager, &clause, groups)?;
        let kinds = folded.device_kinds();
        let contexts = kinds.map(|(kind, _)| folded.device_context(combiner, kind, None));
        let contexts = contexts.collect::<Result<_, _>>()?;
        Ok(Self { model, users, classes: ClassMembers::new(model, folded), contexts })
    }

    /// Everything but the users, and the users.
    pub(in crate::analysis) fn parts(&mut self) -> (Stage<'_>, &mut Users) {
        let Self { model, users, classes, contexts } = self;
        (Stage { model, classes, contexts }, users)
    }

    /// Calls `show` with the movements that each edit affects; a break ends the calls for that edit.
    pub(in crate::analysis) fn show_effects(
        &mut self,
        edits: &[RuleEdit],
        mut show: impl FnMut(&mut Combiner, Stage<'_>, usize, &Affected) -> Flow,
    ) -> Result<(), LimitExceeded> {
        let (stage, users) = self.parts();
        let (folded, combiner) = (&stage.classes.folded, &mut users.combiner);
        folded.effects(combiner, stage.contexts, edits, |combiner, number, affected| {
            show(combiner, stage, number, &affected)
        })
    }

    /// Calls `show` with the movements that each rule matches; a break ends the calls for that rule.
    pub(in crate::analysis) fn show_matches(
        &mut self,
        rules: &[RuleId],
        mut show: impl FnMut(&mut Combiner, Stage<'_>, usize, &Affected) -> Flow,
    ) -> Result<(), LimitExceeded> {
        let (stage, users) = self.parts();
        let (folded, combiner) = (&stage.classes.folded, &mut users.combiner);
        folded.matches(combiner, stage.contexts, rules, |combiner, number, affected| {
            show(combiner, stage, number, &affected)
        })
    }

    /// By edit: whether it affects anything. Single users show most effects; all users are asked about
    /// the edits that are left.
    pub(in crate::analysis) fn have_effects(
        &mut self,
        edits: &[RuleEdit],
    ) -> Result<Vec<bool>, LimitExceeded> {
        let mut found = self.probe(edits)?;
        let open: Vec<usize> = (0..edits.len()).filter(|number| !found[*number]).collect();
        let rest: Vec<RuleEdit> = open.iter().map(|number| edits[*number].clone()).collect();
        let mut cache = DiffersCache::default();
        self.show_effects(&rest, |combiner, stage, number, affected| {
            let has_effect = stage.effect(combiner, affected, &mut cache)?.is_some();
            found[open[number]] = has_effect;
            Ok(break_if(has_effect))
        })?;
        Ok(found)
    }

    fn probe(&mut self, edits: &[RuleEdit]) -> Result<Vec<bool>, LimitExceeded> {
        let (stage, users) = self.parts();
        let (folded, combiner) = (&stage.classes.folded, &mut users.combiner);
        folded.probe(combiner, stage.contexts, edits, |combiner, affected| {
            let example = stage.example(combiner, &affected, affected.users)?;
            Ok(example.map_or(Cond::FALSE, |example| example.users))
        })
    }

    /// The movement of an example, for the user in the fewest groups for whom it is one.
    pub(in crate::analysis) fn movement(&self, example: &Example) -> Option<Movement> {
        let users = self.users.example(example.users)?;
        let folded = &self.classes.folded;
        let (_, device) = folded.device_kinds().find(|(kind, _)| *kind == example.kind)?;
        let state = if example.ends.iter().any(is_deployed) {
            self.classes.enrolled_state(example.kind, device)
        } else {
            device.state
        };
        let attributes = self.model.attributes();
        let context = Context::new(attributes, &users, device.platform, state);
        let [from, to] = example.ends;
        Some(movement(self.model, example.channel, (from, to), context))
    }

    /// By kind of device: the policies that apply to some app, each with the users for whom it does.
    pub(in crate::analysis) fn applying(
        &mut self,
    ) -> Result<Vec<Vec<(PolicyId, Cond)>>, LimitExceeded> {
        let (stage, users) = self.parts();
        stage.contexts.iter().map(|context| context.of_any_app(users.manager())).collect()
    }
}

/// Breaks off if enough was seen.
pub(in crate::analysis) fn break_if(enough: bool) -> ControlFlow<()> {
    if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

impl ClassMembers {
    fn new(model: &Model, folded: FoldedModel) -> Self {
        let mut found = Self { folded, members: HashMap::new() };
        let kinds: Vec<_> = found.folded.device_kinds().collect();
        for (kind, device) in kinds {
            let state = found.enrolled_state(kind, device);
            for channel in Channel::ALL.iter().filter(|one| one.exists_on(device.platform)) {
                for side in [Side::Source, Side::Target] {
                    let ends = every_endpoint(model, *channel, side, device.platform, state);
                    let mut members: Vec<Vec<Endpoint>> = Vec::new();
                    for end in ends {
                        let class = found.folded.class_of(side, end);
                        if members.len() <= class {
                            members.resize(class + 1, Vec::new());
                        }
                        members[class].push(end);
                    }
                    found.members.insert((kind, *channel, side), members);
                }
            }
        }
        found
    }

    /// A state of a kind of device, if possible one in which apps can be deployed.
    fn enrolled_state(&self, kind: DeviceKind, device: Device) -> DeviceState {
        let alike = |state: &&DeviceState| {
            let device = Device { state: **state, ..device };
            state.is_enrolled() && self.folded.device_kind(device) == Some(kind)
        };
        DeviceState::ALL.iter().find(alike).copied().unwrap_or(device.state)
    }
}

/// An editable model without its users.
#[derive(Clone, Copy)]
pub(in crate::analysis) struct Stage<'s> {
    pub(in crate::analysis) model: &'s Model,
    classes: &'s ClassMembers,
    contexts: &'s [DeviceContext],
}

impl<'s> Stage<'s> {
    /// The kinds of devices, each with an example.
    pub(in crate::analysis) fn device_kinds(
        self,
    ) -> impl Iterator<Item = (DeviceKind, Device)> + 's {
        self.classes.folded.device_kinds()
    }

    pub(in crate::analysis) fn device_kind(self, device: Device) -> Option<DeviceKind> {
        self.classes.folded.device_kind(device)
    }

    /// The endpoints of a class.
    pub(in crate::analysis) fn members(
        self,
        kind: DeviceKind,
        channel: Channel,
        side: Side,
        class: usize,
    ) -> &'s [Endpoint] {
        let all = self.classes.members.get(&(kind, channel, side));
        all.and_then(|all| all.get(class)).map_or(&[], Vec::as_slice)
    }

    /// The users for whom a policy applies to an app.
    pub(in crate::analysis) fn applies(
        self,
        kind: DeviceKind,
        policy: PolicyId,
        app: AppId,
    ) -> Cond {
        let context = self.contexts.get(kind.index());
        context.map_or(Cond::FALSE, |context| context.applies(&self.classes.folded, policy, app))
    }

    /// The rules and defaults by which policies would decide between two views without a rule, for the
    /// users for whom the views exist: all policies, or one.
    pub(in crate::analysis) fn rules_without(
        self,
        manager: &mut Manager,
        affected: &Affected,
        views: [AffectedClass; 2],
        without: RuleId,
        of_policy: Option<PolicyId>,
    ) -> Result<ApplicableRules<Cond>, LimitExceeded> {
        let on = &self.contexts[affected.kind.index()];
        self.classes.folded.rules_without(manager, on, (affected, views), without, of_policy)
    }

    /// Whether some policy would block between two views without a rule, for one of the users for whom the
    /// views exist: the one in the groups of these variables.
    pub(in crate::analysis) fn is_blocked_without(
        self,
        manager: &Manager,
        affected: &Affected,
        views: [AffectedClass; 2],
        without: RuleId,
        user: &[u32],
    ) -> Result<bool, LimitExceeded> {
        let on = &self.contexts[affected.kind.index()];
        self.classes.folded.is_blocked_without(manager, on, (affected, views), without, user)
    }

    /// Two endpoints of two views between which there are movements.
    pub(in crate::analysis) fn ends(
        self,
        affected: &Affected,
        [source, target]: [AffectedClass; 2],
    ) -> Option<[Endpoint; 2]> {
        let Affected { kind, channel, .. } = *affected;
        let targets = self.members(kind, channel, Side::Target, target.class);
        let sources = self.members(kind, channel, Side::Source, source.class).iter();
        let mut pairs = sources.flat_map(|from| targets.iter().map(move |to| [*from, *to]));
        pairs.find(|[from, to]| can_move(self.model, channel, source.view(*from), target.view(*to)))
    }

    /// An example of the movements of a piece whose decision an edit changes.
    pub(in crate::analysis) fn effect(
        self,
        combiner: &mut Combiner,
        affected: &Affected,
        cache: &mut DiffersCache,
    ) -> Result<Option<Example>, LimitExceeded> {
        let (before, after) = (affected.before, affected.after);
        let users = combiner.manager.apply(before, after, cache, |a, b| a != b)?;
        self.example(combiner, affected, users)
    }

    /// An example of the movements of a piece, for some of the users.
    pub(in crate::analysis) fn example(
        self,
        combiner: &mut Combiner,
        affected: &Affected,
        users: Cond,
    ) -> Result<Option<Example>, LimitExceeded> {
        let Affected { kind, channel, before, after, .. } = *affected;
        for source in &affected.sources {
            let from = combiner.manager.and(users, source.when)?;
            if from.is_never() {
                continue;
            }
            for target in &affected.targets {
                let users = combiner.manager.and(from, target.when)?;
                if users.is_never() {
                    continue;
                }
                if let Some(ends) = self.ends(affected, [*source, *target]) {
                    let example = Example { kind, channel, ends, users, before, after };
                    return Ok(Some(example));
                }
            }
        }
        Ok(None)
    }
}
