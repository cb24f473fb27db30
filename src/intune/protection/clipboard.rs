//! Cut, copy and paste between apps.

use super::{Draft, Out, Reading};
use crate::decision::Verdict;
use crate::intune::members::Value;
use crate::intune::seen::{Other, Seen};
use crate::intune::write::Line;
use crate::syntax::ast::SetWord;
use crate::vocabulary::{Channel, Effect, Platform, RuleEffect};

/// How far the clipboard reaches, the laxest first. Windows names the same four otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::intune) enum Sharing {
    Any,
    PasteIn,
    Managed,
    Blocked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::intune) struct Clipboard {
    pub(in crate::intune) sharing: Sharing,
    /// So many characters may leave for any app; 0 is none.
    pub(in crate::intune) exception: u32,
}

const LEVEL: &str = "allowedOutboundClipboardSharingLevel";
const LENGTH: &str = "allowedOutboundClipboardSharingExceptionLength";

/// The most characters that the exception may have.
const MOST: u32 = 65_535;

/// How many characters may pass where there is no limit.
const FREE: u32 = u32::MAX;

/// How many characters may pass.
fn reach(verdict: &Verdict) -> u32 {
    match verdict.effect {
        Effect::Block => 0,
        Effect::Allow => verdict.obligations.characters.unwrap_or(FREE),
    }
}

impl Clipboard {
    pub(super) fn read(reading: &mut Reading<'_>) -> Self {
        let sharing = match reading.members.word(LEVEL) {
            "managedAppsWithPasteIn" | "orgDestinationAnySource" => Sharing::PasteIn,
            "managedApps" | "orgDestinationOrgSource" => Sharing::Managed,
            "blocked" | "none" => Sharing::Blocked,
            _ => Sharing::Any,
        };
        let exception = reading.members.int(LENGTH);
        if sharing == Sharing::Any && exception > 0 {
            let help = "data may be copied to any app as it is";
            reading.contradiction(LENGTH, "does nothing here", help);
            return Self { sharing, exception: 0 };
        }
        Self { sharing, exception }
    }

    /// The settings that come closest to what is seen, and are nowhere milder.
    pub(super) fn fit(seen: &Seen) -> Self {
        type End<'e> = (&'e Other, &'e Verdict);
        let least = |ends: &mut dyn Iterator<Item = End<'_>>, managed: bool| {
            let ends = ends.filter(|(other, _)| other.is_managed() == managed);
            ends.map(|(_, verdict)| reach(verdict)).min()
        };
        let (out, inn) = (|| seen.leaving(Channel::Copy), || seen.arriving(Channel::Copy));
        let (to_managed, to_others) = (least(&mut out(), true), least(&mut out(), false));
        let (from_managed, from_others) = (least(&mut inn(), true), least(&mut inn(), false));
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
        let exception = if seen.platform == Platform::Windows { None } else { exception };
        Self { sharing, exception: exception.unwrap_or(0).min(MOST) }
    }

    pub(super) fn lines(&self, draft: &Draft<'_>) -> Vec<Line> {
        let at = draft.at(LEVEL);
        let copy = &[Channel::Copy];
        let limit = self.exception;
        // Data leaves for these apps only up to the limit, or not at all.
        let leave = |to: SetWord| {
            if limit > 0 {
                let at = draft.at_first(&[LENGTH, LEVEL]);
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

    pub(super) fn write(&self, out: &mut Out<'_>) {
        let windows = out.platform == Platform::Windows;
        out.word(
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
        out.set(LENGTH, Value::Int(self.exception));
    }
}
