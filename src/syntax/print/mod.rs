//! Printer: the canonical text of a tree, the inverse of the parser.
//!
//! Takes in a tree with the sources that its spans refer to, gives out text in one fixed layout that
//! parses to the same tree. Rules, sets and scopes print as one line each. Comments keep their order:
//! behind the line that they followed, or else above the piece that they preceded or were in. A tree
//! that was built by hand prints as well; spans outside of the sources only cost the blank lines of
//! the author. Does not resolve names.

mod comments;
mod json;
mod layout;
mod line;

use self::comments::Comments;
use self::json::{compact, is_scalar};
use self::layout::{Block, Body, Kind, Unit, write_block};
pub use self::line::quote;
use self::line::{Line, line};
use super::ast;
use super::version::LANGUAGE_VERSION;
use crate::source::Sources;

/// The text of a file, comments included. It begins with the language version, even if the tree has
/// none.
#[must_use]
pub fn print(file: &ast::File, sources: &Sources) -> String {
    let mut block = Block::new(file.items.iter().map(item).collect());
    if !file.items.iter().any(|item| matches!(item.kind, ast::ItemKind::Version(_))) {
        let version = line(["mam", &LANGUAGE_VERSION.to_string()]);
        block.units.insert(0, Unit::new(Kind::Version, version));
    }
    Comments::new(file, sources).place_in_file(&mut block);
    let mut out = String::new();
    write_block(&mut out, &block, 0);
    out
}

/// The text of a rule on one line, without `because`: its name in decisions.
#[must_use]
pub fn rule(rule: &ast::Rule) -> String {
    rule_line(rule).text()
}

/// The canonical text of a launch condition with its action, without the keyword and `because`.
#[must_use]
pub fn launch(launch: &ast::Launch) -> String {
    let mut line = Line::default();
    line.launch(launch);
    line.0.split_off(1).join(" ")
}

/// What stands behind the condition of a launch statement: its `on` and `devices` clauses and `because`.
#[must_use]
pub fn behind_condition(launch: &ast::Launch) -> String {
    let mut line = Line::default();
    line.places(launch.platforms.as_ref(), launch.devices.as_ref());
    line.because(launch.because.as_ref());
    line.text()
}

/// The text of a scope on one line, without `because`.
#[must_use]
pub fn scope(scope: &ast::Scope) -> String {
    let mut line = Line::default();
    line.channels(&scope.channels);
    line.clauses(scope);
    line.text()
}

/// The text of a set on one line.
#[must_use]
pub fn set(set: &ast::Set) -> String {
    let mut line = Line::default();
    line.set(set);
    line.text()
}

/// The text of an expectation on one line.
#[must_use]
pub fn expect(expect: &ast::Expect) -> String {
    expect_line(expect).text()
}

/// The text of an expectation about accesses on one line.
#[must_use]
pub fn expect_access(expect: &ast::ExpectAccess) -> String {
    expect_access_line(expect).text()
}

/// The text of a claim about accesses on one line: an expectation without its keyword.
#[must_use]
pub fn access_claim(claim: &ast::ExpectAccess) -> String {
    let Line(mut words) = expect_access_line(claim);
    Line(words.split_off(1)).text()
}

/// The text of a scope of accesses on one line.
#[must_use]
pub fn access_scope(scope: &ast::AccessScope) -> String {
    let mut line = Line::default();
    line.access_scope(scope);
    line.text()
}

/// The text of `on` and `devices` clauses on one line.
#[must_use]
pub fn places(platforms: Option<&ast::Words>, devices: Option<&ast::Words>) -> String {
    let mut line = Line::default();
    line.places(platforms, devices);
    line.text()
}

/// The text of a JSON value on one line.
#[must_use]
pub fn json(json: &ast::Json) -> String {
    json::compact(json)
}

/// The text of a statement on one line, `because` included.
#[must_use]
pub fn statement(statement: &ast::StatementKind) -> String {
    body(statement).text()
}

