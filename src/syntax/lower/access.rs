//! Lowering of access statements.
//!
//! Takes in the pairs of `require` and `launch` statements, gives out nodes of the tree. Does not know
//! which fields, conditions and values exist.

use std::collections::BTreeMap;

use super::node::{Lower, Node, Nodes, find};
use crate::syntax::ast::{
    AccessClaim, AccessScope, ExpectAccess, FactTest, Field, Launch, Name, People, Require,
    Spanned, Test, Text, Value, When, Words,
};
use crate::syntax::grammar::Rule;

/// The clauses of an access statement.
#[derive(Default)]
struct Clauses {
    people: Option<People>,
    platforms: Option<Words>,
    devices: Option<Words>,
    when: Option<When>,
    because: Option<Text>,
}

impl Lower {
    pub(super) fn require(&mut self, children: Nodes<'_>) -> Option<Require> {
        let mut what = None;
        let mut fields = Vec::new();
        let mut places = Vec::new();
        for node in children {
            match node.as_rule() {
                Rule::requirement => what = Some(self.name(&node)),
                Rule::field => fields.push(self.field(node)?),
                Rule::place_clause => places.push(node),
                _ => {}
            }
        }
        let Clauses { platforms, devices, .. } = self.access_clauses(places)?;
        Some(Require { what: what?, fields, platforms, devices })
    }

    /// The clauses of an access statement.
    fn access_clauses(&mut self, nodes: Vec<Node<'_>>) -> Option<Clauses> {
        let mut clauses = Clauses::default();
        let mut seen = BTreeMap::new();
        for node in nodes {
            let clause = node.into_inner().next()?;
            if let Some(first) = seen.insert(clause.as_rule(), self.span(&clause)) {
                self.duplicate(&clause, first);
                return None;
            }
            match clause.as_rule() {
                Rule::for_clause => clauses.people = Some(self.people(clause)?),
                Rule::when_clause => clauses.when = Some(self.when(clause)?),
                Rule::on_clause => clauses.platforms = Some(self.words(clause)?),
                Rule::devices_clause => clauses.devices = Some(self.words(clause)?),
                _ => {
                    let text = find(&mut clause.into_inner(), Rule::string)?;
                    clauses.because = Some(self.text(&text)?);
                }
            }
        }
        Some(clauses)
    }

    fn field(&mut self, node: Node<'_>) -> Option<Field> {
        let span = self.span(&node);
        let mut children = node.into_inner();
        let name = self.name(&children.next()?);
        let value = match children.next() {
            Some(value) => Some(self.value(value)?),
            None => None,
        };
        Some(Field { name, value, span })
    }

    fn value(&mut self, node: Node<'_>) -> Option<Value> {
        Some(match node.as_rule() {
            Rule::amount => self.amount(node.into_inner())?,
            Rule::version_value => Value::Version(self.name(&node)),
            Rule::date => Value::Date(self.name(&node)),
            _ => Value::Word(self.name(&node)),
        })
    }

    fn amount(&mut self, mut children: Nodes<'_>) -> Option<Value> {
        let number = self.number(&children.next()?)?;
        match children.next() {
            Some(unit) if unit.as_rule() == Rule::unit => {
                Some(Value::Amount(number, self.name(&unit)))
            }
            Some(_) => self.outcomes(number, children),
            None => Some(Value::Number(number)),
        }
    }

    /// Numbers of attempts with their outcomes, from the first outcome on.
    fn outcomes(&mut self, first: Spanned<u64>, children: Nodes<'_>) -> Option<Value> {
        let (mut count, mut outcomes) = (first, Vec::new());
        for node in children {
            match node.as_rule() {
                Rule::number => count = self.number(&node)?,
                Rule::field_word => outcomes.push((count, self.name(&node))),
                _ => {}
            }
        }
        Some(Value::Then(outcomes))
    }

