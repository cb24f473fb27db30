//! Everyday phrases that stand where the language has another one.
//!
//! Takes in the tokens of a piece and the one that the grammar refused, gives out the words that are
//! wrong and the text to write for them. A text that is offered permits no more than the phrase says.
//! Does not know the grammar's errors.

use std::ops::Range;

use super::keywords::{is_reserved, noun, roles, words_called};
use super::tokens::Tokens;
use crate::vocabulary::{Channel, DeviceState, Platform, RuleEffect};

/// A phrase in a text: its tokens, and the help for it.
pub(super) struct Phrase {
    pub(super) words: Range<usize>,
    pub(super) help: String,
}

/// A refused token in its piece.
pub(super) struct Place<'t, 'a> {
    pub(super) tokens: &'t Tokens<'a>,
    pub(super) piece: Range<usize>,
    pub(super) at: usize,
    /// Whether a set of endpoints begins here.
    pub(super) begins_set: bool,
    /// Whether a clause may stand here.
    pub(super) takes_clause: bool,
}

impl Place<'_, '_> {
    /// The everyday phrase at the refused token, if there is one.
    pub(super) fn phrase(&self) -> Option<Phrase> {
        let phrases: [fn(&Self) -> Option<Phrase>; 14] = [
            Self::only,
            Self::everything,
            Self::claim,
            Self::unit,
            Self::exception,
            Self::described,
            Self::account,
            Self::limit,
            Self::content,
            Self::via,
            Self::condition,
            Self::conditions,
            Self::field,
            Self::id,
        ];
        phrases.iter().find_map(|phrase| phrase(self)).or_else(|| self.device(self.at))
    }

    /// The everyday phrase before the end of a piece that is too short.
    pub(super) fn phrase_at_end(&self) -> Option<Phrase> {
        let last = self.at.checked_sub(1).filter(|last| self.word(*last) == "devices")?;
        self.device(last.checked_sub(1)?)
    }

    fn word(&self, at: usize) -> &str {
        if self.piece.contains(&at) { self.tokens.word(at) } else { "" }
    }

    /// The words of the piece before the refused token.
    fn before(&self) -> impl DoubleEndedIterator<Item = &str> {
        (self.piece.start..self.at).map(|at| self.word(at))
    }

    /// The word that opens the statement.
    fn opening(&self) -> &str {
        self.word(self.tokens.skip_docs(self.piece.start))
    }

    /// `save only to onedrive`. The grammar may have taken the word for a name.
    fn only(&self) -> Option<Phrase> {
        let is_only = |at: &usize| matches!(self.word(*at), "only" | "just" | "solely");
        // In a declaration it may well be a name.
        if roles(self.opening()).opens_declaration() {
            return None;
        }
        let at = [Some(self.at), self.at.checked_sub(1)].into_iter().flatten().find(is_only)?;
        let word = self.word(at);
        let help = match self.opening() {
            "allow" => format!(
                "leave `{word}` out: what is not allowed is blocked; under `otherwise allow`, write \
                 `block … except …` instead"
            ),
            "accept" => "write `refuse … from any except …`: what no rule refuses comes in".into(),
            "expect" => {
                format!(
                    "leave `{word}` out, and claim `expect block` of the others in a line of its own"
                )
            }
            _ => format!("leave `{word}` out"),
        };
        Some(Phrase { words: at..at + 1, help })
    }

    /// `to personal`, `to corporate storage`, `from outlook personal`.
    fn account(&self) -> Option<Phrase> {
        let is_noun = |at: usize| is_account_noun(self.word(at));
        let at = if is_noun(self.at) { self.at.checked_sub(1)? } else { self.at };
        let (account, storage) = account_and_storage(self.word(at))?;
        let words = at..at + 1 + usize::from(is_noun(at + 1));
        let is_refused = at == self.at;
        let storages = || self.any_storage(words.clone(), storage);
        if let Some(phrase) = storages().or_else(|| self.account_of_name(at, account, storage)) {
            return Some(phrase);
        }
        let help = match self.word(at.checked_sub(1)?) {
            side @ ("from" | "to") if self.begins_set || !is_refused => {
                self.endpoints(side, self.word(at + 1), account, storage)
            }
            "from" | "to" => return None,
            _ if self.takes_clause && is_refused => self.account_behind(account, storage),
            _ => return None,
        };
        Some(Phrase { words, help })
    }

    /// The help for an account behind the name of an app or storage.
    fn account_behind(&self, account: &str, storage: Option<&str>) -> String {
        let side = self.before().rfind(|word| matches!(*word, "from" | "to"));
        match storage.filter(|_| self.holds_storages(side.unwrap_or_default(), "") == Some(true)) {
            Some(storage) => owner_help(storage),
            None => format!("write `as {account}`"),
        }
    }

