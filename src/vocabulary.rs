//! The closed words of the language that every layer shares: effects, channels, platforms, device
//! management states, accounts.
//!
//! Takes in nothing and knows nothing of files, names or policies. Each enum lists its words once,
//! in [`Effect::ALL`] and its like, and that order is the order of every output.

use std::fmt;

macro_rules! vocabulary {
    (
        $(#[$meta:meta])*
        $name:ident { $( $(#[$variant_meta:meta])* $variant:ident = $word:literal, )* }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $( $(#[$variant_meta])* $variant, )* }

        impl $name {
            /// Every value, in the order in which outputs show them.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The word that stands for this value in `.mam` text and in JSON.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $( Self::$variant => $word, )* }
            }

            /// The value that a word stands for.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $( $word => Some(Self::$variant), )* _ => None }
            }

            /// The position in [`Self::ALL`].
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
                        const WORDS: &[&str] = &[ $( $word, )* ];
                        $name::from_word(word).ok_or_else(|| E::unknown_variant(word, WORDS))
                    }
                }

                deserializer.deserialize_str(Word)
            }
        }
    };
}

vocabulary! {
    /// What a decision says: may the data move?
    Effect {
        /// The data may move, perhaps within limits.
        Allow = "allow",
        /// No readable company data arrives.
        Block = "block",
    }
}

vocabulary! {
    /// The effect that a rule states, and with it the side that it judges.
    RuleEffect {
        /// The policy of the source lets data leave.
        Allow = "allow",
        /// The policy of the source holds data back.
        Block = "block",
        /// The policy of the target lets data in.
        Accept = "accept",
        /// The policy of the target keeps data out.
        Refuse = "refuse",
    }
}

impl RuleEffect {
    /// The side whose policy states such a rule.
    #[must_use]
    pub const fn side(self) -> Side {
        match self {
            Self::Allow | Self::Block => Side::Source,
            Self::Accept | Self::Refuse => Side::Target,
        }
    }

    /// What such a rule decides.
    #[must_use]
    pub const fn effect(self) -> Effect {
        match self {
            Self::Allow | Self::Accept => Effect::Allow,
            Self::Block | Self::Refuse => Effect::Block,
        }
    }
}

/// Limits under which data may move; XACML calls such things obligations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Obligations {
    /// No more than this many characters (`copy`).
    pub characters: Option<u32>,
    /// The notification must not show content (`notify`).
    pub without_content: bool,
    /// The data becomes company data on arrival.
    pub tagged: bool,
}

impl Obligations {
    /// No limits at all.
    pub const NONE: Self = Self { characters: None, without_content: false, tagged: false };

    /// Whether nothing is limited.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.characters.is_none() && !self.without_content && !self.tagged
    }
}

vocabulary! {
    /// The two ends of a movement.
    Side {
        /// Where the data comes from.
        Source = "source",
        /// Where the data goes.
        Target = "target",
    }
}

vocabulary! {
    /// The way in which data moves.
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

/// What stands at one end of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An app under one of its accounts.
    App,
    /// A storage.
    Storage,
    /// One of the channel's places.
    Place,
}

impl Channel {
    /// What data leaves on this channel.
    #[must_use]
    pub const fn source_kind(self) -> Kind {
        match self {
            Self::Open => Kind::Storage,
            _ => Kind::App,
        }
    }

    /// What data arrives at on this channel.
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

    /// The places that the channel leads to; empty unless its targets are places.
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

    /// Whether the policy of this side has a say on the channel.
    #[must_use]
    pub const fn judged_at(self, side: Side) -> bool {
        match side {
            Side::Source => !matches!(self, Self::Open),
            Side::Target => {
                matches!(self, Self::Share | Self::Invoke | Self::Copy | Self::Open)
            }
        }
    }

    /// The side whose app the channel is about, the first whose policy has a say: the target of `open`, the
    /// source of every other one. It tells why nobody has a say.
    #[must_use]
    pub(crate) const fn own_side(self) -> Side {
        if self.judged_at(Side::Source) { Side::Source } else { Side::Target }
    }

    /// Whether the channel exists on the platform: on Android, invoking is sharing.
    #[must_use]
    pub const fn exists_on(self, platform: Platform) -> bool {
        !matches!((self, platform), (Self::Invoke, Platform::Android))
    }

    /// Whether a movement inside one app under one account is none on this channel.
    #[must_use]
    pub const fn stays_inside(self) -> bool {
        matches!(
            self,
            Self::Share | Self::Invoke | Self::Copy | Self::Link | Self::Call | Self::Message
        )
    }
}

vocabulary! {
    /// A target that is neither app nor storage. Only `any` and its own name hold it.
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
    /// Who manages the device.
    DeviceState {
        /// Nobody.
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
    /// Whether a device of this platform can be in this state.
    #[must_use]
    pub const fn exists_on(self, platform: Platform) -> bool {
        match self {
            Self::Unmanaged | Self::Intune | Self::Configmgr | Self::ThirdParty => true,
            Self::AndroidEnterprise | Self::AndroidDedicated | Self::Aosp | Self::AospUserless => {
                matches!(platform, Platform::Android)
            }
        }
    }

    /// Whether somebody manages the device.
    #[must_use]
    pub const fn is_enrolled(self) -> bool {
        !matches!(self, Self::Unmanaged)
    }
}

vocabulary! {
    /// The account under which an app holds data.
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
    /// Why nobody's policy has a say in a movement. It speaks of the source (for `open`, of the
    /// target); from [`Reason::UserNotAssigned`] on, each test keeps the policies that pass it and
    /// the first that leaves none is the reason.
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
        /// None of those is for the platform, or the app does not exist there.
        Platform = "platform",
        /// None of those is for the device's management state.
        DeviceState = "device-state",
        /// The product cannot apply any of those here.
        Unsupported = "unsupported",
        /// The movement was resolved by another table; the answer is `block`.
        ForeignMovement = "foreign-movement",
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

            /// The set of every word.
            #[must_use]
            pub fn all() -> Self {
                $word::ALL.iter().copied().collect()
            }

            /// A bit for each word that the set holds, at the word's position.
            #[allow(dead_code, reason = "not every set stands in a table")]
            pub(crate) const fn bits(self) -> u16 {
                self.0
            }

            /// The set with these bits; `None` if one of them stands for no word.
            #[allow(dead_code, reason = "not every set stands in a table")]
            pub(crate) const fn of_bits(bits: u16) -> Option<Self> {
                if (bits as u32) >> $word::ALL.len() == 0 { Some(Self(bits)) } else { None }
            }

            /// Whether the set holds a word.
            #[must_use]
            pub const fn contains(self, word: $word) -> bool {
                self.0 & (1 << word.index()) != 0
            }

            /// Adds a word.
            pub fn insert(&mut self, word: $word) {
                self.0 |= 1 << word.index();
            }

            /// The words that both sets hold.
            #[must_use]
            pub const fn and(self, other: Self) -> Self {
                Self(self.0 & other.0)
            }

            /// The words that one of the sets holds.
            #[must_use]
            pub const fn or(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// The words of this set that the other one lacks.
            #[must_use]
            pub const fn without(self, other: Self) -> Self {
                Self(self.0 & !other.0)
            }

            /// Whether the set holds nothing.
            #[must_use]
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// How many words the set holds.
            #[must_use]
            pub const fn len(self) -> usize {
                self.0.count_ones() as usize
            }

            /// The words, in the order of every output.
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
