//! Checks of endpoint sets: against the kinds of endpoints that channels have, and for emptiness.

use super::witness::{contexts, witness};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::clauses;
use crate::model::resolved::Model;
use crate::model::types::{AccountReading, App, ChainScope, EndpointSet, Scope, Term, What};
use crate::syntax::ast::{self, ChannelWord};
use crate::vocabulary::{Account, Channel, Kind, SetWord, Side};

/// The keyword of a side.
pub(super) const fn side_word(side: Side) -> &'static str {
    match side {
        Side::Source => "from",
        Side::Target => "to",
    }
}

/// The noun for an endpoint of a kind, with its article.
const fn kind_noun(kind: Kind) -> &'static str {
    match kind {
        Kind::App => "an app",
        Kind::Storage => "a storage",
        Kind::Place => "a place",
    }
}

/// Reports sets that contradict their channels or are empty, and terms that no channel can hold.
pub(in crate::model) fn scope_sets(
    model: &Model,
    scope: &Scope,
    ast: &ast::Scope,
    found: &mut Vec<Diagnostic>,
) {
    let is_any = ast.channels.iter().any(|channel| channel.value == ChannelWord::Any);
    if is_any && scope.channels.is_empty() {
        let span = ast.from.as_ref().or(ast.to.as_ref()).map(|set| set.span);
        let message = "no channel that fits leads from such a source to such a target";
        let help = "`save` goes to a storage, `open` comes from one, `print` and its like go to \
                    places; all others lead from app to app";
        let diagnostic = Diagnostic::new(Code::SetContradictsChannel, message);
        found.extend(span.map(|span| diagnostic.at(span, "").help(help)));
        return;
    }
    for (side, resolved, written) in
        [(Side::Source, &scope.from, &ast.from), (Side::Target, &scope.to, &ast.to)]
    {
        let (Some(set), Some(written)) = (resolved, written) else { continue };
        if contradictions(model, ast, side, set, written, found) {
            idle_terms(model, scope, side, set, written, found);
        }
    }
}

/// Reports sets of a chain scope that no movement on its channels leaves, reaches or passes.
pub(in crate::model) fn chain_sets(
    model: &Model,
    chain: &ChainScope,
    ast: &ast::Scope,
    found: &mut Vec<Diagnostic>,
) {
    let ChainScope { scope, avoiding } = chain;
    let sides = [Side::Source, Side::Target];
    let sets = [
        (scope.from.as_ref(), &ast.from, "begins", &sides[..1]),
        (scope.to.as_ref(), &ast.to, "ends", &sides[1..]),
        (avoiding.as_ref(), &ast.avoiding, "passes", &sides),
    ];
    for (set, written, verb, sides) in sets {
        let (Some(set), Some(written)) = (set, written) else { continue };
        let fits = |channel: Channel, side: &Side| {
            set.terms.iter().any(|term| term.fits(model, channel, *side))
        };
        let mut channels = scope.channels.iter();
        if !channels.any(|channel| sides.iter().any(|side| fits(channel, side))) {
            let message = format!("no movement on these channels {verb} here");
            let help = "data leaves apps, and storages by `open`; it reaches apps, storages by `save`, \
                        and places by their own channels; without `by` every channel is meant";
            let diagnostic = Diagnostic::new(Code::SetContradictsChannel, message);
            found.push(diagnostic.at(written.span, "").help(help));
        }
    }
}

/// Reports named channels of whose kind the set holds nothing. Gives whether there is none.
fn contradictions(
    model: &Model,
    ast: &ast::Scope,
    side: Side,
    set: &EndpointSet,
    written: &ast::Set,
    found: &mut Vec<Diagnostic>,
) -> bool {
    let errors = found.len();
    for channel in &ast.channels {
        let ChannelWord::One(one) = channel.value else { continue };
        if set.terms.iter().any(|term| term.fits(model, one, side)) {
            continue;
        }
        let kind = kind_noun(one.kind_at(side));
        let (verb, word) = match side {
            Side::Source => ("comes from", "source"),
            Side::Target => ("goes to", "target"),
        };
        let message = format!("`{one}` {verb} {kind}, and this {word} holds none");
        let camera =
            |term: &Term| matches!(term.what, What::Storage(id) if !model.storage(id).writable);
        let help = if side == Side::Target && set.terms.iter().any(camera) {
            "data can only be opened from the camera: `accept open`, `refuse open`".to_owned()
        } else {
            hint(one, side, ast.channels.len() > 1)
        };
        found.push(
            Diagnostic::new(Code::SetContradictsChannel, message)
                .at(written.span, format!("no {word} of `{one}`"))
                .at(channel.span, "")
                .help(help),
        );
    }
    found.len() == errors
}

