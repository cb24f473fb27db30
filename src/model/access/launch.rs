//! `launch` statements: the subjects of conditions, and their resolution.
//!
//! The table [`Fact::form`] says how a condition on each fact is written.

use super::action::Action;
use super::condition::{Condition, DeviceLock, Integrity, Knox, Threat};
use super::device_set::{Clauses, DeviceSet, listed};
use super::fact::Fact;
use super::slot::{DAYS, MINUTES, Read, Slot, among, bad, keep, words_of};
use super::statement::{Access, AccessKind};
use super::value::DAY;
use crate::diagnostic::Diagnostic;
use crate::model::clauses::quoted;
use crate::model::types::AccessId;
use crate::source::Span;
use crate::syntax::ast::{self, Test, Value};

/// The form in which a condition compares its fact.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Alone,
    Word,
    Below,
    Above,
    BelowOrAbove,
    List,
}

impl Fact {
    /// The form of conditions on the fact, and an example in `.mam` text.
    pub(super) const fn form(self) -> (Shape, &'static str) {
        match self {
            Self::Os => (Shape::BelowOrAbove, "os < 17.0"),
            Self::Patch => (Shape::Below, "patch < 2026-01-01"),
            Self::App => (Shape::Below, "app < 4.2"),
            Self::Sdk => (Shape::Below, "sdk < 20.1"),
            Self::CompanyPortal => (Shape::Below, "company-portal < 5.0"),
            Self::CompanyPortalAge => (Shape::Above, "company-portal-age > 30 days"),
            Self::Offline => (Shape::Above, "offline > 12 hours"),
            Self::Jailbroken => (Shape::Alone, "jailbroken"),
            Self::AccountDisabled => (Shape::Alone, "account-disabled"),
            Self::Threat => (Shape::Above, "threat > low"),
            Self::Integrity => (Shape::Below, "integrity < device"),
            Self::AppScan => (Shape::Word, "app-scan off"),
            Self::DeviceLock => (Shape::Below, "device-lock < medium"),
            Self::Knox => (Shape::Word, "knox failed"),
            Self::Model => (Shape::List, "model not in \"iPhone14,2\""),
            Self::Manufacturer => (Shape::List, "manufacturer not in \"Google\""),
            Self::OffDuty => (Shape::Alone, "off-duty"),
        }
    }
}

impl Shape {
    /// Whether a test has this form, and the words for the form in a message.
    const fn of(self, test: &Test) -> (bool, &'static str) {
        match self {
            Self::Alone => (matches!(test, Test::Holds), "stands alone"),
            Self::Word => (matches!(test, Test::Is(_)), "takes a word"),
            Self::Below => (matches!(test, Test::Less(_)), "is compared with `<`"),
            Self::Above => (matches!(test, Test::Greater(_)), "is compared with `>`"),
            Self::BelowOrAbove => {
                (matches!(test, Test::Less(_) | Test::Greater(_)), "is compared with `<` or `>`")
            }
            Self::List => (matches!(test, Test::NotIn(_)), "takes `not in`"),
        }
    }
}

/// Resolves a `launch` statement of a policy that applies to the devices of `head`.
pub(in crate::model) fn resolve_launch(
    ast: &ast::Launch,
    head: DeviceSet,
    id: AccessId,
    found: &mut Vec<Diagnostic>,
) -> Option<Access> {
    let clauses = Clauses { on: ast.platforms.as_ref(), devices: ast.devices.as_ref() };
    let place = clauses.narrow(head, found);
    let action = keep(among(&ast.action, "action", Action::WORDS), found);
    let subject = keep(among(&ast.subject, "launch condition", Fact::WORDS), found);
    let (place, action, subject) = (place?, action?, subject?);
    let slot = slot(&ast.test, ast.subject.span, subject);
    let condition = keep(condition(ast, subject, action, &slot), found);
    let reach = keep(reach(ast, subject, action, place), found);
    let (condition, reach) = (condition?, reach?);
    clauses.check(head, reach, &format!("launch {action} when {subject}"), found);
    Some(Access {
        id,
        kind: AccessKind::Launch { action, condition },
        platforms: reach.platforms,
        devices: reach.devices,
        because: ast.because.as_ref().map(|text| text.value.clone()),
        span: clauses.whole(ast.action.span, [slot.span()]),
    })
}

/// Whether a condition on a fact can lead to an action on a platform; all three are given by words.
#[cfg(feature = "intune")]
pub(crate) fn leads_to(subject: &str, action: &str, platform: crate::vocabulary::Platform) -> bool {
    let subject = Fact::WORDS.iter().find(|(word, _)| *word == subject);
    let action = Action::WORDS.iter().find(|(word, _)| *word == action);
    match (subject, action) {
        (Some((_, subject)), Some((_, action))) => subject.platforms(*action).contains(&platform),
        _ => false,
    }
}

