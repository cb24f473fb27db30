//! Words of `on` and `devices` clauses, with or without those of a question.

use crate::syntax::ast::{self, Name};

/// The words of an `on` or `devices` clause, widened by those of the scope.
pub(super) fn with_words(own: &ast::Words, more: Option<&ast::Words>) -> ast::Words {
    let named = more.filter(|words| words.except.is_empty()).and_then(|words| words.of.as_ref());
    let mut words = own.clone();
    // A scope that leaves them open is about all of them.
    let Some(named) = named else {
        return ast::Words { of: None, except: Vec::new(), ..words };
    };
    let is_new = |name: &&Name| own.of.iter().flatten().all(|one| one.text != name.text);
    if let Some(of) = &mut words.of {
        of.extend(named.iter().filter(is_new).cloned());
    }
    words.except.retain(|name| named.iter().all(|one| one.text != name.text));
    words
}

/// The words of a clause without those of the question; `None` where the question leaves nothing, or names none.
pub(super) fn without_words(
    own: Option<&ast::Words>,
    asked: Option<&ast::Words>,
) -> Option<ast::Words> {
    let asked = asked.filter(|words| words.except.is_empty())?;
    let mut words = own.cloned().unwrap_or_else(|| ast::Words {
        of: None,
        except: Vec::new(),
        span: asked.span,
    });
    let taken = asked.of.as_ref()?;
    let is_kept = |name: &Name| taken.iter().all(|other| other.text != name.text);
    match &mut words.of {
        Some(of) => of.retain(is_kept),
        None => words.except.extend(taken.iter().filter(|name| is_new(name, own)).cloned()),
    }
    words.of.as_ref().is_none_or(|of| !of.is_empty()).then_some(words)
}

/// Whether a clause does not leave out a word yet.
fn is_new(name: &Name, own: Option<&ast::Words>) -> bool {
    own.is_none_or(|words| words.except.iter().all(|other| other.text != name.text))
}
