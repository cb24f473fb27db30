//! Cut, copy and paste between apps, a family of settings.

use super::observed::{Counterpart, Observed};
use super::reader::SettingsReader;
use crate::decision::Verdict;
use crate::intune::emit::members::MemberEmitter;
use crate::intune::emit::rules::RuleEmitter;
use crate::intune::emit::statement::Line;
use crate::intune::value::Value;
use crate::syntax::ast::SetWord;
use crate::vocabulary::{Channel, Effect, Platform, RuleEffect};

/// The levels of clipboard sharing, the weakest first. Windows has other words for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::intune) enum Sharing {
    Any,
    PasteIn,
    Managed,
    Blocked,
}

/// The settings of the clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::intune) struct Clipboard {
    pub(in crate::intune) sharing: Sharing,
    /// The number of characters that may leave for any app.
    pub(in crate::intune) exception: u32,
}

const LEVEL: &str = "allowedOutboundClipboardSharingLevel";
const LENGTH: &str = "allowedOutboundClipboardSharingExceptionLength";

/// The greatest exception, in characters.
const MOST: u32 = 65_535;

/// The number of characters without a limit.
const FREE: u32 = u32::MAX;

/// The number of characters that a verdict lets pass.
fn reach(verdict: &Verdict) -> u32 {
    match verdict.effect {
        Effect::Block => 0,
        Effect::Allow => verdict.obligations.characters.unwrap_or(FREE),
    }
}

impl Clipboard {
    pub(super) fn read(reader: &mut SettingsReader<'_>) -> Self {
        let sharing = match reader.members.word(LEVEL) {
            "managedAppsWithPasteIn" | "orgDestinationAnySource" => Sharing::PasteIn,
            "managedApps" | "orgDestinationOrgSource" => Sharing::Managed,
            "blocked" | "none" => Sharing::Blocked,
            _ => Sharing::Any,
        };
        let exception = reader.members.int(LENGTH);
        if sharing == Sharing::Any && exception > 0 {
            let help = "data may be copied to any app as it is";
            reader.contradiction(LENGTH, "does nothing here", help);
            return Self { sharing, exception: 0 };
        }
        Self { sharing, exception }
    }

    /// The weakest settings that are at least as strict as observed.
    pub(super) fn fit(observed: &Observed) -> Self {
        type End<'e> = (&'e Counterpart, &'e Verdict);
        let least = |ends: &mut dyn Iterator<Item = End<'_>>, managed: bool| {
            let ends = ends.filter(|(other, _)| other.is_managed() == managed);
            ends.map(|(_, verdict)| reach(verdict)).min()
        };
        let (leaving, arriving) =
            (|| observed.leaving(Channel::Copy), || observed.arriving(Channel::Copy));
        let (to_managed, to_others) = (least(&mut leaving(), true), least(&mut leaving(), false));
        let (from_managed, from_others) =
            (least(&mut arriving(), true), least(&mut arriving(), false));
        let is_held = |reach: Option<u32>| reach.is_some_and(|characters| characters < FREE);
        let sharing = if is_held(to_managed) || is_held(from_managed) {
            Sharing::Blocked
        } else if is_held(from_others) {
            Sharing::Managed
        } else if is_held(to_others) {
            Sharing::PasteIn
        } else {
            return Self { sharing: Sharing::Any, exception: 0 };
        };
        let exception = match sharing {
            Sharing::Blocked => [to_managed, to_others, from_managed].into_iter().flatten().min(),
            Sharing::Any | Sharing::PasteIn | Sharing::Managed => to_others,
        };
        let exception = if observed.platform == Platform::Windows { None } else { exception };
        Self { sharing, exception: exception.unwrap_or(0).min(MOST) }
    }

    pub(super) fn lines(&self, emitter: &RuleEmitter<'_>) -> Vec<Line> {
        let at = emitter.at(LEVEL);
        let copy = &[Channel::Copy];
        let limit = self.exception;
        // Up to the limit, or blocked without one.
        let leave = |to: SetWord| {
            if limit > 0 {
                let at = emitter.at_first(&[LENGTH, LEVEL]);
                at.rule(RuleEffect::Allow, copy).target(to, vec![]).up_to(limit).line()
            } else {
                at.block(copy).target(to, vec![]).line()
            }
        };
        let refuse = |from: SetWord| at.refuse(copy).source(from, vec![]).line();
        match self.sharing {
            Sharing::Any => Vec::new(),
            Sharing::PasteIn => vec![leave(SetWord::Unmanaged)],
            Sharing::Managed => vec![leave(SetWord::Unmanaged), refuse(SetWord::Unmanaged)],
            Sharing::Blocked if limit == 0 => vec![leave(SetWord::Any), refuse(SetWord::Any)],
            Sharing::Blocked => {
                let accept = at.rule(RuleEffect::Accept, copy);
                let accept = accept.source(SetWord::Managed, vec![]).up_to(limit).line();
                vec![leave(SetWord::Any), accept, refuse(SetWord::Unmanaged)]
            }
        }
    }

    pub(super) fn write(&self, emitter: &mut MemberEmitter<'_>) {
        let windows = emitter.platform == Platform::Windows;
        emitter.word(
            LEVEL,
            match self.sharing {
                Sharing::Any if windows => "anyDestinationAnySource",
                Sharing::PasteIn if windows => "orgDestinationAnySource",
                Sharing::Managed if windows => "orgDestinationOrgSource",
                Sharing::Blocked if windows => "none",
                Sharing::Any => "allApps",
                Sharing::PasteIn => "managedAppsWithPasteIn",
                Sharing::Managed => "managedApps",
                Sharing::Blocked => "blocked",
            },
        );
        emitter.set(LENGTH, Value::Int(self.exception));
    }
}
