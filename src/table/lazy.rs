//! Lazy matrices: the outcomes of a folded model, worked out for the rows that are asked about.
//!
//! Takes in endpoints, gives out outcomes between them and the rules that determine these, for all users at
//! once. Every result is kept. Analysis asks these matrices and no table, so that it does not depend on the
//! layout of tables.

#![allow(
    clippy::indexing_slicing,
    reason = "device kinds, channels and views are numbered by the folded model that these lists belong to"
)]

use std::collections::HashMap;
use std::rc::Rc;

use rustc_hash::FxBuildHasher;

use super::applicability::{Applicability, View};
use super::attribution::{ApplicableRules, Attribution};
use super::decisions::{Combiner, Outcome};
use super::folded::{DeviceContext, FoldedModel};
use super::ir::{Device, DeviceKind};
use super::matrix::{MatrixBuilder, signature_of};
use crate::dd::Cond;
use crate::limits::LimitExceeded;
use crate::model::PolicyId;
use crate::movement::Endpoint;
use crate::vocabulary::{Channel, Side};

/// The position of an endpoint in the matrix of a channel and a kind of device: endpoints with equal
/// coordinates are decided alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Coordinate {
    /// The rows, or the columns, of its unmanaged and its managed view; `None` where the endpoint cannot
    /// stand on this side of the channel.
    lines: Option<[usize; 2]>,
    /// The users for whom rules see it managed.
    managed: Cond,
}

/// The matrix of a channel on a kind of device.
type MatrixNumber = (DeviceKind, Channel);

/// The outcomes of a folded model.
pub(crate) struct LazyMatrices {
    folded: FoldedModel,
    contexts: HashMap<DeviceKind, Rc<DeviceContext>, FxBuildHasher>,
    what_ifs: HashMap<(DeviceKind, PolicyId), Rc<Applicability>, FxBuildHasher>,
    builders: HashMap<MatrixNumber, Rc<MatrixBuilder>, FxBuildHasher>,
    rows: HashMap<(MatrixNumber, usize), Rc<[Outcome]>, FxBuildHasher>,
    outcomes: HashMap<(MatrixNumber, [Coordinate; 2]), Outcome, FxBuildHasher>,
}

impl LazyMatrices {
    pub(crate) fn new(folded: FoldedModel) -> Self {
        Self {
            folded,
            contexts: HashMap::default(),
            what_ifs: HashMap::default(),
            builders: HashMap::default(),
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

    /// The coordinate of an endpoint on one side of a channel.
    pub(crate) fn coordinate(
        &mut self,
        combiner: &mut Combiner,
        kind: DeviceKind,
        channel: Channel,
        side: Side,
        end: Endpoint,
    ) -> Result<Coordinate, LimitExceeded> {
        let class = self.folded.class_of(side, end);
        let managed = self.context(combiner, kind)?.managed(side, class);
        let builder = self.builder(combiner, (kind, channel))?;
        let signatures = match side {
            Side::Source => &builder.sources,
            Side::Target => &builder.targets,
        };
        let views = &signatures.of_class[class];
        let lines = [false, true].map(|managed| signature_of(views, managed));
        let lines = match lines {
            [Some(unmanaged), Some(managed)] => Some([unmanaged, managed]),
            _ => None,
        };
        Ok(Coordinate { lines, managed })
    }

    /// The outcome between two endpoints: a decision for every user, with the reason where no policy
    /// applies.
    pub(crate) fn outcome(
        &mut self,
        combiner: &mut Combiner,
        kind: DeviceKind,
        channel: Channel,
        source: Coordinate,
        target: Coordinate,
    ) -> Result<Outcome, LimitExceeded> {
        let at = (kind, channel);
        if let Some(known) = self.outcomes.get(&(at, [source, target])) {
            return Ok(*known);
        }
        let (Some(rows), Some(columns)) = (source.lines, target.lines) else {
            return Ok(super::decisions::NOT_APPLICABLE);
        };
        let mut by_source = [super::decisions::NOT_APPLICABLE; 2];
        for (found, row) in by_source.iter_mut().zip(rows) {
            let [unmanaged, managed] = self.cells(combiner, at, row, columns)?;
            *found = combiner.manager.ite(target.managed, managed, unmanaged)?;
        }
        let [unmanaged, managed] = by_source;
        let found = combiner.manager.ite(source.managed, managed, unmanaged)?;
        self.outcomes.insert((at, [source, target]), found);
        Ok(found)
    }

    /// The cells of a row in two columns, with the reason where no policy applies.
    fn cells(
        &mut self,
        combiner: &mut Combiner,
        at: MatrixNumber,
        row: usize,
        columns: [usize; 2],
    ) -> Result<[Outcome; 2], LimitExceeded> {
        let builder = self.builder(combiner, at)?;
        let cells = self.row(combiner, at, row)?;
        let mut found = columns.map(|column| cells[column]);
        for (one, column) in found.iter_mut().zip(columns) {
            *one = builder.decided(combiner, row, column, *one)?;
        }
        Ok(found)
    }

    fn row(
        &mut self,
        combiner: &mut Combiner,
        at: MatrixNumber,
        row: usize,
    ) -> Result<Rc<[Outcome]>, LimitExceeded> {
        if let Some(known) = self.rows.get(&(at, row)) {
            return Ok(Rc::clone(known));
        }
        let builder = self.builder(combiner, at)?;
        let cells: Rc<[Outcome]> = builder.full_row(&self.folded.ir, combiner, row)?.into();
        self.rows.insert((at, row), Rc::clone(&cells));
        Ok(cells)
    }

    fn builder(
        &mut self,
        combiner: &mut Combiner,
        at: MatrixNumber,
    ) -> Result<Rc<MatrixBuilder>, LimitExceeded> {
        if let Some(known) = self.builders.get(&at) {
            return Ok(Rc::clone(known));
        }
        let (kind, channel) = at;
        let context = self.context(combiner, kind)?;
        let builder = Rc::new(self.folded.matrix(combiner, &context, channel, &[])?);
        self.builders.insert(at, Rc::clone(&builder));
        Ok(builder)
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
        let views = match what_if {
            Some(policy) => self.what_if_views(combiner, kind, policy, ends)?,
            None => {
                let context = self.context(combiner, kind)?;
                let applicability = &context.applicability;
                self.views(combiner, applicability, ends)?
            }
        };
        let attribution = Attribution {
            ir: &self.folded.ir,
            channel,
            device: self.folded.devices.witnesses[kind.index()],
            views: [&views[0], &views[1]],
            of_policy: what_if,
        };
        attribution.applicable_rules(&mut combiner.manager)
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
                Rc::new(Applicability::new(&self.folded.ir, manager, device, Some(policy))?)
            }
        };
        self.what_ifs.insert((kind, policy), Rc::clone(&applicability));
        self.views(combiner, &applicability, ends)
    }

    fn views(
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
