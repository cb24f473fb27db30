//! Thresholds: where a launch condition would have to stand to fire on some values of a fact, or on none of them.
//!
//! Takes in cells of a fact, gives out conditions. Each one is tried on the cells before it is given out.

use super::cells::{Cell, FactCells};
use crate::access::AccessEffect;
use crate::model::{
    Action, Condition, Date, DeviceLock, Fact, FactPredicate, FactTest, FactValue, Integrity, Knox,
    NameList, Threat, Version, fold,
};

/// The values of a fact that are asked about.
pub(super) struct AskedValues<'a> {
    /// The values that the tests leave.
    pub(super) left: &'a FactCells,
    /// All values of the fact.
    pub(super) all: &'a FactCells,
    pub(super) tests: &'a [FactTest],
}

/// The side of its threshold on which a condition fires.
#[derive(Clone, Copy)]
enum Fires {
    Below,
    Above,
}

impl AskedValues<'_> {
    /// The conditions of the fact that lead to an effect at least at each of the values.
    pub(super) fn covering(&self, action: Action) -> Vec<Condition> {
        let moved = prototypes(self.left.fact).into_iter().filter_map(|condition| {
            let to = match side(&condition) {
                None => return Some(condition),
                Some(Fires::Below) => self.end()?,
                // Values that end somewhere are below a threshold, where there is such a condition.
                Some(Fires::Above) if self.end().is_some() && has_two_sides(&condition) => {
                    return None;
                }
                Some(Fires::Above) => self.start()?.checked_sub(1)?,
            };
            at(&condition, to)
        });
        // Conditions on values that are no numbers: those of the tests, and those that fire without a value.
        let tested = self.tests.iter().filter_map(|test| match &test.predicate {
            FactPredicate::Fires(condition) if !test.is_negated => Some(condition.clone()),
            _ => None,
        });
        let own = tested
            .filter(|condition| condition.fact() == self.left.fact && side(condition).is_none());
        let without_value = match self.left.fact {
            Fact::Threat => Some(Condition::ThreatAbove(Threat::High)),
            Fact::Integrity => Some(Condition::IntegrityBelow(Integrity::Basic)),
            _ => None,
        };
        let is_met = |condition: &Condition| {
            let effect = |cell: &Cell| cell.effect((action, condition));
            self.left.cells.iter().all(|cell| effect(cell) >= AccessEffect::from(action))
        };
        let mut found: Vec<Condition> = Vec::new();
        for condition in moved.chain(own).chain(without_value).filter(is_met) {
            if !found.contains(&condition) {
                found.push(condition);
            }
        }
        found
    }

    /// The condition, moved so far that it leads to less than an effect at each of the values.
    pub(super) fn sparing(
        &self,
        (action, condition): (Action, &Condition),
        unwanted: AccessEffect,
    ) -> Option<Condition> {
        let moved = match (condition, side(condition)) {
            (_, Some(Fires::Below)) => at(condition, self.start()?)?,
            (_, Some(Fires::Above)) => at(condition, self.end()?.checked_sub(1)?)?,
            (Condition::Knox(Knox::Failed), _) => Condition::Knox(Knox::FailedIfSupported),
            (Condition::ModelNotIn(list), _) => Condition::ModelNotIn(self.listing(list)),
            (Condition::ManufacturerNotIn(list), _) => {
                Condition::ManufacturerNotIn(self.listing(list))
            }
            _ => return None,
        };
        let spares = |cell: &Cell| cell.effect((action, &moved)) < unwanted;
        (!moved.never_fires() && self.left.cells.iter().all(spares)).then_some(moved)
    }

    /// The least value as a number.
    fn start(&self) -> Option<u128> {
        self.left.cells.iter().filter_map(Cell::number).min()
    }

    /// The first value behind the largest one; `None` if there is none.
    fn end(&self) -> Option<u128> {
        let last = self.left.cells.iter().filter_map(Cell::number).max()?;
        self.all.cells.iter().filter_map(Cell::number).filter(|start| *start > last).min()
    }

    /// A list with the names that the tests ask about.
    fn listing(&self, list: &NameList) -> NameList {
        let asked = self.tests.iter().flat_map(|test| match &test.predicate {
            FactPredicate::Is(fact, FactValue::Name(name)) if *fact == self.left.fact => {
                std::slice::from_ref(name)
            }
            FactPredicate::Fires(condition) if test.is_negated => self.names_in(condition),
            _ => &[],
        });
        let is_left = |name: &&String| {
            let is_own = |cell: &Cell| matches!(cell, Cell::Name(own) if fold(own).eq(fold(name)));
            self.left.cells.iter().any(is_own)
        };
        let is_new = |name: &&String| list.names().iter().all(|own| !fold(own).eq(fold(name)));
        let new = asked.filter(is_left).filter(is_new);
        list.names().iter().chain(new).cloned().collect()
    }

    /// The names in the list of a condition on the fact.
    fn names_in<'c>(&self, condition: &'c Condition) -> &'c [String] {
        match condition {
            Condition::ModelNotIn(list) | Condition::ManufacturerNotIn(list)
                if condition.fact() == self.left.fact =>
            {
                list.names()
            }
            _ => &[],
        }
    }
}