/// The devices on which the fact can lead to the action.
fn reach(ast: &ast::Launch, subject: Fact, action: Action, place: DeviceSet) -> Read<DeviceSet> {
    let exists = subject.platforms(Action::Block);
    let exists = place.where_exists(subject.word(), exists, ast.subject.span)?;
    let leads_to = |action: Action| exists.on(subject.platforms(action));
    if !leads_to(action).is_empty() {
        return Ok(leads_to(action));
    }
    let possible = Action::WORDS.iter().filter(|(_, action)| !leads_to(*action).is_empty());
    let possible: Vec<_> = possible.copied().collect();
    let on = match subject.platforms(action) {
        [] => String::new(),
        _ => format!(" on {}", listed(exists.platforms)),
    };
    let message = format!("`{subject}` has no action `{action}`{on}");
    Err(bad(message, ast.action.span, format!("write {}", quoted(&words_of(&possible), "or"))))
}

/// The value with which a fact is compared.
pub(super) fn slot(test: &Test, place: Span, fact: Fact) -> Slot<'_> {
    let (value, sign, names) = match test {
        Test::Less(value) => (Some(value.clone()), " <", &[][..]),
        Test::Greater(value) => (Some(value.clone()), " >", &[][..]),
        Test::Equals(value) => (Some(value.clone()), "", &[][..]),
        Test::Is(name) => (Some(Value::Word(name.clone())), "", &[][..]),
        Test::NotIn(names) => (None, "", names.as_slice()),
        Test::Named(name) => (None, "", std::slice::from_ref(name)),
        Test::Holds => (None, "", &[][..]),
    };
    let (word, example) = (fact.word(), fact.form().1);
    Slot { word, place, sign, value, names, example }
}

/// Resolves the condition of a statement, which supports its action.
fn condition(ast: &ast::Launch, subject: Fact, action: Action, slot: &Slot<'_>) -> Read<Condition> {
    let condition = condition_of(&ast.test, subject, slot)?;
    match condition {
        Condition::Offline { .. } if !condition.takes(action) => {
            slot.time(MINUTES, 1..=MOST_OFFLINE).map(|minutes| Condition::Offline { minutes })
        }
        _ if !condition.takes(action) => {
            let message = format!("`{condition}` has no action `{action}`");
            let help = format!("write `block`, or `knox {}`", Knox::Failed);
            Err(bad(message, ast.action.span, help))
        }
        _ => Ok(condition),
    }
}

/// The longest time without contact that conditions compare with, in minutes.
const MOST_OFFLINE: u32 = 65_535 * DAY;

/// Resolves a condition.
pub(super) fn condition_of(test: &Test, subject: Fact, slot: &Slot<'_>) -> Read<Condition> {
    let (shape, example) = subject.form();
    let (fits, takes) = shape.of(test);
    if !fits {
        let help = format!("write `{example}`");
        return Err(bad(format!("`{subject}` {takes}"), slot.span(), help));
    }
    Ok(match subject {
        Fact::Os if matches!(test, Test::Greater(_)) => Condition::OsAbove(slot.version()?),
        Fact::Os => Condition::OsBelow(slot.version()?),
        Fact::Patch => Condition::PatchBefore(slot.date()?),
        Fact::App => Condition::AppBelow(slot.version()?),
        Fact::Sdk => Condition::SdkBelow(slot.version()?),
        Fact::CompanyPortal => Condition::CompanyPortalBelow(slot.version()?),
        Fact::CompanyPortalAge => Condition::CompanyPortalOlder { days: slot.time(DAYS, 1..=365)? },
        Fact::Offline => Condition::Offline { minutes: slot.time(MINUTES, 0..=MOST_OFFLINE)? },
        Fact::Jailbroken => Condition::Jailbroken,
        Fact::AccountDisabled => Condition::AccountDisabled,
        Fact::Threat => Condition::ThreatAbove(slot.choice(Threat::WORDS)?),
        Fact::Integrity => Condition::IntegrityBelow(slot.choice(Integrity::WORDS)?),
        Fact::AppScan => slot.choice(&[("off", ())]).map(|()| Condition::AppScanOff)?,
        Fact::DeviceLock => Condition::DeviceLockBelow(slot.choice(DeviceLock::WORDS)?),
        Fact::Knox => Condition::Knox(slot.choice(Knox::WORDS)?),
        Fact::Model => Condition::ModelNotIn(slot.list()?),
        Fact::Manufacturer => Condition::ManufacturerNotIn(slot.list()?),
        Fact::OffDuty => Condition::OffDuty,
    })
}

