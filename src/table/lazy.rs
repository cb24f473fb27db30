//! Lazy matrices: the outcomes of a folded model, worked out for the rows that are asked about.
//!
//! Takes in views of endpoints, gives out outcomes between them and the rules that determine these, for all
//! users at once. Results are kept, up to a number of them. Analysis asks these matrices and no table, so that
//! it does not depend on the layout of tables.

#![allow(
    clippy::indexing_slicing,
    reason = "device kinds, channels and views are numbered by the folded model that these lists belong to"
)]

use std::collections::HashMap;
use std::rc::Rc;

use rustc_hash::FxBuildHasher;
use smallvec::SmallVec;

use super::applicability::{Applicability, Participants, View};
use super::attribution::{ApplicableRules, Attribution, EveryRule};
use super::decisions::{Combiner, NOT_APPLICABLE, Outcome};
use super::folded::{DeviceContext, FoldedModel, SideContext};
use super::ir::{Device, DeviceKind, RuleIr};
use super::matrix::MatrixBuilder;
use crate::bits::Bits;
use crate::dd::{Cond, keep_of};
use crate::limits::LimitExceeded;
use crate::model::{PolicyId, RuleId};
use crate::movement::Endpoint;
use crate::vocabulary::{Channel, Effect, Reason, Side};

/// An endpoint as rules see it for some users: managed or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct EndpointView {
    pub(crate) end: Endpoint,
    pub(crate) managed: bool,
}

/// The policies that judge an endpoint on a kind of device.
pub(crate) struct Judgement {
    pub(crate) views: SmallVec<[JudgedView; 2]>,
    /// The decision where none applies.
    pub(crate) reason: Outcome,
}

/// A view of an endpoint with its participants.
pub(crate) struct JudgedView {
    pub(crate) managed: bool,
    /// The users for whom it exists.
    pub(crate) when: Cond,
    pub(crate) participants: Participants,
}

/// A row or a column of the matrix of a channel and a kind of device. Views on one line are decided alike,
/// for whichever users they exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LineId(usize);

/// The steps that a cell counts beside those of its diagrams: about as long as they take.
const STEPS_OF_CELL: usize = 20;

/// The most cells that are kept. Behind that they are worked out anew, so that memory stays within bounds.
const MOST_KNOWN: usize = 1 << 20;

/// The matrix of a channel on a kind of device.
type MatrixNumber = (DeviceKind, Channel);

/// The outcomes of a folded model.
pub(crate) struct LazyMatrices {
    folded: FoldedModel,
    contexts: HashMap<DeviceKind, Rc<DeviceContext>, FxBuildHasher>,
    what_ifs: HashMap<(DeviceKind, PolicyId), Rc<Applicability>, FxBuildHasher>,
    matrices: HashMap<MatrixNumber, Rc<LazyMatrix>, FxBuildHasher>,
    rows: HashMap<(MatrixNumber, LineId), Rc<[Outcome]>, FxBuildHasher>,
    outcomes: HashMap<(MatrixNumber, [LineId; 2]), Outcome, FxBuildHasher>,
}

/// The matrix of one channel on one kind of device.
struct LazyMatrix {
    builder: MatrixBuilder,
    /// By column: the first one that is decided alike.
    columns: Vec<usize>,
}

impl LazyMatrices {
    pub(crate) fn new(folded: FoldedModel) -> Self {
        Self {
            folded,
            contexts: HashMap::default(),
            what_ifs: HashMap::default(),
            matrices: HashMap::default(),
            rows: HashMap::default(),
            outcomes: HashMap::default(),
        }
    }

    /// The kind of a device; `None` where the platform lacks the state.
    pub(crate) fn device_kind(&self, device: Device) -> Option<DeviceKind> {
        self.folded.device_kind(device)
    }

    /// The class of an endpoint.
    pub(crate) fn class_of(&self, side: Side, end: Endpoint) -> usize {
        self.folded.class_of(side, end)
    }

