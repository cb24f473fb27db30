//! Checks: what resolves and makes no sense, or can have no effect.
//!
//! Take in AST and resolved parts side by side, give out diagnostics only. What can have no effect is an
//! error where it is surely a mistake, else a warning, and never silent. Do not ask whether a movement is
//! allowed.

mod declarations;
mod head;
mod layout;
mod limits;
mod rules;
mod sets;
mod witness;
mod yields;

pub(crate) use declarations::odd_id;
#[cfg(feature = "intune")]
pub(crate) use declarations::odd_shape;
pub(super) use declarations::{app, group};
pub(super) use head::{
    head, head_clauses, head_order, join_unprotectable, protect_term, protect_words, unconfirmed,
};
pub(super) use layout::clauses_below;
pub(super) use limits::{channel_effect, channels_for, expect_limits, rule_limits};
pub(super) use rules::{repeats, rule, settings};
pub(super) use sets::{chain_sets, scope_sets};
pub(super) use yields::yields;
