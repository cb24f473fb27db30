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
}
