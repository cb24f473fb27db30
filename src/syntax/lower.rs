//! What the grammar matched, as AST.
//!
//! Takes in pest's pairs, gives out plain data. Trusts the grammar for everything that it
//! guarantees: a pair that could not be there is passed over, so nothing here can fail but numbers,
//! escapes and clauses that stand twice.

use std::collections::{BTreeMap, BTreeSet};

use pest::iterators::{Pair, Pairs};

use super::ast::*;
use super::grammar::Rule;
use super::parse::policy_without_body;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{SourceId, Span};

/// Turns the pairs of one piece of text into AST.
pub(super) struct Lower {
    source: SourceId,
    /// Where the piece begins in its file.
    base: usize,
    /// Mistakes that the grammar cannot see.
    pub(super) diagnostics: Vec<Diagnostic>,
}

type Node<'i> = Pair<'i, Rule>;
type Nodes<'i> = Pairs<'i, Rule>;

impl Lower {
    pub(super) fn new(source: SourceId, base: usize) -> Self {
        Self { source, base, diagnostics: Vec::new() }
    }

    /// The place of a node, without the blanks and comments that the grammar skips at its end.
    fn span(&self, node: &Node<'_>) -> Span {
        let offset = |at: usize| u32::try_from(self.base + at).unwrap_or(u32::MAX);
        let whole = node.as_span();
        let last = node.clone().into_inner().flatten().next_back();
        let end = last.map_or(whole.end(), |leaf| leaf.as_span().end());
        Span { source: self.source, start: offset(whole.start()), end: offset(end) }
    }

    fn spanned<T>(&self, value: T, node: &Node<'_>) -> Spanned<T> {
        Spanned { value, span: self.span(node) }
    }

    // ------------------------------------------------------------ entry points

    pub(super) fn item(&mut self, nodes: Nodes<'_>) -> Option<Item> {
        let mut docs = Vec::new();
        for node in nodes.flat_map(Pair::into_inner) {
            if node.as_rule() == Rule::doc {
                docs.push(self.doc(&node));
                continue;
            }
            let span = self.span(&node);
            return Some(Item { docs, span, kind: self.item_kind(node)? });
        }
        None
    }

    pub(super) fn policy_head(&mut self, nodes: Nodes<'_>) -> Option<(Vec<Text>, Policy)> {
        let mut docs = Vec::new();
        for node in nodes {
            match node.as_rule() {
                Rule::doc => docs.push(self.doc(&node)),
                Rule::policy_opening => return Some((docs, self.policy_opening(node)?)),
                _ => {}
            }
        }
        None
    }

    pub(super) fn statement(&mut self, nodes: Nodes<'_>) -> Option<Statement> {
        let mut docs = Vec::new();
        for node in nodes {
            match node.as_rule() {
                Rule::doc => docs.push(self.doc(&node)),
                Rule::statement => {
                    let span = self.span(&node);
                    let kind = self.statement_kind(node.into_inner().next()?)?;
                    return Some(Statement { docs, span, kind });
                }
                _ => {}
            }
        }
        None
    }

    pub(super) fn question(&mut self, mut nodes: Nodes<'_>) -> Option<Scope> {
        let node = nodes.next()?;
        self.scope(node.into_inner())
    }

    // ------------------------------------------------------------ declarations

    fn item_kind(&mut self, node: Node<'_>) -> Option<ItemKind> {
        let rule = node.as_rule();
        let mut children = node.into_inner();
        Some(match rule {
            Rule::version => ItemKind::Version(self.number(&find(&mut children, Rule::number)?)?),
            Rule::use_decl => ItemKind::Use(self.use_decl(children)?),
            Rule::tenant => ItemKind::Tenant(Tenant {
                name: self.name(&find(&mut children, Rule::name)?),
                domain: self.text(&find(&mut children, Rule::string)?)?,
            }),
            Rule::app => ItemKind::App(self.app(children)?),
            Rule::storage => ItemKind::Storage(self.storage(children)?),
            Rule::group => ItemKind::Group(Group {
                name: self.name(&find(&mut children, Rule::name)?),
                set: self.set(find(&mut children, Rule::set)?)?,
            }),
            Rule::users => {
                let name = self.name(&find(&mut children, Rule::name)?);
                let title = find(&mut children, Rule::string);
                ItemKind::Users(Users { name, title: self.optional_text(title)? })
            }
            Rule::expect => ItemKind::Expect(self.expect(children)?),
            _ => return None,
        })
    }

