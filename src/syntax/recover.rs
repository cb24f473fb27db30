//! Boundaries of declarations and statements, and where parsing resumes after a mistake.
//!
//! Takes in the tokens of a file and the index of a keyword, gives out the index where the piece at
//! the keyword ends. Boundaries are found by keywords, brackets and layout alone, before the grammar
//! reads the piece; a mistake in one piece therefore leaves its neighbours readable (panic-mode
//! recovery with keywords as synchronizing tokens). Does not know the grammar inside a piece.

use super::keywords::{declarations, statements};
use super::scan::TokenKind;
use super::tokens::Tokens;
use crate::diagnostic::closest;

/// The extent of a piece.
pub(super) struct Extent {
    /// The first token behind the piece.
    pub(super) end: usize,
    /// The first bracket of the piece that is not closed in it.
    pub(super) unclosed: Option<usize>,
}

impl Extent {
    const fn closed(end: usize) -> Self {
        Self { end, unclosed: None }
    }

    fn open(end: usize, brackets: &[usize]) -> Self {
        Self { end, unclosed: brackets.first().copied() }
    }
}

// ---------------------------------------------------------------- declarations

/// Whether a declaration begins at a token.
pub(super) fn opens_declaration(tokens: &Tokens<'_>, at: usize) -> bool {
    tokens.roles(at).opens_declaration() && !is_fact(tokens, at)
}

/// Whether a declaration begins at a token even inside an open bracket: its keyword begins a line.
pub(super) fn opens_declaration_line(tokens: &Tokens<'_>, at: usize) -> bool {
    tokens.begins_line(at) && opens_declaration(tokens, at)
}

/// Whether a token is the version of the app in a test: `app < 2.0`, `when os 18, not app 5`.
fn is_fact(tokens: &Tokens<'_>, at: usize) -> bool {
    if tokens.word(at) != "app" {
        return false;
    }
    let is_compared = tokens.kind(at + 1) == Some(TokenKind::Symbol);
    let Some(before) = at.checked_sub(1) else { return is_compared };
    // A name stands behind the keyword of a declaration, and no number.
    let has_value = tokens.slice(at + 1).starts_with(|digit: char| digit.is_ascii_digit());
    let is_listed = tokens.slice(before) == "," && (!tokens.begins_line(at) || has_value);
    is_compared || is_listed || matches!(tokens.word(before), "when" | "not")
}

/// Whether a policy begins at a keyword, which may be misspelt.
pub(super) fn opens_policy(tokens: &Tokens<'_>, keyword: usize) -> bool {
    let word = tokens.word(keyword);
    let is_other = || opens_declaration(tokens, keyword) || word == "expect";
    word == "policy" || !is_other() && closest(word, declarations()) == Some("policy")
}

/// The extent of the declaration at `keyword`, which is no policy.
pub(super) fn declaration(tokens: &Tokens<'_>, keyword: usize) -> Extent {
    let mut open = Vec::new();
    let mut at = keyword + 1;
    while let Some(kind) = tokens.kind(at) {
        let opens = || opens_declaration(tokens, at) || opens_statement(tokens, at);
        match kind {
            _ if opens_bracket(tokens, at) => open.push(at),
            TokenKind::Close if open.pop().is_none() => return Extent::closed(at),
            TokenKind::Doc if open.is_empty() => return Extent::closed(at),
            _ if open.is_empty() && opens() => return Extent::closed(at),
            _ if !open.is_empty() && opens_declaration_line(tokens, at) => break,
            _ if !open.is_empty() && opens_expectation(tokens, keyword, at) => break,
            _ => {}
        }
        at += 1;
    }
    Extent::open(at, &open)
}

/// Whether an expectation begins at a token that is no part of the declaration at `keyword`.
fn opens_expectation(tokens: &Tokens<'_>, keyword: usize, at: usize) -> bool {
    tokens.word(at) == "expect"
        && tokens.begins_line(at)
        && tokens.indent(at) <= tokens.indent(keyword)
}

/// Whether a bracket opens at a token. An unclosed string may have swallowed the bracket.
fn opens_bracket(tokens: &Tokens<'_>, at: usize) -> bool {
    match tokens.kind(at) {
        Some(TokenKind::UnclosedString) => tokens.slice(at).trim_end().ends_with('{'),
        kind => kind == Some(TokenKind::Open),
    }
}

// ---------------------------------------------------------------- policies

/// The opening of a policy, up to its brace.
pub(super) struct Opening {
    /// The last token of the opening.
    pub(super) last: usize,
    /// Whether that is the brace; if not, the brace is missing.
    pub(super) has_brace: bool,
}

