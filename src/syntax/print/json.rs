//! JSON values of settings, on one line or over several.
//!
//! Takes in a value and the room that there is, gives out text. Numbers and strings stay as they
//! were written.

use super::line::length;
use super::{INDENT, WIDTH};
use crate::syntax::ast;

/// Whether there is nothing in it to break at.
pub(super) fn is_scalar(json: &ast::Json) -> bool {
    match json {
        ast::Json::Null | ast::Json::Bool(_) | ast::Json::Number(_) | ast::Json::String(_) => true,
        ast::Json::Array(values) => values.is_empty(),
        ast::Json::Object(members) => members.is_empty(),
    }
}

/// A JSON value on one line.
pub(super) fn compact(json: &ast::Json) -> String {
    match json {
        ast::Json::Null => "null".to_owned(),
        ast::Json::Bool(value) => value.to_string(),
        ast::Json::Number(text) | ast::Json::String(text) => text.clone(),
        ast::Json::Array(values) => {
            format!("[{}]", values.iter().map(compact).collect::<Vec<_>>().join(", "))
        }
        ast::Json::Object(members) => {
            let members = members.iter().map(|(key, value)| format!("{key}: {}", compact(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A JSON value with a line for each thing in it, unless all of it fits into `room` columns.
pub(super) fn pretty(json: &ast::Json, indent: usize, room: usize) -> String {
    let text = compact(json);
    if length(&text) <= room || is_scalar(json) {
        return text;
    }
    let step = indent + INDENT;
    // A comma may follow.
    let room = WIDTH.saturating_sub(step + 1);
    match json {
        ast::Json::Null | ast::Json::Bool(_) | ast::Json::Number(_) | ast::Json::String(_) => text,
        ast::Json::Array(values) => {
            let lines = values.iter().map(|value| pretty(value, step, room));
            bracketed('[', lines.collect(), ']', indent)
        }
        ast::Json::Object(members) => {
            let lines = members.iter().map(|(key, value)| {
                let room = room.saturating_sub(length(key) + 2);
                format!("{key}: {}", pretty(value, step, room))
            });
            bracketed('{', lines.collect(), '}', indent)
        }
    }
}

fn bracketed(open: char, lines: Vec<String>, close: char, indent: usize) -> String {
    let step = format!("\n{:1$}", "", indent + INDENT);
    format!("{open}{step}{}\n{:indent$}{close}", lines.join(&format!(",{step}")), "")
}
