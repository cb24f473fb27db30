//! Table of the language's keywords.
//!
//! Gives out, for each keyword, its grammatical roles, whether it is reserved, and an example of its
//! use. All lists of keywords (where a statement begins, which words are no names, which word a
//! misspelt one was meant to be) are selections from this table; a test compares the table with
//! `grammar/mam.pest`. The words of [`crate::vocabulary`] and of the tree's own enums join the table
//! from there. Does not know texts and positions.

use std::collections::BTreeSet;

use super::ast::{AppTrait, IdKind, SetWord};
use crate::vocabulary::{Account, Channel};

/// The grammatical role of a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Opens a declaration.
    Declaration,
    /// Opens a clause of a policy's head.
    Head,
    /// Opens a statement of a policy's body.
    Statement,
    /// Opens a clause of a scope.
    Clause,
    /// Joins or qualifies parts of a list.
    Connective,
    /// Continues a phrase that another keyword opens.
    Particle,
    /// Is a channel.
    Channel,
    /// Stands for a set of endpoints.
    Set,
    /// Is an account.
    Account,
    /// Opens a line of an app.
    AppEntry,
    /// Is a kind of requirement.
    Requirement,
    /// Is a field of a requirement.
    Field,
}

impl Role {
    const ALL: [Self; 12] = [
        Self::Declaration,
        Self::Head,
        Self::Statement,
        Self::Clause,
        Self::Connective,
        Self::Particle,
        Self::Channel,
        Self::Set,
        Self::Account,
        Self::AppEntry,
        Self::Requirement,
        Self::Field,
    ];

    /// The noun for words of this role in messages; `None` if messages quote the word itself.
    pub(super) const fn noun(self) -> Option<&'static str> {
        Some(match self {
            Self::Declaration => noun::DECLARATION,
            Self::Head | Self::Statement => noun::STATEMENT,
            Self::Clause => noun::CLAUSE,
            Self::Channel => noun::CHANNEL,
            Self::Set => noun::SET,
            Self::Account => noun::ACCOUNT,
            Self::AppEntry => noun::APP_ENTRY,
            Self::Requirement => noun::REQUIREMENT,
            Self::Field => noun::FIELD,
            Self::Connective | Self::Particle => return None,
        })
    }

    /// The words of this role, in the order of suggestions.
    fn words(self) -> Vec<&'static str> {
        match self {
            Self::Channel => {
                std::iter::once("any").chain(Channel::ALL.iter().map(|one| one.word())).collect()
            }
            Self::Account => Account::ALL.iter().map(|one| one.word()).chain(["any"]).collect(),
            Self::Set => SetWord::ALL.iter().map(|one| one.word()).collect(),
            Self::AppEntry => {
                let kinds = IdKind::ALL.iter().map(|one| one.word());
                kinds.chain(AppTrait::ALL.iter().map(|one| one.word())).collect()
            }
            _ => {
                let rows = KEYWORDS.iter().filter(|row| row.roles.has(self));
                rows.map(|row| row.word).collect()
            }
        }
    }
}

/// The nouns for groups of keywords, as messages list them.
pub(super) mod noun {
    pub(in crate::syntax) const DECLARATION: &str = "a declaration";
    pub(in crate::syntax) const STATEMENT: &str = "a statement";
    pub(in crate::syntax) const CLAUSE: &str = "a clause";
    pub(in crate::syntax) const CHANNEL: &str = "a channel";
    pub(in crate::syntax) const SET: &str = "a set of apps or storages";
    pub(in crate::syntax) const ACCOUNT: &str = "an account";
    pub(in crate::syntax) const APP_ENTRY: &str = "a line of the app";
    pub(in crate::syntax) const REQUIREMENT: &str = "a requirement";
    pub(in crate::syntax) const FIELD: &str = "a field";
}

/// A set of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Roles(u16);

impl Roles {
    const fn and(self, role: Role) -> Self {
        Self(self.0 | 1 << role as u16)
    }

    const fn has(self, role: Role) -> bool {
        self.0 & 1 << role as u16 != 0
    }

    /// Whether the word opens a declaration wherever it begins a line. `expect` does not: it may
    /// open a statement.
    pub(super) const fn opens_declaration(self) -> bool {
        self.has(Role::Declaration) && !self.has(Role::Statement)
    }

