//! Lines of words: the text of sets, clauses and values, and where a line may break.
//!
//! Takes in parts of statements, gives out text. Does not know the lines around.

use crate::source::push_visible;
use crate::syntax::ast;

/// The columns of a line, unless a single word is longer.
pub(super) const WIDTH: usize = 100;
/// The indentation inside braces.
pub(super) const INDENT: usize = 2;
/// The indentation of a statement's further lines.
const CONTINUATION: usize = 4;

/// The words of a line, which may break between any two. Only the first word may hold a space.
#[derive(Default)]
pub(super) struct Line(pub(super) Vec<String>);

/// A line of words.
pub(super) fn line<const N: usize>(words: [&str; N]) -> Line {
    Line(words.map(str::to_owned).into())
}

impl Line {
    pub(super) fn text(&self) -> String {
        self.0.join(" ")
    }

    /// The width of the first word, if another follows it.
    pub(super) fn key_length(&self) -> usize {
        match self.0.as_slice() {
            [key, _, ..] => length(key),
            [] | [_] => 0,
        }
    }

    /// The text of the line, broken at [`WIDTH`], with the first word padded to `width` and `end` behind
    /// the last word.
    pub(super) fn fill(&self, width: usize, indent: usize, end: Option<&str>) -> String {
        let Some((first, rest)) = self.0.split_first() else { return String::new() };
        let mut out = first.clone();
        let mut column = indent + length(first);
        let mut blanks = width.saturating_sub(length(first)) + 1;
        for word in rest.iter().map(String::as_str).chain(end) {
            if column + blanks + length(word) > WIDTH {
                blanks = indent + CONTINUATION;
                column = 0;
                out.push('\n');
            }
            out.push_str(&" ".repeat(blanks));
            out.push_str(word);
            column += blanks + length(word);
            blanks = 1;
        }
        out
    }

    pub(super) fn push(&mut self, word: impl Into<String>) {
        self.0.push(word.into());
    }

    /// Appends a list with commas; `each` must push a word.
    fn list<'t, T>(&mut self, things: &'t [T], each: impl Fn(&mut Self, &'t T)) {
        for (index, thing) in things.iter().enumerate() {
            if let Some(last) = self.0.last_mut().filter(|_| index > 0) {
                last.push(',');
            }
            each(self, thing);
        }
    }

    fn names(&mut self, names: &[ast::Name]) {
        self.list(names, |line, name| line.push(&name.text));
    }

    pub(super) fn texts(&mut self, texts: &[ast::Text]) {
        self.list(texts, |line, text| line.push(quote(&text.value)));
    }

    pub(super) fn titled(&mut self, title: Option<&ast::Text>) {
        if let Some(title) = title {
            self.push(quote(&title.value));
        }
    }

    pub(super) fn because(&mut self, because: Option<&ast::Text>) {
        if let Some(text) = because {
            self.push("because");
            self.push(quote(&text.value));
        }
    }

    pub(super) fn channels(&mut self, channels: &[ast::Spanned<ast::ChannelWord>]) {
        self.list(channels, |line, channel| {
            line.push(match channel.value {
                ast::ChannelWord::Any => "any",
                ast::ChannelWord::One(channel) => channel.word(),
            });
        });
    }

    /// Appends the clauses of a scope, `because` excepted.
    pub(super) fn clauses(&mut self, scope: &ast::Scope) {
        self.clause("from", scope.from.as_ref());
        self.clause("to", scope.to.as_ref());
        self.clause("avoiding", scope.avoiding.as_ref());
        self.limits(scope);
        if let Some(people) = &scope.people {
            self.people(people);
        }
        self.places(scope.platforms.as_ref(), scope.devices.as_ref());
    }

    fn limits(&mut self, scope: &ast::Scope) {
        if let Some(limit) = scope.up_to {
            let unit = if limit.value == 1 { "character" } else { "characters" };
            self.0.extend(line(["up", "to", &limit.value.to_string(), unit]).0);
        }
        if scope.without_content.is_some() {
            self.0.extend(line(["without", "content"]).0);
        }
        if scope.tagged.is_some() {
            self.0.extend(line(["tagged", "work"]).0);
        }
        if scope.app_wide.is_some() {
            self.push("app-wide");
        }
    }

    pub(super) fn clause(&mut self, keyword: &str, set: Option<&ast::Set>) {
        if let Some(set) = set {
            self.push(keyword);
            self.set(set);
        }
    }

    pub(super) fn set(&mut self, set: &ast::Set) {
        self.list(&set.terms, Self::term);
        if !set.except.is_empty() {
            self.push("except");
            self.list(&set.except, Self::term);
        }
    }

    fn term(&mut self, term: &ast::Term) {
        match &term.what {
            ast::TermKind::Word(word) => self.push(word.word()),
            ast::TermKind::Name(name) => self.push(&name.text),
            ast::TermKind::Id(id) => self.push(quote(&id.value)),
        }
        if let Some(account) = term.account {
            self.push("as");
            self.push(match account.value {
                ast::AccountWord::Any => "any",
                ast::AccountWord::One(account) => account.word(),
            });
        }
        if term.deployed.is_some() {
            self.push("deployed");
        }
    }

