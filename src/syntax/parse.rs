//! A file, statement by statement, so that every bad one is reported and no good one is lost.
//!
//! Takes in a text, cuts it where declarations and statements begin, and hands each piece to the
//! grammar. Knows which words begin what; everything else about a piece is the grammar's affair.

use std::ops::Range;

use pest::Parser as _;
use pest::iterators::Pairs;

use super::ast::{Comment, File, Item, ItemKind, Name, Policy, Scope, Statement, Text};
use super::error;
use super::grammar::{MamParser, Rule};
use super::lower::Lower;
use super::scan::{Token, TokenKind, scan};
use crate::diagnostic::{Code, Diagnostic, closest};
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

/// Words that open a clause: a line that begins with one goes on with what stands above it.
const CLAUSES: &[&str] = &[
    "from", "to", "for", "on", "devices", "up", "without", "tagged", "app-wide", "because", "by",
    "avoiding", "except", "as", "deployed", "and", "or",
];

/// Why a piece of text has no AST.
enum Failure {
    /// The grammar could not go on at this token.
    Grammar(usize),
    /// The grammar took it, but it holds a number or clause that cannot be.
    Meaning,
}

/// Reads a file. What could not be read is missing from the AST and has a diagnostic; with an empty
/// list of diagnostics the AST is the whole file.
#[must_use]
pub fn parse(sources: &Sources, id: SourceId, limits: &Limits) -> (File, Vec<Diagnostic>) {
    let mut parser = Parser::new(sources, id, limits);
    if parser.within() {
        parser.file();
    }
    (parser.file, parser.diagnostics)
}

/// Reads chains of movements that stand alone: a scope that may say `avoiding`, or what stands behind
/// `expect no path`.
#[must_use]
pub fn parse_chain(
    sources: &Sources,
    id: SourceId,
    limits: &Limits,
) -> (Option<Scope>, Vec<Diagnostic>) {
    parse_alone(sources, id, limits, Rule::one_chain)
}

/// Reads a scope that stands alone, as a question does.
#[must_use]
pub fn parse_scope(
    sources: &Sources,
    id: SourceId,
    limits: &Limits,
) -> (Option<Scope>, Vec<Diagnostic>) {
    parse_alone(sources, id, limits, Rule::one_scope)
}

fn parse_alone(
    sources: &Sources,
    id: SourceId,
    limits: &Limits,
    rule: Rule,
) -> (Option<Scope>, Vec<Diagnostic>) {
    let mut parser = Parser::new(sources, id, limits);
    if !parser.within() {
        return (None, parser.diagnostics);
    }
    let all = 0..parser.tokens.len();
    let scope = parser.piece(rule, all, Lower::question);
    (scope.ok(), parser.diagnostics)
}

struct Parser<'a> {
    text: &'a str,
    source: SourceId,
    tokens: Vec<Token>,
    file: File,
    diagnostics: Vec<Diagnostic>,
    limits: &'a Limits,
    /// Whether statements outside of policies have just been reported.
    astray: bool,
}

impl<'a> Parser<'a> {
    fn new(sources: &'a Sources, source: SourceId, limits: &'a Limits) -> Self {
        let text: &str = sources.get(source).map_or("", |source| source.text());
        let file = File { source, items: Vec::new(), comments: Vec::new(), broken: Vec::new() };
        let (tokens, diagnostics) = (Vec::new(), Vec::new());
        Self { text, source, tokens, file, diagnostics, limits, astray: false }
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
    fn within(&mut self) -> bool {
        let limits = self.limits;
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
        self.check_tokens() && self.check_nesting()
    }

    fn check_tokens(&mut self) -> bool {
        let limits = self.limits;
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
                let diagnostic = Diagnostic::new(Code::NameLength, message);
                self.diagnostics
                    .push(diagnostic.at(start, "begins here").help("write a shorter one"));
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

    fn check_nesting(&mut self) -> bool {
        let limits = self.limits;
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
                let help = "write it flatter, or raise the limit";
                self.diagnostics.push(diagnostic.at(span, "one too many").help(help));
                return false;
            }
        }
        true
    }

