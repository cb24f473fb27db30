//! Vocabulary of the language: effects, channels, platforms, device management states, accounts,
//! places, and sets of these.
//!
//! Gives out enums, their words, and the facts that hold for each value everywhere, such as the
//! channels that exist on a platform. Takes in nothing but words and does not know files, names and policies.
//! Each enum lists its values once, in `ALL`, and every output follows that order.
//!
//! Enums that may grow with the language ([`Channel`], [`Platform`], [`DeviceState`], [`Account`],
//! [`Place`], [`Reason`]) are non-exhaustive. [`Effect`], [`RuleEffect`], [`Side`] and [`Kind`] are
//! complete by definition: another value would change the meaning of every decision, so callers
//! match them without a wildcard.

use std::fmt;

use crate::spelling::closest;

/// The error about a word that is none of some.
fn unknown_word(word: &str, words: &[&str]) -> String {
    match closest(&word.to_lowercase(), words.iter().copied()) {
        Some(meant) => format!("unknown word `{word}`; did you mean `{meant}`?"),
        None => format!("unknown word `{word}`; the words are `{}`", words.join("`, `")),
    }
}

macro_rules! vocabulary {
    (
        $(#[$meta:meta])*
        $name:ident { $( $(#[$variant_meta:meta])* $variant:ident = $word:literal, )* }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $( $(#[$variant_meta])* $variant, )* }

        impl $name {
            /// Every value, in the order of output.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The word of the value in `.mam` text and in JSON.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $( Self::$variant => $word, )* }
            }

            /// The value with this word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $( $word => Some(Self::$variant), )* _ => None }
            }

            /// The index of the value in [`Self::ALL`].
            #[must_use]
            pub const fn index(self) -> usize {
                self as usize
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Word;

                impl serde::de::Visitor<'_> for Word {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a string")
                    }

                    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<$name, E> {
                        $name::from_word(word)
                            .ok_or_else(|| E::custom(unknown_word(word, &[ $( $word, )* ])))
                    }
                }

                deserializer.deserialize_str(Word)
            }
        }
    };
}

vocabulary! {
    /// The effect of a decision on a movement of data.
    Effect {
        /// The data may move, perhaps with obligations.
        Allow = "allow",
        /// No readable company data arrives.
        Block = "block",
    }
}

vocabulary! {
    /// The effect of a rule, on the side of the movement that its policy controls.
    RuleEffect {
        /// The source's policy permits that data leaves.
        Allow = "allow",
        /// The source's policy forbids that data leaves.
        Block = "block",
        /// The target's policy permits that data enters.
        Accept = "accept",
        /// The target's policy forbids that data enters.
        Refuse = "refuse",
    }
}

impl RuleEffect {
    /// The side whose policies have such rules.
    #[must_use]
    pub const fn side(self) -> Side {
        match self {
            Self::Allow | Self::Block => Side::Source,
            Self::Accept | Self::Refuse => Side::Target,
        }
    }

    /// The effect on the movement.
    #[must_use]
    pub const fn effect(self) -> Effect {
        match self {
            Self::Allow | Self::Accept => Effect::Allow,
            Self::Block | Self::Refuse => Effect::Block,
        }
    }
}

/// The obligations of a permitted movement, as XACML has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub struct Obligations {
    /// The most characters that may move (`copy`).
    pub characters: Option<u32>,
    /// Whether the notification must hide its content (`notify`).
    pub without_content: bool,
    /// Whether the data becomes company data on arrival.
    pub tagged: bool,
}

impl Obligations {
    /// No obligations.
    pub const NONE: Self = Self { characters: None, without_content: false, tagged: false };

    /// Whether there are no obligations.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.characters.is_none() && !self.without_content && !self.tagged
    }
}

vocabulary! {
    /// The side of a movement: one of its two endpoints, with the policies that control it.
    Side {
        /// The endpoint that data leaves.
        Source = "source",
        /// The endpoint that data enters.
        Target = "target",
    }
}

impl Side {
    /// The default effect of a policy on this side: `otherwise` where data leaves, allow where it
    /// arrives.
    #[must_use]
    pub const fn default_effect(self, otherwise: Effect) -> Effect {
        match self {
            Self::Source => otherwise,
            Self::Target => Effect::Allow,
        }
    }
}

