//! The state that all steps of resolution share.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, has_error};
use crate::limits::Limits;
use crate::model::directory::Directory;
use crate::model::resolved::Model;
use crate::model::scope::ScopeResolver;
use crate::model::symbols::SymbolTable;
use crate::model::types::AppId;
use crate::source::{Sources, Span};

/// The state of resolution: the model, symbol table and directory as far as they are built.
pub(super) struct Resolver<'a> {
    pub(super) sources: &'a Sources,
    pub(super) limits: &'a Limits,
    pub(super) found: &'a mut Vec<Diagnostic>,
    pub(super) symbols: SymbolTable,
    /// The place of each name's declaration; `None` for what is built in.
    pub(super) places: BTreeMap<String, Option<Span>>,
    pub(super) model: Model,
    pub(super) directory: Directory,
    /// The place of each declared app's name.
    pub(super) id_places: BTreeMap<AppId, Span>,
}

impl<'a> Resolver<'a> {
    /// A resolver of an empty set.
    pub(super) fn new(
        sources: &'a Sources,
        limits: &'a Limits,
        found: &'a mut Vec<Diagnostic>,
    ) -> Self {
        Self {
            sources,
            limits,
            found,
            symbols: SymbolTable::default(),
            places: BTreeMap::new(),
            model: Model::empty(),
            directory: Directory::default(),
            id_places: BTreeMap::new(),
        }
    }

    /// The finished model.
    pub(super) fn finish(mut self) -> Model {
        self.directory.prepare_links();
        self.model.directory = Arc::new(self.directory);
        self.model.symbols = self.symbols;
        self.model
    }

    /// A resolver of scopes against the names declared until now.
    pub(super) fn scopes(&mut self) -> ScopeResolver<'_> {
        let (bound, groups) = (self.limits.diagnostics, self.limits.user_groups);
        ScopeResolver {
            symbols: &self.symbols,
            model: &self.model,
            found: self.found,
            bound,
            groups,
            is_question: false,
            unnamed: Vec::new(),
            place: None,
        }
    }

    /// Whether there is an error behind the first `before` diagnostics.
    pub(super) fn has_errors(&self, before: usize) -> bool {
        has_error(self.found.get(before..).unwrap_or_default())
    }

    /// The line on which a place begins.
    pub(super) fn line(&self, span: Span) -> u32 {
        u32::try_from(self.sources.position(span).line).unwrap_or(u32::MAX)
    }
}