/// The help for a set that contradicts its channel.
fn hint(channel: Channel, side: Side, among_others: bool) -> String {
    match (channel.kind_at(side), channel, side) {
        (Kind::Place, _, _) if among_others => format!("write a rule of its own for `{channel}`"),
        (Kind::Place, _, _) => {
            let places: Vec<_> = channel.places().iter().map(|place| place.word()).collect();
            format!("leave out `to`, or write {}", clauses::quoted(&places, "or"))
        }
        (Kind::Storage, Channel::Save, _) => {
            "name a storage, or use `share` for data that goes to an app".to_owned()
        }
        (Kind::Storage, _, _) => "name a storage".to_owned(),
        (Kind::App, _, Side::Target) => {
            "name an app, or use `save` for data that goes to a storage".to_owned()
        }
        (Kind::App, _, Side::Source) => "name an app".to_owned(),
    }
}

/// Reports terms that none of the channels can hold, accounts that no app has, and empty sets.
fn idle_terms(
    model: &Model,
    scope: &Scope,
    side: Side,
    set: &EndpointSet,
    written: &ast::Set,
    found: &mut Vec<Diagnostic>,
) {
    let fits = |term: &Term| scope.channels.iter().any(|channel| term.fits(model, channel, side));
    let terms = set.terms.iter().zip(&written.terms);
    for (term, ast) in terms.chain(set.except.iter().zip(&written.except)) {
        if !fits(term) {
            let channels: Vec<_> = scope.channels.iter().map(|one| format!("`{one}`")).collect();
            let message = format!(
                "`{}` can be no {} of {}",
                term_text(ast),
                if side == Side::Source { "source" } else { "target" },
                channels.join(", ")
            );
            let diagnostic = Diagnostic::new(Code::IdleTerm, message);
            found.push(diagnostic.at(ast.span, what_noun(model, term)).help("leave it out"));
        } else if let AccountReading::Named(_) = term.accounts
            && has_no_account(model, term)
        {
            let message = format!("`{}` has no such account", term_text(ast));
            let help = "an app without `sdk` has only a personal account";
            let span = ast.account.map_or(ast.span, |account| account.span);
            found.push(Diagnostic::new(Code::EmptySet, message).at(span, "").help(help));
            return;
        }
    }
    if !set.except.is_empty() && !contexts(scope).any(|at| witness(model, set, side, at).is_some())
    {
        let message = format!("the set behind `{}` holds nothing", side_word(side));
        let diagnostic = Diagnostic::new(Code::EmptySet, message);
        found.push(
            diagnostic
                .at(written.span, "everything is left out again")
                .help("take something out of what stands behind `except`"),
        );
    }
}

/// The noun for a term, for a label.
fn what_noun(model: &Model, term: &Term) -> &'static str {
    match term.what {
        What::App(..) | What::Unnamed(..) => "an app",
        What::Storage(id) if !model.storage(id).writable => "can only be opened from",
        What::Storage(_) => "a storage",
        What::Place(_) => "a place",
        What::Word(_) | What::Group(_) => "",
    }
}

/// Whether no app of a term has one of its accounts.
fn has_no_account(model: &Model, term: &Term) -> bool {
    let holds = |app: &App| {
        let accounts = if app.sdk { Account::ALL } else { &[Account::Personal] };
        accounts.iter().any(|account| term.accounts.holds(*account, app.sdk))
    };
    match term.what {
        What::App(app, _) => !holds(model.app(app)),
        What::Group(group) => {
            !model.group(group).apps.iter().any(|(app, _)| holds(model.app(*app)))
        }
        What::Unnamed(..) | What::Word(SetWord::Unlisted) => {
            !term.accounts.holds(Account::Personal, false)
        }
        What::Word(_) | What::Storage(_) | What::Place(_) => false,
    }
}

/// The text of a term without its qualifiers.
pub(super) fn term_text(term: &ast::Term) -> &str {
    match &term.what {
        ast::TermKind::Word(word) => word.word(),
        ast::TermKind::Name(name) => &name.text,
        ast::TermKind::Id(id) => &id.value,
    }
}
