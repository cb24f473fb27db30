//! Cells: the values of a fact, as far as conditions and tests tell them apart.
//!
//! Takes in launch conditions and tests, gives out for each fact a partition of its values: the unknown
//! one, intervals, names. What is true of one value of a cell is true of all of them.

use std::collections::BTreeSet;

use crate::access::{AccessEffect, Facts};
use crate::interpret::fires;
use crate::model::{
    Action, Condition, Date, DeviceLock, Fact, FactPredicate, FactTest, FactValue, Integrity,
    IntegrityVerdict, Knox, KnoxResult, LockComplexity, NameList, Threat, Version, fold,
};
use crate::syntax::print::quote;
use crate::vocabulary::Platform;

/// A cell: values of a fact that no condition and no test tells apart, by one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    Unknown,
    /// An interval, by its least value.
    Number(u128),
    /// A name, or one of all names that nothing lists.
    Name(String),
    /// An integrity verdict that could not be renewed.
    Expired,
}

/// The cells of one fact.
#[derive(Debug, Clone)]
pub(super) struct FactCells {
    pub(super) fact: Fact,
    /// The unknown one first.
    pub(super) cells: Vec<Cell>,
}

/// A launch condition with its action.
pub(super) type Launch<'m> = (Action, &'m Condition);

/// The cells of every fact.
pub(super) fn cells<'m>(conditions: &[&'m Condition], tests: &'m [FactTest]) -> Vec<FactCells> {
    let tested = tests.iter().filter_map(|test| match &test.predicate {
        FactPredicate::Fires(condition) => Some(condition),
        FactPredicate::Is(..) | FactPredicate::Unknown(_) => None,
    });
    let all: Vec<&Condition> = conditions.iter().copied().chain(tested).collect();
    let values: Vec<(Fact, &FactValue)> = tests
        .iter()
        .filter_map(|test| match &test.predicate {
            FactPredicate::Is(fact, value) => Some((*fact, value)),
            FactPredicate::Fires(_) | FactPredicate::Unknown(_) => None,
        })
        .collect();
    Fact::ALL.iter().map(|fact| cells_of(*fact, &all, &values)).collect()
}

impl FactCells {
    /// The cells of a fact that nobody knows.
    pub(super) fn unknown(fact: Fact) -> Self {
        Self { fact, cells: vec![Cell::Unknown] }
    }
}

/// The cells of every fact on a platform. A fact that the platform lacks is unknown.
pub(super) fn on_platform(all: &[FactCells], platform: Platform) -> Vec<FactCells> {
    let here = |one: &FactCells| match one.fact.exists_on(platform) {
        true => one.clone(),
        false => FactCells::unknown(one.fact),
    };
    all.iter().map(here).collect()
}

fn cells_of(fact: Fact, conditions: &[&Condition], values: &[(Fact, &FactValue)]) -> FactCells {
    let conditions = || conditions.iter().copied().filter(|one| one.fact() == fact);
    let values = values.iter().filter(|(one, _)| *one == fact).map(|(_, value)| *value);
    let mut cells = vec![Cell::Unknown];
    if matches!(fact, Fact::Model | Fact::Manufacturer) {
        cells.extend(names(conditions().filter_map(listed), values).map(Cell::Name));
        return FactCells { fact, cells };
    }
    let (least, most) = domain(fact);
    let mut starts: BTreeSet<u128> = BTreeSet::from([least]);
    for condition in conditions() {
        starts.extend(cuts(condition));
    }
    if !has_intervals(fact) {
        starts.extend(least..=most);
    }
    for value in values.filter_map(number) {
        starts.extend([Some(value), value.checked_add(1)].into_iter().flatten());
    }
    let within = starts.into_iter().filter(|start| (least..=most).contains(start));
    cells.extend(within.map(Cell::Number));
    cells.extend((fact == Fact::Integrity).then_some(Cell::Expired));
    FactCells { fact, cells }
}

/// The least and the largest value of a fact as a number.
fn domain(fact: Fact) -> (u128, u128) {
    match fact {
        Fact::Sdk | Fact::App | Fact::Os | Fact::CompanyPortal => (0, u128::MAX),
        Fact::Patch => (u128::from(Date::FIRST.ordinal()), u128::from(Date::LAST.ordinal())),
        Fact::Offline | Fact::CompanyPortalAge => (0, u128::from(u32::MAX)),
        Fact::Threat | Fact::Integrity | Fact::DeviceLock => (0, 3),
        Fact::Knox => (0, 2),
        Fact::AccountDisabled | Fact::Jailbroken | Fact::AppScan | Fact::OffDuty => (0, 1),
        Fact::Model | Fact::Manufacturer => (0, 0),
    }
}