/// A keyword that stands for a set of endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant is the keyword itself")]
pub enum SetWord {
    Any,
    AnyApp,
    AnyStorage,
    CorporateStorage,
    PersonalStorage,
    Managed,
    Unmanaged,
    Unlisted,
}

impl SetWord {
    /// Every keyword.
    pub const ALL: &'static [Self] = &[
        Self::Any,
        Self::AnyApp,
        Self::AnyStorage,
        Self::CorporateStorage,
        Self::PersonalStorage,
        Self::Managed,
        Self::Unmanaged,
        Self::Unlisted,
    ];

    /// The keyword as written.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::AnyApp => "any-app",
            Self::AnyStorage => "any-storage",
            Self::CorporateStorage => "corporate-storage",
            Self::PersonalStorage => "personal-storage",
            Self::Managed => "managed",
            Self::Unmanaged => "unmanaged",
            Self::Unlisted => "unlisted",
        }
    }

    /// The keyword that is written like this.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.word() == word)
    }
}

vocabulary! {
    /// The channel of a movement: the technical means by which data moves.
    #[non_exhaustive]
    Channel {
        /// Share sheet, open-in, drag and drop; on Android every intent.
        Share = "share",
        /// Opening another app by its URL scheme (not on Android, where that is `share`).
        Invoke = "invoke",
        /// Cut, copy and paste.
        Copy = "copy",
        /// Inserting or opening data into company documents.
        Open = "open",
        /// Saving a copy.
        Save = "save",
        /// Following a web link.
        Link = "link",
        /// Following a phone link.
        Call = "call",
        /// Following a messaging link.
        Message = "message",
        /// Typing with a keyboard that is not the system's (Android: with any keyboard).
        Type = "type",
        /// Printing.
        Print = "print",
        /// Backing up the device.
        Backup = "backup",
        /// Showing a notification.
        Notify = "notify",
        /// Screenshots and screen recording.
        Capture = "capture",
        /// Writing to native contacts, the calendar and widgets.
        Sync = "sync",
        /// Handing data to the system's assistants.
        Assist = "assist",
    }
}

/// The kind of endpoint on one side of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An app under one of its accounts.
    App,
    /// A storage.
    Storage,
    /// A place of the channel, [`Channel::places`].
    Place,
}

impl Channel {
    /// The kind of endpoint that data leaves.
    #[must_use]
    pub const fn source_kind(self) -> Kind {
        match self {
            Self::Open => Kind::Storage,
            _ => Kind::App,
        }
    }

    /// The kind of endpoint that data enters.
    #[must_use]
    pub const fn target_kind(self) -> Kind {
        match self {
            Self::Save => Kind::Storage,
            Self::Print
            | Self::Backup
            | Self::Notify
            | Self::Capture
            | Self::Sync
            | Self::Assist => Kind::Place,
            _ => Kind::App,
        }
    }

    /// The kind of endpoint on one side.
    #[must_use]
    pub const fn kind_at(self, side: Side) -> Kind {
        match side {
            Side::Source => self.source_kind(),
            Side::Target => self.target_kind(),
        }
    }

    /// The places that are targets of the channel; empty unless its targets are places.
    #[must_use]
    pub const fn places(self) -> &'static [Place] {
        match self {
            Self::Print => &[Place::Printer],
            Self::Backup => &[Place::DeviceBackup],
            Self::Notify => &[Place::Notifications],
            Self::Capture => &[Place::Screen],
            Self::Sync => &[Place::NativeContacts, Place::Widgets],
            Self::Assist => &[Place::Assistant, Place::WritingTools, Place::Genmoji],
            _ => &[],
        }
    }

    /// Whether the policies of this side apply to movements on the channel.
    #[must_use]
    pub const fn judged_at(self, side: Side) -> bool {
        match side {
            Side::Source => !matches!(self, Self::Open),
            Side::Target => {
                matches!(self, Self::Share | Self::Invoke | Self::Copy | Self::Open)
            }
        }
    }

    /// The side that a [`Reason`] is about: the first whose policies apply. That is the target on `open`,
    /// the source on every other channel.
    #[must_use]
    pub(crate) const fn own_side(self) -> Side {
        if self.judged_at(Side::Source) { Side::Source } else { Side::Target }
    }

    /// Whether the channel exists on the platform. On Android, invoking is sharing.
    #[must_use]
    pub const fn exists_on(self, platform: Platform) -> bool {
        !matches!((self, platform), (Self::Invoke, Platform::Android))
    }

    /// Whether data that stays in one app under one account makes no movement on this channel.
    #[must_use]
    pub const fn stays_inside(self) -> bool {
        matches!(
            self,
            Self::Share | Self::Invoke | Self::Copy | Self::Link | Self::Call | Self::Message
        )
    }
}

