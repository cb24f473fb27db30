//! Names of endpoints as people know them, and lists of names that fit into a width.
//!
//! Takes in members of classes, gives out text. What does not fit is counted, in apps.

use std::collections::{BTreeMap, BTreeSet};

use super::metrics::{TEXT, Type, cut, width};
use super::words;
use crate::analysis::{Picture, PictureClass, PictureGroup, PictureMember};
use crate::source::visible;
use crate::vocabulary::Account;

/// The fewest apps for which a group's name stands.
const LEAST_OF_GROUP: usize = 3;

/// The least room in which a name is cut and not counted.
const ROOM_OF_NAME: u32 = 80;

/// The names of a picture.
pub(super) struct Names<'p> {
    /// By name, of apps and of all else: the title.
    titles: BTreeMap<(bool, &'p str), String>,
    groups: &'p [PictureGroup],
}

/// An app, storage or place in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item<'p> {
    pub(super) name: &'p str,
    pub(super) text: String,
    /// Whether it stands for everything that nothing names. It is not counted.
    pub(super) unlisted: bool,
    /// Whether it is meant under all its accounts, deployed or not.
    whole: bool,
}

/// A text that fits into a width, and the same with its names in full.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fitted {
    pub(super) text: String,
    pub(super) full: String,
}

impl Fitted {
    pub(super) fn plain(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { full: text.clone(), text }
    }
}

/// A part of a list: a name, or a group that stands for several.
struct Part {
    text: String,
    count: usize,
}

impl<'p> Names<'p> {
    pub(super) fn new(picture: &'p Picture) -> Self {
        let contexts = picture.contexts.iter();
        Self::of(contexts.flat_map(|context| &context.classes), &picture.groups)
    }

    /// The names of the members of some classes.
    pub(super) fn of(
        classes: impl Iterator<Item = &'p PictureClass>,
        groups: &'p [PictureGroup],
    ) -> Self {
        let mut members: BTreeMap<(bool, &str), &PictureMember> = BTreeMap::new();
        members.extend(classes.flat_map(|class| &class.members).map(|one| (key(one), one)));
        let mut full = BTreeMap::new();
        let mut short = BTreeMap::new();
        for one in members.values() {
            let title = title(one);
            let stripped = title.strip_prefix("Microsoft ").unwrap_or(&title).to_owned();
            // An app and a storage may have one title: they are never in one list.
            let is_app = one.account.is_some();
            *full.entry((is_app, title)).or_insert(0) += 1;
            *short.entry((is_app, stripped)).or_insert(0) += 1;
        }
        let unique = |one: &PictureMember| {
            let title = title(one);
            let is_app = one.account.is_some();
            let stripped = title.strip_prefix("Microsoft ").unwrap_or(&title).to_owned();
            match (short.get(&(is_app, stripped.clone())), full.get(&(is_app, title.clone()))) {
                (Some(1), _) => stripped,
                (_, Some(1)) => title,
                _ => format!("{title} ({})", visible(&one.name)),
            }
        };
        let titles = members.iter().map(|(key, one)| (*key, unique(one))).collect();
        Self { titles, groups }
    }