    /// `to any personal storage`.
    fn any_storage(&self, words: Range<usize>, storage: Option<&str>) -> Option<Phrase> {
        let (any, side) = (words.start.checked_sub(1)?, words.start.checked_sub(2)?);
        let are_storages = self.holds_storages(self.word(side), self.word(words.start + 1));
        let fits = self.word(any) == "any" && are_storages == Some(true);
        let help = format!("write `{}`", storage.filter(|_| fits)?);
        Some(Phrase { words: any..words.end, help })
    }

    /// `to personal onedrive`.
    fn account_of_name(&self, at: usize, account: &str, storage: Option<&str>) -> Option<Phrase> {
        let side = self.word(at.checked_sub(1)?);
        let name = self.word(at + 1);
        let is_name = !name.is_empty() && !is_account_noun(name) && !is_reserved(name);
        if !is_name || !matches!(side, "from" | "to") {
            return None;
        }
        let help = match (storage, self.holds_storages(side, "")) {
            (Some(storage), Some(true)) => owner_help(storage),
            _ => format!("write `{name} as {account}`"),
        };
        Some(Phrase { words: at..at + 2, help })
    }

    /// The help for an account that stands alone behind `from` or `to`.
    fn endpoints(&self, side: &str, noun: &str, account: &str, storage: Option<&str>) -> String {
        let apps = match account {
            "other" => "`unmanaged` for apps that no policy protects, `any as other` for accounts of other \
                        organisations"
                .to_owned(),
            "work" => {
                "`managed` for apps that a policy protects, `any as work` for every work account".into()
            }
            _ => format!("`any as {account}`"),
        };
        match (storage, self.holds_storages(side, noun)) {
            (Some(storage), Some(true)) => format!("write `{storage}`"),
            (Some(storage), None) if account == "personal" => {
                format!("write `{storage}` for storages, {apps} for apps")
            }
            (Some(storage), None) => format!("write `{storage}` for storages, {apps}"),
            (None, _) | (_, Some(false)) => format!("write {apps}"),
        }
    }

    /// Whether a side of the piece's channels holds storages; `None` if it may hold both.
    fn holds_storages(&self, side: &str, noun: &str) -> Option<bool> {
        let is_storage = |channel: Channel| match channel {
            Channel::Save => side == "to",
            Channel::Open => side == "from",
            _ => false,
        };
        let mut sides = self.before().filter_map(Channel::from_word).map(is_storage);
        match sides.next() {
            _ if matches!(noun, "storage" | "storages") => Some(true),
            Some(first) if sides.all(|other| other == first) => Some(first),
            _ => None,
        }
    }

    /// `copy to any max 50 characters`.
    fn limit(&self) -> Option<Phrase> {
        const LIMITS: &[&str] = &[
            "max", "maximum", "limit", "limited", "upto", "at", "under", "below", "with", "less",
            "fewer",
        ];
        let is_copy = || self.before().any(|word| word == Channel::Copy.word());
        if !self.takes_clause || !LIMITS.contains(&self.word(self.at)) || !is_copy() {
            return None;
        }
        let is_number = |at: &usize| {
            let text = self.tokens.slice(*at);
            !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
        };
        let number = (self.at + 1..self.piece.end.min(self.at + 4)).find(is_number)?;
        let is_unit = matches!(self.word(number + 1), "characters" | "character" | "chars");
        let help = format!("write `up to {} characters`", self.tokens.slice(number));
        Some(Phrase { words: self.at..number + 1 + usize::from(is_unit), help })
    }

    /// `no path … via share`.
    fn via(&self) -> Option<Phrase> {
        let is_via = matches!(self.word(self.at), "via" | "through" | "using" | "over");
        let is_path = || self.before().any(|word| word == "path");
        let names_channel = || Channel::from_word(self.word(self.at + 1)).is_some();
        let fits = is_via && self.takes_clause && is_path() && names_channel();
        fits.then(|| Phrase { words: self.at..self.at + 1, help: "write `by`".to_owned() })
    }

    /// `for all users`. The grammar may have taken the first word for a name.
    fn everything(&self) -> Option<Phrase> {
        const NOUNS: &[&str] = &["user", "users", "people", "app", "apps", "devices", "platforms"];
        let at = self.at.checked_sub(1)?;
        let fits = matches!(self.word(at), "all" | "every" | "each");
        let fits = fits && NOUNS.contains(&self.word(self.at));
        fits.then(|| Phrase { words: at..self.at + 1, help: "write `any`".to_owned() })
    }

    /// `notify no content`.
    fn content(&self) -> Option<Phrase> {
        let fits = self.before().any(|word| word == Channel::Notify.word())
            && matches!(self.word(self.at), "no" | "hide" | "hiding" | "hidden" | "minus")
            && self.word(self.at + 1) == "content";
        let help = "write `without content`".to_owned();
        fits.then(|| Phrase { words: self.at..self.at + 2, help })
    }