    /// Whether the word opens a clause of a policy's head.
    pub(super) const fn opens_head_clause(self) -> bool {
        self.has(Role::Head)
    }

    /// Whether the word opens a statement and never continues one.
    pub(super) const fn opens_statement(self) -> bool {
        (self.has(Role::Head) || self.has(Role::Statement)) && !self.has(Role::Clause)
    }

    /// Whether the word opens a statement, perhaps only in a policy's head.
    pub(super) const fn may_open_statement(self) -> bool {
        self.has(Role::Head) || self.has(Role::Statement)
    }

    /// Whether a line that begins with the word continues the statement above.
    pub(super) const fn continues_statement(self) -> bool {
        self.has(Role::Clause) || self.has(Role::Connective)
    }
}

/// A row of the table.
struct Keyword {
    word: &'static str,
    roles: Roles,
    is_reserved: bool,
    /// A phrase that the word opens, for help texts.
    example: Option<&'static str>,
}

/// A reserved keyword.
const fn word(word: &'static str, role: Role) -> Keyword {
    Keyword { word, roles: Roles(0).and(role), is_reserved: true, example: None }
}

/// A keyword that may be a name elsewhere.
const fn contextual(word: &'static str, role: Role) -> Keyword {
    Keyword { word, roles: Roles(0).and(role), is_reserved: false, example: None }
}

impl Keyword {
    const fn and(self, role: Role) -> Self {
        Self { roles: self.roles.and(role), ..self }
    }

    const fn example(self, text: &'static str) -> Self {
        Self { example: Some(text), ..self }
    }
}

const KEYWORDS: &[Keyword] = {
    use Role::{Clause, Connective, Declaration, Field, Head, Particle, Requirement, Statement};
    &[
        word("mam", Declaration).example("mam 1"),
        word("use", Declaration).example("use microsoft"),
        word("tenant", Declaration).example("tenant contoso \"contoso.com\""),
        word("app", Declaration)
            .example("app salesforce \"Salesforce\" { ios \"com.salesforce.chatter\" }"),
        word("storage", Declaration).example("storage archive \"The archive\" corporate"),
        word("group", Declaration).example("group office = outlook, word"),
        word("users", Declaration).example("users staff \"Employees\""),
        word("filter", Declaration).example("filter own-phones \"Personally owned\""),
        word("policy", Declaration).example("policy baseline \"Company data\" { … }"),
        word("for", Head).and(Clause).example("for staff except contractors"),
        word("on", Head).and(Clause).example("on ios, android"),
        word("devices", Head).and(Clause).example("devices unmanaged"),
        word("protect", Head).example("protect outlook, word"),
        word("yields", Head).example("yields to baseline"),
        word("otherwise", Head).example("otherwise block"),
        word("allow", Statement).example("allow share to managed"),
        word("block", Statement).example("block save to personal-storage"),
        word("accept", Statement).example("accept share from salesforce"),
        word("refuse", Statement).example("refuse open from personal-storage"),
        word("require", Statement).example("require pin { length 6  recheck 30 minutes }"),
        word("launch", Statement).example("launch wipe when offline > 90 days"),
        word("setting", Statement).example("setting \"priority\" = 1"),
        word("expect", Statement).and(Declaration).example("expect block share to unmanaged"),
        word("from", Clause).example("from salesforce"),
        word("to", Clause).example("to managed"),
        word("because", Clause).example("because \"Ask the security office\""),
        word("by", Clause).example("by share, save"),
        word("avoiding", Clause).example("avoiding salesforce"),
        word("up", Clause).example("up to 50 characters"),
        word("without", Clause).example("without content"),
        word("tagged", Clause).example("tagged work"),
        word("app-wide", Clause),
        word("except", Connective),
        word("and", Connective),
        word("matching", Connective).example("matching own-phones"),
        word("as", Connective).example("as work"),
        word("deployed", Connective),
        word("exactly", Particle),
        word("none", Particle),
        word("report-only", Particle),
        contextual("unconfirmed", Particle),
        contextual("no", Particle),
        contextual("path", Particle),
        word("when", Particle).example("when offline > 90 days"),
        word("not", Particle),
        contextual("rest", Particle),
        contextual("unknown", Particle),
        contextual("in", Particle),
        contextual("then", Particle).example("attempts 5 then reset"),
        contextual("pin", Requirement),
        contextual("credentials", Requirement),
        contextual("encryption", Requirement),
        contextual("length", Field),
        contextual("kind", Field),
        contextual("simple", Field),
        contextual("attempts", Field),
        contextual("history", Field),
        contextual("expires", Field),
        contextual("recheck", Field),
        contextual("biometrics", Field),
        contextual("biometrics-override", Field),
        contextual("biometrics-class", Field),
        contextual("biometrics-change", Field),
        contextual("skip-with-device-pin", Field),
        contextual("class", Field),
    ]
};

