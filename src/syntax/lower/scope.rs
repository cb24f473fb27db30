//! Lowering of scopes: channels, clauses, sets and people.
//!
//! Takes in the pairs of clauses, gives out scopes. Reports clauses that occur twice. Does not know
//! which statement a scope is part of.

use std::collections::BTreeMap;

use pest::iterators::Pair;

use super::node::{Lower, Node, Nodes, find};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{
    Account, AccountWord, Channel, ChannelWord, Matching, Member, People, Scope, Set, SetWord,
    Spanned, Term, TermKind, Words,
};
use crate::syntax::grammar::Rule;

impl Lower {
    pub(in crate::syntax) fn query(&mut self, mut nodes: Nodes<'_>) -> Option<Scope> {
        let node = nodes.next()?;
        self.scope(node.into_inner())
    }

    pub(super) fn scope<'i>(&mut self, nodes: impl IntoIterator<Item = Node<'i>>) -> Option<Scope> {
        let mut scope = Scope::default();
        let mut seen = BTreeMap::new();
        for node in nodes {
            match node.as_rule() {
                Rule::channels => scope.channels = self.channels(node),
                Rule::rule_clause
                | Rule::scope_clause
                | Rule::expect_clause
                | Rule::chain_clause
                | Rule::path_clause => {
                    let mut clause = node.into_inner().next()?;
                    if clause.as_rule() == Rule::limit {
                        clause = clause.into_inner().next()?;
                    }
                    if let Some(first) = seen.insert(clause.as_rule(), self.span(&clause)) {
                        self.duplicate(&clause, first);
                        return None;
                    }
                    self.clause(clause, &mut scope)?;
                }
                _ => {}
            }
        }
        Some(scope)
    }

    fn clause(&mut self, node: Node<'_>, scope: &mut Scope) -> Option<()> {
        let rule = node.as_rule();
        let span = self.span(&node);
        let mut children = node.clone().into_inner();
        match rule {
            Rule::from => scope.from = Some(self.set(find(&mut children, Rule::set)?)?),
            Rule::to => scope.to = Some(self.set(find(&mut children, Rule::set)?)?),
            Rule::avoiding => scope.avoiding = Some(self.set(find(&mut children, Rule::set)?)?),
            Rule::by => scope.channels = self.channels(find(&mut children, Rule::channels)?),
            Rule::for_clause => scope.people = Some(self.people(node)?),
            Rule::on_clause => scope.platforms = Some(self.words(node)?),
            Rule::devices_clause => scope.devices = Some(self.words(node)?),
            Rule::up_to => {
                let number = self.number(&find(&mut children, Rule::number)?)?;
                scope.up_to = Some(Spanned { value: number.value, span });
            }
            Rule::without_content => scope.without_content = Some(span),
            Rule::tagged => scope.tagged = Some(span),
            Rule::app_wide => scope.app_wide = Some(span),
            Rule::because => scope.because = Some(self.text(&find(&mut children, Rule::string)?)?),
            _ => {}
        }
        Some(())
    }

    pub(super) fn duplicate(&mut self, clause: &Node<'_>, first: Span) {
        let word = match clause.as_rule() {
            Rule::up_to => "up to",
            _ => clause.as_str().split_ascii_whitespace().next().unwrap_or(""),
        };
        let message = format!("`{word}` occurs twice in one statement");
        let help = match clause.as_rule() {
            Rule::from | Rule::to => "join the sets with `,`, or write two statements",
            _ => "write it once; join the two, or write two statements",
        };
        let diagnostic = Diagnostic::new(Code::DuplicateClause, message);
        let diagnostic = diagnostic.at(self.span(clause), "again").at(first, "first here");
        self.diagnostics.push(diagnostic.help(help));
    }

    fn channels(&mut self, node: Node<'_>) -> Vec<Spanned<ChannelWord>> {
        let channels = node.into_inner().filter(|node| node.as_rule() == Rule::channel);
        channels
            .map(|node| {
                let word = Channel::from_word(node.as_str());
                self.spanned(word.map_or(ChannelWord::Any, ChannelWord::One), &node)
            })
            .collect()
    }

    pub(super) fn set(&mut self, node: Node<'_>) -> Option<Set> {
        let span = self.span(&node);
        let mut lists =
            node.into_inner().filter(|node| node.as_rule() == Rule::terms).map(Pair::into_inner);
        let terms = self.terms(lists.next()?)?;
        let except = match lists.next() {
            Some(list) => self.terms(list)?,
            None => Vec::new(),
        };
        Some(Set { terms, except, span })
    }

    fn terms(&mut self, nodes: Nodes<'_>) -> Option<Vec<Term>> {
        nodes.filter(|node| node.as_rule() == Rule::term).map(|node| self.term(node)).collect()
    }

    fn term(&mut self, node: Node<'_>) -> Option<Term> {
        let span = self.span(&node);
        let (mut what, mut account, mut deployed) = (None, None, None);
        for node in node.into_inner() {
            match node.as_rule() {
                Rule::set_word => what = SetWord::from_word(node.as_str()).map(TermKind::Word),
                Rule::name => what = Some(TermKind::Name(self.name(&node))),
                Rule::string => what = Some(TermKind::Id(self.text(&node)?)),
                Rule::as_account => {
                    let word = node.clone().into_inner().last()?;
                    let value = Account::from_word(word.as_str());
                    let value = value.map_or(AccountWord::Any, AccountWord::One);
                    account = Some(self.spanned(value, &node));
                }
                Rule::kw_deployed => deployed = Some(self.span(&node)),
                _ => {}
            }
        }
        Some(Term { what: what?, account, deployed, span })
    }

    pub(super) fn people(&mut self, node: Node<'_>) -> Option<People> {
        let body = node.into_inner().last()?;
        let span = self.span(&body);
        let is_exactly = body.as_rule() == Rule::exactly;
        let (mut of, mut except, mut every) = (None, Vec::new(), None);
        let mut behind = false;
        for node in body.into_inner() {
            match node.as_rule() {
                Rule::kw_except => behind = true,
                Rule::members if behind => except = self.members(node)?,
                Rule::members => of = Some(self.members(node)?),
                Rule::every => every = Some(self.members(node)?),
                Rule::anybody | Rule::nobody => {
                    let all = self.member(node)?;
                    of = (!all.matching.is_empty()).then(|| vec![all]);
                }
                _ => {}
            }
        }
        Some(match every {
            Some(of) => People::Every { of, except, span },
            None if is_exactly => People::Exactly { of: of.unwrap_or_default(), span },
            None => People::Some { of, except, span },
        })
    }

    fn members(&mut self, node: Node<'_>) -> Option<Vec<Member>> {
        let members = node.into_inner().filter(|node| node.as_rule() == Rule::member);
        members.map(|node| self.member(node)).collect()
    }

    /// A term of a `for` clause; `any` and `none` have no name.
    fn member(&mut self, node: Node<'_>) -> Option<Member> {
        let mut member = Member { group: None, matching: Vec::new() };
        for node in node.into_inner() {
            match node.as_rule() {
                Rule::name => member.group = Some(self.name(&node)),
                Rule::matching => {
                    let mut children = node.into_inner();
                    let holds = find(&mut children.clone(), Rule::kw_not).is_none();
                    let filter = self.name(&find(&mut children, Rule::name)?);
                    member.matching.push(Matching { filter, holds });
                }
                _ => {}
            }
        }
        Some(member)
    }

    pub(super) fn words(&mut self, node: Node<'_>) -> Option<Words> {
        let mut span = None;
        let (mut of, mut except) = (None, Vec::new());
        let mut behind = false;
        for node in node.into_inner() {
            let here = self.span(&node);
            match node.as_rule() {
                Rule::kw_except => behind = true,
                Rule::words if behind => except = self.names(node),
                Rule::words => of = Some(self.names(node)),
                Rule::kw_any => {}
                _ => continue,
            }
            span = Some(span.map_or(here, |before: Span| before.to(here)));
        }
        Some(Words { of, except, span: span? })
    }
}
