//! Where the grammar could not go on: what was found, what was expected, what to write.
//!
//! Takes in pest's error and the tokens around it, gives out a diagnostic in the project's own
//! words. Near misses (`==`, `and`, a misspelt keyword, a reserved word as a name) are recognised
//! here and nowhere else.

use std::ops::Range;

use pest::error::{Error, ErrorVariant};

use super::grammar::{Rule, noun};
use super::scan::{Token, TokenKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{SourceId, Span};

/// A text with its tokens.
pub(super) struct View<'a> {
    pub(super) text: &'a str,
    pub(super) source: SourceId,
    pub(super) tokens: &'a [Token],
}

/// Keywords that a misspelt word may have meant, whatever the grammar expected in its place.
const KEYWORDS: &[&str] = &[
    "mam",
    "use",
    "tenant",
    "app",
    "storage",
    "group",
    "users",
    "policy",
    "report-only",
    "protect",
    "yields",
    "otherwise",
    "allow",
    "block",
    "accept",
    "refuse",
    "expect",
    "require",
    "launch",
    "setting",
    "devices",
    "from",
    "without",
    "tagged",
    "app-wide",
    "because",
    "avoiding",
    "share",
    "invoke",
    "copy",
    "open",
    "save",
    "link",
    "call",
    "message",
    "type",
    "print",
    "backup",
    "notify",
    "capture",
    "sync",
    "assist",
    "any-app",
    "any-storage",
    "corporate-storage",
    "personal-storage",
    "managed",
    "unmanaged",
    "unlisted",
    "deployed",
    "except",
    "exactly",
    "characters",
    "content",
    "corporate",
    "personal",
    "android",
    "windows",
    "multi-identity",
    "container",
    "on-premises",
    "when",
    "minutes",
    "hours",
    "days",
];

impl View<'_> {
    fn slice(&self, at: usize) -> &str {
        self.tokens.get(at).and_then(|token| self.text.get(token.start..token.end)).unwrap_or("")
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { source: self.source, start: offset(start), end: offset(end) }
    }

    /// The token, or the end of the piece's last one.
    fn place(&self, piece: &Range<usize>, at: usize) -> Span {
        if let Some(token) = self.tokens.get(at).filter(|_| at < piece.end) {
            return self.span(token.start, token.end);
        }
        let end = piece.end.checked_sub(1).and_then(|last| self.tokens.get(last));
        end.map_or(self.span(self.text.len(), self.text.len()), |token| {
            self.span(token.end, token.end)
        })
    }

    /// What is wrong with a piece of text whose token `at` the grammar could not take.
    pub(super) fn explain(
        &self,
        error: &Error<Rule>,
        piece: Range<usize>,
        at: usize,
    ) -> Diagnostic {
        let expected = expected(error);
        // A string that does not end takes the rest of the piece with it.
        let last = piece.end.saturating_sub(1);
        let is_open = |token: &Token| token.kind == TokenKind::UnclosedString;
        let at = if self.tokens.get(last).is_some_and(is_open) { at.min(last) } else { at };
        let place = self.place(&piece, at);
        if at >= piece.end {
            let last = shorten(self.slice(last));
            let message = format!("{} is missing behind `{last}`", list(&expected));
            return Diagnostic::new(Code::Unexpected, message).at(place, "here");
        }
        let found = self.slice(at);
        let kind = self.tokens.get(at).map(|token| token.kind);
        if kind == Some(TokenKind::UnclosedString) {
            return Diagnostic::new(Code::UnclosedString, "a string that does not end on its line")
                .at(place, "begins here")
                .help("close it with `\"`; write `\\n` for a line break");
        }
        if kind == Some(TokenKind::String) {
            return bad_string(place, found, &expected);
        }
        if let Some(near_miss) = near_miss(found) {
            return Diagnostic::new(
                Code::NearMiss,
                format!("`{found}` is not part of the language"),
            )
            .at(place, "")
            .help(near_miss);
        }
        self.explain_word(&expected, place, found)
    }

    fn explain_word(&self, expected: &[&str], place: Span, found: &str) -> Diagnostic {
        let wants_name = expected.iter().any(|noun| matches!(*noun, "a name" | "names"));
        if wants_name && is_reserved(found) {
            let message = format!("`{found}` is a reserved word, it cannot be a name");
            return Diagnostic::new(Code::ReservedWord, message)
                .at(place, "a name is expected here")
                .help(format!("call it something else, `my-{found}` for example"));
        }
        if found.chars().any(char::is_uppercase) && wants_name {
            let lower = found.to_lowercase();
            return Diagnostic::new(Code::NearMiss, format!("`{found}` is not a name"))
                .at(place, "")
                .help(format!("names have lower-case letters, digits and `-`: `{lower}`"));
        }
        let message = format!("found `{}`, expected {}", shorten(found), list(expected));
        let diagnostic = Diagnostic::new(Code::Unexpected, message).at(place, "");
        match misspelt(found) {
            Some(keyword) if keyword != found => Diagnostic {
                code: Code::NearMiss,
                ..diagnostic.help(format!("did you mean `{keyword}`?"))
            },
            _ => diagnostic,
        }
    }
}

