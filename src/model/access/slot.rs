//! Slots: places in access statements that take a typed value.
//!
//! Take in the value of the AST, give out a typed value or one diagnostic with an example. Do not know
//! which fields and conditions there are.

use std::fmt::Display;
use std::ops::RangeInclusive;

use super::value::{Date, NameList, Version};
use crate::diagnostic::{Code, Diagnostic, closest};
use crate::model::clauses::{self, quoted};
use crate::source::Span;
use crate::syntax::ast::{Name, Spanned, Text, Value};
use crate::syntax::print::quote;

/// A value, or the diagnostic about it.
pub(super) type Read<T> = Result<T, Diagnostic>;

/// The value; a diagnostic is added to those found.
pub(super) fn keep<T>(read: Read<T>, found: &mut Vec<Diagnostic>) -> Option<T> {
    read.map_err(|diagnostic| found.push(diagnostic)).ok()
}

/// A diagnostic about an access statement at one place.
pub(super) fn bad(message: impl Into<String>, span: Span, help: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::BadAccess, message).at(span, "").help(help)
}

/// A type of numbers.
pub(super) trait Count: TryFrom<u64> + PartialOrd + Display {}

impl<T: TryFrom<u64> + PartialOrd + Display> Count for T {}

/// The units of a duration, each as a multiple of the first.
pub(super) type Units = [(&'static str, u64)];
pub(super) const MINUTES: &Units = &[
    ("minutes", 1),
    ("minute", 1),
    ("hours", 60),
    ("hour", 60),
    ("days", 24 * 60),
    ("day", 24 * 60),
];
pub(super) const DAYS: &Units = &[("days", 1), ("day", 1)];

/// A field, or the right side of a condition.
pub(super) struct Slot<'a> {
    /// Its name in messages.
    pub(super) word: &'static str,
    /// The place of the word.
    pub(super) place: Span,
    /// The text between the word and the value.
    pub(super) sign: &'static str,
    /// The value that is written.
    pub(super) value: Option<Value>,
    /// The list of names that is written instead of a value.
    pub(super) names: &'a [Text],
    /// An example in `.mam` text.
    pub(super) example: &'static str,
}

impl Slot<'_> {
    /// The place from the word to the end of the value.
    pub(super) fn span(&self) -> Span {
        let value = self.value.iter().map(|value| value_span(value, self.place));
        value.chain(self.names.iter().map(|name| name.span)).fold(self.place, Span::to)
    }

    /// An empty slot.
    pub(super) fn nothing(&self) -> Read<()> {
        if self.value.is_none() { Ok(()) } else { Err(self.wrong("no value")) }
    }

    /// A number without a unit.
    pub(super) fn number<T: Count>(&self, range: RangeInclusive<T>) -> Read<T> {
        let Some(Value::Number(number)) = &self.value else { return Err(self.wrong("a number")) };
        self.within(number.value, range, "", number.span)
    }

    /// A duration as a number of the first unit.
    pub(super) fn time<T: Count>(&self, units: &Units, range: RangeInclusive<T>) -> Read<T> {
        let first = units.first().map_or("", |(word, _)| word);
        if let Some(Value::Number(number)) = &self.value {
            let written = self.written(number);
            let several = units.iter().filter(|(word, _)| word.ends_with('s'));
            let choices: Vec<_> = several.map(|(unit, _)| format!("{written} {unit}")).collect();
            let choices: Vec<_> = choices.iter().map(String::as_str).collect();
            let help = format!("write {}", quoted(&choices, "or"));
            return Err(bad(format!("`{}` needs a unit", self.word), number.span, help));
        }
        let Some(Value::Amount(number, unit)) = &self.value else {
            return Err(self.wrong(&format!("a number of {first}")));
        };
        let Some((_, factor)) = units.iter().find(|(word, _)| *word == unit.text) else {
            let message = format!("`{}` is counted in {first}", self.word);
            let help = format!("give it in {first}: `{}`, for example", self.example);
            return Err(bad(message, unit.span, help));
        };
        let place = number.span.to(unit.span);
        self.within(number.value.saturating_mul(*factor), range, &format!(" {first}"), place)
    }

    /// One of some words.
    pub(super) fn choice<T: Copy>(&self, options: &[(&str, T)]) -> Read<T> {
        if let Some(Value::Word(word)) = &self.value {
            return among(word, &format!("value of `{}`", self.word), options);
        }
        Err(self.wrong(&quoted(&words_of(options), "or")))
    }

    /// A version.
    pub(super) fn version(&self) -> Read<Version> {
        let (text, span) = match &self.value {
            Some(Value::Number(number)) => (number.value.to_string(), number.span),
            Some(Value::Version(name)) => (name.text.clone(), name.span),
            Some(Value::Amount(..) | Value::Then(..) | Value::Word(_) | Value::Date(_)) | None => {
                return Err(self.wrong("a version"));
            }
        };
        let help = || format!("write `{}`, for example", self.example);
        Version::read(&text).map_err(|message| bad(message, span, help()))
    }

    /// A day of the calendar.
    pub(super) fn date(&self) -> Read<Date> {
        let Some(Value::Date(name)) = &self.value else { return Err(self.wrong("a date")) };
        Date::parse(&name.text).ok_or_else(|| {
            let message = format!("the calendar has no `{}`", name.text);
            bad(message, name.span, "write year, month and day: `2026-01-31`")
        })
    }

    /// A list of names. A single name that is a list in the notation of the product's pages is an error.
    pub(super) fn list(&self) -> Read<NameList> {
        if let Some(text) = self.names.iter().find(|text| text.value.contains(';')) {
            let names = text.value.split(';').map(str::trim).filter(|name| !name.is_empty());
            let names: Vec<_> = names.map(quote).collect();
            let help = format!("write `{}`", names.join(", "));
            return Err(bad(format!("several names in one {}", self.word), text.span, help));
        }
        Ok(self.names.iter().map(|text| text.value.clone()).collect())
    }

    /// The text of the word with a number.
    pub(super) fn written(&self, number: &Spanned<u64>) -> String {
        format!("{}{} {}", self.word, self.sign, number.value)
    }

    /// The number, if it is in a range.
    pub(super) fn within<T: Count>(
        &self,
        number: u64,
        range: RangeInclusive<T>,
        unit: &str,
        place: Span,
    ) -> Read<T> {
        let number = T::try_from(number).ok().filter(|number| range.contains(number));
        number.ok_or_else(|| {
            let takes = match range.into_inner() {
                (least, most) if least == most => format!("only {least}"),
                (least, most) => format!("{least} to {most}{unit}"),
            };
            let help = format!("write `{}`, for example", self.example);
            bad(format!("`{}` takes {takes}", self.word), place, help)
        })
    }

    /// The diagnostic about a value of another type.
    pub(super) fn wrong(&self, takes: &str) -> Diagnostic {
        let verb = if self.value.is_some() { "takes" } else { "needs" };
        let place = self.value.as_ref().map_or(self.place, |value| value_span(value, self.place));
        let message = format!("`{}` {verb} {takes}", self.word);
        bad(message, place, format!("write `{}`", self.example))
    }
}