fn row(word: &str) -> Option<&'static Keyword> {
    KEYWORDS.iter().find(|row| row.word == word)
}

/// The roles of a word in declarations, statements and clauses; none for names and vocabulary.
pub(super) fn roles(word: &str) -> Roles {
    row(word).map_or(Roles::default(), |row| row.roles)
}

/// Whether a word is reserved and cannot be a name.
#[must_use]
pub fn is_reserved(word: &str) -> bool {
    row(word).is_some_and(|row| row.is_reserved)
        || Channel::from_word(word).is_some()
        || SetWord::from_word(word).is_some()
        || Account::from_word(word).is_some()
}

/// The words whose role messages call by a noun, in the order of suggestions.
pub(super) fn words_called(noun: &str) -> impl Iterator<Item = &'static str> {
    let roles = Role::ALL.into_iter().filter(move |role| role.noun() == Some(noun));
    roles.flat_map(Role::words)
}

/// Every keyword once, by its first role. For highlighters and completion.
///
/// ```
/// let words: Vec<_> = mam::syntax::keywords().collect();
/// assert!(words.contains(&"protect") && words.contains(&"share"));
/// ```
pub fn keywords() -> impl Iterator<Item = &'static str> {
    let mut known = BTreeSet::new();
    Role::ALL.into_iter().flat_map(Role::words).filter(move |word| known.insert(*word))
}

/// The words that open a declaration and nothing else.
pub(crate) fn declarations() -> impl Iterator<Item = &'static str> {
    KEYWORDS.iter().filter(|row| row.roles.opens_declaration()).map(|row| row.word)
}

/// The words that may open a statement, those of a policy's head first.
pub(crate) fn statements() -> impl Iterator<Item = &'static str> {
    KEYWORDS.iter().filter(|row| row.roles.may_open_statement()).map(|row| row.word)
}

/// Whether a word opens a clause of a policy's head.
#[cfg(feature = "lsp")]
pub(crate) fn opens_head_clause(word: &str) -> bool {
    roles(word).opens_head_clause()
}

/// An example of the declaration, statement or clause that a word opens.
#[must_use]
pub fn example(word: &str) -> Option<&'static str> {
    row(word)?.example
}

/// An example of the clause or phrase that a word opens; `None` for words that open a statement.
pub(super) fn clause_example(word: &str) -> Option<&'static str> {
    let is_inside = |row: &&Keyword| !row.roles.opens_statement() && !row.roles.opens_declaration();
    row(word).filter(is_inside)?.example
}

