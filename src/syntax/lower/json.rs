//! Lowering of JSON values.
//!
//! Takes in the pairs of a value, gives out the value with its source text. Reports keys that occur
//! twice in an object. Does not know what a value is for.

use std::collections::BTreeSet;

use super::node::{Lower, Node};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::Json;
use crate::syntax::grammar::Rule;

impl Lower {
    pub(super) fn json(&mut self, node: Node<'_>) -> Option<Json> {
        let node = node.into_inner().next()?;
        Some(match node.as_rule() {
            Rule::json_null => Json::Null,
            Rule::json_true => Json::Bool(true),
            Rule::json_false => Json::Bool(false),
            Rule::json_number => Json::Number(node.as_str().to_owned()),
            Rule::json_string => Json::String(node.as_str().to_owned()),
            Rule::json_array => {
                let items = node.into_inner().filter(|node| node.as_rule() == Rule::json);
                Json::Array(items.map(|node| self.json(node)).collect::<Option<_>>()?)
            }
            _ => self.json_object(node)?,
        })
    }

    fn json_object(&mut self, node: Node<'_>) -> Option<Json> {
        let mut members: Vec<(String, Json)> = Vec::new();
        let mut keys = BTreeSet::new();
        for member in node.into_inner().filter(|node| node.as_rule() == Rule::json_member) {
            let mut children = member.into_inner();
            let key = children.next()?;
            if !keys.insert(key.as_str()) {
                let message = format!("the key {} occurs twice in one object", key.as_str());
                let place = self.span(&key);
                let diagnostic = Diagnostic::new(Code::DuplicateKey, message);
                self.diagnostics.push(diagnostic.at(place, "").help("keep one of them"));
                return None;
            }
            members.push((key.as_str().to_owned(), self.json(children.last()?)?));
        }
        Some(Json::Object(members))
    }
}
