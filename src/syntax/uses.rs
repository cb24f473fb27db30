//! Uses: the files that a text names, found without parsing all of it.
//!
//! Takes in a text with or without mistakes, gives out the paths behind `use`. Does not know which files there are.

use super::ast::{ItemKind, Use};
use super::parser::parse;
use super::scan::{Token, TokenKind, scan};
use crate::limits::Limits;
use crate::source::Sources;

/// The paths of the files that a text uses.
pub(crate) fn used_files(text: &str) -> Vec<String> {
    let tokens = scan(text).tokens;
    let slice = |token: &Token| text.get(token.start..token.end).unwrap_or("");
    let pairs = tokens.iter().zip(tokens.iter().skip(1));
    let paths = pairs.filter(|(keyword, path)| {
        keyword.kind == TokenKind::Word && slice(keyword) == "use" && path.kind == TokenKind::String
    });
    paths.filter_map(|(_, path)| value(slice(path))).collect()
}

/// The value of a string with its quotes.
fn value(string: &str) -> Option<String> {
    if !string.contains('\\') {
        return Some(string.trim_matches('"').to_owned());
    }
    let mut sources = Sources::default();
    let id = sources.add("", &format!("use {string}"));
    let (file, _) = parse(&sources, id, &Limits::default());
    file.items.into_iter().find_map(|item| match item.kind {
        ItemKind::Use(Use::File(path)) => Some(path.value),
        _ => None,
    })
}