    /// `share unless managed`, `any other than managed`, `any without unlisted`, `for staff and not finance`.
    fn exception(&self) -> Option<Phrase> {
        const WORDS: &[&str] = &["except", "unless", "excluding", "but", "besides"];
        let (before, word) = (self.at.checked_sub(1)?, self.word(self.at));
        let is_of = |words: &[&str]| words.contains(&self.word(before));
        let one = |words: Range<usize>, help: &str| Some(Phrase { words, help: help.to_owned() });
        if WORDS.contains(&word) && self.is_rule() && self.ends_with_channel() {
            let help =
                "write `to any except` before apps and storages, `for any except` before people";
            return one(self.at..self.at + 1, help);
        }
        if word == "other" && self.word(self.at + 1) == "than" {
            return one(self.at..self.at + 2, "write `except`");
        }
        let is_notice = self.before().any(|word| word == Channel::Notify.word());
        if is_of(&["without"]) && !word.is_empty() && !is_notice {
            return one(before..self.at, "write `except`");
        }
        let is_joined = |at: usize| matches!(self.tokens.slice(at), "," | "and");
        let not = if is_joined(self.at) { self.at + 1 } else { self.at };
        let are_people = self.before().any(|word| word == "for");
        let fits = are_people && self.word(not) == "not" && self.word(not + 1) != "matching";
        let start = not - usize::from(is_joined(not - 1));
        fits.then(|| Phrase { words: start..not + 1, help: "write `except`".to_owned() })
    }

    /// `to approved apps`, `to local storage`: the grammar takes the first word for a name.
    fn described(&self) -> Option<Phrase> {
        let before = self.at.checked_sub(1)?;
        if !is_account_noun(self.word(self.at)) || roles(self.word(before)).opens_statement() {
            return None;
        }
        let help = match self.word(before) {
            "protected" | "approved" | "trusted" | "allowed" => "write `managed`",
            "external" | "third-party" | "unprotected" | "unapproved" | "untrusted" | "foreign" => {
                "write `unmanaged`"
            }
            "local" => "write `device-storage`",
            "managed" | "unmanaged" | "unlisted" => "leave the second word out",
            _ => return None,
        };
        Some(Phrase { words: before..self.at + 1, help: help.to_owned() })
    }

    /// `expect deny`, `otherwise deny`, `expect not share`.
    fn claim(&self) -> Option<Phrase> {
        let opening = self.opening();
        let is_second = self.at.checked_sub(1) == Some(self.tokens.skip_docs(self.piece.start));
        let is_ban = match self.word(self.at) {
            "deny" | "forbid" | "prohibit" | "disallow" => {
                matches!(opening, "expect" | "otherwise")
            }
            "not" => opening == "expect",
            _ => false,
        };
        let help = "write `block`".to_owned();
        (is_second && is_ban).then(|| Phrase { words: self.at..self.at + 1, help })
    }

    /// `threat >= medium`: levels have no number next to them that could be named.
    pub(super) fn level(&self) -> Option<Phrase> {
        let sign = self.at.checked_sub(1)?;
        let fact = self.word(sign.checked_sub(1)?);
        let is_signed = matches!(self.tokens.slice(sign), "<" | ">");
        if !is_signed || self.tokens.slice(self.at) != "=" {
            return None;
        }
        let example = match fact {
            "threat" => "`threat > low` holds for `medium` and `high`",
            "integrity" => "`integrity < device` holds for `basic` and for less",
            "device-lock" => "`device-lock < medium` holds for `low` and for no lock",
            _ => return None,
        };
        let help = format!("write `<` or `>` alone, with the level next to it: {example}");
        Some(Phrase { words: sign..self.at + 1, help })
    }

    /// `offline > 12h`.
    fn unit(&self) -> Option<Phrase> {
        let text = self.tokens.slice(self.at);
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = match text.strip_prefix(digits)? {
            "h" | "hr" | "hrs" | "hours" => "hours",
            "d" | "days" => "days",
            "m" | "min" | "mins" | "minutes" => "minutes",
            _ => return None,
        };
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let help = format!("write `{digits} {unit}`");
        is_number.then(|| Phrase { words: self.at..self.at + 1, help })
    }

    /// `block print when enrolled`, `block share by outlook`.
    fn condition(&self) -> Option<Phrase> {
        let help = match self.word(self.at) {
            "when" | "if" | "while" => {
                "write `for`, `on` and `devices` for people, platforms and devices; what else a device \
                 tells is asked in a line of its own, as in `launch block when jailbroken`"
            }
            "by" => "write `from` before apps, and `for` before people",
            _ => return None,
        };
        let words = self.at..self.at + 1;
        self.is_rule().then(|| Phrase { words, help: help.to_owned() })
    }