    pub(super) fn people(&mut self, people: &ast::People) {
        self.push("for");
        match people {
            ast::People::Some { of, except, .. } => {
                match of {
                    Some(of) => self.members(of, "any"),
                    None => self.push("any"),
                }
                self.except_members(except);
            }
            ast::People::Every { of, except, .. } => {
                for (at, member) in of.iter().enumerate() {
                    if at > 0 {
                        self.push("and");
                    }
                    self.member(member, "any");
                }
                self.except_members(except);
            }
            ast::People::Exactly { of, .. } => {
                self.push("exactly");
                match of.as_slice() {
                    [] => self.push("none"),
                    of => self.members(of, "none"),
                }
            }
        }
    }

    /// Appends terms of a `for` clause; one without a group is called `nameless`.
    fn members(&mut self, members: &[ast::Member], nameless: &str) {
        self.list(members, |line, member| line.member(member, nameless));
    }

    fn except_members(&mut self, except: &[ast::Member]) {
        if !except.is_empty() {
            self.push("except");
            self.members(except, "any");
        }
    }

    fn member(&mut self, member: &ast::Member, nameless: &str) {
        self.push(member.group.as_ref().map_or(nameless, |name| &name.text));
        for test in &member.matching {
            if !test.holds {
                self.push("not");
            }
            self.push("matching");
            self.push(&test.filter.text);
        }
    }

    pub(super) fn places(&mut self, platforms: Option<&ast::Words>, devices: Option<&ast::Words>) {
        self.words("on", platforms);
        self.words("devices", devices);
    }

    pub(super) fn words(&mut self, keyword: &str, words: Option<&ast::Words>) {
        if let Some(words) = words {
            self.push(keyword);
            self.names_except(words.of.as_deref(), &words.except);
        }
    }

    fn names_except(&mut self, of: Option<&[ast::Name]>, except: &[ast::Name]) {
        match of {
            Some(names) => self.names(names),
            None => self.push("any"),
        }
        if !except.is_empty() {
            self.push("except");
            self.names(except);
        }
    }

    pub(super) fn yields(&mut self, yields: &ast::Yields) {
        self.push("yields to");
        match yields {
            ast::Yields::Any { except } => self.names_except(None, except),
            ast::Yields::To(names) => self.names(names),
        }
    }

    pub(super) fn launch(&mut self, launch: &ast::Launch) {
        self.0.extend(line(["launch", &launch.action.text, "when", &launch.subject.text]).0);
        self.test(&launch.test);
        self.places(launch.platforms.as_ref(), launch.devices.as_ref());
    }

    fn test(&mut self, test: &ast::Test) {
        match test {
            ast::Test::Holds => {}
            ast::Test::Is(word) => self.push(&word.text),
            ast::Test::Less(value) => self.compared("<", value),
            ast::Test::Greater(value) => self.compared(">", value),
            ast::Test::NotIn(texts) => {
                self.push("not");
                self.push("in");
                self.texts(texts);
            }
            ast::Test::Equals(value) => self.value(value),
            ast::Test::Named(text) => self.push(quote(&text.value)),
        }
    }

    pub(super) fn access_scope(&mut self, scope: &ast::AccessScope) {
        self.push("launch");
        if let Some(set) = &scope.set {
            self.set(set);
        }
        if let Some(people) = &scope.people {
            self.people(people);
        }
        self.places(scope.platforms.as_ref(), scope.devices.as_ref());
        if let Some(when) = &scope.when {
            self.when(when);
        }
    }

    fn when(&mut self, when: &ast::When) {
        self.push("when");
        self.list(&when.tests, |line, test| {
            if test.is_negated {
                line.push("not");
            }
            line.push(&test.subject.text);
            line.test(&test.test);
        });
        if when.rest_unknown.is_some() {
            if let Some(last) = self.0.last_mut().filter(|_| !when.tests.is_empty()) {
                last.push(',');
            }
            self.push("rest");
            self.push("unknown");
        }
    }

    fn compared(&mut self, sign: &str, value: &ast::Value) {
        self.push(sign);
        self.value(value);
    }

    pub(super) fn value(&mut self, value: &ast::Value) {
        match value {
            ast::Value::Number(number) => self.push(number.value.to_string()),
            ast::Value::Amount(number, unit) => {
                self.push(number.value.to_string());
                self.push(&unit.text);
            }
            ast::Value::Then(outcomes) => {
                for (at, (number, word)) in outcomes.iter().enumerate() {
                    if let Some(last) = self.0.last_mut().filter(|_| at > 0) {
                        last.push(',');
                    }
                    self.0.extend(line([&number.value.to_string(), "then", &word.text]).0);
                }
            }
            ast::Value::Word(word) | ast::Value::Version(word) | ast::Value::Date(word) => {
                self.push(&word.text);
            }
        }
    }
}

/// The width of a text in columns.
pub(super) fn length(text: &str) -> usize {
    text.chars().count()
}

/// The literal of a string, escapes included.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\u{9}"),
            _ => push_visible(&mut out, c),
        }
    }
    out.push('"');
    out
}