    pub(super) fn launch(&mut self, children: Nodes<'_>) -> Option<Launch> {
        let (mut action, mut condition) = (None, None);
        let mut clauses = Vec::new();
        for node in children {
            match node.as_rule() {
                Rule::action => action = Some(self.name(&node)),
                Rule::condition => condition = Some(self.condition(node)?),
                Rule::launch_clause => clauses.push(node),
                _ => {}
            }
        }
        let Clauses { platforms, devices, because, .. } = self.access_clauses(clauses)?;
        let (subject, test) = condition?;
        Some(Launch { action: action?, subject, test, platforms, devices, because })
    }

    // ------------------------------------------------------------ scopes and expectations

    /// The scope of a question about accesses.
    pub(in crate::syntax) fn access_query(&mut self, mut nodes: Nodes<'_>) -> Option<AccessScope> {
        let node = nodes.next()?;
        self.access_scope(node)
    }

    /// A claim about accesses by itself.
    pub(in crate::syntax) fn access_claim(&mut self, mut nodes: Nodes<'_>) -> Option<ExpectAccess> {
        let node = nodes.next()?;
        self.expect_access(node)
    }

    pub(super) fn expect_access(&mut self, node: Node<'_>) -> Option<ExpectAccess> {
        let mut children = node.into_inner();
        let first = children.next()?;
        let claim = match first.as_rule() {
            Rule::required => AccessClaim::Require(self.require(first.into_inner())?),
            _ => AccessClaim::Effect(self.name(&first)),
        };
        Some(ExpectAccess { claim, scope: self.access_scope(children.next()?)? })
    }

    fn access_scope(&mut self, node: Node<'_>) -> Option<AccessScope> {
        let span = self.span(&node);
        let (mut set, mut clauses) = (None, Vec::new());
        for node in node.into_inner() {
            match node.as_rule() {
                Rule::set => set = Some(self.set(node)?),
                Rule::access_clause => clauses.push(node),
                _ => {}
            }
        }
        let Clauses { people, platforms, devices, when, .. } = self.access_clauses(clauses)?;
        Some(AccessScope { set, people, platforms, devices, when, span })
    }

    fn when(&mut self, node: Node<'_>) -> Option<When> {
        let mut when = When { tests: Vec::new(), rest_unknown: None };
        for node in node.into_inner() {
            match node.as_rule() {
                Rule::fact_test => when.tests.push(self.fact_test(node)?),
                Rule::rest_unknown => when.rest_unknown = Some(self.span(&node)),
                _ => {}
            }
        }
        Some(when)
    }

    fn fact_test(&mut self, node: Node<'_>) -> Option<FactTest> {
        let span = self.span(&node);
        let mut children = node.into_inner().peekable();
        let is_negated = children.next_if(|node| node.as_rule() == Rule::kw_not).is_some();
        let subject = self.name(&children.next()?);
        let test = self.test(children)?;
        Some(FactTest { is_negated, subject, test, span })
    }

    fn condition(&mut self, node: Node<'_>) -> Option<(Name, Test)> {
        let mut children = node.into_inner();
        let subject = self.name(&children.next()?);
        let test = self.test(children)?;
        Some((subject, test))
    }

    /// What stands behind the subject of a condition or test.
    fn test<'i>(&mut self, children: impl Iterator<Item = Node<'i>>) -> Option<Test> {
        let mut children = children;
        let Some(next) = children.next() else { return Some(Test::Holds) };
        Some(match next.as_rule() {
            Rule::compare => {
                let is_less = next.as_str() == "<";
                let value = self.value(children.next()?.into_inner().next()?)?;
                if is_less { Test::Less(value) } else { Test::Greater(value) }
            }
            Rule::not_in => Test::NotIn(self.strings(children.next()?)?),
            Rule::fact_value => self.fact_value(next.into_inner().next()?)?,
            _ => Test::Is(self.name(&next)),
        })
    }

    fn fact_value(&mut self, node: Node<'_>) -> Option<Test> {
        Some(match node.as_rule() {
            Rule::string => Test::Named(self.text(&node)?),
            Rule::fact_word => Test::Is(self.name(&node)),
            _ => Test::Equals(self.value(node)?),
        })
    }
}
