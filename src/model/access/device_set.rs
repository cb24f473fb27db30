//! Device sets: the devices to which a policy or an access statement applies.
//!
//! The set of a statement is that of its policy, narrowed by its own `on` and `devices` and by the
//! platforms on which its content exists.

use super::slot::Read;
use super::statement::Access;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::clauses;
use crate::source::Span;
use crate::syntax::ast::{Name, Words};
use crate::vocabulary::{DeviceState, DeviceStates, Platform, Platforms};

/// A set of devices: platforms times device management states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model) struct DeviceSet {
    /// Its platforms.
    pub(in crate::model) platforms: Platforms,
    /// Its device management states.
    pub(in crate::model) devices: DeviceStates,
}

impl DeviceSet {
    pub(super) fn of(access: &Access) -> Self {
        Self { platforms: access.platforms, devices: access.devices }
    }

    /// The intersection, without platforms that have none of the states and states that exist on none of
    /// the platforms.
    pub(super) fn and(self, other: Self) -> Self {
        let (platforms, devices) =
            (self.platforms.and(other.platforms), self.devices.and(other.devices));
        let has_state = |on: &Platform| devices.iter().any(|state| state.exists_on(*on));
        let platforms: Platforms = platforms.iter().filter(has_state).collect();
        let has_platform = |state: &DeviceState| platforms.iter().any(|on| state.exists_on(on));
        Self { platforms, devices: devices.iter().filter(has_platform).collect() }
    }

    /// The intersection with all devices of some platforms.
    pub(super) fn on(self, platforms: &[Platform]) -> Self {
        self.and(Self { platforms: platforms.iter().copied().collect(), ..self })
    }

    /// The part on whose platforms something exists; an error if it is empty.
    pub(super) fn where_exists(self, thing: &str, on: &[Platform], span: Span) -> Read<Self> {
        let reach = self.on(on);
        if !reach.is_empty() {
            return Ok(reach);
        }
        let there = listed(on.iter().copied().collect());
        let message = format!("`{thing}` does not exist on {}", listed(self.platforms));
        let help = format!("leave it out, or state it where the policy applies on {there}");
        let diagnostic = Diagnostic::new(Code::BadAccess, message);
        Err(diagnostic.at(span, format!("exists on {there} only")).help(help))
    }

    pub(super) fn is_empty(self) -> bool {
        self.platforms.is_empty()
    }

    /// Whether apps know of the PIN of some device.
    pub(super) fn has_known_pin(self) -> bool {
        let knows = |on: Platform| self.devices.iter().any(|state| state.has_known_pin(on));
        self.platforms.iter().any(knows)
    }

    pub(super) fn is_within(self, other: Self) -> bool {
        self.and(other) == self
    }
}

/// The clauses with which a statement narrows the device set of its policy.
#[derive(Clone, Copy)]
pub(super) struct Clauses<'a> {
    pub(super) on: Option<&'a Words>,
    pub(super) devices: Option<&'a Words>,
}

