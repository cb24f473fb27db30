//! Conflicts between policies that apply to one user in one app.
//!
//! Takes in the policies that were read together, gives out warnings. Of most settings the strictest
//! counts, in Intune as in the language. Numbers are an exception: if policies differ in one, Intune
//! takes the default of a new policy, which may be weaker than both.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic};
use crate::intune::names::Names;
use crate::intune::read::apps::ProtectedApps;
use crate::intune::read::assignments::{Assignee, Assignees};
use crate::intune::read::head::Head;
use crate::intune::read::policy::{ImportedPolicies, ImportedPolicy};
use crate::intune::schema::Property;
use crate::intune::settings::clipboard::Sharing;
use crate::intune::settings::pin::{Biometrics, Pin};
use crate::vocabulary::Platform;

/// The greatest number of pairs of policies that are compared. It bounds the time, which grows with the
/// square of the number of policies.
const PAIRS: usize = 1 << 18;

/// Finds conflicts, `bound` of them at most.
pub(in crate::intune) fn find(
    policies: &ImportedPolicies,
    bound: usize,
    found: &mut Vec<Diagnostic>,
) {
    let numbers: Vec<Numbers> = policies.list.iter().map(numbers).collect();
    let all: Vec<(&ImportedPolicy, &Numbers)> = policies.list.iter().zip(&numbers).collect();
    let pairs = all
        .iter()
        .enumerate()
        .flat_map(|(index, one)| all.iter().skip(index + 1).map(move |other| (*one, *other)));
    let before = found.len();
    for ((one, of_one), (other, of_other)) in pairs.take(PAIRS) {
        if found.len() - before >= bound {
            return;
        }
        if one.platform != other.platform
            || one.is_default != other.is_default
            || !may_meet(&one.head, &other.head, &policies.names)
            || !share_filtered(&one.head, &other.head)
        {
            continue;
        }
        match (one.head.levels.is_specific(), other.head.levels.is_specific()) {
            (true, false) => found.push(superseded(other, one)),
            (false, true) => found.push(superseded(one, other)),
            _ if !share_levels(&one.head, &other.head) => {}
            _ => {
                let both = NUMBERS.iter().zip(of_one.iter().zip(of_other));
                found.extend(both.filter_map(|(number, (a, b))| match (a, b) {
                    (Some(a), Some(b)) if a != b => Some(number.differs((one, *a), (other, *b))),
                    _ => None,
                }));
            }
        }
    }
}

// ---------------------------------------------------------------- where policies meet

/// Whether both policies have a level in common.
fn share_levels(one: &Head, other: &Head) -> bool {
    !one.levels.is_specific()
        || one.levels.states().iter().any(|state| other.levels.states().contains(state))
}

/// Whether the filters of both policies leave a device in common.
fn share_filtered(one: &Head, other: &Head) -> bool {
    match (one.filtered, other.filtered) {
        (Some(one), Some(other)) => !one.and(other).is_empty(),
        (Some(filtered), None) => {
            !other.levels.is_specific() || !filtered.and(other.levels.states()).is_empty()
        }
        (None, Some(filtered)) => {
            !one.levels.is_specific() || !filtered.and(one.levels.states()).is_empty()
        }
        (None, None) => true,
    }
}

/// Whether both policies may apply to one user in one app. Groups are taken to have common members,
/// unless one policy excludes the groups of the other.
fn may_meet(one: &Head, other: &Head, names: &Names) -> bool {
    share_people(&one.assignees, &other.assignees) && share_apps(&one.apps, &other.apps, names)
}

/// Whether both policies may apply to one user, whatever their apps and devices.
pub(super) fn may_meet_people(one: &Head, other: &Head) -> bool {
    share_people(&one.assignees, &other.assignees)
}