    fn use_decl(&mut self, children: Nodes<'_>) -> Option<Use> {
        for node in children {
            match node.as_rule() {
                Rule::name => return Some(Use::Catalogue(self.name(&node))),
                Rule::string => return self.text(&node).map(Use::File),
                _ => {}
            }
        }
        None
    }

    fn app(&mut self, children: Nodes<'_>) -> Option<App> {
        let (mut name, mut title, mut entries) = (None, None, None);
        for node in children {
            match node.as_rule() {
                Rule::name => name = Some(self.name(&node)),
                Rule::string => title = Some(self.text(&node)?),
                Rule::brace_open => entries = Some(Vec::new()),
                Rule::app_entry => {
                    let entry = self.app_entry(node.into_inner().next()?)?;
                    entries.get_or_insert_default().push(entry);
                }
                _ => {}
            }
        }
        Some(App { name: name?, title, entries })
    }

    fn app_entry(&mut self, node: Node<'_>) -> Option<AppEntry> {
        let is_ids = node.as_rule() == Rule::app_ids;
        let mut children = node.into_inner();
        let key = children.next()?;
        if !is_ids {
            let value = match key.as_rule() {
                Rule::trait_sdk => AppTrait::Sdk,
                Rule::trait_multi_identity => AppTrait::MultiIdentity,
                Rule::trait_container => AppTrait::Container,
                _ => AppTrait::OnPremises,
            };
            return Some(AppEntry::Trait(self.spanned(value, &key)));
        }
        let kind = match key.as_str() {
            "ios" => IdKind::Ios,
            "android" => IdKind::Android,
            "windows" => IdKind::Windows,
            _ => IdKind::Url,
        };
        let ids = self.strings(children.next()?)?;
        Some(AppEntry::Ids(self.spanned(kind, &key), ids))
    }

    fn storage(&mut self, children: Nodes<'_>) -> Option<Storage> {
        let (mut name, mut title, mut corporate) = (None, None, false);
        for node in children {
            match node.as_rule() {
                Rule::name => name = Some(self.name(&node)),
                Rule::string => title = Some(self.text(&node)?),
                Rule::storage_kind => corporate = node.as_str() == "corporate",
                _ => {}
            }
        }
        Some(Storage { name: name?, title, corporate })
    }

    // ------------------------------------------------------------ policies

    fn policy_opening(&mut self, node: Node<'_>) -> Option<Policy> {
        let (mut name, mut title, mut report_only) = (None, None, None);
        for node in node.into_inner() {
            match node.as_rule() {
                Rule::name => name = Some(self.name(&node)),
                Rule::string => title = Some(self.text(&node)?),
                Rule::kw_report_only => report_only = Some(self.span(&node)),
                _ => {}
            }
        }
        Some(Policy { title, report_only, ..policy_without_body(name?) })
    }

    fn statement_kind(&mut self, node: Node<'_>) -> Option<StatementKind> {
        let rule = node.as_rule();
        let mut children = node.into_inner();
        Some(match rule {
            Rule::head_clause => self.head_clause(children.next()?)?,
            Rule::policy_rule => {
                let effect = find(&mut children, Rule::effect)?;
                let value = RuleEffect::from_word(effect.as_str())?;
                let effect = self.spanned(value, &effect);
                StatementKind::Rule(super::ast::Rule { effect, scope: self.scope(children)? })
            }
            Rule::require => StatementKind::Require(self.require(children)?),
            Rule::launch => StatementKind::Launch(self.launch(children)?),
            Rule::setting => StatementKind::Setting(Setting {
                name: self.text(&find(&mut children, Rule::string)?)?,
                value: self.json(find(&mut children, Rule::json)?)?,
            }),
            Rule::expect => StatementKind::Expect(self.expect(children)?),
            _ => return None,
        })
    }