/// The values at which a condition begins or ceases to fire.
fn cuts(condition: &Condition) -> Vec<u128> {
    let behind = |value: u128| value.checked_add(1).into_iter().collect();
    match condition {
        Condition::SdkBelow(version)
        | Condition::AppBelow(version)
        | Condition::OsBelow(version)
        | Condition::CompanyPortalBelow(version) => vec![version.number()],
        Condition::OsAbove(version) => behind(version.number()),
        Condition::PatchBefore(date) => vec![date.ordinal().into()],
        Condition::Offline { minutes } => behind((*minutes).into()),
        Condition::CompanyPortalOlder { days } => behind((*days).into()),
        Condition::ThreatAbove(threat) => behind(threat.index() as u128),
        Condition::IntegrityBelow(least) => vec![rank_of_integrity(*least)],
        Condition::DeviceLockBelow(least) => vec![rank_of_lock(*least)],
        Condition::AccountDisabled
        | Condition::Jailbroken
        | Condition::AppScanOff
        | Condition::OffDuty => vec![1],
        Condition::Knox(Knox::Failed) => vec![KnoxResult::Unsupported.index() as u128],
        Condition::Knox(Knox::FailedIfSupported) => vec![KnoxResult::Failed.index() as u128],
        Condition::ModelNotIn(_) | Condition::ManufacturerNotIn(_) => Vec::new(),
    }
}

const fn rank_of_integrity(least: Integrity) -> u128 {
    match least {
        Integrity::Basic => 1,
        Integrity::Device => 2,
        Integrity::Strong => 3,
    }
}

const fn rank_of_lock(least: DeviceLock) -> u128 {
    match least {
        DeviceLock::Low => 1,
        DeviceLock::Medium => 2,
        DeviceLock::High => 3,
    }
}

/// A value as a number; `None` of names and of an expired verdict.
fn number(value: &FactValue) -> Option<u128> {
    Some(match value {
        FactValue::Version(version) => version.number(),
        FactValue::Date(date) => date.ordinal().into(),
        FactValue::Minutes(number) | FactValue::Days(number) => (*number).into(),
        FactValue::Threat(threat) => threat.index() as u128,
        FactValue::Integrity(IntegrityVerdict::Expired) | FactValue::Name(_) => return None,
        FactValue::Integrity(verdict) => verdict.index() as u128,
        FactValue::DeviceLock(lock) => lock.index() as u128,
        FactValue::Knox(result) => result.index() as u128,
    })
}

fn listed(condition: &Condition) -> Option<&NameList> {
    match condition {
        Condition::ModelNotIn(list) | Condition::ManufacturerNotIn(list) => Some(list),
        _ => None,
    }
}

/// Every name that is listed or tested, and one that is not.
fn names<'m>(
    lists: impl Iterator<Item = &'m NameList>,
    values: impl Iterator<Item = &'m FactValue>,
) -> impl Iterator<Item = String> {
    let tested = values.filter_map(|value| match value {
        FactValue::Name(name) => Some(name),
        _ => None,
    });
    let mut known = BTreeSet::new();
    let mut found: Vec<String> = Vec::new();
    for name in lists.flat_map(NameList::names).chain(tested) {
        if known.insert(fold(name).collect::<String>()) {
            found.push(name.clone());
        }
    }
    let mut other = "another".to_owned();
    while known.contains(&other) {
        other.push('-');
    }
    found.into_iter().chain([other])
}

