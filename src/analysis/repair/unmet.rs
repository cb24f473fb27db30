//! What stands in the way of a wanted decision.

use std::collections::BTreeSet;

use crate::analysis::access::FiredLaunch;
use crate::decision::DeterminingRule;
use crate::model::{Condition, PolicyId};
use crate::movement::Endpoint;
use crate::vocabulary::Reason;

/// Whether all of a question is decided as wanted.
pub(super) enum Status {
    /// It holds nothing that exists.
    Empty,
    Met,
    Unmet(Unmet),
}

/// The causes of unwanted decisions.
#[derive(Debug, Default)]
pub(super) struct Unmet {
    /// Of movements: rules and defaults.
    pub(super) determining: BTreeSet<DeterminingRule>,
    /// Of accesses: launch conditions whose effect is too strict.
    pub(super) fired: Vec<FiredLaunch>,
    /// Of accesses: conditions that would lead to the wanted effect on all that is asked about.
    pub(super) covering: Vec<Condition>,
    /// The policies by which something is decided as it is not wanted, or that apply to it.
    pub(super) policies: BTreeSet<PolicyId>,
    /// The reasons why no policy applies.
    pub(super) reasons: BTreeSet<Reason>,
    /// The endpoints that are judged in the unwanted decisions, as if no MDM had installed them.
    pub(super) ends: BTreeSet<Endpoint>,
    /// Of movements: the endpoints on the other side, likewise.
    pub(super) other_ends: BTreeSet<Endpoint>,
}

impl Unmet {
    /// The number of causes.
    pub(super) fn len(&self) -> usize {
        self.determining.len() + self.fired.len() + self.reasons.len()
    }
}
