//! Questions: scopes that are resolved against a finished model.

use crate::diagnostic::{Diagnostic, has_error};
use crate::limits::Limits;
use crate::model::check;
use crate::model::resolved::Model;
use crate::model::scope::{Reading, ScopeResolver};
use crate::model::types::{AccessExpectation, AccessScope, ChainScope, Scope};
use crate::syntax::ast;
use crate::syntax::print;
use crate::vocabulary::Channels;

/// A resolver of scopes against a finished model.
fn alone<'a>(
    model: &'a Model,
    limits: &Limits,
    found: &'a mut Vec<Diagnostic>,
) -> ScopeResolver<'a> {
    let (bound, groups) = (limits.diagnostics, limits.user_groups);
    ScopeResolver {
        symbols: &model.symbols,
        model,
        found,
        bound,
        groups,
        is_question: true,
        unnamed: Vec::new(),
        place: None,
    }
}

/// Resolves a scope outside of any policy set's text against a finished model.
pub(crate) fn question(
    model: &Model,
    ast: &ast::Scope,
    limits: &Limits,
    found: &mut Vec<Diagnostic>,
) -> Option<Scope> {
    let mut scope = alone(model, limits, found).scope(ast, Reading::Every, Channels::all())?;
    scope.asked = [&ast.from, &ast.to].map(|set| set.as_ref().map(print::set));
    let errors = found.len();
    // The ids that nothing declares are apps of their own.
    let extended = model.with_unnamed(&scope.unnamed);
    check::scope_sets(&extended, &scope.with_apps(model.unlisted_app()), ast, found);
    (!has_error(found.get(errors..).unwrap_or_default())).then_some(scope)
}

/// Resolves a chain scope likewise.
pub(crate) fn chain(
    model: &Model,
    ast: &ast::Scope,
    limits: &Limits,
    found: &mut Vec<Diagnostic>,
) -> Option<ChainScope> {
    let chain = alone(model, limits, found).chain(ast)?;
    let errors = found.len();
    let extended = model.with_unnamed(&chain.scope.unnamed);
    check::chain_sets(&extended, &chain.with_apps(model.unlisted_app()), ast, found);
    (!has_error(found.get(errors..).unwrap_or_default())).then_some(chain)
}

/// Resolves a claim about accesses likewise.
pub(crate) fn access_claim(
    model: &Model,
    ast: &ast::ExpectAccess,
    limits: &Limits,
    found: &mut Vec<Diagnostic>,
) -> Option<AccessExpectation> {
    alone(model, limits, found).access_expectation(None, ast, ast.scope.span)
}

/// Resolves a scope of accesses likewise.
pub(crate) fn access_question(
    model: &Model,
    ast: &ast::AccessScope,
    limits: &Limits,
    found: &mut Vec<Diagnostic>,
) -> Option<AccessScope> {
    let mut scope = alone(model, limits, found).access_scope(ast)?;
    scope.asked = ast.set.as_ref().map(print::set);
    Some(scope)
}
