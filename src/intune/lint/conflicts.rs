//! Conflicts between policies that apply to one user in one app.
//!
//! Takes in the policies that were read together, gives out warnings. Of most settings the strictest
//! counts, in Intune as in the language. Numbers are an exception: if policies differ in one, Intune
//! takes the default of a new policy, which may be weaker than both.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::diagnostic::{Code, Diagnostic};
use crate::intune::read::apps::ProtectedApps;
use crate::intune::read::policy::{ImportedPolicies, ImportedPolicy};
use crate::intune::schema::Property;
use crate::intune::settings::clipboard::Sharing;
use crate::intune::settings::pin::{Biometrics, Pin};
use crate::vocabulary::Platform;

/// The greatest number of pairs of policies that are compared. It bounds the time, which grows with the
/// square of the number of policies for the same apps.
const PAIRS: usize = 1 << 20;

/// Finds conflicts: one finding for each two values of a setting, and for each policy that yields to others. Where the
/// bound ends the search, a warning says so.
pub(in crate::intune) fn find(policies: &ImportedPolicies, found: &mut Vec<Diagnostic>) {
    let list = &policies.list;
    let numbers: Vec<Numbers> = list.iter().map(numbers).collect();
    let by_app = PoliciesByApp::new(list);
    let mut conflicts = Conflicts::default();
    let mut pairs = 0_usize;
    'search: for (at, one) in list.iter().enumerate() {
        for at_other in by_app.behind(at, one) {
            let Some(other) = list.get(at_other) else { continue };
            if pairs >= PAIRS {
                found.push(stopped(one));
                break 'search;
            }
            pairs += 1;
            if !one.head.may_meet(&other.head, one.platform, &policies.names) {
                continue;
            }
            let both = numbers.get(at).zip(numbers.get(at_other));
            match (one.head.levels.is_specific(), other.head.levels.is_specific(), both) {
                (true, false, _) if one.is_certain() => conflicts.supersede([at_other, at]),
                (false, true, _) if other.is_certain() => conflicts.supersede([at, at_other]),
                // Where it is not known whether one yields, both are in force.
                (_, _, Some(both)) => conflicts.compare([at, at_other], one.platform, both),
                _ => {}
            }
        }
    }
    conflicts.report(list, found);
}

/// The conflicts of many pairs of policies, by position, each kind with its first pair and the number of pairs.
#[derive(Debug, Default)]
struct Conflicts {
    /// The specific policies by the general one that yields to them.
    superseded: BTreeMap<usize, Vec<usize>>,
    /// Two policies by the setting in which they differ, and by its two values.
    numbers: BTreeMap<NumberConflict, ([usize; 2], usize)>,
}

/// The row of a setting, the platform, and two values, the smaller one first.
type NumberConflict = (usize, Platform, [u32; 2]);

impl Conflicts {
    fn supersede(&mut self, [general, specific]: [usize; 2]) {
        self.superseded.entry(general).or_default().push(specific);
    }

    /// Adds the numbers in which two policies that may meet differ.
    fn compare(
        &mut self,
        pair: [usize; 2],
        platform: Platform,
        (one, other): (&Numbers, &Numbers),
    ) {
        for (row, (a, b)) in one.iter().zip(other).enumerate() {
            if let (Some(a), Some(b)) = (*a, *b)
                && a != b
            {
                let key = (row, platform, [a.min(b), a.max(b)]);
                self.numbers.entry(key).or_insert((pair, 0)).1 += 1;
            }
        }
    }

    /// A finding for each kind of conflict, in the order of first pairs.
    fn report(self, list: &[ImportedPolicy], found: &mut Vec<Diagnostic>) {
        let policies = |[one, other]: [usize; 2]| list.get(one).zip(list.get(other));
        let superseded = self.superseded.into_iter().filter_map(|(general, specific)| {
            let pair = [general, *specific.first()?];
            let specific = specific.into_iter().filter_map(|at| list.get(at)).collect();
            Some((pair, superseded(list.get(general)?, specific)?))
        });
        let numbers = self.numbers.into_iter().filter_map(|((row, ..), (pair, count))| {
            let (one, other) = policies(pair)?;
            let number = NUMBERS.get(row)?;
            let value = |policy| (number.of)(policy).map(|value| (policy, value));
            Some((pair, number.differs(value(one)?, value(other)?, count)))
        });
        let mut all: Vec<([usize; 2], Diagnostic)> = superseded.chain(numbers).collect();
        all.sort_by_key(|(pair, _)| *pair);
        found.extend(all.into_iter().map(|(_, one)| one));
    }
}

