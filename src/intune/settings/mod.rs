//! The settings of a policy by what they mean, one family of settings a file.
//!
//! Takes in typed members or observed behaviour, gives out rules and members. A family has four
//! functions side by side: `read` takes it from members, where a parent setting overrides its children;
//! `lines` states it in rules; `write` gives its members; `fit` finds it from observed behaviour. A
//! member that `lines`, `fit` and `write` do not bring back is kept by the reader as a `setting`.

pub(in crate::intune) mod clipboard;
mod conditions;
pub(in crate::intune) mod encryption;
pub(in crate::intune) mod exemptions;
pub(in crate::intune) mod features;
pub(in crate::intune) mod launch;
pub(in crate::intune) mod observed;
pub(in crate::intune) mod pin;
pub(in crate::intune) mod reader;
pub(in crate::intune) mod redirect;
pub(in crate::intune) mod transfer;
pub(in crate::intune) mod web;

use std::collections::BTreeMap;

use crate::intune::emit::members::MemberEmitter;
use crate::intune::emit::rules::RuleEmitter;
use crate::intune::emit::statement::Line;
use crate::intune::names::Names;
use crate::intune::value::Value;
use crate::model::{self, AccessKind};
use crate::vocabulary::Platform;
use clipboard::Clipboard;
use encryption::Encryption;
use features::Features;
use launch::LaunchConditions;
use observed::Observed;
use pin::Access;
use reader::SettingsReader;
use redirect::Redirects;
use transfer::{Receive, Send, Transfer};
use web::Web;

/// The settings of one policy on one platform, by family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::intune) struct Settings {
    pub(in crate::intune) transfer: Transfer,
    pub(in crate::intune) clipboard: Clipboard,
    pub(in crate::intune) redirects: Redirects,
    pub(in crate::intune) web: Web,
    pub(in crate::intune) features: Features,
    pub(in crate::intune) encryption: Encryption,
    pub(in crate::intune) access: Access,
    pub(in crate::intune) launches: LaunchConditions,
}

impl Settings {
    /// Reads the settings of a policy for devices of some levels.
    pub(in crate::intune) fn read(reader: &mut SettingsReader<'_>) -> Self {
        let transfer = Transfer::read(reader);
        let redirects = Redirects::read(reader, &transfer);
        Self {
            clipboard: Clipboard::read(reader),
            web: Web::read(reader),
            features: Features::read(reader, &transfer),
            encryption: Encryption::read(reader),
            access: Access::read(reader),
            launches: LaunchConditions::read(reader),
            transfer,
            redirects,
        }
    }

    /// The weakest settings that are at least as strict as the observed behaviour, where some setting is;
    /// with the indices of launch conditions that no member can state.
    pub(in crate::intune) fn fit(
        observed: &Observed,
        access: &[&model::Access],
        names: &Names,
    ) -> (Self, Vec<usize>) {
        let requirements: Vec<_> = access
            .iter()
            .filter_map(|one| match &one.kind {
                AccessKind::Require(requirement) => Some(requirement),
                AccessKind::Launch { .. } => None,
            })
            .collect();
        let (places, conditions): (Vec<usize>, Vec<_>) = access
            .iter()
            .enumerate()
            .filter_map(|(index, one)| match &one.kind {
                AccessKind::Launch { action, condition } => Some((index, (*action, condition))),
                AccessKind::Require(_) => None,
            })
            .unzip();
        let (launches, unstated) = LaunchConditions::of(&conditions, observed.platform);
        let transfer = Transfer::fit(observed, names);
        let settings = Self {
            clipboard: Clipboard::fit(observed),
            redirects: Redirects::fit(observed, &transfer, names),
            web: Web::fit(observed, names),
            features: Features::fit(observed, &transfer, names),
            encryption: Encryption::of(&requirements),
            access: Access::of(&requirements),
            launches,
            transfer,
        };
        (settings, unstated.into_iter().filter_map(|index| places.get(index).copied()).collect())
    }

    /// The settings for unmanaged and for enrolled devices in one policy, if one policy can hold both:
    /// some settings distinguish these devices themselves.
    pub(in crate::intune) fn unify(
        alone: &Self,
        enrolled: &Self,
        platform: Platform,
    ) -> Option<Self> {
        let (mut one, mut both) = (alone.clone(), enrolled.clone());
        if one.transfer.send.is_managed() && both.transfer.send == Send::OsSharing {
            one.transfer.send = Send::OsSharing;
        }
        if one.transfer.receive == Receive::All && both.transfer.receive == Receive::Tagged {
            one.transfer.receive = Receive::Tagged;
        }
        let skips = platform == Platform::Android
            && (one.encryption, both.encryption) == (Encryption::Required, Encryption::None);
        if skips {
            one.encryption = Encryption::NotEnrolled;
            both.encryption = Encryption::NotEnrolled;
        }
        (one == both).then_some(both)
    }

    /// The rules and access statements of the settings.
    pub(in crate::intune) fn lines(&self, emitter: &RuleEmitter<'_>) -> Vec<Line> {
        let mut lines = self.transfer.leaving(emitter);
        lines.extend(self.transfer.saving(emitter));
        lines.extend(self.clipboard.lines(emitter));
        lines.extend(self.redirects.lines(emitter));
        lines.extend(self.web.lines(emitter));
        lines.extend(self.features.lines(emitter, &self.transfer));
        lines.extend(self.transfer.arriving(emitter));
        lines.extend(self.transfer.opening(emitter));
        lines.extend(self.access.lines(emitter));
        lines.extend(self.encryption.lines(emitter));
        lines.extend(self.launches.lines(emitter));
        lines
    }

    /// The canonical form: the settings that `fit` finds from the rules.
    pub(in crate::intune) fn canonical(&self, names: &Names) -> Self {
        let (web, launches) =
            (self.web.clone().canonical(names), self.launches.clone().canonical());
        Self { web, launches, ..self.clone() }
    }

    /// Every member of the platform's type, with its value.
    pub(in crate::intune) fn members(
        &self,
        platform: Platform,
        names: &Names,
    ) -> BTreeMap<&'static str, Value> {
        let mut emitter = MemberEmitter::new(platform, names);
        self.transfer.write(&mut emitter);
        self.clipboard.write(&mut emitter);
        self.redirects.write(&mut emitter);
        self.web.write(&mut emitter);
        self.features.write(&mut emitter);
        self.encryption.write(&mut emitter);
        self.access.write(&mut emitter);
        self.launches.write(&mut emitter);
        emitter.values
    }
}
