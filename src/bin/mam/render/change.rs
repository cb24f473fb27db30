//! Styles of the differences between two policy sets.
//!
//! Takes in the kind of a difference, gives out its style.

use mam::analysis::{ChangeKind, StatementChangeKind};

use crate::render::style::Style;

/// Style of a movement that two sets decide differently.
pub(crate) const fn style(kind: ChangeKind) -> Style {
    match kind {
        ChangeKind::Looser => Style::Bad,
        ChangeKind::Tighter => Style::Good,
        ChangeKind::Limits => Style::Limited,
        _ => Style::Faint,
    }
}

/// Style of a statement in which two sets differ.
pub(crate) const fn statement_style(kind: StatementChangeKind) -> Style {
    match kind {
        StatementChangeKind::Looser => Style::Bad,
        StatementChangeKind::Tighter => Style::Good,
        StatementChangeKind::Unknown => Style::Limited,
        _ => Style::Faint,
    }
}
