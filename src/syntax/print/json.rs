//! JSON values of settings, on one line or several.
//!
//! Takes in a value and the available width, gives out text. Numbers and strings print as written.
//! Does not know the statement around.

use super::line::{INDENT, WIDTH, length};
use crate::syntax::ast;

/// Whether a value has no place to break at.
pub(super) fn is_scalar(json: &ast::Json) -> bool {
    match json {
        ast::Json::Null | ast::Json::Bool(_) | ast::Json::Number(_) | ast::Json::String(_) => true,
        ast::Json::Array(values) => values.is_empty(),
        ast::Json::Object(members) => members.is_empty(),
    }
}

/// The text of a value on one line.
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

/// The text of a value, with a line for each of its elements unless all fit into `room` columns.
pub(super) fn pretty(json: &ast::Json, indent: usize, room: usize) -> String {
    let text = compact(json);
    if length(&text) <= room || is_scalar(json) {
        return text;
    }
    let step = indent + INDENT;
    // One column for a comma.
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
