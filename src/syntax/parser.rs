//! Parser: a file, declaration by declaration and statement by statement.
//!
//! Takes in a source, gives out its tree and diagnostics. Cuts the text into pieces at the boundaries
//! that [`super::recover`] finds, and hands each piece to the grammar on its own, so that every
//! mistake is reported and every correct statement is kept. Does not know the syntax inside a piece.

use std::ops::Range;

use pest::Parser as _;
use pest::iterators::Pairs;

use super::ast::{
    AccessScope, Comment, ExpectAccess, File, Item, ItemKind, Name, Policy, Scope, Statement,
};
use super::explain::explain;
use super::grammar::{MamParser, Rule};
use super::lower::Lower;
use super::parse_cache::{ParseCache, Piece};
use super::recover;
use super::scan::{TokenKind, scan};
use super::tokens::Tokens;
use super::{precheck, structure, version};
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::Limits;
use crate::source::{SourceId, Sources};

/// Parses a file.
///
/// Declarations and statements with syntax errors are missing from the tree, and a diagnostic
/// reports each. Without errors, the tree is complete. Hidden characters in strings and comments are
/// warnings.
#[must_use]
pub fn parse(sources: &Sources, id: SourceId, limits: &Limits) -> (File, Vec<Diagnostic>) {
    parse_cached(sources, id, limits, None)
}

/// Parses a file likewise; if there is a cache, trees of declarations and statements are taken from it and kept there.
pub(crate) fn parse_cached(
    sources: &Sources,
    id: SourceId,
    limits: &Limits,
    cache: Option<&ParseCache>,
) -> (File, Vec<Diagnostic>) {
    let mut parser = Parser { cache, ..Parser::new(sources, id, limits) };
    if parser.diagnostics.is_empty() {
        parser.file();
    }
    parser.diagnostics.append(&mut parser.warnings);
    (parser.file, parser.diagnostics)
}

/// Parses the scope of a path query: a scope that may have an `avoiding` clause, or the text behind
/// `expect no path`.
///
/// The scope is `None` if and only if there are errors.
#[must_use]
pub fn parse_chain(
    sources: &Sources,
    id: SourceId,
    limits: &Limits,
) -> (Option<Scope>, Vec<Diagnostic>) {
    parse_query(sources, id, limits, Rule::one_chain)
}

/// Parses the scope of a query: channels and clauses without limits.
///
/// The scope is `None` if and only if there are errors.
#[must_use]
pub fn parse_scope(
    sources: &Sources,
    id: SourceId,
    limits: &Limits,
) -> (Option<Scope>, Vec<Diagnostic>) {
    parse_query(sources, id, limits, Rule::one_scope)
}

/// Parses a scope of accesses: `launch` and clauses.
///
/// The scope is `None` if and only if there are errors.
#[must_use]
pub fn parse_access(
    sources: &Sources,
    id: SourceId,
    limits: &Limits,
) -> (Option<AccessScope>, Vec<Diagnostic>) {
    parse_alone(sources, id, limits, Rule::one_access, Lower::access_query)
}

/// Parses a claim about accesses: the text behind `expect`, such as `require pin launch outlook`.
///
/// The claim is `None` if and only if there are errors.
#[must_use]
pub fn parse_access_claim(
    sources: &Sources,
    id: SourceId,
    limits: &Limits,
) -> (Option<ExpectAccess>, Vec<Diagnostic>) {
    parse_alone(sources, id, limits, Rule::one_access_claim, Lower::access_claim)
}

fn parse_query(
    sources: &Sources,
    id: SourceId,
    limits: &Limits,
    rule: Rule,
) -> (Option<Scope>, Vec<Diagnostic>) {
    parse_alone(sources, id, limits, rule, Lower::query)
}

