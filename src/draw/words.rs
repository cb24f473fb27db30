//! Words about contexts: titles, scopes and limits.
//!
//! Takes in contexts and cells, gives out text.

use crate::analysis::{Cell, PictureContext, PicturePlace};
use crate::source::visible;
use crate::vocabulary::{Account, Channel, Platform};

/// The places of a context as clauses of scopes.
pub(super) fn scopes(context: &PictureContext) -> String {
    let scope = |place: &PicturePlace| {
        let clauses = [&place.people, &place.platforms, &place.devices].map(String::as_str);
        let clauses: Vec<&str> = clauses.into_iter().filter(|one| !one.is_empty()).collect();
        if clauses.is_empty() { "for any".to_owned() } else { clauses.join(" ") }
    };
    let scopes: Vec<String> = context.places.iter().map(scope).collect();
    visible(&scopes.join("; ")).into_owned()
}

/// The scopes of a context and its policies.
pub(super) fn subtitle(context: &PictureContext) -> String {
    let policies = match &context.policies[..] {
        [] => return scopes(context),
        [one] => format!("policy {one}"),
        all => format!("policies {}", all.join(", ")),
    };
    format!("{} · {}", scopes(context), visible(&policies))
}

/// The people and devices of a context in plain words; with several places, those of the first.
pub(super) fn whose(context: &PictureContext) -> String {
    let Some(place) = context.places.first() else { return String::new() };
    let more = match context.places.len() {
        0 | 1 => String::new(),
        all => format!(", and {} more", all - 1),
    };
    let (people, devices) = (people(&place.people), devices(&place.devices));
    let on = platforms(&place.platforms);
    visible(&format!("{people} on {on}, {devices}{more}")).into_owned()
}

pub(super) fn people(clause: &str) -> String {
    match clause.strip_prefix("for ") {
        None => "everybody".to_owned(),
        Some("exactly none") => "people in no group".to_owned(),
        Some(people) => match (people.strip_prefix("any "), people.strip_prefix("exactly ")) {
            (Some(rest), _) => format!("everybody {rest}"),
            (None, Some(groups)) => format!("people in {groups} only"),
            (None, None) => people.to_owned(),
        },
    }
}

fn platforms(clause: &str) -> String {
    let title = |word: &str| match Platform::from_word(word) {
        Some(Platform::Ios) => "iOS".to_owned(),
        Some(Platform::Android) => "Android".to_owned(),
        Some(Platform::Windows) => "Windows".to_owned(),
        None => word.to_owned(),
    };
    match clause.strip_prefix("on ") {
        None => "every platform".to_owned(),
        Some(words) => words.split(", ").map(title).collect::<Vec<_>>().join(" and "),
    }
}

pub(super) fn devices(clause: &str) -> String {
    match clause.strip_prefix("devices ") {
        None => "any device".to_owned(),
        Some(states) => format!("{} devices", states.replace(", ", " or ")),
    }
}

/// The limits of a cell; empty without any.
pub(super) fn limits(cell: &Cell) -> String {
    let limits = &cell.limits;
    let characters = limits.characters.map(|most| format!("up to {most} characters"));
    let content = limits.content.map(|_| "without content".to_owned());
    let tagged = limits.tagged.map(|account| format!("tagged {account}"));
    [characters, content, tagged].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Channels, as a scope has them.
pub(super) fn channels(channels: &[Channel]) -> String {
    channels.iter().map(|channel| channel.word()).collect::<Vec<_>>().join(", ")
}

/// An account behind the name of an app.
pub(super) fn account(account: Account) -> &'static str {
    match account {
        Account::Work => "work",
        Account::Personal => "personal",
        Account::Other => "other organisation",
    }
}

/// A number with a noun.
pub(super) fn count(number: usize, noun: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{s}")
}
