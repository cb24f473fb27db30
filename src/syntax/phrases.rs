//! Everyday phrases that stand where the language has another one.
//!
//! Takes in the tokens of a piece and the one that the grammar refused, gives out the words that are
//! wrong and the text to write for them. A text that is offered permits no more than the phrase says.
//! Does not know the grammar's errors.

use std::ops::Range;

use super::keywords::roles;
use super::tokens::Tokens;
use crate::vocabulary::Channel;

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
        self.only().or_else(|| self.account()).or_else(|| self.limit()).or_else(|| self.via())
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
            &["max", "maximum", "limit", "limited", "upto", "at", "under", "below"];
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