    fn head_clause(&mut self, node: Node<'_>) -> Option<StatementKind> {
        let rule = node.as_rule();
        let mut children = node.clone().into_inner();
        Some(match rule {
            Rule::for_clause => StatementKind::For(self.people(node)?),
            Rule::on_clause => StatementKind::On(self.words(node)?),
            Rule::devices_clause => StatementKind::Devices(self.words(node)?),
            Rule::protect => StatementKind::Protect(self.set(find(&mut children, Rule::set)?)?),
            Rule::yields => StatementKind::Yields(match find(&mut children, Rule::names) {
                Some(names) => Yields::To(self.names(names)),
                None => Yields::Any,
            }),
            Rule::otherwise => {
                let effect = find(&mut children, Rule::default_effect)?;
                StatementKind::Otherwise(Effect::from_word(effect.as_str())?)
            }
            _ => return None,
        })
    }

    fn expect(&mut self, children: Nodes<'_>) -> Option<Expect> {
        let mut claim = None;
        let mut clauses = Vec::new();
        for node in children {
            match node.as_rule() {
                Rule::expect_effect => claim = Effect::from_word(node.as_str()).map(Claim::Effect),
                Rule::no_path => {
                    claim = Some(Claim::NoPath);
                    clauses.extend(node.into_inner());
                }
                _ => clauses.push(node),
            }
        }
        Some(Expect { claim: claim?, scope: self.scope(clauses)? })
    }

    // ------------------------------------------------------------ scopes

