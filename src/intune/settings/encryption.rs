//! Encryption of data at rest, a family of settings.

use super::reader::SettingsReader;
use crate::intune::emit::members::MemberEmitter;
use crate::intune::emit::rules::RuleEmitter;
use crate::intune::emit::statement::Line;
use crate::model::{EncryptionClass, Requirement};
use crate::vocabulary::{DeviceState, Platform};

/// The encryption of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::intune) enum Encryption {
    None,
    /// While the device is locked (iOS), always (Android).
    Required,
    /// While the device is locked, except open files (iOS).
    OpenFiles,
    /// Until the first unlock after a start (iOS).
    Restart,
    /// Always, except on devices that Intune manages (Android).
    NotEnrolled,
}

const IOS: &str = "appDataEncryptionType";
const ANDROID: &str = "encryptAppData";
const SKIP: &str = "disableAppEncryptionIfDeviceEncryptionIsEnabled";

/// The states of devices that Intune does not manage (Android).
const NOT_ENROLLED: &[&str] = &["unmanaged", "third-party"];

impl Encryption {
    pub(super) fn read(reader: &SettingsReader<'_>) -> Self {
        let members = reader.members;
        match members.word(IOS) {
            "whenDeviceLocked" => return Self::Required,
            "whenDeviceLockedExceptOpenFiles" => return Self::OpenFiles,
            "afterDeviceRestart" => return Self::Restart,
            _ => {}
        }
        let levels = reader.levels;
        // Under another MDM Android counts a device as not enrolled.
        let is_enrolled =
            |state: DeviceState| !matches!(state, DeviceState::Unmanaged | DeviceState::ThirdParty);
        let has_enrolled = !levels.is_specific() || levels.states().iter().any(is_enrolled);
        match (members.bool(ANDROID), members.bool(SKIP)) {
            (false, _) => Self::None,
            (true, true) if has_enrolled && levels.has_unmanaged() => Self::NotEnrolled,
            (true, true) if has_enrolled => Self::None,
            (true, _) => Self::Required,
        }
    }

    /// The strictest encryption among requirements.
    pub(super) fn of(requirements: &[&Requirement]) -> Self {
        let classes = requirements.iter().filter_map(|requirement| match requirement {
            Requirement::Encryption { class } => {
                Some(class.map_or(EncryptionClass::Locked, |class| class.value))
            }
            Requirement::Pin(_) | Requirement::Credentials { .. } => None,
        });
        match classes.max() {
            None => Self::None,
            Some(EncryptionClass::Restart) => Self::Restart,
            Some(EncryptionClass::OpenFiles) => Self::OpenFiles,
            Some(EncryptionClass::Locked) => Self::Required,
        }
    }

    pub(super) fn lines(self, emitter: &RuleEmitter<'_>) -> Option<Line> {
        let at = emitter.at(if emitter.platform == Platform::Ios { IOS } else { ANDROID });
        let word = |text: &str| Some(crate::syntax::ast::Value::Word(at.name(text)));
        let (fields, devices): (_, &[&str]) = match self {
            Self::None => return None,
            Self::Required => (vec![], &[]),
            Self::OpenFiles => (vec![at.field("class", word("open-files"))], &[]),
            Self::Restart => (vec![at.field("class", word("restart"))], &[]),
            Self::NotEnrolled => (vec![], NOT_ENROLLED),
        };
        Some(at.require("encryption", fields, devices))
    }

    pub(super) fn write(self, emitter: &mut MemberEmitter<'_>) {
        emitter.word(
            IOS,
            match self {
                Self::None => "useDeviceSettings",
                Self::Required | Self::NotEnrolled => "whenDeviceLocked",
                Self::OpenFiles => "whenDeviceLockedExceptOpenFiles",
                Self::Restart => "afterDeviceRestart",
            },
        );
        emitter.bool(ANDROID, self != Self::None);
        emitter.bool(SKIP, self == Self::NotEnrolled);
    }
}