/// Parses a text that is one piece.
fn parse_alone<T>(
    sources: &Sources,
    id: SourceId,
    limits: &Limits,
    rule: Rule,
    lower: fn(&mut Lower, Pairs<'_, Rule>) -> Option<T>,
) -> (Option<T>, Vec<Diagnostic>) {
    let mut parser = Parser::new(sources, id, limits);
    if !parser.diagnostics.is_empty() {
        return (None, parser.diagnostics);
    }
    let all = 0..parser.tokens.len();
    let scope = parser.piece(rule, all, lower);
    parser.diagnostics.append(&mut parser.warnings);
    (scope.ok(), parser.diagnostics)
}

/// The reason why a piece of text has no tree; its diagnostics are recorded.
enum Failure {
    /// The grammar refused this token.
    Grammar(usize),
    /// The grammar accepted the piece, but a number, escape or clause in it is invalid.
    Lowering,
}

struct Parser<'a> {
    tokens: Tokens<'a>,
    limits: &'a Limits,
    file: File,
    diagnostics: Vec<Diagnostic>,
    /// The warnings about texts: they keep nothing from being parsed.
    warnings: Vec<Diagnostic>,
    /// Whether the last piece was a statement outside of policies.
    outside_policy: bool,
    /// The trees that were parsed before.
    cache: Option<&'a ParseCache>,
}

impl<'a> Parser<'a> {
    /// A parser at the start of a source, with diagnostics if the source exceeds a limit.
    fn new(sources: &'a Sources, source: SourceId, limits: &'a Limits) -> Self {
        let text: &str = sources.get(source).map_or("", |source| source.text());
        let too_large = precheck::check_size(text, source, limits);
        let scanned = if too_large.is_none() { scan(text) } else { Default::default() };
        let tokens = Tokens::new(text, source, scanned.tokens);
        let warnings = precheck::hidden_characters(&tokens, &scanned.comments, limits);
        let comments = scanned.comments.into_iter().map(|(bytes, trailing)| Comment {
            text: text.get(bytes.clone()).unwrap_or("").to_owned(),
            span: tokens.span_of(bytes.start, bytes.end),
            trailing,
        });
        let comments = comments.collect();
        let file = File { source, items: Vec::new(), comments, broken: Vec::new() };
        let diagnostics = match too_large {
            Some(diagnostic) => vec![diagnostic],
            None => precheck::check_tokens(&tokens, limits),
        };
        Self { tokens, limits, file, diagnostics, warnings, outside_policy: false, cache: None }
    }

    // ------------------------------------------------------------ declarations

    fn file(&mut self) {
        let mut at = 0;
        while at < self.tokens.len() && !self.is_full() {
            at = self.item(at);
            if version::is_unknown(&self.file) {
                break;
            }
        }
        let is_unreadable = self.tokens.word(0) == "mam";
        self.diagnostics.extend(version::check(&self.file, self.tokens.span(0), is_unreadable));
    }

    /// Parses the declaration that begins at token `start`; gives the token behind it.
    fn item(&mut self, start: usize) -> usize {
        let keyword = self.tokens.skip_docs(start);
        if keyword >= self.tokens.len() {
            self.diagnostics.push(structure::misplaced_doc(&self.tokens, start, "a declaration"));
            return keyword;
        }
        if self.tokens.kind(keyword) == Some(TokenKind::Close) {
            self.stray_bracket(keyword);
            return keyword + 1;
        }
        let is_expectation = self.tokens.word(keyword) == "expect";
        let is_statement = self.tokens.roles(keyword).may_open_statement();
        let opens = recover::opens_declaration(&self.tokens, keyword);
        if !is_expectation && (is_statement || self.outside_policy && !opens) {
            return self.statement_outside_policy(start, keyword);
        }
        self.outside_policy &= is_expectation;
        if recover::opens_policy(&self.tokens, keyword) {
            return self.policy(start, keyword);
        }
        self.declaration(start, keyword)
    }

    /// Parses a declaration that is no policy.
    fn declaration(&mut self, start: usize, keyword: usize) -> usize {
        let extent = recover::declaration(&self.tokens, keyword);
        let is_bracket = |at: &usize| self.tokens.kind(*at) == Some(TokenKind::Open);
        if let Some(open) = extent.unclosed.filter(is_bracket) {
            self.diagnostics.push(structure::unclosed(&self.tokens, open, extent.end));
            self.note_broken(keyword);
            return extent.end;
        }
        let (item, end) = self.resumable(Rule::one_item, start..extent.end, keyword, Lower::item);
        match item {
            Some(item) => self.file.items.push(item),
            None => self.note_broken(keyword),
        }
        end
    }

