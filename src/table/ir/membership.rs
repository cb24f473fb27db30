//! Membership of endpoints in the sets of a model.
//!
//! Takes in a set and an endpoint, tells whether the set holds it, given whether the endpoint is managed.
//! Classes and tables are not known here; analysis reads scopes by the same functions.

#![allow(clippy::indexing_slicing, reason = "ids are of the model that these lists belong to")]

use crate::model::{EndpointSet, Model, Origin, SetWord, Term, What};
use crate::movement::Endpoint;
use crate::vocabulary::{Place, Platform};

/// Whether a set holds an endpoint on a platform. The account is taken as it is given; `managed` says
/// whether an app counts as managed.
pub(crate) fn set_holds(
    model: &Model,
    set: &EndpointSet,
    end: Endpoint,
    platform: Platform,
    managed: bool,
) -> bool {
    let matches = |term: &Term| term_holds(model, term, end, platform, managed);
    set.terms.iter().any(matches) && !set.except.iter().any(matches)
}

/// Whether one term holds an endpoint; see [`set_holds`].
pub(crate) fn term_holds(
    model: &Model,
    term: &Term,
    end: Endpoint,
    platform: Platform,
    managed: bool,
) -> bool {
    let apps_only = term.names_apps_only();
    match end {
        Endpoint::App { app, account, deployed } => {
            (deployed || !term.deployed)
                && term.accounts.holds(account, model.app(app).sdk)
                && names_app(model, term.what, app, platform, managed)
        }
        Endpoint::Storage(storage) => !apps_only && names_storage(model, term.what, storage),
        Endpoint::Place(place) => !apps_only && names_place(model, term.what, place),
    }
}

fn names_app(
    model: &Model,
    what: What,
    app: crate::model::AppId,
    platform: Platform,
    managed: bool,
) -> bool {
    let one = model.app(app);
    let exists = one.platforms.contains(platform);
    match what {
        What::Word(word) => match word {
            SetWord::Any | SetWord::AnyApp => true,
            SetWord::Managed => managed,
            SetWord::Unmanaged => !managed,
            SetWord::Unlisted => !exists || matches!(one.origin, Origin::Id | Origin::Unlisted),
            SetWord::AnyStorage | SetWord::CorporateStorage | SetWord::PersonalStorage => false,
        },
        What::App(named, on) => exists && named == app && on.contains(platform),
        What::Group(group) => {
            let apps = &model.group(group).apps;
            let member = apps.binary_search_by_key(&app, |(named, _)| *named);
            exists && member.is_ok_and(|at| apps[at].1.contains(platform))
        }
        What::Unnamed(on, _) => one.origin == Origin::Unlisted && on == platform,
        What::Storage(_) | What::Place(_) => false,
    }
}

fn names_storage(model: &Model, what: What, storage: crate::model::StorageId) -> bool {
    let one = model.storage(storage);
    match what {
        What::Word(word) => match word {
            SetWord::Any | SetWord::AnyStorage => true,
            SetWord::CorporateStorage => one.corporate,
            SetWord::PersonalStorage => !one.corporate,
            SetWord::Unlisted => one.origin == Origin::Unlisted,
            SetWord::AnyApp | SetWord::Managed | SetWord::Unmanaged => false,
        },
        What::Storage(named) => named == storage,
        What::Group(group) => model.group(group).storages.binary_search(&storage).is_ok(),
        What::App(..) | What::Unnamed(..) | What::Place(_) => false,
    }
}

fn names_place(model: &Model, what: What, place: Place) -> bool {
    match what {
        What::Word(word) => word == SetWord::Any,
        What::Place(named) => named == place,
        What::Group(group) => model.group(group).places.contains(&place),
        What::App(..) | What::Unnamed(..) | What::Storage(_) => false,
    }
}
