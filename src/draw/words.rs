//! Words about contexts: titles, scopes and limits.
//!
//! Takes in contexts and cells, gives out text.

use crate::analysis::{PictureContext, PicturePlace};
use crate::decision::LimitsAnswer;
use crate::source::visible;
use crate::vocabulary::{Account, Channel, Platform};

/// Places as clauses of scopes: those that differ in platforms alone, or in devices alone, are one.
pub(super) fn joined_scopes(places: &[PicturePlace]) -> String {
    let mut found: Vec<PicturePlace> = Vec::new();
    for place in places {
        // The clauses say it: platforms of their own would keep places apart.
        let place = PicturePlace { on: Vec::new(), ..place.clone() };
        if !found.contains(&place) {
            found.push(place);
        }
    }
    type Clause = fn(&mut PicturePlace) -> &mut String;
    let clauses: [Clause; 2] = [|place| &mut place.platforms, |place| &mut place.devices];
    for (clause, keyword) in clauses.into_iter().zip(["on ", "devices "]) {
        let mut joined: Vec<PicturePlace> = Vec::new();
        for mut place in found {
            let words = std::mem::take(clause(&mut place));
            let is_like = |known: &&mut PicturePlace| {
                let mut other = (**known).clone();
                let is_open = std::mem::take(clause(&mut other)).is_empty() || words.is_empty();
                other == place && !is_open
            };
            match joined.iter_mut().find(is_like) {
                Some(known) => {
                    let more = words.strip_prefix(keyword).unwrap_or(&words);
                    clause(known).push_str(&format!(", {more}"));
                }
                None => {
                    *clause(&mut place) = words;
                    joined.push(place);
                }
            }
        }
        found = joined;
    }
    scopes(&found)
}

/// Places as clauses of scopes.
pub(super) fn scopes(places: &[PicturePlace]) -> String {
    let scope = |place: &PicturePlace| {
        let clauses = [&place.people, &place.platforms, &place.devices].map(String::as_str);
        let clauses: Vec<&str> = clauses.into_iter().filter(|one| !one.is_empty()).collect();
        if clauses.is_empty() { "for any".to_owned() } else { clauses.join(" ") }
    };
    let scopes: Vec<String> = places.iter().map(scope).collect();
    visible(&scopes.join("; ")).into_owned()
}

/// The scopes of a context and its policies.
pub(super) fn subtitle(context: &PictureContext) -> String {
    if context.policies.is_empty() {
        return scopes(&context.places);
    }
    let names: Vec<&str> = context.policies.iter().map(String::as_str).collect();
    format!("{} · {}", scopes(&context.places), policies(&names))
}

/// The names of policies.
pub(super) fn policies(names: &[&str]) -> String {
    let noun = if names.len() == 1 { "policy" } else { "policies" };
    visible(&format!("{noun} {}", names.join(", "))).into_owned()
}

/// A text with a capital letter.
pub(super) fn capital(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + characters.as_str()
}

/// The people and devices of a context in plain words; with several places, those of the first.
pub(super) fn whose(places: &[PicturePlace]) -> String {
    let Some(place) = places.first() else { return String::new() };
    let more = match places.len() {
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

/// Limits in words; empty without any.
pub(super) fn limits(limits: &LimitsAnswer) -> String {
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