fn bad_string(place: Span, found: &str, expected: &[&str]) -> Diagnostic {
    if found.contains('\\') {
        return Diagnostic::new(Code::BadEscape, "a backslash that stands for nothing")
            .at(place, "in this string")
            .help("known are `\\\"`, `\\\\`, `\\n` and `\\u{…}`");
    }
    let message = format!("found a string, expected {}", list(expected));
    Diagnostic::new(Code::Unexpected, message).at(place, "")
}

/// What to write instead of a symbol or word of another language.
fn near_miss(found: &str) -> Option<&'static str> {
    Some(match found {
        "==" => "write `=`",
        "=" => "only `group` and `setting` have a `=`; leave it out",
        "and" | "&&" | "&" => "write `,` between the parts of a list",
        "or" | "||" | "|" => "write `,` between the parts of a list",
        ";" => "statements need no mark at their end; leave it out",
        ":" => "leave it out: keywords and values stand side by side",
        "!" | "!=" | "not" => "write `except` behind a set to leave something out",
        "'" | "`" | "“" | "”" => "strings stand in double quotes, names in none",
        "#" => "comments begin with `//`",
        "/" => "comments begin with `//` and end with their line",
        "(" | ")" => "sets have no parentheses; name a part with `group NAME = …`",
        "*" => "write `any`",
        "->" | "=>" | ">" => "write `to`",
        "deny" | "forbid" | "prohibit" | "disallow" => {
            "write `block`, or `refuse` for what comes in"
        }
        "permit" | "grant" => "write `allow`, or `accept` for what comes in",
        "all" | "everything" | "everyone" | "everybody" => "write `any`",
        "if" => "rules have no `if`; use `for`, `on` and `devices`",
        "but" | "unless" => "write `except`",
        "user" => "write `users` to declare a group of people, `for` in a scope",
        "paste" | "cut" => "write `copy`",
        "import" | "include" => "write `use`",
        _ => return None,
    })
}

/// The keyword that a word was probably meant to be.
fn misspelt(found: &str) -> Option<&'static str> {
    crate::diagnostic::closest(found, KEYWORDS.iter().copied())
}

fn is_reserved(word: &str) -> bool {
    use pest::Parser as _;
    super::grammar::MamParser::parse(Rule::reserved, word)
        .is_ok_and(|mut pairs| pairs.next().is_some_and(|pair| pair.as_str() == word))
}

/// What the grammar could have gone on with, each thing once.
fn expected(error: &Error<Rule>) -> Vec<&'static str> {
    let ErrorVariant::ParsingError { positives, .. } = &error.variant else {
        return Vec::new();
    };
    let mut nouns: Vec<_> = positives.iter().filter_map(|rule| noun(*rule)).collect();
    nouns.sort_unstable();
    nouns.dedup();
    // What could follow says more than that nothing need follow.
    if nouns.len() > 1 {
        nouns.retain(|noun| *noun != "the end");
    } else if nouns == ["the end"] {
        nouns = vec!["a declaration", "a statement"];
    }
    nouns
}

fn list(nouns: &[&str]) -> String {
    match nouns {
        [] => "something else".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn shorten(found: &str) -> String {
    const LONGEST: usize = 40;
    match found.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", found.get(..at).unwrap_or("")),
        None => found.to_owned(),
    }
}