impl Clauses<'_> {
    /// The device set of the statement; `None`, with a diagnostic, if it is empty.
    pub(super) fn narrow(self, head: DeviceSet, found: &mut Vec<Diagnostic>) -> Option<DeviceSet> {
        let platforms = match self.on {
            Some(words) => clauses::platforms(words, found),
            None => Some(head.platforms),
        };
        let states = match self.devices {
            Some(words) => clauses::devices(words, found),
            None => Some(head.devices),
        };
        let own = DeviceSet { platforms: platforms?, devices: states? };
        let place = head.and(own);
        // A policy that applies nowhere is reported where it says so.
        if place.is_empty() && !head.and(head).is_empty() {
            found.extend(self.apart(head, own));
        }
        (!place.is_empty()).then_some(place)
    }

    /// The diagnostic about a statement without devices.
    fn apart(self, head: DeviceSet, own: DeviceSet) -> Option<Diagnostic> {
        let platforms = head.platforms.and(own.platforms);
        let (clause, why) = if platforms.is_empty() {
            (self.on, format!("the policy applies on {}", listed(head.platforms)))
        } else {
            let why = format!("no device of the policy on {} is so", listed(platforms));
            (self.devices.or(self.on), why)
        };
        let diagnostic = Diagnostic::new(Code::EmptySet, "a statement that applies on no device");
        let help = "name a platform and a device state in which the policy applies";
        Some(diagnostic.at(clause?.span, why).help(help))
    }

    /// Reports platforms and states that the statement names and to which it does not apply.
    pub(super) fn check(
        self,
        head: DeviceSet,
        reach: DeviceSet,
        statement: &str,
        found: &mut Vec<Diagnostic>,
    ) {
        let clauses = [self.on, self.devices].into_iter().flatten();
        for name in clauses.filter_map(|words| words.of.as_ref()).flatten() {
            if holds(reach, name) == Some(false) {
                let why = match holds(head, name) {
                    Some(true) => format!("`{statement}` does not exist there"),
                    Some(false) | None => "the policy does not apply there".to_owned(),
                };
                let message = format!("`{}` has no effect here", name.text);
                let diagnostic = Diagnostic::new(Code::NoEffect, message);
                found.push(diagnostic.at(name.span, why).help("leave it out"));
            }
        }
    }

    /// The place from a first word to the end of the statement's last.
    pub(super) fn whole(self, first: Span, more: impl IntoIterator<Item = Span>) -> Span {
        let clauses = [self.on, self.devices].into_iter().flatten().map(|words| words.span);
        more.into_iter().chain(clauses).fold(first, Span::to)
    }
}

/// Whether a set has the platform or state of this name; `None` if the name means several.
fn holds(place: DeviceSet, name: &Name) -> Option<bool> {
    let platform = Platform::from_word(&name.text).map(|on| place.platforms.contains(on));
    let state = || DeviceState::from_word(&name.text).map(|state| place.devices.contains(state));
    platform.or_else(state)
}

/// Platforms as a sentence lists them.
pub(super) fn listed(platforms: Platforms) -> String {
    let words: Vec<_> = platforms.iter().map(Platform::word).collect();
    match words.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        words => words.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::platforms::{ANDROID, IOS, NONE};
    use super::super::tests::{everywhere, fine, refused, resolve_at, silent, warned};
    use super::*;

    #[test]
    fn a_statement_narrows_the_place_of_its_policy() {
        let access = fine("require encryption on android devices unmanaged, third-party");
        assert_eq!(access.platforms, ANDROID.iter().copied().collect());
        let states = [DeviceState::Unmanaged, DeviceState::ThirdParty];
        assert_eq!(access.devices, states.into_iter().collect());
        let states = fine("launch wipe when jailbroken on ios").devices;
        assert!(!states.contains(DeviceState::Aosp));
        refused(
            "launch wipe when jailbroken on ios devices aosp
             a statement that applies on no device | aosp | name a platform and a device state",
        );
    }

    #[test]
    fn a_statement_outside_the_place_of_its_policy_is_reported_once() {
        let (all, found, said) =
            resolve_at(everywhere().on(IOS), "launch wipe when jailbroken on android");
        assert!(all.is_empty() && found.len() == 1, "{said:?}");
        assert_eq!(found[0].code, Code::EmptySet);
        assert_eq!(found[0].labels[0].text, "the policy applies on ios");
        let (all, found, _) = resolve_at(everywhere().on(NONE), "require pin on ios");
        assert!(all.is_empty() && found.is_empty(), "the policy itself is reported");
    }

    #[test]
    fn named_places_without_effect_are_a_warning() {
        warned(
            "launch block when patch < 2026-01-01 on ios, android
             `ios` has no effect here | ios | leave it out
             launch warn when sdk < 20.1 on ios, windows
             `windows` has no effect here | windows | leave it out
             launch block when jailbroken on ios devices unmanaged, aosp
             `aosp` has no effect here | aosp | leave it out",
        );
        silent(&["launch block when patch < 2026-01-01 on any except windows"]);
    }
}