    /// The default effect of a policy on a side.
    pub(crate) fn default_effect(&self, policy: PolicyId, side: Side) -> Effect {
        self.folded.ir.default_effect(policy, side)
    }

    /// The rules of a policy.
    pub(crate) fn rules_of(&self, policy: PolicyId) -> impl Iterator<Item = (RuleId, &RuleIr)> {
        let ir = &self.folded.ir;
        ir.rules_of(ir.policy(policy)).iter().map(|id| (*id, ir.rule(*id)))
    }

    /// The views of an endpoint with their participants.
    pub(crate) fn judgement(
        &mut self,
        combiner: &mut Combiner,
        kind: DeviceKind,
        side: Side,
        end: Endpoint,
    ) -> Result<Judgement, LimitExceeded> {
        let class = self.folded.class_of(side, end);
        let context = self.context(combiner, kind)?;
        let SideContext { views, reasons } = &context.sides[side as usize];
        let judged = |view: &View| JudgedView {
            managed: view.is_managed(),
            when: view.when,
            participants: Rc::clone(&view.participants),
        };
        Ok(Judgement { views: views[class].iter().map(judged).collect(), reason: reasons[class] })
    }

    /// The users for whom an endpoint is managed.
    pub(crate) fn managed(
        &mut self,
        combiner: &mut Combiner,
        kind: DeviceKind,
        end: Endpoint,
    ) -> Result<Cond, LimitExceeded> {
        let class = self.folded.class_of(Side::Source, end);
        Ok(self.context(combiner, kind)?.managed(Side::Source, class))
    }

    /// The users for whom policies judge an endpoint with all of their rules: where it is managed, and where
    /// unconfirmed policies apply to it.
    pub(crate) fn judged(
        &mut self,
        combiner: &mut Combiner,
        kind: DeviceKind,
        end: Endpoint,
    ) -> Result<Cond, LimitExceeded> {
        let class = self.folded.class_of(Side::Source, end);
        let context = self.context(combiner, kind)?;
        context.judged(&mut combiner.manager, Side::Source, class)
    }

    /// The users to whom no policy applies at an endpoint, by the reason.
    pub(crate) fn reasons(
        &mut self,
        combiner: &mut Combiner,
        kind: DeviceKind,
        end: Endpoint,
    ) -> Result<Vec<(Option<Reason>, Cond)>, LimitExceeded> {
        let judged = self.judged(combiner, kind, end)?;
        let reasons = self.judgement(combiner, kind, Side::Source, end)?.reason;
        let mut found = Vec::new();
        for (decision, when) in combiner.parts(reasons)? {
            let when = combiner.manager.and_not(when, judged)?;
            let reason = combiner.decision(decision).reason;
            found.extend((!when.is_never()).then_some((reason, when)));
        }
        Ok(found)
    }

    /// The users for whom a policy applies to an app, whatever the account.
    pub(crate) fn applies(
        &mut self,
        combiner: &mut Combiner,
        kind: DeviceKind,
        policy: PolicyId,
        end: Endpoint,
    ) -> Result<Cond, LimitExceeded> {
        let Endpoint::App { app, .. } = end else { return Ok(Cond::FALSE) };
        let context = self.context(combiner, kind)?;
        Ok(context.applicability.applies(&self.folded.ir, policy, app))
    }

    /// The views of an endpoint, each with the users for whom it exists.
    pub(crate) fn views(
        &mut self,
        combiner: &mut Combiner,
        kind: DeviceKind,
        end: Endpoint,
    ) -> Result<Vec<(EndpointView, Cond)>, LimitExceeded> {
        let class = self.folded.class_of(Side::Source, end);
        let context = self.context(combiner, kind)?;
        let views = context.sides[Side::Source as usize].views[class].iter();
        let view = |one: &View| (EndpointView { end, managed: one.is_managed() }, one.when);
        Ok(views.map(view).collect())
    }

