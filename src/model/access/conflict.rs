//! Conflicts between access statements of one policy: contradictions, repetitions, statements that others
//! cover; and conditions that never fire.
//!
//! Takes in statements without errors, gives out warnings. Compares every pair, up to a bound.

use super::action::Action;
use super::condition::Condition;
use super::device_set::{DeviceSet, listed};
use super::requirement::{Field, Requirement, Stated};
use super::requirement_value::{AfterAttempts, Biometrics};
use super::statement::{Access, AccessKind};
use super::value::{Date, duration};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// The most statements of a policy that are compared pairwise. Nobody writes more by hand, and to compare
/// all of a generated policy would take longer than to compile it.
const COMPARED: usize = 400;

/// Reports statements of one policy that contradict, repeat or cover each other.
pub(in crate::model) fn check(all: &[Access], found: &mut Vec<Diagnostic>) {
    found.extend(all.iter().filter_map(never_fires));
    let (mut requirements, mut launches) = (Vec::new(), Vec::new());
    for access in all.iter().take(COMPARED) {
        let (place, span) = (DeviceSet::of(access), access.span);
        match &access.kind {
            AccessKind::Require(what) => {
                requirements.push(Required { what, place, span, fields: what.fields() });
            }
            AccessKind::Launch { condition, .. } if condition.never_fires() => {}
            AccessKind::Launch { action, condition } => {
                launches.push(Launched { action: *action, condition, place, span });
            }
        }
    }
    // The first statement that one is at odds with is enough: more would say the same again.
    for (index, one) in requirements.iter().enumerate() {
        let earlier = requirements.get(..index).unwrap_or_default();
        let twice = |field| earlier.iter().find_map(|other| one.states_as(field, other));
        found.extend(one.fields.iter().filter_map(twice));
        found.extend(earlier.iter().find_map(|other| one.repeats(other)));
        let idle = |field| requirements.iter().find_map(|other| one.idle_beside(field, other));
        found.extend(one.fields.iter().filter_map(idle));
        found.extend(requirements.iter().find_map(|other| one.short_override(other)));
        found.extend(requirements.iter().find_map(|other| one.idle_skip(other)));
    }
    for (index, one) in launches.iter().enumerate() {
        let earlier = launches.get(..index).unwrap_or_default();
        let later = launches.get(index..).unwrap_or_default();
        // Of two that say the same the first stays.
        let later = later.iter().filter(|other| !one.covers(other));
        let covering = earlier.iter().chain(later).find(|other| other.covers(one));
        found.extend(covering.map(|other| one.covered_by(other)));
        found.extend(earlier.iter().find_map(|other| one.contradicts(other)));
    }
}

/// The diagnostic about a launch condition that no value meets.
fn never_fires(access: &Access) -> Option<Diagnostic> {
    let AccessKind::Launch { action, condition } = &access.kind else { return None };
    let message = format!("`launch {action} when {condition}` never fires");
    let help = "write the threshold that is meant, or leave the statement out";
    let diagnostic = Diagnostic::new(Code::NoEffect, message).help(help);
    condition.never_fires().then(|| diagnostic.at(access.span, "no value is beyond this one"))
}

fn warning(message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::AccessConflict, message).help(help)
}

/// A `require` statement among others.
struct Required<'a> {
    what: &'a Requirement,
    place: DeviceSet,
    span: Span,
    fields: Vec<Stated>,
}

