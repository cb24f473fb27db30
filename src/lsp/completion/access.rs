//! Completion in statements about access: fields of requirements, conditions, and tests of facts.

use lsp_types::CompletionItemKind;

use super::{Completion, Label};
use crate::access::RequirementPart;
use crate::model::{Action, Fact, FieldValues, field_values};

impl Completion<'_, '_> {
    /// The labels at a place inside a requirement or a condition; `None` at another place.
    pub(super) fn access(&self) -> Option<Vec<Label>> {
        let words: Vec<&str> = self.before().collect();
        let last = |word: &str| words.iter().rposition(|one| *one == word);
        let has_clause = |from: usize| {
            let behind = words.get(from..).unwrap_or_default();
            behind.iter().any(|word| matches!(*word, "for" | "on" | "devices" | "because"))
        };
        if let Some(at) = last("when").filter(|at| !has_clause(*at)) {
            return self.condition(words.get(at + 1..).unwrap_or_default());
        }
        let (at, behind) = last("require").and_then(|at| Some((at, words.get(at + 2..)?)))?;
        if behind.iter().any(|word| matches!(*word, "}" | "launch")) || has_clause(at) {
            return None;
        }
        let what = words.get(at + 1)?;
        self.requirement(what, behind)
    }

    // ------------------------------------------------------------ requirements

    /// The labels inside a requirement: `behind` stands behind its word.
    fn requirement(&self, what: &str, behind: &[&str]) -> Option<Vec<Label>> {
        let values = behind.iter().rposition(|word| field_values(word).is_some()).and_then(|at| {
            Some((field_values(behind.get(at)?)?, behind.get(at + 1..).unwrap_or_default()))
        });
        let values = match &values {
            None => None,
            Some((values, written)) => value_labels(values, written),
        };
        match values {
            Some(labels) => Some(labels),
            None => {
                let mut labels = self.fields(what, behind);
                match self.opener() {
                    _ if behind.contains(&"{") => {}
                    "expect" => labels.extend(keywords(&["launch"])),
                    _ => labels.extend(self.free(&["on", "devices"])),
                }
                Some(labels)
            }
        }
    }

    /// The fields of a requirement that are not written.
    fn fields(&self, what: &str, behind: &[&str]) -> Vec<Label> {
        let is_of_it = |part: &&RequirementPart| {
            **part != part.requirement() && part.requirement().word() == what
        };
        let all = RequirementPart::ALL.iter().filter(is_of_it).map(|part| part.word());
        let free = all.filter(|field| !behind.contains(field));
        free.map(|word| Label::new(word, CompletionItemKind::PROPERTY)).collect()
    }

    // ------------------------------------------------------------ conditions

    /// The labels inside a condition: `behind` stands behind `when`.
    fn condition(&self, behind: &[&str]) -> Option<Vec<Label>> {
        let is_claim = self.opener() == "expect";
        let start = behind.iter().rposition(|word| *word == ",").map_or(0, |at| at + 1);
        let test = behind.get(start..).unwrap_or_default();
        let list =
            behind.iter().rposition(|word| *word == "in").and_then(|at| behind.get(at + 1..));
        let is_in_list = |word: &&str| word.starts_with('"') || *word == ",";
        if let Some(list) = list.filter(|list| list.iter().all(is_in_list)) {
            match list.last() {
                Some(&",") if is_claim => {}
                None | Some(&",") => return Some(Vec::new()),
                Some(_) => return Some(self.behind_test(is_claim)),
            }
        }
        let (is_negated, test) = match test {
            ["not", rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let labels = match test {
            [] => self.facts(is_claim, is_negated),
            ["rest"] => keywords(&["unknown"]),
            [fact] => self.behind_fact(Fact::from_word(fact)?, is_claim),
            [fact, rest @ ..] => self.behind_sign(Fact::from_word(fact)?, rest, is_claim),
        };
        Some(labels)
    }

    /// The facts that exist on the platforms of the statement and can lead to its action.
    fn facts(&self, is_claim: bool, is_negated: bool) -> Vec<Label> {
        let action = self.action(is_claim);
        let platforms = self.platforms();
        let exists = |fact: &&Fact| {
            let on = fact.platforms(action);
            platforms.iter().any(|platform| on.contains(platform))
        };
        let facts = Fact::ALL.iter().filter(exists);
        let mut labels: Vec<_> =
            facts.map(|fact| Label::explained(fact.word(), CompletionItemKind::PROPERTY)).collect();
        if is_claim && !is_negated {
            labels.extend(keywords(&["not", "rest unknown"]));
        }
        labels
    }

    /// The action of a condition; in a claim, the one that every fact can lead to.
    fn action(&self, is_claim: bool) -> Action {
        let action = self.before().find_map(Action::from_word);
        action.filter(|_| !is_claim).unwrap_or(Action::Block)
    }

    fn behind_fact(&self, fact: Fact, is_claim: bool) -> Vec<Label> {
        let mut labels = keywords(fact.signs());
        let words = match (is_claim, fact.signs().is_empty()) {
            (true, _) => fact.value_words(),
            (false, true) => fact.condition_words(self.action(false)),
            (false, false) => Vec::new(),
        };
        labels.extend(values(&words));
        if fact.stands_alone() {
            labels.extend(self.behind_test(is_claim));
        }
        labels
    }

    /// The labels behind a fact and more of its test.
    fn behind_sign(&self, fact: Fact, rest: &[&str], is_claim: bool) -> Vec<Label> {
        let is_number = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
        match rest {
            ["<" | ">"] => values(&fact.condition_words(self.action(is_claim))),
            ["not"] => keywords(&["in"]),
            ["not", "in"] => Vec::new(),
            [.., number] if is_number(number) && !fact.units().is_empty() => keywords(fact.units()),
            _ => self.behind_test(is_claim),
        }
    }

    /// The labels behind a whole test.
    fn behind_test(&self, is_claim: bool) -> Vec<Label> {
        if is_claim {
            self.free(&["for", "on", "devices"])
        } else {
            self.free(&["on", "devices", "because"])
        }
    }

    /// The keywords that are not written yet.
    fn free(&self, all: &[&'static str]) -> Vec<Label> {
        let is_free = |word: &&&'static str| !self.before().any(|one| one == **word);
        let free: Vec<_> = all.iter().filter(is_free).copied().collect();
        keywords(&free)
    }
}

/// The labels for a value of which some words are written; `None` if it is whole.
fn value_labels(all: &FieldValues, written: &[&str]) -> Option<Vec<Label>> {
    match (all, written) {
        (FieldValues::Words(words), []) => Some(values(words)),
        (FieldValues::Number | FieldValues::Time(_) | FieldValues::Attempts(_), []) => {
            Some(Vec::new())
        }
        (FieldValues::Time(units), [_]) => Some(keywords(units)),
        (FieldValues::Attempts(_), [.., ","]) => Some(Vec::new()),
        (FieldValues::Attempts(words), [.., "then"]) => {
            let free = words.iter().filter(|word| !written.contains(word));
            Some(values(&free.copied().collect::<Vec<_>>()))
        }
        (FieldValues::Attempts(words), [.., last]) if !words.contains(last) => {
            Some(keywords(&["then"]))
        }
        _ => None,
    }
}

fn keywords(words: &[&'static str]) -> Vec<Label> {
    words.iter().map(|word| Label::new(word, CompletionItemKind::KEYWORD)).collect()
}

fn values(words: &[&'static str]) -> Vec<Label> {
    words.iter().map(|word| Label::new(word, CompletionItemKind::ENUM_MEMBER)).collect()
}
