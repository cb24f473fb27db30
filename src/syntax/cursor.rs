//! Cursor: what the grammar accepts at a place in a text that is being written.
//!
//! Takes in a text and a byte, gives out the declaration or statement that is open there, its words so
//! far, and the nouns and keywords that may follow. Everything behind the place is ignored. Does not
//! know names.

use std::ops::Range;

use pest::Parser as _;
use pest::error::ErrorVariant;

use super::grammar::{MamParser, Rule, noun};
use super::keywords::noun as nouns;
use super::recover;
use super::scan::{TokenKind, scan};
use super::tokens::Tokens;
use crate::source::Sources;

/// A character that no rule accepts: the grammar names all that it would have accepted instead.
const REFUSED: char = '\u{1}';

/// The kind of text that is open at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Piece {
    /// A declaration, or the place for one.
    Declaration,
    /// A policy up to its brace.
    PolicyHead,
    /// A statement of a policy, or the place for one.
    Statement,
}

/// A place in a text.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Cursor {
    /// The kind of text that is open.
    pub piece: Piece,
    /// Whether a new declaration or statement may begin here.
    pub begins: bool,
    /// The bytes of the word before the place, which may be unfinished; empty where there is none.
    pub word: Range<usize>,
    /// The words, strings and symbols of the piece before that word.
    pub before: Vec<String>,
    /// The name of the policy around the place.
    pub policy: Option<String>,
    /// The words that open the statements of that policy before the piece.
    pub earlier: Vec<String>,
    /// Nouns and quoted keywords for all that the grammar accepts here.
    pub expected: Vec<&'static str>,
    /// Whether the place is in a string.
    pub in_string: bool,
}

impl Cursor {
    /// Whether the grammar accepts a keyword here.
    #[must_use]
    pub fn accepts_keyword(&self, keyword: &str) -> bool {
        self.expected.iter().any(|one| one.trim_matches('`') == keyword)
    }

    /// Whether the grammar accepts a clause here.
    #[must_use]
    pub fn accepts_clause(&self) -> bool {
        self.expected.contains(&nouns::CLAUSE)
    }

    /// Whether the grammar accepts a term of a set of apps and storages here.
    #[must_use]
    pub fn accepts_set(&self) -> bool {
        self.expected.contains(&nouns::SET)
    }

    /// Whether the grammar accepts a channel here.
    #[must_use]
    pub fn accepts_channel(&self) -> bool {
        self.expected.contains(&nouns::CHANNEL)
    }

    /// Whether the grammar accepts the name of something declared here.
    #[must_use]
    pub fn accepts_name(&self) -> bool {
        self.expected.iter().any(|one| matches!(*one, "a name" | "names"))
    }

    /// Whether the grammar accepts a field of a requirement here.
    #[must_use]
    pub fn accepts_field(&self) -> bool {
        self.expected.contains(&nouns::FIELD)
    }

    /// Whether the grammar accepts a line of an app here.
    #[must_use]
    pub fn accepts_app_entry(&self) -> bool {
        self.expected.contains(&nouns::APP_ENTRY)
    }

    /// Whether the grammar accepts an account here.
    #[must_use]
    pub fn accepts_account(&self) -> bool {
        self.expected.contains(&nouns::ACCOUNT)
    }

    /// Whether the grammar accepts a requirement here.
    #[must_use]
    pub fn accepts_requirement(&self) -> bool {
        self.expected.contains(&nouns::REQUIREMENT)
    }
}

/// The place at a byte of a text; `None` in a comment.
///
/// ```
/// let text = "mam 1\npolicy p {\n  allow share to ";
/// let cursor = mam::syntax::cursor(text, text.len()).unwrap();
/// assert_eq!(cursor.before, ["allow", "share", "to"]);
/// assert!(cursor.accepts_set() && !cursor.accepts_channel());
/// ```
#[must_use]
pub fn cursor(text: &str, at: usize) -> Option<Cursor> {
    let prefix = text.get(..at)?;
    let scanned = scan(prefix);
    let in_comment = scanned
        .comments
        .last()
        .is_some_and(|(bytes, _)| bytes.end == prefix.trim_end_matches([' ', '\t', '\r']).len());
    let last = scanned.tokens.last().copied();
    if in_comment || last.is_some_and(|token| token.kind == TokenKind::Doc && token.end == at) {
        return None;
    }
    let is_unfinished = |kind| matches!(kind, TokenKind::Word | TokenKind::UnclosedString);
    let open = last.filter(|token| is_unfinished(token.kind) && token.end == at);
    let mut list = scanned.tokens;
    if open.is_some() {
        list.pop();
    }
    let end = open.map_or(at, |token| token.start);
    let mut sources = Sources::default();
    let id = sources.add("", "");
    let tokens = Tokens::new(prefix.get(..end)?, id, list);
    let found = locate(&tokens);
    let (expected, is_whole) = expected(&tokens, &found);
    let line = prefix.get(..end)?.rsplit('\n').next().unwrap_or("");
    let begins_line = line.trim().is_empty() || found.is_on_one_line;
    Some(Cursor {
        piece: found.piece,
        begins: is_whole && (begins_line || found.tokens.is_empty()),
        word: end..at,
        before: found.tokens.clone().map(|at| tokens.slice(at).to_owned()).collect(),
        policy: found.policy,
        earlier: found.earlier,
        expected,
        in_string: open.is_some_and(|token| token.kind == TokenKind::UnclosedString),
    })
}

/// The piece at the end of a text.
struct Located {
    piece: Piece,
    tokens: Range<usize>,
    policy: Option<String>,
    /// The words that open the policy's statements before it.
    earlier: Vec<String>,
    /// Whether the policy began on the line that the text ends with.
    is_on_one_line: bool,
}

