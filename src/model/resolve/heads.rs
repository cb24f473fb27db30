//! Heads of policies: users, devices, protected apps, `yields to`, `otherwise`.

use super::groups::Members;
use super::resolver::Resolver;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::check;
use crate::model::clauses;
use crate::model::directory::PolicyEntry;
use crate::model::scope::Reading;
use crate::model::symbols::Entity;
use crate::model::types::{AppId, People, PolicyId, What, Yields};
use crate::syntax::ast::{self, StatementKind};
use crate::vocabulary::{DeviceStates, Platforms};

impl Resolver<'_> {
    /// Resolves the head of a policy. Gives whether it has no errors, so that rules can be compared with it.
    pub(super) fn head(&mut self, id: PolicyId, ast: &ast::Policy) -> bool {
        check::head_order(ast, self.found);
        check::clauses_below(self.sources, ast, self.found);
        let errors = self.found.len();
        let mut head = self.model.policy(id).clone();
        let mut whole = true;
        let mut protected = false;
        for statement in &ast.body {
            match &statement.kind {
                StatementKind::For(people) => {
                    let people = self.scopes().people(people);
                    whole &= people.is_some();
                    head.people = people.unwrap_or(People::ANYBODY);
                }
                StatementKind::Protect(clause) => {
                    let protect = self.protect(&clause.set);
                    head.unconfirmed = clause.unconfirmed;
                    protected = protect.is_some();
                    head.protect = protect.unwrap_or_default();
                }
                StatementKind::On(list) => {
                    head.platforms =
                        clauses::platforms(list, self.found).unwrap_or(Platforms::all());
                }
                StatementKind::Devices(list) => {
                    head.devices =
                        clauses::devices(list, self.found).unwrap_or(DeviceStates::all());
                }
                StatementKind::Yields(yields) => head.yields = self.yields(yields),
                StatementKind::Otherwise(effect) => {
                    head.otherwise = *effect;
                    head.otherwise_span = Some(statement.span);
                }
                StatementKind::Rule(_)
                | StatementKind::Require(_)
                | StatementKind::Launch(_)
                | StatementKind::Setting(_)
                | StatementKind::Expect(_)
                | StatementKind::ExpectAccess(_) => {}
            }
        }
        *self.model.policy_mut(id) = head;
        whole &= protected && !self.has_errors(errors);
        if whole {
            check::head(&self.model, id, ast, self.found);
        }
        check::head_clauses(ast, self.found);
        check::unconfirmed(self.sources, self.model.policy(id), self.found);
        whole && !self.has_errors(errors)
    }

    /// The policies of a `yields to` clause.
    fn yields(&mut self, yields: &ast::Yields) -> Yields {
        let (ast::Yields::To(names) | ast::Yields::Any { except: names }) = yields;
        let mut ids = Vec::new();
        for name in names {
            let entity = self.scopes().entity(name, "a policy", |e| matches!(e, Entity::Policy(_)));
            if let Some(Entity::Policy(id)) = entity {
                ids.push(id);
            }
        }
        match yields {
            ast::Yields::Any { .. } => Yields::Any { except: ids },
            ast::Yields::To(_) => Yields::To(ids),
        }
    }

    /// The apps of a `protect` clause.
    fn protect(&mut self, set: &ast::Set) -> Option<Vec<(AppId, Platforms)>> {
        let errors = self.found.len();
        check::protect_words(set, self.found);
        let resolved = self.scopes().set(set, Reading::Every)?;
        let mut members = Members::default();
        for (term, ast) in resolved.terms.iter().zip(&set.terms) {
            check::protect_term(&self.model, term.what, ast, self.found);
            match term.what {
                What::Word(_) => {
                    let apps =
                        self.model.app_ids().filter(|id| self.model.app(*id).can_be_protected());
                    apps.for_each(|app| members.add_app(app, Platforms::all()));
                }
                what => members.extend(self.members(std::iter::once(what))),
            }
        }
        let left_out = self.members(resolved.except.iter().map(|term| term.what));
        if self.has_errors(errors) {
            return None;
        }
        let protect: Vec<_> = members
            .apps
            .into_iter()
            .map(|(app, on)| {
                (app, on.without(left_out.apps.get(&app).copied().unwrap_or_default()))
            })
            .filter(|(_, on)| !on.is_empty())
            .collect();
        if protect.is_empty() {
            let diagnostic = Diagnostic::new(Code::EmptySet, "a policy that protects nothing");
            let diagnostic = diagnostic.at(set.span, "no app with `sdk` is in this set");
            self.found.push(diagnostic.help("name an app that is declared with `sdk`"));
        }
        Some(protect)
    }

    /// Adds a policy to the directory.
    pub(super) fn policy_entry(&mut self, id: PolicyId) {
        let policy = self.model.policy(id);
        self.directory.add_policy(PolicyEntry {
            name: &policy.name,
            file: self.sources.recorded_name(policy.span.source),
            line: self.line(policy.span),
            otherwise: policy.otherwise,
            otherwise_line: self.line(policy.otherwise_span.unwrap_or(policy.span)),
        });
    }
}
