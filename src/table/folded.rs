//! The folded model: a model over equivalence classes of endpoints and devices.
//!
//! Takes in a model and perhaps rules that are not in force, gives out a device context for each kind of
//! device (views, participants, reasons), and a matrix builder for each channel on it. Analysis asks it, and no
//! table is built from it; which results are kept is not known here.

#![allow(
    clippy::indexing_slicing,
    reason = "classes and device kinds are numbered by the folded model that these lists belong to"
)]

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::applicability::{Applicability, Applying, Participant, Participation, Policies, View};
use super::decisions::{Combiner, Outcome};
use super::ir::{
    ClassKey, ClauseOf, Device, DeviceKind, DeviceKinds, EndpointClasses, EndpointIndex,
    GroupVariables, Ir, TermLists,
};
use super::matrix::{ClassViews, MatrixBuilder, MatrixKey, SideViews};
use crate::dd::{Cond, Manager};
use crate::limits::LimitExceeded;
use crate::model::{AppId, Model, PolicyId, Rule, RuleId};
use crate::movement::Endpoint;
use crate::vocabulary::{Channel, Kind, Platform, Side};

/// A model over equivalence classes.
pub(crate) struct FoldedModel {
    pub(super) ir: Ir,
    /// By policy: the users whom it is for under some answer of the filters.
    pub(super) assigned: Vec<Cond>,
    /// The classes of sources and of targets.
    pub(super) classes: [EndpointClasses; 2],
    pub(super) devices: DeviceKinds,
    pub(super) endpoints: EndpointIndex,
    /// By side and platform: the terms that hold each view.
    terms: [[TermLists; Platform::ALL.len()]; 2],
    /// The classes of sources and of targets in the order in which examples are looked for.
    pub(super) orders: [Vec<usize>; 2],
}

/// One kind of device: applicability, views and reasons.
pub(crate) struct DeviceContext {
    pub(super) device: Device,
    pub(super) applicability: Applicability,
    /// The classes of sources and of targets.
    pub(super) sides: [SideContext; 2],
}

/// The classes of one side on one kind of device.
pub(super) struct SideContext {
    /// By class: its views.
    pub(super) views: Vec<Vec<View>>,
    /// By class: the decision where no policy applies.
    pub(super) reasons: Vec<Outcome>,
}

impl FoldedModel {
    /// Folds a model. With `what_if`, that report-only policy counts as live. `extra` are rules to try;
    /// they are numbered behind those of the model. `clause` must know every clause of model and rules, whose
    /// variables are `groups`.
    pub(crate) fn new(
        model: &Model,
        what_if: Option<PolicyId>,
        extra: &[Rule],
        manager: &mut Manager,
        clause: &ClauseOf<'_>,
        groups: &GroupVariables,
    ) -> Result<Self, LimitExceeded> {
        let endpoints = EndpointIndex::new(model.apps().len(), model.storages().len());
        let classes = |side| {
            let rules = model.rules().iter().chain(extra);
            EndpointClasses::new(model, rules, side, endpoints)
        };
        let classes = [classes(Side::Source)?, classes(Side::Target)?];
        let both = [&classes[0], &classes[1]];
        let ir = Ir::new(model, what_if, extra, both, manager, clause)?;
        let people = ir.policies.iter().map(|policy| policy.people);
        let assigned = people.map(|people| groups.without_filters(manager, people));
        let assigned = assigned.collect::<Result<_, _>>()?;
        let terms = [0, 1].map(|side: usize| {
            let views = 2 * classes[side].len();
            let on =
                |platform: usize| TermLists::new(&ir.sets[side], Platform::ALL[platform], views);
            std::array::from_fn(on)
        });
        let orders = classes.each_ref().map(EndpointClasses::by_app);
        let devices = DeviceKinds::new(model, extra);
        Ok(Self { ir, assigned, classes, devices, endpoints, terms, orders })
    }

