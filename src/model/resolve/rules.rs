//! Bodies of policies: rules, requirements, launch conditions, settings, expectations.

use super::resolver::Resolver;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::access::{self, Access, DeviceSet};
use crate::model::check;
use crate::model::directory::{AccessEntry, RuleEntry};
use crate::model::scope::Reading;
use crate::model::types::{Claim, Expectation, PolicyId, Rule, RuleId};
use crate::source::Span;
use crate::syntax::ast::{self, StatementKind};
use crate::syntax::print;
use crate::vocabulary::{Channels, Obligations};

impl Resolver<'_> {
    /// Resolves the body of a policy. If the head has errors, rules are not compared with it.
    pub(super) fn body(&mut self, id: PolicyId, ast: &ast::Policy, whole_head: bool) {
        let policy = self.model.policy(id);
        let place = DeviceSet { platforms: policy.platforms, devices: policy.devices };
        let mut access = Vec::new();
        let mut settings = Vec::new();
        let errors = self.found.len();
        for statement in &ast.body {
            match &statement.kind {
                StatementKind::Rule(rule) => self.rule(id, rule, statement, whole_head),
                StatementKind::Require(require) => {
                    let next = self.directory.next_access();
                    let found = access::resolve_require(require, place, next, self.found);
                    access.extend(self.listed(id, found, statement));
                }
                StatementKind::Launch(launch) => {
                    let next = self.directory.next_access();
                    let found = access::resolve_launch(launch, place, next, self.found);
                    access.extend(self.listed(id, found, statement));
                }
                StatementKind::Setting(setting) => {
                    let value = print::json(&setting.value.sorted());
                    settings.push((setting.name.value.clone(), value));
                }
                StatementKind::Expect(expect) => self.expect(Some(id), expect, statement.span),
                StatementKind::ExpectAccess(expect) => {
                    self.expect_access(Some(id), expect, statement.span);
                }
                StatementKind::For(_)
                | StatementKind::Protect(_)
                | StatementKind::On(_)
                | StatementKind::Devices(_)
                | StatementKind::Yields(_)
                | StatementKind::Otherwise(_) => {}
            }
        }
        // What a rule in error was to change is not known.
        let all_read = whole_head && ast.complete && !self.has_errors(errors);
        access::check(&access, self.found);
        check::settings(ast, self.found);
        if all_read {
            check::repeats(&self.model, id, self.found);
        }
        let policy = self.model.policy_mut(id);
        policy.access = access;
        policy.settings = settings;
    }

    /// Adds an access statement, if there is one, to the directory.
    fn listed(
        &mut self,
        policy: PolicyId,
        access: Option<Access>,
        statement: &ast::Statement,
    ) -> Option<Access> {
        let text = match &statement.kind {
            StatementKind::Launch(launch) => print::launch(launch),
            kind => print::statement(kind),
        };
        let file = self.sources.recorded_name(statement.span.source);
        let line = self.line(statement.span);
        let access = access?;
        let because = access.because.as_deref();
        self.directory.add_access(AccessEntry { policy, text: &text, file, line, because });
        Some(access)
    }

    /// Resolves a rule.
    fn rule(
        &mut self,
        policy: PolicyId,
        ast: &ast::Rule,
        statement: &ast::Statement,
        whole_head: bool,
    ) {
        let effect = ast.effect.value;
        let errors = self.found.len();
        check::channel_effect(ast, self.found);
        check::rule_limits(ast, self.found);
        let scope =
            self.scopes().scope(&ast.scope, Reading::of(effect), check::channels_for(effect));
        let Some(scope) = scope else { return };
        let Some(limits) = self.limits(&ast.scope) else { return };
        if self.has_errors(errors) {
            return;
        }
        let rule = Rule {
            policy,
            effect,
            scope,
            obligations: limits,
            app_wide: ast.scope.app_wide.is_some(),
            because: ast.scope.because.as_ref().map(|text| text.value.clone()),
            docs: statement.docs.iter().map(|doc| doc.value.clone()).collect(),
            span: statement.span,
        };
        check::rule(&self.model, &rule, &ast.scope, whole_head, self.found);
        self.directory.add_rule(RuleEntry {
            policy,
            effect,
            text: &print::rule(ast),
            file: self.sources.recorded_name(rule.span.source),
            line: self.line(rule.span),
            because: rule.because.as_deref(),
        });
        let id = RuleId::new(self.model.rules.len());
        self.model.rules.push(rule);
        self.model.policy_mut(policy).rules.push(id);
    }

    /// The limits of a scope.
    fn limits(&mut self, scope: &ast::Scope) -> Option<Obligations> {
        let characters = match scope.up_to {
            None => None,
            Some(number) => match u32::try_from(number.value) {
                Ok(characters) => Some(characters),
                Err(_) => {
                    let message = format!("{} characters are too many", number.value);
                    let help = format!("the largest number is {}", u32::MAX);
                    let diagnostic = Diagnostic::new(Code::NumberRange, message);
                    self.found.push(diagnostic.at(number.span, "").help(help));
                    return None;
                }
            },
        };
        Some(Obligations {
            characters,
            without_content: scope.without_content.is_some(),
            tagged: scope.tagged.is_some(),
        })
    }

    /// Resolves an expectation.
    pub(super) fn expect(&mut self, policy: Option<PolicyId>, ast: &ast::Expect, span: Span) {
        let errors = self.found.len();
        let (scope, claim) = match ast.claim {
            ast::Claim::Effect(effect) => {
                check::expect_limits(effect, &ast.scope, self.found);
                let scope = self.scopes().scope(&ast.scope, Reading::Every, Channels::all());
                let Some(scope) = scope else { return };
                let Some(obligations) = self.limits(&ast.scope) else { return };
                check::scope_sets(&self.model, &scope, &ast.scope, self.found);
                (scope, Claim::Decided { effect, obligations })
            }
            ast::Claim::NoPath => {
                let Some(chain) = self.scopes().chain(&ast.scope) else { return };
                check::chain_sets(&self.model, &chain, &ast.scope, self.found);
                (chain.scope, Claim::NoPath { avoiding: chain.avoiding })
            }
        };
        if self.has_errors(errors) {
            return;
        }
        let text = print::expect(ast);
        self.model.expectations.push(Expectation { policy, claim, scope, text, span });
    }
}