/// Advice on a word or symbol of other languages that stands where this language has another one.
pub(super) fn foreign(found: &str) -> Option<&'static str> {
    Some(match found {
        "==" => "only `group` and `setting` take a `=`, and a single one",
        "=" => "only `group` and `setting` take a `=`; leave it out",
        "and" | "&&" | "&" => {
            "write `,` between the parts of a list; `and` stands between groups of people \
             only: `for a and b` means those who are in both"
        }
        "or" | "||" | "|" => "write `,` between the parts of a list",
        ";" => "statements need no mark at their end; leave it out",
        ":" => "leave it out: keywords and values stand side by side",
        "!" | "!=" | "not" => "write `except` behind a set to leave something out",
        "'" | "`" | "“" | "”" => "write strings in double quotes, and names without quotes",
        "#" => "comments begin with `//`",
        "/" => "comments begin with `//` and end with their line",
        "(" | ")" => "sets have no parentheses; name a part with `group NAME = …`",
        "*" => "write `any`",
        "->" | "=>" | "→" | ">" | "into" | "onto" => "write `to`",
        "deny" | "forbid" | "prohibit" | "disallow" => {
            "write `block`, or `refuse` for data that comes in"
        }
        "permit" | "grant" => "write `allow`, or `accept` for data that comes in",
        "all" | "everything" | "everyone" | "everybody" => "write `any`",
        "if" => "rules have no `if`; use `for`, `on` and `devices`",
        "but" | "unless" | "excluding" | "besides" | "minus" => "write `except`",
        "user" => "write `users` to declare a group of people, and `for` to refer to one",
        "paste" | "cut" => "write `copy`",
        "screenshot" | "screenshots" => "write `capture`",
        "keyboard" => "write `type`",
        "import" | "include" | "load" => "write `use`",
        "application" => "write `app`",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::RuleEffect;

    const GRAMMAR: &str = include_str!("../../grammar/mam.pest");

    /// The string literals of one grammar rule that are words.
    fn literals(rule: &str) -> BTreeSet<&'static str> {
        let mut lines = GRAMMAR.lines();
        let opening = lines.find(|line| {
            let name = line.split_once('=').map(|(name, _)| name.trim());
            name == Some(rule) && !line.starts_with("//")
        });
        let opening = opening.unwrap_or_else(|| panic!("no rule `{rule}`"));
        let next = lines.take_while(|line| line.starts_with(' ') || line.starts_with('}'));
        let body = std::iter::once(opening).chain(next);
        let quoted = body.flat_map(|line| line.split('"').skip(1).step_by(2));
        quoted.filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase())).collect()
    }

    fn words_of(roles: &[Role]) -> BTreeSet<&'static str> {
        roles.iter().flat_map(|role| role.words()).collect()
    }

    #[test]
    fn reserved_words_are_those_of_the_grammar() {
        let reserved = literals("reserved");
        assert!(reserved.len() > 50, "{reserved:?}");
        let vocabulary = words_of(&[Role::Channel, Role::Set, Role::Account]);
        let rows = KEYWORDS.iter().filter(|row| row.is_reserved).map(|row| row.word);
        let ours: BTreeSet<_> = rows.chain(vocabulary).collect();
        assert_eq!(ours, reserved);
        assert!(ours.into_iter().all(is_reserved));
        assert!(!is_reserved("pin") && !is_reserved("staff") && !is_reserved(""));
    }

    #[test]
    fn every_keyword_of_the_grammar_has_a_row() {
        let tokens = GRAMMAR.lines().filter_map(|line| {
            let (name, literal) = line.strip_prefix("kw_")?.split_once('=')?;
            Some((name.trim(), literal.split('"').nth(1)?))
        });
        let mut count = 0;
        for (name, literal) in tokens {
            assert_eq!(name.replace('_', "-"), literal);
            assert!(row(literal).is_some() || is_reserved(literal), "`{literal}` has no row");
            count += 1;
        }
        assert!(count > 35, "{count}");
    }

    #[test]
    fn roles_are_those_of_the_grammar() {
        assert_eq!(literals("channel"), words_of(&[Role::Channel]));
        assert_eq!(literals("set_word"), words_of(&[Role::Set]));
        assert_eq!(literals("account"), words_of(&[Role::Account]));
        assert_eq!(literals("field_name"), words_of(&[Role::Field]));
        let traits = AppTrait::ALL.iter().map(|one| one.word());
        let mut entries: BTreeSet<_> = literals("id_kind");
        for word in traits {
            let rule = format!("trait_{}", word.replace('-', "_"));
            assert_eq!(literals(&rule), BTreeSet::from([word]));
            entries.insert(word);
        }
        assert_eq!(entries, words_of(&[Role::AppEntry]));
        for effect in literals("effect") {
            assert!(roles(effect).opens_statement() && RuleEffect::from_word(effect).is_some());
        }
    }

    #[test]
    fn no_word_has_two_rows() {
        let words: BTreeSet<_> = KEYWORDS.iter().map(|row| row.word).collect();
        assert_eq!(words.len(), KEYWORDS.len());
    }

    #[test]
    fn examples_begin_with_their_word() {
        for row in KEYWORDS.iter().filter(|row| row.word != "then") {
            let first = row.example.map(|text| text.split(' ').next().unwrap());
            assert!(first.is_none_or(|first| first == row.word), "{}", row.word);
        }
    }
}