fn item(item: &ast::Item) -> Unit<'_> {
    let unit = match &item.kind {
        ast::ItemKind::Version(number) => {
            Unit::new(Kind::Version, line(["mam", &number.value.to_string()]))
        }
        ast::ItemKind::Use(ast::Use::Catalogue(name)) => {
            Unit::new(Kind::Use, line(["use", &name.text]))
        }
        ast::ItemKind::Use(ast::Use::File(path)) => {
            Unit::new(Kind::Use, line(["use", &quote(&path.value)]))
        }
        ast::ItemKind::Tenant(tenant) => Unit::new(
            Kind::Tenant,
            line(["tenant", &tenant.name.text, &quote(&tenant.domain.value)]),
        ),
        ast::ItemKind::App(app) => app_unit(app),
        ast::ItemKind::Storage(storage) => Unit::new(Kind::Storage, storage_line(storage)),
        ast::ItemKind::Group(group) => Unit::new(Kind::Group, group_line(group)),
        ast::ItemKind::Users(ast::Users { name, title }) => {
            Unit::new(Kind::Users, titled_line("users", name, title.as_ref()))
        }
        ast::ItemKind::Filter(ast::Filter { name, title }) => {
            Unit::new(Kind::Filter, titled_line("filter", name, title.as_ref()))
        }
        ast::ItemKind::Policy(policy) => policy_unit(policy),
        ast::ItemKind::Expect(expect) => Unit::new(Kind::Expect, expect_line(expect)),
        ast::ItemKind::ExpectAccess(expect) => Unit::new(Kind::Expect, expect_access_line(expect)),
    };
    unit.at(&item.docs, item.span)
}

fn app_unit(app: &ast::App) -> Unit<'_> {
    let mut line = line(["app", &app.name.text]);
    line.titled(app.title.as_ref());
    let unit = Unit::new(Kind::App, line);
    match &app.entries {
        Some(entries) => unit.holding(entries.iter().map(app_entry).collect()),
        None => unit,
    }
}

fn app_entry(entry: &ast::AppEntry) -> Unit<'_> {
    match entry {
        ast::AppEntry::Ids(kind, ids) => {
            let mut line = line([kind.value.word()]);
            line.texts(ids);
            let span = ids.iter().fold(kind.span, |span, id| span.to(id.span));
            Unit::new(Kind::Ids, line).at(&[], span)
        }
        ast::AppEntry::Trait(word) => {
            Unit::new(Kind::Trait, line([word.value.word()])).at(&[], word.span)
        }
    }
}

fn storage_line(storage: &ast::Storage) -> Line {
    let mut line = line(["storage", &storage.name.text]);
    line.titled(storage.title.as_ref());
    line.push(if storage.corporate { "corporate" } else { "personal" });
    line
}

/// The line of a group. Keyword and name are one word, which aligns the `=` of neighbours.
fn group_line(group: &ast::Group) -> Line {
    let mut line = line([&format!("group {}", group.name.text), "="]);
    line.set(&group.set);
    line
}

/// The line of a group of people. Keyword and name are one word, which aligns the titles of
/// neighbours.
fn titled_line(keyword: &str, name: &ast::Name, title: Option<&ast::Text>) -> Line {
    let mut line = line([&format!("{keyword} {}", name.text)]);
    line.titled(title);
    line
}

fn policy_unit(policy: &ast::Policy) -> Unit<'_> {
    let mut line = line(["policy", &policy.name.text]);
    line.titled(policy.title.as_ref());
    if policy.report_only.is_some() {
        line.push("report-only");
    }
    let body = policy.body.iter().map(|statement| {
        Unit::new(kind(&statement.kind), body(&statement.kind)).at(&statement.docs, statement.span)
    });
    Unit::new(Kind::Policy, line).holding(body.collect())
}

const fn kind(statement: &ast::StatementKind) -> Kind {
    match statement {
        ast::StatementKind::For(_)
        | ast::StatementKind::Protect(_)
        | ast::StatementKind::On(_)
        | ast::StatementKind::Devices(_)
        | ast::StatementKind::Yields(_)
        | ast::StatementKind::Otherwise(_) => Kind::Head,
        ast::StatementKind::Rule(_) => Kind::Rule,
        ast::StatementKind::Require(_) | ast::StatementKind::Launch(_) => Kind::Access,
        ast::StatementKind::Setting(_) => Kind::Setting,
        ast::StatementKind::Expect(_) | ast::StatementKind::ExpectAccess(_) => Kind::Expect,
    }
}