    /// Reports a statement outside of policies. One mistake, such as a surplus brace, brings many of
    /// them in a row; only the first is reported.
    fn statement_outside_policy(&mut self, start: usize, keyword: usize) -> usize {
        if !self.outside_policy {
            self.diagnostics.push(structure::outside_policy(&self.tokens, keyword));
        }
        self.outside_policy = true;
        self.statement(start, &mut Vec::new())
    }

    /// Whether as many mistakes as the limit are found. Parsing stops there.
    fn is_full(&self) -> bool {
        self.diagnostics.len() >= self.limits.diagnostics
    }

    /// Records the name of a declaration with a syntax error.
    fn note_broken(&mut self, keyword: usize) {
        self.file.broken.extend(self.name(keyword + 1));
    }

    /// The name at a token, if a word is there.
    fn name(&self, at: usize) -> Option<Name> {
        let text = self.tokens.word(at);
        (!text.is_empty()).then(|| Name { text: text.to_owned(), span: self.tokens.span(at) })
    }

    // ------------------------------------------------------------ policies

    /// Parses the policy at `keyword`, its opening and its body apart.
    fn policy(&mut self, start: usize, keyword: usize) -> usize {
        let recover::Opening { last, has_brace } = recover::policy_opening(&self.tokens, keyword);
        let opening = self.piece(Rule::one_policy_head, start..last + 1, Lower::policy_head);
        let errors = self.diagnostics.len();
        // Without a brace, only a statement tells that there is a body.
        let has_body = has_brace || self.tokens.roles(last + 1).may_open_statement();
        let (body, close, end) =
            if has_body { self.body(keyword, last) } else { (Vec::new(), last, last + 1) };
        let complete = opening.is_ok() && self.diagnostics.len() == errors;
        // The body of an unreadable opening is checked like any other.
        let by_name = || self.name(keyword + 1).map(|name| (Vec::new(), Policy::empty(name)));
        let Some((docs, policy)) = opening.ok().or_else(by_name) else { return end };
        let policy = Policy { body, complete, ..policy };
        let span = self.tokens.span(keyword).to(self.tokens.span(close));
        self.file.items.push(Item { docs, span, kind: ItemKind::Policy(policy) });
        end
    }

    /// Parses the statements behind the brace at `open`; gives also the last token of the policy and
    /// the one behind it.
    fn body(&mut self, policy: usize, open: usize) -> (Vec<Statement>, usize, usize) {
        let mut statements = Vec::new();
        let mut at = open + 1;
        loop {
            let keyword = self.tokens.skip_docs(at);
            match self.tokens.kind(at) {
                Some(TokenKind::Close) => return (statements, at, at + 1),
                _ if self.is_full() => return (statements, at, at),
                Some(_) if !recover::opens_declaration_line(&self.tokens, keyword) => {
                    at = self.statement(at, &mut statements);
                }
                // A declaration that is indented further than the policy was meant to be in it.
                Some(_) if self.tokens.indent(keyword) > self.tokens.indent(policy) => {
                    self.diagnostics.push(structure::inside_policy(&self.tokens, keyword));
                    at = self.item(at);
                }
                _ => {
                    // The string that swallowed the brace is reported already.
                    if self.tokens.kind(open) == Some(TokenKind::Open) {
                        self.diagnostics.push(structure::unclosed(&self.tokens, open, at));
                    }
                    return (statements, at.saturating_sub(1), at);
                }
            }
        }
    }

    /// Parses the statement that begins at token `start`; gives the token behind it.
    fn statement(&mut self, start: usize, into: &mut Vec<Statement>) -> usize {
        let keyword = self.tokens.skip_docs(start);
        if matches!(self.tokens.kind(keyword), None | Some(TokenKind::Close)) {
            self.diagnostics.push(structure::misplaced_doc(&self.tokens, start, "a statement"));
            return keyword;
        }
        let extent = recover::statement(&self.tokens, keyword);
        if let Some(open) = extent.unclosed {
            self.diagnostics.push(structure::unclosed(&self.tokens, open, extent.end));
            return extent.end;
        }
        let tokens = start..extent.end;
        let (statement, end) =
            self.resumable(Rule::one_statement, tokens, keyword, Lower::statement);
        into.extend(statement);
        end
    }

    /// Reports a bracket that closes nothing. Behind statements outside of policies, it may end the
    /// policy that they were meant to be in, and is not reported.
    fn stray_bracket(&mut self, at: usize) {
        if !std::mem::take(&mut self.outside_policy) {
            self.diagnostics.push(structure::stray_bracket(&self.tokens, at));
        }
    }