fn share_people(one: &Assignees, other: &Assignees) -> bool {
    match (one, other) {
        (Assignees::Nobody, _) | (_, Assignees::Nobody) => false,
        (Assignees::Unknown, _) | (_, Assignees::Unknown) => true,
        (
            Assignees::Some { of, except },
            Assignees::Some { of: other_of, except: other_except },
        ) => {
            let is_left_out = |of: &BTreeSet<Assignee>, by: &BTreeSet<String>| {
                of.iter().all(|one| one.group.as_ref().is_some_and(|group| by.contains(group)))
            };
            !is_left_out(of, other_except)
                && !is_left_out(other_of, except)
                && of.iter().any(|one| other_of.iter().any(|other| !exclude_each_other(one, other)))
        }
    }
}

/// Whether one filter includes what the other excludes.
fn exclude_each_other(one: &Assignee, other: &Assignee) -> bool {
    match (&one.filter, &other.filter) {
        (Some(one), Some(other)) => one.name == other.name && one.holds != other.holds,
        _ => false,
    }
}

fn share_apps(one: &ProtectedApps, other: &ProtectedApps, names: &Names) -> bool {
    match (one, other) {
        (ProtectedApps::Selected(one), ProtectedApps::Selected(other)) => !one.is_disjoint(other),
        (ProtectedApps::Selected(apps), ProtectedApps::Core)
        | (ProtectedApps::Core, ProtectedApps::Selected(apps)) => {
            names.has_any_of("core-microsoft-apps", apps)
        }
        (ProtectedApps::Selected(apps), ProtectedApps::Microsoft)
        | (ProtectedApps::Microsoft, ProtectedApps::Selected(apps)) => {
            names.has_any_of("microsoft-apps", apps)
        }
        _ => true,
    }
}

/// The conflict of a policy for all device types with one for particular ones.
fn superseded(general: &ImportedPolicy, specific: &ImportedPolicy) -> Diagnostic {
    let (title, other) = (&general.title, &specific.title);
    let message = format!("\"{title}\" has no effect on the devices of \"{other}\"");
    let help = "a policy for all device types yields to one for particular ones, and is not joined \
                with it: choose \"Device types\" (`targetedAppManagementLevels`) here as well, or put \
                every setting that is needed into both";
    let at = |policy: &ImportedPolicy| policy.stated_at("targetedAppManagementLevels");
    let diagnostic = Diagnostic::new(Code::IntuneSuperseded, message);
    diagnostic
        .at(at(general), "for all device types")
        .at(at(specific), "for particular ones")
        .help(help)
}

// ---------------------------------------------------------------- numbers

/// A setting with a number.
#[derive(Debug)]
struct NumericSetting {
    member: &'static str,
    unit: &'static str,
    /// The defaults of a new policy, on Windows and elsewhere.
    new: [u32; 2],
    strictest: Strictest,
    /// The number of a policy, if it has an effect there.
    of: fn(&ImportedPolicy) -> Option<u32>,
}

/// The order of numbers by strictness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strictest {
    Least,
    /// The least; 0 stands for never.
    LeastButZero,
    Greatest,
}

impl Strictest {
    /// A measure of laxity: the larger, the weaker.
    fn laxity(self, number: u32) -> u32 {
        match self {
            Self::Least => number,
            Self::LeastButZero => number.checked_sub(1).unwrap_or(u32::MAX),
            Self::Greatest => u32::MAX - number,
        }
    }
}

const DAY: u32 = 24 * 60;

const fn row(
    member: &'static str,
    unit: &'static str,
    new: u32,
    strictest: Strictest,
    of: fn(&ImportedPolicy) -> Option<u32>,
) -> NumericSetting {
    NumericSetting { member, unit, new: [new, new], strictest, of }
}