    // ------------------------------------------------------------ declarations

    fn file(&mut self) {
        let mut at = 0;
        while at < self.tokens.len() && !self.has_enough() {
            at = self.item(at);
            if self.is_newer() {
                break;
            }
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
            self.stray_brace(keyword);
            return keyword + 1;
        }
        let word = self.word(keyword);
        let is_statement = self.is_statement(keyword) || self.astray && !self.opens_item(keyword);
        if word != "expect" && is_statement {
            return self.astray(start, keyword);
        }
        self.astray &= word == "expect";
        if self.opens_policy(keyword) {
            return self.policy(start, keyword);
        }
        let (end, unclosed) = self.item_end(keyword);
        if let Some(open) = unclosed.filter(|open| self.kind(*open) == Some(TokenKind::Open)) {
            self.unclosed(open, end);
            self.note_broken(keyword);
            return end;
        }
        let (item, end) = self.resumable(Rule::one_item, start..end, keyword, Lower::item);
        match item {
            Some(item) => self.file.items.push(item),
            None => self.note_broken(keyword),
        }
        end
    }

    /// Whether a policy begins here, its keyword perhaps misspelt.
    fn opens_policy(&self, keyword: usize) -> bool {
        let word = self.word(keyword);
        let means_policy = || closest(word, DECLARATIONS.iter().copied()) == Some("policy");
        word == "policy" || !self.opens_item(keyword) && word != "expect" && means_policy()
    }

    /// A statement that stands in no policy. One mistake, such as a brace too many, brings many of
    /// them, so the first of a row speaks for all.
    fn astray(&mut self, start: usize, keyword: usize) -> usize {
        if !self.astray {
            let message = format!("`{}` stands outside of a policy", self.word(keyword));
            let help = "move it into `policy NAME { … }`; perhaps a `}` above ends one too early";
            self.misplaced(keyword, message, help);
        }
        self.astray = true;
        self.statement(start, &mut Vec::new())
    }

