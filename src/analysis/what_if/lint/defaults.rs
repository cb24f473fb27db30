//! Lints of numbers in which two policies differ. Here the stricter counts; Intune takes the number of a new policy.
//!
//! Exports of Intune have a lint of their own, where they are read.

use std::collections::BTreeSet;

use super::linter::Linter;
use crate::access::Requirements;
use crate::analysis::access::visit_applying;
use crate::analysis::engine::query::Query;
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::LimitExceeded;
use crate::model::{
    Access, AccessKind, Action, Biometrics, Condition, PolicyId, Requirement, duration,
};
use crate::source::Span;
use crate::table::Device;
use crate::vocabulary::Platform;

/// The number that stands for "never".
const NEVER: u32 = u32::MAX;

const DAY: u32 = 24 * 60;

/// A setting with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Setting {
    Length,
    Attempts,
    History,
    Expires,
    BiometricsOverride,
    Recheck,
    OfflineBlock,
    OfflineWipe,
}

/// The number of a policy, with the statement that says it, or leaves it open.
#[derive(Debug, Clone, Copy)]
struct StatedNumber {
    number: u32,
    is_said: bool,
    span: Span,
}

impl Linter<'_> {
    /// Lints of numbers for which the product takes its default.
    pub(super) fn defaults(&self, found: &mut Vec<Diagnostic>) -> Result<(), LimitExceeded> {
        let live = self.model.policies().iter().filter(|policy| !policy.report_only);
        if live.filter(|policy| !policy.access.is_empty()).count() < 2 {
            return Ok(());
        }
        let query = &mut Query::new(self.model, None, self.analysis.limits(), std::iter::empty())?;
        let mut seen = BTreeSet::new();
        visit_applying(query, &mut |query, device, policies| {
            for (at, (one, users)) in policies.iter().enumerate() {
                for (other, others) in policies.iter().skip(at + 1) {
                    if query.manager().are_disjoint(*users, *others)? {
                        continue;
                    }
                    for setting in Setting::ALL {
                        let pair = [
                            self.stated(*one, *setting, device),
                            self.stated(*other, *setting, device),
                        ];
                        let [Some(a), Some(b)] = pair else { continue };
                        if !(self.is_own(a.span) || self.is_own(b.span)) {
                            continue;
                        }
                        let differing = setting.differs(
                            device.platform,
                            [(self.name(*one), a), (self.name(*other), b)],
                        );
                        if let Some(differing) = differing
                            && seen.insert((*one, *other, *setting))
                        {
                            found.push(differing);
                        }
                    }
                }
            }
            Ok(())
        })
    }

    fn name(&self, policy: PolicyId) -> &str {
        &self.model.policy(policy).name
    }

    /// The number that a policy gives a setting on a device; `None` where it asks for nothing of the kind.
    fn stated(&self, policy: PolicyId, setting: Setting, device: Device) -> Option<StatedNumber> {
        let Device { platform, state } = device;
        let all = self.model.policy(policy).access.iter();
        let all: Vec<&Access> = all.filter(|one| one.is_on(platform, state)).collect();
        if let Some(action) = setting.action() {
            let launch = |one: &&Access| match &one.kind {
                AccessKind::Launch { action: own, condition: Condition::Offline { minutes } }
                    if *own == action =>
                {
                    Some(StatedNumber { number: *minutes, is_said: true, span: one.span })
                }
                _ => None,
            };
            return all.iter().filter_map(launch).min_by_key(|one| one.number);
        }
        let required: Vec<(&Access, Requirements)> = all
            .iter()
            .filter_map(|one| match &one.kind {
                AccessKind::Require(requirement) => {
                    Some((*one, Requirements::of(requirement, platform, state)))
                }
                AccessKind::Launch { .. } => None,
            })
            .collect();
        let joined = required.iter().map(|(_, own)| *own).reduce(Requirements::join)?.effective();
        let said = setting.said(joined, platform)?;
        let saying = required
            .iter()
            .find(|(_, own)| said.is_some() && setting.said(*own, platform) == Some(said));
        let is_about = |one: &&(&Access, Requirements)| match &one.0.kind {
            AccessKind::Require(Requirement::Pin(_)) => true,
            AccessKind::Require(Requirement::Credentials { .. }) => setting == Setting::Recheck,
            _ => false,
        };
        let (access, _) = saying.or_else(|| required.iter().find(is_about))?;
        let number = said.unwrap_or_else(|| setting.default(platform));
        Some(StatedNumber { number, is_said: said.is_some(), span: access.span })
    }
}

