//! `on` and `devices` clauses: sets of platforms and of device management states.
//!
//! Takes in the words of a clause, gives out the set that they stand for, and diagnostics. Does not know
//! to what the clause belongs, nor which states a platform has.

use crate::diagnostic::{Code, Diagnostic, closest};
use crate::syntax::ast::{Name, Words};
use crate::vocabulary::{DeviceState, DeviceStates, Platform, Platforms};

/// The platforms of an `on` clause. An unknown word is an error, and so is an empty set.
pub(super) fn platforms(words: &Words, found: &mut Vec<Diagnostic>) -> Option<Platforms> {
    let meaning = |word: &str| match word {
        "any" => Some(Platform::ALL.to_vec()),
        word => Platform::from_word(word).map(|platform| vec![platform]),
    };
    let known = Platform::ALL.iter().map(|platform| platform.word()).chain(["any"]).collect();
    let clause = Clause { noun: "platform", known, usual: USUAL_PLATFORMS, meaning: &meaning };
    clause.resolve(words, found).map(Platforms::from_iter)
}

/// The device states of a `devices` clause. An unknown word is an error, and so is an empty set.
pub(super) fn devices(words: &Words, found: &mut Vec<Diagnostic>) -> Option<DeviceStates> {
    let states = || DeviceState::ALL.iter().copied();
    let meaning = |word: &str| match word {
        "any" => Some(states().collect()),
        "enrolled" => Some(states().filter(|state| state.is_enrolled()).collect()),
        word => DeviceState::from_word(word).map(|state| vec![state]),
    };
    let known = states().map(DeviceState::word).chain(["enrolled", "any"]).collect();
    let clause = Clause { noun: "device state", known, usual: USUAL_STATES, meaning: &meaning };
    clause.resolve(words, found).map(DeviceStates::from_iter)
}

/// Platform words of other vocabularies, with the word of this one.
const USUAL_PLATFORMS: &[(&str, &str)] =
    &[("iphone", "ios"), ("ipad", "ios"), ("ipados", "ios"), ("all", "any"), ("everything", "any")];

/// Device state words of other vocabularies. Some are closest in spelling to their opposites.
const USUAL_STATES: &[(&str, &str)] = &[
    ("managed", "enrolled"),
    ("mdm", "enrolled"),
    ("unenrolled", "unmanaged"),
    ("not-enrolled", "unmanaged"),
    ("byod", "unmanaged"),
    ("all", "any"),
    ("everything", "any"),
];

/// The vocabulary of one kind of clause.
struct Clause<'a, T> {
    /// The noun for one of its words.
    noun: &'static str,
    /// All of the words.
    known: Vec<&'static str>,
    /// Words that authors write instead, with the word that they mean.
    usual: &'static [(&'static str, &'static str)],
    /// The values of a word.
    meaning: &'a dyn Fn(&str) -> Option<Vec<T>>,
}

impl<T: Copy + PartialEq> Clause<'_, T> {
    fn resolve(&self, words: &Words, found: &mut Vec<Diagnostic>) -> Option<Vec<T>> {
        // `any` is a word of its own, so that the grammar's `None` needs no second path.
        let all = || (self.meaning)("any");
        let of = match &words.of {
            Some(names) => self.join(names, found),
            None => all(),
        };
        let except: Vec<_> =
            words.except.iter().map(|name| (name, self.known(name, found))).collect();
        let mut left = of?;
        let mut complete = true;
        for (name, taken) in except {
            let Some(taken) = taken else {
                complete = false;
                continue;
            };
            let before = left.len();
            left.retain(|item| !taken.contains(item));
            if left.len() == before {
                let why = "what stands before it does not hold it";
                let mut diagnostic = idle(name, "takes nothing out", why);
                if words.except.len() == 1 {
                    diagnostic = diagnostic.help(format!("leave `except {}` out", name.text));
                }
                found.push(diagnostic);
            }
        }
        if complete && left.is_empty() {
            let message = format!("a clause that leaves no {}", self.noun);
            let help = format!("leave the clause out to mean every {}", self.noun);
            let diagnostic = Diagnostic::new(Code::EmptySet, message);
            found.push(diagnostic.at(words.span, "`except` takes everything out").help(help));
        }
        (complete && !left.is_empty()).then_some(left)
    }

    /// The union of the words' values; `None` if one of the words is unknown.
    fn join(&self, names: &[Name], found: &mut Vec<Diagnostic>) -> Option<Vec<T>> {
        let mut joined = Vec::new();
        let mut complete = true;
        for name in names {
            let Some(mut items) = self.known(name, found) else {
                complete = false;
                continue;
            };
            items.retain(|item| !joined.contains(item));
            if items.is_empty() {
                found.push(idle(name, "adds nothing", "the words before it hold it"));
            }
            joined.append(&mut items);
        }
        complete.then_some(joined)
    }

    fn known(&self, name: &Name, found: &mut Vec<Diagnostic>) -> Option<Vec<T>> {
        let meaning = (self.meaning)(&name.text);
        if meaning.is_none() {
            let known = self.known.iter().copied();
            let usual = self.usual.iter().find(|(word, _)| *word == name.text);
            let meant = usual.map(|(_, word)| *word).or_else(|| closest(&name.text, known));
            found.push(unknown(name, self.noun, meant, &self.known));
        }
        meaning
    }
}