    /// Reading stops at so many mistakes: what follows is hardly policy text.
    fn has_enough(&self) -> bool {
        self.diagnostics.len() >= self.limits.diagnostics
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
                _ if self.opens_bracket(at) => open.push(at),
                TokenKind::Close if open.pop().is_none() => return (at, None),
                TokenKind::Doc if open.is_empty() => return (at, None),
                _ if open.is_empty() && (self.opens_item(at) || self.opens_statement(at)) => {
                    return (at, None);
                }
                _ if !open.is_empty() && self.surely_opens_item(at) => break,
                _ if !open.is_empty() && self.begins_claim(keyword, at) => break,
                _ => {}
            }
            at += 1;
        }
        (at, open.first().copied())
    }

    /// Whether a bracket opens here; a string that is not closed may have swallowed it.
    fn opens_bracket(&self, at: usize) -> bool {
        match self.tokens.get(at) {
            Some(token) if token.kind == TokenKind::UnclosedString => self
                .text
                .get(token.start..token.end)
                .is_some_and(|text| text.trim_end().ends_with('{')),
            token => token.is_some_and(|token| token.kind == TokenKind::Open),
        }
    }

    /// Whether an expectation begins here that is no part of what begins at `keyword`.
    fn begins_claim(&self, keyword: usize, at: usize) -> bool {
        let first = self.tokens.get(at).is_some_and(|token| token.first_on_line);
        first && self.word(at) == "expect" && self.indent(at) <= self.indent(keyword)
    }

    fn indent(&self, at: usize) -> usize {
        self.tokens.get(at).map_or(0, |token| token.indent)
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
            "allow" | "block" | "accept" | "refuse" => {
                matches!(before, "expect" | "otherwise" | "launch")
            }
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
        let begins_other =
            |at: &usize| *at != keyword && (self.opens_item(*at) || self.opens_statement(*at));
        let mut opening = (keyword..self.tokens.len()).take_while(|at| !begins_other(at));
        let brace = opening.find(|at| self.opens_bracket(*at));
        let last = brace.unwrap_or_else(|| self.end_of_head(keyword));
        let head = self.piece(Rule::one_policy_head, start..last + 1, Lower::policy_head);
        let errors = self.diagnostics.len();
        let (body, close, end) = match self.kind(last + 1) {
            // Without a bracket, only statements tell that there is a body.
            _ if brace.is_some() => self.body(keyword, last),
            Some(_) if self.is_statement(last + 1) => self.body(keyword, last),
            _ => (Vec::new(), last, last + 1),
        };
        let complete = head.is_ok() && self.diagnostics.len() == errors;
        let Some((docs, mut policy)) = head.ok().or_else(|| self.nameless_head(keyword)) else {
            return end;
        };
        policy.body = body;
        policy.complete = complete;
        let span = self.token_span(keyword).to(self.token_span(close));
        self.file.items.push(Item { docs, span, kind: ItemKind::Policy(policy) });
        end
    }

    /// The last token of a policy's opening whose bracket is missing.
    fn end_of_head(&self, keyword: usize) -> usize {
        let is_body = |at: &usize| {
            let kind = self.kind(*at);
            matches!(kind, None | Some(TokenKind::Close | TokenKind::Doc))
                || self.is_statement(*at)
                || self.opens_item(*at)
        };
        (keyword + 1..).find(is_body).map_or(keyword, |at| at - 1)
    }

    /// Whether the word opens a statement, wherever it stands.
    fn is_statement(&self, at: usize) -> bool {
        STATEMENTS.contains(&self.word(at)) || HEAD.contains(&self.word(at))
    }

    /// The opening of a policy that could not be read: its body can be checked all the same.
    fn nameless_head(&self, keyword: usize) -> Option<(Vec<Text>, Policy)> {
        let text = self.word(keyword + 1).to_owned();
        let span = self.token_span(keyword + 1);
        (!text.is_empty()).then(|| (Vec::new(), policy_without_body(Name { text, span })))
    }

    /// The statements behind the brace at `open`, the last token of the policy and the one behind.
    fn body(&mut self, policy: usize, open: usize) -> (Vec<Statement>, usize, usize) {
        let mut statements = Vec::new();
        let mut at = open + 1;
        loop {
            let keyword = self.skip_docs(at);
            match self.kind(at) {
                Some(TokenKind::Close) => return (statements, at, at + 1),
                _ if self.has_enough() => return (statements, at, at),
                Some(_) if !self.surely_opens_item(keyword) => {
                    at = self.statement(at, &mut statements);
                }
                // What is indented further than the policy was meant to stand in it.
                Some(_) if self.indent(keyword) > self.indent(policy) => {
                    let message = format!("`{}` stands inside of a policy", self.word(keyword));
                    let help = "move it out of the policy: declarations stand side by side";
                    self.misplaced(keyword, message, help);
                    at = self.item(at);
                }
                _ => {
                    // The string that swallowed the bracket is reported already.
                    if self.kind(open) == Some(TokenKind::Open) {
                        self.unclosed(open, at);
                    }
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
        let (end, unclosed) = self.statement_end(keyword);
        if let Some(open) = unclosed {
            self.unclosed(open, end);
            return end;
        }
        let tokens = start..end;
        let (statement, end) =
            self.resumable(Rule::one_statement, tokens, keyword, Lower::statement);
        into.extend(statement);
        end
    }

    /// Whether a clause of the head begins here, its keyword perhaps misspelt.
    fn means_head(&self, keyword: usize) -> bool {
        let word = self.word(keyword);
        if STATEMENTS.contains(&word) {
            return HEAD.contains(&word);
        }
        let meant = || closest(word, HEAD.iter().chain(STATEMENTS).copied());
        HEAD.contains(&word) || meant().is_some_and(|meant| HEAD.contains(&meant))
    }

    /// Where the statement at `keyword` ends, and the bracket that it leaves open.
    fn statement_end(&self, keyword: usize) -> (usize, Option<usize>) {
        let in_head = self.means_head(keyword);
        let mut open = Vec::new();
        let mut at = keyword;
        loop {
            match self.kind(at) {
                Some(TokenKind::Open) => open.push(at),
                Some(TokenKind::Close) if open.pop().is_none() => {
                    return (at.max(keyword + usize::from(at == keyword)), None);
                }
                _ => {}
            }
            at += 1;
            let opens = self.opens_statement(at);
            let ends = match self.tokens.get(at) {
                None => true,
                // No bracket of a statement holds a line that begins with such a word.
                Some(token) if !open.is_empty() => token.first_on_line && opens,
                Some(token) => {
                    matches!(token.kind, TokenKind::Close | TokenKind::Doc)
                        || opens
                        || in_head && HEAD.contains(&self.word(at))
                }
            };
            if ends || self.surely_opens_item(at) {
                return (at, open.first().copied());
            }
        }
    }

    // ------------------------------------------------------------ one piece

    /// Reads a declaration or statement; gives the token behind it. After a mistake reading goes on
    /// where something new seems to begin: a misspelt keyword must take neither what stands above it
    /// nor what stands below it with it.
    fn resumable<T>(
        &mut self,
        rule: Rule,
        tokens: Range<usize>,
        keyword: usize,
        lower: fn(&mut Lower, Pairs<'_, Rule>) -> Option<T>,
    ) -> (Option<T>, usize) {
        let errors = self.diagnostics.len();
        let at = match self.piece(rule, tokens.clone(), lower) {
            Ok(lowered) => return (Some(lowered), tokens.end),
            Err(Failure::Meaning) => return (None, tokens.end),
            Err(Failure::Grammar(at)) => at,
        };
        let next = self.resume(keyword, at, tokens.end);
        if let Some(next) = next.filter(|next| *next <= at) {
            // The mistake belongs to what begins there, and is found again when that is read.
            self.diagnostics.truncate(errors);
            return (self.piece(rule, tokens.start..next, lower).ok(), next);
        }
        let end = next.unwrap_or(tokens.end);
        let begins_line = self.tokens.get(at).is_some_and(|token| token.first_on_line);
        if at <= keyword || at >= tokens.end || !begins_line {
            return (None, end);
        }
        let mistake = self.diagnostics.split_off(errors);
        let before = self.piece(rule, tokens.start..at, lower);
        if matches!(before, Err(Failure::Grammar(_))) {
            // It only lacks what the mistake stands for.
            self.diagnostics.truncate(errors);
        }
        self.diagnostics.extend(mistake);
        (before.ok(), end)
    }

    /// Where something new seems to begin, in or behind the line of the token that could not be taken:
    /// a line that is indented no further than the keyword, and continues nothing.
    fn resume(&self, keyword: usize, at: usize, end: usize) -> Option<usize> {
        let first_on_line = |at: &usize| self.tokens.get(*at).is_some_and(|one| one.first_on_line);
        let last = at.min(end.saturating_sub(1));
        let line = (keyword..=last).rev().find(first_on_line).unwrap_or(keyword);
        let mut depth = 0usize;
        for at in keyword..end {
            match self.kind(at)? {
                TokenKind::Open => depth += 1,
                TokenKind::Close => depth = depth.saturating_sub(1),
                TokenKind::Word | TokenKind::Symbol
                    if depth == 0
                        && at >= line.max(keyword + 1)
                        && first_on_line(&at)
                        && self.indent(at) <= self.indent(keyword)
                        && !self.continues(at) =>
                {
                    return Some(at);
                }
                _ => {}
            }
        }
        None
    }

    /// Whether a line that begins here goes on with the one above.
    fn continues(&self, at: usize) -> bool {
        let is_comma = |at: usize| {
            self.tokens
                .get(at)
                .is_some_and(|token| self.text.get(token.start..token.end) == Some(","))
        };
        CLAUSES.contains(&self.word(at)) || is_comma(at) || at.checked_sub(1).is_some_and(is_comma)
    }

    /// Hands a range of tokens to the grammar.
    fn piece<T>(
        &mut self,
        rule: Rule,
        tokens: Range<usize>,
        lower: impl FnOnce(&mut Lower, Pairs<'_, Rule>) -> Option<T>,
    ) -> Result<T, Failure> {
        let start = self.tokens.get(tokens.start).map_or(self.text.len(), |token| token.start);
        let last = tokens.end.checked_sub(1).and_then(|last| self.tokens.get(last));
        let end = last.map_or(start, |token| token.end).max(start);
        let text = self.text.get(start..end).unwrap_or("");
        if text.len() > self.limits.statement_bytes {
            let (found, limit) = (text.len(), self.limits.statement_bytes);
            let message = format!("a statement of {found} bytes, the limit is {limit}");
            let diagnostic = Diagnostic::new(Code::StatementSize, message);
            let place = self.token_span(tokens.start);
            self.diagnostics.push(
                diagnostic
                    .at(place, "begins here")
                    .help("split it; large sets can be several groups"),
            );
            return Err(Failure::Meaning);
        }
        match MamParser::parse(rule, text) {
            Ok(pairs) => {
                let mut lowering = Lower::new(self.source, start);
                let lowered = lower(&mut lowering, pairs);
                self.diagnostics.append(&mut lowering.diagnostics);
                lowered.ok_or(Failure::Meaning)
            }
            Err(error) => {
                let offset = match error.location {
                    pest::error::InputLocation::Pos(at) => at,
                    pest::error::InputLocation::Span((at, _)) => at,
                };
                let at = (tokens.clone())
                    .find(|at| self.tokens.get(*at).is_some_and(|token| token.end > start + offset))
                    .unwrap_or(tokens.end);
                // A string that does not end takes what follows with it.
                let unclosed = |at: &usize| self.kind(*at) == Some(TokenKind::UnclosedString);
                let behind = tokens.end.min(at.saturating_add(1));
                let at = (tokens.start..behind).find(unclosed).unwrap_or(at);
                let view =
                    error::View { text: self.text, source: self.source, tokens: &self.tokens };
                self.diagnostics.push(view.explain(&error, rule, tokens, at));
                Err(Failure::Grammar(at))
            }
        }
    }

    // ------------------------------------------------------------ mistakes of structure

    /// The bracket at `open` is not closed before the token at `end` needs it to be.
    fn unclosed(&mut self, open: usize, end: usize) {
        let place = self.token_span(open);
        let (opening, closing) = match self.text.get(place.start as usize..) {
            Some(text) if text.starts_with('[') => ('[', ']'),
            _ => ('{', '}'),
        };
        let message = format!("`{opening}` is never closed");
        let mut diagnostic = Diagnostic::new(Code::UnclosedBrace, message).at(place, "opened here");
        let end = self.skip_docs(end);
        if end < self.tokens.len() {
            diagnostic = diagnostic.at(self.token_span(end), "something new begins here");
        }
        self.diagnostics.push(diagnostic.help(format!("write `{closing}` where it ends")));
    }

    /// A bracket that closes nothing. Behind statements that stand outside of policies, it may be the
    /// end of the policy that they were meant to stand in.
    fn stray_brace(&mut self, at: usize) {
        if std::mem::take(&mut self.astray) {
            return;
        }
        let place = self.token_span(at);
        let found = self.text.get(place.start as usize..place.end as usize).unwrap_or("}");
        let diagnostic = Diagnostic::new(Code::StrayBrace, format!("`{found}` closes nothing"));
        self.diagnostics.push(diagnostic.at(place, "no bracket is open here").help("remove it"));
    }

    fn misplaced(&mut self, at: usize, message: impl Into<String>, help: &str) {
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

    /// Whether the file begins with a version that this crate cannot read: then nothing else in it is
    /// looked at.
    fn is_newer(&self) -> bool {
        let first = self.file.items.first().map(|item| &item.kind);
        matches!(first, Some(ItemKind::Version(number)) if number.value != LANGUAGE_VERSION)
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
                let diagnostic =
                    Diagnostic::new(Code::Misplaced, "the version does not come first");
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
