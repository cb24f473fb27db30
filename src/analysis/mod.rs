//! Exact answers about all movements of a scope.
//!
//! Takes in a checked set and its table, gives out plain data: whether expectations hold, what is
//! decided of an open scope, matrices. Everything is worked out class by class and never sampled.
//! Scopes come out as text that every command takes back in.

mod access;
mod cover;
mod coverage;
mod crowd;
mod describe;
mod diff;
mod differ;
mod edits;
mod expect;
mod flow;
mod grid;
mod joint;
mod lint;
mod matrix;
mod mutants;
mod mutation;
mod narrower;
mod paths;
mod remedy;
mod space;
mod spoken;
mod trials;
mod vacuous;

use std::collections::{BTreeMap, HashMap};

pub use access::{StatementChange, StatementChangeKind, StatementWord, diff_statements};
pub use cover::Part;
pub use coverage::{Coverage, RuleCoverage};
pub use diff::{Change, ChangeKind, ChangeMatrix, ChangedCell, diff, diff_matrices};
#[cfg(feature = "intune")]
pub(crate) use differ::{Comparison, Difference, End};
pub use expect::{Chain, Counterexample, Hop, Outcome, Verdict};
pub use matrix::{Cell, Matrix, TooManyKinds};
pub use mutants::MutationKind;
pub use mutation::{Decided, Fate, Mutation, Mutations, Survivor};
pub use paths::{Cut, LEAKS, Path, PathOptions, Paths};
pub use remedy::{NoRemedy, Remedy, RemedyStep, StepKind};
#[cfg(feature = "intune")]
pub(crate) use space::every_end;

use crate::compiler::Checked;
use crate::decision::Effect;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Errors};
use crate::model::{ChainScope, Model, PolicyId, Scope};
use crate::movement::Movement;
use crate::source::Span;
use crate::syntax::ast::{self, ItemKind, StatementKind};
use crate::table::{BuildError, Groups, Table};
use describe::Describe;
use space::{Lens, Space};

/// Expectations may tell apart so many times as many groups of people as policies may.
const MORE_GROUPS: usize = 4;

/// Refuses expectations that tell apart more groups of people than analysis can keep in mind.
fn check_groups(checked: &Checked, model: &Model) -> Result<(), Errors> {
    let expected = model.expectations().iter().filter_map(|one| one.scope.people.as_ref());
    let clauses = space::clauses_of(model).chain(expected);
    let groups = Groups::new(clauses, model.users().len()).len();
    let limit = checked.limits().user_groups.saturating_mul(MORE_GROUPS);
    if groups > limit {
        return Err(checked.too_large(BuildError::UserGroups { groups, limit }));
    }
    Ok(())
}

/// The rules of files as they were parsed, by place.
fn statements(files: &[ast::File]) -> HashMap<Span, &ast::Rule> {
    let policies = files.iter().flat_map(|file| &file.items).filter_map(|item| match &item.kind {
        ItemKind::Policy(policy) => Some(&policy.body),
        _ => None,
    });
    let rules = policies.flatten().filter_map(|one| match &one.kind {
        StatementKind::Rule(rule) => Some((one.span, rule)),
        _ => None,
    });
    rules.collect()
}

/// A checked policy set with its table: what questions are asked of.
#[derive(Debug, Clone)]
pub struct Analysis<'c> {
    checked: &'c Checked,
    model: &'c Model,
    table: Table,
    /// For each policy that only reports and has expectations: the table in which it is live.
    guests: BTreeMap<PolicyId, Table>,
}

impl<'c> Analysis<'c> {
    /// Compiles a checked set.
    ///
    /// # Errors
    ///
    /// Every mistake in the set, or the limit that its table would exceed.
    pub fn new(checked: &'c Checked) -> Result<Self, Errors> {
        let table = checked.compile()?;
        // A set that compiles has a model.
        let Some(model) = checked.model() else { return Err(checked.errors()) };
        check_groups(checked, model)?;
        let mut guests = BTreeMap::new();
        let policies = model.expectations().iter().filter_map(|expectation| expectation.policy);
        for id in policies.filter(|id| model.policy(*id).report_only) {
            if let std::collections::btree_map::Entry::Vacant(new) = guests.entry(id) {
                new.insert(checked.compile_with(id)?);
            }
        }
        Ok(Self { checked, model, table, guests })
    }

