//! A file, statement by statement, so that every bad one is reported and no good one is lost.
//!
//! Takes in a text, cuts it where declarations and statements begin, and hands each piece to the
//! grammar. Knows which words begin what; everything else about a piece is the grammar's affair.

use std::ops::Range;

use pest::Parser as _;
use pest::iterators::Pairs;

use super::ast::{Comment, File, Item, ItemKind, Name, Policy, Scope, Statement};
use super::error;
use super::grammar::{MamParser, Rule};
use super::lower::Lower;
use super::scan::{Token, TokenKind, scan};
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::Limits;
use crate::source::{SourceId, Sources, Span};

/// The newest version of the language that this crate reads.
pub(super) const LANGUAGE_VERSION: u64 = 1;

/// Words that open a declaration, and never stand anywhere else at the start of a line.
const DECLARATIONS: &[&str] =
    &["mam", "use", "tenant", "app", "storage", "group", "users", "policy"];

/// Words that open a statement of a policy, wherever they stand in its head.
const HEAD: &[&str] = &["for", "on", "devices", "protect", "yields", "otherwise"];

/// Words that open a statement of a policy.
const STATEMENTS: &[&str] = &[
    "protect",
    "yields",
    "otherwise",
    "allow",
    "block",
    "accept",
    "refuse",
    "require",
    "launch",
    "setting",
    "expect",
];

/// Reads a file. What could not be read is missing from the AST and has a diagnostic; with an empty
/// list of diagnostics the AST is the whole file.
#[must_use]
pub fn parse(sources: &Sources, id: SourceId, limits: &Limits) -> (File, Vec<Diagnostic>) {
    let mut parser = Parser::new(sources, id);
    if parser.within(limits) {
        parser.file();
    }
    (parser.file, parser.diagnostics)
}

/// Reads a scope that stands alone, as a question does.
#[must_use]
pub fn parse_scope(
    sources: &Sources,
    id: SourceId,
    limits: &Limits,
) -> (Option<Scope>, Vec<Diagnostic>) {
    let mut parser = Parser::new(sources, id);
    if !parser.within(limits) {
        return (None, parser.diagnostics);
    }
    let all = 0..parser.tokens.len();
    let scope = parser.piece(Rule::one_scope, all, Lower::question);
    (scope.ok(), parser.diagnostics)
}

