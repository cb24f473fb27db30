//! Completion of sets: terms that the clause and the channels can hold, and what may stand behind a term.

use lsp_types::CompletionItemKind;

use super::Completion;
use super::contents::{Endpoint, Endpoints};
use crate::lsp::scopes::Head;
use crate::syntax::SymbolKind;
use crate::syntax::ast::{Term, TermKind};
use crate::vocabulary::{Account, Channel, Kind, RuleEffect, SetWord, Side};

/// What a set is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// The apps that a policy protects.
    Protect,
    /// The definition of a group.
    Group,
    /// The apps that are opened.
    Launch,
    /// The sources or the targets of movements.
    End(Side),
    /// The stations that paths leave out.
    Avoiding,
}

impl Purpose {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "protect" => Self::Protect,
            "=" => Self::Group,
            "launch" => Self::Launch,
            "from" => Self::End(Side::Source),
            "to" => Self::End(Side::Target),
            "avoiding" => Self::Avoiding,
            _ => return None,
        })
    }
}

/// The set around a place.
struct SetSoFar<'v> {
    purpose: Purpose,
    /// The words of the set.
    words: Vec<&'v str>,
    /// Those behind `except`, if it is there.
    except: Option<usize>,
}

impl SetSoFar<'_> {
    fn has(&self, word: &str) -> bool {
        self.words.contains(&word)
    }

    /// The only account of the apps in front of `except`, if they have one: nothing else can be taken out of them.
    fn only_account(&self) -> Option<&'static str> {
        let terms = self.words.get(..self.except.unwrap_or(self.words.len()))?;
        let mut terms = terms.split(|word| *word == ",");
        let account = |term: &[&str]| match term {
            [word] if *word == SetWord::Managed.word() => Some(Account::Work.word()),
            [_, "as", account] => Account::from_word(account).map(Account::word),
            _ => None,
        };
        let first = account(terms.next()?)?;
        terms.all(|term| account(term) == Some(first)).then_some(first)
    }

    /// The words for sets in front of `except`.
    fn set_words(&self) -> impl Iterator<Item = SetWord> {
        let terms = self.words.get(..self.except.unwrap_or(self.words.len())).unwrap_or_default();
        // Behind `as` the word `any` is an account.
        let plain = terms.iter().enumerate().filter(|(at, _)| {
            at.checked_sub(1).and_then(|before| terms.get(before)) != Some(&"as")
        });
        plain.filter_map(|(_, word)| SetWord::from_word(word))
    }
}