impl Cell {
    /// The facts of which only this one is known, or none.
    pub(super) fn facts(&self, fact: Fact) -> Facts<'static> {
        let mut facts = Facts::default();
        self.set(fact, &mut facts);
        facts
    }

    /// Sets a fact to the value of the cell.
    pub(super) fn set(&self, fact: Fact, facts: &mut Facts<'static>) {
        match self {
            Self::Unknown => {}
            Self::Expired => facts.integrity = Some(IntegrityVerdict::Expired),
            Self::Name(name) if fact == Fact::Model => facts.model = Some(name.clone().into()),
            Self::Name(name) => facts.manufacturer = Some(name.clone().into()),
            Self::Number(number) => set_number(fact, *number, facts),
        }
    }

    /// The test that holds for the value of the cell alone.
    pub(super) fn text(&self, fact: Fact) -> String {
        match self {
            Self::Unknown => format!("{fact} unknown"),
            Self::Expired => format!("{fact} expired"),
            Self::Name(name) => format!("{fact} {}", quote(name)),
            Self::Number(number) => text_of_number(fact, *number),
        }
    }

    /// A value of the cell, as tests name it.
    pub(super) fn value(&self, fact: Fact) -> String {
        self.facts(fact).text(fact).unwrap_or_else(|| "unknown".to_owned())
    }

    /// Whether a test holds for the cell, on a platform that has the fact.
    pub(super) fn meets(&self, test: &FactTest) -> bool {
        let fact = test.predicate.fact();
        let holds = match &test.predicate {
            FactPredicate::Unknown(_) => *self == Self::Unknown,
            FactPredicate::Fires(condition) => {
                fires(condition, Action::Block, &self.facts(fact)).is_some()
            }
            FactPredicate::Is(_, FactValue::Name(name)) => {
                matches!(self, Self::Name(own) if fold(own).eq(fold(name)))
            }
            FactPredicate::Is(_, FactValue::Integrity(IntegrityVerdict::Expired)) => {
                *self == Self::Expired
            }
            FactPredicate::Is(_, value) => {
                matches!(self, Self::Number(own) if Some(*own) == number(value))
            }
        };
        holds != test.is_negated
    }

    /// The least value of the cell, if its values are numbers.
    pub(super) const fn number(&self) -> Option<u128> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Unknown | Self::Name(_) | Self::Expired => None,
        }
    }

    /// The effect of a condition on a value of the cell.
    pub(super) fn effect(&self, (action, condition): Launch<'_>) -> AccessEffect {
        let facts = self.facts(condition.fact());
        fires(condition, action, &facts).unwrap_or(AccessEffect::Allow)
    }
}

fn set_number(fact: Fact, number: u128, facts: &mut Facts<'static>) {
    let small = u32::try_from(number).ok();
    let position = usize::try_from(number).unwrap_or(usize::MAX);
    let flag = Some(number != 0);
    match fact {
        Fact::Sdk => facts.sdk = Some(Version::of_number(number)),
        Fact::App => facts.app = Some(Version::of_number(number)),
        Fact::Os => facts.os = Some(Version::of_number(number)),
        Fact::CompanyPortal => facts.company_portal = Some(Version::of_number(number)),
        Fact::Patch => facts.patch = small.and_then(Date::of_ordinal),
        Fact::Offline => facts.offline_minutes = small,
        Fact::CompanyPortalAge => facts.company_portal_days = small,
        Fact::Threat => facts.threat = Threat::ALL.get(position).copied(),
        Fact::Integrity => facts.integrity = IntegrityVerdict::ALL.get(position).copied(),
        Fact::DeviceLock => facts.device_lock = LockComplexity::ALL.get(position).copied(),
        Fact::Knox => facts.knox = KnoxResult::ALL.get(position).copied(),
        Fact::AccountDisabled => facts.account_disabled = flag,
        Fact::Jailbroken => facts.jailbroken = flag,
        Fact::AppScan => facts.app_scan = flag,
        Fact::OffDuty => facts.off_duty = flag,
        Fact::Model | Fact::Manufacturer => {}
    }
}

/// The test for a value that is a number.
fn text_of_number(fact: Fact, number: u128) -> String {
    match fact {
        // `knox failed` is a condition, which devices that cannot attest meet as well.
        Fact::Knox if number == KnoxResult::Failed.index() as u128 => {
            return "knox failed-if-supported".to_owned();
        }
        Fact::AppScan if number == 0 => return "app-scan off".to_owned(),
        Fact::AppScan => return "not app-scan off".to_owned(),
        Fact::AccountDisabled | Fact::Jailbroken | Fact::OffDuty if number == 0 => {
            return format!("not {fact}");
        }
        Fact::AccountDisabled | Fact::Jailbroken | Fact::OffDuty => return fact.to_string(),
        _ => {}
    }
    format!("{fact} {}", Cell::Number(number).value(fact))
}

/// Whether tests can name an interval of a fact: words are named one by one.
pub(super) const fn has_intervals(fact: Fact) -> bool {
    matches!(
        fact,
        Fact::Sdk
            | Fact::App
            | Fact::Os
            | Fact::CompanyPortal
            | Fact::Patch
            | Fact::Offline
            | Fact::CompanyPortalAge
    )
}