    /// `launch block when jailbroken or os < 17`. The grammar may have passed the word between.
    fn conditions(&self) -> Option<Phrase> {
        let slice = |at: &usize| self.tokens.slice(*at);
        let is_between =
            |at: &usize| matches!(slice(at), "or" | "||" | "," | "and" | "&&" | "plus");
        if self.opening() != "launch" || !self.before().any(|word| word == "when") {
            return None;
        }
        let at = [Some(self.at), self.at.checked_sub(1)].into_iter().flatten().find(is_between)?;
        let action = self.word(self.tokens.skip_docs(self.piece.start) + 1);
        let help = match slice(&at) {
            "or" | "||" => {
                format!("write a line `launch {action} when …` for each: one of them is enough")
            }
            _ => format!(
                "write a line `launch {action} when …` for each, if one of them is to be enough; \
                 conditions that have to hold together cannot be asked"
            ),
        };
        Some(Phrase { words: at..at + 1, help })
    }

    /// `require pin { length >= 6 }`.
    fn field(&self) -> Option<Phrase> {
        let before = self.word(self.at.checked_sub(1)?);
        let is_compared = matches!(self.tokens.slice(self.at), "<" | ">" | "=" | "==" | ":" | "of");
        if !is_compared || !words_called(noun::FIELD).any(|word| word == before) {
            return None;
        }
        let end = self.at + 1 + usize::from(self.tokens.slice(self.at + 1) == "=");
        let help = format!("write the bound itself behind `{before}`, as in `length 6`");
        Some(Phrase { words: self.at..end, help })
    }

    /// `share to ios:com.contoso.app`.
    fn id(&self) -> Option<Phrase> {
        let first = self.at.checked_sub(1)?;
        let word = self.word(first);
        let is_link = matches!(word, "http" | "https");
        let is_kind = Platform::from_word(word).is_some() || word == "url" || is_link;
        if !is_kind || self.tokens.slice(self.at) != ":" {
            return None;
        }
        let rest = self.tokens.text().get(self.tokens.bytes(&(first..self.at)).start..)?;
        let ends = |c: char| c.is_whitespace() || matches!(c, ',' | '{' | '}' | '"');
        let id = rest.split(ends).next()?;
        if id.len() <= word.len() + 1 {
            return None;
        }
        let touches = |at: &usize| {
            let [one, other] = [at - 1, *at].map(|at| self.tokens.span(at));
            one.end == other.start && !matches!(self.tokens.slice(*at), "," | "{" | "}")
        };
        let end = (self.at + 1..self.piece.end).find(|at| !touches(at)).unwrap_or(self.piece.end);
        let kind = if is_link { "url:" } else { "" };
        Some(Phrase { words: first..end, help: format!("write `\"{kind}{id}\"`, in quotes") })
    }

    /// `print enrolled`, `print on enrolled devices`.
    fn device(&self, at: usize) -> Option<Phrase> {
        let word = self.word(at);
        let is_state = word == "enrolled" || DeviceState::from_word(word).is_some();
        let is_behind_on = at.checked_sub(1).is_some_and(|before| self.word(before) == "on");
        let stands_alone = self.takes_clause && at == self.at && word != "unmanaged";
        if !is_state || !(is_behind_on || stands_alone) {
            return None;
        }
        let start = at - usize::from(is_behind_on);
        let end = at + 1 + usize::from(self.word(at + 1) == "devices");
        Some(Phrase { words: start..end, help: format!("write `devices {word}`") })
    }

    /// Whether the piece is a rule, or expects one.
    fn is_rule(&self) -> bool {
        let opening = self.opening();
        let is_path = self.before().any(|word| word == "path" || word == "launch");
        !is_path && (opening == "expect" || RuleEffect::from_word(opening).is_some())
    }

    fn ends_with_channel(&self) -> bool {
        self.before().next_back().is_some_and(|word| Channel::from_word(word).is_some())
    }
}

/// The help for an account of a storage.
fn owner_help(storage: &str) -> String {
    let owner = storage.trim_end_matches("-storage");
    format!("write `{storage}`, or the name of a storage that is declared `{owner}`")
}

/// Whether a word names what has an account, behind `personal` and its like.
fn is_account_noun(word: &str) -> bool {
    matches!(word, "account" | "accounts" | "app" | "apps" | "storage" | "storages")
}

/// The account, and the word for storages, that an everyday word stands for.
pub(crate) fn account_and_storage(word: &str) -> Option<(&'static str, Option<&'static str>)> {
    Some(match word {
        "personal" | "private" => ("personal", Some("personal-storage")),
        "work" | "corporate" | "company" | "business" => ("work", Some("corporate-storage")),
        "other" => ("other", None),
        _ => return None,
    })
}