vocabulary! {
    /// A place: a target that is neither app nor storage. Of all sets, only `any` and the place's own
    /// word contain it.
    #[non_exhaustive]
    Place {
        /// Target of `print`.
        Printer = "printer",
        /// Target of `backup`.
        DeviceBackup = "device-backup",
        /// Target of `notify`.
        Notifications = "notifications",
        /// Target of `capture`.
        Screen = "screen",
        /// Contacts and calendar of the system: target of `sync`.
        NativeContacts = "native-contacts",
        /// Widgets: target of `sync`.
        Widgets = "widgets",
        /// Siri, Spotlight, App Intents; Google Assistant, Circle to Search: target of `assist`.
        Assistant = "assistant",
        /// Apple's Writing Tools: target of `assist`.
        WritingTools = "writing-tools",
        /// Apple's Genmoji: target of `assist`.
        Genmoji = "genmoji",
    }
}

vocabulary! {
    /// The operating system of the device.
    #[non_exhaustive]
    Platform {
        /// iOS and iPadOS.
        Ios = "ios",
        /// Android.
        Android = "android",
        /// Windows.
        Windows = "windows",
    }
}

vocabulary! {
    /// The management state of the device.
    #[non_exhaustive]
    DeviceState {
        /// No management.
        Unmanaged = "unmanaged",
        /// Intune (on Android: device administrator).
        Intune = "intune",
        /// Intune together with Configuration Manager.
        Configmgr = "configmgr",
        /// Another MDM.
        ThirdParty = "third-party",
        /// Intune with a work profile or a fully managed device.
        AndroidEnterprise = "android-enterprise",
        /// A dedicated device in shared device mode.
        AndroidDedicated = "android-dedicated",
        /// Android Open Source Project, with a user.
        Aosp = "aosp",
        /// Android Open Source Project, without a user.
        AospUserless = "aosp-userless",
    }
}

impl DeviceState {
    /// Whether devices of this platform can be in this state.
    #[must_use]
    pub const fn exists_on(self, platform: Platform) -> bool {
        match self {
            Self::Unmanaged | Self::Intune | Self::Configmgr | Self::ThirdParty => true,
            Self::AndroidEnterprise | Self::AndroidDedicated | Self::Aosp | Self::AospUserless => {
                matches!(platform, Platform::Android)
            }
        }
    }

    /// Whether the device is managed at all.
    #[must_use]
    pub const fn is_enrolled(self) -> bool {
        !matches!(self, Self::Unmanaged)
    }

    /// Whether apps on the platform know that the device has a PIN of its own. On Android only Intune knows.
    #[must_use]
    pub const fn has_known_pin(self, platform: Platform) -> bool {
        let is_foreign = matches!((platform, self), (Platform::Android, Self::ThirdParty));
        self.exists_on(platform) && self.is_enrolled() && !is_foreign
    }
}

vocabulary! {
    /// The account under which an app holds data.
    #[non_exhaustive]
    Account {
        /// The company's account.
        Work = "work",
        /// A private account.
        Personal = "personal",
        /// Any other organisational account: another company's, or a second one of this company.
        Other = "other",
    }
}

