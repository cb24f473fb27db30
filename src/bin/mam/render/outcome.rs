//! Outcomes of expectations of either kind, in the order of the text.
//!
//! Takes in the results of analysis, gives out one list, and what all formats show of an outcome.

use std::collections::BTreeMap;

use mam::LimitExceeded;
use mam::analysis::{
    AccessCounterexample, AccessExpectationResult, AccessVerdict, Analysis, Counterexample,
    ExpectationResult, Verdict,
};
use serde::Serialize;

use crate::render::style::{Capabilities, Style};
use crate::render::{access, answer};

/// The outcome of an expectation.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Outcome {
    /// About movements.
    Movement(ExpectationResult),
    /// About accesses.
    Access(AccessExpectationResult),
}

/// What an outcome is, without its counterexample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Holds,
    Fails,
    Empty,
    Limit(LimitExceeded),
}

impl Outcome {
    /// The outcome of every expectation, file by file and line by line.
    pub(crate) fn all(analysis: &Analysis<'_>) -> Vec<Self> {
        let movements = analysis.test().into_iter().map(Self::Movement);
        let mut all: Vec<Self> =
            movements.chain(analysis.test_access().into_iter().map(Self::Access)).collect();
        let mut files = BTreeMap::new();
        for (at, outcome) in all.iter().enumerate() {
            files.entry(outcome.file().to_owned()).or_insert(at);
        }
        all.sort_by_key(|one| (files.get(one.file()).copied(), one.line()));
        all
    }

    pub(crate) fn file(&self) -> &str {
        match self {
            Self::Movement(one) => &one.file,
            Self::Access(one) => &one.file,
        }
    }

    pub(crate) const fn line(&self) -> usize {
        match self {
            Self::Movement(one) => one.line,
            Self::Access(one) => one.line,
        }
    }

    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Movement(one) => &one.text,
            Self::Access(one) => &one.text,
        }
    }

    /// The policy in which it stands, with a colon behind it.
    pub(crate) fn policy(&self) -> String {
        let policy = match self {
            Self::Movement(one) => &one.policy,
            Self::Access(one) => &one.policy,
        };
        policy.as_ref().map(|policy| format!("{policy}: ")).unwrap_or_default()
    }

    pub(crate) const fn state(&self) -> State {
        match self {
            Self::Movement(one) => match &one.verdict {
                Verdict::Holds => State::Holds,
                Verdict::Empty => State::Empty,
                Verdict::Limit(limit) => State::Limit(*limit),
                _ => State::Fails,
            },
            Self::Access(one) => match &one.verdict {
                AccessVerdict::Holds => State::Holds,
                AccessVerdict::Empty => State::Empty,
                AccessVerdict::Limit(limit) => State::Limit(*limit),
                _ => State::Fails,
            },
        }
    }

    /// What its scope does not hold where it is empty.
    pub(crate) const fn subject(&self) -> &'static str {
        match self {
            Self::Movement(_) => "movement",
            Self::Access(_) => "access",
        }
    }
}

/// A counterexample of either kind, as all formats show it.
pub(crate) struct Shown<'o> {
    pub(crate) headline: String,
    pub(crate) style: Style,
    pub(crate) scope: &'o str,
    pub(crate) details: Vec<String>,
    pub(crate) advice: Option<String>,
}

impl<'o> Shown<'o> {
    pub(crate) fn movement(found: &'o Counterexample, caps: Capabilities) -> Self {
        Self {
            headline: answer::headline(&found.answer),
            style: answer::style(&found.answer),
            scope: &found.scope,
            details: answer::details(&found.answer, caps),
            advice: found.advice.clone(),
        }
    }

    pub(crate) fn access(found: &'o AccessCounterexample, caps: Capabilities) -> Self {
        let mut details = access::details(&found.answer, caps);
        if !found.lacks.is_empty() {
            details.push(format!("not as strict: {}", found.lacks.join(", ")));
        }
        Self {
            headline: access::headline(&found.answer),
            style: access::style(&found.answer),
            scope: &found.scope,
            details,
            advice: found.advice.clone(),
        }
    }
}
