//! Questions about accesses: are they decided as wanted, and if not, what decides them?

use super::unmet::{Status, Unmet};
use crate::analysis::access::{ClaimState, UnmetClaim, claim_state};
use crate::analysis::engine::endpoints::not_deployed;
use crate::analysis::subject::Analysis;
use crate::limits::LimitExceeded;
use crate::model::AccessExpectation;

/// Whether a claim about accesses holds, and if not, what stands in its way.
pub(super) fn status(
    analysis: &Analysis<'_>,
    expectation: &AccessExpectation,
) -> Result<Status, LimitExceeded> {
    Ok(match claim_state(analysis, expectation)? {
        ClaimState::Empty => Status::Empty,
        ClaimState::Met => Status::Met,
        ClaimState::Unmet(UnmetClaim { fired, covering, policies, reasons, ends }) => {
            let ends = ends.into_iter().map(not_deployed).collect();
            Status::Unmet(Unmet { fired, covering, policies, reasons, ends, ..Unmet::default() })
        }
    })
}