impl Located {
    /// A piece outside of the body of a policy.
    const fn outside(piece: Piece, tokens: Range<usize>) -> Self {
        Self { piece, tokens, policy: None, earlier: Vec::new(), is_on_one_line: false }
    }
}

/// Finds the piece that the end of a text is in, by the boundaries at which the parser cuts.
fn locate(tokens: &Tokens<'_>) -> Located {
    let end = tokens.len();
    let mut at = 0;
    while at < end {
        let keyword = tokens.skip_docs(at);
        if keyword >= end {
            break;
        }
        if tokens.kind(keyword) == Some(TokenKind::Close) {
            at = keyword + 1;
            continue;
        }
        if recover::opens_policy(tokens, keyword) {
            match policy(tokens, at, keyword) {
                Ok(next) => at = next.max(at + 1),
                Err(found) => return found,
            }
            continue;
        }
        let next = recover::declaration(tokens, keyword).end;
        if next >= end {
            return Located::outside(Piece::Declaration, at..end);
        }
        at = next.max(at + 1);
    }
    Located::outside(Piece::Declaration, end..end)
}

/// The token behind a policy, or the piece in it that the text ends in.
fn policy(tokens: &Tokens<'_>, start: usize, keyword: usize) -> Result<usize, Located> {
    let end = tokens.len();
    let opening = recover::policy_opening(tokens, keyword);
    if !opening.has_brace {
        if opening.last + 1 >= end {
            return Err(Located::outside(Piece::PolicyHead, start..end));
        }
        return Ok(opening.last + 1);
    }
    let mut earlier = Vec::new();
    let mut at = opening.last + 1;
    while at < end {
        let first = tokens.skip_docs(at);
        if first >= end {
            at = end;
            break;
        }
        if tokens.kind(first) == Some(TokenKind::Close) {
            return Ok(first + 1);
        }
        if recover::opens_declaration_line(tokens, first) {
            return Ok(first);
        }
        let next = recover::statement(tokens, first).end.max(first + 1);
        if next >= end {
            break;
        }
        earlier.push(tokens.word(first).to_owned());
        at = next;
    }
    let body = tokens.text().get(tokens.bytes(&(opening.last..opening.last + 1)).end..);
    Err(Located {
        piece: Piece::Statement,
        tokens: at..end,
        policy: Some(tokens.word(keyword + 1).to_owned()),
        earlier,
        is_on_one_line: body.is_some_and(|body| !body.contains('\n')),
    })
}

/// What the grammar accepts behind a piece, and whether the piece is whole as it is.
fn expected(tokens: &Tokens<'_>, found: &Located) -> (Vec<&'static str>, bool) {
    if found.tokens.is_empty() {
        return (Vec::new(), true);
    }
    let rule = match found.piece {
        Piece::Declaration => Rule::one_item,
        Piece::PolicyHead => Rule::one_policy_head,
        Piece::Statement => Rule::one_statement,
    };
    let text = tokens.text().get(tokens.bytes(&found.tokens)).unwrap_or("");
    let is_whole = MamParser::parse(rule, text).is_ok();
    let refused = format!("{text} {REFUSED}");
    let Err(error) = MamParser::parse(rule, &refused) else { return (Vec::new(), is_whole) };
    let at = match error.location {
        pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
    };
    let ErrorVariant::ParsingError { positives, .. } = error.variant else {
        return (Vec::new(), is_whole);
    };
    if at <= text.len() {
        // A mistake before the place: the grammar knows nothing of what follows it.
        return (Vec::new(), is_whole);
    }
    let mut nouns: Vec<_> =
        positives.into_iter().filter_map(noun).flat_map(|one| one.split(", ")).collect();
    nouns.sort_unstable();
    nouns.dedup();
    (nouns, is_whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_end(text: &str) -> Cursor {
        cursor(text, text.len()).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn the_grammar_tells_what_may_follow() {
        let policy = "mam 1\npolicy p {\n  ";
        let within = |text: &str| at_end(&format!("{policy}{text}"));
        assert!(within("").begins && within("").piece == Piece::Statement);
        assert!(within("allow ").accepts_channel());
        assert!(within("allow share to man").accepts_set());
        assert_eq!(within("allow share to man").before, ["allow", "share", "to"]);
        let behind = within("allow share to outlook ");
        assert!(behind.accepts_clause() && behind.accepts_keyword("as"), "{behind:?}");
        assert!(behind.accepts_keyword("except") && !behind.begins);
        assert!(within("allow share to outlook as ").accepts_account());
        assert!(within("require ").accepts_requirement(), "{:?}", within("require "));
        assert!(within("require pin { length 6 ").accepts_field());
        assert!(within("allow share\n  ").begins);
        assert!(at_end("mam 1\napp x { ").accepts_app_entry());
        assert_eq!(within("").policy.as_deref(), Some("p"));
        assert!(at_end("mam 1\n").begins);
        assert_eq!(at_end("mam 1\npolicy ").piece, Piece::PolicyHead);
        let line = at_end("mam 1\npolicy p { for staff protect notes ");
        assert!(line.begins && line.earlier == ["for"] && line.before == ["protect", "notes"]);
        assert!(!within("for staff\n  allow share to notes ").begins);
    }

    #[test]
    fn comments_and_strings_are_known() {
        assert!(cursor("mam 1\n// al", 11).is_none());
        assert!(at_end("mam 1\nuse \"peo").in_string);
        assert!(cursor("mam 1\n// al\n", 12).is_some());
    }
}
