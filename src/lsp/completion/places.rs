//! Completion of platforms and device states: those of the policy on which the subject of the statement exists.

use lsp_types::CompletionItemKind;

use super::Completion;
use crate::lsp::scopes::Head;
use crate::model::{Action, Fact, field_platforms, requirement_platforms};
use crate::syntax::opens_head_clause;
use crate::vocabulary::{DeviceState, Platform};

impl<'v> Completion<'v, '_> {
    /// Platforms and device states behind `on` and `devices`.
    pub(super) fn constants(&mut self) {
        if !self.cursor.expected.contains(&"a word") {
            return;
        }
        let clause = self.last_of(&["on", "devices"]).to_owned();
        let is_exception = self.clause_words(&clause).contains(&"except");
        let words = self.constants_of(&clause, is_exception);
        self.words(words, CompletionItemKind::ENUM_MEMBER);
    }

    /// The words of the last clause that a keyword opens.
    fn clause_words(&self, clause: &str) -> Vec<&'v str> {
        let words: Vec<&str> = self.before().collect();
        let at = words.iter().rposition(|word| *word == clause);
        at.and_then(|at| words.get(at + 1..)).unwrap_or_default().to_vec()
    }

    /// The platforms or device states that can stand in a clause, in front of `except` or behind it, where one has to be
    /// left.
    pub(super) fn constants_of(&self, clause: &str, is_exception: bool) -> Vec<&'static str> {
        let written = self.clause_words(clause);
        let all: Vec<&str> = match clause {
            "on" => self.possible_platforms().into_iter().map(Platform::word).collect(),
            "devices" => {
                let (platforms, head) = (self.platforms(), self.head());
                let exists = |one: &&DeviceState| {
                    head.has_state(**one) && platforms.iter().any(|on| one.exists_on(*on))
                };
                DeviceState::ALL.iter().filter(exists).map(|one| one.word()).collect()
            }
            _ => return Vec::new(),
        };
        let of_enrolled = |word: &str| word != DeviceState::Unmanaged.word();
        let has = |word: &str| {
            written.contains(&word) || written.contains(&"enrolled") && of_enrolled(word)
        };
        if !is_exception {
            let has_enrolled = all.iter().any(|word| of_enrolled(word));
            let is_free = clause == "devices" && has_enrolled && !has("enrolled");
            let all_enrolled = is_free.then_some("enrolled");
            let free: Vec<_> = all.into_iter().filter(|word| !has(word)).collect();
            return free.into_iter().chain(all_enrolled).collect();
        }
        let parts = written.split(|word| *word == "except").collect::<Vec<_>>();
        let (held, left_out) = (parts.first().copied(), parts.get(1).copied().unwrap_or_default());
        let is_held = |word: &&str| {
            let names = |one: &str| held.is_some_and(|held| held.contains(&one));
            let is_named = names("any") || names(word) || names("enrolled") && of_enrolled(word);
            is_named && !left_out.contains(word)
        };
        let held: Vec<_> = all.into_iter().filter(is_held).collect();
        if held.len() > 1 { held } else { Vec::new() }
    }

    /// The platforms that the statement names, or all that it can be about.
    pub(super) fn platforms(&self) -> Vec<Platform> {
        let named: Vec<_> = self.before().filter_map(Platform::from_word).collect();
        if named.is_empty() { self.possible_platforms() } else { named }
    }

    /// The clauses of the head that bound a statement; none for the clauses of the head themselves.
    fn head(&self) -> Head<'v> {
        match opens_head_clause(self.opener()) {
            true => Head::default(),
            false => Head::of(self.policy()),
        }
    }

    /// The platforms of the policy on which the subject of the statement exists: its channels, requirement and facts.
    fn possible_platforms(&self) -> Vec<Platform> {
        let (head, channels) = (self.head(), self.written());
        let words: Vec<&str> = self.before().collect();
        let is_of_requirement = words.contains(&"require");
        let action = words.iter().find_map(|word| Action::from_word(word));
        let is_claim = self.opener() == "expect";
        let action = action.filter(|_| !is_claim).unwrap_or(Action::Block);
        let is_free = |at: usize| at.checked_sub(1).and_then(|at| words.get(at)) == Some(&"not");
        let facts = words.iter().enumerate().filter(|(at, _)| !is_claim || !is_free(*at));
        let facts: Vec<Fact> = facts.filter_map(|(_, word)| Fact::from_word(word)).collect();
        let exists = |platform: &&Platform| {
            let has = |list: &[Platform]| list.contains(platform);
            let of_fields = || words.iter().filter_map(|word| field_platforms(word));
            head.has_platform(**platform)
                && (channels.is_empty() || channels.iter().any(|one| one.exists_on(**platform)))
                && (!is_of_requirement || has(requirement_platforms()) && of_fields().all(has))
                && facts.iter().all(|fact| has(fact.platforms(action)))
        };
        Platform::ALL.iter().filter(exists).copied().collect()
    }
}