/// Every setting with a number, in the order of the portal.
#[rustfmt::skip]
const NUMBERS: [NumericSetting; 9] = [
    row("allowedOutboundClipboardSharingExceptionLength", "character", 0, Strictest::Least, |it| (it.settings.clipboard.sharing != Sharing::Any).then_some(it.settings.clipboard.exception)),
    row("minimumPinLength", "", 4, Strictest::Greatest, |it| pin(it, |pin| Some(pin.length))),
    row("pinRequiredInsteadOfBiometricTimeout", "minute", 30, Strictest::LeastButZero, |it| pin(it, |pin| (pin.biometrics != Biometrics::No).then_some(pin.biometrics_override))),
    row("periodBeforePinReset", "day", 0, Strictest::LeastButZero, |it| pin(it, |pin| Some(pin.expires))),
    row("previousPinBlockCount", "", 0, Strictest::Greatest, |it| pin(it, |pin| Some(pin.history))),
    row("periodOnlineBeforeAccessCheck", "minute", 30, Strictest::Least, recheck),
    row("maximumPinRetries", "", 5, Strictest::Least, |it| pin(it, |pin| Some(pin.attempts))),
    NumericSetting { member: "periodOfflineBeforeAccessCheck", unit: "minute", new: [720, 1440], strictest: Strictest::Least, of: |it| it.settings.launches.minutes("periodOfflineBeforeAccessCheck") },
    row("periodOfflineBeforeWipeIsEnforced", "day", 90, Strictest::Least, |it| it.settings.launches.minutes("periodOfflineBeforeWipeIsEnforced").map(|minutes| minutes.div_ceil(DAY))),
];

/// The numbers of a policy, by row of the table.
type Numbers = [Option<u32>; 9];

fn numbers(policy: &ImportedPolicy) -> Numbers {
    NUMBERS.each_ref().map(|number| (number.of)(policy))
}

fn pin(policy: &ImportedPolicy, of: impl Fn(&Pin) -> Option<u32>) -> Option<u32> {
    policy.settings.access.pin.as_ref().and_then(of)
}

/// The minutes before the next check of access requirements.
fn recheck(policy: &ImportedPolicy) -> Option<u32> {
    let access = &policy.settings.access;
    let is_asked = access.pin.is_some() || access.credentials;
    is_asked.then(|| access.recheck.unwrap_or(30))
}

impl NumericSetting {
    /// The conflict of two policies that differ in the number.
    fn differs(&self, one: (&ImportedPolicy, u32), other: (&ImportedPolicy, u32)) -> Diagnostic {
        let [windows, elsewhere] = self.new;
        let is_windows = one.0.platform == Platform::Windows;
        let new = if is_windows { windows } else { elsewhere };
        let laxity = |number| self.strictest.laxity(number);
        let laxest = laxity(one.1).max(laxity(other.1));
        let consequence =
            if laxity(new) > laxest { ", weaker than either" } else { ", the default" };
        let strictest = if laxity(one.1) < laxity(other.1) { one.1 } else { other.1 };
        let (a, b, new) = (self.words(one.1), self.words(other.1), self.words(new));
        let (titles, member) = ((&one.0.title, &other.0.title), self.member);
        let message = format!(
            "`{member}` is {a} in \"{}\" and {b} in \"{}\": where both apply it is {new}{consequence}",
            titles.0, titles.1
        );
        let setting = Property::find(member, one.0.platform).map_or(member, |one| one.title);
        let help = format!(
            "if numbers differ, Intune falls back to the default: give \"{setting}\" (`{member}`) \
             the same value in both, or keep their groups apart; the rules here take the stricter, {}",
            self.words(strictest)
        );
        let diagnostic = Diagnostic::new(Code::IntuneNumbers, message);
        let diagnostic = diagnostic.at(one.0.stated_at(member), a);
        diagnostic.at(other.0.stated_at(member), b).help(help)
    }

    /// A number with its unit.
    fn words(&self, number: u32) -> String {
        match (self.unit, number) {
            ("minute" | "day", 0) if self.strictest == Strictest::LeastButZero => {
                "never".to_owned()
            }
            ("", number) => number.to_string(),
            (unit, 1) => format!("1 {unit}"),
            (unit, number) => format!("{number} {unit}s"),
        }
    }
}
