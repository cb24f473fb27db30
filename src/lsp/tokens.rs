//! Semantic tokens: the kind of each word in its place.

use std::collections::BTreeMap;
use std::ops::Range;

use lsp_types::{
    SemanticToken, SemanticTokenModifier, SemanticTokenType, SemanticTokens, SemanticTokensLegend,
};

use super::places::bytes_of;
use super::view::{View, name_of};
use crate::model::built_in_names;
use crate::syntax::ast::File;
use crate::syntax::{NameRole, SymbolKind, TokenKind, keywords, occurrences, scan};
use crate::vocabulary::{Account, Channel, SetWord};

/// The types of tokens. Their numbers are their places in [`legend`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Keyword,
    Channel,
    Word,
    Tenant,
    App,
    Storage,
    Group,
    Users,
    Filter,
    Policy,
    Name,
    Property,
    Constant,
    String,
    Number,
    Comment,
}

/// The types and modifiers of tokens, as the editor is told of them.
pub(super) fn legend() -> SemanticTokensLegend {
    let types = vec![
        SemanticTokenType::KEYWORD,
        SemanticTokenType::METHOD,
        SemanticTokenType::MACRO,
        SemanticTokenType::NAMESPACE,
        SemanticTokenType::CLASS,
        SemanticTokenType::STRUCT,
        SemanticTokenType::TYPE,
        SemanticTokenType::ENUM,
        SemanticTokenType::TYPE_PARAMETER,
        SemanticTokenType::FUNCTION,
        SemanticTokenType::VARIABLE,
        SemanticTokenType::PROPERTY,
        SemanticTokenType::ENUM_MEMBER,
        SemanticTokenType::STRING,
        SemanticTokenType::NUMBER,
        SemanticTokenType::COMMENT,
    ];
    let modifiers = vec![
        SemanticTokenModifier::DECLARATION,
        SemanticTokenModifier::DEFAULT_LIBRARY,
        SemanticTokenModifier::DOCUMENTATION,
    ];
    SemanticTokensLegend { token_types: types, token_modifiers: modifiers }
}

const DECLARATION: u32 = 1;
const BUILT_IN: u32 = 2;
const DOCUMENTATION: u32 = 4;

/// The tokens of the document, or of some bytes of it.
pub(super) fn tokens(view: &View<'_>, within: Option<Range<usize>>) -> Option<SemanticTokens> {
    let file = &view.document.parsed()?.file;
    let text = view.document.text.text();
    let classifier = TokenClassifier::new(view, file);
    let scanned = scan(text);
    let comments = scanned.comments.into_iter().map(|(bytes, _)| (bytes, Type::Comment, 0));
    let tokens = scanned.tokens.into_iter().filter_map(|token| {
        let bytes = token.start..token.end;
        let (kind, modifiers) =
            classifier.kind(token.kind, text.get(bytes.clone())?, token.start)?;
        Some((bytes, kind, modifiers))
    });
    let mut found: Vec<_> = comments.chain(tokens).collect();
    found.retain(|(bytes, ..)| {
        within.as_ref().is_none_or(|it| bytes.start < it.end && it.start < bytes.end)
    });
    found.sort_by_key(|(bytes, ..)| bytes.start);
    Some(SemanticTokens { result_id: None, data: encoded(view, found) })
}

/// Tokens in the form of the protocol: each relative to the one before.
fn encoded(view: &View<'_>, found: Vec<(Range<usize>, Type, u32)>) -> Vec<SemanticToken> {
    let text = &view.document.text;
    let (mut line, mut column) = (0, 0);
    let encode = |(bytes, kind, modifiers): (Range<usize>, Type, u32)| {
        let start = text.position(bytes.start);
        let delta_line = start.line - line;
        let delta_start = if delta_line == 0 { start.character - column } else { start.character };
        (line, column) = (start.line, start.character);
        SemanticToken {
            delta_line,
            delta_start,
            length: text.length(bytes),
            token_type: kind as u32,
            token_modifiers_bitset: modifiers,
        }
    };
    found.into_iter().map(encode).collect()
}

/// The classifier of the tokens of a file.
struct TokenClassifier<'f> {
    /// The role of each name and word of the tree, by its first byte.
    roles: BTreeMap<usize, NameRole>,
    /// The kinds of the names of the set.
    kinds: BTreeMap<&'f str, SymbolKind>,
}

impl<'f> TokenClassifier<'f> {
    fn new(view: &View<'f>, file: &'f File) -> Self {
        let roles =
            occurrences(file).iter().map(|one| (bytes_of(one.span).start, one.role)).collect();
        let others = view.checked().map(|checked| checked.files()).unwrap_or_default();
        let items = others.iter().chain([file]).flat_map(|file| &file.items);
        let kinds = items.filter_map(|item| name_of(item).map(|(kind, (name, _))| (name, kind)));
        Self { roles, kinds: kinds.collect() }
    }

    fn kind(&self, token: TokenKind, text: &str, start: usize) -> Option<(Type, u32)> {
        match token {
            TokenKind::Doc => Some((Type::Comment, DOCUMENTATION)),
            TokenKind::String | TokenKind::UnclosedString => Some((Type::String, 0)),
            TokenKind::Word => Some(match self.roles.get(&start) {
                Some(role) => self.of_role(*role, text),
                None => self.of_word(text),
            }),
            TokenKind::Open | TokenKind::Close | TokenKind::Symbol | TokenKind::Hidden => None,
        }
    }

    fn of_role(&self, role: NameRole, text: &str) -> (Type, u32) {
        match role {
            NameRole::Declares(kind) => (of_symbol(kind), DECLARATION),
            NameRole::Endpoint | NameRole::People | NameRole::Filter | NameRole::Policy => {
                self.of_name(text)
            }
            NameRole::Catalogue => (Type::Tenant, BUILT_IN),
            NameRole::Constant => (Type::Constant, 0),
            NameRole::Requirement => (Type::Word, BUILT_IN),
            NameRole::Field | NameRole::Fact => (Type::Property, 0),
            NameRole::Action => (Type::Keyword, 0),
            NameRole::Value if text.starts_with(|c: char| c.is_ascii_digit()) => (Type::Number, 0),
            NameRole::Value => (Type::Constant, 0),
        }
    }

    fn of_name(&self, text: &str) -> (Type, u32) {
        match self.kinds.get(text) {
            Some(kind) => (of_symbol(*kind), 0),
            None if built_in_names().any(|name| name == text) => (Type::App, BUILT_IN),
            None => (Type::Name, 0),
        }
    }

    /// A word that the tree has no name for: a keyword, a number, or a name in a statement with a mistake.
    fn of_word(&self, text: &str) -> (Type, u32) {
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            (Type::Number, 0)
        } else if Channel::from_word(text).is_some() {
            (Type::Channel, 0)
        } else if SetWord::from_word(text).is_some() || Account::from_word(text).is_some() {
            (Type::Word, 0)
        } else if self.kinds.contains_key(text) {
            self.of_name(text)
        } else if keywords().any(|word| word == text)
            || matches!(text, "characters" | "character" | "content")
        {
            (Type::Keyword, 0)
        } else {
            (Type::Name, 0)
        }
    }
}

const fn of_symbol(kind: SymbolKind) -> Type {
    match kind {
        SymbolKind::Tenant => Type::Tenant,
        SymbolKind::App => Type::App,
        SymbolKind::Storage => Type::Storage,
        SymbolKind::Group => Type::Group,
        SymbolKind::Users => Type::Users,
        SymbolKind::Filter => Type::Filter,
        SymbolKind::Policy => Type::Policy,
    }
}