    /// The line of a view on one side of a channel; `None` where its endpoint cannot stand there.
    pub(crate) fn line(
        &mut self,
        combiner: &mut Combiner,
        kind: DeviceKind,
        channel: Channel,
        side: Side,
        EndpointView { end, managed }: EndpointView,
    ) -> Result<Option<LineId>, LimitExceeded> {
        let class = self.folded.class_of(side, end);
        let matrix = self.matrix(combiner, (kind, channel))?;
        let signatures = match side {
            Side::Source => &matrix.builder.sources,
            Side::Target => &matrix.builder.targets,
        };
        let views = signatures.of_class[class].iter().flatten();
        let signature = views.clone().find(|view| view.managed == managed);
        Ok(signature.map(|view| match side {
            Side::Source => LineId(view.signature),
            Side::Target => LineId(matrix.columns[view.signature]),
        }))
    }

    /// The outcome between a row and a column: a decision for every user for whom there are such views.
    pub(crate) fn outcome(
        &mut self,
        combiner: &mut Combiner,
        kind: DeviceKind,
        channel: Channel,
        [row, column]: [LineId; 2],
    ) -> Result<Outcome, LimitExceeded> {
        let at = (kind, channel);
        if let Some(known) = self.outcomes.get(&(at, [row, column])) {
            return Ok(*known);
        }
        combiner.manager.take_steps(STEPS_OF_CELL)?;
        let matrix = self.matrix(combiner, at)?;
        let builder = &matrix.builder;
        let by_source = self.row(combiner, at, row)?[column.0];
        let held = builder.held_for_targets(row.0, &builder.active);
        let by_target = builder.by_target(&self.folded.ir, combiner, &held, column.0)?;
        let by_target = combiner.restricted(by_target, builder.targets.list[column.0].exists)?;
        let joined = combiner.deny_overrides(by_source, by_target)?;
        let found = builder.decided(combiner, row.0, column.0, joined)?;
        keep_of(&mut self.outcomes, MOST_KNOWN, (at, [row, column]), found);
        Ok(found)
    }

    /// By column: the outcome as far as policies of the source decide it.
    fn row(
        &mut self,
        combiner: &mut Combiner,
        at: MatrixNumber,
        row: LineId,
    ) -> Result<Rc<[Outcome]>, LimitExceeded> {
        if let Some(known) = self.rows.get(&(at, row)) {
            return Ok(Rc::clone(known));
        }
        let matrix = self.matrix(combiner, at)?;
        let builder = &matrix.builder;
        let width = builder.width();
        let everywhere = Bits::new(width).not(width);
        let mut cells = vec![NOT_APPLICABLE; width];
        let (ir, active) = (&self.folded.ir, &builder.active);
        for (columns, outcome) in builder.by_source(ir, combiner, row.0, active, &everywhere)? {
            let outcome = combiner.restricted(outcome, builder.sources.list[row.0].exists)?;
            columns.iter().for_each(|column| cells[column] = outcome);
        }
        let cells: Rc<[Outcome]> = cells.into();
        self.rows.insert((at, row), Rc::clone(&cells));
        Ok(cells)
    }

    fn matrix(
        &mut self,
        combiner: &mut Combiner,
        at: MatrixNumber,
    ) -> Result<Rc<LazyMatrix>, LimitExceeded> {
        if let Some(known) = self.matrices.get(&at) {
            return Ok(Rc::clone(known));
        }
        let (kind, channel) = at;
        let context = self.context(combiner, kind)?;
        let builder = self.folded.matrix(combiner, &context, channel, &[])?;
        let columns = builder.alike_columns(&self.folded.ir, combiner)?;
        let matrix = Rc::new(LazyMatrix { builder, columns });
        self.matrices.insert(at, Rc::clone(&matrix));
        Ok(matrix)
    }

    fn context(
        &mut self,
        combiner: &mut Combiner,
        kind: DeviceKind,
    ) -> Result<Rc<DeviceContext>, LimitExceeded> {
        if let Some(known) = self.contexts.get(&kind) {
            return Ok(Rc::clone(known));
        }
        let context = Rc::new(self.folded.device_context(combiner, kind, None)?);
        self.contexts.insert(kind, Rc::clone(&context));
        Ok(context)
    }