impl Required<'_> {
    /// The diagnostic about a field that the other requirement states for some of the same devices.
    fn states_as(&self, field: &Stated, other: &Self) -> Option<Diagnostic> {
        let alike = |first: &&Stated| first.field == field.field;
        let first = other.fields.iter().find(alike).filter(|_| self.is_like(other))?;
        if field.field == Field::Attempts && self.counts_apart_from(other) {
            return None;
        }
        let place = self.place.and(other.place).on(field.platforms).on(first.platforms);
        let on = listed((!place.is_empty()).then_some(place.platforms)?);
        let message = format!("`{}` is stated twice for devices on {on}", field.field);
        let help = "the stricter one counts; keep one, or let `on` and `devices` keep them apart";
        Some(warning(message, help).at(field.span, "again here").at(first.span, "first here"))
    }

    /// Whether one of the two resets after some attempts and the other wipes.
    fn counts_apart_from(&self, other: &Self) -> bool {
        let attempts = |one: &Self| one.what.pin().and_then(|pin| pin.attempts);
        let pair = attempts(self).zip(attempts(other));
        pair.is_some_and(|(one, other)| {
            let is_alone =
                |then| one.value.until(then).is_none() || other.value.until(then).is_none();
            AfterAttempts::ALL.iter().all(|then| is_alone(*then))
        })
    }

    /// The diagnostic about `skip-with-device-pin` where the other statement requires the PIN without it.
    fn idle_skip(&self, other: &Self) -> Option<Diagnostic> {
        let skip = self.what.pin()?.skip_with_device_pin?;
        let is_plain = other.what.pin()?.skip_with_device_pin.is_none();
        if !is_plain || !self.place.and(other.place).has_known_pin() {
            return None;
        }
        let message = "`skip-with-device-pin` beside a `require pin` without it";
        let help = "state it in every `require pin`, or let `on` and `devices` keep them apart";
        let diagnostic = warning(message, help).at(skip, "the PIN is asked for after all");
        Some(diagnostic.at(other.span, "by this one"))
    }

    fn is_like(&self, other: &Self) -> bool {
        self.what.what() == other.what.what()
    }

    /// The diagnostic about a requirement without fields whose devices the other one includes.
    fn repeats(&self, other: &Self) -> Option<Diagnostic> {
        let adds_nothing =
            |one: &Self, to: &Self| one.fields.is_empty() && one.place.is_within(to.place);
        if !self.is_like(other) {
            return None;
        }
        let pairs = [(self, other), (other, self)];
        let (idle, other) = pairs.into_iter().find(|(one, to)| adds_nothing(one, to))?;
        let message = format!("`require {}` is stated twice", idle.what.what());
        let diagnostic = warning(message, "leave it out").at(idle.span, "adds nothing");
        Some(diagnostic.at(other.span, "requires it already"))
    }

    /// The diagnostic about a field for biometrics that the other requirement forbids.
    fn idle_beside(&self, field: &Stated, other: &Self) -> Option<Diagnostic> {
        let about = [Field::BiometricsOverride, Field::BiometricsClass, Field::BiometricsChange];
        let biometrics = other.what.pin()?.biometrics?;
        let is_idle = about.contains(&field.field)
            && biometrics.value == Biometrics::No
            && self.place.on(field.platforms).is_within(other.place);
        let message = format!("`{}` has no effect beside `biometrics no`", field.field);
        let diagnostic = warning(message, "keep one of them").at(field.span, "");
        is_idle.then(|| diagnostic.at(biometrics.span, "no biometrics are allowed"))
    }

    /// The diagnostic about biometrics that are overridden before they are asked for.
    fn short_override(&self, other: &Self) -> Option<Diagnostic> {
        let timeout = self.what.pin()?.biometrics_override_minutes?;
        let recheck = other.what.pin()?.recheck_minutes?;
        if recheck.value <= timeout.value || self.place.and(other.place).is_empty() {
            return None;
        }
        let help = format!("let `biometrics-override` be longer than {}", duration(recheck.value));
        let diagnostic = warning("biometrics that never take the place of the PIN", help);
        let diagnostic = diagnostic.at(timeout.span, "by then the PIN is asked for");
        Some(diagnostic.at(recheck.span, "nothing is asked for before"))
    }
}

/// A `launch` statement among others.
struct Launched<'a> {
    action: Action,
    condition: &'a Condition,
    place: DeviceSet,
    span: Span,
}

impl Launched<'_> {
    /// Whether this condition and action include the other one's.
    fn covers(&self, other: &Self) -> bool {
        self.action >= other.action
            && other.condition.implies(self.condition)
            && other.place.is_within(self.place)
    }

    /// The diagnostic about a statement that the other one covers.
    fn covered_by(&self, other: &Self) -> Diagnostic {
        let (action, beyond) = (self.action, other.action);
        let is_same = action == beyond && other.condition.implies(self.condition);
        let what = if is_same { "is stated twice" } else { "has no effect" };
        let why = if action == beyond {
            format!("`{beyond}` already wherever that one holds")
        } else {
            format!("`{beyond}` comes before `{action}`")
        };
        let message = format!("`launch {action} when {}` {what}", self.condition.brief());
        let help = "leave it out, or let it hold where the other does not";
        warning(message, help).at(self.span, "never shows").at(other.span, why)
    }

    /// The diagnostic about two conditions of which one holds on every device.
    fn contradicts(&self, other: &Self) -> Option<Diagnostic> {
        let place = self.place.and(other.place);
        let help = self.condition.contradiction(other.condition)?;
        let on = listed((!place.is_empty()).then_some(place.platforms)?);
        let message = format!("no device on {on} passes both of two launch conditions");
        let diagnostic = warning(message, help).at(self.span, "either this one holds");
        Some(diagnostic.at(other.span, "or this one does"))
    }
}

impl Condition {
    /// The text for a message, with lists elided.
    fn brief(&self) -> String {
        let text = self.to_string();
        text.split_once(" in ").map_or(text.clone(), |(subject, _)| format!("{subject} in …"))
    }

