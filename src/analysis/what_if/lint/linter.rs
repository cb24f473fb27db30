//! The state that all lints share.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::analysis::subject::{Analysis, statements};
use crate::analysis::what_if::effects::EditableModel;
use crate::limits::LimitExceeded;
use crate::model::{Model, PolicyId, Rule};
use crate::source::{Sources, Span};
use crate::syntax::ast::{self, ItemKind, Json, StatementKind};

/// The assignment filters of a policy: ids, with whether they include or exclude. Which devices they let
/// in is not known.
type Filters<'a> = BTreeSet<(&'a str, &'a str)>;

pub(super) struct Linter<'a> {
    pub(super) analysis: &'a Analysis<'a>,
    pub(super) model: &'a Model,
    /// Rules as they are written, by place.
    pub(super) statements: HashMap<Span, &'a ast::Rule>,
    /// The filters of policies that have some, by name.
    filters: BTreeMap<&'a str, Filters<'a>>,
}

impl<'a> Linter<'a> {
    pub(super) fn new(analysis: &'a Analysis<'a>) -> Self {
        let files = analysis.checked.files();
        let (statements, filters) = (statements(files), filters(files));
        Self { analysis, model: analysis.model, statements, filters }
    }

    /// Whether two policies have the same assignment filters, so that what is said about one by the other
    /// is true on all devices.
    pub(super) fn have_equal_filters(&self, one: PolicyId, other: PolicyId) -> bool {
        let filters = |id| self.filters.get(self.model.policy(id).name.as_str());
        filters(one) == filters(other)
    }

    pub(super) fn sources(&self) -> &'a Sources {
        self.analysis.checked.sources()
    }

    pub(super) fn editable(
        &self,
        what_if: Option<PolicyId>,
        extra: &[Rule],
    ) -> Result<EditableModel<'a>, LimitExceeded> {
        let limits = self.analysis.limits();
        EditableModel::new(self.model, what_if, extra, limits, std::iter::empty())
    }

    /// Whether the author can change the text in a place.
    pub(super) fn is_own(&self, span: Span) -> bool {
        self.sources().is_authored(span.source)
    }
}

/// The assignment filters of policies, which importers keep as a setting.
fn filters(files: &[ast::File]) -> BTreeMap<&str, Filters<'_>> {
    let mut found = BTreeMap::new();
    for item in files.iter().flat_map(|file| &file.items) {
        let ItemKind::Policy(policy) = &item.kind else { continue };
        let mut own = Filters::new();
        for statement in &policy.body {
            if let StatementKind::Setting(setting) = &statement.kind
                && setting.name.value == "assignments"
            {
                add_filters(&setting.value, &mut own);
            }
        }
        if !own.is_empty() {
            found.insert(policy.name.text.as_str(), own);
        }
    }
    found
}

/// Adds the filters that a value holds, at whatever depth: nesting is bounded where texts are read.
fn add_filters<'a>(value: &'a Json, found: &mut Filters<'a>) {
    let members = match value {
        Json::Array(members) => return members.iter().for_each(|one| add_filters(one, found)),
        Json::Object(members) => members,
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => return,
    };
    let text = |end: &str| {
        members.iter().find_map(|(name, value)| match value {
            Json::String(text) if name.trim_matches('"').ends_with(end) => {
                Some(text.trim_matches('"'))
            }
            _ => None,
        })
    };
    let id = text("ManagementAssignmentFilterId").filter(|id| !id.is_empty());
    if let Some(id) = id {
        found.insert((id, text("ManagementAssignmentFilterType").unwrap_or_default()));
    }
    members.iter().for_each(|(_, value)| add_filters(value, found));
}
