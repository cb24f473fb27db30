//! Actions of launch conditions.

words! {
    /// The action when a launch condition holds.
    pub Action {
        /// The user is told, and may go on.
        Warn = "warn",
        /// The work account cannot be used until the condition no longer holds.
        Block = "block",
        /// The work account's data is removed from the app.
        Wipe = "wipe",
    }

    /// The effect on an access.
    pub AccessEffect {
        /// The app may be used.
        Allow = "allow",
        /// The user is told, and may go on.
        Warn = "warn",
        /// The work account cannot be used.
        Block = "block",
        /// The work account's data is removed from the app.
        Wipe = "wipe",
    }
}

impl AccessEffect {
    /// Whether the app may be used.
    #[must_use]
    pub const fn lets_in(self) -> bool {
        matches!(self, Self::Allow | Self::Warn)
    }
}

impl From<Action> for AccessEffect {
    fn from(action: Action) -> Self {
        match action {
            Action::Warn => Self::Warn,
            Action::Block => Self::Block,
            Action::Wipe => Self::Wipe,
        }
    }
}

impl serde::Serialize for AccessEffect {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}