/// A condition of every kind that asks for a fact and has no list.
fn prototypes(fact: Fact) -> Vec<Condition> {
    let none = Version::of_number(0);
    match fact {
        Fact::Sdk => vec![Condition::SdkBelow(none)],
        Fact::App => vec![Condition::AppBelow(none)],
        Fact::Os => vec![Condition::OsBelow(none), Condition::OsAbove(none)],
        Fact::CompanyPortal => vec![Condition::CompanyPortalBelow(none)],
        Fact::Patch => vec![Condition::PatchBefore(Date::FIRST)],
        Fact::Offline => vec![Condition::Offline { minutes: 0 }],
        Fact::CompanyPortalAge => vec![Condition::CompanyPortalOlder { days: 0 }],
        Fact::Threat => vec![Condition::ThreatAbove(Threat::Secured)],
        Fact::Integrity => vec![Condition::IntegrityBelow(Integrity::Basic)],
        Fact::DeviceLock => vec![Condition::DeviceLockBelow(DeviceLock::Low)],
        Fact::Knox => {
            vec![Condition::Knox(Knox::FailedIfSupported), Condition::Knox(Knox::Failed)]
        }
        Fact::AccountDisabled => vec![Condition::AccountDisabled],
        Fact::Jailbroken => vec![Condition::Jailbroken],
        Fact::AppScan => vec![Condition::AppScanOff],
        Fact::OffDuty => vec![Condition::OffDuty],
        Fact::Model | Fact::Manufacturer => Vec::new(),
    }
}

/// The side of its threshold on which a condition fires; `None` of one without threshold.
const fn side(condition: &Condition) -> Option<Fires> {
    match condition {
        Condition::OsBelow(_)
        | Condition::AppBelow(_)
        | Condition::SdkBelow(_)
        | Condition::CompanyPortalBelow(_)
        | Condition::PatchBefore(_)
        | Condition::IntegrityBelow(_)
        | Condition::DeviceLockBelow(_) => Some(Fires::Below),
        Condition::OsAbove(_)
        | Condition::CompanyPortalOlder { .. }
        | Condition::Offline { .. }
        | Condition::ThreatAbove(_) => Some(Fires::Above),
        Condition::Jailbroken
        | Condition::AccountDisabled
        | Condition::AppScanOff
        | Condition::Knox(_)
        | Condition::ModelNotIn(_)
        | Condition::ManufacturerNotIn(_)
        | Condition::OffDuty => None,
    }
}

/// Whether a fact has conditions with an upper and with a lower threshold.
const fn has_two_sides(condition: &Condition) -> bool {
    matches!(condition, Condition::OsBelow(_) | Condition::OsAbove(_))
}

/// A condition of the same kind with its threshold at a value; `None` where it has no such value.
fn at(condition: &Condition, value: u128) -> Option<Condition> {
    let version = Version::of_number(value);
    let small = || u32::try_from(value).ok();
    Some(match condition {
        Condition::OsBelow(_) => Condition::OsBelow(version),
        Condition::OsAbove(_) => Condition::OsAbove(version),
        Condition::AppBelow(_) => Condition::AppBelow(version),
        Condition::SdkBelow(_) => Condition::SdkBelow(version),
        Condition::CompanyPortalBelow(_) => Condition::CompanyPortalBelow(version),
        Condition::PatchBefore(_) => Condition::PatchBefore(Date::of_ordinal(small()?)?),
        Condition::Offline { .. } => Condition::Offline { minutes: small()? },
        Condition::CompanyPortalOlder { .. } => {
            Condition::CompanyPortalOlder { days: u16::try_from(value).ok()? }
        }
        Condition::ThreatAbove(_) => Condition::ThreatAbove(word(Threat::ALL, value)?),
        // The least verdict and the least lock have no condition below them.
        Condition::IntegrityBelow(_) => {
            Condition::IntegrityBelow(word(Integrity::ALL, value.checked_sub(1)?)?)
        }
        Condition::DeviceLockBelow(_) => {
            Condition::DeviceLockBelow(word(DeviceLock::ALL, value.checked_sub(1)?)?)
        }
        _ => return None,
    })
}

fn word<T: Copy>(all: &[T], position: u128) -> Option<T> {
    all.get(usize::try_from(position).ok()?).copied()
}