#[cfg(test)]
mod tests {
    use super::super::platforms::{ANDROID, IOS};
    use super::super::tests::{condition_of, fine, refused, resolve};
    use super::*;

    #[test]
    fn every_condition_is_read_and_printed_as_it_is_written() {
        let more = [
            "os > 19.0",
            "os < 10.0.22631.3155",
            "offline > 90 minutes",
            "offline > 0 minutes",
            "offline > 1 day",
            "knox failed-if-supported",
            "model not in \"iPhone14,2\", \"a \\\"b\\\"\"",
        ];
        let examples = Fact::WORDS.iter().map(|(_, subject)| subject.form().1);
        for condition in examples.chain(more) {
            let read = condition_of(&format!("launch block when {condition}"));
            assert_eq!(read.to_string(), condition);
        }
        let week = Condition::Offline { minutes: 10_080 };
        assert_eq!(condition_of("launch block when offline > 7 days"), week);
        let list = condition_of("launch wipe when model not in \"Pixel 8\"");
        let Condition::ModelNotIn(list) = list else { panic!("{list}") };
        assert!(list.contains("pixel 8") && !list.contains("Pixel 9"));
    }

    #[test]
    fn unknown_words_are_refused() {
        refused(
            "launch blok when jailbroken
             `blok` is no action | blok | did you mean `block`?
             launch block when jailbreak
             `jailbreak` is no launch condition | jailbreak | did you mean `jailbroken`?
             launch block when knox broken
             `broken` is no value of `knox` | broken | write `failed-if-supported` or `failed`",
        );
        let (_, _, said) = resolve("launch deny when gaol on anroid");
        assert_eq!(said.len(), 3, "all of them are reported: {said:?}");
    }

    #[test]
    fn comparisons_fit_what_they_compare() {
        refused(
            r#"launch block when os
             `os` is compared with `<` or `>` | os | write `os < 17.0`
             launch block when app > 4
             `app` is compared with `<` | app > 4 | write `app < 4.2`
             launch block when app-scan
             `app-scan` takes a word | app-scan | write `app-scan off`
             launch block when model < 4
             `model` takes `not in` | model < 4 | write `model not in "iPhone14,2"`
             launch block when threat not in "low"
             `threat` is compared with `>` | threat not in "low" | write `threat > low`"#,
        );
    }

    #[test]
    fn wrong_values_are_refused() {
        refused(
            r#"launch block when os < 17 days
             `os` takes a version | 17 days | write `os < 17.0`
             launch block when app < 4294967296
             the numbers of a version go up to 4294967295 | 4294967296 | write `app < 4.2`
             launch block when patch < 2026-02-29
             the calendar has no `2026-02-29` | 2026-02-29 | write year, month and day
             launch block when threat > 3
             `threat` takes `secured`, `low`, `medium` or `high` | 3 | write `threat > low`
             launch block when company-portal-age > 0 days
             `company-portal-age` takes 1 to 365 days | 0 days | write `company-portal-age > 30
             launch wipe when offline > 0 days
             `offline` takes 1 to 94370400 minutes | 0 days | write `offline > 12 hours`
             launch block when manufacturer not in "Google;Samsung;"
             several names in one manufacturer | "Google;Samsung;" | write `"Google", "Samsung"`"#,
        );
    }

    #[test]
    fn actions_that_a_condition_lacks_are_refused() {
        refused(
            "launch warn when offline > 1 day
             `offline` has no action `warn` | warn | write `block` or `wipe`
             launch wipe when off-duty
             `off-duty` has no action `wipe` | wipe | write `warn` or `block`
             launch warn when sdk < 20.1 on windows
             `sdk` has no action `warn` on windows | warn | write `block` or `wipe`
             launch wipe when knox failed-if-supported
             `knox failed-if-supported` has no action `wipe` | wipe | write `block`, or `knox",
        );
        let sdk = fine("launch warn when sdk < 20.1");
        assert_eq!(sdk.platforms, IOS.iter().copied().collect());
    }

    #[test]
    fn conditions_exist_on_some_platforms_only() {
        refused(
            "launch block when patch < 2026-01-01 on ios
             `patch` does not exist on ios | patch | leave it out, or state it where the policy",
        );
        let knox = fine("launch block when knox failed");
        assert_eq!(knox.platforms, ANDROID.iter().copied().collect());
    }
}