fn body(statement: &ast::StatementKind) -> Body<'_> {
    let mut line = Line::default();
    match statement {
        ast::StatementKind::For(people) => line.people(people),
        ast::StatementKind::Protect(protect) => {
            line.clause("protect", Some(&protect.set));
            if protect.unconfirmed.is_some() {
                line.push("unconfirmed");
            }
        }
        ast::StatementKind::On(words) => line.words("on", Some(words)),
        ast::StatementKind::Devices(words) => line.words("devices", Some(words)),
        ast::StatementKind::Yields(yields) => line.yields(yields),
        ast::StatementKind::Otherwise(effect) => {
            line.push("otherwise");
            line.push(effect.word());
        }
        ast::StatementKind::Rule(rule) => {
            line = rule_line(rule);
            line.because(rule.scope.because.as_ref());
        }
        ast::StatementKind::Require(require) => return require_body(require),
        ast::StatementKind::Launch(launch) => {
            line.launch(launch);
            line.because(launch.because.as_ref());
        }
        ast::StatementKind::Setting(setting) => return setting_body(setting),
        ast::StatementKind::Expect(expect) => line = expect_line(expect),
        ast::StatementKind::ExpectAccess(expect) => line = expect_access_line(expect),
    }
    line.into()
}

fn rule_line(rule: &ast::Rule) -> Line {
    let mut line = line([rule.effect.value.word()]);
    line.channels(&rule.scope.channels);
    line.clauses(&rule.scope);
    line
}

fn expect_line(expect: &ast::Expect) -> Line {
    let mut line = line(["expect"]);
    match expect.claim {
        ast::Claim::Effect(effect) => line.push(effect.word()),
        ast::Claim::NoPath => {
            line.push("no");
            line.push("path");
            if !expect.scope.channels.is_empty() {
                line.push("by");
            }
        }
    }
    line.channels(&expect.scope.channels);
    line.clauses(&expect.scope);
    line
}

/// The line of an expectation about accesses. Fields stand in braces here, too, on the same line.
fn expect_access_line(expect: &ast::ExpectAccess) -> Line {
    let mut line = line(["expect"]);
    match &expect.claim {
        ast::AccessClaim::Effect(effect) => line.push(&effect.text),
        ast::AccessClaim::Require(require) => {
            line.push("require");
            line.push(&require.what.text);
            let has_braces = !require.fields.is_empty() && require.what.text != "credentials";
            line.0.extend(has_braces.then(|| "{".to_owned()));
            line.0.extend(require.fields.iter().flat_map(|field| field_line(field).0));
            line.0.extend(has_braces.then(|| "}".to_owned()));
        }
    }
    line.access_scope(&expect.scope);
    line
}

/// The text of a requirement, its fields in braces. The one field of `credentials` has no braces.
fn require_body(require: &ast::Require) -> Body<'_> {
    let mut line = line(["require", &require.what.text]);
    let fields = require.fields.iter().map(field_line);
    if require.fields.is_empty() || require.what.text == "credentials" {
        line.0.extend(fields.flat_map(|field| field.0));
        line.places(require.platforms.as_ref(), require.devices.as_ref());
        return line.into();
    }
    let mut tail = Line(vec!["}".to_owned()]);
    tail.places(require.platforms.as_ref(), require.devices.as_ref());
    Body::Fields(line, fields.map(|field| field.text()).collect(), tail)
}

fn field_line(field: &ast::Field) -> Line {
    let mut line = line([&field.name.text]);
    if let Some(value) = &field.value {
        line.value(value);
    }
    line
}

fn setting_body(setting: &ast::Setting) -> Body<'_> {
    let mut line = line(["setting", &quote(&setting.name.value), "="]);
    if is_scalar(&setting.value) {
        line.push(compact(&setting.value));
        return line.into();
    }
    Body::Json(line, &setting.value)
}
