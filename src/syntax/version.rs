//! Language version of a file: `mam 1`, its first declaration.
//!
//! Takes in a parsed file, gives out diagnostics if the version is missing, unknown, repeated or out
//! of place. Does not know the difference between versions.

use super::ast::{File, ItemKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// The newest version of the language that this crate reads.
pub(super) const LANGUAGE_VERSION: u64 = 1;

/// Whether the file begins with a version that this crate does not read.
pub(super) fn is_unknown(file: &File) -> bool {
    let first = file.items.first().map(|item| &item.kind);
    matches!(first, Some(ItemKind::Version(number)) if number.value != LANGUAGE_VERSION)
}

/// The mistakes in a file's version. `start` is the span of the file's first token.
/// `is_unreadable` tells that a version is there, but has a syntax error that is already reported.
pub(super) fn check(file: &File, start: Span, is_unreadable: bool) -> Vec<Diagnostic> {
    let mut versions = file.items.iter().enumerate().filter_map(|(index, item)| match item.kind {
        ItemKind::Version(number) => Some((index, number.value, item.span)),
        _ => None,
    });
    let first = match versions.next() {
        Some((0, LANGUAGE_VERSION, _)) => None,
        Some((0, number, span)) => Some(unknown(number, span)),
        Some((_, _, span)) => Some(misplaced(
            span,
            "the language version is not first",
            "move it to the top of the file",
        )),
        None if is_unreadable => None,
        None => Some(missing(start)),
    };
    let repeated = versions
        .map(|(_, _, span)| misplaced(span, "the language version is declared twice", "remove it"));
    first.into_iter().chain(repeated).collect()
}

fn unknown(number: u64, span: Span) -> Diagnostic {
    let message = format!("unknown language version {number}");
    let help =
        format!("this release reads `mam {LANGUAGE_VERSION}`; a newer file needs a newer release");
    Diagnostic::new(Code::NewerVersion, message).at(span, "").help(help)
}

fn misplaced(span: Span, message: &str, help: &str) -> Diagnostic {
    Diagnostic::new(Code::Misplaced, message).at(span, "").help(help)
}

fn missing(start: Span) -> Diagnostic {
    let place = Span { end: start.start, ..start };
    let message = "the file does not declare its language version";
    let help = format!("begin it with `mam {LANGUAGE_VERSION}`");
    Diagnostic::new(Code::MissingVersion, message).at(place, "").help(help)
}