impl<'v> Completion<'v, '_> {
    /// The set that the place is in.
    fn set_so_far(&self) -> Option<SetSoFar<'v>> {
        let words: Vec<&str> = self.before().collect();
        let at = words.iter().rposition(|word| Purpose::of(word).is_some())?;
        let purpose = Purpose::of(words.get(at)?)?;
        let words = words.get(at + 1..)?.to_vec();
        let except = words.iter().position(|word| *word == "except");
        Some(SetSoFar { purpose, words, except })
    }

    /// The channels that the statement can be about: those that are written, or else all. None, if one that is written
    /// does not fit the verb.
    fn possible(&self) -> Vec<Channel> {
        let written = self.written();
        match written.is_empty() {
            true => Channel::ALL.iter().copied().filter(|one| self.fits_verb(*one)).collect(),
            false if written.iter().all(|one| self.fits_verb(*one)) => written,
            false => Vec::new(),
        }
    }

    /// Whether a set holds the apps of the policy around it: the side of a rule that the policy judges.
    fn is_own(&self, purpose: Purpose) -> bool {
        let effect = RuleEffect::from_word(self.opener());
        matches!((purpose, effect), (Purpose::End(side), Some(effect)) if effect.side() == side)
    }

    /// The apps that the policy around the place protected when it was checked; `None` if that is not known, or all.
    fn protected(&self) -> Option<Endpoints<'v>> {
        let set = Head::of(self.policy()).protect?;
        let is_any = |term: &Term| matches!(term.what, TermKind::Word(_));
        (!set.terms.iter().any(is_any)).then(|| self.declarations.of_set(set, 0))
    }

    /// Whether an endpoint can be in a set.
    fn can_hold(&self, purpose: Purpose, endpoint: Endpoint) -> bool {
        match purpose {
            Purpose::Group => true,
            Purpose::Launch => endpoint.is_app(),
            Purpose::Protect => matches!(endpoint, Endpoint::App { is_protectable: true, .. }),
            Purpose::Avoiding => {
                let mut sides = [Side::Source, Side::Target].into_iter();
                sides.all(|side| Channel::ALL.iter().any(|one| endpoint.is_on(*one, side)))
            }
            Purpose::End(side) => {
                // A policy is about what it protects.
                let fits = !self.is_own(purpose) || self.can_hold(Purpose::Protect, endpoint);
                fits && self.possible().iter().any(|one| endpoint.is_on(*one, side))
            }
        }
    }

    /// Whether a set can hold something of a kind that no declaration names.
    fn can_hold_kind(&self, purpose: Purpose, kind: Kind) -> bool {
        let app = Endpoint::App { is_protectable: true, has_work: true };
        match kind {
            Kind::App => self.can_hold(purpose, app),
            Kind::Storage => self.can_hold(purpose, Endpoint::Storage { is_writable: true }),
            Kind::Place => false,
        }
    }

    /// Terms of sets: names and words for sets that can be there.
    pub(super) fn endpoints(&mut self) {
        let Some(set) = self.set_so_far() else { return };
        let words = SetWord::ALL.iter().filter(|word| self.takes_word(&set, **word));
        let words: Vec<_> = words.map(|word| word.word()).collect();
        self.words(words, CompletionItemKind::CONSTANT);
        let own = self.before().nth(1).filter(|_| set.purpose == Purpose::Group);
        let protected = self.protected().filter(|_| self.is_own(set.purpose));
        let fits = |name: &str| {
            let endpoints = self.declarations.endpoints(name);
            let mut all = endpoints.values();
            let holds = |one: &Endpoint| self.can_hold(set.purpose, *one);
            let is_held = match set.purpose {
                Purpose::Protect | Purpose::Launch => all.len() > 0 && all.all(holds),
                _ => all.any(holds),
            };
            let has_own = |apps: &Endpoints<'_>| endpoints.keys().any(|one| apps.contains_key(one));
            is_held
                && protected.as_ref().is_none_or(has_own)
                && match set.except {
                    None => !set.has(name),
                    Some(at) => {
                        let left_out = set.words.get(at..).unwrap_or_default();
                        !left_out.contains(&name) && self.is_within(&set, name)
                    }
                }
                && own.is_none_or(|own| !self.declarations.leads_to(name, own))
        };
        let declared = self.named(|name, kind| {
            matches!(kind, SymbolKind::App | SymbolKind::Storage | SymbolKind::Group) && fits(name)
        });
        let built_in: Vec<_> =
            self.declarations.built_in().keys().copied().filter(|name| fits(name)).collect();
        self.add_names(declared);
        self.words(built_in, CompletionItemKind::VALUE);
    }

    /// Whether a word for a set can stand at the place.
    fn takes_word(&self, set: &SetSoFar<'_>, word: SetWord) -> bool {
        let kinds = |list: &[Kind]| list.iter().any(|kind| self.can_hold_kind(set.purpose, *kind));
        let fits = match (set.purpose, word) {
            (Purpose::Group, _) => false,
            (Purpose::Protect, _) => word == SetWord::Any,
            (_, SetWord::Any | SetWord::Unlisted) => kinds(&[Kind::App, Kind::Storage]),
            (_, SetWord::AnyApp | SetWord::Managed | SetWord::Unmanaged) => kinds(&[Kind::App]),
            (_, SetWord::AnyStorage | SetWord::CorporateStorage | SetWord::PersonalStorage) => {
                kinds(&[Kind::Storage])
            }
        };
        // The apps of the policy are known and managed; under another account they are not, with `app-wide`.
        let fits = fits
            && match word {
                SetWord::Unlisted => !self.is_own(set.purpose),
                SetWord::Unmanaged => {
                    !self.is_own(set.purpose) || matches!(self.opener(), "block" | "refuse")
                }
                _ => true,
            };
        fits && !set.has(word.word()) && (set.except.is_none() || self.leaves_some(set, word))
    }

    /// Whether something stays in a set from which a word takes its part.
    fn leaves_some(&self, set: &SetSoFar<'_>, word: SetWord) -> bool {
        let has_any = set.set_words().any(|one| one == SetWord::Any);
        let is_mixed =
            [Kind::App, Kind::Storage].iter().all(|kind| self.can_hold_kind(set.purpose, *kind));
        match word {
            SetWord::Any => false,
            SetWord::AnyApp | SetWord::AnyStorage => has_any && is_mixed,
            SetWord::Managed | SetWord::Unmanaged => {
                has_any || set.set_words().any(|one| one == SetWord::AnyApp)
            }
            SetWord::CorporateStorage | SetWord::PersonalStorage => {
                has_any || set.set_words().any(|one| one == SetWord::AnyStorage)
            }
            SetWord::Unlisted => {
                has_any
                    || set
                        .set_words()
                        .any(|one| matches!(one, SetWord::AnyApp | SetWord::Unmanaged))
            }
        }
    }

    /// Whether a name can be a part of what stands in front of `except`, and not the whole of it.
    fn is_within(&self, set: &SetSoFar<'_>, name: &str) -> bool {
        if set.set_words().next().is_some() {
            return true;
        }
        let terms = set.words.get(..set.except.unwrap_or(0)).unwrap_or_default();
        let held = terms.iter().map(|term| self.declarations.endpoints(term));
        let held: Vec<_> = held.collect();
        let own = self.declarations.endpoints(name);
        let others = || held.iter().flat_map(|one| one.keys());
        let is_part = own.keys().any(|one| others().any(|other| other == one));
        // One account of it can be left out.
        let is_divided = set.only_account().is_none()
            && self.has_accounts(set.purpose)
            && own.values().any(|one| one.has_work());
        is_part && (is_divided || others().any(|other| !own.contains_key(other)))
    }

    /// Whether apps in a set can be told apart by accounts.
    fn has_accounts(&self, purpose: Purpose) -> bool {
        !matches!(purpose, Purpose::Protect | Purpose::Group)
            && self.can_hold_kind(purpose, Kind::App)
    }

    /// Whether something can be taken out of the set before the place.
    pub(super) fn takes_except(&self) -> bool {
        let Some(set) = self.set_so_far() else { return true };
        let names: Vec<_> =
            set.words.iter().map(|word| self.declarations.endpoints(word)).collect();
        let held = || names.iter().flat_map(|held| held.iter());
        let is_divided = set.only_account().is_none()
            && self.has_accounts(set.purpose)
            && held().any(|(_, one)| one.has_work());
        let first = held().next().map(|(name, _)| name);
        let has_several = held().any(|(name, _)| Some(name) != first);
        set.set_words().any(|word| word != SetWord::Unlisted) || has_several || is_divided
    }

    /// The accounts of the term before the place; none where `as` means nothing.
    pub(super) fn accounts(&self) -> Vec<&'static str> {
        let mut accounts = self.accounts_of_term();
        if let Some(set) = self.set_so_far()
            && set.except.is_some()
            && let Some(only) = set.only_account()
        {
            accounts.retain(|account| *account == only || *account == "any");
        }
        accounts
    }

    fn accounts_of_term(&self) -> Vec<&'static str> {
        let every = || Account::ALL.iter().map(|one| one.word()).chain(["any"]).collect();
        let personal = || vec![Account::Personal.word(), "any"];
        let Some(set) = self.set_so_far() else { return Vec::new() };
        // A policy judges the work accounts of its apps; all of them only if a rule is `app-wide`.
        if self.is_own(set.purpose) {
            return vec![Account::Work.word(), "any"];
        }
        if !self.has_accounts(set.purpose) {
            return Vec::new();
        }
        let term = set.words.iter().rev().find(|word| **word != "as").copied().unwrap_or_default();
        match SetWord::from_word(term) {
            Some(SetWord::Any | SetWord::AnyApp) => return every(),
            Some(SetWord::Unlisted) => return personal(),
            Some(_) => return Vec::new(),
            None if term.starts_with('"') => return personal(),
            None => {}
        }
        let endpoints = self.declarations.endpoints(term);
        match endpoints.values().any(|one| one.has_work()) {
            true => every(),
            false if endpoints.values().any(|one| one.is_app()) => personal(),
            false => Vec::new(),
        }
    }

    /// Whether `deployed` means something behind the term before the place.
    pub(super) fn takes_deployed(&self) -> bool {
        let Some(set) = self.set_so_far() else { return false };
        let before = set.words.len().checked_sub(2).and_then(|at| set.words.get(at));
        // Behind an account, or behind a term that may have one.
        let is_app = before == Some(&"as") || !self.accounts().is_empty() || self.is_managed(&set);
        set.purpose != Purpose::Launch && is_app
    }

    /// Whether the term before the place is a word for apps that takes no account.
    fn is_managed(&self, set: &SetSoFar<'_>) -> bool {
        let word = set.words.last().and_then(|word| SetWord::from_word(word));
        let is_it = matches!(word, Some(SetWord::Managed | SetWord::Unmanaged));
        is_it && self.can_hold_kind(set.purpose, Kind::App)
    }
}