struct Parser<'a> {
    text: &'a str,
    source: SourceId,
    tokens: Vec<Token>,
    file: File,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Parser<'a> {
    fn new(sources: &'a Sources, source: SourceId) -> Self {
        let text: &str = sources.get(source).map_or("", |source| source.text());
        let file = File { source, items: Vec::new(), comments: Vec::new(), broken: Vec::new() };
        Self { text, source, tokens: Vec::new(), file, diagnostics: Vec::new() }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { source: self.source, start: offset(start), end: offset(end) }
    }

    fn token_span(&self, index: usize) -> Span {
        match self.tokens.get(index) {
            Some(token) => self.span(token.start, token.end),
            None => self.span(self.text.len(), self.text.len()),
        }
    }

    fn word(&self, index: usize) -> &'a str {
        self.tokens
            .get(index)
            .filter(|token| token.kind == TokenKind::Word)
            .map_or("", |token| self.text.get(token.start..token.end).unwrap_or(""))
    }

    fn kind(&self, index: usize) -> Option<TokenKind> {
        self.tokens.get(index).map(|token| token.kind)
    }

    // ------------------------------------------------------------ before reading

    /// Cuts the text into tokens and checks what would be costly to find out later.
    fn within(&mut self, limits: &Limits) -> bool {
        if self.text.len() > limits.file_bytes {
            let (found, limit) = (self.text.len(), limits.file_bytes);
            let message = format!("the file has {found} bytes, the limit is {limit}");
            let help = "split it, and load the parts with `use \"part.mam\"`";
            let place = self.span(0, 0);
            self.diagnostics
                .push(Diagnostic::new(Code::FileSize, message).at(place, "").help(help));
            return false;
        }
        let scan = scan(self.text);
        self.tokens = scan.tokens;
        for (range, trailing) in scan.comments {
            let text = self.text.get(range.clone()).unwrap_or("").to_owned();
            let span = self.span(range.start, range.end);
            self.file.comments.push(Comment { text, span, trailing });
        }
        self.check_tokens(limits) && self.check_nesting(limits)
    }

    fn check_tokens(&mut self, limits: &Limits) -> bool {
        let before = self.diagnostics.len();
        for token in &self.tokens {
            let span = self.span(token.start, token.end);
            let length = token.end - token.start;
            let is_text = matches!(token.kind, TokenKind::Word | TokenKind::String);
            if is_text && length > limits.name_bytes {
                let message = format!(
                    "a name or string of {length} bytes, the limit is {}",
                    limits.name_bytes
                );
                let start = Span { end: span.start, ..span };
                self.diagnostics.push(Diagnostic::new(Code::NameLength, message).at(start, "here"));
            }
            if token.kind == TokenKind::Bad {
                let found = self.text.get(token.start..token.end).and_then(|t| t.chars().next());
                let found = u32::from(found.unwrap_or_default());
                let message = format!("a control character, U+{found:04X}, in the text");
                let diagnostic = Diagnostic::new(Code::BadCharacter, message).at(span, "");
                self.diagnostics
                    .push(diagnostic.help("remove it; the file may not be text at all"));
                return false;
            }
        }
        self.diagnostics.len() == before
    }

    fn check_nesting(&mut self, limits: &Limits) -> bool {
        let mut depth = 0usize;
        for token in &self.tokens {
            match token.kind {
                TokenKind::Open => depth += 1,
                TokenKind::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > limits.nesting {
                let limit = limits.nesting;
                let message = format!("brackets {depth} deep, the limit is {limit}");
                let span = self.span(token.start, token.end);
                let diagnostic = Diagnostic::new(Code::Nesting, message);
                self.diagnostics.push(diagnostic.at(span, "one too many"));
                return false;
            }
        }
        true
    }

    // ------------------------------------------------------------ declarations

    fn file(&mut self) {
        let mut at = 0;
        while at < self.tokens.len() {
            at = self.item(at);
        }
        self.check_version();
    }

    /// Reads the declaration that begins at token `start`; gives the token behind it.
    fn item(&mut self, start: usize) -> usize {
        let keyword = self.skip_docs(start);
        if keyword >= self.tokens.len() {
            self.misplaced_doc(start, "a declaration");
            return keyword;
        }
        if self.kind(keyword) == Some(TokenKind::Close) {
            let place = self.token_span(keyword);
            let diagnostic = Diagnostic::new(Code::StrayBrace, "a brace that closes nothing");
            self.diagnostics.push(diagnostic.at(place, "no brace is open here").help("remove it"));
            return keyword + 1;
        }
        if self.word(keyword) == "policy" {
            return self.policy(start, keyword);
        }
        let (end, unclosed) = self.item_end(keyword);
        if let Some(open) = unclosed {
            self.unclosed(open);
            self.note_broken(keyword);
        } else if STATEMENTS.contains(&self.word(keyword)) && self.word(keyword) != "expect" {
            self.misplaced(
                keyword,
                "a rule or clause outside of a policy",
                "move it into `policy NAME { … }`",
            );
        } else {
            match self.piece_by_lines(Rule::one_item, start..end, keyword, Lower::item) {
                Some(item) => self.file.items.push(item),
                None => self.note_broken(keyword),
            }
        }
        end
    }

    fn skip_docs(&self, from: usize) -> usize {
        (from..).find(|at| self.kind(*at) != Some(TokenKind::Doc)).unwrap_or(from)
    }

    /// Where the declaration at `keyword` ends, and the bracket that it leaves open.
    fn item_end(&self, keyword: usize) -> (usize, Option<usize>) {
        let mut open = Vec::new();
        let mut at = keyword + 1;
        while let Some(kind) = self.kind(at) {
            match kind {
                TokenKind::Open => open.push(at),
                TokenKind::Close if open.pop().is_none() => return (at, None),
                TokenKind::Doc if open.is_empty() => return (at, None),
                _ if open.is_empty() && (self.opens_item(at) || self.opens_statement(at)) => {
                    return (at, None);
                }
                _ if !open.is_empty() && self.surely_opens_item(at) => break,
                _ => {}
            }
            at += 1;
        }
        (at, open.first().copied())
    }

    fn opens_item(&self, at: usize) -> bool {
        DECLARATIONS.contains(&self.word(at))
    }

    /// Whether a declaration begins here even though a bracket is open: its keyword begins a line and
    /// is no part of a statement.
    fn surely_opens_item(&self, at: usize) -> bool {
        let first = self.tokens.get(at).is_some_and(|token| token.first_on_line);
        let is_version_test = self.kind(at + 1).is_some_and(|kind| kind == TokenKind::Symbol)
            && self.word(at) == "app";
        first && self.opens_item(at) && !is_version_test
    }

    /// Whether a statement of a policy begins here; `allow` behind `expect` begins none.
    fn opens_statement(&self, at: usize) -> bool {
        let before = at.checked_sub(1).map_or("", |before| self.word(before));
        let belongs = match self.word(at) {
            "allow" | "block" => matches!(before, "expect" | "otherwise" | "launch"),
            "accept" | "refuse" => before == "expect",
            _ => false,
        };
        STATEMENTS.contains(&self.word(at)) && !belongs
    }

    /// Remembers the name that an unreadable declaration would have declared.
    fn note_broken(&mut self, keyword: usize) {
        let text = self.word(keyword + 1);
        if !text.is_empty() {
            let span = self.token_span(keyword + 1);
            self.file.broken.push(Name { text: text.to_owned(), span });
        }
    }

    // ------------------------------------------------------------ policies

    fn policy(&mut self, start: usize, keyword: usize) -> usize {
        let brace = (keyword..self.tokens.len())
            .take_while(|at| *at == keyword || !self.opens_item(*at) && !self.opens_statement(*at))
            .find(|at| self.kind(*at) == Some(TokenKind::Open));
        let Some(brace) = brace else {
            let (end, _) = self.item_end(keyword);
            let _ = self.piece(Rule::one_policy_head, start..end, Lower::policy_head);
            self.note_broken(keyword);
            return end;
        };
        let head = self.piece(Rule::one_policy_head, start..brace + 1, Lower::policy_head);
        let errors = self.diagnostics.len();
        let (body, close, end) = self.body(brace);
        let complete = self.diagnostics.len() == errors;
        let Ok((docs, mut policy)) = head else {
            self.note_broken(keyword);
            return end;
        };
        policy.body = body;
        policy.complete = complete;
        let span = self.token_span(keyword).to(self.token_span(close));
        self.file.items.push(Item { docs, span, kind: ItemKind::Policy(policy) });
        end
    }

    /// The statements behind the brace at `open`, the last token of the policy and the one behind.
    fn body(&mut self, open: usize) -> (Vec<Statement>, usize, usize) {
        let mut statements = Vec::new();
        let mut at = open + 1;
        loop {
            match self.kind(at) {
                Some(TokenKind::Close) => return (statements, at, at + 1),
                Some(_) if !self.surely_opens_item(at) => {
                    at = self.statement(at, &mut statements);
                }
                _ => {
                    self.unclosed(open);
                    return (statements, at.saturating_sub(1), at);
                }
            }
        }
    }

    /// Reads the statement that begins at token `start`; gives the token behind it.
    fn statement(&mut self, start: usize, into: &mut Vec<Statement>) -> usize {
        let keyword = self.skip_docs(start);
        if matches!(self.kind(keyword), None | Some(TokenKind::Close)) {
            self.misplaced_doc(start, "a statement");
            return keyword;
        }
        let end = self.statement_end(keyword);
        let tokens = start..end;
        into.extend(self.piece_by_lines(Rule::one_statement, tokens, keyword, Lower::statement));
        end
    }

    fn statement_end(&self, keyword: usize) -> usize {
        let in_head = HEAD.contains(&self.word(keyword));
        let mut depth = 0usize;
        let mut at = keyword;
        loop {
            match self.kind(at) {
                Some(TokenKind::Open) => depth += 1,
                Some(TokenKind::Close) if depth == 0 => {
                    return at.max(keyword + usize::from(at == keyword));
                }
                Some(TokenKind::Close) => depth -= 1,
                _ => {}
            }
            at += 1;
            let opens = self.opens_statement(at)
                || self.kind(at) == Some(TokenKind::Doc)
                || in_head && HEAD.contains(&self.word(at));
            if self.kind(at).is_none()
                || depth == 0 && (opens || self.kind(at) == Some(TokenKind::Close))
                || self.surely_opens_item(at)
            {
                return at;
            }
        }
    }

    // ------------------------------------------------------------ one piece

    /// Reads a declaration or statement. Where it fails at the beginning of a line, the lines before
    /// are tried by themselves: a misspelt keyword must not take what stands above it with it.
    fn piece_by_lines<T>(
        &mut self,
        rule: Rule,
        tokens: Range<usize>,
        keyword: usize,
        lower: fn(&mut Lower, Pairs<'_, Rule>) -> Option<T>,
    ) -> Option<T> {
        let errors = self.diagnostics.len();
        match self.piece(rule, tokens.clone(), lower) {
            Ok(lowered) => Some(lowered),
            Err(at) => {
                let begins_line = self.tokens.get(at).is_some_and(|token| token.first_on_line);
                if at <= keyword || at >= tokens.end || !begins_line {
                    return None;
                }
                let later = self.diagnostics.split_off(errors);
                let lowered = self.piece_by_lines(rule, tokens.start..at, keyword, lower);
                self.diagnostics.extend(later);
                lowered
            }
        }
    }

    /// Hands a range of tokens to the grammar. Fails with the token at which it could not go on.
    fn piece<T>(
        &mut self,
        rule: Rule,
        tokens: Range<usize>,
        lower: impl FnOnce(&mut Lower, Pairs<'_, Rule>) -> Option<T>,
    ) -> Result<T, usize> {
        let start = self.tokens.get(tokens.start).map_or(self.text.len(), |token| token.start);
        let last = tokens.end.checked_sub(1).and_then(|last| self.tokens.get(last));
        let end = last.map_or(start, |token| token.end).max(start);
        let text = self.text.get(start..end).unwrap_or("");
        match MamParser::parse(rule, text) {
            Ok(pairs) => {
                let mut lowering = Lower::new(self.source, start);
                let lowered = lower(&mut lowering, pairs);
                self.diagnostics.append(&mut lowering.diagnostics);
                lowered.ok_or(tokens.end)
            }
            Err(error) => {
                let offset = match error.location {
                    pest::error::InputLocation::Pos(at) => at,
                    pest::error::InputLocation::Span((at, _)) => at,
                };
                let at = (tokens.clone())
                    .find(|at| self.tokens.get(*at).is_some_and(|token| token.end > start + offset))
                    .unwrap_or(tokens.end);
                let view =
                    error::View { text: self.text, source: self.source, tokens: &self.tokens };
                self.diagnostics.push(view.explain(&error, tokens, at));
                Err(at)
            }
        }
    }

    // ------------------------------------------------------------ mistakes of structure

    fn unclosed(&mut self, open: usize) {
        let place = self.token_span(open);
        let found = if self.text.get(place.start as usize..).is_some_and(|t| t.starts_with('[')) {
            "]"
        } else {
            "}"
        };
        let diagnostic = Diagnostic::new(Code::UnclosedBrace, "a bracket that is never closed");
        self.diagnostics.push(
            diagnostic.at(place, "opened here").help(format!("write `{found}` where it ends")),
        );
    }

    fn misplaced(&mut self, at: usize, message: &str, help: &str) {
        let place = self.token_span(at);
        self.diagnostics.push(Diagnostic::new(Code::Misplaced, message).at(place, "").help(help));
    }

    fn misplaced_doc(&mut self, at: usize, what: &str) {
        let place = self.token_span(at);
        let message =
            format!("documentation that stands above no {}", what.trim_start_matches("a "));
        let help = format!("write `//` for a comment, or put it above {what}");
        self.diagnostics
            .push(Diagnostic::new(Code::MisplacedDoc, message).at(place, "").help(help));
    }

    /// `mam 1` must be the first declaration, and its only one.
    fn check_version(&mut self) {
        let mut versions =
            self.file.items.iter().enumerate().filter_map(|(index, item)| match &item.kind {
                ItemKind::Version(number) => Some((index, number.value, item.span)),
                _ => None,
            });
        let first = versions.next();
        let repeated: Vec<Span> = versions.map(|(_, _, span)| span).collect();
        match first {
            Some((0, LANGUAGE_VERSION, _)) => {}
            Some((0, number, span)) => {
                let message = format!("language version {number} is not known");
                let help = format!(
                    "this release reads `mam {LANGUAGE_VERSION}`; a newer file needs a newer release"
                );
                let diagnostic = Diagnostic::new(Code::NewerVersion, message);
                self.diagnostics.push(diagnostic.at(span, "").help(help));
            }
            Some((_, _, span)) => {
                let diagnostic = Diagnostic::new(Code::Misplaced, "`mam 1` is not the first line");
                self.diagnostics
                    .push(diagnostic.at(span, "").help("move it to the top of the file"));
            }
            // A broken declaration in front may have been the version.
            None if self.word(0) == "mam" => {}
            None => {
                let place = self.token_span(0);
                let message = "the file does not say which version of the language it is in";
                let help = format!("begin it with `mam {LANGUAGE_VERSION}`");
                let place = Span { end: place.start, ..place };
                self.diagnostics
                    .push(Diagnostic::new(Code::MissingVersion, message).at(place, "").help(help));
            }
        }
        for span in repeated {
            let diagnostic = Diagnostic::new(Code::Misplaced, "the version stands twice");
            self.diagnostics.push(diagnostic.at(span, "").help("remove it"));
        }
    }
}

/// The policy of an opening: its body is read apart.
pub(super) fn policy_without_body(name: Name) -> Policy {
    Policy { name, title: None, report_only: None, body: Vec::new(), complete: true }
}
