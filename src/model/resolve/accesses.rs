//! Scopes of accesses, and expectations about them.

use super::resolver::Resolver;
use crate::diagnostic::{Code, Diagnostic, has_error};
use crate::model::access;
use crate::model::clauses;
use crate::model::scope::{Reading, ScopeResolver};
use crate::model::types::{AccessClaim, AccessExpectation, AccessScope, PolicyId, What};
use crate::source::Span;
use crate::syntax::ast;
use crate::syntax::print;
use crate::vocabulary::{DeviceStates, Platforms, SetWord};

impl Resolver<'_> {
    /// Resolves an expectation about accesses.
    pub(super) fn expect_access(
        &mut self,
        policy: Option<PolicyId>,
        ast: &ast::ExpectAccess,
        span: Span,
    ) {
        let expectation = self.scopes().access_expectation(policy, ast, span);
        self.model.access_expectations.extend(expectation);
    }
}

/// The diagnostic about facts in an expectation about requirements.
fn requires_always(when: &ast::When, scope: Span) -> Diagnostic {
    let tests = when.tests.iter().map(|test| test.span).chain(when.rest_unknown);
    let place = tests.reduce(Span::to).unwrap_or(scope);
    let message = "requirements do not depend on facts";
    Diagnostic::new(Code::BadAccess, message).at(place, "").help("leave `when` out")
}

impl ScopeResolver<'_> {
    /// A claim about a scope of accesses.
    pub(super) fn access_expectation(
        &mut self,
        policy: Option<PolicyId>,
        ast: &ast::ExpectAccess,
        span: Span,
    ) -> Option<AccessExpectation> {
        let errors = self.found.len();
        let claim = match &ast.claim {
            ast::AccessClaim::Effect(name) => {
                access::resolve_effect(name, self.found).map(AccessClaim::Effect)
            }
            ast::AccessClaim::Require(require) => {
                if let Some(when) = &ast.scope.when {
                    self.found.push(requires_always(when, ast.scope.span));
                }
                access::resolve_claim(require, self.found)
                    .map(|(requirement, platforms)| AccessClaim::Require { requirement, platforms })
            }
        };
        let scope = self.access_scope(&ast.scope);
        let (claim, scope) = (claim?, scope?);
        let is_sound = !has_error(self.found.get(errors..).unwrap_or_default());
        let text = print::expect_access(ast);
        is_sound.then_some(AccessExpectation { policy, claim, scope, text, span })
    }

    /// A scope of accesses.
    pub(in crate::model) fn access_scope(&mut self, ast: &ast::AccessScope) -> Option<AccessScope> {
        let apps = ast.set.as_ref().map(|set| {
            let resolved = self.set(set, Reading::Every)?;
            self.apps_only(set).map(|()| resolved)
        });
        let people = ast.people.as_ref().map(|people| self.people(people));
        let platforms = match &ast.platforms {
            Some(words) => clauses::platforms(words, self.found),
            None => Some(Platforms::all()),
        };
        let devices = match &ast.devices {
            Some(words) => clauses::devices(words, self.found),
            None => Some(DeviceStates::all()),
        };
        let when = ast.when.as_ref();
        let tests = when.into_iter().flat_map(|when| &when.tests);
        let tests =
            tests.map(|test| access::resolve_test(test, ast.platforms.as_ref(), self.found));
        let tests: Vec<_> = tests.collect();
        Some(AccessScope {
            apps: apps.map_or(Some(None), |apps| apps.map(Some))?,
            people: people.map_or(Some(None), |people| people.map(Some))?,
            platforms: platforms?,
            devices: devices?,
            tests: tests.into_iter().collect::<Option<_>>()?,
            rest_unknown: when.is_some_and(|when| when.rest_unknown.is_some()),
            asked: None,
        })
    }

    /// Reports terms of a set that name no app, and `deployed`.
    fn apps_only(&mut self, set: &ast::Set) -> Option<()> {
        let mut complete = true;
        for term in set.terms.iter().chain(&set.except) {
            let what = self.what(&term.what)?;
            let is_storage = matches!(
                what,
                What::Storage(_)
                    | What::Place(_)
                    | What::Word(
                        SetWord::AnyStorage | SetWord::CorporateStorage | SetWord::PersonalStorage
                    )
            );
            if is_storage {
                let message = "a storage or place cannot be launched";
                let diagnostic = Diagnostic::new(Code::WrongKind, message).at(term.span, "");
                self.found.push(diagnostic.help("name apps or groups of apps"));
            }
            if let Some(deployed) = term.deployed {
                let message = "who may open an app does not depend on `deployed`";
                let diagnostic = Diagnostic::new(Code::BadQualifier, message).at(deployed, "");
                self.found.push(diagnostic.help("leave it out"));
            }
            complete &= !is_storage && term.deployed.is_none();
        }
        complete.then_some(())
    }
}
