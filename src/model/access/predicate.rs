//! Tests of facts, as scopes of accesses have them.
//!
//! Takes in tests of the AST, gives out typed predicates and diagnostics. Which accesses meet them is not
//! known here.

use super::condition::{Condition, Threat};
use super::fact::{Fact, IntegrityVerdict, KnoxResult, LockComplexity};
use super::launch;
use super::slot::{DAYS, MINUTES, Read, Slot, among, bad, keep, words_of};
use super::value::{Date, Version};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::clauses::quoted;
use crate::syntax::ast::{self, Test, Words};
use crate::vocabulary::Platform;

/// A test of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FactTest {
    /// Whether it holds where its predicate does not.
    pub is_negated: bool,
    /// Its predicate.
    pub predicate: FactPredicate,
}

/// What a test asks of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FactPredicate {
    /// This launch condition fires, with a value or without one.
    Fires(Condition),
    /// The fact has this value.
    Is(Fact, FactValue),
    /// The fact is unknown.
    Unknown(Fact),
}

/// A value of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "one for each type of facts")]
pub enum FactValue {
    Version(Version),
    Date(Date),
    Minutes(u32),
    Days(u32),
    Threat(Threat),
    Integrity(IntegrityVerdict),
    DeviceLock(LockComplexity),
    Knox(KnoxResult),
    Name(String),
}

impl FactPredicate {
    /// The fact that it asks for.
    #[must_use]
    pub const fn fact(&self) -> Fact {
        match self {
            Self::Fires(condition) => condition.fact(),
            Self::Is(fact, _) | Self::Unknown(fact) => *fact,
        }
    }
}

/// Resolves a test in a scope with this `on` clause.
pub(in crate::model) fn resolve_test(
    ast: &ast::FactTest,
    on: Option<&Words>,
    found: &mut Vec<Diagnostic>,
) -> Option<FactTest> {
    let fact = keep(among(&ast.subject, "fact", Fact::WORDS), found)?;
    let predicate = keep(predicate(ast, fact), found)?;
    let is_condition = matches!(predicate, FactPredicate::Fires(_));
    if ast.is_negated && !is_condition {
        let help = "write a condition behind it, or leave it out";
        found.push(bad("`not` stands before a condition", ast.span, help));
        return None;
    }
    keep(exists(ast, fact, on), found)??;
    Some(FactTest { is_negated: ast.is_negated, predicate })
}

/// Checks that the platforms that a scope names have the fact. A test with `not` holds where they lack it.
fn exists(ast: &ast::FactTest, fact: Fact, on: Option<&Words>) -> Read<Option<()>> {
    let named = on.and_then(|words| words.of.as_ref()).into_iter().flatten();
    let lacking = named
        .filter_map(|name| Platform::from_word(&name.text))
        .find(|platform| !fact.exists_on(*platform));
    let Some(platform) = lacking else { return Ok(Some(())) };
    if ast.is_negated {
        return Ok(Some(()));
    }
    let message = format!("`{fact}` does not exist on {platform}");
    let help = format!("leave it out, or leave `{platform}` out of the scope");
    Err(Diagnostic::new(Code::BadAccess, message).at(ast.span, "").help(help))
}

fn predicate(ast: &ast::FactTest, fact: Fact) -> Read<FactPredicate> {
    if let Test::Is(word) = &ast.test
        && word.text == "unknown"
    {
        return Ok(FactPredicate::Unknown(fact));
    }
    let slot = launch::slot(&ast.test, ast.subject.span, fact);
    match value(&ast.test, fact, &slot) {
        Some(value) => Ok(FactPredicate::Is(fact, value?)),
        None => launch::condition_of(&ast.test, fact, &slot).map(FactPredicate::Fires),
    }
}

/// The value that a test names; `None` if the test is a condition, or has a form that fits no value.
fn value(test: &Test, fact: Fact, slot: &Slot<'_>) -> Option<Read<FactValue>> {
    let word = matches!(test, Test::Is(_));
    let equals = matches!(test, Test::Equals(_));
    Some(match fact {
        Fact::Os | Fact::App | Fact::Sdk | Fact::CompanyPortal if equals => {
            slot.version().map(FactValue::Version)
        }
        Fact::Patch if equals => slot.date().map(FactValue::Date),
        Fact::Offline if equals => slot.time(MINUTES, 0..=u32::MAX).map(FactValue::Minutes),
        Fact::CompanyPortalAge if equals => slot.time(DAYS, 0..=u32::MAX).map(FactValue::Days),
        Fact::Threat if word => slot.choice(Threat::WORDS).map(FactValue::Threat),
        Fact::Integrity if word => slot.choice(IntegrityVerdict::WORDS).map(FactValue::Integrity),
        Fact::DeviceLock if word => slot.choice(LockComplexity::WORDS).map(FactValue::DeviceLock),
        Fact::Knox if is_result(test) => slot.choice(KnoxResult::WORDS).map(FactValue::Knox),
        Fact::Model | Fact::Manufacturer => match test {
            Test::Named(text) => Ok(FactValue::Name(text.value.clone())),
            _ => return None,
        },
        _ => return None,
    })
}

/// Whether a test names a result of Samsung's attestation that no condition names.
fn is_result(test: &Test) -> bool {
    let results = [KnoxResult::Passed, KnoxResult::Unsupported];
    matches!(test, Test::Is(word) if results.iter().any(|one| one.word() == word.text))
}

/// The effect that an expectation claims.
pub(in crate::model) fn resolve_effect(
    name: &ast::Name,
    found: &mut Vec<Diagnostic>,
) -> Option<super::action::AccessEffect> {
    use super::action::AccessEffect;
    let effects = AccessEffect::WORDS;
    let known = effects.iter().find(|(word, _)| *word == name.text).map(|(_, effect)| *effect);
    if known.is_none() {
        let help = format!("write {}", quoted(&words_of(effects), "or"));
        found.push(bad(format!("`{}` is no effect", name.text), name.span, help));
    }
    known
}