impl Setting {
    const ALL: &'static [Self] = &[
        Self::Length,
        Self::Attempts,
        Self::History,
        Self::Expires,
        Self::BiometricsOverride,
        Self::Recheck,
        Self::OfflineBlock,
        Self::OfflineWipe,
    ];

    /// The word of the field, or the launch condition.
    const fn word(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Attempts => "attempts",
            Self::History => "history",
            Self::Expires => "expires",
            Self::BiometricsOverride => "biometrics-override",
            Self::Recheck => "recheck",
            Self::OfflineBlock => "block when offline",
            Self::OfflineWipe => "wipe when offline",
        }
    }

    /// The number of a new policy.
    const fn default(self, platform: Platform) -> u32 {
        match self {
            Self::Length => 4,
            Self::Attempts => 5,
            Self::History => 0,
            Self::Expires => NEVER,
            Self::BiometricsOverride | Self::Recheck => 30,
            Self::OfflineBlock if matches!(platform, Platform::Windows) => 720,
            Self::OfflineBlock => 1440,
            Self::OfflineWipe => 90 * DAY,
        }
    }

    /// The action of a launch condition.
    const fn action(self) -> Option<Action> {
        match self {
            Self::OfflineBlock => Some(Action::Block),
            Self::OfflineWipe => Some(Action::Wipe),
            _ => None,
        }
    }

    /// The number that requirements say; `None` inside where they leave it open and a setting states it all the same,
    /// outside where there is none.
    fn said(self, joined: Requirements, platform: Platform) -> Option<Option<u32>> {
        if self == Self::Recheck {
            let pin = joined.pin.map(|pin| pin.recheck_minutes);
            let credentials = joined.credentials.map(|one| one.recheck_minutes);
            return [pin, credentials].into_iter().flatten().flatten().min().map(Some);
        }
        let pin = joined.pin?;
        match self {
            Self::Length => Some(pin.length.map(u32::from)),
            // A policy of Intune has one number and one action.
            Self::Attempts if pin.reset_after.is_some() && pin.wipe_after.is_some() => None,
            Self::Attempts => Some(pin.reset_after.or(pin.wipe_after)),
            Self::History if platform != Platform::Android => None,
            Self::History => Some((pin.history > 0).then_some(pin.history.into())),
            Self::Expires => Some(pin.expires_days.map(|days| days.saturating_mul(DAY))),
            Self::BiometricsOverride if pin.biometrics == Biometrics::No => None,
            Self::BiometricsOverride => pin.biometrics_override_minutes.map(Some),
            Self::Recheck | Self::OfflineBlock | Self::OfflineWipe => None,
        }
    }

    /// A measure of laxity: the larger, the weaker.
    const fn laxity(self, number: u32) -> u32 {
        match self {
            Self::Length | Self::History => u32::MAX - number,
            _ => number,
        }
    }

    /// The diagnostic about two policies that differ in the number, if the product takes another one than the
    /// stricter of both.
    fn differs(self, platform: Platform, [a, b]: [(&str, StatedNumber); 2]) -> Option<Diagnostic> {
        let default = self.default(platform);
        let numbers = [a.1.number, b.1.number];
        let stricter = numbers.into_iter().min_by_key(|number| self.laxity(*number))?;
        if numbers[0] == numbers[1] || default == stricter {
            return None;
        }
        let is_weaker = numbers.iter().all(|one| self.laxity(default) > self.laxity(*one));
        let (taken, word) = (self.words(default), self.word());
        let consequence = if is_weaker { ", weaker than either" } else { "" };
        let said = |one: &StatedNumber| match one.is_said {
            true => self.words(one.number),
            false => format!("left open ({})", self.words(one.number)),
        };
        let message = format!(
            "`{word}` is {} in `{}` and {} in `{}`: where both apply Intune takes {taken}{consequence}",
            said(&a.1),
            a.0,
            said(&b.1),
            b.0
        );
        let help = format!(
            "if numbers differ, Intune falls back to its default: say the same number in both, keep their \
             people apart, or let one yield to the other; here the stricter counts, {}",
            self.words(stricter)
        );
        let diagnostic = Diagnostic::new(Code::LintProductDefault, message).help(help);
        Some(diagnostic.at(a.1.span, said(&a.1)).at(b.1.span, said(&b.1)))
    }

    /// A number with its unit.
    fn words(self, number: u32) -> String {
        match self {
            Self::Length | Self::Attempts | Self::History => number.to_string(),
            _ if number == NEVER => "never".to_owned(),
            _ => duration(number),
        }
    }
}
