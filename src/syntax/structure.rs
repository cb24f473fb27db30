//! Diagnostics for the structure of a file: brackets, and pieces in the wrong place.
//!
//! Takes in the tokens of a file and the index of the offending one, gives out diagnostics. Does not
//! know how the mistake was found.

use super::tokens::Tokens;
use crate::diagnostic::{Code, Diagnostic};

/// The bracket at `open` is not closed before the token at `end`.
pub(super) fn unclosed(tokens: &Tokens<'_>, open: usize, end: usize) -> Diagnostic {
    let (opening, closing) =
        if tokens.slice(open).starts_with('[') { ('[', ']') } else { ('{', '}') };
    let message = format!("`{opening}` is never closed");
    let mut diagnostic =
        Diagnostic::new(Code::UnclosedBrace, message).at(tokens.span(open), "opened here");
    let end = tokens.skip_docs(end);
    if end < tokens.len() {
        diagnostic = diagnostic.at(tokens.span(end), "something new begins here");
    }
    diagnostic.help(format!("write `{closing}` where it ends"))
}

/// The bracket at `at` closes nothing.
pub(super) fn stray_bracket(tokens: &Tokens<'_>, at: usize) -> Diagnostic {
    let message = format!("`{}` closes nothing", tokens.slice(at));
    let diagnostic = Diagnostic::new(Code::StrayBrace, message);
    diagnostic.at(tokens.span(at), "no bracket is open here").help("remove it")
}

/// The statement at `keyword` is outside of policies.
pub(super) fn outside_policy(tokens: &Tokens<'_>, keyword: usize) -> Diagnostic {
    let help = "move it into `policy NAME { … }`; perhaps a `}` above ends one too early";
    misplaced(tokens, keyword, "outside of a policy", help)
}

/// The declaration at `keyword` is inside of a policy.
pub(super) fn inside_policy(tokens: &Tokens<'_>, keyword: usize) -> Diagnostic {
    let help = "move it out of the policy: declarations stand side by side";
    misplaced(tokens, keyword, "inside of a policy", help)
}

fn misplaced(tokens: &Tokens<'_>, keyword: usize, place: &str, help: &str) -> Diagnostic {
    let message = format!("`{}` stands {place}", tokens.word(keyword));
    Diagnostic::new(Code::Misplaced, message).at(tokens.span(keyword), "").help(help)
}

/// The documentation at `at` is above nothing. `noun` names the missing piece, with its article.
pub(super) fn misplaced_doc(tokens: &Tokens<'_>, at: usize, noun: &str) -> Diagnostic {
    let message = format!("documentation without {noun} below it");
    let help = format!("write `//` for a comment, or move it above {noun}");
    Diagnostic::new(Code::MisplacedDoc, message).at(tokens.span(at), "").help(help)
}
