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
        let phrases: [fn(&Self) -> Option<Phrase>; 11] = [
            Self::only,
            Self::everything,
            Self::account,
            Self::limit,
            Self::content,
            Self::via,
            Self::exception,
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
            _ if self.takes_clause && is_refused => format!("write `as {account}`"),
            _ => return None,
        };
        Some(Phrase { words, help })
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
            (Some(storage), Some(true)) => {
                let owner = storage.trim_end_matches("-storage");
                format!("write `{storage}`, or the name of a storage that is declared `{owner}`")
            }
            _ => format!("write `{name} as {account}`"),
        };
        Some(Phrase { words: at..at + 2, help })
    }

    /// The help for an account that stands alone behind `from` or `to`.
    fn endpoints(&self, side: &str, noun: &str, account: &str, storage: Option<&str>) -> String {
        let apps = format!("`any as {account}`");
        match (storage, self.holds_storages(side, noun)) {
            (Some(storage), Some(true)) => format!("write `{storage}`"),
            (Some(storage), None) => format!("write `{storage}` for storages, {apps} for apps"),
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
        const LIMITS: &[&str] =
            &["max", "maximum", "limit", "limited", "upto", "at", "under", "below", "with"];
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

    /// `share unless managed`.
    fn exception(&self) -> Option<Phrase> {
        let word = self.word(self.at);
        let is_exception = matches!(word, "except" | "unless" | "excluding" | "but" | "besides");
        let fits = is_exception && self.is_rule() && self.ends_with_channel();
        let help = "write `to any except`".to_owned();
        fits.then(|| Phrase { words: self.at..self.at + 1, help })
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
        let is_kind = Platform::from_word(word).is_some() || word == "url";
        if !is_kind || self.tokens.slice(self.at) != ":" {
            return None;
        }
        let touches = |at: &usize| {
            let [one, other] = [at - 1, *at].map(|at| self.tokens.span(at));
            one.end == other.start && !matches!(self.tokens.slice(*at), "," | "{" | "}")
        };
        let end = (self.at + 1..self.piece.end).find(|at| !touches(at)).unwrap_or(self.piece.end);
        if end == self.at + 1 {
            return None;
        }
        let id = self.tokens.text().get(self.tokens.bytes(&(first..end)))?;
        Some(Phrase { words: first..end, help: format!("write `\"{id}\"`, in quotes") })
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