    // ------------------------------------------------------------ pieces

    /// Parses a declaration or statement; gives the token behind it. After a mistake, parsing
    /// resumes where something new seems to begin: a misspelt keyword must spoil neither the piece
    /// above it nor the one below.
    fn resumable<T: Piece>(
        &mut self,
        rule: Rule,
        tokens: Range<usize>,
        keyword: usize,
        lower: fn(&mut Lower, Pairs<'_, Rule>) -> Option<T>,
    ) -> (Option<T>, usize) {
        if let Some(known) = self.known(&tokens) {
            return (Some(known), tokens.end);
        }
        let errors = self.diagnostics.len();
        let at = match self.piece(rule, tokens.clone(), lower) {
            Ok(lowered) => {
                if self.diagnostics.len() == errors {
                    self.keep(&tokens, &lowered);
                }
                return (Some(lowered), tokens.end);
            }
            Err(Failure::Lowering) => return (None, tokens.end),
            Err(Failure::Grammar(at)) => at,
        };
        let next = recover::resume(&self.tokens, keyword, at, tokens.end);
        if let Some(next) = next.filter(|next| *next <= at) {
            // The mistake is in the next piece, and is found again there.
            self.diagnostics.truncate(errors);
            return (self.piece(rule, tokens.start..next, lower).ok(), next);
        }
        let end = next.unwrap_or(tokens.end);
        if at <= keyword || at >= tokens.end || !self.tokens.begins_line(at) {
            return (None, end);
        }
        let mistake = self.diagnostics.split_off(errors);
        let before = self.piece(rule, tokens.start..at, lower);
        if matches!(before, Err(Failure::Grammar(_))) {
            // The piece only lacks the text that the mistake is about.
            self.diagnostics.truncate(errors);
        }
        self.diagnostics.extend(mistake);
        (before.ok(), end)
    }

    /// The tree of some tokens, if they were parsed before.
    fn known<T: Piece>(&self, tokens: &Range<usize>) -> Option<T> {
        let bytes = self.tokens.bytes(tokens);
        let text = self.tokens.text().get(bytes.clone())?;
        self.cache?.get(text, self.tokens.source(), bytes.start)
    }

    /// Keeps the tree of some tokens, in which there is no mistake.
    fn keep(&self, tokens: &Range<usize>, tree: &impl Piece) {
        let bytes = self.tokens.bytes(tokens);
        if let (Some(cache), Some(text)) = (self.cache, self.tokens.text().get(bytes.clone())) {
            cache.insert(text, bytes.start, tree);
        }
    }

    /// Parses a range of tokens by one rule of the grammar and lowers the result.
    fn piece<T>(
        &mut self,
        rule: Rule,
        tokens: Range<usize>,
        lower: impl FnOnce(&mut Lower, Pairs<'_, Rule>) -> Option<T>,
    ) -> Result<T, Failure> {
        let bytes = self.tokens.bytes(&tokens);
        let text = self.tokens.text().get(bytes.clone()).unwrap_or("");
        if text.len() > self.limits.statement_bytes {
            self.overlong(tokens.start, text.len());
            return Err(Failure::Lowering);
        }
        match MamParser::parse(rule, text) {
            Ok(pairs) => {
                let mut lowering = Lower::new(self.tokens.source(), bytes.start);
                let lowered = lower(&mut lowering, pairs);
                self.diagnostics.append(&mut lowering.diagnostics);
                lowered.ok_or(Failure::Lowering)
            }
            Err(error) => {
                let (diagnostic, at) = explain(&self.tokens, tokens, rule, &error);
                self.diagnostics.push(diagnostic);
                Err(Failure::Grammar(at))
            }
        }
    }

    fn overlong(&mut self, at: usize, bytes: usize) {
        let limit = self.limits.statement_bytes;
        let message = format!("a statement has {bytes} bytes, the limit is {limit}");
        let diagnostic = Diagnostic::new(Code::StatementSize, message);
        let diagnostic = diagnostic.at(self.tokens.span(at), "begins here");
        self.diagnostics.push(diagnostic.help("split it; large sets can be several groups"));
    }
}
