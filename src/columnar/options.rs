//! The choices of whoever asks.

/// The choices of a caller of [`decide_batch`](super::decide_batch).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Options {
    /// What becomes of rows that cannot be answered.
    pub bad_rows: BadRows,
    /// Whether answers tell the rules behind them. To find these costs more than to decide, once for each
    /// distinct case.
    pub rules: bool,
}

impl Options {
    /// The options with another treatment of rows that cannot be answered.
    #[must_use]
    pub const fn with_bad_rows(self, bad_rows: BadRows) -> Self {
        Self { bad_rows, ..self }
    }

    /// The options with or without the rules behind answers.
    #[must_use]
    pub const fn with_rules(self, rules: bool) -> Self {
        Self { rules, ..self }
    }
}

/// What becomes of rows that cannot be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BadRows {
    /// The first of them is an error of the batch.
    #[default]
    Error,
    /// Their answers are null, and the columns `error_code` and `error` tell why.
    Null,
}
