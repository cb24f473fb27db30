//! `require` statements: their resolution.

use std::ops::RangeInclusive;

use super::device_set::{Clauses, DeviceSet};
use super::platforms::MOBILE;
use super::requirement::{Field, Pin, Requirement, What};
use super::requirement_value::{AfterAttempts, Attempts, Biometrics, EncryptionClass, PinKind};
use super::slot::{DAYS, MINUTES, Read, Slot, among, bad, keep, words_of};
use super::statement::{Access, AccessKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::clauses::quoted;
use crate::model::types::AccessId;
use crate::source::Span;
use crate::syntax::ast::{self, Name, Spanned, Value};
use crate::vocabulary::{DeviceStates, Platforms};

/// Resolves a `require` statement of a policy that applies to the devices of `head`.
pub(in crate::model) fn resolve_require(
    ast: &ast::Require,
    head: DeviceSet,
    id: AccessId,
    found: &mut Vec<Diagnostic>,
) -> Option<Access> {
    let clauses = Clauses { on: ast.platforms.as_ref(), devices: ast.devices.as_ref() };
    let place = clauses.narrow(head, found);
    let what = keep(among(&ast.what, "requirement", What::WORDS), found);
    let (place, what) = (place?, what?);
    let statement = format!("require {what}");
    let reach = keep(place.where_exists(&statement, MOBILE, ast.what.span), found)?;
    let requirement = requirement(what, &ast.fields, reach, found)?;
    clauses.check(head, reach, &statement, found);
    let span = clauses.whole(ast.what.span, requirement.fields().iter().map(|field| field.span));
    let kind = AccessKind::Require(requirement);
    let DeviceSet { platforms, devices } = reach;
    Some(Access { id, kind, platforms, devices, because: None, span })
}

/// Resolves the requirement of an expectation, with the platforms on which all that it names exists.
pub(in crate::model) fn resolve_claim(
    ast: &ast::Require,
    found: &mut Vec<Diagnostic>,
) -> Option<(Requirement, Platforms)> {
    let what = keep(among(&ast.what, "requirement", What::WORDS), found)?;
    let everywhere = DeviceSet { platforms: Platforms::all(), devices: DeviceStates::all() };
    let requirement = requirement(what, &ast.fields, everywhere.on(MOBILE), found)?;
    let mut platforms: Platforms = MOBILE.iter().copied().collect();
    for field in requirement.fields() {
        platforms = platforms.and(field.platforms.iter().copied().collect());
    }
    Some((requirement, platforms))
}

/// Resolves all fields and reports each that has an error.
fn requirement(
    what: What,
    fields: &[ast::Field],
    place: DeviceSet,
    found: &mut Vec<Diagnostic>,
) -> Option<Requirement> {
    let mut draft = Draft::default();
    let mut complete = true;
    for ast in fields {
        complete &= keep(draft.field(what, ast, place), found).is_some();
    }
    found.extend(draft.pin.skip_with_device_pin.and_then(|span| idle_skip(span, place)));
    found.extend(draft.pin.attempts.and_then(idle_reset));
    let Draft { pin, class, .. } = draft;
    complete.then_some(match what {
        What::Credentials => Requirement::Credentials { recheck_minutes: pin.recheck_minutes },
        What::Encryption => Requirement::Encryption { class },
        What::Pin => Requirement::Pin(Box::new(pin)),
    })
}

impl Field {
    /// The field of this name, if the requirement has it.
    fn read(name: &Name, what: What) -> Read<Self> {
        let own = Self::WORDS.iter().filter(|(_, field)| field.about().0.contains(&what));
        let own: Vec<_> = own.copied().collect();
        let known = Self::WORDS.iter().find(|(word, _)| *word == name.text);
        let Some((_, field)) = known.filter(|field| !own.contains(field)) else {
            return among(name, &format!("field of `{what}`"), &own);
        };
        let owners = field.about().0.iter().map(|what| format!("`require {what}`"));
        let why = format!("belongs to {}", owners.collect::<Vec<_>>().join(" and "));
        let help = format!("`{what}` takes {}", quoted(&words_of(&own), "and"));
        let diagnostic = Diagnostic::new(Code::BadAccess, format!("`{what}` has no `{field}`"));
        Err(diagnostic.at(name.span, why).help(help))
    }
}

/// A requirement under construction.
#[derive(Default)]
struct Draft {
    pin: Pin,
    class: Option<Spanned<EncryptionClass>>,
    seen: Vec<(Field, Span)>,
}

impl Draft {
    /// Resolves a field.
    fn field(&mut self, what: What, ast: &ast::Field, place: DeviceSet) -> Read<()> {
        let field = Field::read(&ast.name, what)?;
        let (_, platforms, example) = field.about();
        let (word, value) = (field.word(), ast.value.clone());
        let slot = Slot { word, place: ast.name.span, sign: "", value, names: &[], example };
        let span = slot.span();
        if let Some((_, first)) = self.seen.iter().find(|(seen, _)| *seen == field) {
            let diagnostic = Diagnostic::new(Code::BadAccess, format!("`{field}` is stated twice"));
            let diagnostic = diagnostic.at(span, "again here").at(*first, "first here");
            return Err(diagnostic.help("keep one of them"));
        }
        self.seen.push((field, span));
        let reach = place.where_exists(word, platforms, ast.name.span)?;
        self.value(field, &slot)?;
        if let Some(Spanned { value, .. }) = self.pin.biometrics.filter(|read| read.span == span) {
            reach.where_exists(&format!("{field} {value}"), value.platforms(), span)?;
        }
        Ok(())
    }

    /// Resolves the value of a field.
    fn value(&mut self, field: Field, slot: &Slot<'_>) -> Read<()> {
        const YES_NO: &[(&str, bool)] = &[("yes", true), ("no", false)];
        /// Minutes without use.
        const IDLE: RangeInclusive<u32> = 1..=65_535;
        let (pin, span) = (&mut self.pin, slot.span());
        match field {
            Field::Length => pin.length = at(span, slot.number(4..=16))?,
            Field::Kind => pin.kind = at(span, slot.choice(PinKind::WORDS))?,
            Field::Simple => pin.simple = at(span, slot.choice(YES_NO))?,
            Field::Attempts => pin.attempts = at(span, attempts(slot))?,
            Field::History => pin.history = at(span, slot.number(0..=24))?,
            Field::Expires => pin.expires_days = at(span, slot.time(DAYS, 1..=u16::MAX))?,
            Field::Biometrics => pin.biometrics = at(span, slot.choice(Biometrics::WORDS))?,
            Field::BiometricsOverride => {
                pin.biometrics_override_minutes = at(span, slot.time(MINUTES, IDLE))?;
            }
            Field::BiometricsClass => pin.biometrics_class = at(span, slot.number(3..=3))?,
            Field::BiometricsChange => {
                pin.biometrics_change_ask = slot.choice(&[("ask", Some(span))])?;
            }
            Field::Recheck => pin.recheck_minutes = at(span, slot.time(MINUTES, IDLE))?,
            Field::SkipWithDevicePin => {
                pin.skip_with_device_pin = slot.nothing().map(|()| Some(span))?;
            }
            Field::Class => self.class = at(span, slot.choice(EncryptionClass::WORDS))?,
        }
        Ok(())
    }
}

fn at<T>(span: Span, value: Read<T>) -> Read<Option<Spanned<T>>> {
    value.map(|value| Some(Spanned { value, span }))
}

/// Numbers of attempts and the actions behind them, each once.
fn attempts(slot: &Slot<'_>) -> Read<Attempts> {
    if let Some(Value::Number(number)) = &slot.value {
        let first = format!("{} then", slot.written(number));
        let help = format!("write `{first} reset` or `{first} wipe`");
        return Err(bad("`attempts` needs to say what happens then", number.span, help));
    }
    let Some(Value::Then(outcomes)) = &slot.value else {
        return Err(slot.wrong("a number and what happens then"));
    };
    let mut attempts = Attempts::default();
    for (number, word) in outcomes {
        let count = slot.within(number.value, 1..=u16::MAX, "", number.span)?;
        let then = among(word, "outcome", AfterAttempts::WORDS)?;
        if attempts.until(then).is_some() {
            let message = format!("`attempts` states `{then}` twice");
            return Err(bad(message, number.span.to(word.span), "keep one of the two numbers"));
        }
        *attempts.until_mut(then) = Some(count);
    }
    Ok(attempts)
}

/// The diagnostic about a reset that a wipe precedes.
fn idle_reset(field: Spanned<Attempts>) -> Option<Diagnostic> {
    let Attempts { reset, wipe } = field.value;
    let (reset, wipe) = (reset?, wipe?);
    let message = format!("`{reset} then reset` has no effect beside `{wipe} then wipe`");
    let diagnostic = Diagnostic::new(Code::NoEffect, message);
    let diagnostic = diagnostic.at(field.span, "by then everything is wiped");
    (reset >= wipe).then(|| diagnostic.help("leave it out, or reset after fewer attempts"))
}

/// The diagnostic about `skip-with-device-pin` on devices where no app knows of the device's PIN.
fn idle_skip(span: Span, place: DeviceSet) -> Option<Diagnostic> {
    if place.has_known_pin() {
        return None;
    }
    let why = "the PIN of a device is known only where it is enrolled";
    let diagnostic = Diagnostic::new(Code::NoEffect, "`skip-with-device-pin` has no effect here");
    Some(diagnostic.at(span, why).help("leave it out"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{fine, refused, warned};
    use super::*;

    fn requirement(body: &str) -> Requirement {
        match fine(body).kind {
            AccessKind::Require(requirement) => requirement,
            AccessKind::Launch { .. } => panic!("{body}"),
        }
    }

    #[test]
    fn every_field_of_a_pin_is_read() {
        let access = requirement(
            "require pin { length 8 kind alphanumeric simple no attempts 5 then wipe history 3
               expires 365 days biometrics yes biometrics-override 2 hours biometrics-class 3
               biometrics-change ask recheck 30 minutes skip-with-device-pin }",
        );
        assert_eq!(access.fields().len(), 12);
        let pin = access.pin().expect("a PIN");
        assert_eq!(pin.length.map(|field| field.value), Some(8));
        assert_eq!(pin.simple.map(|field| field.value), Some(false));
        let attempts = Attempts { reset: None, wipe: Some(5) };
        assert_eq!(pin.attempts.map(|field| field.value), Some(attempts));
        assert_eq!(pin.expires_days.map(|field| field.value), Some(365));
        assert_eq!(pin.biometrics_override_minutes.map(|field| field.value), Some(120));
        assert_eq!(pin.recheck_minutes.map(|field| field.value), Some(30));
    }

    #[test]
    fn requirements_stand_with_fields_and_without() {
        assert_eq!(requirement("require pin"), Requirement::Pin(Box::default()));
        assert_eq!(requirement("require encryption"), Requirement::Encryption { class: None });
        requirement("require credentials recheck 1 day");
        requirement("require encryption { class open-files }");
        requirement("require pin { length 4 history 0 attempts 65535 then reset }");
        requirement("require pin { biometrics face biometrics-class 3 history 2 }");
    }

    #[test]
    fn a_reset_and_a_wipe_stand_side_by_side() {
        let both = requirement("require pin { attempts 3 then reset, 5 then wipe }");
        let attempts = both.pin().and_then(|pin| pin.attempts).map(|field| field.value);
        assert_eq!(attempts, Some(Attempts { reset: Some(3), wipe: Some(5) }));
        warned(
            "require pin { attempts 5 then reset, 3 then wipe }
             `5 then reset` has no effect beside `3 then wipe` | attempts 5 then reset, 3 then wipe",
        );
    }

    #[test]
    fn wrong_requirements_and_fields_are_refused() {
        refused(
            "require pim
             `pim` is no requirement | pim | did you mean `pin`?
             require credentials length 6
             `credentials` has no `length` | length | `credentials` takes `recheck`
             require pin { length }
             `length` needs a number | length | write `length 6`
             require pin { length 8 minutes }
             `length` takes a number | 8 minutes | write `length 6`
             require pin { kind 4 }
             `kind` takes `numeric` or `alphanumeric` | 4 | write `kind numeric`
             require pin { attempts 7 then reset, 9 then reset }
             `attempts` states `reset` twice | 9 then reset | keep one of the two numbers
             require pin { attempts 7 then lock }
             `lock` is no outcome | lock | write `reset` or `wipe`
             require pin { biometrics-change never }
             `never` is no value of `biometrics-change` | never | write `ask`",
        );
    }

    #[test]
    fn numbers_have_ranges_and_units() {
        refused(
            "require pin { length 260 }
             `length` takes 4 to 16 | 260 | write `length 6`, for example
             require pin { attempts 0 then reset }
             `attempts` takes 1 to 65535 | 0 | write `attempts 5 then reset`, for example
             require pin { expires 0 days }
             `expires` takes 1 to 65535 days | 0 days | write `expires 365 days`, for example
             require pin { biometrics-class 2 }
             `biometrics-class` takes only 3 | 2 | write `biometrics-class 3`, for example
             require credentials recheck 18446744073709551615 days
             `recheck` takes 1 to 65535 minutes | 18446744073709551615 days | write `recheck 30
             require pin { recheck soon }
             `recheck` takes a number of minutes | soon | write `recheck 30 minutes`",
        );
    }

    #[test]
    fn fields_exist_on_some_platforms_only() {
        refused(
            "require pin { biometrics face } on android
             `biometrics face` does not exist on android | biometrics face | leave it out, or
             require pin on windows
             `require pin` does not exist on windows | pin | leave it out, or state it where",
        );
        let idle =
            "`skip-with-device-pin` has no effect here | skip-with-device-pin | leave it out";
        for clauses in ["devices unmanaged", "on android devices third-party"] {
            warned(&format!("require pin {{ skip-with-device-pin }} {clauses}\n{idle}"));
        }
    }
}
