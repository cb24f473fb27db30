//! Policies by name and place.
//!
//! Takes in ids, gives out what is shown of a policy.

use serde::Serialize;

use crate::model::{Model, PolicyId};

/// A policy that applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AppliedPolicy {
    /// Its name.
    pub policy: String,
    /// Its title.
    pub title: Option<String>,
    /// The file that declares it.
    pub file: String,
    /// The line of its name.
    pub line: u32,
}

impl AppliedPolicy {
    pub(super) fn of(model: &Model, id: PolicyId) -> Self {
        let entry = model.directory().policy(id);
        Self {
            policy: entry.name.to_owned(),
            title: model.policy(id).title.clone(),
            file: entry.file.to_owned(),
            line: entry.line,
        }
    }
}
