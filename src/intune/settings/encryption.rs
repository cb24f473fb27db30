//! Encryption of data at rest, a family of settings.

use super::reader::SettingsReader;
use crate::intune::emit::members::MemberEmitter;
use crate::intune::emit::rules::RuleEmitter;
use crate::intune::emit::statement::Line;
use crate::intune::levels::unmanaged;
use crate::model::{EncryptionClass, Requirement};
use crate::vocabulary::{DeviceState, DeviceStates, Platform};

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
        let states = levels.states(reader.platform());
        let has_enrolled = !states.without(unmanaged(reader.platform())).is_empty();
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
        let (fields, states) = match self {
            Self::None => return None,
            Self::Required => (vec![], DeviceStates::default()),
            Self::OpenFiles => {
                (vec![at.field("class", word("open-files"))], DeviceStates::default())
            }
            Self::Restart => (vec![at.field("class", word("restart"))], DeviceStates::default()),
            Self::NotEnrolled => (vec![], unmanaged(emitter.platform)),
        };
        let devices: Vec<&str> = states.iter().map(DeviceState::word).collect();
        Some(at.require("encryption", fields, &devices))
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