    /// The table.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The table in which a policy that only reports is live, or the one in which none is.
    fn table_with(&self, guest: Option<PolicyId>) -> &Table {
        guest.and_then(|id| self.guests.get(&id)).unwrap_or(&self.table)
    }

    /// Whether the rules of a policy matter in the world of a guest: live rules do so only to expectations
    /// of the guest's own.
    fn matters(&self, guest: Option<PolicyId>, policy: PolicyId) -> bool {
        match guest {
            Some(guest) if !self.guests.contains_key(&guest) => policy == guest,
            _ => !self.model.policy(policy).report_only || guest == Some(policy),
        }
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Model {
        self.model
    }

    /// Checks every expectation, in the order in which they stand.
    #[must_use]
    pub fn test(&self) -> Vec<Outcome> {
        expect::test(self)
    }

    /// The mistakes that only a look at all movements can find: expectations that speak of none.
    #[must_use]
    pub fn empty_expectations(&self) -> Option<Errors> {
        let mut found = Diagnostics::new(self.checked.limits().diagnostics);
        for outcome in self.test().iter().filter(|one| one.verdict == Verdict::Empty) {
            let expectation = &self.model.expectations()[outcome.expectation.index()];
            let message = "an expectation that speaks of no movement";
            let help = "nothing like this exists on these platforms and devices, or it stays inside \
                        one app under one account; widen the scope or leave the line out";
            let diagnostic = Diagnostic::new(Code::EmptyScope, message);
            found.push(diagnostic.at(expectation.span, "this holds nothing").help(help));
        }
        (!found.is_empty()).then(|| Errors::new(&found, self.checked.sources()))
    }

    /// Rules and policies that do nothing or not what they seem to do, and gaps between policies. Each
    /// finding is exact: it is told if and only if it holds of all movements.
    #[must_use]
    pub fn lints(&self) -> Errors {
        let mut found = Diagnostics::new(self.checked.limits().diagnostics);
        found.extend(lint::lints(self));
        Errors::new(&found, self.checked.sources())
    }

    /// What is decided of the movements of a scope: parts that are decided alike, as few as can be
    /// found. Together they cover the scope exactly.
    #[must_use]
    pub fn decide(&self, scope: &Scope) -> Vec<Part> {
        cover::parts(self, scope)
    }

    /// Matrices of sources by targets, one for each channel, kind of users and kind of devices of a
    /// scope.
    ///
    /// # Errors
    ///
    /// When there would be too many of them.
    pub fn matrix(&self, scope: &Scope) -> Result<Vec<Matrix>, TooManyKinds> {
        matrix::matrices(self, scope)
    }

    /// The ways in which data gets from where chains begin to where they end, movement by movement, with
    /// the rules that let it pass.
    #[must_use]
    pub fn paths(&self, chain: &ChainScope, options: PathOptions) -> Paths {
        paths::paths(self, chain, options)
    }

    /// What the expectations speak about: which rules, and how many cells of the table.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        coverage::coverage(self)
    }

    /// Tries small edits of every rule: which would no expectation notice?
    #[must_use]
    pub fn mutate(&self) -> Mutations {
        mutation::mutate(self)
    }

    /// The smallest edits after which every movement of a scope has an effect, each with everything that it
    /// would change.
    ///
    /// # Errors
    ///
    /// When the scope cannot be read or holds no movement, when it is decided so already, or when no
    /// edit was found.
    pub fn remedies(&self, question: &str, wanted: Effect) -> Result<Vec<Remedy>, NoRemedy> {
        remedy::remedies(self, question, wanted)
    }

    /// The one movement of a scope; `deployed` may be left open and is then not the case.
    ///
    /// # Errors
    ///
    /// What is left open, or that the scope holds no movement, in words.
    pub fn movement(&self, scope: &Scope) -> Result<Movement, String> {
        let lens = &mut Lens::new(self, &self.table, scope.people.iter());
        Space::new(lens, scope, None).only_movement(lens)
    }

    /// A movement as a scope that holds it and nothing else.
    #[must_use]
    pub fn scope_of(&self, movement: &Movement) -> String {
        Describe::new(self.model).movement(&self.table, movement)
    }
}
