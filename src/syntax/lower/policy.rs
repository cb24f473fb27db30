//! Lowering of policies and their statements.
//!
//! Takes in the pairs of a policy's opening or of one statement, gives out nodes of the tree. Does not
//! know the statements beside it.

use super::node::{Lower, Node, Nodes, find};
use crate::syntax::ast;
use crate::syntax::ast::{
    Claim, Effect, Expect, Policy, Protect, RuleEffect, Setting, Statement, StatementKind, Text,
    Yields,
};
use crate::syntax::grammar::Rule;

impl Lower {
    pub(in crate::syntax) fn policy_head(
        &mut self,
        nodes: Nodes<'_>,
    ) -> Option<(Vec<Text>, Policy)> {
        let mut docs = Vec::new();
        for node in nodes {
            match node.as_rule() {
                Rule::doc => docs.push(self.doc(&node)),
                Rule::policy_opening => return Some((docs, self.policy_opening(node)?)),
                _ => {}
            }
        }
        None
    }

    fn policy_opening(&mut self, node: Node<'_>) -> Option<Policy> {
        let (mut name, mut title, mut report_only) = (None, None, None);
        for node in node.into_inner() {
            match node.as_rule() {
                Rule::name => name = Some(self.name(&node)),
                Rule::string => title = Some(self.text(&node)?),
                Rule::kw_report_only => report_only = Some(self.span(&node)),
                _ => {}
            }
        }
        Some(Policy { title, report_only, ..Policy::empty(name?) })
    }

    pub(in crate::syntax) fn statement(&mut self, nodes: Nodes<'_>) -> Option<Statement> {
        let mut docs = Vec::new();
        for node in nodes {
            match node.as_rule() {
                Rule::doc => docs.push(self.doc(&node)),
                Rule::statement => {
                    let span = self.span(&node);
                    let kind = self.statement_kind(node.into_inner().next()?)?;
                    return Some(Statement { docs, span, kind });
                }
                _ => {}
            }
        }
        None
    }

    fn statement_kind(&mut self, node: Node<'_>) -> Option<StatementKind> {
        let rule = node.as_rule();
        let mut children = node.into_inner();
        Some(match rule {
            Rule::head_clause => self.head_clause(children.next()?)?,
            Rule::policy_rule => {
                let effect = find(&mut children, Rule::effect)?;
                let value = RuleEffect::from_word(effect.as_str())?;
                let effect = self.spanned(value, &effect);
                StatementKind::Rule(ast::Rule { effect, scope: self.scope(children)? })
            }
            Rule::require => StatementKind::Require(self.require(children)?),
            Rule::launch => StatementKind::Launch(self.launch(children)?),
            Rule::setting => StatementKind::Setting(Setting {
                name: self.text(&find(&mut children, Rule::string)?)?,
                value: self.json(find(&mut children, Rule::json)?)?,
            }),
            Rule::expect => match find(&mut children.clone(), Rule::access_claim) {
                Some(claim) => StatementKind::ExpectAccess(self.expect_access(claim)?),
                None => StatementKind::Expect(self.expect(children)?),
            },
            _ => return None,
        })
    }

    fn head_clause(&mut self, node: Node<'_>) -> Option<StatementKind> {
        let rule = node.as_rule();
        let mut children = node.clone().into_inner();
        Some(match rule {
            Rule::for_clause => StatementKind::For(self.people(node)?),
            Rule::on_clause => StatementKind::On(self.words(node)?),
            Rule::devices_clause => StatementKind::Devices(self.words(node)?),
            Rule::protect => StatementKind::Protect(Protect {
                set: self.set(find(&mut children, Rule::set)?)?,
                unconfirmed: find(&mut children, Rule::kw_unconfirmed).map(|node| self.span(&node)),
            }),
            Rule::yields => {
                let is_any = find(&mut children.clone(), Rule::kw_any).is_some();
                let names = find(&mut children, Rule::names).map(|names| self.names(names));
                let names = names.unwrap_or_default();
                StatementKind::Yields(match is_any {
                    true => Yields::Any { except: names },
                    false => Yields::To(names),
                })
            }
            Rule::otherwise => {
                let effect = find(&mut children, Rule::default_effect)?;
                StatementKind::Otherwise(Effect::from_word(effect.as_str())?)
            }
            _ => return None,
        })
    }

    pub(super) fn expect(&mut self, children: Nodes<'_>) -> Option<Expect> {
        let mut claim = None;
        let mut clauses = Vec::new();
        for node in children {
            match node.as_rule() {
                Rule::expect_effect => claim = Effect::from_word(node.as_str()).map(Claim::Effect),
                Rule::no_path => {
                    claim = Some(Claim::NoPath);
                    clauses.extend(node.into_inner());
                }
                _ => clauses.push(node),
            }
        }
        Some(Expect { claim: claim?, scope: self.scope(clauses)? })
    }
}