    /// Some members one by one, where `all` are those of their station: an account is named only where others of
    /// the app are not meant.
    pub(super) fn items(
        &self,
        members: &[&'p PictureMember],
        all: &[&'p PictureMember],
    ) -> Vec<Item<'p>> {
        type Uses = BTreeSet<(Option<Account>, Option<bool>)>;
        let uses = |members: &[&'p PictureMember]| {
            let mut found: BTreeMap<&'p str, Uses> = BTreeMap::new();
            for one in members {
                found.entry(&one.name).or_default().insert((one.account, one.deployed));
            }
            found
        };
        let (meant, known) = (uses(members), uses(all));
        let mut found: Vec<Item<'p>> = Vec::new();
        for one in members {
            if found.iter().any(|known| known.name == one.name) {
                continue;
            }
            let name = one.name.as_str();
            let whole = meant.get(name) == known.get(name);
            let of_app = meant.get(name).cloned().unwrap_or_default();
            let suffix = if whole { String::new() } else { suffix(&of_app) };
            let title = self.titles.get(&key(one)).cloned().unwrap_or_default();
            found.push(Item { name, text: title + &suffix, unlisted: one.unlisted, whole });
        }
        found
    }

    /// A list of items that fits into a width: by name if all fit, else with groups for their apps.
    pub(super) fn list(&self, items: &[Item<'p>], of: Type, room: u32) -> Fitted {
        let named: Vec<Part> = items.iter().map(part).collect();
        let fitted = fit(&named, of, room);
        if fitted.is_complete {
            return fitted.text;
        }
        fit(&self.covered(items), of, room).text
    }

    /// Some items among others of their station: all that nothing names with few exceptions is `any but` these.
    pub(super) fn among(&self, items: &mut [Item<'p>], rest: &[Item<'p>], room: u32) -> Fitted {
        let is_open = items.iter().any(|one| one.unlisted);
        if is_open && (1..=3).contains(&rest.len()) {
            let fitted = self.list(rest, TEXT, room.saturating_sub(width("any but ", TEXT)));
            return Fitted {
                text: format!("any but {}", fitted.text),
                full: format!("any but {}", fitted.full),
            };
        }
        items.sort_by_key(|one| !one.unlisted);
        self.list(items, TEXT, room)
    }

    /// The items with groups in place of their apps: always the group that covers most of what is left.
    fn covered(&self, items: &[Item<'p>]) -> Vec<Part> {
        let mut left: BTreeSet<&str> =
            items.iter().filter(|one| one.whole && !one.unlisted).map(|one| one.name).collect();
        let names: BTreeSet<&str> = left.clone();
        let mut found = Vec::new();
        let holds_all = |group: &&PictureGroup| {
            // A group stands for its apps in the picture, wherever they are.
            let mut apps = group.apps.iter().map(String::as_str);
            apps.all(|app| names.contains(app) || !self.titles.contains_key(&(true, app)))
        };
        let groups: Vec<&PictureGroup> = self.groups.iter().filter(holds_all).collect();
        loop {
            let covers = |group: &PictureGroup| {
                group.apps.iter().filter(|app| left.contains(app.as_str())).count()
            };
            // Of equals the first declared one.
            let Some(best) = groups.iter().rev().max_by_key(|group| covers(group)) else { break };
            let count = covers(best);
            if count < LEAST_OF_GROUP {
                break;
            }
            let text = format!("{} ({count})", best.name);
            found.push(Part { text, count });
            left.retain(|one| !best.apps.iter().any(|app| app == one));
        }
        let is_left = |one: &&Item<'_>| !one.whole || one.unlisted || left.contains(one.name);
        found.extend(items.iter().filter(is_left).map(part));
        found
    }

    /// The parts of a list one by one, each with its number of apps: groups only where there are more than so many
    /// items.
    pub(super) fn parts(&self, items: &[Item<'p>], most: usize) -> Vec<(String, usize)> {
        let parts =
            if items.len() > most { self.covered(items) } else { items.iter().map(part).collect() };
        parts.into_iter().map(|part| (part.text, part.count)).collect()
    }

    /// The group that holds just these items.
    pub(super) fn group_of(&self, items: &[Item<'p>]) -> Option<&'p str> {
        let names: BTreeSet<&str> = items.iter().map(|one| one.name).collect();
        let is_it = |group: &&PictureGroup| {
            let apps: BTreeSet<&str> = group.apps.iter().map(String::as_str).collect();
            apps.len() >= LEAST_OF_GROUP && apps == names
        };
        self.groups.iter().find(is_it).map(|group| group.name.as_str())
    }
}

/// The number of items that have a name.
pub(super) fn count(items: &[Item<'_>]) -> usize {
    items.iter().filter(|one| !one.unlisted).count()
}

fn part(item: &Item<'_>) -> Part {
    Part { text: item.text.clone(), count: usize::from(!item.unlisted) }
}

/// A list that was fitted.
struct FittedList {
    text: Fitted,
    is_complete: bool,
}

fn fit(parts: &[Part], of: Type, room: u32) -> FittedList {
    let total: usize = parts.iter().map(|part| part.count).sum();
    let with_rest = |shown: &[&str], left: usize| match (shown, left) {
        ([], 0) => "any other".to_owned(),
        ([], left) => words::count(left, "app"),
        (shown, 0) => shown.join(", "),
        (shown, left) => format!("{} +{left}", shown.join(", ")),
    };
    let (mut shown, mut counted): (Vec<&str>, usize) = (Vec::new(), 0);
    let mut best = None;
    for part in parts {
        shown.push(&part.text);
        counted += part.count;
        let text = with_rest(&shown, total - counted);
        if width(&text, of) <= room {
            best = Some((text, shown.len()));
        } else if width(&shown.join(", "), of) > room {
            // More names are only longer.
            break;
        }
    }
    if let Some((text, known)) = best {
        return FittedList { text: Fitted::plain(text), is_complete: known == parts.len() };
    }
    let Some(first) = parts.first().filter(|_| room >= ROOM_OF_NAME || parts.len() == 1) else {
        return FittedList { text: Fitted::plain(with_rest(&[], total)), is_complete: false };
    };
    // Not even one name fits.
    let left = total - first.count;
    let more = if left == 0 { String::new() } else { format!(" +{left}") };
    let short = cut(&first.text, of, room.saturating_sub(width(&more, of)));
    let text = Fitted { text: short + &more, full: format!("{}{more}", first.text) };
    FittedList { text, is_complete: parts.len() == 1 }
}

/// The name of a member, with whether it is an app: an app and a storage may have one name.
fn key(member: &PictureMember) -> (bool, &str) {
    (member.account.is_some(), &member.name)
}

/// The title of a member, or its name as words.
fn title(member: &PictureMember) -> String {
    let name = match (&member.title, member.unlisted, member.account) {
        (Some(title), ..) if !title.trim().is_empty() => title.trim().to_owned(),
        (_, true, Some(_)) => "any other app".to_owned(),
        (_, true, None) => "any other storage".to_owned(),
        _ if member.name.contains(':') => member.name.clone(),
        _ => words::capital(&member.name.replace('-', " ")),
    };
    visible(&name).into_owned()
}

/// What is meant of an app of which not everything is.
fn suffix(uses: &BTreeSet<(Option<Account>, Option<bool>)>) -> String {
    let accounts: BTreeSet<Account> = uses.iter().filter_map(|(account, _)| *account).collect();
    let deployed: BTreeSet<Option<bool>> = uses.iter().map(|(_, deployed)| *deployed).collect();
    let mut found: Vec<&str> = Vec::new();
    if accounts.len() < Account::ALL.len() {
        found.extend(accounts.into_iter().map(words::account));
    }
    match deployed.iter().collect::<Vec<_>>()[..] {
        [Some(true)] => found.push("deployed"),
        [Some(false)] => found.push("not deployed"),
        _ => {}
    }
    if found.is_empty() { " (in part)".to_owned() } else { format!(" ({})", found.join(", ")) }
}