vocabulary! {
    /// The reason why no policy applies to a movement (XACML: `NotApplicable`).
    ///
    /// It is about the source, and on `open` about the target. From [`Reason::UserNotAssigned`] on, the
    /// reasons are tests in this order: each keeps the policies that pass, and the first test that
    /// keeps none is the reason.
    #[non_exhaustive]
    Reason {
        /// Source and target are one app under one account.
        SameApp = "same-app",
        /// The data is under a private account.
        PersonalAccount = "personal-account",
        /// The data is under another organisation's account.
        OtherOrganisation = "other-organisation",
        /// No policy is assigned to the user.
        UserNotAssigned = "user-not-assigned",
        /// No policy of the user protects the app.
        AppNotProtected = "app-not-protected",
        /// No remaining policy is for the platform, or the app does not exist on it.
        Platform = "platform",
        /// No remaining policy is for the device's management state.
        DeviceState = "device-state",
        /// A filter keeps every remaining policy away.
        Filter = "filter",
        /// The product cannot apply any remaining policy here.
        Unsupported = "unsupported",
        /// The movement was resolved by another table. The decision is `block`.
        ForeignMovement = "foreign-movement",
    }
}

impl Reason {
    /// The reason as a clause for people: "the data is under a personal account".
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::SameApp => "the data stays inside one app under one account",
            Self::PersonalAccount => "the data is under a personal account",
            Self::OtherOrganisation => "the data is under another organisation's account",
            Self::UserNotAssigned => "no policy is assigned to the user",
            Self::AppNotProtected => "no policy of the user protects the app",
            Self::Platform => "none of the policies is for this platform, or the app is not on it",
            Self::DeviceState => "none of the policies is for this device management state",
            Self::Filter => "a filter keeps away the policies for this app and device",
            Self::Unsupported => "the product cannot apply any of the policies here",
            Self::ForeignMovement => "the movement was resolved by another table",
        }
    }
}

macro_rules! word_set {
    ($(#[$meta:meta])* $name:ident of $word:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(u16);

        impl $name {
            /// The empty set.
            pub const NONE: Self = Self(0);

            /// The set of all values.
            #[must_use]
            pub fn all() -> Self {
                $word::ALL.iter().copied().collect()
            }

            /// The bits of the set: bit `index` for each value in it.
            #[allow(dead_code, reason = "only some sets are in the byte format of tables")]
            pub(crate) const fn bits(self) -> u16 {
                self.0
            }

            /// The set with these bits; `None` if a bit belongs to no value.
            #[allow(dead_code, reason = "only some sets are in the byte format of tables")]
            pub(crate) const fn of_bits(bits: u16) -> Option<Self> {
                if (bits as u32) >> $word::ALL.len() == 0 { Some(Self(bits)) } else { None }
            }

            /// Whether a value is in the set.
            #[must_use]
            pub const fn contains(self, word: $word) -> bool {
                self.0 & (1 << word.index()) != 0
            }

            /// Adds a value.
            pub fn insert(&mut self, word: $word) {
                self.0 |= 1 << word.index();
            }

            /// The intersection of two sets.
            #[must_use]
            pub const fn and(self, other: Self) -> Self {
                Self(self.0 & other.0)
            }

            /// The union of two sets.
            #[must_use]
            pub const fn or(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// The difference of two sets.
            #[must_use]
            pub const fn without(self, other: Self) -> Self {
                Self(self.0 & !other.0)
            }

            /// Whether the set is empty.
            #[must_use]
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// The number of values in the set.
            #[must_use]
            pub const fn len(self) -> usize {
                self.0.count_ones() as usize
            }

            /// The values, in the order of output.
            pub fn iter(self) -> impl Iterator<Item = $word> {
                $word::ALL.iter().copied().filter(move |word| self.contains(*word))
            }
        }

        impl FromIterator<$word> for $name {
            fn from_iter<I: IntoIterator<Item = $word>>(words: I) -> Self {
                let mut set = Self::NONE;
                words.into_iter().for_each(|word| set.insert(word));
                set
            }
        }
    };
}

word_set! {
    /// A set of channels.
    Channels of Channel
}
word_set! {
    /// A set of platforms.
    Platforms of Platform
}
word_set! {
    /// A set of device management states.
    DeviceStates of DeviceState
}
word_set! {
    /// A set of accounts.
    Accounts of Account
}