    /// Whether no value meets it: nothing is below the least value of a fact, or above the largest.
    pub(crate) fn never_fires(&self) -> bool {
        match self {
            Self::OsBelow(version)
            | Self::AppBelow(version)
            | Self::SdkBelow(version)
            | Self::CompanyPortalBelow(version) => version.number() == u128::MIN,
            Self::OsAbove(version) => version.number() == u128::MAX,
            Self::PatchBefore(date) => *date == Date::FIRST,
            Self::Offline { minutes } => *minutes == u32::MAX,
            Self::CompanyPortalOlder { .. }
            | Self::AccountDisabled
            | Self::Jailbroken
            | Self::ThreatAbove(_)
            | Self::IntegrityBelow(_)
            | Self::AppScanOff
            | Self::DeviceLockBelow(_)
            | Self::Knox(_)
            | Self::ModelNotIn(_)
            | Self::ManufacturerNotIn(_)
            | Self::OffDuty => false,
        }
    }

    /// Whether this condition implies the other one.
    fn implies(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::OsBelow(a), Self::OsBelow(b))
            | (Self::AppBelow(a), Self::AppBelow(b))
            | (Self::SdkBelow(a), Self::SdkBelow(b))
            | (Self::CompanyPortalBelow(a), Self::CompanyPortalBelow(b)) => a <= b,
            (Self::OsAbove(a), Self::OsAbove(b)) => a >= b,
            (Self::PatchBefore(a), Self::PatchBefore(b)) => a <= b,
            (Self::CompanyPortalOlder { days: a }, Self::CompanyPortalOlder { days: b }) => a >= b,
            (Self::Offline { minutes: a }, Self::Offline { minutes: b }) => a >= b,
            (Self::ThreatAbove(a), Self::ThreatAbove(b)) => a >= b,
            (Self::IntegrityBelow(a), Self::IntegrityBelow(b)) => a <= b,
            (Self::DeviceLockBelow(a), Self::DeviceLockBelow(b)) => a <= b,
            (Self::Knox(a), Self::Knox(b)) => a <= b,
            (Self::ModelNotIn(a), Self::ModelNotIn(b))
            | (Self::ManufacturerNotIn(a), Self::ManufacturerNotIn(b)) => b.is_within(a),
            // Conditions of different kinds say nothing of each other.
            (one, other) => one == other,
        }
    }

    /// The help if on every device this condition or the other one holds; `None` if on some neither does.
    fn contradiction(&self, other: &Self) -> Option<&'static str> {
        match (self, other) {
            (Self::OsBelow(least), Self::OsAbove(most))
            | (Self::OsAbove(most), Self::OsBelow(least))
                if least > most =>
            {
                Some("`os <` takes the oldest version that may run, `os >` the newest")
            }
            (Self::ModelNotIn(a), Self::ModelNotIn(b))
            | (Self::ManufacturerNotIn(a), Self::ManufacturerNotIn(b))
                if a.is_apart_from(b) =>
            {
                Some("a device must be in both lists; write one list, or use `on` and `devices`")
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{resolve, silent, warned};
    use super::*;

    #[test]
    fn fields_that_two_statements_state_are_a_warning() {
        warned(
            "require pin { length 6 } require pin { length 8 } on ios
             `length` is stated twice for devices on ios | length 8 | the stricter one counts
             require encryption require encryption
             `require encryption` is stated twice | encryption | leave it out
             require pin require pin { length 6 }
             `require pin` is stated twice | pin | leave it out",
        );
        silent(&[
            "require pin { length 6 } on ios require pin { length 8 } on android",
            "require pin { length 6 } require pin { biometrics-class 3 } on android",
            "require pin { biometrics face } require pin { biometrics no } on android",
            "require encryption require encryption { class locked } on ios",
            "require pin { recheck 30 minutes } require credentials recheck 60 minutes",
            "require pin { attempts 3 then reset } require pin { attempts 5 then wipe }",
        ]);
    }

    #[test]
    fn fields_about_biometrics_that_change_nothing_are_a_warning() {
        warned(
            "require pin { biometrics no biometrics-class 3 }
             `biometrics-class` has no effect beside `biometrics no` | biometrics-class 3 | keep
             require pin { biometrics no } require pin { biometrics-change ask } on android
             `biometrics-change` has no effect beside `biometrics no` | biometrics-change ask
             require pin { biometrics-override 10 minutes recheck 30 minutes }
             biometrics that never take the place of the PIN | biometrics-override 10 minutes",
        );
        silent(&[
            "require pin { biometrics-override 30 minutes recheck 30 minutes }",
            "require pin { biometrics no } on ios require pin { biometrics-class 3 }",
            "require pin { biometrics no } on ios require pin { biometrics-override 1 hour }",
        ]);
    }

    #[test]
    fn a_pin_that_is_asked_for_after_all_is_a_warning() {
        warned(
            "require pin { skip-with-device-pin } require pin { length 6 }
             `skip-with-device-pin` beside a `require pin` without it | skip-with-device-pin | state",
        );
        silent(&[
            "require pin { skip-with-device-pin } on ios require pin { length 6 } on android",
            "require pin { skip-with-device-pin } require pin { length 6 } devices unmanaged",
        ]);
    }

    #[test]
    fn launch_statements_that_never_show_are_a_warning() {
        let cases = [
            ("warn", "os < 16.0", "block", "os < 17.0"),
            ("block", "os < 16.0", "block", "os < 17.0"),
            ("warn", "os > 20.0", "wipe", "os > 19.0"),
            ("warn", "patch < 2025-01-01", "block", "patch < 2026-01-01"),
            ("block", "offline > 90 days", "wipe", "offline > 30 days"),
            ("block", "threat > medium", "block", "threat > low"),
            ("warn", "integrity < basic", "block", "integrity < strong"),
            ("warn", "device-lock < low", "warn", "device-lock < high"),
            ("block", "knox failed-if-supported", "wipe", "knox failed"),
            ("warn", "company-portal-age > 60 days", "warn", "company-portal-age > 30 days"),
        ];
        for (weak, narrow, strong, wide) in cases {
            let one = format!("launch {weak} when {narrow}");
            let other = format!("launch {strong} when {wide}");
            let said = format!("`{one}` has no effect | {weak} when {narrow} | leave it out, or");
            warned(&format!("{one} {other}\n{said}\n{other} {one}\n{said}"));
        }
    }

    #[test]
    fn statements_that_say_the_same_are_reported_once() {
        warned(
            r#"launch wipe when jailbroken launch wipe when jailbroken
             `launch wipe when jailbroken` is stated twice | wipe when jailbroken | leave it out
             launch block when os < 17 on ios launch block when os < 17.0
             `launch block when os < 17.0` is stated twice | block when os < 17 on ios | leave
             launch block when model not in "A", "b" launch block when model not in "B", "a"
             `launch block when model not in …` is stated twice | block when model not in "B"#,
        );
    }

    #[test]
    fn statements_that_add_something_are_no_warning() {
        silent(&[
            "launch warn when os < 17 launch block when os < 16 launch wipe when os < 15",
            "launch warn when os < 16 on ios, android launch block when os < 17 on ios",
            "launch warn when os < 16 devices unmanaged launch block when os < 17 devices intune",
            "launch block when offline > 12 hours launch wipe when offline > 90 days",
            "launch block when os < 17 launch block when os > 17",
            "launch block when model not in \"a\", \"b\"
             launch block when model not in \"b\", \"c\"",
            "launch warn when app < 2 launch block when company-portal-age > 30 days",
        ]);
    }

    #[test]
    fn conditions_that_leave_nothing_are_a_warning() {
        warned(
            r#"launch block when os < 17 launch wipe when os > 16 on ios
             no device on ios passes both of two launch conditions | wipe when os > 16 on ios
             launch block when model not in "Pixel 8" launch block when model not in "Pixel 9"
             no device on ios and android passes both of two launch conditions | block when model"#,
        );
        silent(&["launch block when os < 17 on android launch block when os > 16 on ios"]);
    }

    #[test]
    fn conditions_that_never_fire_are_a_warning() {
        warned(
            "launch block when os < 0
             `launch block when os < 0.0` never fires | block when os < 0 | write the threshold
             launch block when app < 0.0 launch block when os < 17.0
             `launch block when app < 0.0` never fires | block when app < 0.0 | write the threshold
             launch warn when os > 4294967295.4294967295.4294967295.4294967295 on ios
             `launch warn when os > 4294967295.4294967295.4294967295.4294967295` never fires
             launch block when patch < 0001-01-01
             `launch block when patch < 0001-01-01` never fires | block when patch < 0001-01-01",
        );
        silent(&[
            "launch block when os < 0.0.0.1 on ios launch block when threat > high",
            "launch block when offline > 0 minutes launch block when integrity < basic on android",
        ]);
    }

    #[test]
    fn the_number_of_warnings_grows_no_faster_than_the_policy() {
        let body = "require pin { length 6 } launch wipe when jailbroken ".repeat(2 * COMPARED);
        let (_, found, _) = resolve(&body);
        assert!(found.len() < COMPARED, "{}", found.len());
    }
}