/// The extent of the opening of the policy at `keyword`.
pub(super) fn policy_opening(tokens: &Tokens<'_>, keyword: usize) -> Opening {
    let opens_other = |at: &usize| {
        *at != keyword && (opens_declaration(tokens, *at) || opens_statement(tokens, *at))
    };
    let mut opening = (keyword..tokens.len()).take_while(|at| !opens_other(at));
    if let Some(last) = opening.find(|at| opens_bracket(tokens, *at)) {
        return Opening { last, has_brace: true };
    }
    let opens_body = |at: &usize| {
        matches!(tokens.kind(*at), None | Some(TokenKind::Close | TokenKind::Doc))
            || tokens.roles(*at).may_open_statement()
            || opens_declaration(tokens, *at)
    };
    let body = (keyword + 1..).find(opens_body);
    Opening { last: body.map_or(keyword, |at| at - 1), has_brace: false }
}

/// Whether a statement of a policy begins at a token. `allow` behind `expect` begins none.
fn opens_statement(tokens: &Tokens<'_>, at: usize) -> bool {
    let is_argument = || {
        let before = at.checked_sub(1).map_or("", |before| tokens.word(before));
        match tokens.word(at) {
            "allow" | "block" | "accept" | "refuse" => {
                matches!(before, "expect" | "otherwise" | "launch")
            }
            "require" => before == "expect",
            "launch" => is_claimed(tokens, at),
            _ => false,
        }
    };
    tokens.roles(at).opens_statement() && !is_argument()
}

/// Whether a scope of accesses begins at `launch`: behind `expect` with an effect, or with a requirement.
fn is_claimed(tokens: &Tokens<'_>, launch: usize) -> bool {
    let word = |back: usize| launch.checked_sub(back).map_or("", |at| tokens.word(at));
    if matches!(word(1), "allow" | "warn" | "block" | "wipe") {
        return word(2) == "expect";
    }
    let before = (0..launch).rev();
    let opening =
        before.map(|at| (at, tokens.roles(at))).find(|(_, roles)| roles.opens_statement());
    opening.is_some_and(|(at, _)| {
        tokens.word(at) == "require"
            && at.checked_sub(1).is_some_and(|at| tokens.word(at) == "expect")
    })
}

/// Whether a clause of a policy's head begins at a keyword, which may be misspelt.
fn opens_head_clause(tokens: &Tokens<'_>, keyword: usize) -> bool {
    let roles = tokens.roles(keyword);
    if roles.may_open_statement() {
        return roles.opens_head_clause();
    }
    let meant = closest(tokens.word(keyword), statements());
    meant.is_some_and(|meant| super::keywords::roles(meant).opens_head_clause())
}

/// The extent of the statement at `keyword`.
pub(super) fn statement(tokens: &Tokens<'_>, keyword: usize) -> Extent {
    let in_head = opens_head_clause(tokens, keyword);
    let mut open = Vec::new();
    let mut at = keyword;
    loop {
        match tokens.kind(at) {
            Some(TokenKind::Open) => open.push(at),
            Some(TokenKind::Close) if open.pop().is_none() => {
                return Extent::closed(at.max(keyword + 1));
            }
            _ => {}
        }
        at += 1;
        let opens = opens_statement(tokens, at);
        let ends = match tokens.kind(at) {
            None => true,
            // Inside brackets no line of a statement begins with such a word.
            Some(_) if !open.is_empty() => opens && tokens.begins_line(at),
            Some(TokenKind::Close | TokenKind::Doc) => true,
            Some(_) => opens || in_head && tokens.roles(at).opens_head_clause(),
        };
        if ends || opens_declaration_line(tokens, at) {
            return Extent::open(at, &open);
        }
    }
}

// ---------------------------------------------------------------- after a mistake

/// The token where parsing resumes after a mistake: the first in or behind the mistake's line that
/// begins a line, is indented no further than the keyword, and continues no statement. `mistake` is
/// the token that the grammar refused in the piece from `keyword` to `end`.
pub(super) fn resume(
    tokens: &Tokens<'_>,
    keyword: usize,
    mistake: usize,
    end: usize,
) -> Option<usize> {
    let last = mistake.min(end.saturating_sub(1));
    let line = (keyword..=last).rev().find(|at| tokens.begins_line(*at)).unwrap_or(keyword);
    let begins_anew = |at: usize| {
        at >= line.max(keyword + 1)
            && tokens.begins_line(at)
            && tokens.indent(at) <= tokens.indent(keyword)
            && !continues_statement(tokens, at)
    };
    let mut depth = 0usize;
    for at in keyword..end {
        match tokens.kind(at)? {
            TokenKind::Open => depth += 1,
            TokenKind::Close => depth = depth.saturating_sub(1),
            TokenKind::Word | TokenKind::Symbol if depth == 0 && begins_anew(at) => {
                return Some(at);
            }
            _ => {}
        }
    }
    None
}

/// Whether a line that begins at a token continues the line above. `or` is no keyword, but its
/// authors mean a list.
fn continues_statement(tokens: &Tokens<'_>, at: usize) -> bool {
    tokens.roles(at).continues_statement()
        || matches!(tokens.slice(at), "or" | ",")
        || at.checked_sub(1).is_some_and(|before| tokens.slice(before) == ",")
}
