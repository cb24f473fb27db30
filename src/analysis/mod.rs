//! Exact answers about all movements of a scope.
//!
//! Takes in a checked set and its table, gives out plain data: whether expectations hold, what is
//! decided of an open scope, matrices. Everything is worked out class by class and never sampled.
//! Scopes come out as text that every command takes back in.

mod cover;
mod describe;
mod expect;
mod matrix;
mod space;

use std::collections::BTreeMap;

pub use cover::Part;
pub use expect::{Counterexample, Outcome, Verdict};
pub use matrix::{Cell, Matrix};

use crate::compiler::Checked;
use crate::diagnostic::Errors;
use crate::model::{Model, PolicyId, Scope};
use crate::movement::Movement;
use crate::table::{Precedence, Table};
use describe::Describe;
use space::Space;

/// A checked policy set with its table: what questions are asked of.
#[derive(Debug, Clone)]
pub struct Analysis<'c> {
    checked: &'c Checked,
    model: &'c Model,
    table: Table,
    /// For each policy that only reports and has expectations: the table in which it is live.
    guests: BTreeMap<PolicyId, Table>,
    precedence: Precedence,
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
        let mut guests = BTreeMap::new();
        let policies = model.expectations().iter().filter_map(|expectation| expectation.policy);
        for id in policies.filter(|id| model.policy(*id).report_only) {
            if let std::collections::btree_map::Entry::Vacant(new) = guests.entry(id) {
                new.insert(checked.compile_with(id)?);
            }
        }
        let precedence = Precedence::new(model);
        Ok(Self { checked, model, table, guests, precedence })
    }

    /// The table.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
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

    /// What is decided of the movements of a scope: parts that are decided alike, as few as can be
    /// found. Together they cover the scope exactly.
    #[must_use]
    pub fn decide(&self, scope: &Scope) -> Vec<Part> {
        cover::parts(self, scope)
    }

    /// Matrices of sources by targets, one for each channel and kind of context of a scope.
    #[must_use]
    pub fn matrix(&self, scope: &Scope) -> Vec<Matrix> {
        matrix::matrices(self, scope)
    }

    /// The one movement of a scope; `deployed` may be left open and is then not the case.
    ///
    /// # Errors
    ///
    /// What is left open, or that the scope holds no movement, in words.
    pub fn movement(&self, scope: &Scope) -> Result<Movement, String> {
        let space = Space::new(self, &self.table, scope, None);
        space.only_movement()
    }

    /// A movement as a scope that holds it and nothing else.
    #[must_use]
    pub fn scope_of(&self, movement: &Movement) -> String {
        Describe::new(self.model, &self.table).movement(movement)
    }
}