    /// The policies in numbers, with the users whom filters may let in.
    pub(super) fn policies(&self) -> Policies<'_> {
        Policies { ir: &self.ir, assigned: &self.assigned }
    }

    /// The kinds of devices, each with an example.
    pub(crate) fn device_kinds(&self) -> impl Iterator<Item = (DeviceKind, Device)> + '_ {
        let kinds = self.devices.witnesses.iter().zip(0..);
        kinds.map(|(device, number)| (DeviceKind(number), *device))
    }

    /// The kind of a device; `None` where the platform lacks the state.
    pub(crate) fn device_kind(&self, device: Device) -> Option<DeviceKind> {
        self.devices.number(device.platform, device.state)
    }

    /// The class of an endpoint.
    pub(crate) fn class_of(&self, side: Side, end: Endpoint) -> usize {
        self.classes[side as usize].of_endpoint[self.endpoints.number(end)] as usize
    }

    /// The context of a kind of device, with `what_if` as for [`new`](Self::new).
    pub(crate) fn device_context(
        &self,
        combiner: &mut Combiner,
        kind: DeviceKind,
        what_if: Option<PolicyId>,
    ) -> Result<DeviceContext, LimitExceeded> {
        let device = self.devices.witnesses[kind.index()];
        let applicability =
            Applicability::new(self.policies(), &mut combiner.manager, device, what_if)?;
        let sides =
            [self.side(combiner, &applicability, 0)?, self.side(combiner, &applicability, 1)?];
        Ok(DeviceContext { device, applicability, sides })
    }

    fn side(
        &self,
        combiner: &mut Combiner,
        applicability: &Applicability,
        side: usize,
    ) -> Result<SideContext, LimitExceeded> {
        let (ir, classes) = (&self.ir, &self.classes[side]);
        let mut views = Vec::with_capacity(classes.len());
        let mut reasons = Vec::with_capacity(classes.len());
        let mut known = HashMap::with_hasher(FxBuildHasher);
        for class in 0..classes.len() {
            let of_class = applicability.views(ir, &mut combiner.manager, classes, class)?;
            let unmanaged = of_class.iter().find(|view| !view.is_managed());
            let unmanaged = unmanaged.map_or(Cond::FALSE, |view| view.when);
            let manager = &mut combiner.manager;
            let reason = applicability.reason(ir, manager, classes, class, unmanaged)?;
            views.push(of_class);
            let outcome = match known.get(&reason) {
                Some(outcome) => *outcome,
                None => combiner.not_enforced(reason)?,
            };
            known.insert(reason, outcome);
            reasons.push(outcome);
        }
        Ok(SideContext { views, reasons })
    }

    /// Prepares the matrix of a channel.
    pub(super) fn matrix(
        &self,
        combiner: &mut Combiner,
        on: &DeviceContext,
        channel: Channel,
        extra: &[RuleId],
    ) -> Result<MatrixBuilder, LimitExceeded> {
        let Device { platform, state } = on.device;
        let sides = [Side::Source, Side::Target].map(|side| SideViews {
            classes: self.class_views(&on.sides[side as usize], channel, side),
            terms: &self.terms[side as usize][platform.index()],
        });
        let key = MatrixKey { channel, platform, state };
        MatrixBuilder::new(&self.ir, combiner, key, sides, extra)
    }

    /// The classes of one side as a channel sees them.
    fn class_views<'e>(
        &self,
        on: &'e SideContext,
        channel: Channel,
        side: Side,
    ) -> Vec<ClassViews<'e>> {
        let gives_reason = side == channel.own_side();
        let keys = self.classes[side as usize].keys.iter();
        keys.zip(&on.views)
            .zip(&on.reasons)
            .map(|((key, views), reason)| ClassViews {
                views: if fits(channel, side, *key) { views } else { &[] },
                reason: gives_reason.then_some(*reason),
            })
            .collect()
    }
}

impl DeviceContext {
    /// The users for whom a class is managed.
    pub(super) fn managed(&self, side: Side, class: usize) -> Cond {
        let views = &self.sides[side as usize].views[class];
        let managed = views.iter().find(|view| view.is_managed());
        managed.map_or(Cond::FALSE, |view| view.when)
    }

    /// The users for whom policies judge a class with all of their rules.
    pub(super) fn judged(
        &self,
        manager: &mut Manager,
        side: Side,
        class: usize,
    ) -> Result<Cond, LimitExceeded> {
        let mut judged = Cond::FALSE;
        for view in &self.sides[side as usize].views[class] {
            let full = |one: &&Participant| one.participation == Participation::Full;
            let any = manager.any(view.participants.iter().filter(full).map(|one| one.when))?;
            let here = manager.and(view.when, any)?;
            judged = manager.or(judged, here)?;
        }
        Ok(judged)
    }

    /// The users for whom a policy applies to an app, whatever the account.
    pub(crate) fn applies(&self, folded: &FoldedModel, policy: PolicyId, app: AppId) -> Cond {
        self.applicability.applies(&folded.ir, policy, app)
    }

    /// The policies that apply to some app, with the users for whom they do.
    pub(crate) fn of_any_app(&self, manager: &mut Manager) -> Result<Applying, LimitExceeded> {
        self.applicability.of_any_app(manager)
    }
}

/// Whether the endpoints of a class can stand on a side of a channel.
fn fits(channel: Channel, side: Side, key: ClassKey) -> bool {
    let kind = channel.kind_at(side);
    match key {
        ClassKey::App { .. } => kind == Kind::App,
        ClassKey::Storage { .. } => kind == Kind::Storage,
        ClassKey::Place(place) => channel.places().contains(&place),
    }
}