/// The warning about policies that are not compared.
fn stopped(at: &ImportedPolicy) -> Diagnostic {
    let message = format!(
        "policies from \"{}\" on are not all compared for conflicts: there are more than {PAIRS} pairs",
        at.title
    );
    let diagnostic = Diagnostic::new(Code::IntuneNumbers, message).at(at.place, "");
    diagnostic.help("check fewer policies at once, for example those of one platform")
}

// ---------------------------------------------------------------- where policies meet

/// The policies that can share an app, by position: those that list it, and those that list none.
struct PoliciesByApp<'p> {
    by_app: HashMap<(Platform, bool, &'p str), Vec<usize>>,
    without_list: HashMap<(Platform, bool), Vec<usize>>,
    all: HashMap<(Platform, bool), Vec<usize>>,
}

impl<'p> PoliciesByApp<'p> {
    fn new(policies: &'p [ImportedPolicy]) -> Self {
        let (by_app, without_list, all) = (HashMap::new(), HashMap::new(), HashMap::new());
        let mut found = Self { by_app, without_list, all };
        for (at, policy) in policies.iter().enumerate() {
            let key = (policy.platform, policy.is_default);
            found.all.entry(key).or_default().push(at);
            match &policy.head.apps {
                ProtectedApps::Selected(apps) => {
                    for app in apps {
                        found.by_app.entry((key.0, key.1, app.as_str())).or_default().push(at);
                    }
                }
                _ => found.without_list.entry(key).or_default().push(at),
            }
        }
        found
    }

    /// The positions of policies behind one that can share an app with it.
    fn behind(&self, at: usize, policy: &ImportedPolicy) -> BTreeSet<usize> {
        let key = (policy.platform, policy.is_default);
        let lists: Vec<&Vec<usize>> = match &policy.head.apps {
            ProtectedApps::Selected(apps) => {
                let listed = apps.iter().filter_map(|app| self.by_app.get(&(key.0, key.1, &**app)));
                listed.chain(self.without_list.get(&key)).collect()
            }
            _ => self.all.get(&key).into_iter().collect(),
        };
        lists.into_iter().flatten().copied().filter(|other| *other > at).collect()
    }
}

/// The most policies that one warning names.
const NAMED: usize = 3;

/// The conflict of a policy for all device types with those for particular ones.
fn superseded(general: &ImportedPolicy, specific: Vec<&ImportedPolicy>) -> Option<Diagnostic> {
    let first = specific.first()?;
    let title = |one: &&ImportedPolicy| format!("\"{}\"", one.title);
    let mut titles: Vec<String> = specific.iter().take(NAMED).map(title).collect();
    if specific.len() > NAMED {
        titles.push(format!("{} more", specific.len() - NAMED));
    }
    let titles = match titles.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => titles.concat(),
    };
    let message = format!("\"{}\" has no effect on the devices of {titles}", general.title);
    let help = "a policy for all device types yields to one for particular ones, and is not joined \
                with it: choose \"Device types\" (`targetedAppManagementLevels`) here as well, or put \
                every setting that is needed into both";
    let at = |policy: &ImportedPolicy| policy.stated_at("targetedAppManagementLevels");
    let diagnostic = Diagnostic::new(Code::IntuneSuperseded, message);
    let diagnostic = diagnostic.at(at(general), "for all device types");
    Some(diagnostic.at(at(first), "for particular ones").help(help))
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
    /// The conflict of two policies that differ in the number, and of as many pairs as a count says.
    fn differs(
        &self,
        one: (&ImportedPolicy, u32),
        other: (&ImportedPolicy, u32),
        count: usize,
    ) -> Diagnostic {
        let [windows, elsewhere] = self.new;
        let is_windows = one.0.platform == Platform::Windows;
        let new = if is_windows { windows } else { elsewhere };
        let laxity = |number| self.strictest.laxity(number);
        let laxest = laxity(one.1).max(laxity(other.1));
        let consequence =
            if laxity(new) > laxest { ", weaker than either" } else { ", the default" };
        let strictest = if laxity(one.1) < laxity(other.1) { one.1 } else { other.1 };
        let (a, b, new) = (self.words(one.1), self.words(other.1), self.words(new));
        let others = match count {
            1 => String::new(),
            2 => ", and so in one more pair".to_owned(),
            count => format!(", and so in {} more pairs", count - 1),
        };
        let (titles, member) = ((&one.0.title, &other.0.title), self.member);
        let message = format!(
            "`{member}` is {a} in \"{}\" and {b} in \"{}\"{others}: where both apply it is {new}{consequence}",
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
