//! A set of apps as the question wrote it.
//!
//! Takes in a resolved set, gives out its text where words and names tell all of it.

use crate::model::{AccountReading, EndpointSet, Model, Origin, Term, What};
use crate::syntax::print::quote;

/// A set of apps as it was written. `None` where no words tell a term.
pub(super) fn text_of(model: &Model, set: &EndpointSet) -> Option<String> {
    let list = |terms: &[Term]| -> Option<String> {
        let terms: Option<Vec<String>> = terms.iter().map(|one| term(model, one)).collect();
        Some(terms?.join(", "))
    };
    let text = list(&set.terms)?;
    match set.except.as_slice() {
        [] => Some(text),
        except => Some(format!("{text} except {}", list(except)?)),
    }
}

fn term(model: &Model, Term { what, accounts, deployed }: &Term) -> Option<String> {
    let mut text = match *what {
        What::Word(word) => word.word().to_owned(),
        What::Group(group) => model.group(group).name.clone(),
        What::App(app, on) => {
            let app = model.app(app);
            // An id is for one platform, where the name of its app may be for several.
            match app.origin {
                Origin::Id => quote(&app.name),
                _ if app.platforms.without(on).is_empty() => app.name.clone(),
                _ => return None,
            }
        }
        What::Unnamed(..) | What::Storage(_) | What::Place(_) => return None,
    };
    match accounts {
        AccountReading::Every => {}
        AccountReading::Named(accounts) => {
            let mut named = accounts.iter();
            match (named.next(), named.next()) {
                (Some(one), None) => text.push_str(&format!(" as {one}")),
                _ => text.push_str(" as any"),
            }
        }
        AccountReading::Work => return None,
    }
    (!deployed).then_some(text)
}