    fn scope<'i>(&mut self, nodes: impl IntoIterator<Item = Node<'i>>) -> Option<Scope> {
        let mut scope = Scope::default();
        let mut seen = BTreeMap::new();
        for node in nodes {
            match node.as_rule() {
                Rule::channels => scope.channels = self.channels(node),
                Rule::rule_clause
                | Rule::scope_clause
                | Rule::expect_clause
                | Rule::chain_clause
                | Rule::path_clause => {
                    let mut clause = node.into_inner().next()?;
                    if clause.as_rule() == Rule::limit {
                        clause = clause.into_inner().next()?;
                    }
                    if let Some(first) = seen.insert(clause.as_rule(), self.span(&clause)) {
                        self.duplicate(&clause, first);
                        return None;
                    }
                    self.clause(clause, &mut scope)?;
                }
                _ => {}
            }
        }
        Some(scope)
    }

    fn clause(&mut self, node: Node<'_>, scope: &mut Scope) -> Option<()> {
        let rule = node.as_rule();
        let span = self.span(&node);
        let mut children = node.clone().into_inner();
        match rule {
            Rule::from => scope.from = Some(self.set(find(&mut children, Rule::set)?)?),
            Rule::to => scope.to = Some(self.set(find(&mut children, Rule::set)?)?),
            Rule::avoiding => scope.avoiding = Some(self.set(find(&mut children, Rule::set)?)?),
            Rule::by => scope.channels = self.channels(find(&mut children, Rule::channels)?),
            Rule::for_clause => scope.people = Some(self.people(node)?),
            Rule::on_clause => scope.platforms = Some(self.words(node)?),
            Rule::devices_clause => scope.devices = Some(self.words(node)?),
            Rule::up_to => {
                let number = self.number(&find(&mut children, Rule::number)?)?;
                scope.up_to = Some(Spanned { value: number.value, span });
            }
            Rule::without_content => scope.without_content = Some(span),
            Rule::tagged => scope.tagged = Some(span),
            Rule::app_wide => scope.app_wide = Some(span),
            Rule::because => scope.because = Some(self.text(&find(&mut children, Rule::string)?)?),
            _ => {}
        }
        Some(())
    }

    fn duplicate(&mut self, clause: &Node<'_>, first: Span) {
        let word = match clause.as_rule() {
            Rule::up_to => "up to",
            _ => clause.as_str().split_ascii_whitespace().next().unwrap_or(""),
        };
        let message = format!("a second `{word}` in one statement");
        let help = match clause.as_rule() {
            Rule::from | Rule::to => "join the sets with `,`, or write two statements",
            _ => "each clause stands once; write two statements, or join what they say",
        };
        let diagnostic = Diagnostic::new(Code::DuplicateClause, message);
        let diagnostic = diagnostic.at(self.span(clause), "again").at(first, "first here");
        self.diagnostics.push(diagnostic.help(help));
    }

    fn channels(&mut self, node: Node<'_>) -> Vec<Spanned<ChannelWord>> {
        let channels = node.into_inner().filter(|node| node.as_rule() == Rule::channel);
        channels
            .map(|node| {
                let word = Channel::from_word(node.as_str());
                self.spanned(word.map_or(ChannelWord::Any, ChannelWord::One), &node)
            })
            .collect()
    }

    fn set(&mut self, node: Node<'_>) -> Option<Set> {
        let span = self.span(&node);
        let mut lists =
            node.into_inner().filter(|node| node.as_rule() == Rule::terms).map(Pair::into_inner);
        let terms = self.terms(lists.next()?)?;
        let except = match lists.next() {
            Some(list) => self.terms(list)?,
            None => Vec::new(),
        };
        Some(Set { terms, except, span })
    }

    fn terms(&mut self, nodes: Nodes<'_>) -> Option<Vec<Term>> {
        nodes.filter(|node| node.as_rule() == Rule::term).map(|node| self.term(node)).collect()
    }

    fn term(&mut self, node: Node<'_>) -> Option<Term> {
        let span = self.span(&node);
        let (mut what, mut account, mut deployed) = (None, None, None);
        for node in node.into_inner() {
            match node.as_rule() {
                Rule::set_word => what = Some(TermKind::Word(set_word(node.as_str()))),
                Rule::name => what = Some(TermKind::Name(self.name(&node))),
                Rule::string => what = Some(TermKind::Id(self.text(&node)?)),
                Rule::as_account => {
                    let word = node.clone().into_inner().last()?;
                    let value = Account::from_word(word.as_str());
                    let value = value.map_or(AccountWord::Any, AccountWord::One);
                    account = Some(self.spanned(value, &node));
                }
                Rule::kw_deployed => deployed = Some(self.span(&node)),
                _ => {}
            }
        }
        Some(Term { what: what?, account, deployed, span })
    }

    fn people(&mut self, node: Node<'_>) -> Option<People> {
        let body = node.into_inner().last()?;
        let span = self.span(&body);
        let is_exactly = body.as_rule() == Rule::exactly;
        let (mut of, mut except, mut every) = (None, Vec::new(), None);
        let mut behind = false;
        for node in body.into_inner() {
            match node.as_rule() {
                Rule::kw_except => behind = true,
                Rule::names if behind => except = self.names(node),
                Rule::names => of = Some(self.names(node)),
                Rule::every => every = Some(self.names(node)),
                _ => {}
            }
        }
        Some(match every {
            Some(of) => People::Every { of, except, span },
            None if is_exactly => People::Exactly { of: of.unwrap_or_default(), span },
            None => People::Some { of, except, span },
        })
    }

    fn words(&mut self, node: Node<'_>) -> Option<Words> {
        let mut span = None;
        let (mut of, mut except) = (None, Vec::new());
        let mut behind = false;
        for node in node.into_inner() {
            let here = self.span(&node);
            match node.as_rule() {
                Rule::kw_except => behind = true,
                Rule::words if behind => except = self.names(node),
                Rule::words => of = Some(self.names(node)),
                Rule::kw_any => {}
                _ => continue,
            }
            span = Some(span.map_or(here, |before: Span| before.to(here)));
        }
        Some(Words { of, except, span: span? })
    }

    // ------------------------------------------------------------ access

    fn require(&mut self, children: Nodes<'_>) -> Option<Require> {
        let mut what = None;
        let mut fields = Vec::new();
        let mut places = Vec::new();
        for node in children {
            match node.as_rule() {
                Rule::requirement => what = Some(self.name(&node)),
                Rule::field => fields.push(self.field(node)?),
                Rule::place_clause => places.push(node),
                _ => {}
            }
        }
        let (platforms, devices) = self.places(places)?;
        Some(Require { what: what?, fields, platforms, devices })
    }

    /// The `on` and `devices` clauses behind an access statement.
    fn places(&mut self, nodes: Vec<Node<'_>>) -> Option<(Option<Words>, Option<Words>)> {
        let (mut platforms, mut devices) = (None, None);
        for node in nodes {
            let clause = node.into_inner().next()?;
            let place =
                if clause.as_rule() == Rule::on_clause { &mut platforms } else { &mut devices };
            let span = self.span(&clause);
            if let Some((_, first)) = place {
                let first = *first;
                self.duplicate(&clause, first);
                return None;
            }
            *place = Some((self.words(clause)?, span));
        }
        Some((platforms.map(|(words, _)| words), devices.map(|(words, _)| words)))
    }

    fn field(&mut self, node: Node<'_>) -> Option<Field> {
        let span = self.span(&node);
        let mut children = node.into_inner();
        let name = self.name(&children.next()?);
        let value = match children.next() {
            Some(value) => Some(self.value(value)?),
            None => None,
        };
        Some(Field { name, value, span })
    }

    fn value(&mut self, node: Node<'_>) -> Option<Value> {
        Some(match node.as_rule() {
            Rule::amount => {
                let mut children = node.into_inner();
                let number = self.number(&children.next()?)?;
                match children.next() {
                    Some(unit) if unit.as_rule() == Rule::unit => {
                        Value::Amount(number, self.name(&unit))
                    }
                    Some(_) => Value::Then(number, self.name(&children.next()?)),
                    None => Value::Number(number),
                }
            }
            Rule::version_value => Value::Version(self.name(&node)),
            Rule::date => Value::Date(self.name(&node)),
            _ => Value::Word(self.name(&node)),
        })
    }

    fn launch(&mut self, children: Nodes<'_>) -> Option<Launch> {
        let (mut action, mut condition) = (None, None);
        let mut places = Vec::new();
        for node in children {
            match node.as_rule() {
                Rule::action => action = Some(self.name(&node)),
                Rule::condition => condition = Some(self.condition(node)?),
                Rule::place_clause => places.push(node),
                _ => {}
            }
        }
        let (platforms, devices) = self.places(places)?;
        let (subject, test) = condition?;
        Some(Launch { action: action?, subject, test, platforms, devices })
    }

    fn condition(&mut self, node: Node<'_>) -> Option<(Name, Test)> {
        let mut children = node.into_inner();
        let subject = self.name(&children.next()?);
        let Some(next) = children.next() else { return Some((subject, Test::Holds)) };
        let test = match next.as_rule() {
            Rule::compare => {
                let is_less = next.as_str() == "<";
                let value = self.value(children.next()?.into_inner().next()?)?;
                if is_less { Test::Less(value) } else { Test::Greater(value) }
            }
            Rule::not_in => Test::NotIn(self.strings(children.next()?)?),
            _ => Test::Is(self.name(&next)),
        };
        Some((subject, test))
    }

    // ------------------------------------------------------------ JSON

    fn json(&mut self, node: Node<'_>) -> Option<Json> {
        let node = node.into_inner().next()?;
        Some(match node.as_rule() {
            Rule::json_null => Json::Null,
            Rule::json_true => Json::Bool(true),
            Rule::json_false => Json::Bool(false),
            Rule::json_number => Json::Number(node.as_str().to_owned()),
            Rule::json_string => Json::String(node.as_str().to_owned()),
            Rule::json_array => {
                let items = node.into_inner().filter(|node| node.as_rule() == Rule::json);
                Json::Array(items.map(|node| self.json(node)).collect::<Option<_>>()?)
            }
            _ => self.json_object(node)?,
        })
    }

    fn json_object(&mut self, node: Node<'_>) -> Option<Json> {
        let mut members: Vec<(String, Json)> = Vec::new();
        let mut keys = BTreeSet::new();
        for member in node.into_inner().filter(|node| node.as_rule() == Rule::json_member) {
            let mut children = member.into_inner();
            let key = children.next()?;
            if !keys.insert(key.as_str()) {
                let message = format!("the key {} stands twice", key.as_str());
                let place = self.span(&key);
                let diagnostic = Diagnostic::new(Code::DuplicateKey, message);
                self.diagnostics.push(diagnostic.at(place, "").help("keep one of them"));
                return None;
            }
            members.push((key.as_str().to_owned(), self.json(children.last()?)?));
        }
        Some(Json::Object(members))
    }

    // ------------------------------------------------------------ tokens

    /// One blank behind the slashes is no part of the text; what more there is indents it.
    fn doc(&mut self, node: &Node<'_>) -> Text {
        let value = node.as_str().trim_start_matches('/');
        let value = value.strip_prefix(' ').unwrap_or(value).trim_end();
        Text { value: value.to_owned(), span: self.span(node) }
    }

    fn name(&mut self, node: &Node<'_>) -> Name {
        Name { text: node.as_str().to_owned(), span: self.span(node) }
    }

    fn names(&mut self, node: Node<'_>) -> Vec<Name> {
        let is_name = |node: &Node<'_>| matches!(node.as_rule(), Rule::name | Rule::word);
        node.into_inner().filter(is_name).map(|node| self.name(&node)).collect()
    }

    fn strings(&mut self, node: Node<'_>) -> Option<Vec<Text>> {
        let strings = node.into_inner().filter(|node| node.as_rule() == Rule::string);
        strings.map(|node| self.text(&node)).collect()
    }

    fn optional_text(&mut self, node: Option<Node<'_>>) -> Option<Option<Text>> {
        match node {
            Some(node) => self.text(&node).map(Some),
            None => Some(None),
        }
    }

    /// A string with its escapes undone.
    fn text(&mut self, node: &Node<'_>) -> Option<Text> {
        let span = self.span(node);
        let raw = node.as_str().trim_start_matches('"');
        let raw = raw.strip_suffix('"').unwrap_or(raw);
        let mut value = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(at) = rest.find('\\') {
            let (before, escape) = rest.split_at(at);
            value.push_str(before);
            let (c, length) = unescape(escape).or_else(|| {
                let length = escape.find('}').map_or(escape.len(), |end| end + 1);
                let written = escape.get(..length)?;
                let offset = |at: usize| span.start + u32::try_from(at).unwrap_or(0);
                let start = 1 + raw.len() - escape.len();
                let place = Span { start: offset(start), end: offset(start + length), ..span };
                let diagnostic =
                    Diagnostic::new(Code::BadEscape, format!("`{written}` is no character"));
                let help = "`\\u{…}` takes the hexadecimal number of a Unicode character";
                self.diagnostics.push(diagnostic.at(place, "").help(help));
                None
            })?;
            value.push(c);
            rest = escape.get(length..).unwrap_or("");
        }
        value.push_str(rest);
        Some(Text { value, span })
    }

    fn number(&mut self, node: &Node<'_>) -> Option<Spanned<u64>> {
        let Ok(value) = node.as_str().parse() else {
            let message = format!("the number {} is too large", node.as_str());
            let help = format!("the largest number is {}", u64::MAX);
            let place = self.span(node);
            let diagnostic = Diagnostic::new(Code::NumberRange, message);
            self.diagnostics.push(diagnostic.at(place, "").help(help));
            return None;
        };
        Some(self.spanned(value, node))
    }
}

/// The next child of this rule.
fn find<'i>(children: &mut Nodes<'i>, rule: Rule) -> Option<Node<'i>> {
    children.find(|node| node.as_rule() == rule)
}

/// The character that an escape stands for, and the length of the escape.
fn unescape(escape: &str) -> Option<(char, usize)> {
    let rest = escape.strip_prefix('\\')?;
    match rest.chars().next()? {
        'n' => Some(('\n', 2)),
        'u' => {
            let end = rest.find('}')?;
            let digits = rest.get(2..end)?;
            let c = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
            Some((c, end + 2))
        }
        c => Some((c, 1 + c.len_utf8())),
    }
}

fn set_word(word: &str) -> SetWord {
    match word {
        "any-app" => SetWord::AnyApp,
        "any-storage" => SetWord::AnyStorage,
        "corporate-storage" => SetWord::CorporateStorage,
        "personal-storage" => SetWord::PersonalStorage,
        "managed" => SetWord::Managed,
        "unmanaged" => SetWord::Unmanaged,
        "unlisted" => SetWord::Unlisted,
        _ => SetWord::Any,
    }
}
