//! Lowering of access statements.
//!
//! Takes in the pairs of `require` and `launch` statements, gives out nodes of the tree. Does not know
//! which fields, conditions and values exist.

use super::node::{Lower, Node, Nodes};
use crate::syntax::ast::{Field, Launch, Name, Require, Test, Value, Words};
use crate::syntax::grammar::Rule;

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
        let (platforms, devices) = self.places(places)?;
        Some(Require { what: what?, fields, platforms, devices })
    }

    /// The `on` and `devices` clauses of an access statement.
    fn places(&mut self, nodes: Vec<Node<'_>>) -> Option<(Option<Words>, Option<Words>)> {
        let (mut platforms, mut devices) = (None, None);
        for node in nodes {
            let clause = node.into_inner().next()?;
            let place =
                if clause.as_rule() == Rule::on_clause { &mut platforms } else { &mut devices };
            let span = self.span(&clause);
            if let Some((_, first)) = place {
                let first = *first;
                self.duplicate(&clause, first);
                return None;
            }
            *place = Some((self.words(clause)?, span));
        }
        Some((platforms.map(|(words, _)| words), devices.map(|(words, _)| words)))
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
            Rule::amount => {
                let mut children = node.into_inner();
                let number = self.number(&children.next()?)?;
                match children.next() {
                    Some(unit) if unit.as_rule() == Rule::unit => {
                        Value::Amount(number, self.name(&unit))
                    }
                    Some(_) => Value::Then(number, self.name(&children.next()?)),
                    None => Value::Number(number),
                }
            }
            Rule::version_value => Value::Version(self.name(&node)),
            Rule::date => Value::Date(self.name(&node)),
            _ => Value::Word(self.name(&node)),
        })
    }

    pub(super) fn launch(&mut self, children: Nodes<'_>) -> Option<Launch> {
        let (mut action, mut condition) = (None, None);
        let mut places = Vec::new();
        for node in children {
            match node.as_rule() {
                Rule::action => action = Some(self.name(&node)),
                Rule::condition => condition = Some(self.condition(node)?),
                Rule::place_clause => places.push(node),
                _ => {}
            }
        }
        let (platforms, devices) = self.places(places)?;
        let (subject, test) = condition?;
        Some(Launch { action: action?, subject, test, platforms, devices })
    }

    fn condition(&mut self, node: Node<'_>) -> Option<(Name, Test)> {
        let mut children = node.into_inner();
        let subject = self.name(&children.next()?);
        let Some(next) = children.next() else { return Some((subject, Test::Holds)) };
        let test = match next.as_rule() {
            Rule::compare => {
                let is_less = next.as_str() == "<";
                let value = self.value(children.next()?.into_inner().next()?)?;
                if is_less { Test::Less(value) } else { Test::Greater(value) }
            }
            Rule::not_in => Test::NotIn(self.strings(children.next()?)?),
            _ => Test::Is(self.name(&next)),
        };
        Some((subject, test))
    }
}