    // ------------------------------------------------------------ determining rules

    /// The rules and defaults by which policies decide between two endpoints, each with the users for whom
    /// its policy does. With `what_if`, those of that report-only policy as if it were live.
    pub(crate) fn applicable_rules(
        &mut self,
        combiner: &mut Combiner,
        kind: DeviceKind,
        what_if: Option<PolicyId>,
        channel: Channel,
        ends: [Endpoint; 2],
    ) -> Result<ApplicableRules<Cond>, LimitExceeded> {
        let views = self.views_of_both(combiner, kind, what_if, ends)?;
        self.attribute(combiner, kind, what_if, channel, &views)
    }

    /// As [`applicable_rules`](Self::applicable_rules), for the users for whom these views exist: the
    /// conditions do not say so again.
    pub(crate) fn rules_between(
        &mut self,
        combiner: &mut Combiner,
        kind: DeviceKind,
        what_if: Option<PolicyId>,
        channel: Channel,
        views: [EndpointView; 2],
    ) -> Result<ApplicableRules<Cond>, LimitExceeded> {
        let ends = views.map(|view| view.end);
        let mut found = self.views_of_both(combiner, kind, what_if, ends)?;
        for (found, wanted) in found.iter_mut().zip(views) {
            found.retain(|view| view.is_managed() == wanted.managed);
            found.iter_mut().for_each(|view| view.when = Cond::TRUE);
        }
        self.attribute(combiner, kind, what_if, channel, &found)
    }

    fn attribute(
        &self,
        combiner: &mut Combiner,
        kind: DeviceKind,
        what_if: Option<PolicyId>,
        channel: Channel,
        views: &[Vec<View>; 2],
    ) -> Result<ApplicableRules<Cond>, LimitExceeded> {
        let (ir, device) = (&self.folded.ir, self.folded.devices.witnesses[kind.index()]);
        let attribution = Attribution {
            ir,
            channel,
            device,
            views: [&views[0], &views[1]],
            of_policy: what_if,
            without: None,
            matching: &EveryRule { ir, channel, device },
        };
        attribution.applicable_rules(&mut combiner.manager)
    }

    fn views_of_both(
        &mut self,
        combiner: &mut Combiner,
        kind: DeviceKind,
        what_if: Option<PolicyId>,
        ends: [Endpoint; 2],
    ) -> Result<[Vec<View>; 2], LimitExceeded> {
        match what_if {
            Some(policy) => self.what_if_views(combiner, kind, policy, ends),
            None => {
                let context = self.context(combiner, kind)?;
                self.views_on(combiner, &context.applicability, ends)
            }
        }
    }

    fn what_if_views(
        &mut self,
        combiner: &mut Combiner,
        kind: DeviceKind,
        policy: PolicyId,
        ends: [Endpoint; 2],
    ) -> Result<[Vec<View>; 2], LimitExceeded> {
        let applicability = match self.what_ifs.get(&(kind, policy)) {
            Some(known) => Rc::clone(known),
            None => {
                let device = self.folded.devices.witnesses[kind.index()];
                let manager = &mut combiner.manager;
                Rc::new(Applicability::new(self.folded.policies(), manager, device, Some(policy))?)
            }
        };
        self.what_ifs.insert((kind, policy), Rc::clone(&applicability));
        self.views_on(combiner, &applicability, ends)
    }

    fn views_on(
        &self,
        combiner: &mut Combiner,
        applicability: &Applicability,
        ends: [Endpoint; 2],
    ) -> Result<[Vec<View>; 2], LimitExceeded> {
        let mut of = |side: Side| {
            let class = self.folded.class_of(side, ends[side as usize]);
            let classes = &self.folded.classes[side as usize];
            applicability.views(&self.folded.ir, &mut combiner.manager, classes, class)
        };
        Ok([of(Side::Source)?, of(Side::Target)?])
    }
}