/// The diagnostic about a word that is not in the vocabulary of its place.
pub(super) fn unknown(name: &Name, noun: &str, meant: Option<&str>, known: &[&str]) -> Diagnostic {
    let message = format!("`{}` is no {noun}", name.text);
    let diagnostic = Diagnostic::new(Code::UnknownWord, message).at(name.span, "");
    match meant {
        Some(word) => diagnostic.meant(word),
        None => diagnostic.help(format!("write {}", quoted(known, "or"))),
    }
}

fn idle(name: &Name, what: &str, why: &str) -> Diagnostic {
    Diagnostic::new(Code::NoEffect, format!("`{}` {what}", name.text))
        .at(name.span, why)
        .help("leave it out")
}

/// Words in backticks, joined as in a sentence.
pub(super) fn quoted(words: &[&str], last: &str) -> String {
    match words {
        [] => "nothing".to_owned(),
        [one] => format!("`{one}`"),
        [first @ .., end] => format!("`{}` {last} `{end}`", first.join("`, `")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::source::Sources;
    use crate::syntax::ast::{ItemKind, StatementKind};

    /// What the `on` and `devices` clauses of a policy's head mean, and what is said about them.
    fn resolve(clause: &str) -> (Option<String>, Vec<String>) {
        let mut sources = Sources::default();
        let id = sources.add("test.mam", &format!("policy p {{ for any {clause} protect any }}"));
        let (file, _) = crate::syntax::parse(&sources, id, &Limits::default());
        let ItemKind::Policy(policy) = &file.items[0].kind else { panic!("{clause}") };
        let mut found = Vec::new();
        let words = match &policy.body[1].kind {
            StatementKind::On(words) => platforms(words, &mut found)
                .map(|set| set.iter().map(Platform::word).collect::<Vec<_>>()),
            StatementKind::Devices(words) => devices(words, &mut found)
                .map(|set| set.iter().map(DeviceState::word).collect::<Vec<_>>()),
            other => panic!("{other:?}"),
        };
        let said = found.iter().map(|one| {
            let place = one.span().map_or("", |span| sources.slice(span));
            format!("{} at `{place}`: {}", one.message, one.help.as_deref().unwrap_or(""))
        });
        let said = said.collect();
        (words.map(|words| words.join(" ")), said)
    }

    #[track_caller]
    fn means(clause: &str, expected: &str) {
        assert_eq!(resolve(clause), (Some(expected.to_owned()), Vec::new()), "{clause}");
    }

    #[track_caller]
    fn refused(clause: &str, expected: &str) {
        assert_eq!(resolve(clause), (None, vec![expected.to_owned()]), "{clause}");
    }

    #[track_caller]
    fn warned(clause: &str, meaning: &str, expected: &str) {
        let warned = (Some(meaning.to_owned()), vec![expected.to_owned()]);
        assert_eq!(resolve(clause), warned, "{clause}");
    }

    #[test]
    fn words_are_joined_and_exceptions_taken_out() {
        means("on android, ios", "ios android");
        means("on any", "ios android windows");
        means("on any except windows", "ios android");
        means("on ios, any", "ios android windows");
        means("on ios, android except android", "ios");
        means("devices unmanaged, third-party", "unmanaged third-party");
        means("devices any except enrolled", "unmanaged");
        means(
            "devices enrolled except third-party, aosp-userless",
            "intune configmgr android-enterprise android-dedicated aosp",
        );
    }

    #[test]
    fn unknown_words_are_refused_with_a_suggestion() {
        refused("on anroid", "`anroid` is no platform at `anroid`: did you mean `android`?");
        refused("on ipad", "`ipad` is no platform at `ipad`: did you mean `ios`?");
        refused(
            "on any except linux",
            "`linux` is no platform at `linux`: write `ios`, `android`, `windows` or `any`",
        );
        refused(
            "devices managed",
            "`managed` is no device state at `managed`: did you mean `enrolled`?",
        );
        refused(
            "devices unenrolled",
            "`unenrolled` is no device state at `unenrolled`: did you mean `unmanaged`?",
        );
        refused(
            "devices any except thirdparty",
            "`thirdparty` is no device state at `thirdparty`: did you mean `third-party`?",
        );
    }

    #[test]
    fn every_unknown_word_of_a_clause_is_reported() {
        let (meaning, said) = resolve("on iso, linux except anroid");
        assert_eq!(meaning, None);
        assert_eq!(said.len(), 3, "{said:?}");
    }

    #[test]
    fn a_clause_that_leaves_nothing_is_refused() {
        refused(
            "on ios except ios",
            "a clause that leaves no platform at `ios except ios`: \
             leave the clause out to mean every platform",
        );
        refused(
            "devices any except enrolled, unmanaged",
            "a clause that leaves no device state at `any except enrolled, unmanaged`: \
             leave the clause out to mean every device state",
        );
    }

    #[test]
    fn a_word_without_effect_is_a_warning() {
        warned("on ios, ios", "ios", "`ios` adds nothing at `ios`: leave it out");
        warned(
            "on ios except android",
            "ios",
            "`android` takes nothing out at `android`: leave `except android` out",
        );
        warned(
            "devices enrolled, aosp except intune, configmgr, third-party, aosp-userless",
            "android-enterprise android-dedicated aosp",
            "`aosp` adds nothing at `aosp`: leave it out",
        );
    }
}