/// The place of a value behind a word at `place`.
fn value_span(value: &Value, place: Span) -> Span {
    match value {
        Value::Number(number) => number.span,
        Value::Amount(number, word) => number.span.to(word.span),
        Value::Then(outcomes) => {
            let spans = outcomes.iter().flat_map(|(number, word)| [number.span, word.span]);
            spans.reduce(Span::to).unwrap_or(place)
        }
        Value::Word(name) | Value::Version(name) | Value::Date(name) => name.span,
    }
}

pub(super) fn words_of<'a, T>(options: &[(&'a str, T)]) -> Vec<&'a str> {
    options.iter().map(|(word, _)| *word).collect()
}

/// Words that authors write instead of one that is spelt differently.
const USUAL: &[(&str, &str)] = &[
    ("passcode", "pin"),
    ("encrypt", "encryption"),
    ("deny", "block"),
    ("jailbreak", "jailbroken"),
    ("rooted", "jailbroken"),
    ("disabled", "account-disabled"),
];

/// The value of a word among some.
pub(super) fn among<T: Copy>(name: &Name, noun: &str, options: &[(&str, T)]) -> Read<T> {
    let known = options.iter().find(|(word, _)| *word == name.text);
    known.map(|(_, value)| *value).ok_or_else(|| {
        let words = words_of(options);
        let usual = USUAL.iter().find(|(word, meant)| *word == name.text && words.contains(meant));
        let meant = usual.map(|(_, meant)| *meant);
        let meant = meant.or_else(|| closest(&name.text, words.iter().copied()));
        clauses::unknown(name, noun, meant, &words)
    })
}
